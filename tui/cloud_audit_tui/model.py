"""The data model: the subjects of checks, their verdicts, and the findings and facts made from them."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

OWN_SCAN = "scan"
"""The source of a finding that this program's own scanner made."""


class Severity(StrEnum):
    """How bad a failed check is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @cached_property
    def order(self) -> int:
        """The place among the severities, 0 for the worst."""
        return list(Severity).index(self)


class Status(StrEnum):
    """What a check says about one subject, worst first. "Could not look" is `NOT_ASSESSED`, never a pass."""

    FAIL = "fail"
    NOT_ASSESSED = "not_assessed"
    PASS = "pass"  # noqa: S105 - a status, not a password

    @cached_property
    def order(self) -> int:
        """The place among the statuses, 0 for the worst."""
        return list(Status).index(self)


class Disposition(StrEnum):
    """What has been done about a finding, apart from its status.

    `FIXED`: a verification found the failure gone, and no whole scan has run since. `MUTED`: the user
    accepted it.
    """

    OPEN = "open"
    FIXED = "fixed"
    MUTED = "muted"


class Category(StrEnum):
    """What a failure affects."""

    SECURITY = "security"
    RELIABILITY = "reliability"
    COST = "cost"


class Scope(StrEnum):
    """Whether a check runs once in each region or once in the account."""

    REGIONAL = "regional"
    GLOBAL = "global"


class Target(msgspec.Struct, frozen=True):
    """One region of one account, read through one profile."""

    profile: str
    account_id: str
    region: str
    partition: str = "aws"


class SubjectKind(StrEnum):
    """What kind of thing a verdict is about; the tags of `Subject`."""

    RESOURCE = "resource"
    REGION = "region"
    ACCOUNT = "account"
    PROFILE = "profile"


class Resource(msgspec.Struct, frozen=True, tag_field="kind", tag="resource"):
    """A resource of an account.

    ``id`` is an ARN where AWS gives one; ``name`` is what its owner calls it; ``type`` is the
    CloudFormation type where one exists. All three come from AWS: untrusted text.
    """

    id: str
    name: str
    type: str


class RegionScope(msgspec.Struct, frozen=True, tag_field="kind", tag="region"):
    """One region of an account: a setting of the region, or all that a check looks for there.

    ``type`` is the CloudFormation type of the setting or of what is looked for, empty when the check
    could not begin.
    """

    type: str = ""


class AccountScope(msgspec.Struct, frozen=True, tag_field="kind", tag="account"):
    """A whole account: a setting of the account, or all that a global check looks for in it."""

    type: str = ""


class ProfileScope(msgspec.Struct, frozen=True, tag_field="kind", tag="profile"):
    """A profile that cannot be used, so that its account is unknown."""

    name: str


Subject = Resource | RegionScope | AccountScope | ProfileScope
"""What a verdict is about."""


class Verdict(msgspec.Struct, frozen=True):
    """What a check yields for one subject.

    ``evidence`` holds the facts read from AWS that the explanation shows and the remediation is rendered
    from: JSON-ready values only, and never a secret. ``severity`` overrides the check's severity, and
    ``region`` the region of the read: a bucket is listed in one region and located in another.
    """

    status: Status
    subject: Subject
    reason: str
    evidence: dict[str, Any] = {}
    severity: Severity | None = None
    region: str = ""


PROFILE_ACCESS = "profile-access"
"""The ``check_id`` of the one finding that stands for a profile that cannot be used."""


class Finding(msgspec.Struct, frozen=True):
    """A verdict with its check, its account and its region.

    The finding belongs to the account. ``profile`` is the one through which it was read, so that a
    remediation can name it. ``account_id`` and ``partition`` are empty only for a `ProfileScope`, whose
    ``check_id`` is `PROFILE_ACCESS`. ``source`` is `OWN_SCAN` or the kind of report that holds it.
    """

    check_id: str
    status: Status
    severity: Severity
    subject: Subject
    profile: str
    account_id: str
    region: str
    partition: str
    title: str
    reason: str
    evidence: dict[str, Any] = {}
    source: str = OWN_SCAN

    @property
    def subject_kind(self) -> SubjectKind:
        """The kind of the subject."""
        match self.subject:
            case Resource():
                return SubjectKind.RESOURCE
            case RegionScope():
                return SubjectKind.REGION
            case AccountScope():
                return SubjectKind.ACCOUNT
            case ProfileScope():
                return SubjectKind.PROFILE

    @property
    def resource_id(self) -> str:
        """The resource's ARN or id; the account's ARN for a scope; empty for a profile."""
        match self.subject:
            case Resource(id=resource_id):
                return resource_id
            case RegionScope() | AccountScope():
                return f"arn:{self.partition}:iam::{self.account_id}:root"
            case ProfileScope():
                return ""

    @property
    def resource_name(self) -> str:
        """The resource's name; the region's code or the account's id for a scope; the profile's name."""
        match self.subject:
            case Resource(name=name) | ProfileScope(name=name):
                return name
            case RegionScope():
                return self.region
            case AccountScope():
                return self.account_id

    @property
    def resource_type(self) -> str:
        """The CloudFormation type of the resource or setting; ``AWS::Account`` where there is none."""
        match self.subject:
            case ProfileScope():
                return ""
            case (
                Resource(type=resource_type)
                | RegionScope(type=resource_type)
                | AccountScope(type=resource_type)
            ):
                return resource_type or "AWS::Account"


class FactKind(StrEnum):
    """What a `Fact` describes."""

    PRINCIPAL = "principal"
    POLICY = "policy"
    ROLE = "role"
    NETWORK = "network"
    RESOURCE = "resource"


class Fact(msgspec.Struct, frozen=True):
    """Something that a scan read about an account, stored for analyses over findings and facts.

    ``type`` is the CloudFormation type where one exists, ``id`` an ARN where AWS gives one, ``region`` empty
    for a global resource. ``data`` holds the declared members of AWS's answer, JSON-ready, never a secret.
    """

    kind: FactKind
    account_id: str
    partition: str
    region: str
    type: str
    id: str
    name: str = ""
    data: dict[str, Any] = {}
