"""An account whose trails and whose recorder of AWS Config are incomplete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.fault import SeededFault, fault
from closed_loop.faults.buckets import FOUR_SETTINGS
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account


def _trail(account: Account, name: str, **more: Any) -> str:
    bucket = account.bucket(f"{name}-files", "cloudtrail.amazonaws.com")
    account.client("s3").put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    trails = account.client("cloudtrail")
    trails.create_trail(
        Name=name,
        S3BucketName=bucket,
        **{"EnableLogFileValidation": True, "KmsKeyId": account.key, **more},
    )
    trails.start_logging(Name=name)
    return bucket


@fault("aws-ct-001")
def one_region_only(account: Account) -> SeededFault:
    _trail(account, "regional")
    return SeededFault()


@fault(
    "aws-ct-002",
    may_change=("cloudtrail/us-east-1/trails/{}/log_validation",),
    plan=Plan(("aws_cloudtrail import update enable_log_file_validation",)),
)
def trail_without_validation(account: Account) -> SeededFault:
    _trail(account, "unvalidated", EnableLogFileValidation=False)
    return SeededFault("unvalidated")


@fault(
    "aws-ct-003",
    may_change=("s3/aws/buckets/{}/public_access_block",),
    plan=Plan(("aws_s3_bucket_public_access_block create",)),
    no_rule=FOUR_SETTINGS,
)
def open_bucket(account: Account) -> SeededFault:
    bucket = _trail(account, "unblocked")
    account.client("s3").delete_public_access_block(Bucket=bucket)
    return SeededFault(bucket)


@fault("aws-ct-004", may_change=("s3/aws/buckets/{}/logging",), plan=Plan(("aws_s3_bucket_logging create",)))
def unlogged_bucket(account: Account) -> SeededFault:
    bucket = _trail(account, "unlogged")
    logs = account.bucket("access-logs")
    account.client("s3").put_bucket_policy(
        Bucket=logs,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "logging.s3.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{logs}/*",
                    }
                ],
            }
        ),
    )
    return SeededFault(bucket, {"LOG_BUCKET": logs})


@fault(
    "aws-ct-005",
    may_change=("cloudtrail/us-east-1/trails/{}/kms_key_id",),
    plan=Plan(("aws_cloudtrail import update kms_key_id",)),
)
def trail_without_key(account: Account) -> SeededFault:
    _trail(account, "keyless", KmsKeyId="")
    return SeededFault("keyless", {"KMS_KEY_ARN": account.key})


@fault(
    "aws-ct-008",
    leaves=("aws-cw-016",),
    may_change=(
        "cloudtrail/us-east-1/trails/{}/cw_log_group_arn",
        "cloudtrail/us-east-1/trails/{}/cw_role_arn",
        "iam/aws/roles/*",
        "logs/us-east-1/groups/aws-cloudtrail-logs-{}",
        "logs/us-east-1/tagger/tags/*",
    ),
    plan=Plan(
        (
            "aws_cloudtrail import update cloud_watch_logs_group_arn cloud_watch_logs_role_arn?",
            "aws_cloudwatch_log_group create",
            "aws_iam_role create",
            "aws_iam_role_policy create",
        )
    ),
)
def trail_without_log_group(account: Account) -> SeededFault:
    _trail(account, "unread")
    return SeededFault("unread")


def _recorder(account: Account) -> None:
    config = account.client("config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": account.role("recorder", "config.amazonaws.com"),
            "recordingGroup": {
                "allSupported": False,
                "includeGlobalResourceTypes": False,
                "resourceTypes": ["AWS::S3::Bucket"],
            },
        }
    )
    config.put_delivery_channel(
        DeliveryChannel={
            "name": "default",
            "s3BucketName": account.bucket("recorded", "config.amazonaws.com"),
            "configSnapshotDeliveryProperties": {"deliveryFrequency": "TwentyFour_Hours"},
        }
    )


@fault(
    "aws-cfg-002",
    may_change=("config/us-east-1/recorders/default/status",),
    plan=Plan(("aws_config_configuration_recorder_status import update is_enabled",)),
)
def stopped_recorder(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default")


@fault(
    "aws-cfg-003",
    may_change=("config/us-east-1/recorders/default/recording_group",),
    plan=Plan(
        (
            "aws_config_configuration_recorder import update recording_group.all_supported"
            " recording_group.include_global_resource_types recording_group.recording_strategy.use_only"
            " recording_group.resource_types-",
        )
    ),
)
def recorder_of_one_type(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default")


@fault(
    "aws-cfg-004",
    may_change=(
        "config/us-east-1/delivery_channels/default/config_snapshot_delivery_properties",
        "config/us-east-1/delivery_channels/default/s3_kms_key_arn",
    ),
    plan=Plan(
        (
            "aws_config_delivery_channel import update s3_kms_key_arn"
            " snapshot_delivery_properties.delivery_frequency",
        )
    ),
)
def seldom_and_without_key(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default", {"KMS_KEY_ARN": account.key})
