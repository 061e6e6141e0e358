"""Remediations of Config, GuardDuty, Security Hub, Inspector, WAF, Bedrock and AgentCore, proved."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import jmespath
import msgspec
import pytest

from aws_stub import environment_of
from cloud_audit_tui.aws.service_models import MODELS
from cloud_audit_tui.remediation.render import render
from each_row import each_row
from faults.proxy import faulty
from remediation.findings_to_fix import ACCOUNT, HOSTILE, KEY, ROLE, finding_of
from remediation.governance_findings import (
    ACL,
    CHANNEL,
    ELB,
    ENGINE,
    GATEWAY,
    HUB,
    INPUTS,
    KEPT_OUT,
    LOGGED,
    MODE,
    ORDINARY,
    REMEMBERING,
    RUNTIME,
    SCANS,
    STOPPED,
    WITHOUT_TERRAFORM,
    agc,
    cfg,
    hostile,
)
from remediation.ordinary_fixes import OrdinaryFixes
from remediation.script_syntax import look_at_syntax
from remediation.shell_run import Sandbox
from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.model import Finding
    from faults.proxy import Exchange
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

PRESENT_RUNTIME = {
    "agentRuntimeId": RUNTIME["runtime_id"],
    "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": RUNTIME["container_uri"]}},
    "roleArn": ROLE,
    "networkConfiguration": {"networkMode": "PUBLIC"},
    "environmentVariables": {"MODE": 'it\'s "live" $HOME'},
    "lifecycleConfiguration": {"maxLifetime": 3600},
}
PRESENT_GATEWAY = {
    "gatewayIdentifier": GATEWAY["gateway_id"],
    "name": "tools",
    "roleArn": ROLE,
    "authorizerType": "AWS_IAM",
    "protocolType": "MCP",
    "exceptionLevel": "DEBUG",
}
CIS = "arn:aws:securityhub:eu-central-1::standards/cis-aws-foundations-benchmark/v/5.0.0"
PRESENT_RECORDER = {"name": "default", "roleARN": ROLE, "recordingMode": MODE}
ANSWERS = {
    "configservice describe-configuration-recorders": json.dumps(PRESENT_RECORDER) + "\n",
    "kms get-key-policy": f'{{"Principal": {{"AWS": "{ROLE}", "Service": "config.amazonaws.com"}}}}\n',
    "sts get-caller-identity": f"{ACCOUNT}\n",
    "guardduty list-detectors": "none\n",
    "guardduty list-findings": '["a1"]\n',
    "wafv2 get-web-acl-for-resource": "none\n",
    "wafv2 list-web-acls": "none\n",
    "securityhub describe-hub": "An error occurred (InvalidAccessException)\n",
    "securityhub describe-standards": f"{CIS}\n",
    "wafv2 create-web-acl": f"arn:aws:wafv2:eu-central-1:{ACCOUNT}:regional/webacl/baseline/1234\n",
    "bedrock list-guardrails": "none\n",
    "bedrock get-guardrail": "READY\n",
    "bedrock create-guardrail": "abc123def456\n",
    "bedrock-agentcore-control create-code-interpreter": "calc_sandbox-0123456789\n",
    "bedrock-agentcore-control list-code-interpreters": "none\n",
    "bedrock-agentcore-control list-memories": "none\n",
    "bedrock-agentcore-control create-memory": "notes_keyed-0123456789\n",
    "bedrock-agentcore-control get-agent-runtime": json.dumps(PRESENT_RUNTIME) + "\n",
    "bedrock-agentcore-control get-gateway": json.dumps(PRESENT_GATEWAY) + "\n",
}


@pytest.fixture(scope="module")
def newest_cli() -> CliProof:
    """The AWS CLI with the members that a CLI of today knows and the pinned one does not."""
    from remediation.cli_proof import CliProof

    proof = CliProof()
    proof._loader.search_paths.insert(0, str(MODELS))
    return proof


def request_for(memory: dict[str, Any]) -> dict[str, Any]:
    """Return what the script reads of a memory: the request for another one, without name and key."""
    request: dict[str, Any] = {"eventExpiryDuration": max(memory["event_expiry_days"], 7)}
    if memory["execution_role_arn"]:
        request["memoryExecutionRoleArn"] = memory["execution_role_arn"]
    if memory["strategies"]:
        request["memoryStrategies"] = memory["strategies"]
    return request


def answers_of(finding: Finding) -> dict[str, str]:
    """Return what AWS answers to a finding's script when nothing has changed since the scan."""
    answers = dict(ANSWERS)
    if finding.check_id == "aws-cfg-001":
        answers["configservice describe-configuration-recorders"] = "none\n"
        answers["configservice describe-delivery-channels"] = "0\n"
    elif finding.check_id == "aws-agc-004":
        answers["bedrock-agentcore-control get-memory"] = json.dumps(request_for(finding.evidence)) + "\n"
    elif finding.check_id == "aws-bedrock-001":
        config = {**finding.evidence["logging_config"], "textDataDeliveryEnabled": True}
        answers["bedrock get-model-invocation-logging-configuration"] = json.dumps(config) + "\n"
    elif "channel" in finding.evidence:
        members = {"deliveryFrequency": "-", **finding.evidence["channel"]}
        members |= members.get("configSnapshotDeliveryProperties", {})
        names = ("name", "s3BucketName", "s3KeyPrefix", "s3KmsKeyArn", "snsTopicARN", "deliveryFrequency")
        words = [members.get(name, "-") for name in names]
        answers["configservice describe-delivery-channels"] = (
            "|".join(words) + "\n" if finding.evidence["channel"] else "none\n"
        )
    return answers


