"""The resources of a second page are judged like those of the first."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION, AwsStub
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row
from iam_account import allow, arn, details, policy, role, user
from s3_script import ALL_ON, Buckets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

FAIL, PASS = Status.FAIL, Status.PASS
NOW = datetime.now(UTC)
AGENTS = "bedrock-agentcore-control"
ROLE = "arn:aws:iam::111122223333:role/agent"


def statuses(findings: list[Finding]) -> dict[str, Status]:
    assert len({finding.resource_id for finding in findings}) == len(findings)
    return {finding.resource_name: finding.status for finding in findings}


# Each function scripts two resources: ``calm`` on the first page passes, ``loud`` on the second fails.


LOG_BUCKET = "logs-of-calm"


def two_buckets(aws: AwsStub) -> None:
    aws.pages(
        "s3",
        "ListBuckets",
        [{"Name": "calm", "BucketRegion": REGION}, {"Name": LOG_BUCKET, "BucketRegion": REGION}],
        [{"Name": "loud", "BucketRegion": "eu-west-1"}],
    )
    buckets = Buckets(aws)
    buckets.account_block(None)
    only_tls: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::calm", "arn:aws:s3:::calm/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    public_statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::loud/*",
    }
    buckets.bucket(
        "calm",
        block=ALL_ON,
        encryption={"SSEAlgorithm": "aws:kms"},
        versioning={"Status": "Enabled", "MFADelete": "Enabled"},
        logs_to=LOG_BUCKET,
        policy={"Version": "2012-10-17", "Statement": [only_tls]},
    )
    buckets.bucket(LOG_BUCKET)
    buckets.bucket(
        "loud", region="eu-west-1", policy={"Version": "2012-10-17", "Statement": [public_statement]}
    )
    trails = [
        {
            "Name": f"to-{bucket}",
            "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/to-{bucket}",
            "HomeRegion": REGION,
            "S3BucketName": bucket,
        }
        for bucket in ("calm", "loud")
    ]
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": trails}, region=REGION)


def two_tables(aws: AwsStub) -> None:
    aws.pages("dynamodb", "ListTables", ["calm"], ["loud"])
    key = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:eu-central-1::key/k"}
    for name, encryption, state in (("calm", {"SSEDescription": key}, "ENABLED"), ("loud", {}, "DISABLED")):
        aws.answer(
            "dynamodb",
            "DescribeTable",
            {"Table": {"TableName": name, "TableStatus": "ACTIVE", **encryption}},
            TableName=name,
        )
        recovery = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": state}}
        backups = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", **recovery}}
        aws.answer("dynamodb", "DescribeContinuousBackups", backups, TableName=name)


def instance(name: str, state: str = "running", **members: Any) -> dict[str, Any]:
    tags = [{"Key": "Name", "Value": name}]
    return {"InstanceId": f"i-{name}", "State": {"Name": state}, "Tags": tags, **members}


def two_running_instances(aws: AwsStub) -> None:
    calm = instance(
        "calm",
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        IamInstanceProfile={"Arn": "arn:aws:iam::111122223333:instance-profile/web"},
    )
    loud = instance("loud", MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled"})
    aws.pages("ec2", "DescribeInstances", [{"Instances": [calm]}], [{"Instances": [loud]}])


def two_stopped_instances(aws: AwsStub) -> None:
    calm, loud = (
        instance(name, "stopped", StateTransitionReason=f"User initiated ({since:%Y-%m-%d %H:%M:%S} GMT)")
        for name, since in (("calm", NOW - timedelta(days=2)), ("loud", NOW - timedelta(days=20)))
    )
    aws.pages("ec2", "DescribeInstances", [{"Instances": [calm]}], [{"Instances": [loud]}])


def two_families(aws: AwsStub) -> None:
    aws.pages("ecs", "ListTaskDefinitionFamilies", ["calm"], ["loud"], status="ACTIVE")
    aws.answer("ecs", "ListClusters", {"clusterArns": []})
    logs = {"logConfiguration": {"logDriver": "awslogs"}}
    for name, container in (("calm", logs), ("loud", {"privileged": True})):
        definition = {
            "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}",
            "family": name,
            "status": "ACTIVE",
            "containerDefinitions": [{"name": "app", **container}],
        }
        aws.answer("ecs", "DescribeTaskDefinition", {"taskDefinition": definition}, taskDefinition=name)


def two_functions(aws: AwsStub) -> None:
    calm, loud = (
        {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            "Runtime": runtime,
        }
        for name, runtime in (("calm", "python3.13"), ("loud", "python2.7"))
    )
    aws.pages("lambda", "ListFunctions", [calm], [loud])


def two_interpreters(aws: AwsStub) -> None:
    calm, loud = (
        {
            "codeInterpreterId": f"{name}-1",
            "codeInterpreterArn": f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:code-interpreter/{name}-1",
            "name": name,
            "status": "READY",
            "createdAt": NOW,
        }
        for name in ("calm", "loud")
    )
    aws.pages(AGENTS, "ListCodeInterpreters", [calm], [loud])
    for summary, mode in ((calm, "SANDBOX"), (loud, "PUBLIC")):
        interpreter = {**summary, "networkConfiguration": {"networkMode": mode}, "lastUpdatedAt": NOW}
        identifier = summary["codeInterpreterId"]
        aws.answer(AGENTS, "GetCodeInterpreter", interpreter, codeInterpreterId=identifier)


def two_runtimes(aws: AwsStub) -> None:
    calm, loud = (
        {
            "agentRuntimeId": f"{name}-1",
            "agentRuntimeArn": f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{name}-1",
            "agentRuntimeName": name,
            "agentRuntimeVersion": "1",
            "status": "READY",
            "lastUpdatedAt": NOW,
        }
        for name in ("calm", "loud")
    )
    aws.pages(
        AGENTS, "ListAgentRuntimes", *([{**summary, "description": "an agent"}] for summary in (calm, loud))
    )
    for summary, mode, required in ((calm, "VPC", True), (loud, "PUBLIC", False)):
        runtime = {
            **summary,
            "createdAt": NOW,
            "roleArn": ROLE,
            "lifecycleConfiguration": {},
            "networkConfiguration": {"networkMode": mode},
            "metadataConfiguration": {"requireMMDSV2": required},
        }
        aws.answer(AGENTS, "GetAgentRuntime", runtime, agentRuntimeId=summary["agentRuntimeId"])


def two_gateways(aws: AwsStub) -> None:
    calm, loud = (
        {
            "gatewayId": f"{name}-1",
            "name": name,
            "status": "READY",
            "createdAt": NOW,
            "updatedAt": NOW,
            "authorizerType": kind,
            "protocolType": "MCP",
        }
        for name, kind in (("calm", "AWS_IAM"), ("loud", "NONE"))
    )
    aws.pages(AGENTS, "ListGateways", [calm], [loud])
    engine = {"policyEngineConfiguration": {"arn": "arn:aws:bedrock-agentcore:e", "mode": "ENFORCE"}}
    for summary, members in ((calm, engine), (loud, {})):
        address = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:gateway/{summary['gatewayId']}"
        gateway = {**summary, "gatewayArn": address, "roleArn": ROLE, **members}
        aws.answer(AGENTS, "GetGateway", gateway, gatewayIdentifier=summary["gatewayId"])


def two_users(aws: AwsStub) -> None:
    loud = user("loud", attached=(arn("policy/own"),))
    pages = details(user("calm"), policy(arn("policy/own"), allow("iam:CreatePolicyVersion"))), details(loud)
    aws.pages("iam", "GetAccountAuthorizationDetails", *pages)


async def test_what_fails_on_the_second_page_is_reported(aws: AwsStub, judge: Judge) -> None:
    rows: list[tuple[str, Callable[[AwsStub], None]]] = [
        ("aws-agc-001", two_interpreters),
        ("aws-agc-002", two_runtimes),
        ("aws-agc-003", two_runtimes),
        ("aws-agc-005", two_gateways),
        ("aws-agc-006", two_gateways),
        ("aws-ct-003", two_buckets),
        ("aws-ct-004", two_buckets),
        ("aws-ddb-001", two_tables),
        ("aws-ddb-002", two_tables),
        ("aws-dp-001", two_buckets),
        ("aws-ec2-003", two_stopped_instances),
        ("aws-ec2-004", two_running_instances),
        ("aws-ecs-001", two_families),
        ("aws-ecs-002", two_families),
        ("aws-iam-010", two_users),
        ("aws-iam-016", two_running_instances),
        ("aws-iam-018", two_users),
        ("aws-lambda-002", two_functions),
        ("aws-s3-001", two_buckets),
        ("aws-s3-002", two_buckets),
        ("aws-s3-003", two_buckets),
        ("aws-s3-004", two_buckets),
        ("aws-s3-005", two_buckets),
        ("aws-s3-006", two_buckets),
        ("aws-s3-007", two_buckets),
    ]
    with each_row() as row:
        for check, script_two in rows:
            with row(check):
                aws.restart()
                script_two(aws)
                verdicts = statuses(await judge(check))
                verdicts.pop(LOG_BUCKET, None)
                assert verdicts == {"calm": PASS, "loud": FAIL}


@pytest.mark.parametrize("check", ["aws-s3-002", "aws-s3-005"])
async def test_a_bucket_that_only_one_of_the_second_page_logs_to_is_a_log_bucket(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    aws.pages("s3", "ListBuckets", [{"Name": "logs"}], [{"Name": "site"}])
    buckets = Buckets(aws)
    # Without BucketRegion a bucket is read in the home region of the partition.
    buckets.bucket("logs", region="us-east-1", encryption={"SSEAlgorithm": "AES256"})
    buckets.bucket("site", region="us-east-1", encryption={"SSEAlgorithm": "aws:kms"}, logs_to="logs")
    assert statuses(await judge(check)) == {"logs": PASS, "site": PASS}


# IAM has pages of account details, of devices and of keys.


async def test_a_support_role_on_the_second_page_counts(aws: AwsStub, judge: Judge) -> None:
    support = "arn:aws:iam::aws:policy/AWSSupportAccess"
    pages = details(role("deploy")), details(role("support", attached=(support,)))
    aws.pages("iam", "GetAccountAuthorizationDetails", *pages)
    [finding] = await judge("aws-iam-011")
    assert (finding.status, finding.evidence["roles"]) == (PASS, ["support"])


async def test_a_holder_of_cloudshell_on_the_second_page_is_named(aws: AwsStub, judge: Judge) -> None:
    shell = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"
    pages = details(user("calm")), details(user("loud", attached=(shell,)))
    aws.pages("iam", "GetAccountAuthorizationDetails", *pages)
    [finding] = await judge("aws-iam-014")
    assert finding.status is FAIL
    assert 'attached to user "loud"' in finding.reason


def credentials(aws: AwsStub, *rows: tuple[str, bool, int]) -> None:
    """Script the report: users who may have a password, and active keys made 200 days ago, never used."""
    old = (NOW - timedelta(days=200)).isoformat(timespec="seconds")
    header = (
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
        "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
        "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
        "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
        "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,"
        "cert_2_active,cert_2_last_rotated"
    )
    lines = [header]
    for name, password, keys in rows:
        secret = f"true,{NOW.isoformat(timespec='seconds')},{old},N/A" if password else "false,N/A,N/A,N/A"
        slots = [f"true,{old},N/A,N/A,N/A" if slot < keys else "false,N/A,N/A,N/A,N/A" for slot in range(2)]
        lines.append(
            f"{name},{arn(f'user/{name}')},{old},{secret},false,{','.join(slots)},false,N/A,false,N/A"
        )
    aws.answer(
        "iam",
        "GetCredentialReport",
        {
            "Content": base64.b64encode("\n".join(lines).encode()).decode(),
            "ReportFormat": "text/csv",
            "GeneratedTime": NOW,
        },
    )


def key(name: str, key_id: str) -> dict[str, Any]:
    creation = (NOW - timedelta(days=200)).isoformat(timespec="seconds")
    return {"UserName": name, "AccessKeyId": key_id, "CreateDate": creation, "Status": "Active"}


async def test_an_mfa_device_on_the_second_page_counts(aws: AwsStub, judge: Judge) -> None:
    credentials(aws, ("alice", True, 0), ("bob", True, 0))
    mfa = arn("mfa/bob")
    devices = [{"SerialNumber": arn("mfa/x")}], [{"SerialNumber": mfa, "User": user_of_device("bob")}]
    aws.pages("iam", "ListVirtualMFADevices", *devices)
    assert statuses(await judge("aws-iam-002")) == {"alice": FAIL, "bob": PASS}


def user_of_device(name: str) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": name,
        "UserId": "AIDA0123456789ABCDEF",
        "Arn": arn(f"user/{name}"),
        "CreateDate": NOW,
    }


@pytest.mark.parametrize("check", ["aws-iam-003", "aws-iam-004"])
async def test_an_old_key_on_the_second_page_of_a_users_keys_is_reported(
    aws: AwsStub, judge: Judge, check: str
) -> None:
    credentials(aws, ("alice", False, 2))
    keys = [key("alice", "AKIA0000000000000001")], [key("alice", "AKIA0000000000000002")]
    aws.pages("iam", "ListAccessKeys", *keys, UserName="alice")
    assert statuses(await judge(check)) == {
        "alice/AKIA0000000000000001": FAIL,
        "alice/AKIA0000000000000002": FAIL,
    }


async def test_a_second_key_on_the_second_page_is_a_second_key(aws: AwsStub, judge: Judge) -> None:
    credentials(aws, ("alice", False, 2), ("bob", False, 1))
    keys = [key("alice", "AKIA0000000000000001")], [key("alice", "AKIA0000000000000002")]
    aws.pages("iam", "ListAccessKeys", *keys, UserName="alice")
    findings = {finding.resource_name: finding for finding in await judge("aws-iam-009")}
    assert {name: finding.status for name, finding in findings.items()} == {"alice": FAIL, "bob": PASS}
    key_ids = [key["access_key_id"] for key in findings["alice"].evidence["keys"]]
    assert key_ids == ["AKIA0000000000000001", "AKIA0000000000000002"]


# An empty page with a token is not the last one: AWS returns such pages.


async def test_a_detector_after_an_empty_page_is_a_detector(aws: AwsStub, judge: Judge) -> None:
    detector = "12abc34d567e8fa901bc2d34e56789f0"
    aws.pages("guardduty", "ListDetectors", [], [detector])
    aws.answer("guardduty", "GetDetector", {"ServiceRole": "role", "Status": "DISABLED"})
    [finding] = await judge("aws-gd-001")
    assert (finding.status, finding.resource_name) == (FAIL, detector)
    assert "is suspended" in finding.reason


async def test_a_trail_of_another_region_on_the_second_page_is_named(aws: AwsStub, judge: Judge) -> None:
    def summary(name: str, home: str) -> dict[str, str]:
        return {
            "Name": name,
            "TrailARN": f"arn:aws:cloudtrail:{home}:{ACCOUNT}:trail/{name}",
            "HomeRegion": home,
        }

    local = summary("local", "eu-west-1")
    description = {**local, "S3BucketName": "logs", "IsMultiRegionTrail": False}
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": [description]}, region="eu-west-1")
    aws.answer("cloudtrail", "DescribeTrails", {"trailList": []})
    aws.pages("cloudtrail", "ListTrails", [], [local])
    [finding] = await judge("aws-ct-001")
    # Without any trail this would be critical.
    assert (finding.status, finding.severity) == (FAIL, Severity.HIGH)
    assert 'trail "local" covers only its own region' in finding.reason
