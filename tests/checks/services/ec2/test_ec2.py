from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.services.ec2.checks import stopped_at
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

HERE = "arn:aws:ec2:eu-central-1:111122223333"
HOSTILE = "[/red]$(reboot)`id`';\"\u202e${path.module}"
FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
REQUIRED = {"HttpTokens": "required", "HttpEndpoint": "enabled"}
IMDSV1 = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2}


def instance(instance_id: str, state: str = "running", **members: Any) -> dict[str, Any]:
    tags = members.pop("tags", {})
    return {
        "InstanceId": instance_id,
        "InstanceType": "t3.micro",
        "ImageId": "ami-1",
        "State": {"Name": state},
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        **members,
    }


def stopped(instance_id: str, ago: timedelta | None, **members: Any) -> dict[str, Any]:
    reason = f"User initiated ({datetime.now(UTC) - ago:%Y-%m-%d %H:%M:%S} GMT)" if ago is not None else ""
    return instance(instance_id, "stopped", StateTransitionReason=reason, **members)


def have(aws: Any, *instances: dict[str, Any]) -> None:
    aws.answer("ec2", "DescribeInstances", {"Reservations": [{"Instances": list(instances)}]})


def by_id(findings: list[Finding]) -> dict[str, Finding]:
    by_resource = {finding.resource_id.rpartition("/")[2]: finding for finding in findings}
    assert len(by_resource) == len(findings)
    return by_resource


def statuses(findings: list[Finding]) -> dict[str, Status]:
    return {name: finding.status for name, finding in by_id(findings).items()}


