"""The accounts of the embedded AWS, who may look into them, and what they may not read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """An account with the profile that reaches it and that profile's region."""

    profile: str
    id: str
    alias: str
    region: str
    role: str = "SecurityAudit"
    rotates_keys: bool = False

    @property
    def role_arn(self) -> str:
        """The role that the profile assumes."""
        return f"arn:aws:iam::{self.id}:role/{self.role}"

    @property
    def execution_role_arn(self) -> str:
        """The role that the account's models and notebooks run with."""
        return f"arn:aws:iam::{self.id}:role/service-role/AmazonSageMaker-ExecutionRole"


@dataclass(frozen=True)
class SignOn:
    """An SSO profile whose token ran out: what it names, all of it made up."""

    profile: str
    account_id: str
    role: str
    region: str
    session: str
    start_url: str
    expired_at: str


@dataclass(frozen=True)
class Denial:
    """A read that a caller of an account is refused in a region.

    ``action`` is an IAM action. ``resource_type`` is the part before the slash in the ARN of what is
    read, empty for an action on no resource and for a bucket. With a ``name_prefix`` only names that start
    so are refused, by an explicit deny in the kind of ``policy`` that is named.
    """

    account_id: str
    region: str
    action: str
    resource_type: str = ""
    name_prefix: str = ""
    policy: str = "an identity-based"

    @property
    def explicit(self) -> bool:
        """Whether a statement forbids the read; otherwise none allows it."""
        return bool(self.name_prefix)


PRODUCTION = Account("demo-prod", "111122223333", "acme-ml-production", "us-east-1", rotates_keys=True)
STAGING = Account("demo-staging", "444455556666", "acme-ml-staging", "eu-central-1")
RESEARCH = Account("demo-research", "777788889999", "acme-research", "ap-southeast-2")
IDENTITY = Account("demo-identity", "222233334444", "acme-identity", "us-east-1")
"""Whose access key the other profiles assume their roles with, as in an organization's hub account."""

ASSUMED = (PRODUCTION, STAGING, RESEARCH)
ACCOUNTS = (*ASSUMED, IDENTITY)

EXPIRED = SignOn(
    profile="demo-expired",
    account_id="555566667777",
    role="SecurityAudit",
    region="eu-west-1",
    session="cloud-audit-tui-demo",
    start_url="https://acme.example/start",
    expired_at="2025-01-31T17:00:00Z",
)

DENIALS = (
    # A role that was written before this region was used: nothing of its configurations may be read.
    Denial(PRODUCTION.id, "eu-west-1", "sagemaker:DescribeEndpointConfig", "endpoint-config"),
    # Resources that somebody fenced off by name.
    Denial(PRODUCTION.id, "us-east-1", "sagemaker:DescribeEndpointConfig", "endpoint-config", "restricted-"),
    Denial(
        PRODUCTION.id, "us-east-1", "sagemaker:DescribeNotebookInstance", "notebook-instance", "restricted-"
    ),
    Denial(STAGING.id, "us-east-1", "sagemaker:ListEndpoints", "endpoint"),
    Denial(RESEARCH.id, "us-west-2", "sagemaker:ListNotebookInstances", "notebook-instance"),
    # A bucket whose own policy keeps everybody but the lawyers out.
    *(
        Denial(PRODUCTION.id, "us-east-1", action, name_prefix="acme-legal-hold", policy="a resource-based")
        for action in ("s3:GetBucketPolicy", "s3:GetLifecycleConfiguration")
    ),
    # Actions that the audit role of an account lacks, as roles do that were written for other scanners.
    Denial(PRODUCTION.id, "eu-west-1", "ec2:DescribeFlowLogs"),
    Denial(RESEARCH.id, "ap-southeast-2", "ec2:DescribeNetworkAcls"),
    Denial(STAGING.id, "eu-central-1", "secretsmanager:ListSecrets"),
    Denial(STAGING.id, "eu-central-1", "backup:ListBackupVaults"),
    Denial(RESEARCH.id, "us-east-1", "iam:ListServerCertificates"),
    Denial(RESEARCH.id, "ap-southeast-2", "securityhub:DescribeHub"),
    Denial(RESEARCH.id, "ap-southeast-2", "kms:ListKeys"),
    Denial(RESEARCH.id, "ap-southeast-2", "dynamodb:DescribeTable", "table", "restricted-"),
)
