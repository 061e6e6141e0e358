"""The remediations of data services, ECS, Lambda and secrets, proved by bash, the CLI and Terraform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jmespath
import pytest

from cloud_audit_tui.remediation.render import render
from remediation.data_findings import (
    ANSWERS,
    FILES,
    INPUTS,
    MEMBER_REQUEST,
    MODIFY,
    ORDINARY,
    RDS,
    RESTORE,
    ROTATED,
    RUNTIME,
    SECRET,
    SINGLE,
    WITHOUT_TERRAFORM,
    hostile,
)
from remediation.findings_to_fix import ACCOUNT, HOSTILE, KEY, REGION, finding_of
from remediation.ordinary_fixes import OrdinaryFixes
from remediation.shell_run import Sandbox
from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

WITH_TERRAFORM = [name for name in ORDINARY if name not in WITHOUT_TERRAFORM]


FIXES = OrdinaryFixes(ORDINARY)


def proved(cli_proof: CliProof, finding: Finding) -> Proof:
    FIXES.check_scripts()
    return cli_proof.prove(render(finding).cli, INPUTS, ANSWERS, ("prod",), finding.check_id)


def operations(proof: Proof) -> list[str]:
    return [call.operation.partition(":")[2] for call in proof.calls]


def called(proof: Proof, operation: str) -> dict[str, Any]:
    [parameters] = [call.parameters for call in proof.calls if call.operation.endswith(f":{operation}")]
    return parameters


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


@pytest.mark.parametrize("name", sorted(WITHOUT_TERRAFORM))
def test_where_terraform_would_harm_there_is_a_word_instead(name: str) -> None:
    fix = render(ORDINARY[name])
    assert fix.terraform == ""
    assert "Terraform" in fix.note


@pytest.mark.proof
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_nothing(tmp_path: Path, text: str) -> None:
    for name in ORDINARY:
        fix = render(hostile(name, text))
        if fix.cli:
            ran = Sandbox(tmp_path / name.replace(" ", "-"), ANSWERS).run(fix.cli, INPUTS)
            assert (ran.code, ran.errors, ran.strays) == (0, "", []), name
        if fix.terraform:
            assert static_faults(fix.terraform) == [], name


def test_nothing_is_deleted_but_a_secret_that_can_come_back(cli_proof: CliProof) -> None:
    for name, finding in ORDINARY.items():
        deleting = {each for each in operations(proved(cli_proof, finding)) if each.startswith("Delete")}
        assert deleting == ({"DeleteSecret"} if finding.check_id == "aws-sm-002" else set()), name
    parameters = called(proved(cli_proof, ORDINARY["unused secret"]), "DeleteSecret")
    assert parameters == {"SecretId": SECRET, "RecoveryWindowInDays": 30}


def test_an_encrypted_copy_has_the_settings_of_the_instance_and_is_made_in_order(
    cli_proof: CliProof,
) -> None:
    proof = proved(cli_proof, ORDINARY["unencrypted instance"])
    assert [each for each in operations(proof) if not each.startswith("Describe")] == [
        "CreateDBSnapshot",
        "CopyDBSnapshot",
        "RestoreDBInstanceFromDBSnapshot",
        "ModifyDBInstance",
        "AddRoleToDBInstance",
    ]
    restored = called(proof, "RestoreDBInstanceFromDBSnapshot")
    assert RESTORE.items() <= restored.items()
    assert restored["DBInstanceIdentifier"].startswith("orders-")
    modified = called(proof, "ModifyDBInstance")
    assert MODIFY.items() <= modified.items()
    assert modified["DBInstanceIdentifier"] == restored["DBInstanceIdentifier"]
    assert called(proof, "CopyDBSnapshot")["KmsKeyId"] == KEY


def test_an_encrypted_cluster_gets_an_instance_for_each_of_the_old_one(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["unencrypted cluster"])
    instances = [call.parameters for call in proof.calls if call.operation == "rds:CreateDBInstance"]
    assert [each["DBInstanceClass"] for each in instances] == ["db.r6g.large", "db.serverless"]
    restored = called(proof, "RestoreDBClusterFromSnapshot")
    assert {each["DBClusterIdentifier"] for each in instances} == {restored["DBClusterIdentifier"]}
    assert restored["KmsKeyId"] == KEY
    assert instances[0].items() >= MEMBER_REQUEST.items()


def test_a_copy_of_a_multi_az_cluster_does_not_become_public(cli_proof: CliProof) -> None:
    restored = called(
        proved(cli_proof, ORDINARY["unencrypted Multi-AZ cluster"]), "RestoreDBClusterFromSnapshot"
    )
    assert restored["PubliclyAccessible"] is False


def test_the_setting_of_a_multi_az_cluster_is_the_clusters(cli_proof: CliProof) -> None:
    [call] = proved(cli_proof, ORDINARY["no upgrades in a Multi-AZ cluster"]).calls
    assert call.operation == "rds:ModifyDBCluster"
    assert call.parameters == {"DBClusterIdentifier": "shop", "AutoMinorVersionUpgrade": True}


def test_a_new_reader_has_the_settings_of_the_writer(cli_proof: CliProof) -> None:
    instance = called(proved(cli_proof, ORDINARY["single zone cluster"]), "CreateDBInstance")
    assert instance.items() >= MEMBER_REQUEST.items()
    assert "reader endpoint" in render(ORDINARY["single zone cluster"]).note


def test_a_standby_waits_while_another_change_is_pending(tmp_path: Path) -> None:
    script = render(ORDINARY["single zone"]).cli
    for waiting, code in (("", 0), ("MultiAZ\n", 0), ("DBInstanceClass\tMultiAZ\n", 1)):
        answers = {**ANSWERS, "rds describe-db-instances": waiting}
        ran = Sandbox(tmp_path / str(len(waiting)), answers).run(script, INPUTS)
        assert ran.code == code, waiting
        assert any("modify-db-instance" in call for call in ran.calls) is (code == 0)
    waits = {**ORDINARY["single zone"].evidence, "pending_changes": ["DBInstanceClass"]}
    assert render(finding_of("aws-rds-003", waits)).terraform == ""


@pytest.mark.parametrize(
    ("check", "evidence", "words"),
    [
        ("aws-rds-001", {**RDS, "status": "stopped", "open_security_groups": []}, "stopped"),
        ("aws-rds-001", {**RDS, "cluster_id": "shop", "multi_az_cluster": True}, "Multi-AZ DB cluster"),
        ("aws-rds-001", {**RDS, "cluster_id": "shop", "internet_access_gateway": True}, "gateway"),
        ("aws-rds-002", {**SINGLE, "is_replica": True}, "read replica"),
        ("aws-rds-002", {**SINGLE, "not_carried": ["the TDE key store"]}, "TDE"),
        ("aws-rds-002", {**RDS, "cluster_id": "shop"}, "could not be read"),
        ("aws-sm-001", {**ORDINARY["no rotation"].evidence, "partner_type": "Salesforce"}, "external secret"),
        (
            "aws-sm-001",
            {**ROTATED, "rotation_days": 120, "rotation_schedule": "cron(0 4 1 */4 ? *)"},
            "cron(0 4 1 */4 ? *)",
        ),
        ("aws-lambda-002", {**RUNTIME, "runtime": "go1.x"}, "bootstrap"),
        ("aws-lambda-002", {**RUNTIME, "runtime": "dotnet6", "successor": "dotnet10"}, "build"),
        ("aws-lambda-002", {**RUNTIME, "runtime": "nodejs22.x", "successor": "nodejs24.x"}, "callback"),
        ("aws-ddb-001", {**ORDINARY["table key"].evidence, "inaccessible": True}, "In KMS"),
        ("aws-ddb-001", {**ORDINARY["table key"].evidence, "replicas": ["eu-west-1"]}, "--replica-updates"),
        (
            "aws-ddb-001",
            {
                **ORDINARY["table key"].evidence,
                "inaccessible": True,
                "archived": True,
                "archival_backup": "arn:backup",
            },
            "arn:backup",
        ),
        ("aws-ecs-003", {**ORDINARY["exec"].evidence, "controller": "CODE_DEPLOY"}, "CODE_DEPLOY"),
    ],
)
def test_what_aws_would_refuse_is_not_offered(check: str, evidence: dict[str, Any], words: str) -> None:
    fix = render(finding_of(check, evidence))
    assert fix.cli == ""
    assert words in fix.note


def test_a_new_revision_carries_everything_over_but_the_privileges(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["privileged"])
    [_, described] = [words for words in proof.arguments if words[1] == "describe-task-definition"]
    [query] = [word.removeprefix("--query=") for word in described if word.startswith("--query=")]
    container = {"name": "app", "privileged": True, "environment": [{"name": "A", "value": "b"}]}
    answer = {
        "taskDefinition": {
            "family": "web",
            "revision": 3,
            "taskRoleArn": "role",
            "volumes": [{"name": "data"}],
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
            "containerDefinitions": [container, {"name": "side"}],
        },
        "tags": [{"key": "team", "value": "web"}, {"key": "aws:stack", "value": "x"}],
    }
    assert jmespath.search(query, answer) == {
        "family": "web",
        "taskRoleArn": "role",
        "volumes": [{"name": "data"}],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "containerDefinitions": [{**container, "privileged": False}, {"name": "side", "privileged": False}],
        "tags": [{"key": "team", "value": "web"}],
    }
    # The newest revision is read when the script runs, and may be another check's fix by then.
    assert "--task-definition=web" in described
    assert called(proof, "RegisterTaskDefinition") == json.loads(ANSWERS["ecs describe-task-definition"])
    assert "UpdateService" not in operations(proof)
    assert "aws ecs update-service" in proof.output


def test_only_containers_without_a_log_driver_get_one(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["silent"])
    [_, described] = [words for words in proof.arguments if words[1] == "describe-task-definition"]
    [query] = [word.removeprefix("--query=") for word in described if word.startswith("--query=")]
    sidecar = {"name": "side", "logConfiguration": {"logDriver": "splunk"}}
    answer = {"taskDefinition": {"family": "web", "containerDefinitions": [{"name": "app"}, sidecar]}}
    app, side = jmespath.search(query, answer)["containerDefinitions"]
    assert side == sidecar
    assert app["logConfiguration"]["options"]["awslogs-group"] == "/ecs/web"
    assert called(proof, "CreateLogGroup") == {"logGroupName": "/ecs/web"}
    on_fargate = proved(cli_proof, ORDINARY["silent on Fargate"])
    assert called(on_fargate, "RegisterTaskDefinition")["executionRoleArn"] == INPUTS["EXECUTION_ROLE_ARN"]
    assert "CreateLogGroup" not in operations(on_fargate)


def test_a_revision_that_an_earlier_run_made_is_not_made_again(tmp_path: Path) -> None:
    for name in ("privileged", "silent"):
        answers = {**ANSWERS, "ecs describe-task-definition": "right arn:of-revision-4\n"}
        ran = Sandbox(tmp_path / name, answers).run(render(ORDINARY[name]).cli, INPUTS)
        assert ran.code == 0
        assert "already: arn:of-revision-4." in ran.output.replace("any more", "already")
        assert not any("register-task-definition" in call for call in ran.calls)


def test_a_revision_does_not_lose_what_an_old_cli_cannot_read(tmp_path: Path) -> None:
    evidence = {**ORDINARY["privileged"].evidence, "newer_members": ["trustedExecutionConfiguration"]}
    ran = Sandbox(tmp_path / "x", ANSWERS).run(render(finding_of("aws-ecs-001", evidence)).cli, INPUTS)
    assert ran.code == 1
    assert not any("register-task-definition" in call for call in ran.calls)


def test_a_deployment_that_fails_is_no_success(tmp_path: Path) -> None:
    script = render(ORDINARY["exec"]).cli
    answers = {"ecs describe-services": "FAILED\t0\t2\n"}
    ran = Sandbox(tmp_path / "x", answers, ("ecs wait",)).run(script, INPUTS)
    assert ran.code == 1
    assert "did not complete" in ran.output


def test_the_terraform_file_leaves_a_service_in_vpc_lattice() -> None:
    assert "vpc_lattice_configurations," in render(ORDINARY["exec"]).terraform


def test_exec_ends_with_the_tasks_that_have_it(cli_proof: CliProof) -> None:
    parameters = called(proved(cli_proof, ORDINARY["exec"]), "UpdateService")
    assert parameters["enableExecuteCommand"] is False
    assert parameters["forceNewDeployment"] is True


def test_a_runtime_that_is_another_by_now_is_left_alone(tmp_path: Path) -> None:
    script = render(ORDINARY["old runtime"]).cli
    for runtime, code in (("python3.8", 0), ("python3.13", 0), ("python3.11", 1)):
        answers = {"lambda get-function-configuration": f"{runtime}\n"}
        ran = Sandbox(tmp_path / runtime, answers).run(script, INPUTS)
        assert ran.code == code, runtime
        assert any("update-function-configuration" in call for call in ran.calls) is (code == 0)


@pytest.mark.parametrize(
    ("present", "encrypted", "code", "created"),
    [
        ("None", "", 0, True),
        (f"{FILES['file_system_id']} {REGION} fs-11111111", "True", 0, False),
        (f"{FILES['file_system_id']} {REGION} fs-11111111", "False", 1, False),
        (f"{FILES['file_system_id']} ap-south-1 fs-11111111", "True", 1, False),
        (f"fs-22222222 {REGION} {FILES['file_system_id']}", "True", 1, False),
    ],
)
def test_a_file_system_in_another_replication_is_not_taken_for_its_encrypted_copy(
    tmp_path: Path, present: str, encrypted: str, code: int, created: bool
) -> None:
    answers = {
        **ANSWERS,
        "efs describe-replication-configurations": f"{present}\n",
        "efs describe-file-systems": f"{encrypted}\n",
    }
    ran = Sandbox(tmp_path / "x", answers).run(render(ORDINARY["files"]).cli, INPUTS)
    assert ran.code == code, ran.output
    assert any("create-replication-configuration" in call for call in ran.calls) is created
    assert ("The encrypted file system is" in ran.output) is (code == 0)


def test_a_policy_of_another_content_is_not_replaced(tmp_path: Path) -> None:
    script = render(ORDINARY["secrets"]).cli
    own = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:lambda/pay/API_KEY-??????\n"
    for number, (resource, count) in enumerate((("", 2), (own, 1), ("arn:other\n", 0))):
        answers = {"iam get-role-policy": resource}
        ran = Sandbox(tmp_path / str(number), answers).run(script, INPUTS)
        names = [call[-2] for call in ran.calls if call[1] == "put-role-policy"]
        assert len(set(names)) == count, resource


def test_a_selection_is_made_for_the_plan_that_is_there(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["empty plan"])
    assert operations(proof) == ["ListBackupSelections", "CreateBackupSelection"]
    parameters = called(proof, "CreateBackupSelection")
    assert parameters["BackupPlanId"] == "0a1b2c3d"
    assert parameters["BackupSelection"]["IamRoleArn"] == INPUTS["BACKUP_ROLE_ARN"]


def test_a_second_run_makes_no_second_plan_and_no_second_selection(cli_proof: CliProof) -> None:
    script = render(ORDINARY["no vault"]).cli
    before = {**ANSWERS, "backup list-backup-vaults": "1\n", "backup list-backup-plans": "0a1b2c3d\n"}
    proof = cli_proof.prove(script, INPUTS, before, ("prod",))
    assert [name for name in operations(proof) if name.startswith("Create")] == ["CreateBackupSelection"]
    assert called(proof, "CreateBackupSelection")["BackupPlanId"] == "0a1b2c3d"
    second_proof = cli_proof.prove(
        script, INPUTS, {**before, "backup list-backup-selections": "1\n"}, ("prod",)
    )
    assert not [name for name in operations(second_proof) if name.startswith("Create")]


def test_rotation_does_not_begin_at_once_unless_it_is_late(cli_proof: CliProof) -> None:
    for name, at_once in (("no rotation", False), ("slow rotation", False), ("stale rotation", True)):
        assert called(proved(cli_proof, ORDINARY[name]), "RotateSecret")["RotateImmediately"] is at_once


def test_a_shorter_schedule_keeps_the_length_of_the_window(cli_proof: CliProof) -> None:
    script = render(ORDINARY["slow rotation"]).cli
    for window, kept in (("3h", {"Duration": "3h"}), ("None", {})):
        proof = cli_proof.prove(script, INPUTS, {"secretsmanager describe-secret": f"{window}\n"}, ("prod",))
        assert called(proof, "RotateSecret")["RotationRules"] == {"AutomaticallyAfterDays": 30, **kept}


def test_scaling_keeps_the_limits_of_a_target_that_is_there(cli_proof: CliProof) -> None:
    proof = proved(cli_proof, ORDINARY["table scaling"])
    requests = [(call.operation.partition(":")[2], call.parameters) for call in proof.calls]
    assert [name for name, _ in requests] == [
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutScalingPolicy",
        "RegisterScalableTarget",
    ]
    assert (requests[0][1]["MinCapacity"], requests[0][1]["MaxCapacity"]) == (5, 200)
    assert "MaxCapacity" not in requests[3][1]


def test_scaling_does_not_begin_with_a_maximum_that_aws_refuses(tmp_path: Path) -> None:
    script = render(ORDINARY["table scaling"]).cli
    ran = Sandbox(tmp_path / "x", ANSWERS).run(script, {**INPUTS, "MAX_CAPACITY_UNITS": "4"})
    assert (ran.code, ran.calls) == (1, [])


@pytest.mark.parametrize(("answer", "tries"), [("ObjectNotFoundException", 12), ("ValidationException", 1)])
def test_a_policy_is_tried_again_only_while_its_target_is_not_known(
    tmp_path: Path, answer: str, tries: int
) -> None:
    failing = {"application-autoscaling put-scaling-policy": answer}
    ran = Sandbox(tmp_path / "x", ANSWERS, failing).run(render(ORDINARY["table scaling"]).cli, INPUTS)
    assert (ran.code, answer in ran.errors) == (1, True)
    assert len([call for call in ran.calls if "put-scaling-policy" in call]) == tries


def test_an_endpoint_that_the_aws_cli_would_not_obey_is_an_option_too() -> None:
    """AWS CLI 1 puts a URL of AWS before AWS_ENDPOINT_URL: for SQS everywhere, for RDS in us-east-1."""
    finding = finding_of("aws-rds-004", RDS, resource_type="AWS::RDS::DBInstance")
    here = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000/$(id)"}
    commands = [line for line in render(finding, here).cli.splitlines() if line.startswith("aws rds")]
    assert commands
    assert all("--endpoint-url='http://127.0.0.1:5000/$(id)'" in line for line in commands)
    own = {**here, "AWS_ENDPOINT_URL_RDS": "http://127.0.0.1:6000"}
    assert "--endpoint-url=http://127.0.0.1:6000" in render(finding, own).cli
    assert "--endpoint-url" not in render(finding).cli
    assert "--endpoint-url" not in render(ORDINARY["empty plan"], here).cli


def test_a_file_leaves_the_window_of_a_rotation_as_it_is() -> None:
    files = {name: render(ORDINARY[name]).terraform for name in ("no rotation", "slow rotation")}
    assert "ignore_changes = [rotation_rules[0].duration]" in files["slow rotation"]
    assert "ignore_changes" not in files["no rotation"]
