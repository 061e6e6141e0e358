"""An account in which no security service is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import SeededFault, fault
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account


@fault(
    "aws-account-001",
    may_change=("account/aws/_alternate_contacts/SECURITY",),
    plan=Plan(("aws_account_alternate_contact create",)),
)
def no_security_contact(_account: Account) -> SeededFault:
    return SeededFault(
        inputs={
            "CONTACT_EMAIL": "security@example.com",
            "CONTACT_NAME": "Security team",
            "CONTACT_PHONE": "+49 30 1234567",
            "CONTACT_TITLE": "Security",
        }
    )


@fault(
    "aws-backup-001",
    may_change=(
        "backup/us-east-1/_kept_selections",
        "backup/us-east-1/plans/*",
        "backup/us-east-1/vaults/*",
        "backup/us-east-1/tagger/tags/*",
    ),
    plan=Plan(("aws_backup_plan create", "aws_backup_selection create", "aws_backup_vault create")),
)
def no_backup(account: Account) -> SeededFault:
    return SeededFault(inputs={"BACKUP_ROLE_ARN": account.role("backups", "backup.amazonaws.com")})


@fault(
    "aws-cfg-001",
    leaves=("aws-cfg-004",),
    may_change=(
        "config/us-east-1/recorders/default",
        "config/us-east-1/delivery_channels/default",
        "iam/aws/roles/*",
    ),
    plan=Plan(
        (
            "aws_config_configuration_recorder create",
            "aws_config_configuration_recorder_status create",
            "aws_config_delivery_channel create",
            "aws_iam_service_linked_role create",
        )
    ),
)
def no_recorder(account: Account) -> SeededFault:
    return SeededFault(inputs={"CONFIG_BUCKET": account.bucket("config-files", "config.amazonaws.com")})


@fault(
    "aws-ct-001",
    leaves=(
        "aws-ct-004",
        "aws-ct-005",
        "aws-ct-008",
        "aws-s3-002",
        "aws-s3-003",
        "aws-s3-004",
        "aws-s3-005",
        "aws-s3-007",
    ),
    may_change=(
        "cloudtrail/us-east-1/trails/*/is_multi_region",
        "cloudtrail/us-east-1/trails/all-regions",
        "cloudtrail/us-east-1/tagging_service/tags/*",
        "s3/aws/buckets/cloudtrail-logs-123456789012-us-east-1",
        "s3/aws/tagger/tags/*",
    ),
    plan=Plan(
        (
            "aws_cloudtrail create",
            "aws_s3_bucket create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        ),
        in_group=(
            ("trails", ("aws_cloudtrail import update include_global_service_events is_multi_region_trail",)),
        ),
    ),
)
def no_trail(_account: Account) -> SeededFault:
    return SeededFault()


@fault(
    "aws-gd-001",
    gone=True,
    may_change=("guardduty/us-east-1/detectors/*",),
    plan=Plan(
        ("aws_guardduty_detector create",),
        in_group=(("data", ("aws_guardduty_detector import update enable",)),),
    ),
)
def no_detector(_account: Account) -> SeededFault:
    return SeededFault()


@fault(
    "aws-inspector-001",
    may_change=("inspector2/us-east-1/account_status/*",),
    plan=Plan(("aws_inspector2_enabler create",)),
)
def no_inspection(_account: Account) -> SeededFault:
    return SeededFault(inputs={"SCAN_ECR_IMAGES": "yes"})


@fault(
    "aws-iam-012",
    may_change=("accessanalyzer/us-east-1/analyzers/*",),
    plan=Plan(("aws_accessanalyzer_analyzer create",)),
)
def no_analyzer(_account: Account) -> SeededFault:
    return SeededFault()


@fault(
    "aws-sh-001",
    may_change=(
        "securityhub/us-east-1/_kept_standards/*",
        "securityhub/us-east-1/enabled",
        "securityhub/us-east-1/enabled_at",
        "securityhub/us-east-1/hub*",
    ),
    plan=Plan(
        (
            "aws_securityhub_account create",
            "aws_securityhub_standards_subscription create",
            "aws_securityhub_standards_subscription create",
        )
    ),
)
def no_hub(_account: Account) -> SeededFault:
    return SeededFault()