class TestPublicImages:
    async def test_an_own_public_image_fails_on_any_page_and_blocked_sharing_is_no_excuse(
        self, aws: Any, judge: Judge
    ) -> None:
        private = {"ImageId": "ami-a", "Name": "base", "State": "available", "Public": False}
        public = {"ImageId": "ami-b", "Name": HOSTILE, "State": "available", "Public": True}
        disabled = {"ImageId": "ami-c", "State": "disabled", "Public": True}
        without_flag = {"ImageId": "ami-d", "State": "available"}
        aws.pages("ec2", "DescribeImages", [private, without_flag], [public, disabled], **{"Owner.1": "self"})
        block_state = {"ImageBlockPublicAccessState": "block-new-sharing"}
        aws.answer("ec2", "GetImageBlockPublicAccessState", block_state)
        findings = by_id(await judge("aws-ec2-001"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "ami-a": PASS,
            "ami-b": FAIL,
            "ami-d": PASS,
        }
        assert findings["ami-b"].resource_id == "arn:aws:ec2:eu-central-1::image/ami-b"
        assert findings["ami-b"].resource_name == HOSTILE
        assert "\u202e" not in findings["ami-b"].reason
        assert findings["ami-b"].evidence["block_public_access"] == "block-new-sharing"

    async def test_the_block_that_cannot_be_read_changes_nothing(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeImages", {"Images": [{"ImageId": "ami-b", "Public": True}]})
        [finding] = await judge("aws-ec2-001")
        assert (finding.status, finding.evidence["block_public_access"]) == (FAIL, "")

    async def test_a_denied_list_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("ec2", "DescribeImages")
        [finding] = await judge("aws-ec2-001")
        assert finding.status is UNKNOWN
        assert finding.evidence["missing_permission"] == "ec2:DescribeImages"


class TestVolumes:
    async def test_an_unencrypted_volume_fails_with_what_the_exchange_needs(
        self, aws: Any, judge: Judge
    ) -> None:
        attached_volume = {
            "VolumeId": "vol-a",
            "Encrypted": False,
            "State": "in-use",
            "AvailabilityZone": "eu-central-1a",
            "Size": 20,
            "VolumeType": "gp3",
            "Iops": 3000,
            "Throughput": 125,
            "Tags": [{"Key": "Name", "Value": "data"}, {"Key": "aws:x", "Value": "y"}],
            "Attachments": [{"InstanceId": "i-1", "Device": "/dev/sdf", "DeleteOnTermination": True}],
        }
        key = "arn:aws:kms:eu-central-1:111122223333:key/1"
        encrypted = {"VolumeId": "vol-b", "Encrypted": True, "KmsKeyId": key, "State": "available"}
        deleting_volume = {"VolumeId": "vol-c", "Encrypted": False, "State": "deleting"}
        without_flag = {"VolumeId": "vol-d", "State": "available"}
        aws.pages("ec2", "DescribeVolumes", [encrypted, deleting_volume], [attached_volume, without_flag])
        have(aws, instance("i-1", tags={"aws:autoscaling:groupName": "web"}))
        aws.answer("ec2", "GetEbsEncryptionByDefault", {"EbsEncryptionByDefault": True})
        findings = by_id(await judge("aws-ec2-002"))
        assert statuses(list(findings.values())) == {"vol-a": FAIL, "vol-b": PASS, "vol-d": FAIL}
        evidence = findings["vol-a"].evidence
        assert findings["vol-a"].resource_name == "data"
        assert evidence["tags"] == [{"Key": "Name", "Value": "data"}]
        assert evidence["attachments"][0]["auto_scaling_group"] == "web"
        assert evidence["attachments"][0]["instance_state"] == "running"
        assert evidence["ebs_encryption_by_default"] is True

    async def test_a_volume_of_kubernetes_and_of_a_node_says_whose_it_is(
        self, aws: Any, judge: Judge
    ) -> None:
        claim = {"Key": "kubernetes.io/created-for/pvc/name", "Value": "data-db-0"}
        volumes = [
            {"VolumeId": "vol-a", "State": "in-use", "Tags": [claim]},
            {"VolumeId": "vol-b", "State": "in-use", "Attachments": [{"InstanceId": "i-1"}]},
        ]
        aws.answer("ec2", "DescribeVolumes", {"Volumes": volumes})
        have(aws, instance("i-1", tags={"karpenter.sh/nodeclaim": "x"}))
        findings = by_id(await judge("aws-ec2-002"))
        assert findings["vol-a"].evidence["kubernetes_volume"] == "data-db-0"
        assert findings["vol-b"].evidence["kubernetes_volume"] == ""
        assert findings["vol-b"].evidence["attachments"][0]["replaced_by"] == "Karpenter"

    async def test_denied_courtesies_change_no_verdict(self, aws: Any, judge: Judge) -> None:
        volume = {"VolumeId": "vol-a", "State": "in-use", "Attachments": [{"InstanceId": "i-1"}]}
        aws.answer("ec2", "DescribeVolumes", {"Volumes": [volume]})
        [finding] = await judge("aws-ec2-002")
        assert finding.status is FAIL
        assert finding.evidence["attachments"][0]["instance_state"] == ""
        assert finding.evidence["ebs_encryption_by_default"] is None


class TestStoppedInstances:
    async def test_only_what_has_been_stopped_for_more_than_a_week_fails(
        self, aws: Any, judge: Judge
    ) -> None:
        recently = datetime.now(UTC) - timedelta(days=2)
        have(
            aws,
            stopped("i-old", timedelta(days=30)),
            stopped("i-new", timedelta(days=6, hours=23)),
            stopped("i-edge", timedelta(days=7, minutes=1)),
            stopped("i-silent", None, LaunchTime=datetime(2020, 1, 1, tzinfo=UTC)),
            stopped("i-silent-new", None, LaunchTime=recently),
            stopped("i-warm", timedelta(days=30), tags={"aws:autoscaling:groupName": "web"}),
            instance("i-running"),
            instance(
                "i-gone", "terminated", StateTransitionReason="User initiated (2020-01-01 00:00:00 GMT)"
            ),
        )
        findings = by_id(await judge("aws-ec2-003"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-old": FAIL,
            "i-new": PASS,
            "i-edge": FAIL,
            "i-silent": UNKNOWN,
            "i-silent-new": PASS,
            "i-warm": PASS,
            "i-running": PASS,
        }
        assert findings["i-old"].evidence["stopped_days"] == 30
        assert findings["i-old"].resource_id == f"{HERE}:instance/i-old"

    def test_the_time_is_read_as_aws_writes_it(self) -> None:
        rows: list[tuple[str, datetime | None]] = [
            ("User initiated (2025-01-31 09:00:00 GMT)", datetime(2025, 1, 31, 9, tzinfo=UTC)),
            ("User initiated (2025-01-31 09:00:00 UTC)", datetime(2025, 1, 31, 9, tzinfo=UTC)),
            ("User initiated shutdown (2025-01-31 09:00:00 GMT)", datetime(2025, 1, 31, 9, tzinfo=UTC)),
            ("User initiated", None),
            ("", None),
            ("x (2025-13-41 09:00:00 GMT)", None),
        ]
        with each_row() as row:
            for reason, expected in rows:
                with row(reason):
                    assert stopped_at(reason) == expected


class TestMetadataService:
    async def test_tokens_decide_where_the_service_is_on(self, aws: Any, judge: Judge) -> None:
        have(
            aws,
            instance("i-v1", MetadataOptions=IMDSV1, tags={"Name": HOSTILE}),
            instance("i-v2", MetadataOptions=REQUIRED),
            instance("i-off", MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "disabled"}),
            instance("i-silent"),
            instance("i-stopped", "stopped", MetadataOptions=IMDSV1),
            instance("i-starting", "pending", MetadataOptions=IMDSV1),
            instance("i-gone", "terminated", MetadataOptions=IMDSV1),
        )
        findings = by_id(await judge("aws-ec2-004"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-v1": FAIL,
            "i-v2": PASS,
            "i-off": PASS,
            "i-silent": FAIL,
            "i-stopped": FAIL,
        }
        assert findings["i-v1"].resource_name == HOSTILE
        assert findings["i-v1"].severity.value == "high"
        assert "\u202e" not in findings["i-v1"].reason

    async def test_the_account_default_excuses_no_instance_that_exists(self, aws: Any, judge: Judge) -> None:
        have(aws, instance("i-v1", MetadataOptions=IMDSV1))
        aws.answer("ec2", "GetInstanceMetadataDefaults", {"AccountLevel": {"HttpTokens": "required"}})
        [finding] = await judge("aws-ec2-004")
        assert finding.status is FAIL
        assert finding.evidence["account_default_http_tokens"] == "required"


class TestTerminationProtection:
    async def test_each_instance_that_could_be_protected_is_asked_and_a_denial_spares_the_others(
        self, aws: Any, judge: Judge
    ) -> None:
        first = [instance("i-bare"), instance("i-denied"), instance("i-stopped", "stopped")]
        second = [
            instance("i-safe"),
            instance("i-spot", InstanceLifecycle="spot"),
            instance("i-group", tags={"aws:autoscaling:groupName": "web"}),
            instance("i-managed", Operator={"Managed": True, "Principal": "eks.amazonaws.com"}),
            instance("i-karpenter", tags={"karpenter.sh/nodepool": "default"}),
            instance("i-emr", tags={"aws:elasticmapreduce:job-flow-id": "j-1"}),
            instance("i-batch", tags={"parallelcluster:node-type": "Compute"}),
        ]
        aws.pages("ec2", "DescribeInstances", [{"Instances": first}], [{"Instances": second}])
        for instance_id, value in (("i-bare", False), ("i-safe", True)):
            answer = {"InstanceId": instance_id, "DisableApiTermination": {"Value": value}}
            aws.answer("ec2", "DescribeInstanceAttribute", answer, InstanceId=instance_id)
        aws.denied("ec2", "DescribeInstanceAttribute", InstanceId="i-denied")
        findings = by_id(await judge("aws-ec2-005"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-bare": FAIL,
            "i-denied": UNKNOWN,
            "i-safe": PASS,
            "i-spot": PASS,
            "i-group": PASS,
            "i-managed": PASS,
            "i-karpenter": PASS,
            "i-emr": PASS,
            "i-batch": PASS,
        }
        assert findings["i-denied"].evidence["missing_permission"] == "ec2:DescribeInstanceAttribute"
        assert len(aws.requests("DescribeInstanceAttribute")) == 3


class TestEncryptionByDefault:
    async def test_each_region_has_its_own_verdict(self, aws: Any, judge: Judge) -> None:
        answer = {"EbsEncryptionByDefault": True}
        aws.answer("ec2", "GetEbsEncryptionByDefault", answer, region="eu-central-1")
        aws.answer("ec2", "GetEbsEncryptionByDefault", {"EbsEncryptionByDefault": False}, region="eu-west-1")
        findings = await judge("aws-ec2-006", regions=("eu-central-1", "eu-west-1", "us-east-1"))
        assert {finding.region: finding.status for finding in findings} == {
            "eu-central-1": PASS,
            "eu-west-1": FAIL,
            "us-east-1": UNKNOWN,
        }
        assert {finding.resource_name for finding in findings} == {"eu-central-1", "eu-west-1", "us-east-1"}


class TestElasticAddresses:
    async def test_an_address_without_an_association_fails(self, aws: Any, judge: Judge) -> None:
        addresses = [
            {"PublicIp": "198.51.100.1", "AllocationId": "eipalloc-a", "Domain": "vpc"},
            {"PublicIp": "198.51.100.2", "AllocationId": "eipalloc-b", "AssociationId": "eipassoc-b"},
            {"PublicIp": "198.51.100.3", "AllocationId": "eipalloc-c", "ServiceManaged": "alb"},
        ]
        aws.answer("ec2", "DescribeAddresses", {"Addresses": addresses})
        findings = by_id(await judge("aws-eip-001"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "eipalloc-a": FAIL,
            "eipalloc-b": PASS,
            "eipalloc-c": PASS,
        }
        assert findings["eipalloc-a"].resource_name == "198.51.100.1"
        assert findings["eipalloc-a"].evidence["allocation_id"] == "eipalloc-a"

    async def test_no_charge_is_stated_for_an_address_of_a_pool_of_your_own(
        self, aws: Any, judge: Judge
    ) -> None:
        addresses = [
            {"PublicIp": "198.51.100.1", "AllocationId": "eipalloc-a", "PublicIpv4Pool": "amazon"},
            {"PublicIp": "198.51.100.2", "AllocationId": "eipalloc-b", "PublicIpv4Pool": "ipv4pool-ec2-1"},
            {
                "CustomerOwnedIp": "10.1.0.3",
                "AllocationId": "eipalloc-c",
                "CustomerOwnedIpv4Pool": "coip-1",
                "PublicIpv4Pool": "amazon",
            },
        ]
        aws.answer("ec2", "DescribeAddresses", {"Addresses": addresses})
        findings = by_id(await judge("aws-eip-001"))
        assert {finding.status for finding in findings.values()} == {FAIL}
        paid = {name for name, finding in findings.items() if "paid for" in finding.reason}
        assert paid == {"eipalloc-a"}
        assert "ipv4pool-ec2-1" in findings["eipalloc-b"].reason

    async def test_a_denied_list_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("ec2", "DescribeAddresses")
        [finding] = await judge("aws-eip-001")
        assert finding.status is UNKNOWN


async def test_the_checks_of_instances_share_one_list(aws: Any, judge: Judge) -> None:
    have(aws, instance("i-1", MetadataOptions=REQUIRED))
    await judge("aws-ec2-003", "aws-ec2-004", "aws-ec2-005")
    assert len(aws.requests("DescribeInstances")) == 1
