"""``report`` writes what the app has stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.__main__ import main
from cloud_audit_tui.reports.registry import formats
from commands.refused_arguments import each_is_refused

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result as Done

CHECK = "aws-sagemaker-001"


def run(*arguments: str) -> Done:
    return CliRunner().invoke(main, ["report", *arguments])


@pytest.mark.usefixtures("directory")
def test_every_format_of_the_registry_is_a_choice() -> None:
    codes = {name: run("--format", name).exit_code for name in formats()}
    assert set(codes.values()) == {0}
    for name in formats():
        assert name in run("--help").output


@pytest.mark.usefixtures("directory")
def test_a_table_of_every_profile_is_the_default() -> None:
    invocation = run()
    assert "CRITICAL      aws-sagemaker-001  lab" in invocation.output
    assert "2 failed (2 critical)" in invocation.output
    assert "update-notebook-instance" not in invocation.output
    assert "update-notebook-instance" in run("-R").output


def test_a_files_name_chooses_the_format_and_the_file_is_private(directory: Path) -> None:
    file = directory / "report.json"
    invocation = run("-o", str(file))
    assert (invocation.exit_code, invocation.output) == (0, "")
    assert json.loads(file.read_text())["summary"]["failed"] == 2
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("directory")
def test_a_filter_leaves_the_others_out() -> None:
    document = json.loads(run("--format", "json", "--filter", "resource:lab").output)
    assert [result["resource_name"] for result in document["results"]] == ["lab"]
    assert document["summary"]["failed"] == 1


@pytest.mark.usefixtures("directory")
def test_bad_input_is_one_line_that_says_what_to_do() -> None:
    rows: list[tuple[list[str], str]] = [
        (
            ["--filter", "sevrity:high"],
            "--filter: There is no key sevrity:",
        ),
        (["--profile", "nobody"], "The store holds nothing about nobody. Scan in the app first."),
        (["--format", "xml"], "'xml' is not one of"),
        (["--format", "events"], "'events' is not one of"),
        (
            ["-o", "/nonexistent/report"],
            "/nonexistent/report cannot be written. There is no directory",
        ),
    ]
    each_is_refused(run, rows)


def test_without_a_store_it_says_where_findings_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path / "none"))
    invocation = run("--profile", "prod")
    assert invocation.exit_code == 2
    assert "The app has stored no scan yet." in invocation.output
    assert not (tmp_path / "none").exists()
