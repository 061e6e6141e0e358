"""Roles that AWS's tools create under fixed names, through which a platform accesses an account.

They trust another account on purpose, and no caller of theirs can send an external ID: the console's Switch
Role, AWS Control Tower, CloudFormation StackSets and the AWS CDK. Sources: the documents of AWS Organizations
(``OrganizationAccountAccessRole``), AWS Control Tower (``AWSControlTowerExecution``), CloudFormation
(``AWSCloudFormationStackSetExecutionRole``, ``stacksets-exec-*``) and the CDK's bootstrap template.
"""

from __future__ import annotations

from cloud_audit_tui.iam.wildcards import contains, tokens

PLATFORM_ROLES = (
    "OrganizationAccountAccessRole",
    "AWSControlTower*",
    "aws-controltower-*",
    "AWSCloudFormationStackSetAdministrationRole",
    "AWSCloudFormationStackSetExecutionRole",
    "stacksets-exec-*",
    "AWSAccelerator-*",
    "cdk-*-deploy-role-*",
    "cdk-*-lookup-role-*",
    "cdk-*-file-publishing-role-*",
    "cdk-*-image-publishing-role-*",
    "cdk-*-cfn-exec-role-*",
)


def is_platform_role(name: str) -> bool:
    """Whether a role's name is one that a platform's tools use."""
    return any(contains(tokens(pattern), tokens(name)) for pattern in PLATFORM_ROLES)
