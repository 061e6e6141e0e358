"""Maps operations to the IAM actions that allow them.

Most actions have the name of their operation; the service authorization reference lists the exceptions:
<https://docs.aws.amazon.com/service-authorization/latest/reference/>.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ACTION_PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "docdb": "rds",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "neptune": "rds",
    "s3control": "s3",
    "sesv2": "ses",
}
"""Services whose IAM prefix differs from botocore's service name."""

ACTIONS = {
    "apigateway:GetRestApis": "apigateway:GET",
    "apigateway:GetStages": "apigateway:GET",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3control:PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
}
"""Operations whose IAM action has another name."""


def action_of(operation: str) -> str:
    """Return the IAM action for an operation written as ``service:Operation``."""
    if operation in ACTIONS:
        return ACTIONS[operation]
    service, name = operation.split(":")
    return f"{ACTION_PREFIXES.get(service, service)}:{name}"


def least_privilege(operations: Iterable[str]) -> dict[str, Any]:
    """Return the policy that allows only these operations, with one statement per service."""
    by_service: dict[str, set[str]] = {}
    for operation in operations:
        action = action_of(operation)
        by_service.setdefault(action.split(":")[0], set()).add(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read" + "".join(part.capitalize() for part in service.split("-")),
                "Effect": "Allow",
                "Action": sorted(actions),
                "Resource": "*",
            }
            for service, actions in sorted(by_service.items())
        ],
    }


def assume_role(role: str) -> dict[str, Any]:
    """Return the statement that allows assuming the roles of a name in every account."""
    return {
        "Sid": "AssumeRoleInAccounts",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": f"arn:*:iam::*:role/{role}",
    }
