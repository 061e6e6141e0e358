"""Monitoring of the accounts: CloudTrail trails, metric filters and their alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.demo.accounts import PRODUCTION, STAGING
from cloud_audit_tui.demo.seeds.buckets import trail_bucket

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

_NAMESPACE = "CloudTrailMetrics"


def _calls(*names: str) -> str:
    return "{ " + " || ".join(f"($.eventName = {name})" for name in names) + " }"


ALARMS = {
    "root-usage": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
    '&& $.eventType != "AwsServiceEvent" }',
    "unauthorized-api-calls": "{ "
    '($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "console-login-without-mfa": '{ ($.eventName = "ConsoleLogin") && '
    ' ($.additionalEventData.MFAUsed != "Yes") }',
    "console-authentication-failures": "{ ($.eventName = ConsoleLogin) && "
    '($.errorMessage = "Failed authentication") }',
    "cloudtrail-changes": _calls("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    "kms-key-disable-or-deletion": "{ ($.eventSource = kms.amazonaws.com) && "
    "(($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }",
    "security-group-changes": _calls(
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "CreateSecurityGroup",
        "DeleteSecurityGroup",
    ),
    # Two of the benchmark's six events are missing, as in many real accounts.
    "network-acl-changes": _calls(
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"
    ),
}
"""The metric filters of production, each with an alarm of the same name."""


@dataclass(frozen=True)
class _Trail:
    """A trail; a ``good`` one is multi-region, validated and encrypted, and delivers to a log group."""

    account: Account
    region: str
    name: str
    good: bool


TRAILS = (
    _Trail(PRODUCTION, "us-east-1", "organization-baseline", good=True),
    _Trail(STAGING, "eu-central-1", "staging-only", good=False),
)


def fill(at: At) -> None:
    """Create the trails of `TRAILS` and the alarms of production."""
    for trail in TRAILS:
        _fill(at(trail.account, trail.region), trail)


def _fill(here: RegionClient, trail: _Trail) -> None:
    more: dict[str, object] = {}
    group = "/aws/cloudtrail/organization-baseline"
    if trail.good:
        here("logs", "CreateLogGroup", logGroupName=group, kmsKeyId=here.key)
        more = {
            "IsMultiRegionTrail": True,
            "IncludeGlobalServiceEvents": True,
            "EnableLogFileValidation": True,
            "KmsKeyId": here.key,
            "CloudWatchLogsLogGroupArn": here.arn("logs", f"log-group:{group}:*"),
            "CloudWatchLogsRoleArn": here.role_arn("cloudtrail-to-logs"),
        }
    here("cloudtrail", "CreateTrail", Name=trail.name, S3BucketName=trail_bucket(trail.account), **more)
    here("cloudtrail", "StartLogging", Name=trail.name)
    if not trail.good:
        return
    here(
        "cloudtrail",
        "PutEventSelectors",
        TrailName=trail.name,
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [],
            },
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": False,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            },
        ],
    )
    topic = here("sns", "CreateTopic", Name="security-alarms")["TopicArn"]
    here("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="security@acme.example")
    for name, pattern in ALARMS.items():
        here(
            "logs",
            "PutMetricFilter",
            logGroupName=group,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[{"metricName": name, "metricNamespace": _NAMESPACE, "metricValue": "1"}],
        )
        here(
            "cloudwatch",
            "PutMetricAlarm",
            AlarmName=name,
            Namespace=_NAMESPACE,
            MetricName=name,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )
