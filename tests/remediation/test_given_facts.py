"""What a reader says of a resource makes our fix of another scanner's finding, and nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.services.iam.documents import permissions_group
from cloud_audit_tui.model import OWN_SCAN, Finding, Resource, Severity, Status
from cloud_audit_tui.remediation.given_facts import PLANS, Plan, plans_of
from cloud_audit_tui.remediation.input_kinds import kind_of
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import Remediation, render
from each_row import each_row
from given_answers import answers
from remediation.findings_to_fix import HOSTILE
from remediation.script_syntax import look_at_syntax
from remediation.shell_run import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from remediation.cli_proof import CliProof
    from remediation.terraform_proof import TerraformProof

ACCOUNT, REGION = "111122223333", "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ANSWERS = answers(ACCOUNT, REGION)
POLICIES = ANSWERS["USER_POLICY_ARNS"].split(",")
INPUTS = {
    "BACKUP_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/backup",
    "CONFIG_BUCKET": "config-logs",
    "INSTANCE_PROFILE_NAME": "managed",
    "KMS_KEY_ARN": KEY,
    "LOG_BUCKET": "access-logs",
    "OLD_VERSION_DAYS": "90",
    "ROTATION_LAMBDA_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate",
    "SCAN_ECR_IMAGES": "yes",
    "SNS_TOPIC_ARN": f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts",
}
AWS = {
    "sts get-caller-identity": f"{ACCOUNT}\n",
    "configservice describe-configuration-recorders": "none\n",
    "configservice describe-delivery-channels": "0\n",
    "backup list-backup-vaults": "0\n",
    "backup list-backup-plans": "none\n",
    "backup list-backup-selections": "0\n",
    "backup create-backup-plan": "8f81f553-3a74-4a3f-b93d-b3360dc80c50\n",
    "efs describe-replication-configurations": "None\n",
    "efs create-replication-configuration": "fs-0fedcba9876543210\n",
    "iam get-access-key-last-used": "None\n",
    "iam get-instance-profile": "web\n",
    "iam list-groups-for-user": permissions_group("alice", POLICIES, []) + "\n",
    "iam list-attached-group-policies": "\t".join(POLICIES) + "\n",
    "s3api get-bucket-lifecycle-configuration": '{"Rules": []}\n',
    "iam get-role": f"arn:aws:iam::{ACCOUNT}:role/cloudtrail-to-logs-all\n",
    "kms describe-key": "Enabled\tSYMMETRIC_DEFAULT\n",
    "rds describe-db-instances": "None\n",
    "s3api get-bucket-encryption": "AES256\n",
    "sns list-subscriptions-by-topic": "1\n",
}
"""What AWS answers while the scripts run."""
_ARNS = {
    "bedrock": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:logging",
    "efs": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-0123456789abcdef0",
    "rds": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
    "s3": "arn:aws:s3:::data",
    "sagemaker": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
    "sm": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf",
    "ssm": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0",
}
STATED: dict[str, dict[str, Any]] = {
    "aws-cfg-001": {
        "service_role_arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/Config",
        "is_home_region": False,
    },
    "aws-ct-002": {"trail_name": "all"},
    "aws-ct-004": {"bucket_name": "trail-logs"},
    "aws-ct-005": {"trail_name": "all"},
    "aws-ct-008": {"trail_name": "all"},
    "aws-iam-004": {
        "credential": "access key",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "used_since": "2026-10-01T00:00:00+00:00",
    },
    "aws-iam-010": {"user_name": "alice"},
}
"""What the names in a report give of the facts."""
VALID_NAMES = {
    (variable, name)
    for variable in ("PRESENT_INSTANCE_PROFILE", "KEY_USER")
    for name in ("-rf", "--help", "=ls")
}
"""Hostile answers that are names in AWS; a test of their own shows that they stay one word."""


def asks_for_region(check_id: str) -> bool:
    """Return whether an answer can give the region of a check's finding."""
    asked = {each.variable for plan in plans_of(check_id) for each in plan.questions}
    return not asked.isdisjoint({"BUCKET_REGION", "TRAIL_ARN"})


def reported(check_id: str, name: str = "", **changes: Any) -> Finding:
    """Return a finding as a report has it that says little of the resource."""
    arn = _ARNS.get(check_id.split("-")[1], f"arn:aws:x:{REGION}:{ACCOUNT}:thing")
    name = name or arn.replace("/", ":").rpartition(":")[2]
    values: dict[str, Any] = {
        "check_id": check_id,
        "status": Status.FAIL,
        "severity": Severity.HIGH,
        "subject": Resource(arn, name, "Other"),
        "profile": "",
        "account_id": ACCOUNT,
        "region": "" if asks_for_region(check_id) else REGION,
        "partition": "aws",
        "title": "Reported",
        "reason": "Reported.",
        "evidence": STATED.get(check_id, {}),
        "source": "prowler",
    }
    return Finding(**{**values, **changes})


