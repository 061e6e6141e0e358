"""An account with a correct trail, and without alarms on its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alarm_checks import ALARM_CHECKS
from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import SeededFault, fault
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account


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


for check_id in ALARM_CHECKS:
    fault(
        check_id,
        may_change=("cloudwatch/us-east-1/alarms/*", "logs/us-east-1/filters/metric_filters/*"),
        plan=Plan(("aws_cloudwatch_log_metric_filter create", "aws_cloudwatch_metric_alarm create")),
    )(account_without_alarm)


@fault(
    "aws-cw-016",
    may_change=("logs/us-east-1/groups/{}/kms_key_id",),
    plan=Plan(("aws_cloudwatch_log_group import update kms_key_id",)),
)
def log_without_key(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault("trail-events", {"KMS_KEY_ARN": account.key})


@fault(
    "aws-ct-006",
    may_change=("cloudtrail/us-east-1/trails/*/event_selectors",),
    plan=Plan(("aws_cloudtrail import update event_selector",)),
)
def unrecorded_writes(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault()


@fault(
    "aws-ct-007",
    may_change=("cloudtrail/us-east-1/trails/*/event_selectors",),
    plan=Plan(("aws_cloudtrail import update event_selector",)),
)
def unrecorded_reads(account: Account) -> SeededFault:
    account.once(_trail)
    return SeededFault()