FIXES = OrdinaryFixes(ORDINARY)


def proved(proof: CliProof, finding: Finding) -> Proof:
    FIXES.check_scripts()
    return proof.prove(render(finding).cli, INPUTS, answers_of(finding), ("prod",), finding.check_id)


def parameters(proof: CliProof, finding: Finding, operation: str) -> dict[str, Any]:
    proved_ = proved(proof, finding)
    assert proved_.faults == []
    [call] = [call for call in proved_.calls if call.operation.endswith(f":{operation}")]
    return call.parameters


@pytest.mark.parametrize("name", ORDINARY)
def test_the_script_is_right(newest_cli: CliProof, name: str) -> None:
    assert render(ORDINARY[name]).cli
    assert proved(newest_cli, ORDINARY[name]).faults == []


@pytest.mark.parametrize("name", sorted(ORDINARY.keys() - WITHOUT_TERRAFORM))
def test_the_terraform_file_is_right(terraform_proof: TerraformProof, name: str) -> None:
    text = render(ORDINARY[name]).terraform
    assert text
    assert static_faults(text) == []
    assert terraform_proof.faults(text, FIXES.files) == []
    assert terraform_proof.formatted(text, FIXES.files) == text


@pytest.mark.long
def test_a_hostile_name_stays_a_name(newest_cli: CliProof, terraform_proof: TerraformProof) -> None:
    fixes = {name: [(finding, render(finding)) for finding in hostile(name)] for name in HOSTILE}
    remediations = [remediation for row in fixes.values() for _, remediation in row]
    look_at_syntax(remediation.cli for remediation in remediations)
    files = [remediation.terraform for remediation in remediations if remediation.terraform]
    # AWS allows no such names; nothing but its own rules for them may complain.
    refused = ("does not match", "is not within", "Invalid length", "not one of the values")
    with each_row() as row:
        for name in HOSTILE:
            with row(name):
                for finding, remediation in fixes[name]:
                    if not remediation.cli:
                        assert "No text that is safe" in remediation.note
                    proof = newest_cli.prove(remediation.cli, INPUTS, answers_of(finding), ("prod",))
                    assert [
                        fault for fault in proof.faults if not any(words in fault for words in refused)
                    ] == []
                    if text := remediation.terraform:
                        assert static_faults(text) == []
                        assert terraform_proof.formatted(text, files) == text


def test_a_recorder_keeps_its_role_its_frequency_and_what_iam_it_left_out(newest_cli: CliProof) -> None:
    finding = ORDINARY["volumes left out"]
    request = parameters(newest_cli, finding, "PutConfigurationRecorder")["ConfigurationRecorder"]
    assert request == {
        "name": "default",
        "roleARN": ROLE,
        "recordingGroup": KEPT_OUT,
        "recordingMode": MODE,
    }


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        (
            "no key",
            {
                "s3KmsKeyArn": KEY,
                "configSnapshotDeliveryProperties": {"deliveryFrequency": "Six_Hours"},
            },
        ),
        (
            "seldom",
            {
                "s3KmsKeyArn": KEY,
                "configSnapshotDeliveryProperties": {"deliveryFrequency": "Three_Hours"},
            },
        ),
    ],
)
def test_a_delivery_channel_keeps_its_prefix_and_its_topic(
    newest_cli: CliProof, name: str, changed: dict[str, Any]
) -> None:
    request = parameters(newest_cli, ORDINARY[name], "PutDeliveryChannel")["DeliveryChannel"]
    assert request == {**CHANNEL, **changed}


def test_a_recorder_that_fails_or_cannot_start_gets_words_instead() -> None:
    failing = {**STOPPED, "recording": True, "last_error_code": "AccessDenied"}
    for evidence, words in (
        (failing, "AccessDenied: no message"),
        ({**STOPPED, "has_delivery_channel": False}, "aws-cfg-004"),
    ):
        remediation = render(cfg(2, evidence))
        assert (remediation.cli, remediation.terraform) == ("", "")
        assert words in remediation.note


def test_the_logging_of_bedrock_keeps_its_destinations(newest_cli: CliProof) -> None:
    finding = ORDINARY["text left out"]
    request = parameters(newest_cli, finding, "PutModelInvocationLoggingConfiguration")["loggingConfig"]
    assert request == {**finding.evidence["logging_config"], "textDataDeliveryEnabled": True}


def test_findings_are_archived_only_when_they_are_named(newest_cli: CliProof) -> None:
    script = render(ORDINARY["old findings"]).cli
    named = newest_cli.prove(script, INPUTS, ANSWERS, ("prod",))
    assert named.calls[-1].operation == "guardduty:ArchiveFindings"
    assert named.calls[-1].parameters["FindingIds"] == ["a1", "b2"]
    unnamed = newest_cli.prove(script, {}, ANSWERS, ("prod",))
    assert unnamed.faults == []
    assert [call.operation.partition(":")[2] for call in unnamed.calls] == ["GetFindings"]
    assert "Nothing was changed" in unnamed.output


def test_the_web_acl_that_is_there_is_used(newest_cli: CliProof) -> None:
    proof = proved(newest_cli, ORDINARY["a web acl"])
    assert [call.operation for call in proof.calls] == ["wafv2:GetWebACLForResource", "wafv2:AssociateWebACL"]
    assert proof.calls[0].parameters["ResourceArn"] == ELB


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("old metadata", {"metadataConfiguration": {"requireMMDSV2": True}}),
        (
            "public runtime with MMDSv2",
            {
                "metadataConfiguration": {"requireMMDSV2": True},
                "networkConfiguration": {
                    "networkMode": "VPC",
                    "networkModeConfig": {
                        "subnets": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
                        "securityGroups": ["sg-0123456789abcdef0"],
                    },
                },
            },
        ),
    ],
)
def test_a_runtime_keeps_everything_else(newest_cli: CliProof, name: str, changed: dict[str, Any]) -> None:
    request = parameters(newest_cli, ORDINARY[name], "UpdateAgentRuntime")
    request.pop("clientToken", None)
    assert request == {**PRESENT_RUNTIME, **changed}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("open gateway", {"authorizerType": "AWS_IAM"}),
        ("open gateway with policies", {"policyEngineConfiguration": {"arn": ENGINE, "mode": "ENFORCE"}}),
        ("no policy engine", {"policyEngineConfiguration": {"arn": ENGINE, "mode": "ENFORCE"}}),
        ("logged policies", {"policyEngineConfiguration": {"arn": ENGINE, "mode": "ENFORCE"}}),
    ],
)
def test_a_gateway_keeps_everything_else(newest_cli: CliProof, name: str, changed: dict[str, Any]) -> None:
    request = parameters(newest_cli, ORDINARY[name], "UpdateGateway")
    assert request == {**PRESENT_GATEWAY, **changed}


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("old metadata", {**PRESENT_RUNTIME, "agentRuntimeVersion": "3", "status": "READY"}),
        ("public runtime", {**PRESENT_RUNTIME, "createdAt": "2025-01-01", "metadataConfiguration": None}),
        ("open gateway", {**PRESENT_GATEWAY, "gatewayId": GATEWAY["gateway_id"], "gatewayUrl": "https://x"}),
    ],
)
def test_what_is_read_is_what_is_sent_back(
    newest_cli: CliProof, name: str, described: dict[str, Any]
) -> None:
    [query] = [
        word.removeprefix("--query=")
        for words in proved(newest_cli, ORDINARY[name]).arguments
        if words[1].startswith("get-")
        for word in words
        if word.startswith("--query=") and "merge(" in word
    ]
    present = PRESENT_GATEWAY if "gateway" in name else PRESENT_RUNTIME
    assert jmespath.search(query, described) == present


@pytest.mark.parametrize(
    "name", ["old metadata", "public runtime with MMDSv2", "logged policies", "open gateway with policies"]
)
def test_an_older_cli_stops_before_anything_is_changed(cli_proof: CliProof, name: str) -> None:
    proof = proved(cli_proof, ORDINARY[name])
    assert any("exit code" in fault for fault in proof.faults)
    assert not [call for call in proof.calls if ":Update" in call.operation]


def test_a_memory_is_made_anew_with_its_built_in_strategies(newest_cli: CliProof) -> None:
    created = parameters(newest_cli, ORDINARY["remembering memory"], "CreateMemory")
    created.pop("clientToken", None)
    assert created == {
        "name": "n" * 42 + "_keyed",
        "eventExpiryDuration": 7,
        "memoryExecutionRoleArn": ROLE,
        "memoryStrategies": REMEMBERING["strategies"],
        "encryptionKeyArn": KEY,
    }
    assert "own" in render(ORDINARY["remembering memory"]).note


def test_a_runtime_without_a_container_has_no_terraform() -> None:
    remediation = render(agc(2, {**RUNTIME, "container_uri": ""}, "planner"))
    assert remediation.cli
    assert remediation.terraform == ""
    assert "does not run a container image" in remediation.note


def test_terraform_lists_every_scan_type_that_is_on_so_that_none_is_disabled() -> None:
    text = render(ORDINARY["half scanned"]).terraform
    for word in ("EC2", "ECR", "LAMBDA", "LAMBDA_CODE", "CODE_REPOSITORY"):
        assert f'"{word}"' in text
    images = finding_of("aws-inspector-001", {**SCANS, "on_besides": ["AMI"]})
    assert render(images).terraform == ""
    assert "machine images" in render(images).note


@pytest.mark.parametrize(("answer", "types"), [("yes", ["EC2", "ECR", "LAMBDA"]), ("no", ["EC2", "LAMBDA"])])
def test_the_scanner_of_the_registry_is_a_choice_of_its_own(
    newest_cli: CliProof, answer: str, types: list[str]
) -> None:
    script = render(ORDINARY["not scanned"]).cli
    proof = newest_cli.prove(script, {"SCAN_ECR_IMAGES": answer}, ANSWERS, ("prod",))
    assert [call.parameters["resourceTypes"] for call in proof.calls] == [types]
    only = newest_cli.prove(
        render(ORDINARY["images not scanned"]).cli, {"SCAN_ECR_IMAGES": answer}, {}, ("prod",)
    )
    assert len(only.calls) == (1 if answer == "yes" else 0)


def test_an_account_that_inspector_refuses_is_no_success(newest_cli: CliProof) -> None:
    refused = {"inspector2 enable": "ACCESS_DENIED\tThe organization decides\n"}
    proof = newest_cli.prove(render(ORDINARY["half scanned"]).cli, {}, refused, ("prod",))
    assert "the script ends with exit code 1" in proof.faults
    assert "stderr: ACCESS_DENIED\tThe organization decides" in proof.faults


@pytest.mark.parametrize(
    ("name", "policy", "words"),
    [
        ("no key and a service-linked role", f'{{"AWS": "{ROLE}"}}', '"Service": "config.amazonaws.com"'),
        ("no key and a service-linked role", f'{{"AWS": "{ROLE}"}}', f'"aws:SourceAccount": "{ACCOUNT}"'),
        ("no key", '{"Service": "logs.amazonaws.com"}', f'"AWS": "{ROLE}"'),
    ],
)
def test_a_key_that_keeps_aws_config_out_changes_nothing(
    newest_cli: CliProof, name: str, policy: str, words: str
) -> None:
    finding = ORDINARY[name]
    answers = {**answers_of(finding), "kms get-key-policy": policy + "\n"}
    proof = newest_cli.prove(render(finding).cli, INPUTS, answers, ("prod",))
    assert "the script ends with exit code 1" in proof.faults
    assert words in proof.output
    assert "config:PutDeliveryChannel" not in [call.operation for call in proof.calls]


def test_a_channel_that_is_not_as_it_was_scanned_is_left_alone(newest_cli: CliProof) -> None:
    for name in ("no key", "seldom", "bucket gone", "no channel"):
        changed = {**ANSWERS, "configservice describe-delivery-channels": "main|another|-|-|-|Six_Hours\n"}
        proof = newest_cli.prove(render(ORDINARY[name]).cli, INPUTS, changed, ("prod",))
        assert "differs from the scanned one" in proof.output
        assert "config:PutDeliveryChannel" not in [call.operation for call in proof.calls]


def test_a_second_run_leaves_the_recorder_of_the_first_and_goes_on(newest_cli: CliProof) -> None:
    finding = ORDINARY["no recorder"]
    answers = {**answers_of(finding), "configservice describe-configuration-recorders": "mine\n"}
    proof = newest_cli.prove(render(finding).cli, INPUTS, answers, ("prod",))
    writes = [call for call in proof.calls if not call.operation.startswith("config:Describe")]
    assert [call.operation for call in writes] == [
        "config:PutDeliveryChannel",
        "config:StartConfigurationRecorder",
    ]
    assert writes[-1].parameters == {"ConfigurationRecorderName": "mine"}


def test_a_web_acl_that_is_there_by_now_is_not_replaced(newest_cli: CliProof) -> None:
    answers = {**ANSWERS, "wafv2 get-web-acl-for-resource": "arn:aws:wafv2:x\n"}
    for name in ("one entrance", "a web acl"):
        proof = newest_cli.prove(render(ORDINARY[name]).cli, INPUTS, answers, ("prod",))
        assert [call.operation for call in proof.calls] == ["wafv2:GetWebACLForResource"]
        assert "would replace" in proof.output


def test_a_second_run_uses_the_web_acl_of_the_first(newest_cli: CliProof) -> None:
    answers = {**ANSWERS, "wafv2 list-web-acls": f"{ACL}\n"}
    proof = newest_cli.prove(render(ORDINARY["one entrance"]).cli, INPUTS, answers, ("prod",))
    assert proof.faults == []
    assert "wafv2:CreateWebACL" not in [call.operation for call in proof.calls]
    assert proof.calls[-1].parameters == {"WebACLArn": ACL, "ResourceArn": ELB}


