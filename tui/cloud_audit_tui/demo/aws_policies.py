"""Adds the AWS managed policies that the accounts use, and no others, to moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from cloud_audit_tui.demo.seeds.identity import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.demo.region_client import At
    from cloud_audit_tui.demo.seeds.identity import People


def fill(_at: At) -> None:
    """Add the policies that the seeds attach to each account."""
    documents = json.loads(aws_managed_policies_data)
    for people in PEOPLE:
        backend = iam_backends[people.account.id]["aws"]
        for name in sorted({path.rpartition("/")[2] for path in _attached(people)}):
            policy = AWSManagedPolicy.from_data(name, people.account.id, "aws", documents[name])
            backend.aws_managed_policies.append(policy)
            backend.managed_policies[policy.arn] = policy


def _attached(people: People) -> Iterator[str]:
    for user in people.users:
        yield from user.policies
    for role in people.roles:
        yield from role.policies
    for _, attached in people.groups:
        yield attached
