"""Every remediation is proved: the scripts by bash and the AWS CLI, the files by Terraform."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Resource, Status
from cloud_audit_tui.remediation.render import render
from remediation.findings_to_fix import (
    ACCOUNT,
    HOSTILE,
    INPUTS,
    ISOLATED,
    LONG,
    NOTEBOOK_REQUEST,
    ORDINARY,
    REGION,
    ROLE,
    SERVERLESS,
    SHADOW,
    VARIANT,
    endpoint,
    finding_of,
    internet_access,
    root_access,
)
from remediation.ordinary_fixes import OrdinaryFixes
from remediation.shell_run import Sandbox
from remediation.terraform_proof import parsed, static_faults, string_value
from reports.made_report import finding_of as reported

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

WITH_TERRAFORM = [name for name in ORDINARY if name != "failed notebook"]
ANSWERS = {"sts get-caller-identity": f"{ACCOUNT}\n"}


def as_scanned(finding: Finding) -> dict[str, str]:
    """Return the answers of an AWS that is as at the scan."""
    evidence = finding.evidence
    return {
        **ANSWERS,
        "sagemaker describe-endpoint": evidence.get("endpoint_config_name", ""),
        "sagemaker describe-notebook-instance": f"{evidence.get('status')}\t{evidence.get('root_access')}",
    }


FIXES = OrdinaryFixes(ORDINARY)


def proved(cli_proof: CliProof, finding: Finding) -> Proof:
    FIXES.check_scripts()
    return cli_proof.prove(render(finding).cli, INPUTS, as_scanned(finding), ("prod",), finding.check_id)


def operations(proof: Proof) -> list[str]:
    return [call.operation.removeprefix("sagemaker:") for call in proof.calls]


def call_of(proof: Proof, operation: str) -> dict[str, Any]:
    """Return the parameters of the only call of an operation."""
    (parameters,) = [call.parameters for call in proof.calls if call.operation == f"sagemaker:{operation}"]
    return parameters


@pytest.mark.parametrize("name", ORDINARY)
def test_the_script_is_right(cli_proof: CliProof, name: str) -> None:
    assert proved(cli_proof, ORDINARY[name]).faults == []


@pytest.mark.parametrize("name", WITH_TERRAFORM)
def test_the_terraform_file_is_right(name: str) -> None:
    text = render(ORDINARY[name]).terraform
    assert text
    assert static_faults(text) == []


@pytest.mark.parametrize("name", WITH_TERRAFORM)
def test_terraform_takes_the_file_as_it_is(terraform_proof: TerraformProof, name: str) -> None:
    text = render(ORDINARY[name]).terraform
    assert terraform_proof.faults(text, FIXES.files) == []
    assert terraform_proof.formatted(text, FIXES.files) == text


@pytest.mark.parametrize("request_", [SERVERLESS, SHADOW, ISOLATED])
def test_an_endpoint_keeps_its_settings_and_gets_the_key(
    cli_proof: CliProof, request_: dict[str, Any]
) -> None:
    proof = proved(cli_proof, endpoint(request_, has_deployment_config=True))
    assert operations(proof) == [
        "DescribeEndpoint",
        "DescribeEndpointConfig",
        "CreateEndpointConfig",
        "DescribeEndpoint",
        "UpdateEndpoint",
        "DescribeEndpoint",
        "DescribeEndpoint",
    ]
    created, updated = call_of(proof, "CreateEndpointConfig"), call_of(proof, "UpdateEndpoint")
    name = created["EndpointConfigName"]
    assert name == "churn-prod-config-with-key"
    assert created == {
        **request_,
        "EndpointConfigName": name,
        "KmsKeyId": INPUTS["KMS_KEY_ID"],
        "Tags": [{"Key": "team", "Value": "ml"}],
    }
    assert updated == {
        "EndpointName": "churn-prod",
        "EndpointConfigName": name,
        "RetainAllVariantProperties": True,
        "RetainDeploymentConfig": True,
    }


def test_an_endpoint_that_has_moved_since_the_scan_is_left_alone(tmp_path: Path) -> None:
    ran = Sandbox(tmp_path / "x", {"sagemaker describe-endpoint": "of-another-hand\n"}).run(
        render(endpoint()).cli, INPUTS
    )
    assert ran.code == 1
    assert "uses another configuration" in ran.output
    assert "update-endpoint" not in [words[1] for words in ran.calls]


def test_an_endpoint_without_a_deployment_config_asks_for_none(cli_proof: CliProof) -> None:
    assert "RetainDeploymentConfig" not in call_of(proved(cli_proof, endpoint()), "UpdateEndpoint")


def test_a_new_name_is_as_long_as_aws_allows(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, endpoint(name=LONG, endpoint_config_name=LONG))
    assert len(call_of(proof, "CreateEndpointConfig")["EndpointConfigName"]) <= 63


def test_a_second_run_finds_what_the_first_made(tmp_path: Path) -> None:
    sandbox, script = Sandbox(tmp_path / "x", ANSWERS), render(endpoint()).cli
    assert sandbox.run(script, INPUTS).code == 0
    again = sandbox.run(script, INPUTS)
    assert (again.code, again.errors) == (0, "")
    assert [words[1] for words in again.calls].count("create-endpoint-config") == 1
    assert [words[1] for words in again.calls].count("update-endpoint") == 1


def test_a_configuration_of_the_new_name_with_another_key_is_left_alone(tmp_path: Path) -> None:
    sandbox, script = Sandbox(tmp_path / "x", ANSWERS), render(endpoint()).cli
    assert sandbox.run(script, INPUTS).code == 0
    other = sandbox.run(
        script, {**INPUTS, "KMS_KEY_ID": INPUTS["KMS_KEY_ID"].replace("1234abcd", "ffffffff")}
    )
    assert other.code == 1
    assert "has another key" in other.output
    assert [words[1] for words in other.calls].count("create-endpoint-config") == 1


def test_an_endpoint_that_is_updating_is_waited_for(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, endpoint(endpoint_status="Updating"))
    assert operations(proof)[:3] == ["DescribeEndpoint", "DescribeEndpointConfig", "CreateEndpointConfig"]
    assert proof.arguments[0][:3] == ["sagemaker", "wait", "endpoint-in-service"]


def test_an_update_that_aws_rolled_back_is_no_success(tmp_path: Path) -> None:
    answers = {"sagemaker update-endpoint": ""}
    ran = Sandbox(tmp_path / "x", answers).run(render(endpoint()).cli, INPUTS)
    assert ran.code == 1
    assert "rolled the update back" in ran.output
    assert "delete-endpoint-config" not in ran.output


def test_local_storage_beside_other_storage_leaves_nothing_to_run() -> None:
    fix = render(endpoint(local_storage_variants=["gpu", "gpu-2"]))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "gpu, gpu-2" in fix.note
    assert "without local storage" in fix.note


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed", "Failed", "Deleting", ""])
def test_no_update_is_advised_that_aws_would_refuse(status: str) -> None:
    fix = render(endpoint(endpoint_status=status))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "InService" in fix.note


def test_tags_that_could_not_be_read_are_mentioned(cli_proof: CliProof) -> None:
    for finding in (endpoint(tags=None), internet_access(tags=None)):
        proof = proved(cli_proof, finding)
        assert "could not be read" in proof.output
        (request,) = [call.parameters for call in proof.calls if ":Create" in call.operation]
        assert "Tags" not in request
        assert "could not be read" in render(finding).note


def test_what_terraform_cannot_say_is_named_and_never_dropped() -> None:
    fix = render(endpoint(ISOLATED))
    for setting in ("ExplainerConfig", "VpcConfig", "EnableNetworkIsolation"):
        assert setting in fix.note
    assert "aws_sagemaker_endpoint_configuration" not in fix.terraform
    assert "var.endpoint_config_name" in fix.terraform
    shadow = {**VARIANT, "CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/x"}}
    dumped = render(endpoint({"ProductionVariants": [VARIANT], "ShadowProductionVariants": [shadow]}))
    assert "ShadowProductionVariants.CoreDumpConfig without KmsKeyId" in dumped.note
    later = render(endpoint({"ProductionVariants": [{**VARIANT, "Quantum": {"On": True}}]}))
    assert "ProductionVariants.Quantum" in later.note
    dual = render(internet_access({**NOTEBOOK_REQUEST, "IpAddressType": "dualstack"}))
    assert "IpAddressType" in dual.note


STOP, START, UPDATE = "StopNotebookInstance", "StartNotebookInstance", "UpdateNotebookInstance"


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("InService", [STOP, UPDATE, START]),
        ("Pending", [STOP, UPDATE, START]),
        ("Stopped", [UPDATE]),
        ("Stopping", [UPDATE]),
        ("Updating", [UPDATE]),
        ("Failed", [START, STOP, UPDATE]),
    ],
)
def test_a_notebook_is_changed_while_it_is_stopped(
    cli_proof: CliProof, status: str, changes: list[str]
) -> None:
    proof = proved(cli_proof, root_access(status=status))
    assert proof.faults == []
    assert [name for name in operations(proof) if name != "DescribeNotebookInstance"] == changes
    update = next(call for call in proof.calls if call.operation.endswith(UPDATE))
    assert update.parameters == {"NotebookInstanceName": "lab", "RootAccess": "Disabled"}
    waits = [words[2] for words in proof.arguments if words[1] == "wait"]
    before = {"Pending": ["notebook-instance-in-service"], "Failed": ["notebook-instance-in-service"]}
    assert waits[0] == before.get(status, ["notebook-instance-stopped"])[0]


def test_a_notebook_that_is_being_deleted_is_left_alone() -> None:
    fix = render(root_access(status="Deleting"))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "Deleting" in fix.note


def test_a_second_notebook_has_the_settings_of_the_first(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, internet_access())
    created = call_of(proof, "CreateNotebookInstance")
    assert created.pop("NotebookInstanceName") == "lab-in-vpc"
    # IPv4 is what AWS takes anyway, and older versions of the CLI have no option for it.
    assert created == {
        **{member: value for member, value in NOTEBOOK_REQUEST.items() if member != "IpAddressType"},
        "DirectInternetAccess": "Disabled",
        "SubnetId": "subnet-0aa",
        "SecurityGroupIds": ["sg-0bb", "sg-0cc"],
        "Tags": [{"Key": "team", "Value": "ml"}],
    }
    assert "delete-notebook-instance" in proof.output
    assert not any("delete" in words[1] for words in proof.arguments)


def test_a_notebook_without_a_vpc_asks_for_a_subnet(cli_proof: CliProof) -> None:
    finding = internet_access(subnet_id="", security_groups=[])
    assert [entry.variable for entry in render(finding).inputs()] == ["SUBNET_ID", "SECURITY_GROUP_IDS"]
    created = call_of(proved(cli_proof, finding), "CreateNotebookInstance")
    assert created["SubnetId"] == INPUTS["SUBNET_ID"]
    assert created["SecurityGroupIds"] == json.loads(INPUTS["SECURITY_GROUP_IDS"])


def test_the_key_is_asked_for_with_the_form_of_a_value() -> None:
    (key,) = render(endpoint()).inputs()
    assert key.variable == "KMS_KEY_ID"
    assert key.example.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    (key,) = render(finding_of("aws-sagemaker-003", endpoint().evidence, account_id="$(id)")).inputs()
    assert key.example == ""


# ---------------------------------------------------------------- enemies


def hostile_endpoint(name: str) -> Finding:
    request = {
        "ProductionVariants": [{**VARIANT, "VariantName": name, "ModelName": name}],
        "ExecutionRoleArn": name or ROLE,
        "DataCaptureConfig": {
            "InitialSamplingPercentage": 1,
            "DestinationS3Uri": name or "s3://x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    }
    tags = [{"Key": name or "k", "Value": name}]
    return endpoint(request, name=name, endpoint_config_name=name, tags=tags, profile=name)


@pytest.mark.proof
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_an_argument_and_nothing_else(tmp_path: Path, name: str) -> None:
    script = render(hostile_endpoint(name), {"AWS_CONFIG_FILE": name}).cli
    ran = Sandbox(tmp_path / "x", {**ANSWERS, "sagemaker describe-endpoint": name}).run(script, INPUTS)
    assert (ran.errors, ran.strays) == ("", [])
    calls = [words for words in ran.calls if words[0] == "sagemaker"]
    assert [words[1] for words in calls] == [
        "wait",
        "describe-endpoint-config",
        "create-endpoint-config",
        "describe-endpoint",
        "update-endpoint",
        "wait",
        "describe-endpoint",
    ]
    create, update = (
        {word.split("=", 1)[0]: word.split("=", 1)[-1] for word in words} for words in calls[2:5:2]
    )
    evidence = hostile_endpoint(name).evidence
    assert update["--endpoint-name"] == name
    assert create.get("--profile", "") == name
    assert json.loads(create["--production-variants"]) == evidence["create_request"]["ProductionVariants"]
    assert json.loads(create["--data-capture-config"]) == evidence["create_request"]["DataCaptureConfig"]
    assert create["--execution-role-arn"] == evidence["create_request"]["ExecutionRoleArn"]
    assert json.loads(create["--tags"]) == evidence["tags"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.output)


@cache
def hostile_files() -> list[str]:
    """Return the files for all hostile endpoints, which are looked at together."""
    return [render(hostile_endpoint(name)).terraform for name in HOSTILE if name]


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_hostile_name_is_a_string_of_terraform(terraform_proof: TerraformProof, name: str) -> None:
    text = render(hostile_endpoint(name)).terraform
    assert static_faults(text) == []
    assert terraform_proof.faults(text, hostile_files()) == []
    (variant,) = parsed(text)["resource"][0]['"aws_sagemaker_endpoint_configuration"'].popitem()[1][
        "production_variants"
    ]
    assert string_value(variant.get("model_name", '""')) == name


@cache
def hostile_notebooks() -> dict[str, list[Remediation]]:
    """Return the fixes of notebooks by their hostile names."""

    def findings(name: str) -> tuple[Finding, Finding]:
        request = {**NOTEBOOK_REQUEST, "LifecycleConfigName": name, "DefaultCodeRepository": name}
        return (
            root_access(notebook_name=name, lifecycle_config=name),
            internet_access(request, notebook_name=name),
        )

    return {name: [render(finding) for finding in findings(name)] for name in HOSTILE if name}


@pytest.mark.proof
@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_hostile_names_of_notebooks_are_harmless(
    tmp_path: Path, terraform_proof: TerraformProof, name: str
) -> None:
    files = [fix.terraform for fixes in hostile_notebooks().values() for fix in fixes]
    for index, fix in enumerate(hostile_notebooks()[name]):
        ran = Sandbox(tmp_path / str(index)).run(fix.cli, INPUTS)
        assert (ran.code, ran.errors, ran.strays) == (0, "", [])
        assert {words[0] for words in ran.calls} == {"sagemaker"}
        assert terraform_proof.faults(fix.terraform, files) == []


@pytest.mark.parametrize(
    "finding",
    [
        endpoint(name="a\0b"),
        endpoint(name="file:///etc/passwd"),
        endpoint(profile="https://x"),
        root_access(notebook_name="\ud800"),
    ],
)
def test_what_cannot_be_written_safely_is_not_written(finding: Finding) -> None:
    fix = render(finding)
    assert fix.cli == ""
    assert "safe to paste" in fix.note
    assert "\0" not in fix.note


# ---------------------------------------------------------------- what is around


def test_only_what_says_where_aws_is_is_exported() -> None:
    script = render(
        endpoint(),
        {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
            "AWS_ENDPOINT_URL_SAGEMAKER": "http://x/$(id)",
            "AWS_CONFIG_FILE": "/tmp/a b",
            "AWS_SECRET_ACCESS_KEY": "hush",
            "AWS_SESSION_TOKEN": "hush",
            "HOME": "/root",
            "AWS_CONFIG_FILE; id": "x",
        },
    ).cli
    exported = [line for line in script.splitlines() if line.startswith("export ")]
    assert exported == [
        "export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off AWS_CLI_ERROR_FORMAT=legacy",
        "export AWS_CONFIG_FILE='/tmp/a b'",
        "export AWS_ENDPOINT_URL=http://127.0.0.1:5000",
        "export AWS_ENDPOINT_URL_SAGEMAKER='http://x/$(id)'",
    ]
    assert "hush" not in script


@pytest.mark.parametrize("profile", ["default", "environment", "instance role", "", "prod", "it's \x1b[31m"])
def test_nothing_is_changed_in_another_account(tmp_path: Path, profile: str) -> None:
    script = render(endpoint(profile=profile)).cli
    named = [f"--profile={profile}"] if profile in ("prod", "it's \x1b[31m") else []
    assert ("--profile" in script) is bool(named)
    other = Sandbox(tmp_path / "other", ANSWERS, account="999999999999").run(script, INPUTS)
    assert (other.code, other.calls) == (1, [])
    assert [words[3:-2] for words in other.account_checks] == [named]
    assert f"not those of account {ACCOUNT}" in other.errors
    assert "\x1b" not in other.errors
    right = Sandbox(tmp_path / "right", ANSWERS).run(script, INPUTS)
    assert (right.code, right.errors, len(right.account_checks)) == (0, "", 1)
    assert right.calls


def test_every_script_asks_for_the_account_before_anything_else() -> None:
    for finding in ORDINARY.values():
        commands = re.findall(r"aws [a-z0-9-]+ [a-z-]+", render(finding).cli)
        assert commands[0] == "aws sts get-caller-identity"


def test_every_command_names_the_region_and_the_profile() -> None:
    for finding in ORDINARY.values():
        commands = re.findall(r"^\s*(?:\w+=\$\()?(aws .*)$", render(finding).cli, re.MULTILINE)
        assert commands
        assert all(f"--region={REGION}" in command for command in commands)
        if finding.profile == "prod":
            assert all("--profile=prod" in command for command in commands)


def test_nothing_in_a_script_needs_a_setting_of_the_shell() -> None:
    for finding in ORDINARY.values():
        script = render(finding).cli
        assert not set(script) & set("!\t\r\x1b")
        assert not re.search(r"^\s*#", script, re.MULTILINE)
        assert script.startswith("(\nset -euo pipefail\n")
        assert script.endswith("\n)\n")


@pytest.mark.parametrize("status", [Status.PASS, Status.NOT_ASSESSED])
def test_only_what_failed_is_remedied(status: Status) -> None:
    finding = finding_of("aws-sagemaker-003", endpoint().evidence, status=status, reason="Access denied.")
    fix = render(finding)
    assert (fix.cli, fix.terraform) == ("", "")
    assert fix.note
    assert render(finding).inputs() == []


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"endpoint_status": 1},
        {**endpoint().evidence, "create_request": "x"},
        {**endpoint().evidence, "tags": 1},
    ],
)
def test_facts_of_another_form_are_a_note_and_no_crash(evidence: dict[str, Any]) -> None:
    fix = render(finding_of("aws-sagemaker-003", evidence))
    assert fix.terraform == ""
    assert fix.note


def test_an_unknown_check_has_no_remediation() -> None:
    assert render(finding_of("aws-none-001", {})).note == "This version has no remediation for aws-none-001."


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_explanation_is_complete(number: int) -> None:
    from cloud_audit_tui.checks.explanation import explanation, sources

    check_id = f"aws-sagemaker-{number:03}"
    finding = explanation(check_id)
    assert finding.about.id == check_id
    assert len(finding.about.title) <= 60
    assert f"cloud-audit-tui scan --checks {check_id}" in finding.sections["Detection"]
    assert all(address.startswith("https://docs.aws.amazon.com/") for address in finding.references)
    assert len(finding.references) >= 5
    text = sources()[check_id].read_text("utf-8")
    assert tomllib.loads(text.split("+++")[1])["severity"] == finding.about.severity


def test_facts_of_another_form_and_facts_that_are_missing_are_told_apart() -> None:
    bucket = Resource("arn:aws:s3:::b", "b", "AWS::S3::Bucket")
    lifecycle = reported(check_id="aws-s3-004", subject=bucket, evidence={"merged_rules": [], "rules": []})
    assert "made from: expire_old_versions, added_rule, minimum_size. Scan again." in render(lifecycle).note
    user = reported(
        check_id="aws-iam-010", evidence={"user_name": 1, "inline": 7, "attached": 7, "group_name": 1}
    )
    assert "have a form that this version does not read" in render(user).note
