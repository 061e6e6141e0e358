"""Rich users, roles, policies, groups, certificates and contacts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT
from closed_loop.rich import ARGUMENTS, KEYED_TAGS, arguments, enricher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closed_loop.account import Account

_READ = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def _boundary(account: Account) -> str:
    arn: str = account.client("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({**_READ, "Id": "boundary"})
    )["Policy"]["Arn"]
    return arn


def _member(account: Account, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"Path": "/payments/", "Tags": KEYED_TAGS, "PermissionsBoundary": account.once(_boundary)}


def _role(account: Account, parameters: Mapping[str, Any]) -> dict[str, Any]:
    # The check of SSM reads the policies of an instance profile's role and nothing else.
    return {**_member(account, parameters), "Description": "for the payments", "MaxSessionDuration": 3600}


ARGUMENTS["iam", "CreateUser"] = _member
ARGUMENTS["iam", "CreateRole"] = _role
arguments("iam", "CreatePolicy", Path="/payments/", Description="for the payments", Tags=KEYED_TAGS)
arguments("iam", "CreateGroup", Path="/payments/")
arguments("iam", "CreateInstanceProfile", Path="/payments/", Tags=KEYED_TAGS)
arguments("iam", "CreateOpenIDConnectProvider", Tags=KEYED_TAGS)
arguments("iam", "UploadServerCertificate", Path="/payments/", Tags=KEYED_TAGS)
arguments("iam", "CreateLoginProfile", PasswordResetRequired=True)
arguments("iam", "UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True, HardExpiry=True)


@enricher
def users(account: Account) -> None:
    """Put users into a group, with an SSH key."""
    iam = account.client("iam")
    users = iam.list_users()["Users"]
    if not users:
        return
    iam.create_group(GroupName="everyone")
    iam.put_group_policy(GroupName="everyone", PolicyName="read", PolicyDocument=json.dumps(_READ))
    for user in users:
        iam.add_user_to_group(GroupName="everyone", UserName=user["UserName"])
        iam.upload_ssh_public_key(
            UserName=user["UserName"], SSHPublicKeyBody=f"ssh-rsa AAAA {user['UserName']}"
        )


@enricher
def roles(account: Account) -> None:
    """Give roles an inline policy."""
    iam = account.client("iam")
    for role in iam.list_roles()["Roles"]:
        if not role["Path"].startswith("/aws-service-role/"):
            iam.put_role_policy(
                RoleName=role["RoleName"], PolicyName="read", PolicyDocument=json.dumps(_READ)
            )


@enricher
def account_itself(account: Account) -> None:
    """Give the account an alias and two contacts."""
    account.client("iam").create_account_alias(AccountAlias="payments-prod")
    for kind in ("BILLING", "OPERATIONS"):
        account.client("account").put_alternate_contact(
            AlternateContactType=kind,
            EmailAddress=f"{kind.lower()}@example.com",
            Name=kind.title(),
            PhoneNumber="+49 30 7654321",
            Title=f"Of {ACCOUNT}",
        )
