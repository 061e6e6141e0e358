"""Rich trails, recorders, log groups, topics of alarms, detectors and backups."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.rich import ARGUMENTS, KEYED_TAGS, TAGS, arguments, enricher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closed_loop.account import Account


def _trail(account: Account, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "S3KeyPrefix": "of-trail",
        "SnsTopicName": account.once(_trail_topic),
        "IncludeGlobalServiceEvents": True,
        "TagsList": KEYED_TAGS,
    }


def _trail_topic(account: Account) -> str:
    account.client("sns").create_topic(Name="trail-files")
    return "trail-files"


ARGUMENTS["cloudtrail", "CreateTrail"] = _trail


@enricher
def trails(account: Account) -> None:
    """Give trails selectors of data events and of insights."""
    trail_client = account.client("cloudtrail")
    for trail in trail_client.describe_trails()["trailList"]:
        trail_client.put_event_selectors(
            TrailName=trail["Name"],
            EventSelectors=[
                {
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": True,
                    "ExcludeManagementEventSources": [],
                    "DataResources": [
                        {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
                        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::trail-files/logs/"]},
                    ],
                }
            ],
        )
        trail_client.put_insight_selectors(
            TrailName=trail["Name"], InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
        )


@enricher
def recorder(account: Account) -> None:
    """Give the recorder of AWS Config a frequency and tags, and its channel a prefix and a topic."""
    config = account.client("config")
    for recorder in config.describe_configuration_recorders()["ConfigurationRecorders"]:
        config.put_configuration_recorder(
            ConfigurationRecorder={
                **{name: value for name, value in recorder.items() if name not in ("arn", "recordingScope")},
                "recordingMode": {
                    "recordingFrequency": "DAILY",
                    "recordingModeOverrides": [
                        {"resourceTypes": ["AWS::EC2::Instance"], "recordingFrequency": "CONTINUOUS"}
                    ],
                },
            }
        )
    for channel in config.describe_delivery_channels()["DeliveryChannels"]:
        config.put_delivery_channel(
            DeliveryChannel={
                **channel,
                "s3KeyPrefix": "of-config",
                "snsTopicARN": account.client("sns").create_topic(Name="config-files")["TopicArn"],
            }
        )


arguments("cloudwatch-logs", "CreateLogGroup", tags=TAGS)


@enricher
def log_groups(account: Account) -> None:
    """Give log groups a retention, a filter for another alarm, and a subscription."""
    logs = account.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    for name in groups:
        logs.put_retention_policy(logGroupName=name, retentionInDays=731)
        logs.create_log_stream(logGroupName=name, logStreamName="first")
        logs.put_metric_filter(
            logGroupName=name,
            filterName="errors",
            filterPattern="ERROR",
            metricTransformations=[
                {"metricName": "errors", "metricNamespace": "Own", "metricValue": "2", "defaultValue": 1.0}
            ],
        )
    if groups:
        account.client("cloudwatch").put_metric_alarm(
            AlarmName="errors",
            AlarmDescription="of the payments",
            MetricName="errors",
            Namespace="Own",
            Statistic="Maximum",
            Period=300,
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
            OKActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:fine"],
            Tags=KEYED_TAGS,
        )


arguments(
    "guardduty",
    "CreateDetector",
    FindingPublishingFrequency="ONE_HOUR",
    Features=[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}],
    Tags=TAGS,
)


@enricher
def detectors(account: Account) -> None:
    """Give detectors a filter."""
    guardduty = account.client("guardduty")
    for detector in guardduty.list_detectors()["DetectorIds"]:
        guardduty.create_filter(
            DetectorId=detector, Name="low", Action="NOOP", Description="of low severity", Rank=3,
            FindingCriteria={"Criterion": {"severity": {"LessThan": 4}}},
        )  # fmt: skip


@enricher
def other_vaults(account: Account) -> None:
    """Make a vault that nothing is backed up to, where the account has a role for backups."""
    with suppress(account.client("iam").exceptions.NoSuchEntityException):
        account.client("iam").get_role(RoleName="backups")
        account.client("backup").create_backup_vault(
            BackupVaultName="archive", BackupVaultTags=TAGS, EncryptionKeyArn=account.key
        )