UNAVAILABLE = """
case "$2" in associate-web-acl)
  if [ ! -e "$RECORDED/again" ]; then
    : >"$RECORDED/again"
    printf 'An error occurred (%s) when calling AssociateWebACL\\n' "$CODE" >&2
    exit 254
  fi
esac
"""


@pytest.mark.parametrize(
    ("code", "exit_code", "tries"),
    [("WAFUnavailableEntityException", 0, 2), ("WAFInvalidParameterException", 1, 1)],
)
def test_a_web_acl_that_is_not_everywhere_yet_is_associated_later(
    tmp_path: Path, code: str, exit_code: int, tries: int
) -> None:
    sandbox = Sandbox(tmp_path, ANSWERS)
    sandbox.recorder = sandbox.recorder.replace("[ -e", UNAVAILABLE + "\n[ -e", 1)
    ran = sandbox.run(render(ORDINARY["one entrance"]).cli, {**INPUTS, "CODE": code})
    assert ran.code == exit_code
    assert [call[1] for call in ran.calls].count("associate-web-acl") == tries


def test_security_hub_gets_the_newest_benchmark_that_the_region_offers(newest_cli: CliProof) -> None:
    request = parameters(newest_cli, ORDINARY["no hub"], "BatchEnableStandards")
    arns = [each["StandardsArn"] for each in request["StandardsSubscriptionRequests"]]
    assert arns == [f"{HUB['standards_prefix']}/aws-foundational-security-best-practices/v/1.0.0", CIS]


def test_the_newest_benchmark_is_the_one_of_the_highest_numbers(newest_cli: CliProof) -> None:
    prefix = CIS.removesuffix("5.0.0")
    rows = [
        (["3.0.0", "10.0.0", "5.0.0"], "10.0.0"),
        (["5.2.0", "5.10.0", "5.9.3"], "5.10.0"),
        (["5.0.9", "5.0.11", "5.0.2"], "5.0.11"),
        (["1.4.0"], "1.4.0"),
        ([], ""),
    ]
    with each_row() as row:
        for offered, newest in rows:
            with row(offered):
                lines = "".join(f"{prefix}{version}\n" for version in offered)
                answers = {**ANSWERS, "securityhub describe-standards": lines}
                proof = newest_cli.prove(render(ORDINARY["no hub"]).cli, INPUTS, answers, ("prod",))
                assert proof.faults == []
                [*_, last] = proof.calls
                chosen = [each["StandardsArn"] for each in last.parameters["StandardsSubscriptionRequests"]]
                assert chosen[1:] == ([f"{prefix}{newest}"] if newest else [])


def test_a_second_run_enables_only_the_standards(newest_cli: CliProof) -> None:
    answers = {**ANSWERS, "securityhub describe-hub": "arn:aws:securityhub:eu-central-1:1:hub/default\n"}
    proof = newest_cli.prove(render(ORDINARY["no hub"]).cli, INPUTS, answers, ("prod",))
    assert proof.faults == []
    operations = [call.operation for call in proof.calls]
    assert "securityhub:EnableSecurityHub" not in operations
    assert operations[-1] == "securityhub:BatchEnableStandards"


def test_a_setting_that_the_cli_does_not_know_stops_the_script_with_its_name(newest_cli: CliProof) -> None:
    config = {**LOGGED["logging_config"], "audioDataDeliveryEnabled": True}
    finding = finding_of("aws-bedrock-001", {**LOGGED, "logging_config": config})
    old = {"bedrock get-model-invocation-logging-configuration": json.dumps(LOGGED["logging_config"]) + "\n"}
    proof = newest_cli.prove(render(finding).cli, INPUTS, old, ("prod",))
    assert "audioDataDeliveryEnabled" in proof.output
    assert [call.operation for call in proof.calls] == ["bedrock:GetModelInvocationLoggingConfiguration"]
    request = parameters(newest_cli, finding, "PutModelInvocationLoggingConfiguration")
    assert request == {"loggingConfig": {**config, "textDataDeliveryEnabled": True}}
    assert render(finding).terraform == ""
    assert "audio" in render(finding).note


