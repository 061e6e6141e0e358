"""The headless scan: its formats, its exit codes, and one clear line for whatever cannot be meant."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.checks.catalogue import all_checks
from each_row import each_row
from forked_program import run

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from aws_stub import AwsStub
    from cloud_audit_tui.demo.embedded import EmbeddedAws

pytestmark = pytest.mark.proof

ROOT_ACCESS = "aws-sagemaker-001"


def with_notebook(aws: AwsStub, name: str = "lab", root_access: str = "Enabled") -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/{name}"
    notebook = {"NotebookInstanceName": name, "NotebookInstanceArn": arn}
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook]})
    described = {**notebook, "RootAccess": root_access, "NotebookInstanceStatus": "Stopped"}
    aws.answer("sagemaker", "DescribeNotebookInstance", described)


def one_line_of_error(process: CompletedProcess[str]) -> str:
    """Return the error, which is one line on stderr with exit code 2 and no traceback."""
    assert process.returncode == 2, process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("Error:")]
    return line


def test_timings_say_where_the_time_of_the_calls_went(aws: AwsStub) -> None:
    with_notebook(aws)
    process = run("scan", "--checks", ROOT_ACCESS, "--format", "json", "--timings", "-q")
    timings = {(one["service"], one["operation"]): one for one in json.loads(process.stdout)["timings"]}
    assert timings["sagemaker", "DescribeNotebookInstance"]["calls"] == 1
    assert timings["sagemaker", "DescribeNotebookInstance"]["cpu"] > 0
    head, *rows = process.stderr.splitlines()
    assert head.split()[:3] == ["operation", "calls", "throttled"]
    assert {"sagemaker:DescribeNotebookInstance", "sts:GetCallerIdentity", "all"} <= {
        row.split()[0] for row in rows
    }


def test_json_is_one_object_with_the_documented_keys(aws: AwsStub) -> None:
    with_notebook(aws)
    process = run("scan", "--checks", ROOT_ACCESS, "--format", "json")
    assert process.returncode == 1
    report = json.loads(process.stdout)
    assert set(report) == {"scan", "results", "summary"}
    (result,) = report["results"]
    assert {
        "check_id": ROOT_ACCESS,
        "status": "fail",
        "severity": "critical",
        "profile": "environment",
        "account_id": ACCOUNT,
        "region": REGION,
        "resource_id": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
        "resource_name": "lab",
        "resource_type": "AWS::SageMaker::NotebookInstance",
    }.items() <= result.items()
    assert {"title", "reason", "evidence", "remediation"} <= set(result)
    assert "aws sagemaker update-notebook-instance" in result["remediation"]["cli"]
    assert 'resource "aws_sagemaker_notebook_instance"' in result["remediation"]["terraform"]
    assert report["summary"]["failed"] == 1
    assert report["scan"]["accounts"][0]["alias"] == "tests"


def test_a_process_of_its_own_says_the_same(aws: AwsStub) -> None:
    with_notebook(aws)
    command = ["scan", "--checks", ROOT_ACCESS, "--format", "json", "-q"]
    started = subprocess.run(
        [sys.executable, "-m", "cloud_audit_tui", *command], capture_output=True, text=True, check=False
    )
    forked = run(*command)
    assert (started.returncode, started.stderr) == (forked.returncode, forked.stderr) == (1, "")
    assert json.loads(started.stdout)["results"] == json.loads(forked.stdout)["results"]


def test_events_are_json_lines_that_end_with_the_scan(aws: AwsStub) -> None:
    with_notebook(aws)
    process = run("scan", "--checks", ROOT_ACCESS, "--format", "events")
    kinds = [json.loads(line)["type"] for line in process.stdout.splitlines()]
    assert kinds[0] == "scan_started"
    assert kinds[-1] == "scan_finished"
    assert {"profile_ready", "account_ready", "result", "progress"} <= set(kinds)


def test_the_table_names_the_resource_the_reason_and_the_totals(aws: AwsStub) -> None:
    with_notebook(aws)
    process = run("scan", "--checks", ROOT_ACCESS)
    assert process.returncode == 1
    assert "CRITICAL" in process.stdout
    assert "lab" in process.stdout
    assert "1 failed (1 critical) · 0 passed · 0 not assessed" in process.stdout
    assert "aws sagemaker" not in process.stdout
    assert "aws sagemaker update-notebook-instance" in run("scan", "--checks", ROOT_ACCESS, "-R").stdout


def test_a_hostile_name_cannot_draw_on_the_terminal(aws: AwsStub) -> None:
    with_notebook(aws, "a\x1b[2Jb\u202ec\nd")
    process = run("scan", "--checks", ROOT_ACCESS, "-R")
    assert process.returncode == 1
    assert "\x1b" not in process.stdout
    assert "\u202e" not in process.stdout


def test_clean_is_zero(aws: AwsStub) -> None:
    with_notebook(aws, root_access="Disabled")
    process = run("scan", "--checks", ROOT_ACCESS)
    assert process.returncode == 0
    assert "0 failed · 1 passed" in process.stdout


def test_the_file_of_the_working_directory_sets_scope_and_mutes(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebook(aws)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".cloud-audit.yml"
    file.write_text(
        "min_severity: critical\nexclude_checks: ['aws-[!s]*', 'aws-s[!a]*']\n"
        "suppressions:\n- {check_id: aws-sagemaker-001, resource_id: lab, reason: accepted}\n"
    )
    fixes = tmp_path / "fixes.sh"
    process = run("scan", "--export-fixes", str(fixes), "--format", "json")
    report = json.loads(process.stdout)
    assert (process.returncode, report["summary"]["failed"], report["summary"]["muted"]) == (0, 0, 1)
    assert {check[:13] for check in report["scan"]["checks"]} == {"aws-sagemaker"}
    excluded = len(all_checks()) - len(report["scan"]["checks"])
    assert f"{file} holds: severity critical and worse; {excluded} excluded checks; 1 mute." in process.stderr
    assert not fixes.exists()


def test_what_an_option_overrides_is_not_said_of_the_file(aws: AwsStub, tmp_path: Path) -> None:
    with_notebook(aws)
    file = tmp_path / "audit.yml"
    file.write_text(
        "profile: prod\nregions: [eu-west-3]\nmin_severity: high\nexclude_checks: [aws-s3-007]\n"
        "suppressions:\n- {check_id: aws-s3-001, reason: accepted}\n"
    )
    overriding = ["--profile", "environment", "--regions", REGION, "--min-severity", "low"]
    process = run("scan", "--config", str(file), "--checks", ROOT_ACCESS, *overriding)
    assert process.returncode == 1
    assert process.stderr == f"{file} holds: 1 mute.\n"


def test_a_scan_of_no_check_is_refused_and_not_clean(aws: AwsStub, tmp_path: Path) -> None:
    file = tmp_path / "audit.yml"
    file.write_text("exclude_checks: ['*']\n")
    rows: list[tuple[list[str], str]] = [
        (["--checks", ROOT_ACCESS, "--category", "cost"], "No check to run is of the category cost"),
        (["--config", str(file)], f"exclude_checks in {file} leaves no check to run"),
    ]
    with each_row() as row:
        for arguments, message in rows:
            with row(arguments):
                assert message in one_line_of_error(run("scan", *arguments))
                assert not aws.calls


def test_our_own_words_may_be_in_capitals(aws: AwsStub) -> None:
    with_notebook(aws)
    words = ["--checks", ROOT_ACCESS.upper(), "--min-severity", "HIGH", "--category", "Security"]
    process = run("scan", *words, "--regions", "ALL", "--format", "JSON", "--executor", "Local", "-q")
    assert (process.returncode, process.stderr) == (1, "")
    assert json.loads(process.stdout)["scan"]["checks"] == [ROOT_ACCESS]


def test_lists_that_are_named_twice_are_added_up(aws: AwsStub) -> None:
    other = "aws-sagemaker-002"
    regions = ["--regions", REGION, "--regions", "eu-west-1"]
    process = run("scan", "--checks", ROOT_ACCESS, "--checks", other, *regions, "--format", "json", "-q")
    scan = json.loads(process.stdout)["scan"]
    assert (scan["checks"], scan["accounts"][0]["regions"]) == ([ROOT_ACCESS, other], [REGION, "eu-west-1"])


def test_a_list_with_nothing_in_it_does_not_stand_for_everything() -> None:
    with each_row() as row:
        for words in (["scan", "--checks", ","], ["policy", "--checks="], ["--regions", ""]):
            with row(words):
                process = run(*words)
                assert (process.returncode, process.stdout) == (2, "")
                assert "has no value in it. Give it one, or omit it." in process.stderr


def test_a_value_of_the_file_that_does_not_exist_is_said_to_be_of_the_file(
    aws: AwsStub, tmp_path: Path
) -> None:
    file = tmp_path / "audit.yml"
    with each_row() as row:
        for content, note in (("profile: nobody", "profile nobody"), ("regions: [moon]", "regions moon")):
            with row(content):
                file.write_text(content)
                note_line, error = run("scan", "--config", str(file)).stderr.splitlines()
                assert note_line == f"{file} holds: {note}."
                assert error.startswith("Error: There is no AWS ")


def test_the_scope_of_the_file_is_said_of_events_too(aws: AwsStub, tmp_path: Path) -> None:
    file = tmp_path / "audit.yml"
    file.write_text(f"regions: [{REGION}]\nsuppressions:\n- {{check_id: aws-s3-001, reason: accepted}}\n")
    process = run("scan", "--config", str(file), "--checks", ROOT_ACCESS, "--format", "events")
    assert process.stderr == f"{file} holds: regions {REGION}.\n"


def test_could_not_look_is_never_clean(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances")
    process = run("scan", "--checks", ROOT_ACCESS)
    assert process.returncode == 2
    assert "NOT ASSESSED" in process.stdout.upper()
    assert "Add sagemaker:ListNotebookInstances" in process.stdout


def test_all_of_no_regions_is_never_clean(aws: AwsStub) -> None:
    aws._scripts["ec2", "DescribeRegions"].clear()
    aws.answer("ec2", "DescribeRegions", {"Regions": []})
    process = run("scan", "--checks", ROOT_ACCESS, "--regions", "all", "-q")
    assert process.returncode == 2
    assert "0 failed · 0 passed" in process.stdout
    assert "not assessed" in process.stdout


def test_a_file_gets_the_report(aws: AwsStub, tmp_path: Path) -> None:
    with_notebook(aws)
    target = tmp_path / "report.json"
    process = run("scan", "--checks", ROOT_ACCESS, "--format", "json", "-q", "-o", str(target))
    assert (process.returncode, process.stdout, process.stderr) == (1, "", "")
    assert json.loads(target.read_text())["summary"]["failed"] == 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_bad_input_is_one_line_that_says_what_to_do(aws: AwsStub) -> None:
    rows: list[tuple[list[str], str]] = [
        (["--profile", "nobody"], "There is no AWS profile 'nobody'. Known profiles: environment."),
        (["--regions", "eu-centrall-1"], "There is no AWS region 'eu-centrall-1'. Did you mean eu-central-1"),
        (["--checks", "aws-sagemaker-999"], "There is no check 'aws-sagemaker-999'."),
        (["--regions", "EU-CENTRAL-1"], "There is no AWS region 'EU-CENTRAL-1'. Did you mean eu-central-1"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--force"], "--force overwrites only the file of --export-fixes: add that, or omit --force."),
        (["--export-fixes", "-"], "The fixes are written to a file only"),
        (["--regions", "moon", "--regions", REGION], "There is no AWS region 'moon'."),
        (
            ["-o", "/nonexistent/report"],
            "/nonexistent/report cannot be written. There is no directory",
        ),
    ]
    with each_row() as row:
        for arguments, message in rows:
            with row(arguments):
                aws.restart()
                line = one_line_of_error(run("scan", *arguments))
                assert message in line
                assert not aws.calls, "nothing is scanned for a request that cannot be meant"


def test_no_credentials_at_all_says_how_to_configure_them(nobodys_machine: Path) -> None:
    line = one_line_of_error(run("scan"))
    assert "There are no AWS credentials. Run `aws configure sso`" in line
    assert "--demo" in line


def test_a_config_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("no section = hunter2\n")
    line = one_line_of_error(run("scan", AWS_CONFIG_FILE=str(config)))
    assert f"The AWS configuration {config} cannot be read" in line
    assert "hunter2" not in line


def test_an_endpoint_that_refuses_is_said_and_is_not_clean(aws: AwsStub) -> None:
    process = run("scan", "--checks", ROOT_ACCESS, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert process.returncode == 2
    assert "Traceback" not in process.stderr
    assert "cannot be reached. Check the network, the proxy and AWS_ENDPOINT_URL" in process.stderr


def test_the_app_needs_a_terminal_and_says_so(aws: AwsStub) -> None:
    assert "The app needs a terminal" in one_line_of_error(run())


def test_credentials_appear_nowhere(aws: AwsStub) -> None:
    with_notebook(aws)
    for form in ("json", "events", "table"):
        process = run("scan", "--checks", ROOT_ACCESS, "--format", form, "-R")
        assert os.environ["AWS_SECRET_ACCESS_KEY"] not in process.stdout + process.stderr
        assert os.environ["AWS_ACCESS_KEY_ID"] not in process.stdout + process.stderr


def test_the_demo_needs_nothing_of_the_users(nobodys_machine: Path) -> None:
    process = run("scan", "--demo", "--checks", ROOT_ACCESS, "--format", "json", "-q")
    assert process.returncode == 1, process.stderr
    report: dict[str, Any] = json.loads(process.stdout)
    assert {result["status"] for result in report["results"]} == {"fail", "pass", "not_assessed"}
    assert len({account["account_id"] for account in report["scan"]["accounts"]}) >= 3
    (failure,) = report["scan"]["failures"]
    assert "aws sso login" in failure["action"]
    assert not (nobodys_machine / ".aws").exists()


def test_the_policy_is_enough_and_no_more(embedded_aws: EmbeddedAws) -> None:
    policy = json.loads(run("policy", "--checks", ROOT_ACCESS.upper()).stdout)
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert actions == [
        "ec2:DescribeRegions",
        "iam:ListAccountAliases",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListNotebookInstances",
        "sts:GetCallerIdentity",
    ]


def test_the_catalogue_is_listed_and_explained() -> None:
    checks = run("checks")
    assert ROOT_ACCESS in checks.stdout
    catalogue = json.loads(run("checks", "--format", "json").stdout)
    (check,) = [entry for entry in catalogue if entry["id"] == ROOT_ACCESS]
    assert check["severity"] == "critical"
    assert check["reads"] == ["sagemaker:ListNotebookInstances", "sagemaker:DescribeNotebookInstance"]
    printed_explanation = run("checks", "show", ROOT_ACCESS.upper())
    assert "## Why it matters" in printed_explanation.stdout
    assert "no check 'x'" in one_line_of_error(run("checks", "show", "x"))
    refused = run("checks", "--format", "json", "show", ROOT_ACCESS)
    assert "--format is for the list of checks: omit it." in one_line_of_error(refused)
