"""Bucket policies with an added statement; all existing statements remain."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.iam.policy import DENY

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = dict[str, Any]

DENY_HTTP = "DenyInsecureTransport"


def with_deny_of_http(text: str, bucket_arn: str) -> Item:
    """Return the present policy, if any, with a Deny of requests over plain HTTP."""
    return with_statement(
        text,
        DENY_HTTP,
        {
            "Effect": DENY,
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def with_statement(text: str, sid: str, statement: Item) -> Item:
    """Return the present policy, if any, with an added statement under an unused Sid."""
    policy: Item = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
    present = policy["Statement"]
    present = list(present) if isinstance(present, list) else [present]
    used_sids = {entry.get("Sid") for entry in present}
    free = next(name for name in numbered(sid) if name not in used_sids)
    return {**policy, "Statement": [*present, {"Sid": free, **statement}]}


def numbered(stem: str) -> Iterator[str]:
    """Yield the stem, then the stem with each number from 2."""
    yield stem.rstrip("-")
    yield from (f"{stem}{number}" for number in count(2))