def test_a_second_run_goes_on_with_the_guardrail_of_the_first(newest_cli: CliProof) -> None:
    answers = {**ANSWERS, "bedrock list-guardrails": "0\n"}
    proof = newest_cli.prove(render(ORDINARY["no guardrail"]).cli, INPUTS, answers, ("prod",))
    assert proof.faults == []
    operations = [call.operation.partition(":")[2] for call in proof.calls]
    assert "CreateGuardrail" not in operations
    assert operations[-1] == "CreateGuardrailVersion"


def test_a_guardrail_that_failed_keeps_its_name(newest_cli: CliProof) -> None:
    broken = finding_of(
        "aws-bedrock-002", {"guardrails": [{"id": "a", "name": "baseline", "status": "FAILED"}]}
    )
    assert parameters(newest_cli, broken, "CreateGuardrail")["name"] == "baseline-2"


def test_everything_of_a_memory_comes_over_but_prompts(newest_cli: CliProof) -> None:
    schema = {"metadataSchema": [{"key": "topic", "type": "STRING"}]}
    stream = {"resources": [{"kinesis": {"dataStreamArn": "arn:x", "contentConfigurations": []}}]}
    keys = {"indexedKeys": [{"key": "topic", "type": "STRING"}], "namespaceKeys": [{"key": "actorId"}]}
    described = {
        "id": "notes-0123456789",
        "description": "of a shop",
        "eventExpiryDuration": 3,
        "status": "ACTIVE",
        **keys,
        "streamDeliveryResources": stream,
        "strategies": [
            {
                "name": "facts",
                "type": "SEMANTIC",
                "namespaces": ["/old"],
                "namespaceTemplates": ["/facts/{actorId}"],
                "recordExpiryDurationDays": 90,
                "memoryRecordSchema": schema,
            },
            {
                "name": "scenes",
                "type": "EPISODIC",
                "namespaces": ["/scenes"],
                "configuration": {
                    "reflection": {"episodicReflectionConfiguration": {"namespaceTemplates": ["/r"]}}
                },
            },
            {"name": "own", "type": "CUSTOM", "configuration": {"type": "SEMANTIC_OVERRIDE"}},
        ],
    }
    [query] = [
        word.removeprefix("--query=")
        for words in proved(newest_cli, ORDINARY["memory"]).arguments
        if words[1] == "get-memory"
        for word in words
        if word.startswith("--query=") and "merge(" in word
    ]
    assert jmespath.search(query, {"memory": described}) == {
        "description": "of a shop",
        "eventExpiryDuration": 7,
        **keys,
        "streamDeliveryResources": stream,
        "memoryStrategies": [
            {
                "semanticMemoryStrategy": {
                    "name": "facts",
                    "namespaceTemplates": ["/facts/{actorId}"],
                    "memoryRecordSchema": schema,
                    "recordExpirySpecification": {"recordExpiryDurationDays": 90},
                }
            },
            {
                "episodicMemoryStrategy": {
                    "name": "scenes",
                    "namespaces": ["/scenes"],
                    "reflectionConfiguration": {"namespaceTemplates": ["/r"]},
                }
            },
        ],
    }
    plain = {"id": "a", "eventExpiryDuration": 30, "strategies": []}
    assert jmespath.search(query, {"memory": plain}) == {"eventExpiryDuration": 30}


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("memory", "indexedKeys"),
        ("old metadata", "resourceConfigurations"),
        ("open gateway", "wafConfiguration"),
    ],
)
def test_a_setting_that_is_not_read_again_stops_the_script(
    newest_cli: CliProof, name: str, member: str
) -> None:
    finding = ORDINARY[name]
    carried = finding_of(finding.check_id, {**finding.evidence, "carried": [member]}, resource_name="x")
    proof = newest_cli.prove(render(carried).cli, INPUTS, answers_of(finding), ("prod",))
    assert f"the setting {member} is gone" in proof.output
    assert not [call for call in proof.calls if ":Update" in call.operation or ":Create" in call.operation]


