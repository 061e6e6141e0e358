"""Users, groups, roles and policies of an account, as GetAccountAuthorizationDetails describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Item = dict[str, Any]

SERVICE_LINKED, RESERVED = "/aws-service-role/", "/aws-reserved/"
"""Paths of roles that AWS owns and the account cannot change."""

NOT_GIVEN = object()
"""The document of an attached policy that AWS did not return."""


@dataclass(frozen=True)
class AppliedPolicy:
    """A policy in effect: a managed policy's default version, or an inline policy.

    ``arn`` is empty for an inline policy; ``document`` is what AWS returned, `NOT_GIVEN` if it returned none.
    ``other_versions`` are the documents of a managed policy's other versions, ``None`` if AWS did not return
    the versions.
    """

    name: str
    arn: str
    document: Any
    other_versions: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Identity:
    """A user, group or role with its own policies; ``boundary`` limits them where there is one.

    ``in_instance_profile`` says whether an instance profile contains the role, ``None`` if AWS did not say.
    """

    kind: str
    name: str
    arn: str
    path: str
    inline: tuple[AppliedPolicy, ...] = ()
    attached: tuple[AppliedPolicy, ...] = ()
    boundary: AppliedPolicy | None = None
    groups: tuple[str, ...] = ()
    trust: Any = None
    in_instance_profile: bool | None = None

    @property
    def owned_by_aws(self) -> bool:
        """Whether AWS owns the role, so that the account cannot change it."""
        return self.kind == "role" and self.path.startswith((SERVICE_LINKED, RESERVED))

    @property
    def policies(self) -> tuple[AppliedPolicy, ...]:
        """Its inline policies, then the attached ones."""
        return self.inline + self.attached

    @property
    def resource(self) -> Resource:
        """The identity as the resource of a verdict."""
        return Resource(self.arn, self.name, f"AWS::IAM::{self.kind.capitalize()}")


@dataclass
class AccountIdentities:
    """All of an account's identities. ``managed`` are the details of managed policies by ARN."""

    users: list[Identity] = field(default_factory=list)
    groups: dict[str, Identity] = field(default_factory=dict)
    roles: list[Identity] = field(default_factory=list)
    managed: dict[str, Item] = field(default_factory=dict)

    def all(self) -> Iterator[Identity]:
        """Yield users, groups and roles."""
        yield from self.users
        yield from self.groups.values()
        yield from self.roles

    def attached_to(self, policy_arn: str) -> list[Identity]:
        """Return the identities that a managed policy is attached to."""
        return [
            identity
            for identity in self.all()
            if any(policy.arn == policy_arn for policy in identity.attached)
        ]


def managed_policies(items: Iterable[Item]) -> dict[str, Item]:
    """Return the details of managed policies by ARN: the items that are not a user, role or group."""
    return {
        str(item.get("Arn") or ""): item
        for item in items
        if not {"UserName", "RoleName", "GroupName"} & item.keys()
    }


def add_identity(identities: AccountIdentities, item: Item) -> None:
    """Add a user, a role or a group; any other item is ignored.

    Raises the error that a malformed item causes.
    """
    if "UserName" in item:
        identities.users.append(_identity("user", item, identities.managed))
    elif "RoleName" in item:
        identities.roles.append(_identity("role", item, identities.managed))
    elif "GroupName" in item:
        identities.groups[str(item["GroupName"])] = _identity("group", item, identities.managed)


def _identity(kind: str, item: Item, managed: dict[str, Item]) -> Identity:
    word = kind.capitalize()
    boundary = str((item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "")
    profiles = item.get("InstanceProfileList")
    return Identity(
        kind=kind,
        name=str(item.get(f"{word}Name", "")),
        arn=str(item.get("Arn", "")),
        path=str(item.get("Path") or "/"),
        inline=tuple(
            AppliedPolicy(str(one.get("PolicyName", "")), "", one.get("PolicyDocument", NOT_GIVEN))
            for one in item.get(f"{word}PolicyList") or []
        ),
        attached=tuple(
            _managed(str(one.get("PolicyName", "")), arn, managed.get(arn))
            for one in item.get("AttachedManagedPolicies") or []
            if (arn := str(one.get("PolicyArn", "")))
        ),
        boundary=_managed(boundary.rpartition("/")[2], boundary, managed.get(boundary)) if boundary else None,
        groups=tuple(map(str, item.get("GroupList") or [])),
        trust=item.get("AssumeRolePolicyDocument"),
        in_instance_profile=None if profiles is None else bool(profiles),
    )


def _managed(name: str, arn: str, managed: Mapping[str, Any] | None) -> AppliedPolicy:
    versions = (managed or {}).get("PolicyVersionList")
    return AppliedPolicy(
        name,
        arn,
        default_document(managed),
        tuple(
            version.get("Document", NOT_GIVEN)
            for version in versions
            if isinstance(version, dict) and not version.get("IsDefaultVersion")
        )
        if versions
        else None,
    )


def default_document(managed: Mapping[str, Any] | None) -> Any:
    """Return the document of a managed policy's default version, `NOT_GIVEN` where it is missing."""
    for version in (managed or {}).get("PolicyVersionList") or []:
        if isinstance(version, dict) and version.get("IsDefaultVersion"):
            return version.get("Document", NOT_GIVEN)
    return NOT_GIVEN
