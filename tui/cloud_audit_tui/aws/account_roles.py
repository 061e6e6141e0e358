"""Roles in the accounts of an organization, named like a profile by ``PROFILE@ACCOUNT/ROLE``.

The name suffices to assume the role, so that findings, verifications and scripts need no other record of it.
It has no section in the AWS configuration; the profile before the ``@`` has one.
"""

from __future__ import annotations

import re

import msgspec

_NAME = re.compile(r"(?P<source>.+)@(?P<account>\d{12})/(?P<role>[A-Za-z0-9_+=,.@/-]+)", re.DOTALL)
_ROLE = re.compile(r"(?:[A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}")
"""The path, if any, and the name of a role: the characters of `iam:CreateRole` without the rarest."""


class RoleNameError(ValueError):
    """A text is not the name of an IAM role."""


class AccountRole(msgspec.Struct, frozen=True):
    """A role in an account, and the profile that assumes it."""

    source: str
    account_id: str
    role: str

    @property
    def name(self) -> str:
        """The name that is used in place of a profile's."""
        return f"{self.source}@{self.account_id}/{self.role}"

    def arn(self, partition: str) -> str:
        """Return the ARN of the role."""
        return f"arn:{partition}:iam::{self.account_id}:role/{self.role}"


def account_role(name: str) -> AccountRole | None:
    """Return the role of a name; None for the name of a profile."""
    match = _NAME.fullmatch(name)
    if match is None or not _ROLE.fullmatch(match["role"]):
        return None
    return AccountRole(match["source"], match["account"], match["role"])


def role_name(text: str) -> str:
    """Return the path and name of a role without the slash before it; raises `RoleNameError`."""
    name = text.removeprefix("/")
    if not _ROLE.fullmatch(name):
        raise RoleNameError(
            f"{text!r} is not the name of a role. Give the name that the role has in every account, such as "
            "OrganizationAccountAccessRole, not its ARN."
        )
    return name
