"""An account whose trails and whose recorder of AWS Config each lack something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.fault import Seeded, fault

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
def one_region_only(account: Account) -> Seeded:
    _trail(account, "regional")
    return Seeded()


@fault("aws-ct-002")
def unvalidated(account: Account) -> Seeded:
    _trail(account, "unvalidated", EnableLogFileValidation=False)
    return Seeded("unvalidated")


@fault("aws-ct-003")
def open_bucket(account: Account) -> Seeded:
    bucket = _trail(account, "unblocked")
    account.client("s3").delete_public_access_block(Bucket=bucket)
    return Seeded(bucket)


@fault("aws-ct-004")
def unlogged_bucket(account: Account) -> Seeded:
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
    return Seeded(bucket, {"LOG_BUCKET": logs})


@fault("aws-ct-005")
def without_key(account: Account) -> Seeded:
    _trail(account, "keyless", KmsKeyId="")
    return Seeded("keyless", {"KMS_KEY_ARN": account.key})


@fault("aws-ct-008", leaves=("aws-cw-016",))
def without_log_group(account: Account) -> Seeded:
    _trail(account, "unread")
    return Seeded("unread")


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
def stopped_recorder(account: Account) -> Seeded:
    account.once(_recorder)
    return Seeded("default")


@fault("aws-cfg-003")
def recorder_of_one_type(account: Account) -> Seeded:
    account.once(_recorder)
    return Seeded("default")


@fault("aws-cfg-004")
def seldom_and_without_key(account: Account) -> Seeded:
    account.once(_recorder)
    return Seeded("default", {"KMS_KEY_ARN": account.key})
