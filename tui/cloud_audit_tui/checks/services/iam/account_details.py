"""Users, groups, roles and policies of an account, as GetAccountAuthorizationDetails gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import unexpected
from cloud_audit_tui.model import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud_audit_tui.checks.api import Item, Region

T = TypeVar("T")

READS = ("iam:GetAccountAuthorizationDetails",)
"""What a check that uses the details has to declare."""

SERVICE_LINKED, RESERVED = "/aws-service-role/", "/aws-reserved/"
"""Paths of roles that AWS owns: nobody can change them in the account."""

NOT_GIVEN = object()
"""Stands for the document of an attached policy that AWS did not give."""


@dataclass(frozen=True)
class Policy:
    """A policy as it takes effect: a managed policy's default version, or an inline policy.

    ``arn`` is empty for an inline policy; ``document`` is what AWS returned, `NOT_GIVEN` when nothing.
    """

    name: str
    arn: str
    document: Any


@dataclass(frozen=True)
class Principal:
    """A user, group or role with its own policies; ``boundary`` limits them where there is one."""

    kind: str
    name: str
    arn: str
    path: str
    inline: tuple[Policy, ...] = ()
    attached: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    groups: tuple[str, ...] = ()
    trust: Any = None

    @property
    def owned_by_aws(self) -> bool:
        """Whether AWS made the role and lets nobody change it."""
        return self.kind == "role" and self.path.startswith((SERVICE_LINKED, RESERVED))

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Its inline policies, then the attached ones."""
        return self.inline + self.attached

    @property
    def resource(self) -> Resource:
        """The principal as the resource of a verdict."""
        return Resource(self.arn, self.name, f"AWS::IAM::{self.kind.capitalize()}")


@dataclass
class Details:
    """All of an account's identities. ``managed`` are the details of managed policies by ARN."""

    users: list[Principal] = field(default_factory=list)
    groups: dict[str, Principal] = field(default_factory=dict)
    roles: list[Principal] = field(default_factory=list)
    managed: dict[str, Item] = field(default_factory=dict)
    failure: ReadError | None = None

    def check_complete(self) -> None:
        """Raise `ReadError` when AWS returned an identity that cannot be understood and is missing here."""
        if self.failure is not None:
            raise self.failure

    def complete(self, things: Iterable[T]) -> Iterator[T]:
        """Yield things taken from the details, then raise `ReadError` as `check_complete` does."""
        yield from things
        self.check_complete()

    def principals(self) -> Iterator[Principal]:
        """Yield users, groups and roles."""
        yield from self.users
        yield from self.groups.values()
        yield from self.roles

    def attached_to(self, policy_arn: str) -> list[Principal]:
        """Return the principals that a managed policy is attached to."""
        return [
            principal
            for principal in self.principals()
            if any(policy.arn == policy_arn for policy in principal.attached)
        ]


async def account_details(region: Region) -> Details:
    """Return the account's identities and policies; raises `ReadError`.

    The pages hold all four lists, and an item is told by its name's member; a policy need not have one.
    Of AWS's own policies AWS gives those that are in use.
    """
    details = Details()
    items = []
    try:
        async for item in region.items("iam", "GetAccountAuthorizationDetails"):
            items.append(item)  # noqa: PERF401 - what came before a failure is kept
    except ReadError as error:
        if error.kind is not Unread.BAD_RESPONSE:
            raise
        details.failure = error
    details.managed = {
        str(item.get("Arn") or ""): item
        for item in items
        if not {"UserName", "RoleName", "GroupName"} & item.keys()
    }
    for item in items:
        try:
            _add(details, item)
        except Exception as error:
            details.failure = unexpected(error, "an identity")
    return details


def _add(details: Details, item: Item) -> None:
    if "UserName" in item:
        details.users.append(_principal("user", item, details.managed))
    elif "RoleName" in item:
        details.roles.append(_principal("role", item, details.managed))
    elif "GroupName" in item:
        details.groups[str(item["GroupName"])] = _principal("group", item, details.managed)


def _principal(kind: str, item: Item, managed: dict[str, Item]) -> Principal:
    word = kind.capitalize()
    boundary = str((item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "")
    return Principal(
        kind=kind,
        name=str(item.get(f"{word}Name", "")),
        arn=str(item.get("Arn", "")),
        path=str(item.get("Path") or "/"),
        inline=tuple(
            Policy(str(one.get("PolicyName", "")), "", one.get("PolicyDocument", NOT_GIVEN))
            for one in item.get(f"{word}PolicyList") or []
        ),
        attached=tuple(
            Policy(str(one.get("PolicyName", "")), arn, default_document(managed.get(arn)))
            for one in item.get("AttachedManagedPolicies") or []
            if (arn := str(one.get("PolicyArn", "")))
        ),
        boundary=Policy(boundary.rpartition("/")[2], boundary, default_document(managed.get(boundary)))
        if boundary
        else None,
        groups=tuple(map(str, item.get("GroupList") or [])),
        trust=item.get("AssumeRolePolicyDocument"),
    )


def default_document(managed: Item | None) -> Any:
    """Return the document of a managed policy's default version, `NOT_GIVEN` where it is missing."""
    for version in (managed or {}).get("PolicyVersionList") or []:
        if isinstance(version, dict) and version.get("IsDefaultVersion"):
            return version.get("Document", NOT_GIVEN)
    return NOT_GIVEN
