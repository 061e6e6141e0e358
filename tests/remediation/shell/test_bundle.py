"""Many fixes in one script: each is tried, what fails is named, and nothing is taken away unasked."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.model import Finding, Resource, Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.shell.bundle import script_bundle
from remediation import data_findings, ec2_findings, findings_to_fix, governance_findings
from remediation.findings_to_fix import ACCOUNT, HOSTILE, KEY, endpoint, internet_access, root_access
from remediation.script_syntax import syntax_faults
from remediation.shell_run import DONE, Sandbox, program_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

ZSH = pytest.param("zsh", marks=pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not on PATH"))
both_shells = pytest.mark.parametrize("shell", ["bash", ZSH])
ROOMS = (findings_to_fix, data_findings, ec2_findings, governance_findings)
QUESTION = r"\n1/\d+ aws-[\s\S]*?anything else to skip it: "
"""The question of the first fix, which the text itself does not match."""
ANSWER_ALL = [(QUESTION, "all\n")]
ANSWERS = {"sts get-caller-identity": f"{ACCOUNT}\n"}


def with_name(finding: Finding, name: str, **changes: Any) -> Finding:
    subject = Resource(f"arn:{name}", name, finding.resource_type)
    return msgspec.structs.replace(finding, subject=subject, **changes)


def of_endpoint(name: str, **changes: Any) -> Finding:
    return with_name(endpoint(name=name, endpoint_config_name=f"{name}-config"), name, **changes)


def of_notebook(name: str, **changes: Any) -> Finding:
    """Return a finding whose fix stops the notebook, and so asks first."""
    return with_name(root_access(notebook_name=name), name, **changes)


class Ran:
    def __init__(self, sandbox: Sandbox, process: subprocess.CompletedProcess[str]) -> None:
        self.calls = [" ".join(call[:2]) for call in sandbox.calls()]
        self.full_calls = sandbox.calls()
        self.code, self.output, self.errors = process.returncode, process.stdout, process.stderr
        self.strays = sandbox.strays()


def run(
    directory: Path, script: str, *arguments: str, failing: tuple[str, ...] = (), **variables: str
) -> Ran:
    """Run a script as a file, without a terminal."""
    return run_in(Sandbox(directory / "sandbox", ANSWERS, failing), script, *arguments, **variables)


def run_in(sandbox: Sandbox, script: str, *arguments: str, **variables: str) -> Ran:
    """Run a script as a file in a sandbox that may have been used before."""
    file = sandbox.recorded / "fixes.sh"
    file.write_text(script)
    process = subprocess.run(
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
    return Ran(sandbox, process)


def run_and_type(directory: Path, script: str, *texts: str) -> tuple[list[str], str, int]:
    """Run a script on a terminal of its own, and type an answer each time it asks."""
    sandbox = Sandbox(directory / "sandbox", ANSWERS)
    file = directory / "fixes.sh"
    file.write_text(script)
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the other process
        # A run in the background of a shell ignores it, and bash cannot trap what it inherits as ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(sandbox.home)
        os.execve("/bin/bash", ["bash", str(file)], sandbox.environment({}))
    output, answers = b"", list(texts)
    while select.select([terminal], [], [], 60)[0]:
        try:
            output += os.read(terminal, 65536)
        except OSError:
            break
        if answers and output.count(b"anything else to skip it: ") > len(texts) - len(answers):
            os.write(terminal, answers.pop(0).encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return (
        [" ".join(call[:2]) for call in sandbox.calls()],
        output.decode(),
        os.waitstatus_to_exitcode(status),
    )


def test_the_header_lists_everything_by_profile_and_region() -> None:
    script = script_bundle(
        [
            of_notebook("lab", profile="prod", region="us-east-1"),
            of_endpoint("churn", profile="prod"),
            of_endpoint("score", profile="dev", title="Storage without a key"),
            with_name(endpoint(endpoint_status="Failed"), "broken", profile="dev"),
        ]
    ).text
    header = script.partition("\nset -euo pipefail")[0]
    command, *comments = header.splitlines()
    assert command.startswith("bash -s -- ")
    assert all(line.startswith("#") for line in comments if line)
    lines = [line.removeprefix("#").strip() for line in comments]
    assert lines[0].startswith("3 fixes, written by")
    first_line = lines.index("What aws-sagemaker-003 does:")
    assert lines.count("What aws-sagemaker-003 does:") == 1
    labels = [line.partition(":")[0] for line in lines[first_line + 1 : first_line + 6]]
    assert labels == ["Changes", "Interrupts", "Costs", "Undo", "Needs"]
    start = lines.index(f"In profile dev, account {ACCOUNT}, region eu-central-1:")
    assert lines[start : start + 12] == [
        f"In profile dev, account {ACCOUNT}, region eu-central-1:",
        "1. aws-sagemaker-003 score: Storage without a key",
        "ASKS FIRST: it costs",
        "NEEDS FIX_1_KMS_KEY_ID",
        "",
        f"In profile prod, account {ACCOUNT}, region eu-central-1:",
        "2. aws-sagemaker-003 churn",
        "ASKS FIRST: it costs",
        "NEEDS FIX_2_KMS_KEY_ID",
        "",
        f"In profile prod, account {ACCOUNT}, region us-east-1:",
        "3. aws-sagemaker-001 lab",
    ]
    assert "ASKS FIRST: it interrupts and costs and deletes" in lines
    assert "Runs aws sagemaker stop-notebook-instance" in lines
    (left_out,) = [line for line in lines if line.startswith("aws-sagemaker-003 broken")]
    assert "status is Failed" in left_out


def test_each_findings_own_script_is_in_it_unchanged() -> None:
    findings = [of_endpoint("a"), of_notebook("b")]
    script = script_bundle(findings, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).text
    for finding in findings:
        assert render(finding, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).cli in script


def test_all_are_done(tmp_path: Path) -> None:
    script = script_bundle([of_endpoint("a"), of_notebook("b")]).text
    ran = run(tmp_path, script, "--yes", FIX_2_KMS_KEY_ID=KEY)
    assert (ran.code, ran.errors) == (0, "")
    assert "2 of 2 done." in ran.output
    assert "sagemaker update-notebook-instance" in ran.calls
    assert "sagemaker update-endpoint" in ran.calls


def test_one_that_fails_stops_there_and_the_others_are_still_tried(tmp_path: Path) -> None:
    script = script_bundle([of_notebook("a"), of_endpoint("b")]).text
    ran = run(tmp_path, script, "--yes", failing=("sagemaker stop-notebook-instance",), FIX_2_KMS_KEY_ID=KEY)
    assert ran.code == 1
    assert "sagemaker update-notebook-instance" not in ran.calls
    assert "sagemaker update-endpoint" in ran.calls
    assert "1 of 2 done." in ran.output
    assert "Failed with exit code 254." in ran.errors
    assert "Failed:\n  1. aws-sagemaker-001 a " in ran.errors
    assert "Done:\n  2. aws-sagemaker-003 b " in ran.output
    assert "Skipped:" not in ran.errors


def test_without_a_terminal_nothing_is_taken_away(tmp_path: Path) -> None:
    ran = run(tmp_path, script_bundle([of_notebook("a")]).text)
    assert (ran.code, ran.calls) == (1, [])
    assert "Skipped: there is no terminal to ask on" in ran.errors
    assert "Skipped:\n  1. aws-sagemaker-001 a " in ran.errors


def test_the_option_yes_runs_without_asking(tmp_path: Path) -> None:
    ran = run(tmp_path, script_bundle([of_notebook("a")]).text, "--yes")
    assert ran.code == 0
    assert "sagemaker stop-notebook-instance" in ran.calls


@pytest.mark.parametrize(("text", "code"), [("yes", 0), ("no", 1), ("", 1), ("y", 1)])
def test_the_terminal_is_asked(tmp_path: Path, text: str, code: int) -> None:
    calls, output, ended = run_and_type(tmp_path, script_bundle([of_notebook("a")]).text, text)
    assert ended == code
    assert "Interrupts: A running notebook" in output
    assert "Costs: Nothing for the change. A failed instance costs" in output
    assert "Runs aws sagemaker stop-notebook-instance. Undo: " in output
    assert ("sagemaker stop-notebook-instance" in calls) is (text == "yes")


def test_a_wrong_option_does_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path, script_bundle([of_notebook("a")]).text, "--force")
    assert (ran.code, ran.calls) == (2, [])
    assert "Usage: bash" in ran.errors


def test_what_only_the_user_knows_is_asked_for_before_anything_runs(tmp_path: Path) -> None:
    ran = run(tmp_path, script_bundle([of_endpoint("a"), of_notebook("b")]).text, "--yes", KMS_KEY_ID=KEY)
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
    script = script_bundle([of_endpoint("a"), of_endpoint("b"), of_endpoint("c", region="us-east-1")]).text
    ran = run(tmp_path, script, "--yes", FIX_1_KMS_KEY_ID="key-1")
    assert keys(ran) == ["key-1", "key-1"]
    assert "these are not set: FIX_3_KMS_KEY_ID" in ran.errors


def test_each_fix_can_have_a_key_of_its_own(tmp_path: Path) -> None:
    script = script_bundle([of_endpoint("a"), of_endpoint("b")]).text
    ran = run(tmp_path, script, "--yes", FIX_1_KMS_KEY_ID="key-1", FIX_2_KMS_KEY_ID="key-2")
    assert keys(ran) == ["key-1", "key-2"]


def test_what_is_about_one_resource_is_never_taken_for_another(tmp_path: Path) -> None:
    notebooks = [
        with_name(internet_access(notebook_name=name, subnet_id="", security_groups=[]), name)
        for name in "ab"
    ]
    ran = run(
        tmp_path, script_bundle(notebooks).text, FIX_1_SUBNET_ID="subnet-1", FIX_1_SECURITY_GROUP_IDS="sg-1"
    )
    assert "these are not set: FIX_2_SUBNET_ID FIX_2_SECURITY_GROUP_IDS" in ran.errors


def test_an_input_can_be_written_into_the_file(tmp_path: Path) -> None:
    script = script_bundle([of_endpoint("a")]).text
    filled = script.replace("FIX_1_KMS_KEY_ID:-''", "FIX_1_KMS_KEY_ID:-'a \"key\" $HOME'")
    assert filled != script
    assert keys(run(tmp_path, filled, "--yes")) == ['a "key" $HOME']


def test_the_same_fault_seen_through_two_profiles_is_fixed_once() -> None:
    script = script_bundle([of_notebook("a", profile="prod"), of_notebook("a", profile="admin")]).text
    assert "# 1 fix, written by" in script
    assert "(profile prod, " in script
    assert "it is fixed through profile admin" in script


def test_nothing_to_fix_is_no_script() -> None:
    passed = of_notebook("a", status=Status.PASS)
    assert script_bundle([]).text == ""
    assert script_bundle([passed, of_endpoint("b", status=Status.NOT_ASSESSED)]).text == ""
    unknown = msgspec.structs.replace(of_notebook("a"), check_id="aws-unknown-001")
    assert script_bundle([unknown]).text == ""


@pytest.mark.proof
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    findings = [
        with_name(endpoint(name=name, endpoint_config_name=f"{name}-config"), name, title=name),
        with_name(root_access(notebook_name=name), name, profile=name, region="us-east-1"),
    ]
    script = script_bundle(findings).text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b\u2066]", script)
    inputs: dict[str, Any] = {f"FIX_{n}_KMS_KEY_ID": KEY for n in (1, 2)}
    ran = run(tmp_path, script, "--yes", **inputs)
    assert ran.strays == []
    assert ran.code == 0, ran.errors
    assert "2 of 2 done." in ran.output


def test_an_interruption_ends_the_whole_and_says_how_far_it_was(tmp_path: Path) -> None:
    script = script_bundle([of_notebook("a"), of_notebook("b")]).text
    calls, output, code = run_and_type(tmp_path, script, "\x03")
    assert (calls, code) == ([], 130)
    assert "0 of 2 done." in output


def test_all_is_the_answer_for_this_fix_and_every_other(tmp_path: Path) -> None:
    script = script_bundle([of_notebook("a"), of_notebook("b"), of_notebook("c")]).text
    calls, output, code = run_and_type(tmp_path, script, "no", "all")
    assert (code, calls.count("sagemaker stop-notebook-instance")) == (1, 2)
    assert output.count("anything else to skip it: ") == 2
    assert "2 of 3 done." in output


def test_a_second_run_of_the_same_text_finishes_what_failed(tmp_path: Path) -> None:
    script = script_bundle([of_notebook("a"), of_endpoint("b")]).text
    sandbox = Sandbox(tmp_path / "sandbox", ANSWERS, ("sagemaker stop-notebook-instance",))
    first = run_in(sandbox, script, "--yes", FIX_2_KMS_KEY_ID=KEY)
    assert first.code == 1
    assert "Run the same text again for the rest." in first.output
    (sandbox.recorded / "fails.sagemaker.stop-notebook-instance").unlink()
    second = run_in(sandbox, script, "--yes", FIX_2_KMS_KEY_ID=KEY)
    assert second.code == 0
    assert second.calls.count("sagemaker update-endpoint") == 1
    assert "sagemaker update-notebook-instance" in second.calls
    assert "2 of 2 done." in second.output
    assert "Done by an earlier run:\n  2. aws-sagemaker-003 b " in second.output


def test_a_new_text_does_not_take_the_record_of_another(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox", ANSWERS)
    for _ in range(2):
        ran = run_in(sandbox, script_bundle([of_notebook("a")]).text, "--yes")
        assert ran.code == 0
        assert "Done by an earlier run" not in ran.output
    assert "Root access is disabled already." in ran.output


def test_a_text_that_was_cut_off_does_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox", ANSWERS)
    lines = script_bundle([of_notebook("a"), of_endpoint("b")]).text.splitlines(keepends=True)
    for length in range(1, len(lines) - 1, 9):
        ran = run_in(sandbox, "".join(lines[:length]), "--yes", FIX_2_KMS_KEY_ID=KEY)
        assert ran.calls == [], length


def test_values_of_a_form_stand_in_the_text(tmp_path: Path) -> None:
    findings = [of_endpoint("a"), of_endpoint("b", region="us-east-1")]
    plain = script_bundle(findings)
    assert [(each.name, each.input.variable, each.finding) for each in plain.needed] == [
        (f"FIX_{number}_KMS_KEY_ID", "KMS_KEY_ID", finding) for number, finding in enumerate(findings, 1)
    ]
    bundle = script_bundle(findings, values={each.name: HOSTILE[0] or "key" for each in plain.needed})
    assert (bundle.inputs, bundle.needed) == ([], ())
    ran = run(tmp_path, bundle.text, "--yes")
    assert (ran.code, ran.strays) == (0, [])
    assert keys(ran) == [HOSTILE[0] or "key"] * 2


def asks(finding: Finding) -> bool:
    return script_bundle([finding]).asks_first == 1


def test_it_asks_exactly_before_what_interrupts_costs_or_deletes() -> None:
    findings = [finding for room in ROOMS for finding in room.ORDINARY.values() if render(finding).cli]
    assert {render(finding).risks != [] for finding in findings} == {True, False}
    wrong = [
        finding.check_id
        for finding in findings
        if asks(finding)
        is not bool(explanation(finding.check_id).about.effect.risks or render(finding).losses)
    ]
    assert wrong == []


def test_the_program_in_the_text_is_right_bash() -> None:
    """A parser of the text takes the here-document for data, so its program is looked at by itself."""
    script = script_bundle([of_endpoint("a"), of_notebook("b"), of_endpoint("c", region="us-east-1")]).text
    assert syntax_faults(script) == []
    assert syntax_faults(program_of(script)) == []


def test_the_text_is_safe_on_an_interactive_terminal() -> None:
    policy = json.dumps({"Statement": [{"Sid": name, "Resource": "x" * 9000} for name in HOSTILE]})
    findings = [of_endpoint(name, title="t" * 9000, reason=policy) for name in HOSTILE if name]
    tags = [{"Key": "k", "Value": "v" * 9000}]
    findings.append(with_name(endpoint(name="long", tags=tags), "n" * 9000))
    text = script_bundle(findings).text
    assert "v" * 900 in text
    assert max(len(line.encode()) for line in text.splitlines()) < 4095
    assert "!" not in text
    assert "\t" not in text


@both_shells
@pytest.mark.parametrize("bracketed", [False, True])
def test_pasted_text_runs_and_the_shell_stays_as_it_was(tmp_path: Path, shell: str, bracketed: bool) -> None:
    script = script_bundle([of_notebook("a"), of_endpoint("b"), of_endpoint("c", region="us-east-1")]).text
    sandbox = Sandbox(tmp_path / "paste", ANSWERS, ("sagemaker stop-notebook-instance",))
    before = "before=$(set +o)\n"
    after = 'printf \'ended %s\\n\' with=$?; test "$before" = "$(set +o)"\n'
    inputs = {"FIX_2_KMS_KEY_ID": KEY, "FIX_3_KMS_KEY_ID": KEY}
    answers = [*ANSWER_ALL, (DONE, after)]
    ran = sandbox.paste(
        before + script, inputs, shell, answers=answers, finished="ended with=", bracketed=bracketed
    )
    assert ran.code == 0, f"the options of the shell have changed: {ran.output}"
    assert "ended with=1" in ran.output
    assert [call[1] for call in ran.calls if call[1].startswith("update-")] == ["update-endpoint"] * 2
    assert re.search(r"Failed:\s+1\. aws-sagemaker-001 a", ran.output)
    assert "2 of 3 done." in ran.output
    assert ran.strays == []


@both_shells
def test_what_is_left_of_a_paste_is_no_answer(tmp_path: Path, shell: str) -> None:
    sandbox = Sandbox(tmp_path / "paste", ANSWERS)
    script = script_bundle([of_notebook("a")]).text + "yes\nall\n"
    ran = sandbox.paste(script, {}, shell, answers=[(QUESTION, "no\n")])
    assert (ran.code, ran.calls) == (1, [])
    assert "it was not confirmed." in ran.output
