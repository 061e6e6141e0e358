from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

EXISTS, RECORDS, EVERYTHING, DELIVERS = (f"aws-cfg-00{number}" for number in range(1, 5))
ALL = {"recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}, "allSupported": True}
WITH_IAM = {**ALL, "includeGlobalResourceTypes": True}
WITHOUT_IAM = {**ALL, "includeGlobalResourceTypes": False}
IAM = ["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"]
ROLE = "arn:aws:iam::111122223333:role/config"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
HOSTILE = "[/red]$(reboot)';\x1b[31m"


def recorder(group: dict[str, Any] | None = None, **overrides: Any) -> dict[str, Any]:
    members = {"name": "default", "roleARN": ROLE, "recordingScope": "PAID", **overrides}
    return members if group is None else {**members, "recordingGroup": group}


def recorders(aws: Any, *descriptions: dict[str, Any], region: str = "eu-central-1") -> None:
    answer = {"ConfigurationRecorders": list(descriptions)}
    aws.answer("config", "DescribeConfigurationRecorders", answer, region=region)


def excluding(*types: str) -> dict[str, Any]:
    return {
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        "exclusionByResourceTypes": {"resourceTypes": list(types)},
    }


class TestRecorderExists:
    async def test_a_region_without_a_recorder_fails(self, aws: Any, judge: Judge) -> None:
        recorders(aws)
        aws.answer("config", "DescribeDeliveryChannels", {"DeliveryChannels": [{"s3BucketName": "logs"}]})
        [finding] = await judge(EXISTS)
        assert finding.status is Status.FAIL
        assert finding.resource_name == "eu-central-1"
        assert finding.evidence["delivery_channel"] == {"s3BucketName": "logs"}
        assert finding.evidence["service_role_exists"] is False

    async def test_a_recorder_of_an_aws_service_does_not_count(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder(recordingScope="INTERNAL", name="AWSConfigurationRecorderForX"))
        assert [finding.status for finding in await judge(EXISTS)] == [Status.FAIL]

    async def test_a_recorder_of_another_cloud_does_not_count(self, aws: Any, judge: Judge) -> None:
        connector = "arn:aws:config:eu-central-1:111122223333:connector/azure"
        recorders(aws, recorder(connectorArn=connector))
        [finding] = await judge("aws-cfg-001")
        assert finding.status is Status.FAIL

    async def test_a_recorder_passes_whatever_it_is_called(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder(name=HOSTILE))
        [finding] = await judge(EXISTS)
        assert finding.status is Status.PASS
        assert "\x1b" not in finding.reason

    async def test_each_region_is_judged_and_a_denied_one_is_not_assessed(
        self, aws: Any, judge: Judge
    ) -> None:
        recorders(aws, recorder())
        findings = await judge(EXISTS, regions=("eu-central-1", "eu-west-1"))
        by_region = {finding.region: finding for finding in findings}
        assert by_region["eu-central-1"].status is Status.PASS
        assert by_region["eu-west-1"].status is Status.NOT_ASSESSED
        assert by_region["eu-west-1"].evidence["missing_permission"] == (
            "config:DescribeConfigurationRecorders"
        )


class TestRecorderRecords:
    async def test_the_state_decides(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[dict[str, Any], Status, str]] = [
            ({"recording": True, "lastStatus": "Success"}, Status.PASS, "is recording"),
            ({"recording": True, "lastStatus": "Pending"}, Status.PASS, "is recording"),
            ({"recording": True}, Status.PASS, "is recording"),
            ({"recording": False, "lastStatus": "Success"}, Status.FAIL, "is stopped"),
            ({"lastStatus": "Pending"}, Status.FAIL, "is stopped"),
            (
                {"recording": True, "lastStatus": "Failure", "lastErrorCode": "AccessDenied"},
                Status.FAIL,
                "its last recording failed (AccessDenied)",
            ),
        ]
        with each_row() as row:
            for status, verdict, words in rows:
                with row(status):
                    aws.restart()
                    recorders(aws, recorder())
                    answer = {"ConfigurationRecordersStatus": [{"name": "default", **status}]}
                    aws.answer("config", "DescribeConfigurationRecorderStatus", answer)
                    [finding] = await judge(RECORDS)
                    assert finding.status is verdict
                    assert words in finding.reason
                    assert (
                        finding.resource_id
                        == "arn:aws:config:eu-central-1:111122223333:configuration-recorder/default"
                    )

    async def test_a_denied_status_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder())
        [finding] = await judge(RECORDS)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.resource_name == "default"
        assert finding.evidence["missing_permission"] == "config:DescribeConfigurationRecorderStatus"

    async def test_a_recorder_without_a_status_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder())
        aws.answer("config", "DescribeConfigurationRecorderStatus", {})
        assert [finding.status for finding in await judge(RECORDS)] == [Status.NOT_ASSESSED]

    async def test_a_region_without_a_recorder_has_no_verdict(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder(recordingScope="INTERNAL"))
        assert await judge(RECORDS, EVERYTHING, DELIVERS) == []


