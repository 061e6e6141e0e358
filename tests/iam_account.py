"""Identities and policies in the form in which GetAccountAuthorizationDetails returns them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

ACCOUNT = "111122223333"
CREATION_DATE = "2024-01-01T00:00:00Z"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return quote(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def trust(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def arn(path: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{path}"


def _attachments(arns: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in arns]


def _inline_policies(statements: tuple[dict[str, Any], ...]) -> list[dict[str, str]]:
    return [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else []


def user(
    name: str,
    *statements: dict[str, Any],
    attached: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    boundary: str = "",
) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": name,
        "UserId": "AIDA0123456789ABCDEF",
        "Arn": arn(f"user/{name}"),
        "CreateDate": CREATION_DATE,
        "UserPolicyList": _inline_policies(statements),
        "GroupList": list(groups),
        "AttachedManagedPolicies": _attachments(attached),
        **_boundary(boundary),
    }


def group(name: str, *statements: dict[str, Any], attached: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": "AGPA0123456789ABCDEF",
        "Arn": arn(f"group/{name}"),
        "CreateDate": CREATION_DATE,
        "GroupPolicyList": _inline_policies(statements),
        "AttachedManagedPolicies": _attachments(attached),
    }


def role(
    name: str,
    *statements: dict[str, Any],
    attached: tuple[str, ...] = (),
    trusts: tuple[dict[str, Any], ...] = (),
    path: str = "/",
    boundary: str = "",
    profiles: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    return {
        **({} if profiles is None else {"InstanceProfileList": list(map(_instance_profile, profiles))}),
        "Path": path,
        "RoleName": name,
        "RoleId": "AROA0123456789ABCDEF",
        "Arn": arn(f"role{path}{name}"),
        "CreateDate": CREATION_DATE,
        "AssumeRolePolicyDocument": document(*(trusts or (trust({"Service": "ec2.amazonaws.com"}),))),
        "RolePolicyList": _inline_policies(statements),
        "AttachedManagedPolicies": _attachments(attached),
        **_boundary(boundary),
    }


def _instance_profile(name: str) -> dict[str, Any]:
    return {
        "Path": "/",
        "InstanceProfileName": name,
        "InstanceProfileId": "AIPA0123456789ABCDEF",
        "Arn": arn(f"instance-profile/{name}"),
        "CreateDate": CREATION_DATE,
        "Roles": [],
    }


EARLIER = (allow("*"),)


def policy(
    policy_arn: str,
    *statements: dict[str, Any],
    text: str = "",
    earlier: tuple[dict[str, Any], ...] = EARLIER,
) -> dict[str, Any]:
    """Return a managed policy; ``earlier`` are the statements of its earlier versions, one of each."""
    number = len(earlier) + 1
    return {
        "PolicyName": policy_arn.rpartition("/")[2],
        "Arn": policy_arn,
        "DefaultVersionId": f"v{number}",
        "PolicyVersionList": [
            *(
                {"VersionId": f"v{at}", "IsDefaultVersion": False, "Document": document(statement)}
                for at, statement in enumerate(earlier, start=1)
            ),
            {
                "VersionId": f"v{number}",
                "IsDefaultVersion": True,
                "Document": text or document(*statements),
            },
        ],
    }


ADMINISTRATOR_POLICY = policy(ADMINISTRATOR, allow("*"))


def details(*items: dict[str, Any]) -> dict[str, Any]:
    """Return the one page that holds users, groups, roles and policies."""
    lists: dict[str, list[dict[str, Any]]] = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
    }
    for item in items:
        for name, member in (
            ("User", "UserDetailList"),
            ("Group", "GroupDetailList"),
            ("Role", "RoleDetailList"),
        ):
            if f"{name}Name" in item:
                lists[member].append(item)
                break
        else:
            lists["Policies"].append(item)
    return {**lists, "IsTruncated": False}


def _boundary(boundary: str) -> dict[str, Any]:
    if not boundary:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": boundary,
        }
    }
