"""The words of the field as plain typed data; no behaviour lives here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Severity(StrEnum):
    """How bad a failed check is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    """What a check says about one resource. Never is "could not look" a pass."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - a status, not a password
    NOT_ASSESSED = "not_assessed"


class Category(StrEnum):
    """What suffers when the check fails."""

    SECURITY = "security"
    RELIABILITY = "reliability"
    COST = "cost"


class Scope(StrEnum):
    """Whether a check runs once in each region or once in the account."""

    REGIONAL = "regional"
    GLOBAL = "global"


class Target(msgspec.Struct, frozen=True):
    """One account as seen through one profile, in one region."""

    profile: str
    account_id: str
    region: str
    partition: str = "aws"


class Resource(msgspec.Struct, frozen=True):
    """The thing that is judged.

    ``id`` is an ARN where AWS gives one; ``name`` is what its owner calls it; ``type`` is the
    CloudFormation type where one exists. All three come from AWS: untrusted text.
    """

    id: str
    name: str
    type: str


class Verdict(msgspec.Struct, frozen=True):
    """What a check yields for one resource.

    ``evidence`` holds the facts read from AWS that the explanation shows and the remediation is
    rendered from: JSON-ready values only, and never a secret. ``severity`` overrides the check's,
    and ``region`` the one that was read: a bucket is listed in one region and lives in another.
    """

    status: Status
    resource: Resource
    reason: str
    evidence: dict[str, Any] = {}
    severity: Severity | None = None
    region: str = ""


class Finding(msgspec.Struct, frozen=True):
    """A verdict with everything around it: which check, whose account, where."""

    check_id: str
    status: Status
    severity: Severity
    profile: str
    account_id: str
    region: str
    partition: str
    resource_id: str
    resource_name: str
    resource_type: str
    title: str
    reason: str
    evidence: dict[str, Any] = {}


class Remediation(msgspec.Struct, frozen=True):
    """Text that can be pasted as it is: a shell script and a Terraform file.

    Either is empty where none can exist, and ``note`` then says why.
    """

    cli: str
    terraform: str
    note: str = ""
