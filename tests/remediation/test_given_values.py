"""What the user has said stands in the script and in the Terraform file, and is text there, never code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_audit_tui.remediation.quoting import Language, QuotingError
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.terraform.variables import variables, with_defaults
from each_row import each_row
from remediation import data_findings, ec2_findings, findings_to_fix
from remediation.findings_to_fix import ACCOUNT, HOSTILE, INPUTS, KEY, endpoint, internet_access
from remediation.shell_run import Sandbox
from remediation.terraform_proof import parsed, string_value

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from remediation.cli_proof import CliProof
    from remediation.terraform_proof import TerraformProof

ANSWERS = {"sts get-caller-identity": f"{ACCOUNT}\n"}
IN_A_NEW_VPC = internet_access(subnet_id="", security_groups=[])
KEY_FILE = """\
variable "kms_key_arn" {
  description = "The ARN of the KMS key."
  type        = string
}

variable "subnet_ids" {
  description = "The subnets."
  type        = set(string)
}

variable "old_version_days" {
  description = "Days."
  type        = number
}

variable "operation" {
  description = "What to do."
  type        = string
  default     = "Scan"
}

variable "secret_value" {
  description = "It is not kept."
  type        = string
  sensitive   = true
}

variable "contact" {
  description = "Who."
  type = object({
    email = string
  })
}
"""
WITH_VARIABLES = {
    f"{room.__name__}: {name}": finding
    for room in (findings_to_fix, data_findings, ec2_findings)
    for name, finding in room.ORDINARY.items()
    if render(finding).inputs(Language.HCL)
}
VALUES = {
    "number": "90",
    "list(string)": "sg-0123456789abcdef0,sg-0fedcba9876543210",
    "set(string)": "subnet-0123456789abcdef0",
}


def declared(text: str) -> dict[str, dict[str, object]]:
    """Return the variables of a file as python-hcl2 reads them."""
    variables = [block for each in parsed(text).get("variable", []) for block in each.items()]
    return {name.strip('"'): body for name, body in variables}


def test_a_script_with_its_values_needs_nothing_from_the_shell(tmp_path: Path, cli_proof: CliProof) -> None:
    script = render(endpoint(), values={"KMS_KEY_ID": KEY}).cli
    assert f"\nKMS_KEY_ID={KEY}\n" in script
    assert ":?" not in script
    assert cli_proof.prove(script, {}, ANSWERS, ("prod",)).faults == []
    ran = Sandbox(tmp_path / "paste", ANSWERS).paste(script, {"KMS_KEY_ID": "another"})
    assert ran.code == 0, ran.output
    assert any(f"--kms-key-id={KEY}" in words for words in ran.calls)


def test_what_was_not_said_is_still_demanded(tmp_path: Path) -> None:
    script = render(IN_A_NEW_VPC, values={"SUBNET_ID": "subnet-0123456789abcdef0"}).cli
    ran = Sandbox(tmp_path / "x", ANSWERS).run(script, {})
    assert ran.calls == []
    assert "SECURITY_GROUP_IDS" in ran.errors
    assert "SUBNET_ID" not in ran.errors


@pytest.mark.parametrize("groups", ["sg-1,sg-2", '["sg-1","sg-2"]'])
def test_several_groups_are_said_with_commas_or_as_json(tmp_path: Path, groups: str) -> None:
    values = {"SUBNET_ID": "subnet-1", "SECURITY_GROUP_IDS": groups}
    ran = Sandbox(tmp_path / "x", ANSWERS).paste(render(IN_A_NEW_VPC, values=values).cli, {})
    (created,) = [words for words in ran.calls if words[1] == "create-notebook-instance"]
    assert '--security-group-ids=["sg-1","sg-2"]' in created


@pytest.mark.proof
@pytest.mark.parametrize("hostile", [text for text in HOSTILE if text])
def test_a_hostile_value_is_one_argument_and_runs_nothing(tmp_path: Path, hostile: str) -> None:
    script = render(endpoint(), values={"KMS_KEY_ID": hostile}).cli
    pasted = Sandbox(tmp_path / "paste", ANSWERS).paste(script, {})
    filed = Sandbox(tmp_path / "file", ANSWERS).run(script, {})
    for ran in (pasted, filed):
        assert (ran.code, ran.strays) == (0, []), ran.output
        (created,) = [words for words in ran.calls if words[1] == "create-endpoint-config"]
        assert f"--kms-key-id={hostile}" in created


def test_what_the_cli_would_read_as_a_file_is_no_value() -> None:
    fix = render(endpoint(), values={"KMS_KEY_ID": "file:///etc/passwd"})
    assert fix.cli == ""
    assert "no text" in fix.note.lower()


def test_values_become_defaults_of_their_type() -> None:
    values = {
        "KMS_KEY_ARN": KEY,
        "SUBNET_IDS": "subnet-1,subnet-2",
        "OLD_VERSION_DAYS": "90",
        "OPERATION": "Install",
        "SECRET_VALUE": "hunter2",
        "CONTACT": "x",
    }
    text = with_defaults(KEY_FILE, values)
    read = declared(text)
    assert read["kms_key_arn"]["default"] == f'"{KEY}"'
    assert read["subnet_ids"]["default"] == ['"subnet-1"', '"subnet-2"']
    assert read["old_version_days"]["default"] == 90
    assert read["operation"]["default"] == '"Install"'
    assert text.count('"Scan"') == 0
    assert "hunter2" not in text
    assert "default" not in read["contact"]


def test_a_number_is_a_number() -> None:
    with pytest.raises(QuotingError, match="whole number"):
        with_defaults(KEY_FILE, {"OLD_VERSION_DAYS": "1 }\nresource"})


def test_terraform_asks_for_what_a_person_can_say_in_a_line() -> None:
    assert [(each.variable, each.has_default) for each in variables(KEY_FILE)] == [
        ("KMS_KEY_ARN", False),
        ("SUBNET_IDS", False),
        ("OLD_VERSION_DAYS", False),
        ("OPERATION", True),
    ]


def test_a_file_asks_in_the_words_of_its_description_with_the_example_of_the_script() -> None:
    (entry,) = render(endpoint()).inputs(Language.HCL)
    (of_script,) = render(endpoint()).inputs()
    assert entry.variable == "KMS_KEY_ARN"
    assert entry.meaning == "The ARN of the symmetric KMS key that encrypts the endpoint's storage volumes"
    assert entry.example == of_script.example


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if text])
def test_hcl_reads_back_a_hostile_value(hostile: str) -> None:
    text = render(endpoint(), values={"KMS_KEY_ARN": hostile}).terraform
    assert string_value(str(declared(text)["kms_key_arn"]["default"])) == hostile
    plain = render(endpoint()).terraform
    assert len(parsed(text)["resource"]) == len(parsed(plain)["resource"])


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_hcl_reads_back_any_value(value: str) -> None:
    text = with_defaults(KEY_FILE, {"KMS_KEY_ARN": value})
    assert string_value(str(declared(text)["kms_key_arn"]["default"])) == value


def values_for(finding: Finding) -> dict[str, str]:
    types = {each.variable: each.type for each in variables(render(finding).terraform)}
    return {
        entry.variable: VALUES.get(types[entry.variable], entry.example or "arn:aws:x")
        for entry in render(finding).inputs(Language.HCL)
    }


def test_every_file_takes_values_for_all_that_it_asks_for() -> None:
    with each_row() as row:
        for name, finding in WITH_VARIABLES.items():
            with row(name):
                text = render(finding, values=values_for(finding)).terraform
                read = declared(text)
                for entry in render(finding).inputs(Language.HCL):
                    assert read[entry.variable.lower()].get("default") is not None, entry


def test_terraform_takes_a_file_with_its_values_as_it_is(terraform_proof: TerraformProof) -> None:
    values = {"SUBNET_ID": "subnet-1", "SECURITY_GROUP_IDS": "sg-1,sg-2"}
    text = render(IN_A_NEW_VPC, values=values).terraform
    assert terraform_proof.faults(text) == []
    assert terraform_proof.formatted(text) == text


def test_values_that_nothing_asks_for_change_nothing() -> None:
    fix, plain = render(endpoint(), values=INPUTS | {"KMS_KEY_ID": ""}), render(endpoint())
    assert (fix.cli, fix.terraform, fix.note) == (plain.cli, plain.terraform, plain.note)