def of_plan(plan: Plan, answers: dict[str, str] | None = None) -> dict[str, str]:
    fallback = ANSWERS if answers is None else answers
    return {each.variable: fallback[each.variable] for each in plan.questions}


def plans() -> list[tuple[str, Plan, Language]]:
    return [
        (check_id, plan, language)
        for check_id in all_checks()
        for plan in plans_of(check_id)
        for language in plan.languages
    ]


def text_of(fix: Remediation, language: Language) -> str:
    return fix.cli if language is Language.SHELL else fix.terraform


def test_the_answers_are_asked_for_and_only_all_of_them_make_a_text() -> None:
    with each_row() as row:
        for check_id, plan, language in plans():
            with row((check_id, language)):
                fix = render(reported(check_id))
                variables = [each.variable for each in fix.questions(language)]
                assert set(variables) == {each.variable for each in plan.questions}
                for left_out in variables:
                    some = {name: ANSWERS[name] for name in variables if name != left_out}
                    partly = fix.with_values(some)
                    assert text_of(partly, language) == ""
                    assert left_out in partly.note
                whole = fix.with_values(of_plan(plan))
                assert text_of(whole, language), whole.note
                assert whole.questions(language) == []
                assert [each.meaning for each in fix.questions(language) if " aws " not in each.meaning] == []


def test_the_tables_fit_together() -> None:
    questions = {each.variable: each for _, plan, _ in plans() for each in plan.questions}
    assert set(PLANS) <= set(all_checks())
    assert set(questions) == set(ANSWERS)
    with each_row() as row:
        for variable in questions:
            with row(variable):
                assert kind_of(variable).fault(ANSWERS[variable], "aws") == ""
                # One name for two values would give the answer of a question to a script's input.
                assert variable not in INPUTS


@pytest.mark.proof
def test_every_script_made_of_answers_is_right(cli_proof: CliProof) -> None:
    scripts = []
    with each_row() as row:
        for check_id, plan, language in plans():
            if language is not Language.HCL:
                with row(check_id):
                    scripts.append((check_id, render(reported(check_id)).with_values(of_plan(plan)).cli))
        look_at_syntax(script for _, script in scripts)
        for check_id, script in scripts:
            with row(check_id):
                proof = cli_proof.prove(script, INPUTS, AWS, check_id=check_id)
                assert proof.faults == []
                assert proof.calls


@pytest.mark.proof
def test_every_file_made_of_answers_is_right(terraform_proof: TerraformProof) -> None:
    files = []
    with each_row() as row:
        for check_id, plan, language in plans():
            if language is Language.HCL:
                with row(check_id):
                    files.append((check_id, render(reported(check_id)).with_values(of_plan(plan)).terraform))
        for check_id, text in files:
            with row(check_id):
                assert terraform_proof.faults(text, [text for _, text in files]) == []


@pytest.mark.proof
def test_a_hostile_answer_is_no_answer() -> None:
    with each_row() as row:
        for check_id, plan, language in plans():
            for variable in of_plan(plan):
                for hostile in [*HOSTILE, f"{ANSWERS[variable]}\n", "arn:aws:s3:::x; touch pwned"]:
                    if (variable, hostile) in VALID_NAMES:
                        continue
                    with row((check_id, variable, hostile)):
                        fix = render(reported(check_id)).with_values({**of_plan(plan), variable: hostile})
                        assert text_of(fix, language) == ""


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted({name for _, name in VALID_NAMES}))
def test_a_name_that_looks_like_an_option_stays_a_value(tmp_path: Path, name: str) -> None:
    values = {"INSTANCE_IS_NOT_MANAGED": "yes", "PRESENT_INSTANCE_PROFILE": name}
    script = render(reported("aws-ssm-001")).with_values(values).cli
    ran = Sandbox(tmp_path / "run", AWS).run(script, {})
    assert (ran.code, ran.strays) == (0, []), ran.errors
    (read,) = [words for words in ran.calls if words[1] == "get-instance-profile"]
    assert f"--instance-profile-name={name}" in read
    of_user = render(reported("aws-iam-004")).with_values({"KEY_USER": name}).cli
    ran = Sandbox(tmp_path / "user", AWS).run(of_user, {})
    assert (ran.code, ran.strays) == (0, []), ran.errors
    (changed,) = [words for words in ran.calls if words[1] == "update-access-key"]
    assert f"--user-name={name}" in changed


