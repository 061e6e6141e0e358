"""What the demo adds to moto's services: it lasts, it is refused where AWS refuses it, a reset forgets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture
def client(aws_server: str) -> Iterator[Callable[[str], Any]]:
    """What makes a client of a service of an empty region."""
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x")
    clients = []

    def of(service: str) -> Any:
        clients.append(session.client(service, "eu-central-1", endpoint_url=aws_server))
        return clients[-1]

    yield of
    for each in clients:
        each.close()


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return str(raised.value.response["Error"]["Code"])


def test_a_log_group_takes_a_key_and_gives_it_back(client: Callable[[str], Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="audit")
    logs.associate_kms_key(logGroupName="audit", kmsKeyId=KEY)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == KEY
    logs.disassociate_kms_key(logGroupName="audit")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    missing = refused(logs.associate_kms_key, logGroupName="none", kmsKeyId=KEY)
    assert missing == "ResourceNotFoundException"


def test_a_table_moves_to_another_key(client: Callable[[str], Any]) -> None:
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.update_table(
        TableName="orders", SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    )
    described = dynamodb.describe_table(TableName="orders")["Table"]["SSEDescription"]
    assert (described["Status"], described["KMSMasterKeyArn"]) == ("ENABLED", KEY)


def test_a_key_of_aws_is_not_the_customers(client: Callable[[str], Any]) -> None:
    kms = client("kms")
    own = kms.create_key()["KeyMetadata"]
    assert kms.describe_key(KeyId=own["KeyId"])["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyManager"] == "AWS"


def test_standards_need_the_hub(client: Callable[[str], Any]) -> None:
    hub = client("securityhub")
    arn = "arn:aws:securityhub:eu-central-1::standards/aws-foundational-security-best-practices/v/1.0.0"
    subscriptions = [{"StandardsArn": arn}]
    refusal = refused(hub.batch_enable_standards, StandardsSubscriptionRequests=subscriptions)
    assert refusal == "InvalidAccessException"
    hub.enable_security_hub(EnableDefaultStandards=False)
    hub.batch_enable_standards(StandardsSubscriptionRequests=subscriptions)
    assert [each["StandardsArn"] for each in hub.get_enabled_standards()["StandardsSubscriptions"]] == [arn]


def test_a_file_system_is_copied_into_an_encrypted_one(client: Callable[[str], Any]) -> None:
    efs = client("efs")
    source = efs.create_file_system(CreationToken="plain")["FileSystemId"]
    replication = efs.create_replication_configuration(
        SourceFileSystemId=source, Destinations=[{"Region": "eu-central-1"}]
    )
    copy = replication["Destinations"][0]["FileSystemId"]
    encrypted = {
        each["FileSystemId"]: each["Encrypted"] for each in efs.describe_file_systems()["FileSystems"]
    }
    assert encrypted == {source: False, copy: True}
    assert len(efs.describe_replication_configurations(FileSystemId=source)["Replications"]) == 1
    efs.delete_replication_configuration(SourceFileSystemId=source)
    assert efs.describe_replication_configurations()["Replications"] == []
    missing = refused(
        efs.create_replication_configuration,
        SourceFileSystemId="fs-0123456789abcdef0",
        Destinations=[{"Region": "eu-central-1"}],
    )
    assert missing == "FileSystemNotFound"


def test_a_runtime_keeps_its_arn_and_not_what_an_update_leaves_out(client: Callable[[str], Any]) -> None:
    agents = client("bedrock-agentcore-control")
    about = {
        "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "1.dkr.ecr/x:1"}},
        "roleArn": ROLE,
        "networkConfiguration": {"networkMode": "PUBLIC"},
    }
    runtime = agents.create_agent_runtime(agentRuntimeName="agent", **about)
    changed = agents.update_agent_runtime(agentRuntimeId=runtime["agentRuntimeId"], **about)
    assert changed["agentRuntimeArn"] == runtime["agentRuntimeArn"]
    assert changed["agentRuntimeVersion"] == "2"


def test_code_interpreters_come_and_go(client: Callable[[str], Any]) -> None:
    agents = client("bedrock-agentcore-control")
    interpreter = agents.create_code_interpreter(name="sums", networkConfiguration={"networkMode": "SANDBOX"})
    [summary] = agents.list_code_interpreters(type="CUSTOM")["codeInterpreterSummaries"]
    assert summary["codeInterpreterArn"] == interpreter["codeInterpreterArn"]
    assert agents.list_code_interpreters(type="SYSTEM")["codeInterpreterSummaries"] == []
    agents.delete_code_interpreter(codeInterpreterId=interpreter["codeInterpreterId"])
    code = refused(agents.get_code_interpreter, codeInterpreterId=interpreter["codeInterpreterId"])
    assert code == "ResourceNotFoundException"


def test_an_agent_registers_when_its_role_may(client: Callable[[str], Any]) -> None:
    ec2, ssm = client("ec2"), client("ssm")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    assert ssm.describe_instance_patch_states(InstanceIds=[instance])["InstancePatchStates"] == []
    ssm.send_command(
        DocumentName="AWS-RunPatchBaseline", InstanceIds=[instance], Parameters={"Operation": ["Scan"]}
    )
    [state] = ssm.describe_instance_patch_states(InstanceIds=[instance])["InstancePatchStates"]
    assert (state["InstanceId"], state["MissingCount"]) == (instance, 0)


def test_what_was_added_is_forgotten_with_the_rest(client: Callable[[str], Any]) -> None:
    assert client("bedrock").list_guardrails()["guardrails"] == []
    assert client("accessanalyzer").list_analyzers()["analyzers"] == []
    assert client("bedrock-agentcore-control").list_code_interpreters()["codeInterpreterSummaries"] == []
    assert client("securityhub").get_enabled_standards()["StandardsSubscriptions"] == []