def test_terraform_does_not_reset_what_it_cannot_express() -> None:
    for name, member in (("public runtime", "metadataConfiguration"), ("no policy engine", "domainOverride")):
        finding = ORDINARY[name]
        fix = render(
            finding_of(finding.check_id, {**finding.evidence, "settings": [member], "not_carried": []})
        )
        assert fix.cli
        assert fix.terraform == ""
        assert member in fix.note


@pytest.mark.parametrize(
    ("name", "command", "status"),
    [
        ("interpreter", "get-code-interpreter", "CREATE_FAILED\tNone"),
        ("memory", "get-memory", "FAILED\tThe key cannot be used"),
        ("public runtime", "get-agent-runtime", 'UPDATE_FAILED "networkMode": "VPC"'),
        ("open gateway", "get-gateway", 'UPDATE_UNSUCCESSFUL "wafConfiguration"'),
    ],
)
def test_what_aws_does_not_finish_is_no_success(tmp_path: Path, name: str, command: str, status: str) -> None:
    # Whatever is asked of the resource is answered with this, so that no setting is missing.
    finding = finding_of(ORDINARY[name].check_id, {**ORDINARY[name].evidence, "carried": []})
    answers = {**answers_of(finding), f"bedrock-agentcore-control {command}": f"{status}\n"}
    ran = Sandbox(tmp_path / "x", answers).run(render(finding).cli, INPUTS)
    assert ran.code == 1, ran.output
    assert status in ran.errors


def test_a_second_run_makes_no_second_memory(newest_cli: CliProof) -> None:
    finding = ORDINARY["memory"]
    answers = {**answers_of(finding), "bedrock-agentcore-control list-memories": "notes_keyed-0123456789\n"}
    proof = newest_cli.prove(render(finding).cli, INPUTS, answers, ("prod",))
    assert proof.faults == []
    assert "CreateMemory" not in [call.operation.partition(":")[2] for call in proof.calls]


def test_a_bedrock_key_in_the_environment_signs_no_command(aws: AwsStub, quick: Path) -> None:
    """The key may belong to another account than the credentials that the script checks."""
    heads: list[bytes] = []

    async def record(exchange: Exchange) -> bool:
        heads.append(exchange.request.head)
        exchange.writer.write((await exchange.ask_aws(exchange.request)).bytes())
        await exchange.writer.drain()
        return True

    finding = msgspec.structs.replace(ORDINARY["text left out"], profile="environment")
    logging = {"loggingConfig": LOGGED["logging_config"]}
    aws.answer("bedrock", "GetModelInvocationLoggingConfiguration", logging)
    aws.answer("bedrock", "PutModelInvocationLoggingConfiguration", {})
    with faulty(aws.url) as proxy:
        proxy.deal(record)
        run = subprocess.run(
            ["bash", "-c", render(finding).cli],
            env={
                **environment_of(aws),
                "AWS_ENDPOINT_URL": proxy.url,
                "AWS_BEARER_TOKEN_BEDROCK": "key-of-another-account",
                "PATH": f"{quick}:{os.environ['PATH']}",
            },
            capture_output=True,
            check=False,
        )
    assert (run.returncode, run.stderr) == (0, b"")
    assert aws.requests("PutModelInvocationLoggingConfiguration")
    assert all(b"\nAuthorization: AWS4-HMAC-SHA256 " in head for head in heads)
