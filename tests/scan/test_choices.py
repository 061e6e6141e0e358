"""What an account holds is listed for a person to choose from, by the scanner, with declared reads alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from click.testing import CliRunner

from aws_stub import ACCOUNT, REGION, environment_of
from cloud_audit_tui.aws import sessions
from cloud_audit_tui.aws.operations import IDENTITY_READS, is_read
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.scan.choices import SOURCES, declared_reads
from cloud_audit_tui.scan.events import (
    AnyEvent,
    ChoicesListed,
    Outcome,
    ProfileFailed,
    ProfileReady,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import ListChoicesJob
from each_row import each_row
from scan_runs import scan

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

IDS = [f"{number:08x}-1111-2222-3333-444455556666" for number in range(8)]


def arn(key_id: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"


def key(key_id: str, **changes: Any) -> dict[str, Any]:
    facts = {
        "KeyId": key_id,
        "Arn": arn(key_id),
        "KeyManager": "CUSTOMER",
        "Enabled": True,
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Description": "",
    }
    return {"KeyMetadata": {**facts, **changes}}


def with_keys(aws: AwsStub, **changes: dict[str, Any]) -> None:
    """Script these keys: the first has an alias, and what each differs in is in ``changes`` by its number."""
    numbers = [0, *(int(name.removeprefix("key")) for name in changes)]
    aws.pages("kms", "ListKeys", [{"KeyId": IDS[number], "KeyArn": arn(IDS[number])} for number in numbers])
    aws.pages(
        "kms",
        "ListAliases",
        [{"AliasName": "alias/app", "TargetKeyId": IDS[0]}],
        [{"AliasName": "alias/aws/s3", "TargetKeyId": IDS[7]}, {"AliasName": "alias/aws/unused"}],
    )
    aws.answer("kms", "DescribeKey", key(IDS[0]), KeyId=IDS[0])
    for name, change in changes.items():
        key_id = IDS[int(name.removeprefix("key"))]
        aws.answer("kms", "DescribeKey", key(key_id, **change), KeyId=key_id)


async def events_of(*kinds: str, profile: str = "", region: str = REGION) -> list[AnyEvent]:
    return [event async for event in scan(ListChoicesJob(profile, region, list(kinds)))]


async def choices_of(kind: str) -> ChoicesListed:
    (only,) = [event for event in await events_of(kind) if isinstance(event, ChoicesListed)]
    return only


async def test_nothing_is_judged_and_nobody_is_said_to_be_ready(aws: AwsStub) -> None:
    with_keys(aws)
    events = await events_of("kms_key")
    assert isinstance(events[0], ScanStarted)
    assert events[0].checks == []
    assert not any(isinstance(event, ProfileReady) for event in events)
    (event,) = [event for event in events if isinstance(event, ChoicesListed)]
    assert (event.profile, event.region, event.kind, event.reason) == ("environment", REGION, "kms_key", "")
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE
    assert {call.operation for call in aws.calls} == {
        "GetCallerIdentity",
        "ListKeys",
        "ListAliases",
        "DescribeKey",
    }


async def test_only_keys_that_can_encrypt_are_offered_with_their_aliases(aws: AwsStub) -> None:
    with_keys(
        aws,
        key1={"Enabled": False, "KeyState": "Disabled"},
        key2={"Enabled": False, "KeyState": "PendingDeletion"},
        key3={"KeyManager": "AWS"},
        key4={"KeySpec": "RSA_2048"},
        key5={"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        key6={"Description": "spare"},
        key7={},
    )
    answer = await choices_of("kms_key")
    assert [(choice.value, choice.label) for choice in answer.choices] == [
        (arn(IDS[0]), "alias/app"),
        (arn(IDS[6]), "spare"),
    ]
    # AWS's own key is known by its alias and costs no call.
    assert {"KeyId": IDS[7]} not in aws.requests("DescribeKey")


async def test_a_key_that_may_not_be_looked_at_costs_that_key_alone(aws: AwsStub) -> None:
    aws.denied("kms", "DescribeKey", KeyId=IDS[1])
    with_keys(aws, key1={})
    answer = await choices_of("kms_key")
    assert [choice.value for choice in answer.choices] == [arn(IDS[0])]
    assert "kms:DescribeKey" in answer.reason


async def test_without_aliases_there_are_keys(aws: AwsStub) -> None:
    aws.denied("kms", "ListAliases")
    with_keys(aws)
    answer = await choices_of("kms_key")
    assert [(choice.value, choice.label) for choice in answer.choices] == [(arn(IDS[0]), "")]
    assert "kms:ListAliases" in answer.reason


async def test_a_denied_read_gives_no_choices_and_the_reason(aws: AwsStub) -> None:
    with each_row() as row:
        for kind in SOURCES:
            with row(kind):
                answer = await choices_of(kind)
                assert answer.choices == []
                assert "denied" in answer.reason.lower()


async def test_one_denied_list_costs_no_other(aws: AwsStub) -> None:
    aws.pages("sns", "ListTopics", [{"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"}])
    choices_by_kind = {
        event.kind: event
        for event in await events_of("kms_key", "sns_topic", "sns_topic")
        if isinstance(event, ChoicesListed)
    }
    assert set(choices_by_kind) == {"kms_key", "sns_topic"}
    assert choices_by_kind["kms_key"].reason
    assert [choice.label for choice in choices_by_kind["sns_topic"].choices] == ["alerts"]


async def test_a_list_has_an_end(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud_audit_tui.scan.choices.MOST_CHOICES", 3)
    arns = [f"arn:aws:sns:{REGION}:123456789012:alerts-{number}" for number in range(5)]
    aws.pages("sns", "ListTopics", [{"TopicArn": arn} for arn in arns])
    answer = await choices_of("sns_topic")
    assert len(answer.choices) == 3
    assert "more than 3" in answer.reason


async def test_a_kind_that_nobody_knows_is_no_list(aws: AwsStub) -> None:
    answer = await choices_of("unicorn")
    assert (answer.choices, "unicorn" in answer.reason) == ([], True)


async def test_credentials_that_do_not_work_fail_the_profile(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[profile broken]\ncredential_process = /nonexistent/program\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    events = await events_of("kms_key", profile="broken")
    assert [type(event) for event in events if isinstance(event, ProfileFailed | ChoicesListed)] == [
        ProfileFailed
    ]


async def test_a_trust_policy_of_any_form_costs_nothing(aws: AwsStub) -> None:
    def role(name: str, policy: Any, path: str = "/") -> dict[str, Any]:
        return {
            "RoleName": name,
            "Path": path,
            "RoleId": "AROAEXAMPLEEXAMPLE",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
            "CreateDate": "2026-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": policy if isinstance(policy, str) else json.dumps(policy),
        }

    statement = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}}
    aws.pages(
        "iam",
        "ListRoles",
        [
            role("a", {"Statement": [statement]}),
            role("b", {"Statement": statement}),
            role("c", {"Statement": ["?", {"Principal": "*"}, {"Principal": {"Service": ["x", "y"]}}]}),
            role("d", []),
            role("own", {}, "/aws-service-role/x/"),
        ],
    )
    answer = await choices_of("role")
    assert [choice.label for choice in answer.choices] == [
        "a · backup.amazonaws.com",
        "b · backup.amazonaws.com",
        "c · x · y",
        "d",
    ]


@pytest.mark.proof
async def test_the_process_says_the_same(aws: AwsStub) -> None:
    with_keys(aws)
    process = SubprocessJob(ListChoicesJob("", REGION, ["kms_key"]), environment_of(aws))
    events = [event async for event in process.events()]
    assert [
        choice.value for event in events if isinstance(event, ChoicesListed) for choice in event.choices
    ] == [arn(IDS[0])]


async def test_a_real_account_is_listed_within_the_policy(
    aws_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    seed()
    calls: set[str] = set()
    refuse = sessions._refuse_writes

    def record(model: Any, **more: Any) -> None:
        refuse(model, **more)
        calls.add(f"{model.service_model.service_name}:{model.name}")

    monkeypatch.setattr(sessions, "_refuse_writes", record)
    by_kind = {event.kind: event for event in await events_of(*SOURCES) if isinstance(event, ChoicesListed)}
    assert {kind: event.reason for kind, event in by_kind.items()} == dict.fromkeys(SOURCES, "")
    labels = {kind: [choice.label for choice in event.choices] for kind, event in by_kind.items()}
    values = {kind: [choice.value for choice in event.choices] for kind, event in by_kind.items()}
    assert labels["kms_key"] == ["alias/app"]
    assert labels["sns_topic"] == ["alerts"]
    assert any("· 10.9.0.0/24" in label for label in labels["subnet"])
    assert any(label.startswith("web · vpc-") for label in labels["security_group"])
    assert values["bucket"] == ["logs-of-mine"]
    assert values["bucket_arn"] == ["arn:aws:s3:::logs-of-mine"]
    assert labels["role"] == ["worker · backup.amazonaws.com"]
    assert values["role_name"] == ["worker"]
    assert (values["instance_profile"], labels["instance_profile"]) == (["server"], ["server · has no role"])
    assert calls <= declared_reads() | set(IDENTITY_READS)


def seed() -> None:
    """Make one thing of each kind in the AWS that the environment leads to."""
    session = boto3.Session(region_name=REGION)
    keys = session.client("kms")
    keys.create_alias(AliasName="alias/app", TargetKeyId=keys.create_key()["KeyMetadata"]["KeyId"])
    session.client("sns").create_topic(Name="alerts")
    machines = session.client("ec2")
    vpc = machines.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    machines.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")
    machines.create_security_group(GroupName="web", Description="web", VpcId=vpc)
    session.client("s3").create_bucket(
        Bucket="logs-of-mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    people = session.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    people.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust))
    people.create_instance_profile(InstanceProfileName="server")


def test_what_is_listed_is_only_read_and_stands_in_the_policy() -> None:
    assert all(is_read(*read.split(":")) for read in declared_reads())
    whole = json.loads(CliRunner().invoke(main, ["policy"]).output)
    allowed = {action for statement in whole["Statement"] for action in statement["Action"]}
    assert {action_of(read) for read in declared_reads()} <= allowed
    checked = {read for check in all_checks().values() for read in check.reads}
    assert allowed == {action_of(read) for read in {*IDENTITY_READS, *checked, *declared_reads()}}


def test_the_policy_of_some_checks_is_theirs_alone() -> None:
    some = json.loads(CliRunner().invoke(main, ["policy", "--checks", "aws-sagemaker-001"]).output)
    assert "ReadKms" not in {statement["Sid"] for statement in some["Statement"]}
