"""Accepted findings in the headless commands: counted apart, no reason to fail, and reviewed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.commands.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result as Done

LAB = """\
suppressions:
  - check_id: aws-sagemaker-001
    resource_id: lab
    reason: Rebuilt next week
    accepted_by: ops
    expires: 2999-12-31
"""


@pytest.fixture
def here(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory; the store of `directory` has the findings lab and other."""
    place = directory / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def run(*arguments: str) -> Done:
    return CliRunner().invoke(main, arguments)


def test_a_muted_finding_is_counted_apart_and_says_who_accepted_it(here: Path) -> None:
    (here / ".cloud-audit.yml").write_text(LAB)
    assert "1 failed (1 critical) · 0 passed · 0 not assessed · 1 muted" in run("report").output
    report = json.loads(run("report", "--format", "json").output)
    (muted,) = [result for result in report["results"] if result["disposition"] == "muted"]
    assert muted["mute"] == {"reason": "Rebuilt next week", "owner": "ops", "expires": "2999-12-31"}
    sarif = json.loads(run("report", "--format", "sarif").output)
    assert [result["suppressions"] for result in sarif["runs"][0]["results"] if "suppressions" in result] == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "Muted by ops until 2999-12-31: Rebuilt next week.",
            }
        ]
    ]
    for form in ("markdown", "html", "junit", "csv", "ocsf"):
        assert "Muted by ops until 2999-12-31: Rebuilt next week." in run("report", "--format", form).output


def test_a_filter_finds_the_muted_ones(here: Path) -> None:
    (here / "other.yml").write_text(LAB)
    invocation = run("report", "--config", "other.yml", "--filter", "status:muted", "--format", "csv")
    assert [line.split(",")[1] for line in invocation.output.splitlines()] == ["disposition", "muted"]
    assert "2 failed" in run("report").output


def test_a_mistake_in_the_file_is_named_before_anything_runs(here: Path) -> None:
    (here / ".cloud-audit.yml").write_text("suppressions: 3\n")
    for command in ("scan", "report", "mutes"):
        invocation = run(command)
        assert invocation.exit_code == 2
        assert f"{here}/.cloud-audit.yml, line 1: suppressions: write a list of entries" in invocation.stderr


def test_a_review_names_what_to_look_at_again(here: Path) -> None:
    (here / ".cloud-audit.yml").write_text(
        LAB
        + "  - {check_id: aws-s3-001, reason: none}\n"
        + "  - {check_id: aws-sagemaker-001, reason: over, expires: 2020-01-01}\n"
        + "  - {check_id: 'aws-*', reason: all}\n"
    )
    invocation = run("mutes", "--format", "json")
    assert invocation.exit_code == 1
    assert [(each["findings"], each["review"]) for each in json.loads(invocation.output)] == [
        (1, []),
        (0, ["unused"]),
        (2, ["expired"]),
        (2, ["too wide"]),
    ]
    text = run("mutes").output
    assert "aws-sagemaker-001, lab\n        by ops until 2999-12-31: Rebuilt next week\n" in text
    assert "review: too wide" in text


def test_a_review_without_a_file_says_what_to_do(here: Path) -> None:
    invocation = run("mutes")
    assert invocation.exit_code == 2
    assert f"There is no {here}/.cloud-audit.yml; mute a finding in the app" in invocation.stderr
    (here / ".cloud-audit.yml").write_text(LAB)
    assert run("mutes").exit_code == 0


def test_excluding_every_check_is_a_mistake(here: Path) -> None:
    (here / ".cloud-audit.yml").write_text("exclude_checks: ['*']\n")
    invocation = run("scan")
    assert invocation.exit_code == 2
    assert "cloud-audit.yml leaves no check to run" in invocation.stderr