@pytest.mark.proof
def test_a_command_that_shows_a_fact_is_one_command_whatever_the_name(tmp_path: Path) -> None:
    meanings = {
        each.variable: each.meaning
        for check_id, _, language in plans()
        for hostile in HOSTILE[:8]
        for each in render(
            reported(check_id, subject=Resource(hostile, hostile, "Other"), region="$(touch pwned)")
        ).questions(language)
    }
    assert len(meanings) > 10
    with each_row() as row:
        for number, (variable, meaning) in enumerate(meanings.items()):
            with row(variable):
                command = meaning.partition("This shows it: ")[2]
                ran = Sandbox(tmp_path / str(number)).run(command, {})
                assert (ran.code, ran.strays, len(ran.calls)) == (0, [], 1), ran.errors


def test_a_log_group_says_the_region_and_the_fix_makes_names_of_its_own() -> None:
    fix = render(reported("aws-cw-001")).with_values({"LOG_GROUP_ARN": ANSWERS["LOG_GROUP_ARN"]})
    commands = [line for line in fix.cli.splitlines() if "aws logs" in line or "aws cloudwatch" in line]
    assert len(commands) == 2
    assert [line for line in commands if "--region=eu-west-1" not in line] == []
    assert "--log-group-name=trail/all " in fix.cli
    # A filter or an alarm that is there would be overwritten under its name.
    assert "--filter-name=root-usage-cloud-audit-tui" in fix.cli
    assert "--alarm-name=root-usage-cloud-audit-tui" in fix.cli


def test_an_answer_about_another_resource_is_refused_with_a_reason() -> None:
    elsewhere = ANSWERS["LOG_GROUP_ARN"].replace(ACCOUNT, "999988887777")
    fix = render(reported("aws-cw-001")).with_values({"LOG_GROUP_ARN": elsewhere})
    assert (fix.cli, fix.terraform) == ("", "")
    assert f"is not in account {ACCOUNT}" in fix.note
    other = render(reported("aws-ct-002")).with_values({"TRAIL_ARN": ANSWERS["TRAIL_ARN"] + "-others"})
    assert other.cli == ""
    assert "about trail all, not all-others" in other.note


def test_what_the_report_says_is_not_asked_and_not_overruled() -> None:
    facts = {"lifecycle_config": "own-script"}
    fix = render(reported("aws-sagemaker-001", evidence=facts))
    assert [each.variable for each in fix.questions(Language.SHELL)] == ["NOTEBOOK_STATUS"]
    whole = fix.with_values({"NOTEBOOK_STATUS": "Stopped", "LIFECYCLE_CONFIG": "none"})
    assert "own-script" in whole.note
    assert whole.cli


def test_a_key_is_looked_for_in_the_region_of_the_bucket() -> None:
    fix = render(reported("aws-s3-002", region=""))
    assert fix.cli == ""
    values = {"PRESENT_ENCRYPTION": "AES256", "BLOCKED_ENCRYPTION_TYPES": "none", "BUCKET_REGION": REGION}
    script = fix.with_values(values).cli
    assert f"aws kms describe-key --region={REGION} " in script
    assert f"KMS key of region {REGION} " in script


def test_a_fix_that_needs_no_region_is_made_without_one_and_another_is_not() -> None:
    bucket = render(reported("aws-s3-001", region=""))
    assert "aws s3api put-public-access-block " in bucket.cli
    assert "--region" not in bucket.cli
    key = render(reported("aws-kms-001", region=""))
    assert key.cli == ""
    assert "lacks facts that the script is made from: region." in key.note


def test_types_that_a_bucket_blocks_are_kept() -> None:
    values = {"PRESENT_ENCRYPTION": "AES256", "BLOCKED_ENCRYPTION_TYPES": "SSE-C"}
    fix = render(reported("aws-s3-002", region=REGION))
    assert "BlockedEncryptionTypes={EncryptionType=[SSE-C]}" in fix.with_values(values).cli
    none = fix.with_values({**values, "BLOCKED_ENCRYPTION_TYPES": "none"}).cli
    assert none
    assert "BlockedEncryptionTypes={" not in none


def test_nothing_is_asked_for_our_own_scan_for_what_passes_or_without_an_account() -> None:
    with each_row() as row:
        for check_id, _, language in plans():
            for changes in ({"source": OWN_SCAN}, {"status": Status.PASS}, {"account_id": ""}):
                with row((check_id, changes)):
                    fix = render(reported(check_id, **changes))
                    assert fix.questions(language) == []
                    with_all = fix.with_values(ANSWERS)
                    assert text_of(with_all, language) == text_of(fix, language)
