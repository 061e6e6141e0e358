"""An account with a correct trail, and without alarms on its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import SeededFault, fault

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


def account_without_alarm(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault(inputs={"SNS_TOPIC_ARN": account.once(_topic)})


for alarm in ALARMS:
    fault(alarm)(account_without_alarm)


@fault("aws-cw-016")
def log_without_key(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault("trail-events", {"KMS_KEY_ARN": account.key})


@fault("aws-ct-006")
def unrecorded_writes(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault()


@fault("aws-ct-007")
def unrecorded_reads(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault()
