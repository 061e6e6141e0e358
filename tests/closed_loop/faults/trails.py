"""An account whose trails and whose recorder of AWS Config are incomplete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.fault import SeededFault, fault

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


@fault("aws-ct-002")
def trail_without_validation(account: Account) -> SeededFault:
    _trail(account, "unvalidated", EnableLogFileValidation=False)
    return SeededFault("unvalidated")


@fault("aws-ct-003")
def open_bucket(account: Account) -> SeededFault:
    bucket = _trail(account, "unblocked")
    account.client("s3").delete_public_access_block(Bucket=bucket)
    return SeededFault(bucket)


@fault("aws-ct-004")
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


@fault("aws-ct-005")
def trail_without_key(account: Account) -> SeededFault:
    _trail(account, "keyless", KmsKeyId="")
    return SeededFault("keyless", {"KMS_KEY_ARN": account.key})


@fault("aws-ct-008", leaves=("aws-cw-016",))
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


@fault("aws-cfg-002")
def stopped_recorder(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default")


@fault("aws-cfg-003")
def recorder_of_one_type(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default")


@fault("aws-cfg-004")
def seldom_and_without_key(account: Account) -> SeededFault:
    account.once(_recorder)
    return SeededFault("default", {"KMS_KEY_ARN": account.key})
