"""A script is pasted into a real interactive shell, and the shell is none the worse for it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.shell.bundle import script_bundle
from each_row import each_row
from remediation import data_findings, ec2_findings, findings_to_fix, governance_findings
from remediation.findings_to_fix import (
    ACCOUNT,
    HOSTILE,
    INPUTS,
    ORDINARY,
    endpoint,
    internet_access,
    root_access,
)
from remediation.shell_run import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

ZSH = pytest.param("zsh", marks=pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not on PATH"))
ROOMS = (findings_to_fix, data_findings, ec2_findings, governance_findings)
ANSWERS = {"sts get-caller-identity": f"{ACCOUNT}\n"}
in_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not on PATH")
both_shells = pytest.mark.parametrize("shell", ["bash", ZSH])


@both_shells
@pytest.mark.parametrize(
    "name", ["serverless endpoint", "isolated endpoint", "running notebook", "small notebook"]
)
def test_a_pasted_script_runs_whole_and_the_shell_lives(tmp_path: Path, shell: str, name: str) -> None:
    script = render(ORDINARY[name]).cli
    as_a_file = Sandbox(tmp_path / "file", ANSWERS).run(script, INPUTS)
    pasted = Sandbox(tmp_path / "paste", ANSWERS).paste(script, INPUTS, shell)
    assert pasted.code == 0, pasted.output
    assert [_timeless(words) for words in pasted.calls] == [_timeless(words) for words in as_a_file.calls]
    assert pasted.calls


@in_fish
@pytest.mark.parametrize("bracketed", [False, True])
def test_a_script_pastes_into_a_bash_that_was_started_in_fish(tmp_path: Path, bracketed: bool) -> None:
    script = render(ORDINARY["running notebook"]).cli
    as_a_file = Sandbox(tmp_path / "file", ANSWERS).run(script, INPUTS)
    pasted = Sandbox(tmp_path / "paste", ANSWERS).paste(
        script, INPUTS, "fish", finished=r"\nDone: the instance", bracketed=bracketed, bash_first=True
    )
    assert pasted.code == 0, pasted.output
    assert [_timeless(words) for words in pasted.calls] == [_timeless(words) for words in as_a_file.calls]
    assert pasted.strays == []


@in_fish
def test_fish_itself_runs_nothing_of_a_script(tmp_path: Path) -> None:
    # Fish parses a pasted text as a whole, as it does this one, and refuses it.
    findings = {name: each for room in ROOMS for name, each in room.ORDINARY.items()}
    scripts = {name: script for name, each in findings.items() if (script := render(each).cli)}
    scripts["some of them in one"] = script_bundle(list(findings_to_fix.ORDINARY.values())[:5]).text
    with each_row() as row:
        for number, (name, script) in enumerate(scripts.items()):
            with row(name):
                ran = Sandbox(tmp_path / str(number), ANSWERS).run(script, INPUTS, "fish")
                assert (ran.calls, ran.strays) == ([], [])
                assert "fish: " in ran.errors


def test_no_line_is_longer_than_a_terminal_takes() -> None:
    # Between two lines of a paste the terminal may be in canonical mode, which cuts a line at 4,095 bytes.
    findings = {name: each for room in ROOMS for name, each in room.ORDINARY.items()}
    scripts = {name: render(each).cli for name, each in findings.items()}
    scripts["all of them in one"] = script_bundle(list(findings.values())).text
    with each_row() as row:
        for name, script in scripts.items():
            with row(name):
                assert max((len(line.encode()) for line in script.splitlines()), default=0) < 4_096


@both_shells
def test_the_terminal_would_show_what_goes_wrong(tmp_path: Path, shell: str) -> None:
    assert Sandbox(tmp_path / "exit").paste("exit 3\n", {}, shell).code == -1
    expanded = Sandbox(tmp_path / "history").paste('aws "a!b"\n', {}, shell)
    assert expanded.calls == []
    swallowed = Sandbox(tmp_path / "stop").paste("aws one\nfalse\naws two\n", {}, shell)
    assert swallowed.calls == [["one"], ["two"]]


@both_shells
def test_a_role_of_an_organization_is_assumed_in_the_script_only(tmp_path: Path, shell: str) -> None:
    profile = f"my 'prod'@{ACCOUNT}/team/Audit"
    finding = msgspec.structs.replace(ORDINARY["running notebook"], profile=profile)
    answers = {**ANSWERS, "sts assume-role": "ASIAROLE\tsecret/+\ttoken==\n"}
    inputs = {**INPUTS, "AWS_PROFILE": "another", "AWS_ACCESS_KEY_ID": "AKIAMINE"}
    ran = Sandbox(tmp_path / "x", answers).paste(render(finding).cli, inputs, shell)
    assert ran.code == 0, ran.output
    assume, *fix = ran.calls
    (identity,) = ran.account_checks
    assert assume[:2] == ["sts", "assume-role"]
    assert "--profile=my 'prod'" in assume
    assert f"--role-arn=arn:aws:iam::{ACCOUNT}:role/team/Audit" in assume
    assert f"--region={finding.region}" in assume
    assert fix
    assert not any(word.startswith("--profile") for words in [identity, *fix] for word in words)

    other = Sandbox(tmp_path / "y", answers).paste(
        render(finding).cli, {**inputs, "FIX_ROLE": "Admin"}, shell
    )
    assert f"--role-arn=arn:aws:iam::{ACCOUNT}:role/Admin" in other.calls[0]
    # The account of the profile may not have enabled the region of the resource.
    opted_in = msgspec.structs.replace(finding, region="ap-east-1")
    assume, *fix = Sandbox(tmp_path / "r", answers).paste(render(opted_in).cli, inputs, shell).calls
    assert "--region=us-east-1" in assume
    assert all("--region=ap-east-1" in words for words in fix)
    assert "AWS_STS_REGIONAL_ENDPOINTS=regional aws sts assume-role" in render(opted_in).cli
    refused = Sandbox(tmp_path / "z", answers, ("sts assume-role",)).paste(render(finding).cli, inputs, shell)
    assert [words[1] for words in refused.calls] == ["assume-role"]


@both_shells
def test_what_a_report_says_around_the_resource_runs_nothing(tmp_path: Path, shell: str) -> None:
    profiles = ("prod", f"prod@{ACCOUNT}/Audit")
    hostile = [name for name in HOSTILE if name]
    with each_row() as row:
        for number, (profile, text) in enumerate((each, text) for each in profiles for text in hostile):
            with row((profile, text)):
                finding = msgspec.structs.replace(
                    ORDINARY["running notebook"],
                    profile=profile,
                    partition=text,
                    region=text,
                    account_id=text,
                    source="report.json",
                )
                ran = Sandbox(tmp_path / str(number), account=text).run(render(finding).cli, INPUTS, shell)
                assert ran.strays == []
                roles = [word for call in ran.calls for word in call if word.startswith("--role-arn=")]
                arn = f"arn:{text}:iam::{ACCOUNT}:role/Audit"
                assert roles == ([f"--role-arn={arn}"] if "@" in profile else [])


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_setting_of_no_api_in_a_report_is_no_option(name: str) -> None:
    fix = render(internet_access({"InstanceType": "ml.t3.medium", f"a{name}": "x"}))
    assert fix.cli == ""
    assert "safe to paste" in fix.note


@both_shells
@pytest.mark.parametrize("finding", [endpoint(), internet_access(subnet_id="", security_groups=[])])
def test_a_missing_input_stops_it_before_anything_is_done(
    tmp_path: Path, shell: str, finding: object
) -> None:
    ran = Sandbox(tmp_path / "x", ANSWERS).paste(render(finding).cli, {}, shell)  # type: ignore[arg-type]
    assert ran.calls == []
    assert ran.code > 0
    assert "export it first" in ran.output


@both_shells
def test_an_empty_input_is_missing_too(tmp_path: Path, shell: str) -> None:
    ran = Sandbox(tmp_path / "x", ANSWERS).paste(render(endpoint()).cli, {"KMS_KEY_ID": ""}, shell)
    assert (ran.calls, ran.code > 0) == ([], True)


@both_shells
def test_it_stops_at_the_first_failure(tmp_path: Path, shell: str) -> None:
    failing = Sandbox(tmp_path / "x", ANSWERS, failing=("sagemaker stop-notebook-instance",))
    ran = failing.paste(render(root_access()).cli, {}, shell)
    assert [words[1] for words in ran.calls] == ["describe-notebook-instance", "stop-notebook-instance"]
    assert ran.code == 254


@both_shells
def test_the_shells_own_settings_stay(tmp_path: Path, shell: str) -> None:
    script = render(root_access(), {"AWS_CONFIG_FILE": "/elsewhere"}).cli
    ask = 'printf \'now <%s> <%s>\\n\' "${AWS_PAGER-unset}" "${AWS_CONFIG_FILE-unset}"; false; echo on=$-\n'
    ran = Sandbox(tmp_path / "x", ANSWERS).paste(script + ask, {}, shell)
    assert "now <unset> <unset>" in ran.output
    flags = re.search(r"\son=(\w+)", ran.output)
    assert flags
    assert not set(flags[1]) & {"e", "u"}


@both_shells
@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_hostile_name_runs_nothing(tmp_path: Path, shell: str, name: str) -> None:
    request = {"InstanceType": "ml.t3.medium", "RoleArn": name, "DefaultCodeRepository": name}
    finding = internet_access(
        request,
        notebook_name=name,
        subnet_id=name,
        security_groups=[name],
        tags=[{"Key": name, "Value": name}],
    )
    script = render(finding, {"AWS_CONFIG_FILE": name}).cli
    as_a_file = Sandbox(tmp_path / "file").run(script, {})
    ran = Sandbox(tmp_path / "paste").paste(script, {}, shell)
    assert (ran.code, ran.strays) == (0, []), ran.output
    assert [_timeless(words) for words in ran.calls] == [_timeless(words) for words in as_a_file.calls]
    assert [words[1] for words in ran.calls] == [
        "describe-notebook-instance",
        "create-notebook-instance",
        "wait",
    ]


def _timeless(words: list[str]) -> list[str]:
    return [re.sub(r"\d{14}$", "TIME", word) for word in words]