class TestRecordsEverything:
    async def test_the_recording_group_decides(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[dict[str, Any] | None, Status, str]] = [
            (WITH_IAM, Status.PASS, "IAM included"),
            ({"allSupported": True, "includeGlobalResourceTypes": True}, Status.PASS, "IAM included"),
            (WITHOUT_IAM, Status.FAIL, "records no IAM users"),
            (ALL, Status.FAIL, "records no IAM users"),
            (None, Status.FAIL, "records no IAM users"),
            ({"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]}, Status.FAIL, "only the 1 "),
            (
                {
                    "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"},
                    "resourceTypes": [*IAM, "AWS::S3::Bucket"],
                },
                Status.FAIL,
                "only the 5 ",
            ),
            (excluding("AWS::EC2::Volume"), Status.FAIL, "leaves AWS::EC2::Volume out"),
            (excluding(), Status.PASS, "IAM included"),
            (excluding(*IAM), Status.FAIL, "records no IAM users"),
        ]
        with each_row() as row:
            for group, verdict, words in rows:
                with row(group):
                    aws.restart()
                    recorders(aws, recorder(group))
                    recorders(aws, region="us-east-1")
                    recorders(aws, region="eu-west-1")
                    [finding] = await judge(EVERYTHING)
                    assert finding.status is verdict, finding.reason
                    assert words in finding.reason
                    assert finding.evidence["recording_group"] == (group or {})

    @pytest.mark.parametrize("group", [WITHOUT_IAM, excluding(*IAM)])
    async def test_iam_needs_recording_in_one_region_only(
        self, aws: Any, judge: Judge, group: dict[str, Any]
    ) -> None:
        recorders(aws, recorder(group))
        recorders(aws, recorder(WITH_IAM), region="us-east-1")
        [finding] = await judge(EVERYTHING)
        assert finding.status is Status.PASS
        assert "us-east-1 records the account's IAM" in finding.reason
        # The home region is read before the others, and its answer is enough.
        regions = [call.region for call in aws.calls if call.operation == "DescribeConfigurationRecorders"]
        assert regions == ["eu-central-1", "us-east-1"]

    async def test_a_service_recorder_elsewhere_does_not_record_iam_for_the_account(
        self, aws: Any, judge: Judge
    ) -> None:
        recorders(aws, recorder(WITHOUT_IAM))
        recorders(aws, recorder(WITH_IAM, recordingScope="INTERNAL"), region="us-east-1")
        recorders(aws, region="eu-west-1")
        assert [finding.status for finding in await judge(EVERYTHING)] == [Status.FAIL]

    @pytest.mark.parametrize("elsewhere", [True, False])
    async def test_a_fix_adds_iam_where_no_recorder_elsewhere_has_it(
        self, aws: Any, judge: Judge, elsewhere: bool
    ) -> None:
        recorders(aws, recorder({"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]}))
        recorders(aws, *([recorder(WITH_IAM)] if elsewhere else []), region="us-east-1")
        recorders(aws, region="eu-west-1")
        [finding] = await judge(EVERYTHING)
        assert finding.status is Status.FAIL
        assert finding.evidence["fixed_group"]["includeGlobalResourceTypes"] is not elsewhere

    async def test_what_the_other_regions_record_must_be_known(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder(WITHOUT_IAM))
        recorders(aws, region="us-east-1")
        [finding] = await judge(EVERYTHING)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "config:DescribeConfigurationRecorders"

    async def test_a_region_that_cannot_record_iam_is_not_failed_for_it(self, aws: Any, judge: Judge) -> None:
        regions = {"Regions": [{"RegionName": "eu-central-2"}, {"RegionName": "us-east-1"}]}
        aws._scripts.pop(("ec2", "DescribeRegions"))
        aws.answer("ec2", "DescribeRegions", regions)
        recorders(aws, recorder(WITHOUT_IAM), region="eu-central-2")
        [finding] = await judge(EVERYTHING, regions=("eu-central-2",))
        assert finding.status is Status.PASS


class TestDelivery:
    def channel(self, aws: Any, **members: Any) -> None:
        recorders(aws, recorder())
        aws.answer("config", "DescribeDeliveryChannels", {"DeliveryChannels": [members]})

    def encryption(self, aws: Any, algorithm: str) -> None:
        rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]
        answer = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
        aws.answer("s3", "GetBucketEncryption", answer)

    async def test_no_channel_is_high(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder())
        aws.answer("config", "DescribeDeliveryChannels", {"DeliveryChannels": []})
        [finding] = await judge(DELIVERS)
        assert (finding.status, finding.severity.value) == (Status.FAIL, "high")
        assert finding.resource_name == "eu-central-1"

    async def test_a_channel_without_a_bucket_is_high(self, aws: Any, judge: Judge) -> None:
        self.channel(aws, name="default", s3KmsKeyArn=KEY)
        [finding] = await judge(DELIVERS)
        assert (finding.status, finding.severity.value) == (Status.FAIL, "high")

    async def test_a_bucket_that_does_not_exist_is_high(self, aws: Any, judge: Judge) -> None:
        self.channel(aws, name="default", s3BucketName="gone")
        aws.answer("s3", "GetBucketEncryption", aws.refusal("NoSuchBucket", "none"))
        [finding] = await judge(DELIVERS)
        assert (finding.status, finding.severity.value) == (Status.FAIL, "high")
        assert "does not exist" in finding.reason

    @pytest.mark.parametrize("frequency", [None, "TwentyFour_Hours"])
    async def test_daily_snapshots_are_low_and_the_channel_is_kept_for_the_fix(
        self, aws: Any, judge: Judge, frequency: str | None
    ) -> None:
        members = {"name": "default", "s3BucketName": "logs", "s3KeyPrefix": HOSTILE, "s3KmsKeyArn": KEY}
        interval = {"configSnapshotDeliveryProperties": {"deliveryFrequency": frequency}} if frequency else {}
        self.channel(aws, **members, **interval)
        [finding] = await judge(DELIVERS)
        assert (finding.status, finding.severity.value) == (Status.FAIL, "low")
        assert finding.evidence["channel"] == {**members, **interval}
        assert finding.evidence["without_kms_key"] is False

    @pytest.mark.parametrize(
        ("algorithm", "verdict"),
        [("AES256", Status.FAIL), ("aws:kms", Status.PASS), ("aws:kms:dsse", Status.PASS)],
    )
    async def test_without_a_key_the_default_of_the_bucket_decides(
        self, aws: Any, judge: Judge, algorithm: str, verdict: Status
    ) -> None:
        interval = {"configSnapshotDeliveryProperties": {"deliveryFrequency": "Three_Hours"}}
        self.channel(aws, name="default", s3BucketName="logs", **interval)
        self.encryption(aws, algorithm)
        [finding] = await judge(DELIVERS)
        assert finding.status is verdict
        assert finding.severity.value == ("low" if verdict is Status.FAIL else "high")

    async def test_a_bucket_that_keeps_its_encryption_to_itself(self, aws: Any, judge: Judge) -> None:
        interval = {"configSnapshotDeliveryProperties": {"deliveryFrequency": "Three_Hours"}}
        self.channel(aws, name="default", s3BucketName="logs", **interval)
        aws.denied("s3", "GetBucketEncryption")
        [finding] = await judge(DELIVERS)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "s3:GetBucketEncryption"

    async def test_a_denied_bucket_may_not_exist_whatever_else_is_wrong(self, aws: Any, judge: Judge) -> None:
        self.channel(aws, name="default", s3BucketName="logs")
        aws.denied("s3", "GetBucketEncryption")
        [finding] = await judge(DELIVERS)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "s3:GetBucketEncryption"

    async def test_denied_channels_are_not_assessed(self, aws: Any, judge: Judge) -> None:
        recorders(aws, recorder())
        [finding] = await judge(DELIVERS)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "config:DescribeDeliveryChannels"
