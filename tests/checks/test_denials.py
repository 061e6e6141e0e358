"""What may not be read is not assessed and says which permission is missing; the rest is judged."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION, AwsStub
from cloud_audit_tui.model import Finding, Status
from each_row import each_row
from iam_account import arn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
OTHER = "eu-west-1"
NOW = datetime.now(UTC)
OLD = f"{NOW - timedelta(days=200):%Y-%m-%d %H:%M:%S}"


def assert_missing(finding: Finding, permission: str) -> None:
    assert finding.status is UNKNOWN
    assert finding.evidence["missing_permission"] == permission
    assert permission in finding.reason


def an_instance(aws: AwsStub) -> None:
    instance = {
        "InstanceId": "i-1",
        "State": {"Name": "stopped"},
        "StateTransitionReason": f"User initiated ({OLD} GMT)",
        "MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"},
    }
    aws.answer("ec2", "DescribeInstances", {"Reservations": [{"Instances": [instance]}]}, region=REGION)


def a_volume(aws: AwsStub) -> None:
    volume = {"VolumeId": "vol-1", "State": "in-use", "Encrypted": False}
    aws.answer("ec2", "DescribeVolumes", {"Volumes": [volume]}, region=REGION)


def a_trail(aws: AwsStub) -> None:
    trail = {
        "Name": "local",
        "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/local",
        "HomeRegion": REGION,
    }
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": [trail]}, region=REGION)


async def test_a_region_whose_list_is_denied_does_not_hide_the_other(aws: AwsStub, judge: Judge) -> None:
    rows: list[tuple[str, Callable[[AwsStub], None], str, str]] = [
        ("aws-ct-005", a_trail, "cloudtrail:DescribeTrails", "cloudtrail:DescribeTrails"),
        ("aws-ec2-002", a_volume, "ec2:DescribeVolumes", "ec2:DescribeVolumes"),
        ("aws-ec2-003", an_instance, "ec2:DescribeInstances", "ec2:DescribeInstances"),
        ("aws-ec2-004", an_instance, "ec2:DescribeInstances", "ec2:DescribeInstances"),
    ]
    with each_row() as row:
        for check, script_resource, list_read, permission in rows:
            with row(check):
                aws.restart()
                script_resource(aws)
                service, _, operation = list_read.partition(":")
                aws.denied(service, operation, region=OTHER)
                findings = {
                    finding.region: finding for finding in await judge(check, regions=(REGION, OTHER))
                }
                assert findings.keys() == {REGION, OTHER}
                assert findings[REGION].status is FAIL
                assert_missing(findings[OTHER], permission)
                assert findings[OTHER].resource_name == OTHER


@pytest.mark.parametrize("check", ["aws-ec2-003", "aws-ec2-004"])
async def test_a_denied_second_page_leaves_the_first_judged_and_is_said(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    instance = {
        "InstanceId": "i-1",
        "State": {"Name": "running"},
        "MetadataOptions": {"HttpTokens": "required"},
    }
    first = {"Reservations": [{"Instances": [instance]}], "NextToken": "more"}
    aws.denied("ec2", "DescribeInstances", NextToken="more")
    aws.answer("ec2", "DescribeInstances", first)
    findings = {finding.resource_name: finding for finding in await judge(check)}
    assert findings.keys() == {"i-1", REGION}
    assert findings["i-1"].status is PASS
    assert_missing(findings[REGION], "ec2:DescribeInstances")


@pytest.mark.parametrize("check", ["aws-ecs-001", "aws-ecs-002"])
async def test_a_task_definition_that_is_denied_does_not_hide_the_others(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    aws.answer("ecs", "ListTaskDefinitionFamilies", {"families": ["shut", "web"]})
    aws.answer("ecs", "ListClusters", {"clusterArns": []})
    definition = {
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:1",
        "family": "web",
        "containerDefinitions": [{"name": "app", "privileged": True}],
    }
    aws.answer("ecs", "DescribeTaskDefinition", {"taskDefinition": definition}, taskDefinition="web")
    aws.denied("ecs", "DescribeTaskDefinition", taskDefinition="shut")
    findings = {finding.resource_name: finding for finding in await judge(check)}
    assert findings.keys() == {"shut", "web:1"}
    assert findings["web:1"].status is FAIL
    assert_missing(findings["shut"], "ecs:DescribeTaskDefinition")


# The account's summary, and the keys of single users.


async def test_a_denied_summary_leaves_the_root_user_open_and_the_rest_judged(
    aws: AwsStub, judge: Judge
) -> None:
    aws.denied("iam", "GetAccountSummary")
    none = aws.refusal("NoSuchEntity", "The Password Policy with domain name 111122223333 cannot be found.")
    aws.answer("iam", "GetAccountPasswordPolicy", none)
    findings = {
        finding.check_id: finding for finding in await judge("aws-iam-001", "aws-iam-006", "aws-iam-008")
    }
    assert findings["aws-iam-006"].status is FAIL
    for check in ("aws-iam-001", "aws-iam-008"):
        assert_missing(findings[check], "iam:GetAccountSummary")
        assert findings[check].region == "us-east-1"


HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,"
    "cert_2_active,cert_2_last_rotated"
)


@pytest.fixture
def two_users(aws: AwsStub) -> None:
    """Two users with a password and two old keys each; the keys of one may not be listed."""
    creation = (NOW - timedelta(days=200)).isoformat(timespec="seconds")
    old_key = f"true,{creation},N/A,N/A,N/A"
    rows = [
        f"{name},{arn(f'user/{name}')},{creation},true,no_information,{creation},N/A,true,{old_key},{old_key},"
        "false,N/A,false,N/A"
        for name in ("open", "shut")
    ]
    report = "\n".join([HEADER, *rows])
    aws.answer(
        "iam",
        "GetCredentialReport",
        {
            "Content": base64.b64encode(report.encode()).decode(),
            "ReportFormat": "text/csv",
            "GeneratedTime": NOW,
        },
    )
    keys = [
        {
            "UserName": "open",
            "AccessKeyId": f"AKIA000000000000000{slot}",
            "CreateDate": creation,
            "Status": "Active",
        }
        for slot in (1, 2)
    ]
    aws.answer("iam", "ListAccessKeys", {"AccessKeyMetadata": keys, "IsTruncated": False}, UserName="open")
    aws.denied("iam", "ListAccessKeys", arn("user/shut"), UserName="shut")


@pytest.mark.parametrize("check", ["aws-iam-003", "aws-iam-004", "aws-iam-009"])
@pytest.mark.usefixtures("two_users")
async def test_a_user_whose_keys_may_not_be_listed_does_not_hide_the_other(judge: Judge, check: str) -> None:
    findings = await judge(check)
    open_findings = [finding for finding in findings if finding.status is UNKNOWN]
    # A password needs no list of keys.
    failures = [
        finding
        for finding in findings
        if finding.status is FAIL and finding.resource_type != "AWS::IAM::User"
    ]
    if check == "aws-iam-009":
        failures = [finding for finding in findings if finding.status is FAIL]
    assert {finding.resource_name.partition("/")[0] for finding in failures} == {"open"}
    assert {finding.resource_name.partition("/")[0] for finding in open_findings} == {"shut"}
    for finding in open_findings:
        assert_missing(finding, "iam:ListAccessKeys")


@pytest.mark.usefixtures("two_users")
async def test_an_unused_password_fails_though_the_keys_may_not_be_listed(judge: Judge) -> None:
    statuses = {finding.resource_name: finding.status for finding in await judge("aws-iam-004")}
    assert (statuses["shut"], statuses["open"]) == (FAIL, FAIL)


# What a trail records.


def script_trail(aws: AwsStub, name: str, selectors: Any) -> dict[str, Any]:
    trail_arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"
    aws.answer("cloudtrail", "GetTrailStatus", {"IsLogging": True}, Name=trail_arn)
    if selectors is None:
        aws.denied("cloudtrail", "GetEventSelectors", trail_arn, TrailName=trail_arn)
    else:
        answer = {"TrailARN": trail_arn, **selectors}
        aws.answer("cloudtrail", "GetEventSelectors", answer, TrailName=trail_arn)
    return {"Name": name, "TrailARN": trail_arn, "HomeRegion": REGION, "IsMultiRegionTrail": True}


EVERYTHING = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
        }
    ]
}


@pytest.mark.parametrize("check", ["aws-ct-001", "aws-ct-006", "aws-ct-007"])
async def test_selectors_that_are_denied_leave_open_what_only_their_trail_could_record(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    shut = script_trail(aws, "shut", None)
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": [shut]})
    [finding] = await judge(check)
    assert_missing(finding, "cloudtrail:GetEventSelectors")


@pytest.mark.parametrize("check", ["aws-ct-001", "aws-ct-006", "aws-ct-007"])
async def test_selectors_that_are_denied_do_not_hide_a_trail_that_records_all(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    trails = [script_trail(aws, "shut", None), script_trail(aws, "all", EVERYTHING)]
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": trails})
    [finding] = await judge(check)
    assert finding.status is PASS
    assert 'Trail "all"' in finding.reason
