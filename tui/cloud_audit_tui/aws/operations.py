"""Which operations read, and which of those the scanner may never call."""

from __future__ import annotations

READ_PREFIXES = ("BatchGet", "Describe", "Get", "List", "Lookup", "Search")
"""Verbs with which AWS names operations that change nothing."""

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
"""Operations named like reads that create credentials or return what an account keeps secret."""

ALSO_READS = frozenset({"iam:GenerateCredentialReport"})
"""Operations not named like reads that AWS's service authorization reference lists as reads."""


IDENTITY_READS = ("sts:GetCallerIdentity", "iam:ListAccountAliases", "ec2:DescribeRegions")
"""What identifying a profile asks of AWS; only the first must be allowed, and it always is."""

CREDENTIAL_CALLS = frozenset(
    {"sso-oidc:CreateToken", "sso:GetRoleCredentials", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}
)
"""What botocore's credential providers call, and only they may, to turn a profile into credentials."""


class NotAReadError(PermissionError):
    """An operation was refused because it could change an account or reveal a secret."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"{service}:{operation} is not a declared read, and the scanner only reads what is declared"
        )


def is_read(service: str, operation: str) -> bool:
    """Say whether the scanner may call an operation."""
    name = f"{service}:{operation}"
    return name in ALSO_READS or (operation.startswith(READ_PREFIXES) and name not in NOT_READS)
