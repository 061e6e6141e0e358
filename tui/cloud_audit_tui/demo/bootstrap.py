"""Creates the account aliases, the roles to assume and the user with the access key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloud_audit_tui.demo.accounts import ACCOUNTS, IDENTITY

if TYPE_CHECKING:
    from cloud_audit_tui.demo.region_client import Call

_REGION = "us-east-1"
_USER = "security-audit"


def enroll(call: Call) -> tuple[str, str]:
    """Create aliases, roles and the user, and return the id and the secret of the user's access key."""
    call(IDENTITY.id, _REGION, "iam", "CreateUser", UserName=_USER)
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{IDENTITY.id}:user/{_USER}"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    for account in ACCOUNTS:
        call(account.id, _REGION, "iam", "CreateAccountAlias", AccountAlias=account.alias)
        call(
            account.id,
            _REGION,
            "iam",
            "CreateRole",
            RoleName=account.role,
            AssumeRolePolicyDocument=trust,
        )
    response = call(IDENTITY.id, _REGION, "iam", "CreateAccessKey", UserName=_USER)
    key = response["AccessKey"]
    return str(key["AccessKeyId"]), str(key["SecretAccessKey"])
