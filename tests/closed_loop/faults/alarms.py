"""An account with a trail that is as it should be, and nobody who is told of what it records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import Seeded, fault

if TYPE_CHECKING:
    from closed_loop.account import Account

ALARMS = tuple(f"aws-cw-{number:03}" for number in range(1, 16))


def _trail(account: Account) -> None:
    bucket = account.bucket("trail-files", "cloudtrail.amazonaws.com")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail-events:*"
    account.client("logs").create_log_group(logGroupName="trail-events")
    trails = account.client("cloudtrail")
    trails.create_trail(
        Name="all",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=account.key,
        CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=account.role("trail-to-logs", "cloudtrail.amazonaws.com"),
    )
    trails.start_logging(Name="all")


def _topic(account: Account) -> str:
    sns = account.client("sns")
    topic: str = sns.create_topic(Name="security-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com")
    return topic


def unwatched(account: Account) -> Seeded:
    account.once(_trail)
    return Seeded(inputs={"SNS_TOPIC_ARN": account.once(_topic)})


for alarm in ALARMS:
    fault(alarm)(unwatched)


@fault("aws-cw-016")
def log_without_key(account: Account) -> Seeded:
    account.once(_trail)
    return Seeded("trail-events", {"KMS_KEY_ARN": account.key})


@fault("aws-ct-006")
def writes_unrecorded(account: Account) -> Seeded:
    account.once(_trail)
    return Seeded()


@fault("aws-ct-007")
def reads_unrecorded(account: Account) -> Seeded:
    account.once(_trail)
    return Seeded()
