"""The accounts of the embedded AWS, their audit roles and the reads that are denied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """An account, its profile and the profile's region."""

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
        """The execution role of the account's models and notebooks."""
        return f"arn:aws:iam::{self.id}:role/service-role/AmazonSageMaker-ExecutionRole"


@dataclass(frozen=True)
class SignOn:
    """An SSO profile with an expired token; all its values are fictional."""

    profile: str
    account_id: str
    role: str
    region: str
    session: str
    start_url: str
    expired_at: str


@dataclass(frozen=True)
class Denial:
    """A read that is denied to the callers of an account in a region.

    ``action`` is an IAM action. ``resource_type`` is the part before the slash in the ARN of the resource,
    empty for an action without a resource and for a bucket. With a ``name_prefix``, only names with that
    prefix are denied, by an explicit deny in a policy of the kind ``policy``.
    """

    account_id: str
    region: str
    action: str
    resource_type: str = ""
    name_prefix: str = ""
    policy: str = "an identity-based"

    @property
    def explicit(self) -> bool:
        """Whether an explicit deny applies; otherwise the deny is implicit."""
        return bool(self.name_prefix)


PRODUCTION = Account("demo-prod", "111122223333", "acme-ml-production", "us-east-1", rotates_keys=True)
STAGING = Account("demo-staging", "444455556666", "acme-ml-staging", "eu-central-1")
RESEARCH = Account("demo-research", "777788889999", "acme-research", "ap-southeast-2")
IDENTITY = Account("demo-identity", "222233334444", "acme-identity", "us-east-1")
"""The hub account: its user's access key assumes the roles of the other profiles."""

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
    # The role predates the use of this region: it can read no configurations.
    Denial(PRODUCTION.id, "eu-west-1", "sagemaker:DescribeEndpointConfig", "endpoint-config"),
    # Resources that a policy denies by name.
    Denial(PRODUCTION.id, "us-east-1", "sagemaker:DescribeEndpointConfig", "endpoint-config", "restricted-"),
    Denial(
        PRODUCTION.id, "us-east-1", "sagemaker:DescribeNotebookInstance", "notebook-instance", "restricted-"
    ),
    Denial(STAGING.id, "us-east-1", "sagemaker:ListEndpoints", "endpoint"),
    Denial(RESEARCH.id, "us-west-2", "sagemaker:ListNotebookInstances", "notebook-instance"),
    # A bucket whose policy allows only the legal team.
    *(
        Denial(PRODUCTION.id, "us-east-1", action, name_prefix="acme-legal-hold", policy="a resource-based")
        for action in ("s3:GetBucketPolicy", "s3:GetLifecycleConfiguration")
    ),
    # Actions that an audit role written for another scanner lacks.
    Denial(PRODUCTION.id, "eu-west-1", "ec2:DescribeFlowLogs"),
    Denial(RESEARCH.id, "ap-southeast-2", "ec2:DescribeNetworkAcls"),
    Denial(STAGING.id, "eu-central-1", "secretsmanager:ListSecrets"),
    Denial(STAGING.id, "eu-central-1", "backup:ListBackupVaults"),
    Denial(RESEARCH.id, "us-east-1", "iam:ListServerCertificates"),
    Denial(RESEARCH.id, "ap-southeast-2", "securityhub:DescribeHub"),
    Denial(RESEARCH.id, "ap-southeast-2", "kms:ListKeys"),
    Denial(RESEARCH.id, "ap-southeast-2", "dynamodb:DescribeTable", "table", "restricted-"),
)
