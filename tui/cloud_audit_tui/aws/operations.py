"""The operations that are reads, and the reads that the scanner must never call."""

from __future__ import annotations

READ_PREFIXES = ("BatchGet", "Describe", "Get", "List", "Lookup", "Search")
"""Verb prefixes of AWS operations that change nothing."""

NOT_READS = frozenset(
    {
        "cognito-identity:GetCredentialsForIdentity",
        "cognito-identity:GetId",
        "cognito-identity:GetOpenIdToken",
        "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
        "ec2:GetConsoleOutput",
        "ec2:GetConsoleScreenshot",
        "ec2:GetPasswordData",
        "ecr-public:GetAuthorizationToken",
        "ecr:GetAuthorizationToken",
        "codeartifact:GetAuthorizationToken",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "glacier:GetJobOutput",
        "kinesis:GetRecords",
        "lightsail:GetInstanceAccessDetails",
        "redshift:GetClusterCredentials",
        "redshift:GetClusterCredentialsWithIAM",
        "s3:GetObject",
        "s3:GetObjectTorrent",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetRandomPassword",
        "secretsmanager:GetSecretValue",
        "signin:GetSigninToken",
        "sso:GetRoleCredentials",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
    }
)
"""Operations named like reads that create credentials or return secrets."""

ALSO_READS = frozenset({"iam:GenerateCredentialReport"})
"""Operations not named like reads that AWS's service authorization reference lists as reads."""


IDENTITY_READS = ("sts:GetCallerIdentity", "iam:ListAccountAliases", "ec2:DescribeRegions")
"""The operations that identify a profile; only the first is required, and IAM always allows it."""

ORGANIZATION_READS = (
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
)
"""The operations that list an organization; only the first is required, the others read its units."""

WRONG_PARTITION_CODES = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken"})
"""Error codes for credentials of another partition."""

CREDENTIAL_CALLS = frozenset(
    {"sso-oidc:CreateToken", "sso:GetRoleCredentials", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}
)
"""Operations that obtain credentials; only botocore's credential providers may call them."""


class NotAReadError(PermissionError):
    """The operation is blocked because it could change an account or reveal a secret."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"{service}:{operation} is not a declared read, and the scanner only reads what is declared"
        )


def is_read(service: str, operation: str) -> bool:
    """Say whether the scanner may call an operation."""
    name = f"{service}:{operation}"
    return name in ALSO_READS or (operation.startswith(READ_PREFIXES) and name not in NOT_READS)
