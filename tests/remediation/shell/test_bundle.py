"""Many fixes in one script: each is tried, what fails is named, and nothing is taken away unasked."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from findings_to_fix import ACCOUNT, HOSTILE, KEY, endpoint, internet_access, root_access
from shell_run import Sandbox

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.shell.bundle import script_of

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = {"sts get-caller-identity": f"{ACCOUNT}\n", "sagemaker describe-endpoint": "renewed\n"}


def named(finding: Finding, name: str, **changes: Any) -> Finding:
    return msgspec.structs.replace(finding, resource_name=name, resource_id=f"arn:{name}", **changes)


def of_endpoint(name: str, **changes: Any) -> Finding:
    return named(endpoint(name=name), name, **changes)


def of_notebook(name: str, **changes: Any) -> Finding:
    """Return a finding whose fix stops the notebook, and so asks first."""
    return named(root_access(notebook_name=name), name, **changes)


class Ran:
    def __init__(self, sandbox: Sandbox, done: subprocess.CompletedProcess[str]) -> None:
        self.calls = [" ".join(call[:2]) for call in sandbox.calls()]
        self.full_calls = sandbox.calls()
        self.code, self.output, self.errors = done.returncode, done.stdout, done.stderr
        self.strays = sandbox.strays()


def run(
    directory: Path, script: str, *arguments: str, failing: tuple[str, ...] = (), **variables: str
) -> Ran:
    """Run a script as a file, without a terminal."""
    sandbox = Sandbox(directory / "sandbox", ANSWERS, failing)
    file = directory / "fixes.sh"
    file.write_text(script)
    done = subprocess.run(
        ["bash", str(file), *arguments],
        cwd=sandbox.home,
        env=sandbox.environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    return Ran(sandbox, done)


def run_and_type(directory: Path, script: str, typed: str) -> tuple[list[str], str, int]:
    """Run a script on a terminal of its own, and type an answer when it asks."""
    sandbox = Sandbox(directory / "sandbox", ANSWERS)
    file = directory / "fixes.sh"
    file.write_text(script)
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the other process
        os.chdir(sandbox.home)
        os.execve("/bin/bash", ["bash", str(file)], sandbox.environment({}))
    seen, answered = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            break
        if b"Type yes to go on: " in seen and not answered:
            answered = True
            os.write(terminal, typed.encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return [" ".join(call[:2]) for call in sandbox.calls()], seen.decode(), os.waitstatus_to_exitcode(status)


def test_the_header_lists_everything_by_profile_and_region() -> None:
    script = script_of(
        [
            of_notebook("lab", profile="prod", region="us-east-1"),
            of_endpoint("churn", profile="prod"),
            of_endpoint("score", profile="dev", title="Storage without a key"),
            named(endpoint(endpoint_status="Failed"), "broken", profile="dev"),
        ]
    )
    header = script.partition("\nset -euo pipefail")[0]
    assert all(line.startswith("#") for line in header.splitlines() if line)
    lines = [line.removeprefix("#").strip() for line in header.splitlines()]
    assert lines[0].startswith("!/usr/bin/env bash")
    told = lines.index("What aws-sagemaker-003 does:")
    assert lines.count("What aws-sagemaker-003 does:") == 1
    labels = [line.partition(":")[0] for line in lines[told + 1 : told + 6]]
    assert labels == ["Changes", "Interrupts", "Costs", "Undo", "Needs"]
    start = lines.index(f"In profile dev, account {ACCOUNT}, region eu-central-1:")
    assert lines[start : start + 10] == [
        f"In profile dev, account {ACCOUNT}, region eu-central-1:",
        "1. aws-sagemaker-003 score: Storage without a key",
        "NEEDS FIX_1_KMS_KEY_ID",
        "",
        f"In profile prod, account {ACCOUNT}, region eu-central-1:",
        "2. aws-sagemaker-003 churn",
        "NEEDS FIX_2_KMS_KEY_ID",
        "",
        f"In profile prod, account {ACCOUNT}, region us-east-1:",
        "3. aws-sagemaker-001 lab",
    ]
    assert "ASKS FIRST: aws sagemaker stop-notebook-instance" in lines
    (left_out,) = [line for line in lines if line.startswith("aws-sagemaker-003 broken")]
    assert "status is Failed" in left_out


def test_each_findings_own_script_is_in_it_unchanged() -> None:
    findings = [of_endpoint("a"), of_notebook("b")]
    script = script_of(findings, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    for finding in findings:
        assert render(finding, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).cli in script


def test_all_are_done(tmp_path: Path) -> None:
    script = script_of([of_endpoint("a"), of_notebook("b")])
    ran = run(tmp_path, script, "--yes", FIX_2_KMS_KEY_ID=KEY)
    assert (ran.code, ran.errors) == (0, "")
    assert "2 of 2 done." in ran.output
    assert "sagemaker update-notebook-instance" in ran.calls
    assert "sagemaker update-endpoint" in ran.calls


def test_one_that_fails_stops_there_and_the_others_are_still_tried(tmp_path: Path) -> None:
    script = script_of([of_notebook("a"), of_endpoint("b")])
    ran = run(tmp_path, script, "--yes", failing=("sagemaker stop-notebook-instance",), FIX_2_KMS_KEY_ID=KEY)
    assert ran.code == 1
    assert "sagemaker update-notebook-instance" not in ran.calls
    assert "sagemaker update-endpoint" in ran.calls
    assert "1 of 2 done." in ran.output
    assert "Failed with exit code 254." in ran.errors
    assert "Failed: 1\n" in ran.errors


def test_without_a_terminal_nothing_is_taken_away(tmp_path: Path) -> None:
    ran = run(tmp_path, script_of([of_notebook("a")]))
    assert (ran.code, ran.calls) == (1, [])
    assert "Skipped: there is no terminal to ask on" in ran.errors


@pytest.mark.parametrize("arguments", [["--yes"], []])
def test_who_says_yes_beforehand_is_not_asked(tmp_path: Path, arguments: list[str]) -> None:
    ran = run(tmp_path, script_of([of_notebook("a")]), *arguments, **({} if arguments else {"YES": "1"}))
    assert ran.code == 0
    assert "sagemaker stop-notebook-instance" in ran.calls


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("no", 1), ("", 1), ("y", 1)])
def test_the_terminal_is_asked(tmp_path: Path, typed: str, code: int) -> None:
    calls, seen, ended = run_and_type(tmp_path, script_of([of_notebook("a")]), typed)
    assert ended == code
    assert "This takes something away or interrupts it: aws sagemaker stop-notebook-instance." in seen
    assert ("sagemaker stop-notebook-instance" in calls) is (typed == "yes")


def test_a_wrong_option_does_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path, script_of([of_notebook("a")]), "--force")
    assert (ran.code, ran.calls) == (2, [])
    assert "Usage: bash" in ran.errors


def test_what_only_the_user_knows_is_asked_for_before_anything_runs(tmp_path: Path) -> None:
    ran = run(tmp_path, script_of([of_endpoint("a"), of_notebook("b")]), "--yes", KMS_KEY_ID=KEY)
    assert ran.code == 1
    assert "these are not set: FIX_2_KMS_KEY_ID" in ran.errors
    assert "sagemaker create-endpoint-config" not in ran.calls
    assert "1 of 2 done." in ran.output


def keys(ran: Ran) -> list[str]:
    return [
        word.removeprefix("--kms-key-id=")
        for call in ran.full_calls
        for word in call
        if word.startswith("--kms-key-id=")
    ]


def test_one_key_serves_a_region_and_no_other(tmp_path: Path) -> None:
    script = script_of([of_endpoint("a"), of_endpoint("b"), of_endpoint("c", region="us-east-1")])
    ran = run(tmp_path, script, FIX_1_KMS_KEY_ID="key-1")
    assert keys(ran) == ["key-1", "key-1"]
    assert "these are not set: FIX_3_KMS_KEY_ID" in ran.errors


def test_each_fix_can_have_a_key_of_its_own(tmp_path: Path) -> None:
    script = script_of([of_endpoint("a"), of_endpoint("b")])
    assert keys(run(tmp_path, script, FIX_1_KMS_KEY_ID="key-1", FIX_2_KMS_KEY_ID="key-2")) == [
        "key-1",
        "key-2",
    ]


def test_what_is_about_one_resource_is_never_taken_for_another(tmp_path: Path) -> None:
    notebooks = [
        named(internet_access(notebook_name=name, subnet_id="", security_groups=[]), name) for name in "ab"
    ]
    ran = run(tmp_path, script_of(notebooks), FIX_1_SUBNET_ID="subnet-1", FIX_1_SECURITY_GROUP_IDS="sg-1")
    assert "these are not set: FIX_2_SUBNET_ID FIX_2_SECURITY_GROUP_IDS" in ran.errors


def test_an_input_can_be_written_into_the_file(tmp_path: Path) -> None:
    script = script_of([of_endpoint("a")])
    filled = script.replace("FIX_1_KMS_KEY_ID:-''", "FIX_1_KMS_KEY_ID:-'a \"key\" $HOME'")
    assert filled != script
    assert keys(run(tmp_path, filled)) == ['a "key" $HOME']


def test_the_same_fault_seen_through_two_profiles_is_fixed_once() -> None:
    script = script_of([of_notebook("a", profile="prod"), of_notebook("a", profile="admin")])
    assert "# 1 fix, written by" in script
    assert "(profile prod, " in script
    assert "it is fixed through profile admin" in script


def test_nothing_to_fix_is_no_script() -> None:
    passed = of_notebook("a", status=Status.PASS)
    assert script_of([]) == ""
    assert script_of([passed, of_endpoint("b", status=Status.NOT_ASSESSED)]) == ""
    unknown = Finding(
        "aws-unknown-001", Status.FAIL, Severity.LOW, "p", "1", "r", "aws", "i", "n", "t", "t", "r"
    )
    assert script_of([unknown]) == ""


@pytest.mark.proof
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    findings = [
        named(endpoint(name=name), name, title=name),
        named(root_access(notebook_name=name), name, profile=name, region="us-east-1"),
    ]
    script = script_of(findings)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b\u2066]", script)
    ran = run(tmp_path, script, "--yes", **{f"FIX_{n}_KMS_KEY_ID": KEY for n in (1, 2)})
    assert ran.strays == []
    assert ran.code == 0, ran.errors
    assert "2 of 2 done." in ran.output


def test_an_interruption_ends_the_whole_and_says_how_far_it_was(tmp_path: Path) -> None:
    script = script_of([of_notebook("a"), of_notebook("b")])
    calls, seen, code = run_and_type(tmp_path, script, "\x03")
    assert (calls, code) == ([], 130)
    assert "0 of 2 done." in seen
