"""Facts about users, groups, roles and the policies that grant them permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.facts import facts_of
from cloud_audit_tui.checks.facts.members import Keep, excerpt, fact, members, structures
from cloud_audit_tui.model import FactKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.checks.facts.members import Item, Members
    from cloud_audit_tui.model import Fact, Target

_INLINE = members("PolicyName", PolicyDocument=Keep.DOCUMENT)
_ATTACHED = members("PolicyName", "PolicyArn")
_BOUNDARY = members("PermissionsBoundaryArn")

USER = members(
    "Path",
    "UserId",
    "CreateDate",
    "GroupList",
    UserPolicyList=_INLINE,
    AttachedManagedPolicies=_ATTACHED,
    PermissionsBoundary=_BOUNDARY,
)
GROUP = members("Path", "GroupId", "CreateDate", GroupPolicyList=_INLINE, AttachedManagedPolicies=_ATTACHED)
ROLE = members(
    "Path",
    "RoleId",
    "CreateDate",
    AssumeRolePolicyDocument=Keep.DOCUMENT,
    RolePolicyList=_INLINE,
    AttachedManagedPolicies=_ATTACHED,
    PermissionsBoundary=_BOUNDARY,
    RoleLastUsed=members("LastUsedDate", "Region"),
    InstanceProfileList=members("InstanceProfileName", "Arn"),
)
POLICY = members("Path", "PolicyId", "DefaultVersionId", "AttachmentCount", "UpdateDate")


@facts_of("iam:GetAccountAuthorizationDetails")
def identities(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the users, groups and roles with their policies, and the managed policies in use.

    Source: GetAccountAuthorizationDetails. Of a managed policy its default version is kept as ``Document``.
    """
    sources: tuple[tuple[str, str, FactKind, str, Members], ...] = (
        ("UserDetailList", "UserName", FactKind.PRINCIPAL, "AWS::IAM::User", USER),
        ("GroupDetailList", "GroupName", FactKind.PRINCIPAL, "AWS::IAM::Group", GROUP),
        ("RoleDetailList", "RoleName", FactKind.ROLE, "AWS::IAM::Role", ROLE),
    )
    for member, name, kind, resource_type, allowed in sources:
        for item in structures(response, member):
            yield fact(
                kind,
                target,
                resource_type,
                str(item.get("Arn") or ""),
                name=str(item.get(name) or ""),
                data=excerpt(item, allowed),
                region="",
            )
    for item in structures(response, "Policies"):
        versions = structures(item, "PolicyVersionList")
        default = next((version for version in versions if version.get("IsDefaultVersion")), {})
        data = excerpt(item, POLICY) | excerpt(default, members(Document=Keep.DOCUMENT))
        yield fact(
            FactKind.POLICY,
            target,
            "AWS::IAM::ManagedPolicy",
            str(item.get("Arn") or ""),
            name=str(item.get("PolicyName") or ""),
            data=data,
            region="",
        )


@facts_of("iam:ListRoles")
def role_sessions(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield how long the sessions of a role may last, which the account's details do not say."""
    for item in structures(response, "Roles"):
        yield fact(
            FactKind.ROLE,
            target,
            "AWS::IAM::RoleSession",
            str(item.get("Arn") or ""),
            name=str(item.get("RoleName") or ""),
            data=excerpt(item, members("Path", "MaxSessionDuration", AssumeRolePolicyDocument=Keep.DOCUMENT)),
            region="",
        )
