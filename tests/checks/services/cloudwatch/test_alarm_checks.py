"""Alarms made with the benchmark's own patterns satisfy the checks; without one, its check alone fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, AwsStub
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
HOME, OTHER = "eu-west-1", "eu-central-1"


def events(source: str, names: str) -> str:
    alternatives = " || ".join(f"($.eventName = {name})" for name in names.split())
    return (
        f"{{ ($.eventSource = {source}.amazonaws.com) && ({alternatives}) }}"
        if source
        else f"{{ {alternatives} }}"
    )


PATTERNS = {
    "aws-cw-001": (
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
        '$.eventType != "AwsServiceEvent" }'
    ),
    "aws-cw-002": (
        '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
        '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }'
    ),
    "aws-cw-003": (
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
        '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
    ),
    "aws-cw-004": events(
        "iam",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy "
        "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy "
        "DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    "aws-cw-005": events("", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "aws-cw-006": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    "aws-cw-007": events("kms", "DisableKey ScheduleKeyDeletion"),
    "aws-cw-008": events(
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication "
        "DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "aws-cw-009": events(
        "config",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    "aws-cw-010": events(
        "",
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    "aws-cw-011": events(
        "",
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry "
        "ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
    ),
    "aws-cw-012": events(
        "",
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
    "aws-cw-013": events(
        "ec2",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable "
        "DeleteRoute DisassociateRouteTable",
    ),
    "aws-cw-014": events(
        "",
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink",
    ),
    "aws-cw-015": events(
        "organizations",
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
        "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType "
        "EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount "
        "RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
    ),
}
CHECKS = tuple(PATTERNS)


def trails(aws: AwsStub, *homes: str) -> None:
    """Script a complete trail in each region, which delivers to log group ``events`` there."""
    descriptions = []
    for home in homes:
        descriptions.append(
            {
                "Name": f"in-{home}",
                "TrailARN": f"arn:aws:cloudtrail:{home}:{ACCOUNT}:trail/in-{home}",
                "HomeRegion": home,
                "IsMultiRegionTrail": True,
                "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{home}:{ACCOUNT}:log-group:events:*",
            }
        )
        aws.answer("cloudtrail", "GetTrailStatus", {"IsLogging": True}, region=home)
        aws.answer("cloudtrail", "GetEventSelectors", {"EventSelectors": []}, region=home)
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": descriptions}, region="us-east-1")


def metric_filter(check: str) -> dict[str, Any]:
    metric = {"metricNamespace": "CIS", "metricName": f"{check}-metric", "metricValue": "1"}
    return {"filterName": check, "filterPattern": PATTERNS[check], "metricTransformations": [metric]}


def alarm(check: str) -> dict[str, Any]:
    return {
        "AlarmName": f"{check}-alarm",
        "Namespace": "CIS",
        "MetricName": f"{check}-metric",
        "AlarmActions": [f"arn:aws:sns:{HOME}:{ACCOUNT}:alerts"],
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Statistic": "Sum",
        "Threshold": 1.0,
        "EvaluationPeriods": 1,
    }


def filters(aws: AwsStub, *pages: tuple[str, ...]) -> None:
    filters_of_pages = ([metric_filter(check) for check in page] for page in pages)
    aws.pages("logs", "DescribeMetricFilters", *filters_of_pages, region=HOME, logGroupName="events")


def alarms(aws: AwsStub, *pages: tuple[str, ...]) -> None:
    alarms_of_pages = ([alarm(check) for check in page] for page in pages)
    aws.pages("cloudwatch", "DescribeAlarms", *alarms_of_pages, region=HOME)
    subscription = {"SubscriptionArn": f"arn:aws:sns:{HOME}:{ACCOUNT}:alerts:1"}
    aws.answer("sns", "ListSubscriptionsByTopic", {"Subscriptions": [subscription]}, region=HOME)


async def test_fifteen_alarms_satisfy_fifteen_checks_each_its_own(aws: AwsStub, judge: Judge) -> None:
    trails(aws, HOME)
    filters(aws, CHECKS)
    alarms(aws, CHECKS)
    findings = {finding.check_id: finding for finding in await judge(*CHECKS)}
    assert {check: finding.status for check, finding in findings.items()} == dict.fromkeys(CHECKS, PASS)
    names_in_evidence = {
        check: (finding.evidence["filters"], finding.evidence["alarms"])
        for check, finding in findings.items()
    }
    assert names_in_evidence == {check: ([check], [f"{check}-alarm"]) for check in CHECKS}


async def test_a_filter_and_an_alarm_on_second_pages_count(aws: AwsStub, judge: Judge) -> None:
    with each_row() as row:
        for check in CHECKS:
            with row(check):
                aws.restart()
                others = tuple(other for other in CHECKS if other != check)
                trails(aws, HOME)
                filters(aws, others, (check,))
                alarms(aws, others, (check,))
                [finding] = await judge(check)
                assert (finding.status, finding.region) == (PASS, HOME)
                assert finding.evidence["alarms"] == [f"{check}-alarm"]
                assert f'"{check}-alarm" fires' in finding.reason


async def test_the_other_fourteen_alarms_are_no_excuse(aws: AwsStub, judge: Judge) -> None:
    with each_row() as row:
        for check in CHECKS:
            with row(check):
                aws.restart()
                trails(aws, HOME)
                filters(aws, CHECKS)
                alarms(aws, tuple(other for other in CHECKS if other != check))
                [finding] = await judge(check)
                assert finding.status is FAIL
                assert f'Metric filter "{check}"' in finding.reason
                assert "no alarm watches its metric" in finding.reason


@pytest.mark.parametrize("permission", ["logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"])
async def test_a_denied_read_leaves_all_fifteen_open_and_the_trail_judged(
    aws: AwsStub, judge: Judge, permission: str
) -> None:
    aws.denied(*permission.split(":"), region=HOME)
    trails(aws, HOME)
    filters(aws, CHECKS)
    alarms(aws, CHECKS)
    findings = {finding.check_id: finding for finding in await judge("aws-ct-001", *CHECKS)}
    assert findings.pop("aws-ct-001").status is PASS
    assert {check: finding.status for check, finding in findings.items()} == dict.fromkeys(CHECKS, UNKNOWN)
    assert {finding.evidence["missing_permission"] for finding in findings.values()} == {permission}


async def test_a_group_that_may_not_be_read_does_not_hide_one_with_all_alarms(
    aws: AwsStub, judge: Judge
) -> None:
    aws.denied("logs", "DescribeMetricFilters", region=OTHER)
    trails(aws, OTHER, HOME)
    filters(aws, CHECKS)
    alarms(aws, CHECKS)
    findings = await judge(*CHECKS)
    assert {finding.check_id: finding.status for finding in findings} == dict.fromkeys(CHECKS, PASS)
    assert {finding.region for finding in findings} == {HOME}
