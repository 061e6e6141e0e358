"""What the S3, KMS and data perimeter checks advise, from a scan of scripted resources to proved text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.jobs import ScanJob
from remediation.script_syntax import look_at_syntax
from remediation.shell_run import Sandbox
from remediation.terraform_proof import static_faults
from s3_script import Buckets
from scan_runs import scan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.model import Finding
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

HOSTILE = "[/red]$(reboot)`id`';\"\x1b[31m\u202e\n${path.module}%{if}!!"
IN_XML = HOSTILE.replace("\x1b", "")
"""XML cannot hold an escape character, so S3 gives none back."""
S3 = [f"aws-s3-00{number}" for number in range(1, 8)]
PERIMETER = [f"aws-dp-00{number}" for number in range(1, 6)]
KMS = ["aws-kms-001", "aws-kms-002"]
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
INPUTS = {
    "KMS_KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "OLD_VERSION_DAYS": "90",
    "ROOT_MFA": f"arn:aws:iam::{ACCOUNT}:mfa/root 123456",
}
FOREIGN = "999988887777"


def allow(principal: Any, sid: str = "Open", **more: Any) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
        **more,
    }


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


EVERYONE, PARTNER = allow("*"), allow({"AWS": FOREIGN}, "Partner")
SERVICE = allow({"Service": ["s3.amazonaws.com"]}, "Service")
ODD = allow({"AWS": f"arn:aws:iam::{FOREIGN}:role/{HOSTILE}"}, HOSTILE)
KEPT = allow({"AWS": ROOT}, "Kept", Condition={"StringLike": {"aws:userid": ["a", HOSTILE]}})


async def failed(*checks: str) -> list[Finding]:
    job = ScanJob(regions=[REGION], checks=list(checks))
    events = [event async for event in scan(job)]
    return [
        msgspec.structs.replace(event.finding, profile="prod")
        for event in events
        if isinstance(event, Result) and event.finding.status is Status.FAIL
    ]


def answers(finding: Finding) -> dict[str, str]:
    """What AWS says when the script looks whether anything has changed since the scan."""
    evidence = finding.evidence
    present = (evidence.get("policy") or evidence.get("log_bucket_policy") or "") + "\n"
    rules = json.dumps({"Rules": [*evidence.get("present_rules", []), evidence.get("added_rule")]})
    return {
        "s3api get-bucket-policy": present,
        "s3api get-bucket-lifecycle-configuration": rules.replace('"@OLD_VERSION_DAYS@"', "90"),
        "sts get-caller-identity": ROOT + "\n",
        "sns get-topic-attributes": present,
        "sqs get-queue-url": evidence.get("queue_url", "") + "\n",
        "sqs get-queue-attributes": present,
        "secretsmanager get-resource-policy": present,
        "kms describe-key": "Enabled\tSYMMETRIC_DEFAULT\n",
        "kms get-key-policy": present,
        "lambda get-policy": next(iter(evidence.get("policies", {}).values()), "") + "\n",
        "s3api list-objects-v2": f"AWSLogs/{ACCOUNT}/\n",
        "events list-event-buses": "default\n",
        "events list-rule-names-by-target": "None\n",
    }


def proved(cli_proof: CliProof, finding: Finding) -> Proof:
    remediation = render(finding)
    assert remediation.cli, (finding.check_id, remediation.note)
    # The proof makes up no keys of maps, such as a topic's attributes.
    maps = ("aws sns get-topic-attributes: --query", "aws sqs get-queue-attributes: --query")
    proof = cli_proof.prove(remediation.cli, INPUTS, answers(finding), ("prod",), finding.check_id, maps)
    assert proof.faults == [], (finding.check_id, finding.resource_name)
    return proof


def prove_terraform(terraform_proof: TerraformProof, finding: Finding, beside: Sequence[str] = ()) -> None:
    text = render(finding).terraform
    assert text, (finding.check_id, render(finding).note)
    assert static_faults(text) == [], text
    assert terraform_proof.faults(text, beside) == [], text
    assert terraform_proof.formatted(text, beside) == text


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"ID": name, "Status": "Enabled", **more}


RULES = [
    rule("old-form", Prefix="tmp/", Expiration={"Days": 3}),
    rule(
        "everything",
        Filter={
            "And": {
                "Prefix": IN_XML,
                "ObjectSizeGreaterThan": 5,
                "ObjectSizeLessThan": 500,
                "Tags": [{"Key": IN_XML, "Value": "b"}],
            }
        },
        Expiration={"ExpiredObjectDeleteMarker": True},
        Transitions=[{"Days": 30, "StorageClass": "GLACIER"}],
        NoncurrentVersionTransitions=[
            {"NoncurrentDays": 5, "StorageClass": "GLACIER"},
            {"NoncurrentDays": 5, "NewerNoncurrentVersions": 2, "StorageClass": "DEEP_ARCHIVE"},
        ],
        NoncurrentVersionExpiration={"NoncurrentDays": 50, "NewerNoncurrentVersions": 3},
    ),
    rule(IN_XML, Filter={"Tag": {"Key": "a", "Value": IN_XML}}, Expiration={"Days": 1}),
    rule("small", Filter={"ObjectSizeLessThan": 9}, Expiration={"Days": 1}),
    rule("large", Filter={"ObjectSizeGreaterThan": 9}, Expiration={"Days": 1}),
]


@pytest.fixture
def buckets(aws: AwsStub) -> Buckets:
    script = Buckets(aws)
    script.account_block(None)
    script.bucket("plain-bucket")
    script.bucket("1.2-dots-and-hyphens", region="us-east-1", encryption={"SSEAlgorithm": "AES256"})
    script.bucket(
        "full-bucket",
        block={"IgnorePublicAcls": True},
        versioning={"Status": "Suspended"},
        rules=RULES,
        policy=policy(KEPT, EVERYONE, SERVICE, ODD),
    )
    return script


async def test_every_s3_remediation_is_right(
    buckets: Buckets, cli_proof: CliProof, terraform_proof: TerraformProof
) -> None:
    findings = await failed(*S3, "aws-dp-001")
    assert len(findings) == 3 * 7 + 1
    fixes = [render(finding) for finding in findings]
    look_at_syntax(fix.cli for fix in fixes)
    files = [fix.terraform for fix in fixes]
    for finding in findings:
        if finding.check_id == "aws-s3-007":
            with_rules = finding.resource_name == "full-bucket"
            assert bool(render(finding).cli) is not with_rules
            assert not render(finding).terraform
            if with_rules:
                continue
        else:
            prove_terraform(terraform_proof, finding, files)
        proved(cli_proof, finding)


async def test_a_policy_and_rules_are_merged_and_never_replaced(
    buckets: Buckets, cli_proof: CliProof
) -> None:
    findings = {
        finding.check_id: finding
        for finding in await failed("aws-s3-004", "aws-s3-006", "aws-dp-001")
        if finding.resource_name == "full-bucket"
    }
    merged = proved(cli_proof, findings["aws-s3-006"]).calls[-1].parameters["Policy"]
    assert json.loads(merged)["Statement"][:-1] == [KEPT, EVERYONE, SERVICE, ODD]
    closed = json.loads(proved(cli_proof, findings["aws-dp-001"]).calls[-1].parameters["Policy"])
    assert closed["Statement"][0] == KEPT
    assert [statement["Principal"] for statement in closed["Statement"][1:]] == [
        *["*"] * 3,
        {"Service": "s3.amazonaws.com"},
    ]
    call = proved(cli_proof, findings["aws-s3-004"]).calls[-1]
    rules = call.parameters["LifecycleConfiguration"]["Rules"]
    assert rules[:-1] == RULES
    assert rules[-1]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


@pytest.mark.parametrize("days", ["0", "ninety"])
async def test_a_number_of_days_that_s3_does_not_take_changes_nothing(
    buckets: Buckets, tmp_path: Path, days: str
) -> None:
    findings = {finding.resource_name: finding for finding in await failed("aws-s3-004")}
    suspended = findings["full-bucket"]
    ran = Sandbox(tmp_path, answers(suspended)).run(
        render(suspended).cli, {**INPUTS, "OLD_VERSION_DAYS": days}
    )
    assert (ran.code, ran.calls) == (1, [])
    assert "OLD_VERSION_DAYS is not a number of days" in ran.output


async def test_rules_that_were_edited_since_the_scan_stay_edited(buckets: Buckets, tmp_path: Path) -> None:
    (finding,) = [each for each in await failed("aws-s3-004") if each.resource_name == "full-bucket"]
    edited = json.dumps({"Rules": [rule("edited", Filter={}, Expiration={"Days": 3650})]})
    changed = answers(finding) | {"s3api get-bucket-lifecycle-configuration": edited}
    ran = Sandbox(tmp_path / "edited", changed).run(render(finding).cli, INPUTS)
    assert ran.code == 0
    assert f"--lifecycle-configuration={edited}" in ran.calls[-1]


@pytest.mark.parametrize(
    ("check", "read"),
    [
        ("aws-s3-004", "s3api get-bucket-lifecycle-configuration"),
        ("aws-s3-006", "s3api get-bucket-policy"),
        ("aws-s3-006", "s3api get-bucket-website"),
    ],
)
async def test_nothing_is_written_over_what_cannot_be_read(
    buckets: Buckets, tmp_path: Path, check: str, read: str
) -> None:
    (finding,) = [each for each in await failed(check) if each.resource_name == "plain-bucket"]
    denied = {read: "An error occurred (AccessDenied) when calling the operation"}
    ran = Sandbox(tmp_path / "denied", failing=denied).run(render(finding).cli, INPUTS)
    assert ran.code == 1
    assert "Nothing was changed" in ran.output
    assert not any(call[1].startswith("put-") for call in ran.calls)


async def test_the_policy_of_a_website_is_left_alone(aws: AwsStub, tmp_path: Path) -> None:
    site = Buckets(aws)
    site.bucket("site", website=True)
    site.bucket("later")
    findings = {finding.resource_name: finding for finding in await failed("aws-s3-006")}
    remediation = render(findings["site"])
    assert not remediation.cli
    assert not remediation.terraform
    assert "CloudFront" in remediation.note
    website = {"s3api get-bucket-website": '{"IndexDocument": {"Suffix": "index.html"}}'}
    ran = Sandbox(tmp_path / "later", website).run(render(findings["later"]).cli, INPUTS)
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["get-bucket-website"]


async def test_blocked_encryption_types_are_carried_over(aws: AwsStub, cli_proof: CliProof) -> None:
    Buckets(aws).bucket("blocking", encryption={"SSEAlgorithm": "AES256"})
    (finding,) = await failed("aws-s3-002")
    finding.evidence["blocked_types"] = ["SSE-C"]
    assert ",BlockedEncryptionTypes={EncryptionType=[SSE-C]}" in render(finding).cli
    assert 'blocked_encryption_types = ["SSE-C"]' in render(finding).terraform
    assert "AWS provider 6.22 or later" in render(finding).terraform
    assert "SSE-C" in render(finding).note


@pytest.mark.parametrize(
    "key", ["Disabled\tSYMMETRIC_DEFAULT", "Enabled\tRSA_2048", "An error occurred (NotFoundException)"]
)
async def test_a_key_that_s3_would_store_and_not_use_is_no_default(
    aws: AwsStub, tmp_path: Path, key: str
) -> None:
    Buckets(aws).bucket("keyless", encryption={"SSEAlgorithm": "AES256"})
    (finding,) = await failed("aws-s3-002")
    read = {**answers(finding), "s3api get-bucket-encryption": "AES256\n", "kms describe-key": f"{key}\n"}
    ran = Sandbox(tmp_path / "x", read).run(render(finding).cli, INPUTS)
    assert (ran.code, key in ran.errors) == (1, True)
    assert not any(call[1].startswith("put-") for call in ran.calls)


@pytest.mark.parametrize("check", ["aws-s3-006", "aws-dp-001"])
async def test_nothing_is_written_over_what_has_changed_since_the_scan(
    buckets: Buckets, tmp_path: Path, check: str
) -> None:
    (finding,) = [finding for finding in await failed(check) if finding.resource_name == "full-bucket"]
    changed = dict.fromkeys(answers(finding), "another\n")
    ran = Sandbox(tmp_path / check, changed).run(render(finding).cli, INPUTS)
    assert ran.code == 1
    assert "Nothing was changed" in ran.output
    assert not any(call[1].startswith("put-") for call in ran.calls)


async def test_a_log_bucket_is_made_once_and_used_where_there_is_one(
    aws: AwsStub, cli_proof: CliProof, terraform_proof: TerraformProof, tmp_path: Path
) -> None:
    buckets = Buckets(aws)
    buckets.bucket("logged", logs_to="logs")
    buckets.bucket("logs", policy=policy(KEPT))
    buckets.bucket("unlogged")
    buckets.bucket("elsewhere", region="eu-west-1")
    findings = {finding.resource_name: finding for finding in await failed("aws-s3-005")}
    for finding in findings.values():
        prove_terraform(terraform_proof, finding)
    calls = proved(cli_proof, findings["unlogged"]).calls
    assert [call.operation for call in calls[-2:]] == ["s3:PutBucketPolicy", "s3:PutBucketLogging"]
    assert json.loads(calls[-2].parameters["Policy"])["Statement"][0] == KEPT
    script = render(findings["elsewhere"]).cli
    missing = {
        "s3api head-bucket": "An error occurred (404) when calling the HeadBucket operation: Not Found"
    }
    ran = Sandbox(tmp_path / "new", failing=missing).run(script, INPUTS)
    assert ran.code == 0
    names = [call[1] for call in ran.calls]
    assert names == [
        "head-bucket",
        "create-bucket",
        "get-bucket-policy",
        "put-public-access-block",
        "put-bucket-policy",
        "put-bucket-logging",
    ]
    foreign = {
        "s3api head-bucket": "An error occurred (403) when calling the HeadBucket operation: Forbidden"
    }
    ran = Sandbox(tmp_path / "foreign", failing=foreign).run(script, INPUTS)
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["head-bucket"]
    other = {"s3api get-bucket-policy": policy(KEPT)}
    ran = Sandbox(tmp_path / "other", other).run(script, INPUTS)
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["head-bucket", "get-bucket-policy"]
    commands = script.replace(
        "if error=$(aws s3api head-bucket", "error='(404)'\nif false && aws s3api head-bucket"
    )
    commands = commands.replace("2>&1 >/dev/null); then", ">/dev/null; then", 1)
    assert cli_proof.prove(commands, INPUTS, {}, ("prod",)).faults == []


async def test_mfa_delete_is_left_to_the_root_user(buckets: Buckets, tmp_path: Path) -> None:
    (finding,) = [
        finding for finding in await failed("aws-s3-007") if finding.resource_name == "1.2-dots-and-hyphens"
    ]
    other = {"sts get-caller-identity": f"arn:aws:iam::{ACCOUNT}:user/admin\n"}
    ran = Sandbox(tmp_path / "user", other).run(render(finding).cli, INPUTS)
    assert ran.code == 1
    assert "aws s3api put-bucket-versioning --region=us-east-1" in ran.output
    assert [call[1] for call in ran.calls] == ["get-caller-identity"]


async def test_the_other_policies_are_closed(
    aws: AwsStub, cli_proof: CliProof, terraform_proof: TerraformProof
) -> None:
    full, partner = policy(KEPT, EVERYONE, SERVICE, ODD), policy(PARTNER)
    topics = [f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("full", "partner")]
    aws.pages("sns", "ListTopics", [{"TopicArn": arn} for arn in topics])
    queues = [f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for name in ("full", "partner")]
    aws.pages("sqs", "ListQueues", queues)
    secret_arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
    secrets = {name: f"{secret_arn}:{name}-AbCdEf" for name in ("full", "partner")}
    secret_list = [{"ARN": arn, "Name": f"{name}/{HOSTILE}"} for name, arn in secrets.items()]
    aws.pages("secretsmanager", "ListSecrets", secret_list)
    for text, name, topic, queue in zip((full, partner), secrets, topics, queues, strict=True):
        aws.answer("sns", "GetTopicAttributes", {"Attributes": {"Policy": text}}, TopicArn=topic)
        aws.answer("sqs", "GetQueueAttributes", {"Attributes": {"Policy": text}}, QueueUrl=queue)
        secret = {"ARN": secrets[name], "ResourcePolicy": text}
        aws.answer("secretsmanager", "GetResourcePolicy", secret, SecretId=secrets[name])
    findings = await failed(*PERIMETER[1:4])
    assert len(findings) == 6
    for finding in findings:
        calls = proved(cli_proof, finding).calls
        if "Partner" in json.dumps(finding.evidence["gaps"]):
            assert not render(finding).terraform
            continue
        prove_terraform(terraform_proof, finding)
        parameters = calls[-1].parameters
        closed = json.loads(
            parameters.get("ResourcePolicy")
            or parameters.get("AttributeValue")
            or parameters["Attributes"]["Policy"]
        )
        assert closed["Statement"][0] == KEPT
        assert len(closed["Statement"]) == 5


async def test_a_permission_of_a_function_is_closed_before_it_is_removed(
    aws: AwsStub, cli_proof: CliProof, terraform_proof: TerraformProof
) -> None:
    names = ("plain", "alias")
    aws.pages("lambda", "ListFunctions", [{"FunctionName": name, "FunctionArn": name} for name in names])
    aws.answer("lambda", "ListAliases", {"Aliases": []}, FunctionName="plain")
    aws.answer("lambda", "ListAliases", {"Aliases": [{"Name": "live"}]}, FunctionName="alias")
    url = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    on_alias = policy({**EVERYONE, "Action": "lambda:InvokeFunctionUrl", "Condition": url})
    trigger = {**SERVICE, "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::buckets-*"}}}
    edge = allow({"Service": "cloudfront.amazonaws.com"}, "Edge")
    unheard = allow({"Service": "unheard.amazonaws.com"}, "Unheard")
    none = aws.refusal("ResourceNotFoundException", "There is none.")
    aws.answer("lambda", "GetPolicy", {"Policy": on_alias}, FunctionName="alias", Qualifier="live")
    aws.answer("lambda", "GetPolicy", none, FunctionName="alias")
    aws.answer("lambda", "GetPolicy", {"Policy": policy(trigger, edge, unheard)}, FunctionName="plain")
    closed = []
    for finding in sorted(await failed("aws-dp-005"), key=lambda finding: finding.resource_name):
        prove_terraform(terraform_proof, finding)
        calls = [call for call in proved(cli_proof, finding).calls if call.operation != "lambda:GetPolicy"]
        assert [call.operation for call in calls[:2]] == ["lambda:AddPermission", "lambda:RemovePermission"]
        assert not any("Unheard" in call.parameters["StatementId"] for call in calls)
        closed += [call.parameters for call in calls[::2]]
    everyone, service, distribution = closed
    assert service["SourceAccount"] == ACCOUNT
    assert service["SourceArn"] == "arn:aws:s3:::buckets-*"
    assert distribution["SourceArn"] == f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"
    assert (everyone["Principal"], everyone["Qualifier"]) == (ACCOUNT, "live")
    assert everyone["FunctionUrlAuthType"] == "AWS_IAM"


async def test_the_script_of_a_log_archive_stops_before_it_ends_the_logs_of_other_accounts(
    aws: AwsStub, tmp_path: Path
) -> None:
    config = allow({"Service": "config.amazonaws.com"}, "Config", Action="s3:PutObject")
    Buckets(aws).bucket("archive", policy=policy(config))
    (finding,) = await failed("aws-dp-001")
    others = {"s3api list-objects-v2": f"AWSLogs/{ACCOUNT}/\tAWSLogs/{FOREIGN}/\n"}
    ran = Sandbox(tmp_path, answers(finding) | others).run(render(finding).cli, INPUTS)
    assert ran.code == 1
    assert f"AWSLogs/{FOREIGN}/" in ran.output
    assert not any(call[1].startswith("put-") for call in ran.calls)


async def test_a_topic_that_rules_of_eventbridge_send_to_keeps_a_statement_for_them(
    aws: AwsStub, tmp_path: Path
) -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
    aws.pages("sns", "ListTopics", [{"TopicArn": topic}])
    aws.answer("sns", "GetTopicAttributes", {"Attributes": {"Policy": policy(EVERYONE)}}, TopicArn=topic)
    (finding,) = await failed("aws-dp-002")
    for rules, keeps in (("None\n", False), ("nightly\n", True)):
        more = {"events list-rule-names-by-target": rules}
        ran = Sandbox(tmp_path / str(keeps), answers(finding) | more).run(render(finding).cli, INPUTS)
        assert ran.code == 0, ran.errors
        assert any("events.amazonaws.com" in word for word in ran.calls[-1]) is keeps


async def test_a_finding_that_needs_a_decision_has_advice_and_no_script(aws: AwsStub) -> None:
    trail = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{FOREIGN}:trail/org"}}
    statement = allow({"Service": "cloudtrail.amazonaws.com"}, "Trail", Condition=trail)
    Buckets(aws).bucket("archive", policy=policy(statement))
    (finding,) = await failed("aws-dp-001")
    remediation = render(finding)
    assert not remediation.cli
    assert not remediation.terraform
    assert "aws:SourceOrgID" in remediation.note


async def test_permissions_that_an_interrupted_script_added_are_not_added_again(
    aws: AwsStub, tmp_path: Path
) -> None:
    aws.pages("lambda", "ListFunctions", [{"FunctionName": "one", "FunctionArn": "arn:one"}])
    aws.answer("lambda", "ListAliases", {"Aliases": []})
    aws.answer("lambda", "GetPolicy", {"Policy": policy(SERVICE)})
    (finding,) = await failed("aws-dp-005")
    script = render(finding).cli
    changed = {"lambda get-policy": policy(allow("*", "Changed")) + "\n"}
    ran = Sandbox(tmp_path / "changed", changed).run(script, INPUTS)
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["get-policy"]
    halfway = {"lambda get-policy": policy(SERVICE, allow({"AWS": ACCOUNT}, "Service-own-1")) + "\n"}
    ran = Sandbox(tmp_path / "begun", halfway).run(script, INPUTS)
    assert ran.code == 0
    assert [call[1] for call in ran.calls] == ["get-policy", "add-permission", "remove-permission"]


async def test_a_partner_of_a_function_is_only_removed(aws: AwsStub, cli_proof: CliProof) -> None:
    aws.pages("lambda", "ListFunctions", [{"FunctionName": "one", "FunctionArn": "arn:one"}])
    aws.answer("lambda", "ListAliases", {"Aliases": []})
    aws.answer("lambda", "GetPolicy", {"Policy": policy(PARTNER)})
    (finding,) = await failed("aws-dp-005")
    calls = [call.operation for call in proved(cli_proof, finding).calls]
    assert calls == ["lambda:GetPolicy", "lambda:RemovePermission"]
    assert "use the script" in render(finding).note


async def test_a_policy_that_was_written_as_a_whole_has_no_script(aws: AwsStub) -> None:
    aws.pages("lambda", "ListFunctions", [{"FunctionName": "one", "FunctionArn": "arn:one"}])
    aws.answer("lambda", "ListAliases", {"Aliases": []})
    together = allow({"AWS": [ACCOUNT, FOREIGN]}, "Both", Action="lambda:InvokeFunction")
    aws.answer("lambda", "GetPolicy", {"Policy": policy(together)})
    (finding,) = await failed("aws-dp-005")
    remediation = render(finding)
    assert (remediation.cli, remediation.terraform) == ("", "")
    assert "put-resource-policy" in remediation.note


async def test_keys(aws: AwsStub, cli_proof: CliProof, terraform_proof: TerraformProof) -> None:
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
    aws.answer("kms", "ListKeys", {"Keys": [{"KeyId": key, "KeyArn": arn}]})
    about = {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}
    described = {"KeyId": key, "Origin": "AWS_KMS", "Description": HOSTILE, **about}
    aws.answer("kms", "DescribeKey", {"KeyMetadata": described})
    aws.answer("kms", "GetKeyRotationStatus", {"KeyRotationEnabled": False})
    aws.answer("kms", "GetKeyPolicy", {"Policy": policy(KEPT, allow("*", HOSTILE)) + "\n"})
    findings = await failed(*KMS)
    assert sorted(finding.check_id for finding in findings) == KMS
    for finding in findings:
        proved(cli_proof, finding)
        prove_terraform(terraform_proof, finding)
