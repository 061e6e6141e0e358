from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.services.cloudtrail.event_selectors import EventSelectors
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ACCOUNT, REGION = "111122223333", "eu-central-1"
FAIL, PASS, NOT_ASSESSED = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
NOW = datetime(2025, 11, 1, 12, tzinfo=UTC)
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:events:*"
EVERY_BUCKET = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
ON = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Account:
    """Trails and buckets of an account, as CloudTrail and S3 would return them."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.trails: list[dict[str, Any]] = []

    def ready(self) -> None:
        """Script the added trails: alone in their home region, and with their shadows in every region."""
        for region in (REGION, "us-east-1", "eu-west-1"):
            home_trails = [
                trail
                for trail in self.trails
                if trail["HomeRegion"] == region and f":{ACCOUNT}:" in trail["TrailARN"]
            ]
            shadows = [
                trail for trail in self.trails if trail["IsMultiRegionTrail"] or trail["HomeRegion"] == region
            ]
            describe = ("cloudtrail", "DescribeTrails")
            self.aws.answer(*describe, {"trailList": home_trails}, region=region, includeShadowTrails=False)
            self.aws.answer(*describe, {"trailList": shadows}, region=region, includeShadowTrails=True)
        summaries = [
            {name: trail[name] for name in ("TrailARN", "Name", "HomeRegion")} for trail in self.trails
        ]
        self.aws.answer("cloudtrail", "ListTrails", {"Trails": summaries})

    def trail(
        self,
        name: str = "main",
        *,
        home: str = REGION,
        owner: str = ACCOUNT,
        multi_region: bool = True,
        logging: bool | None = True,
        selectors: dict[str, Any] | None = None,
        status: dict[str, Any] | None = None,
        **members: Any,
    ) -> str:
        arn = f"arn:aws:cloudtrail:{home}:{owner}:trail/{name}"
        self.trails.append(
            {
                "Name": name,
                "TrailARN": arn,
                "HomeRegion": home,
                "S3BucketName": f"logs-of-{name}",
                "IsMultiRegionTrail": multi_region,
                **members,
            }
        )
        if logging is not None:
            state = {"IsLogging": logging, **(status or {})}
            self.aws.answer("cloudtrail", "GetTrailStatus", state, region=home, Name=arn)
        default = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
        answer = {"EventSelectors": default} if selectors is None else selectors
        answer = {"TrailARN": arn, **answer}
        self.aws.answer("cloudtrail", "GetEventSelectors", answer, region=home, TrailName=arn)
        return arn

    def buckets(self, **regions: str) -> None:
        entries = [
            {"Name": name.replace("_", "-"), "BucketRegion": region} for name, region in regions.items()
        ]
        self.aws.answer("s3", "ListBuckets", {"Buckets": entries})


@pytest.fixture
def account(aws: Any) -> Account:
    return Account(aws)


def basic(kind: str, *data: dict[str, Any], management: bool = True, **members: Any) -> dict[str, Any]:
    selector = {"ReadWriteType": kind, "IncludeManagementEvents": management, "DataResources": list(data)}
    return {"EventSelectors": [{**selector, **members}]}


def advanced(**fields: Any) -> dict[str, Any]:
    selectors = [
        {"Field": name.replace("__", "."), **(value if isinstance(value, dict) else {"Equals": [value]})}
        for name, value in fields.items()
    ]
    return {"AdvancedEventSelectors": [{"Name": "one", "FieldSelectors": selectors}]}


async def only(judge: Judge, check: str, **options: Any) -> Finding:
    [finding] = await judge(check, **options)
    return finding


class TestMultiRegionTrail:
    async def test_an_account_without_trails_fails_critically(self, account: Account, judge: Judge) -> None:
        account.ready()
        finding = await only(judge, "aws-ct-001")
        assert (finding.status, finding.severity.value, finding.region) == (FAIL, "critical", "us-east-1")
        assert finding.resource_id == f"arn:aws:iam::{ACCOUNT}:root"

    async def test_a_logging_trail_homed_in_a_region_that_is_not_scanned_passes(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail(home="eu-west-1")
        account.ready()
        assert (await only(judge, "aws-ct-001")).status is PASS

    async def test_a_trail_that_records_less_fails_highly_and_says_what_it_lacks(
        self, judge: Judge, aws: Any
    ) -> None:
        rows: list[tuple[dict[str, Any], str]] = [
            ({"logging": False}, "is not logging"),
            ({"multi_region": False, "home": "us-east-1"}, "covers only its own region"),
            ({"selectors": basic("WriteOnly")}, "does not record all management events"),
            ({"selectors": basic("All", management=False)}, "does not record all management events"),
            ({"selectors": advanced(eventCategory="Data")}, "does not record all management events"),
            (
                {"selectors": advanced(eventCategory="Management", readOnly="false")},
                "does not record all management events",
            ),
            (
                {"selectors": advanced(eventCategory="Management", eventSource="ec2.amazonaws.com")},
                "does not record all management events",
            ),
        ]
        with each_row() as row:
            for trail, words in rows:
                with row(trail):
                    aws.restart()
                    account = Account(aws)
                    account.trail(**trail)
                    account.ready()
                    finding = await only(judge, "aws-ct-001")
                    assert (finding.status, finding.severity.value) == (FAIL, "high")
                    assert f'trail "main" {words}' in finding.reason
                    assert finding.region == trail.get("home", REGION)
                    assert finding.evidence["trail_name"] == "main"

    async def test_all_ways_to_record_all_management_events_pass(self, judge: Judge, aws: Any) -> None:
        rows: list[dict[str, Any]] = [
            {},
            advanced(eventCategory="Management"),
            advanced(eventCategory="Management", eventSource={"NotEquals": ["kms.amazonaws.com"]}),
            basic("All", ExcludeManagementEventSources=["kms.amazonaws.com"]),
            {
                "EventSelectors": [
                    *basic("WriteOnly")["EventSelectors"],
                    *basic("ReadOnly")["EventSelectors"],
                ]
            },
        ]
        with each_row() as row:
            for selectors in rows:
                with row(selectors):
                    aws.restart()
                    account = Account(aws)
                    account.trail(selectors=selectors)
                    account.ready()
                    assert (await only(judge, "aws-ct-001")).status is PASS

    async def test_one_good_trail_is_enough(self, account: Account, judge: Judge) -> None:
        account.trail("stopped", logging=False)
        account.trail("unreadable", logging=None)
        account.trail("good", home="eu-west-1")
        account.ready()
        finding = await only(judge, "aws-ct-001")
        assert finding.status is PASS
        assert '"good"' in finding.reason

    async def test_an_unreadable_trail_leaves_the_account_not_assessed(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail("unreadable", logging=None)
        account.trail("stopped", logging=False)
        account.ready()
        finding = await only(judge, "aws-ct-001")
        assert finding.status is NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "cloudtrail:GetTrailStatus"

    async def test_an_organization_trail_of_another_account_counts(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail("org", owner="999988887777", IsOrganizationTrail=True)
        account.ready()
        finding = await only(judge, "aws-ct-001")
        assert finding.status is PASS
        assert "only account 999988887777 can change" in finding.reason

    async def test_a_single_region_trail_elsewhere_is_found_and_fails_highly(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail("local", home="eu-west-1", multi_region=False)
        account.ready()
        finding = await only(judge, "aws-ct-001")
        assert (finding.status, finding.severity.value, finding.region) == (FAIL, "high", "eu-west-1")
        assert finding.evidence["trail_name"] == "local"

    async def test_denied_describe_trails_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("cloudtrail", "DescribeTrails")
        assert (await only(judge, "aws-ct-001")).status is NOT_ASSESSED


class TestEachTrail:
    @pytest.mark.parametrize(
        ("check", "good"),
        [
            ("aws-ct-002", {"LogFileValidationEnabled": True}),
            ("aws-ct-005", {"KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"}),
            ("aws-ct-008", {"CloudWatchLogsLogGroupArn": GROUP}),
        ],
    )
    async def test_a_trail_is_judged_once_in_its_home_region(
        self, account: Account, judge: Judge, check: str, good: dict[str, Any]
    ) -> None:
        account.trail("bad")
        account.trail("local", home="eu-west-1", multi_region=False)
        account.trail("good", **good)
        account.trail("org", owner="999988887777", home="eu-west-1")
        account.ready()
        findings = await judge(check, regions=(REGION, "eu-west-1"))
        assert {(finding.resource_name, finding.status, finding.region) for finding in findings} == {
            ("bad", FAIL, REGION),
            ("local", FAIL, "eu-west-1"),
            ("good", PASS, REGION),
        }
        assert all(finding.resource_id.startswith("arn:aws:cloudtrail:") for finding in findings)

    async def test_a_denied_region_does_not_hide_the_other(self, account: Account, judge: Judge) -> None:
        account.aws.denied("cloudtrail", "DescribeTrails", region=REGION)
        account.trail("local", home="eu-west-1", LogFileValidationEnabled=True)
        account.ready()
        findings = await judge("aws-ct-002", regions=(REGION, "eu-west-1"))
        assert {finding.status for finding in findings} == {PASS, NOT_ASSESSED}

    async def test_delivery_to_cloudwatch_has_to_work(self, judge: Judge, aws: Any) -> None:
        rows: list[tuple[dict[str, Any], Status]] = [
            ({}, PASS),
            ({"LatestCloudWatchLogsDeliveryError": "AccessDenied"}, FAIL),
            ({"LatestCloudWatchLogsDeliveryTime": NOW, "LatestDeliveryTime": NOW}, PASS),
            (
                {"LatestCloudWatchLogsDeliveryTime": NOW - timedelta(days=3), "LatestDeliveryTime": NOW},
                FAIL,
            ),
        ]
        with each_row() as row:
            for status, expected in rows:
                with row(status):
                    aws.restart()
                    account = Account(aws)
                    account.trail(CloudWatchLogsLogGroupArn=GROUP, status=status)
                    account.ready()
                    assert (await only(judge, "aws-ct-008")).status is expected

    async def test_an_unread_delivery_is_not_assessed_and_the_others_are_judged(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail("unread", logging=None, CloudWatchLogsLogGroupArn=GROUP)
        account.trail("none", logging=None)
        account.ready()
        statuses = {finding.resource_name: finding.status for finding in await judge("aws-ct-008")}
        assert statuses == {"unread": NOT_ASSESSED, "none": FAIL}


class TestBuckets:
    async def test_the_accounts_block_guards_a_bucket_without_one(
        self, account: Account, judge: Judge
    ) -> None:
        account.trail("one", S3BucketName="logs")
        account.trail("two", S3BucketName="logs")
        account.buckets(logs="eu-west-1")
        account.ready()
        account.aws.answer("s3control", "GetPublicAccessBlock", {"PublicAccessBlockConfiguration": ON})
        finding = await only(judge, "aws-ct-003")
        assert (finding.status, finding.resource_name, finding.region) == (PASS, "logs", "eu-west-1")
        assert finding.evidence["trails"] == ["one", "two"]

    async def test_each_block_has_to_be_on_one_of_the_levels(self, judge: Judge, aws: Any) -> None:
        rows: list[tuple[Any, Any, list[str]]] = [
            (None, None, list(ON)),
            ({**ON, "RestrictPublicBuckets": False}, None, ["RestrictPublicBuckets"]),
            ({"BlockPublicAcls": True}, {"IgnorePublicAcls": True}, list(ON)[2:]),
            (ON, None, []),
            ({"BlockPublicAcls": True, "IgnorePublicAcls": True}, {**ON, "BlockPublicAcls": False}, []),
        ]
        with each_row() as row:
            for bucket, whole, missing in rows:
                with row(bucket):
                    aws.restart()
                    account = Account(aws)
                    account.trail(S3BucketName="logs")
                    account.buckets(logs=REGION)
                    account.ready()
                    not_there = account.aws.refusal("NoSuchPublicAccessBlockConfiguration", "none")
                    for service, block in (("s3", bucket), ("s3control", whole)):
                        answer = not_there if block is None else {"PublicAccessBlockConfiguration": block}
                        account.aws.answer(service, "GetPublicAccessBlock", answer)
                    finding = await only(judge, "aws-ct-003")
                    assert finding.status is (FAIL if missing else PASS)
                    assert finding.evidence["missing_blocks"] == missing
                    if missing:
                        assert finding.severity.value == ("critical" if len(missing) == len(ON) else "high")

    @pytest.mark.parametrize("check", ["aws-ct-003", "aws-ct-004"])
    async def test_a_bucket_of_another_account_is_not_assessed(
        self, account: Account, judge: Judge, check: str
    ) -> None:
        account.trail(S3BucketName="archive")
        account.buckets(other=REGION)
        account.ready()
        finding = await only(judge, check)
        assert (finding.status, finding.resource_name) == (NOT_ASSESSED, "archive")
        assert "belongs to another account" in finding.reason

    async def test_access_logging_decides_and_a_denied_bucket_does_not_hide_the_others(
        self, account: Account, judge: Judge
    ) -> None:
        for name in ("logged", "silent", "denied", "loop"):
            account.trail(name, S3BucketName=name)
        account.buckets(logged=REGION, silent="eu-west-1", denied=REGION, loop=REGION)
        account.ready()
        target = {"LoggingEnabled": {"TargetBucket": "access", "TargetPrefix": ""}}
        account.aws.answer("s3", "GetBucketLogging", target, Bucket="logged")
        itself = {"LoggingEnabled": {"TargetBucket": "loop", "TargetPrefix": ""}}
        account.aws.answer("s3", "GetBucketLogging", itself, Bucket="loop")
        account.aws.answer("s3", "GetBucketLogging", {}, Bucket="silent")
        account.aws.denied("s3", "GetBucketLogging", Bucket="denied")
        findings = {finding.resource_name: finding for finding in await judge("aws-ct-004")}
        assert {name: finding.status for name, finding in findings.items()} == {
            "logged": PASS,
            "silent": FAIL,
            "denied": NOT_ASSESSED,
            "loop": FAIL,
        }
        assert "into itself" in findings["loop"].reason
        assert findings["silent"].region == "eu-west-1"
        assert findings["denied"].evidence["missing_permission"] == "s3:GetBucketLogging"


class TestObjectEvents:
    async def test_all_buckets_have_to_be_selected(self, judge: Judge, aws: Any) -> None:
        rows: list[tuple[dict[str, Any], Status, Status]] = [
            ({}, FAIL, FAIL),
            (basic("All"), FAIL, FAIL),
            (basic("All", *EVERY_BUCKET), PASS, PASS),
            (basic("WriteOnly", *EVERY_BUCKET), PASS, FAIL),
            (basic("ReadOnly", *EVERY_BUCKET), FAIL, PASS),
            (basic("All", {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::"]}), PASS, PASS),
            (basic("All", {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::one/"]}), FAIL, FAIL),
            (basic("All", {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}), FAIL, FAIL),
            (advanced(eventCategory="Data", resources__type="AWS::S3::Object"), PASS, PASS),
            (
                advanced(eventCategory="Data", resources__type="AWS::S3::Object", readOnly="false"),
                PASS,
                FAIL,
            ),
            (
                advanced(
                    eventCategory="Data",
                    resources__type="AWS::S3::Object",
                    resources__ARN={"StartsWith": ["arn:aws:s3:::one/"]},
                ),
                FAIL,
                FAIL,
            ),
            (
                advanced(
                    eventCategory="Data",
                    resources__type="AWS::S3::Object",
                    resources__ARN={"NotStartsWith": ["arn:aws:s3:::logs-of-main/"]},
                ),
                PASS,
                PASS,
            ),
            (
                advanced(
                    eventCategory="Data",
                    resources__type="AWS::S3::Object",
                    resources__ARN={"NotStartsWith": ["arn:aws:s3:::payroll/"]},
                ),
                FAIL,
                FAIL,
            ),
            (
                advanced(eventCategory="Data", resources__type="AWS::S3::Object", eventName="PutObject"),
                FAIL,
                FAIL,
            ),
            (advanced(eventCategory="Data", resources__type="AWS::Lambda::Function"), FAIL, FAIL),
        ]
        with each_row() as row:
            for selectors, writes, reads in rows:
                with row(selectors):
                    aws.restart()
                    account = Account(aws)
                    account.trail(selectors=selectors)
                    account.ready()
                    findings = {
                        finding.check_id: finding for finding in await judge("aws-ct-006", "aws-ct-007")
                    }
                    assert (findings["aws-ct-006"].status, findings["aws-ct-007"].status) == (writes, reads)
                    if writes is FAIL:
                        evidence = findings["aws-ct-006"].evidence
                        assert evidence["event_selectors"] == selectors.get("EventSelectors", [])
                        assert evidence["advanced_event_selectors"] == selectors.get(
                            "AdvancedEventSelectors", []
                        )
                        assert evidence["other_direction_missing"] is (reads is FAIL)

    @pytest.mark.parametrize("trail", [{"logging": False}, {"multi_region": False, "home": "us-east-1"}])
    async def test_a_trail_that_does_not_log_everywhere_does_not_count(
        self, account: Account, judge: Judge, trail: dict[str, Any]
    ) -> None:
        account.trail(selectors=basic("All", *EVERY_BUCKET), **trail)
        account.ready()
        finding = await only(judge, "aws-ct-006")
        assert finding.status is FAIL
        assert finding.evidence["trail_name"] == ""

    async def test_denied_selectors_are_not_assessed(self, account: Account, judge: Judge) -> None:
        account.aws.denied("cloudtrail", "GetEventSelectors")
        account.trail()
        account.ready()
        finding = await only(judge, "aws-ct-007")
        assert finding.status is NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "cloudtrail:GetEventSelectors"

    async def test_what_only_another_account_can_change_is_said(self, account: Account, judge: Judge) -> None:
        arn = account.trail("org", owner="999988887777", IsOrganizationTrail=True)
        account.ready()
        finding = await only(judge, "aws-ct-006")
        assert finding.status is FAIL
        assert "only account 999988887777 can change" in finding.reason
        assert finding.evidence["organization_trails"] == [arn]


async def test_a_trail_whose_home_is_not_scanned_is_judged_once(account: Account, judge: Judge) -> None:
    arn = account.trail(home="eu-west-1")
    account.trail("theirs", home="eu-west-1", owner="999988887777", S3BucketName="logs-of-theirs")
    account.trail("elsewhere", home="eu-west-1", multi_region=False)
    account.buckets(logs_of_main="eu-west-1")
    account.ready()
    for check in ("aws-ct-002", "aws-ct-005", "aws-ct-008"):
        finding = await only(judge, check, regions=(REGION, "us-east-1"))
        assert (finding.status, finding.resource_id, finding.region) == (Status.FAIL, arn, "eu-west-1")
        assert len(await judge(check, regions=(REGION, "eu-west-1"))) == 2
    finding = await only(judge, "aws-ct-003", regions=(REGION, "us-east-1"))
    assert finding.resource_name == "logs-of-main"


async def test_all_checks_share_their_calls(account: Account, judge: Judge) -> None:
    account.trail(CloudWatchLogsLogGroupArn=GROUP, S3BucketName="logs")
    account.buckets(logs=REGION)
    account.ready()
    await judge(*(check_id for check_id in all_checks() if check_id.startswith("aws-ct-")))
    assert len(account.aws.requests("DescribeTrails")) == 3  # the region's own, those seen in it and at home
    assert len(account.aws.requests("GetTrailStatus")) == 1
    assert len(account.aws.requests("GetEventSelectors")) == 1
    assert len(account.aws.requests("ListBuckets")) == 1


def test_leaving_out_kms_is_seen() -> None:
    selectors = EventSelectors.of(basic("All", ExcludeManagementEventSources=["kms.amazonaws.com"]))
    assert not selectors.management_event("kms.amazonaws.com", read_only=False)
    assert selectors.management_event("ec2.amazonaws.com", read_only=False)
