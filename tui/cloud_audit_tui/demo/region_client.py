"""A client for one region of one account, for seeding."""

from __future__ import annotations

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.demo.accounts import Account

    At = Callable[[Account, str], "RegionClient"]
    """Returns the cached client of an account and region."""


class Call(Protocol):
    """A function that calls the AWS that is being seeded."""

    def __call__(
        self, account_id: str, region: str, service: str, operation: str, **parameters: Any
    ) -> dict[str, Any]:
        """Make the call and return its response."""
        ...


class RegionClient:
    """A region of an account; calling it makes an API call there."""

    def __init__(self, call: Call, account: Account, region: str) -> None:
        self.account = account
        self.region = region
        self._make_call = call

    def __call__(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return the response of a call in this region."""
        return self._make_call(self.account.id, self.region, service, operation, **parameters)

    def arn(self, service: str, path: str) -> str:
        """Return the ARN of a regional resource of this account."""
        return f"arn:aws:{service}:{self.region}:{self.account.id}:{path}"

    def role_arn(self, name: str) -> str:
        """Return the ARN of a role of this account."""
        return f"arn:aws:iam::{self.account.id}:role/{name}"

    @cached_property
    def key(self) -> str:
        """The ARN of the region's data key, created on first use because that takes moto 65 ms."""
        response = self("kms", "CreateKey", Description="Data at rest: volumes, tables, buckets and logs")
        key = response["KeyMetadata"]
        self("kms", "CreateAlias", AliasName="alias/data-at-rest", TargetKeyId=key["KeyId"])
        if self.account.rotates_keys:
            self("kms", "EnableKeyRotation", KeyId=key["KeyId"])
        return str(key["Arn"])


def region_clients(call: Call) -> At:
    """Return a function that caches one client, and thus one data key, per account and region."""

    @cache
    def at(account: Account, region: str) -> RegionClient:
        return RegionClient(call, account, region)

    return at


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy document with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return an Allow statement; ``more`` are its other members, such as Principal."""
    return {"Effect": "Allow", **more, "Action": actions, "Resource": resources}


def trust(**principal: str) -> str:
    """Return the trust policy of a role that one principal may assume."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def tags(**values: str) -> list[dict[str, str]]:
    """Return tags in the format of most services."""
    return [{"Key": key, "Value": value} for key, value in values.items()]
