"""The remediations of EC2, VPC and Systems Manager, proved by bash, the AWS CLI and Terraform."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.remediation.render import render
from remediation.ec2_findings import (
    ACL,
    ADDRESS,
    ANSWERS,
    ATTACHMENT,
    DEFAULT_GROUP,
    IMDS,
    INPUTS,
    INSTANCE,
    ORDINARY,
    PARAMETER,
    PATCHES,
    UNMANAGED,
    VOLUME,
    WITHOUT_TERRAFORM,
    hostile,
    open_group,
)
from remediation.findings_to_fix import HOSTILE, finding_of
from remediation.ordinary_fixes import OrdinaryFixes
from remediation.shell_run import Sandbox
from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

WITH_TERRAFORM = [name for name in ORDINARY if name not in WITHOUT_TERRAFORM]
FREE_TEXT = ["public image", "free volume", "vpc with a useless log", "rich plain secret", "plain secret"]


@pytest.fixture
def _piped_value(tmp_path: Path) -> Iterator[None]:
    """Let the AWS CLI in this process read from its standard input what a pipe would bring."""
    piped = tmp_path / "piped"
    piped.write_text("hidden")
    standard_input = os.dup(0)
    with piped.open() as pipe:
        os.dup2(pipe.fileno(), 0)
        yield
    os.dup2(standard_input, 0)
    os.close(standard_input)


FIXES = OrdinaryFixes(ORDINARY)


def proved(cli_proof: CliProof, finding: Finding) -> Proof:
    FIXES.check_scripts()
    return cli_proof.prove(render(finding).cli, INPUTS, ANSWERS, ("prod",), finding.check_id)


def operations(proof: Proof) -> list[str]:
    return [call.operation.partition(":")[2] for call in proof.calls]


@pytest.mark.usefixtures("_piped_value")
@pytest.mark.parametrize("name", ORDINARY)
def test_the_script_is_right(cli_proof: CliProof, name: str) -> None:
    proof = proved(cli_proof, ORDINARY[name])
    assert proof.faults == []
    assert proof.calls


@pytest.mark.parametrize("name", WITH_TERRAFORM)
def test_terraform_takes_the_file_as_it_is(terraform_proof: TerraformProof, name: str) -> None:
    text = render(ORDINARY[name]).terraform
    assert text
    assert static_faults(text) == []
    assert terraform_proof.faults(text, FIXES.files) == []
    assert terraform_proof.formatted(text, FIXES.files) == text


@pytest.mark.proof
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_nothing(tmp_path: Path, text: str) -> None:
    for name in FREE_TEXT:
        fix = render(hostile(name, text))
        if fix.cli:
            ran = Sandbox(tmp_path / name.replace(" ", "-"), ANSWERS).run(fix.cli, INPUTS)
            assert (ran.code, ran.errors, ran.strays) == (0, "", []), name
        if fix.terraform:
            assert static_faults(fix.terraform) == [], name


def test_only_the_permission_for_everybody_is_removed(cli_proof: CliProof) -> None:
    [call] = proved(cli_proof, ORDINARY["public image"]).calls
    assert call.parameters["LaunchPermission"] == {"Remove": [{"Group": "all"}]}


def test_an_attached_volume_is_exchanged_while_its_instance_is_stopped(cli_proof: CliProof) -> None:
    names = operations(proved(cli_proof, ORDINARY["attached volume"]))
    changing = [name for name in names if not name.startswith("Describe")]
    assert changing == [
        "CreateSnapshot",
        "StopInstances",
        "CreateSnapshot",
        "CreateVolume",
        "DetachVolume",
        "AttachVolume",
        "ModifyInstanceAttribute",
        "StartInstances",
    ]
    assert "DeleteVolume" not in names
    stopped = operations(proved(cli_proof, ORDINARY["volume of a stopped instance"]))
    assert "StartInstances" not in stopped


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"multi_attach": True}, "several instances"),
        ({"operator": "eks.amazonaws.com"}, "eks.amazonaws.com"),
        ({"outpost_arn": "arn:aws:outposts:x"}, "Outpost"),
        ({"attachments": [ATTACHMENT | {"auto_scaling_group": "web"}]}, "launch template"),
        ({"attachments": [ATTACHMENT | {"replaced_by": "Karpenter"}]}, "Karpenter"),
        ({"kubernetes_volume": "data-db-0"}, "VolumeSnapshot"),
        ({"attachments": [ATTACHMENT | {"lifecycle": "spot"}]}, "Spot"),
        ({"attachments": [ATTACHMENT | {"root_device_type": "instance-store"}]}, "cannot stop"),
    ],
)
def test_no_volume_is_exchanged_where_that_would_go_wrong(evidence: dict[str, Any], words: str) -> None:
    fix = render(finding_of("aws-ec2-002", VOLUME | evidence))
    assert fix.cli == ""
    assert words in fix.note


def test_instance_store_is_not_erased_without_a_word(tmp_path: Path) -> None:
    script = render(ORDINARY["attached volume"]).cli
    answers = {**ANSWERS, "ec2 describe-instance-types": "True\n"}
    refused = Sandbox(tmp_path / "refused", answers).run(script, INPUTS)
    assert refused.code == 1
    assert not any("stop-instances" in call for call in refused.calls)
    answer = {"LOSE_INSTANCE_STORE": ATTACHMENT["instance_id"]}
    assert Sandbox(tmp_path / "known", answers).run(script, INPUTS | answer).code == 0


@pytest.mark.parametrize("failing", ["create-volume", "attach-volume", "detach-volume"])
def test_an_instance_runs_again_when_a_step_fails(tmp_path: Path, failing: str) -> None:
    sandbox = Sandbox(tmp_path / "x", ANSWERS, (f"ec2 {failing}",))
    ran = sandbox.run(render(ORDINARY["attached volume"]).cli, INPUTS)
    names = [call[1] for call in ran.calls]
    assert ran.code == 1
    assert names.index("stop-instances") < names.index(failing) < names.index("start-instances")
    assert "run these commands by hand" in ran.output


def test_a_volume_that_is_elsewhere_by_now_is_left_alone(tmp_path: Path) -> None:
    script = render(ORDINARY["attached volume"]).cli
    for at_device in ("/dev/sdf\tvol-0aaaaaaaaaaaaaaaa", "/dev/xvda\tvol-0bbbbbbbbbbbbbbbb"):
        answers = {**ANSWERS, "ec2 describe-instances": f"running\n{at_device}\n"}
        ran = Sandbox(tmp_path / at_device[5:8], answers).run(script, INPUTS)
        assert ran.code == 1
        assert all(call[1].startswith("describe-") for call in ran.calls), at_device


def test_a_stopped_instance_is_kept_as_an_image_and_never_terminated(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["stopped instance"])
    assert [each for each in operations(proof) if each != "DescribeImages"] == ["CreateImage"]
    assert "vol-0b" in proof.output
    assert "vol-0a" not in proof.output
    assert "aws ec2 terminate-instances" in proof.output


def test_the_metadata_service_keeps_its_other_options(cli_proof: CliProof) -> None:
    [call] = proved(cli_proof, ORDINARY["imdsv1"]).calls
    assert call.parameters == {"InstanceId": IMDS["instance_id"], "HttpTokens": "required"}
    fix = render(finding_of("aws-ec2-004", IMDS | {"auto_scaling_group": "web"}))
    assert fix.cli
    assert fix.terraform == ""
    assert "launch template" in fix.note


def test_an_address_is_released_only_when_it_is_named_and_still_idle(tmp_path: Path) -> None:
    script = render(finding_of("aws-eip-001", ADDRESS)).cli
    named = {"RELEASE_ADDRESS": "198.51.100.1"}

    def released(at: str, inputs: dict[str, str], association: str) -> bool:
        answers = {"ec2 describe-addresses": association}
        ran = Sandbox(tmp_path / at, answers).run(script, inputs)
        return any("release-address" in call for call in ran.calls)

    assert released("idle", named, "None\n")
    assert not released("used", named, "eipassoc-1\n")
    assert not released("other", {"RELEASE_ADDRESS": "198.51.100.2"}, "None\n")


def test_exactly_the_open_rules_are_revoked_after_the_trusted_network_is_let_in(cli_proof: CliProof) -> None:
    let_in, *revoked = proved(cli_proof, ORDINARY["open ssh"]).calls
    assert let_in.parameters["IpPermissions"] == [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
    ]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    assert [call.parameters["IpPermissions"] for call in revoked] == [
        [{**ssh, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        [{**ssh, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    ]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ("An error occurred (InvalidPermission.NotFound)", 0, "It is revoked already."),
        ("An error occurred (UnauthorizedOperation)", 1, "2 of the open rules could not be revoked"),
    ],
)
def test_each_open_rule_is_revoked_whatever_became_of_the_others(
    tmp_path: Path, error: str, code: int, words: str
) -> None:
    failing = {"ec2 revoke-security-group-ingress": error}
    script = render(ORDINARY["open ssh"]).cli
    ran = Sandbox(tmp_path / "x", {}, failing).run(script, {"TRUSTED_CIDR": "203.0.113.0/24"})
    assert ran.code == code
    assert [call[1] for call in ran.calls].count("revoke-security-group-ingress") == 2
    assert words in ran.output + ran.errors


def test_a_rule_that_a_default_vpc_does_not_find_is_said_to_be_gone(tmp_path: Path) -> None:
    unknown = {"ec2 revoke-security-group-ingress": "1\n"}
    script = render(ORDINARY["open ssh"]).cli
    ran = Sandbox(tmp_path / "x", unknown).run(script, {"TRUSTED_CIDR": "203.0.113.0/24"})
    assert (ran.code, ran.output.count("It is revoked already.")) == (0, 2)


@pytest.mark.parametrize("name", ["open ssh", "open acl"])
def test_the_whole_internet_is_not_trusted(tmp_path: Path, name: str) -> None:
    ran = Sandbox(tmp_path / "x").run(render(ORDINARY[name]).cli, {"TRUSTED_CIDR": "0.0.0.0/0"})
    assert (ran.code, ran.calls) == (1, [])


def test_a_failure_to_let_the_trusted_network_in_revokes_nothing(tmp_path: Path) -> None:
    failing = ("ec2 authorize-security-group-ingress",)
    script = render(ORDINARY["open ssh"]).cli
    ran = Sandbox(tmp_path / "x", {}, failing).run(script, {"TRUSTED_CIDR": "203.0.113.0/24"})
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["authorize-security-group-ingress"]


def test_rules_that_terraform_cannot_narrow_are_named() -> None:
    assert "0.0.0.0/1" not in render(ORDINARY["open halves"]).note
    assert "tcp 22 from 128.0.0.0/1" in render(ORDINARY["open halves"]).note
    assert "pl-0123456789abcdef0" in render(ORDINARY["open list"]).note
    without_ids = [dict(rule, rule_id="") for rule in ORDINARY["open ssh"].evidence["open_rules"]]
    fix = render(finding_of("aws-vpc-002", open_group(*without_ids)))
    assert fix.cli
    assert fix.terraform == ""


def test_a_flow_log_that_aws_refuses_is_no_success(tmp_path: Path) -> None:
    answers = {"ec2 create-flow-logs": "vpc-0123456789abcdef0\tAccess Denied for LogDestination\n"}
    ran = Sandbox(tmp_path / "x", answers).run(render(ORDINARY["vpc without a log"]).cli, INPUTS)
    assert ran.code == 1
    assert "Access Denied" in ran.errors


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({"s3api get-bucket-policy": '{"Statement": [{"Sid": "mine"}]}\n'}, 1, "delivery.logs.amazonaws.com"),
        ({"s3api get-bucket-policy": '{"Principal": "delivery.logs.amazonaws.com"}\n'}, 0, "is saved in"),
        ({"s3api get-bucket-encryption": "aws:kms\tNone\n"}, 1, "aws/s3"),
        ({"s3api get-bucket-encryption": "aws:kms\tkey-1\n"}, 1, "kms:GenerateDataKey"),
        ({"s3api get-bucket-encryption": "AES256\tNone\n"}, 0, "Done"),
        ({"ec2 describe-flow-logs": "fl-0123456789abcdef0\n"}, 0, "Nothing was changed"),
    ],
)
def test_a_flow_log_goes_only_where_nothing_else_changes(
    tmp_path: Path, answers: dict[str, str], code: int, words: str
) -> None:
    script = render(ORDINARY["vpc without a log"]).cli
    ran = Sandbox(tmp_path / "x", ANSWERS | answers).run(script, INPUTS)
    assert ran.code == code
    assert words in ran.output
    created = any("create-flow-logs" in call for call in ran.calls)
    assert created is (code == 0 and "Nothing was changed" not in ran.output)


def test_a_rule_that_exists_already_is_not_a_failure(tmp_path: Path) -> None:
    script = render(finding_of("aws-vpc-004", ACL | {"stopping_rules": ACL["stopping_rules"][:1]})).cli
    inputs = {"TRUSTED_CIDR": "203.0.113.0/24"}
    for existing, code in (("allow\t6\t22\n", 0), ("deny\t6\t22\n", 1)):
        sandbox = Sandbox(tmp_path / existing[:4], {**ANSWERS, "ec2 describe-network-acls": existing})
        sandbox.recorder = sandbox.recorder.replace(
            "[ -e", '[ "$2" = create-network-acl-entry ] && { echo AlreadyExists; exit 254; }\n[ -e', 1
        )
        assert sandbox.run(script, inputs).code == code


def test_an_acl_keeps_its_rules_and_gets_single_ports(cli_proof: CliProof) -> None:
    calls = proved(cli_proof, ORDINARY["open acl"]).calls
    assert {call.operation for call in calls} == {"ec2:CreateNetworkAclEntry"}
    assert [
        (call.parameters["RuleNumber"], call.parameters["RuleAction"], call.parameters["PortRange"])
        for call in calls
    ] == [
        (97, "allow", {"From": 22, "To": 22}),
        (98, "deny", {"From": 22, "To": 22}),
        (99, "deny", {"From": 3389, "To": 3389}),
    ]
    assert "-1" not in {call.parameters["Protocol"] for call in calls}
    full = render(finding_of("aws-vpc-004", ACL | {"stopping_rules": None}))
    assert (full.cli, full.terraform) == ("", "")
    assert "free numbers" in full.note


def test_a_default_group_of_a_launch_template_is_left_alone(tmp_path: Path) -> None:
    answers = {
        "ec2 describe-launch-template-versions": f'[["lt-1", ["{DEFAULT_GROUP["group_id"]}"], null]]\n'
    }
    ran = Sandbox(tmp_path / "x", answers).run(render(ORDINARY["default group"]).cli, {})
    assert ran.code == 1
    assert not any(call[1].startswith("revoke") for call in ran.calls)
    assert "lt-1" in ran.output


def test_a_default_group_in_use_is_left_alone(tmp_path: Path) -> None:
    script = render(ORDINARY["default group"]).cli
    ran = Sandbox(tmp_path / "x", {"ec2 describe-network-interfaces": "eni-1\teni-2\n"}).run(script, {})
    assert ran.code == 1
    assert [call[1] for call in ran.calls] == ["describe-network-interfaces"]
    assert "eni-1" in ran.output


@pytest.mark.parametrize("evidence", [{"ping_status": "ConnectionLost"}, {"operator": "eks.amazonaws.com"}])
def test_what_no_command_mends_is_said(evidence: dict[str, str]) -> None:
    fix = render(finding_of("aws-ssm-001", UNMANAGED | evidence))
    assert (fix.cli, fix.terraform) == ("", "")
    assert fix.note


def test_the_value_of_a_secret_is_never_an_argument_nor_printed(tmp_path: Path) -> None:
    script = render(finding_of("aws-ssm-002", PARAMETER)).cli
    answers = {"ssm get-parameter": "hunter2\n"}
    ran = Sandbox(tmp_path / "x", answers).run(script, INPUTS)
    assert ran.code == 0
    assert {call[1] for call in ran.calls} == {"get-parameter", "put-parameter"}
    assert "hunter2" not in str(ran.calls) + ran.output + ran.errors
    assert not any("--overwrite" in call for call in ran.calls)


@pytest.mark.usefixtures("_piped_value")
def test_a_secret_gets_a_new_name_and_keeps_what_describes_it(cli_proof: CliProof) -> None:
    _, put = proved(cli_proof, ORDINARY["rich plain secret"]).calls
    assert put.parameters == {
        "Name": INPUTS["NEW_NAME"],
        "Value": "hidden",
        "Type": "SecureString",
        "Description": "of the shop's `db`!",
        "AllowedPattern": "^.{8,}$",
        "DataType": "json",
        "Tags": [{"Key": "team", "Value": "it's"}],
        "Tier": "Advanced",
    }


def test_the_data_type_of_the_items_of_a_list_is_not_that_of_its_copy() -> None:
    fix = render(finding_of("aws-ssm-002", PARAMETER | {"type": "StringList", "data_type": "integer"}))
    assert "--data-type" not in fix.cli
    assert "The data type integer is that of each item of the list" in fix.note


def test_patches_are_installed_without_a_reboot(cli_proof: CliProof) -> None:
    [command] = proved(cli_proof, ORDINARY["missing patches"]).calls
    assert command.parameters["Parameters"] == {"Operation": ["Install"], "RebootOption": ["NoReboot"]}
    for name in ("never scanned", "not scanned for long"):
        [scan] = proved(cli_proof, ORDINARY[name]).calls
        assert scan.parameters["Parameters"] == {"Operation": ["Scan"]}
    stale = finding_of("aws-ssm-003", PATCHES | {"stale": True})
    [install] = proved(cli_proof, stale).calls
    assert install.parameters["Parameters"]["Operation"] == ["Install"]


def test_no_command_is_sent_to_an_instance_out_of_reach() -> None:
    fix = render(finding_of("aws-ssm-003", PATCHES | {"ping_status": ""}))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "aws-ssm-001" in fix.note


def test_protection_can_be_taken_away_again(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, finding_of("aws-ec2-005", INSTANCE | {"disable_api_termination": False}))
    [call] = proof.calls
    assert call.parameters["DisableApiTermination"] == {"Value": True}
    assert "--no-disable-api-termination" in proof.output
