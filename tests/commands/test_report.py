"""``report`` writes what the app has stored, or what a report in a file says."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui import file_beginning
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.model import Status
from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from commands.refused_arguments import each_is_refused
from commands.stored_scan import store_scan
from each_row import each_row
from reports.made_report import finding_of, prowler_event, whole_report

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

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


@pytest.mark.usefixtures("directory")
def test_a_profile_that_the_store_does_not_know_is_named_beside_others() -> None:
    both, one = run("--profile", "prod", "--profile", "prd"), run("--profile", "prod")
    assert (both.exit_code, both.stdout, one.stderr) == (0, one.stdout, "")
    assert both.stderr == "The store holds nothing about prd.\n"


def test_without_a_store_it_says_where_findings_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path / "none"))
    invocation = run("--profile", "prod")
    assert invocation.exit_code == 2
    assert "The app has stored no scan yet." in invocation.output
    assert "`cloud-audit-tui scan` reports its own findings and stores none" in invocation.output
    assert not (tmp_path / "none").exists()


def report_file(directory: Path, report: Report) -> str:
    file = directory / "made.json"
    file.write_text(formats()["json"].to_text(report, Options()))
    return str(file)


def names(document: Any) -> list[str]:
    return sorted(result["resource_name"] for result in document["results"])


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A report in a file, where the app has stored nothing."""
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path / "none"))
    return report_file(tmp_path, whole_report())


def test_a_report_in_a_file_becomes_one_of_another_format(made: str) -> None:
    invocation = run(made)
    assert invocation.exit_code == 0
    assert "CRITICAL      aws-sagemaker-001  lab" in invocation.output
    assert whole_report().summary.words in invocation.output
    csv = formats()["csv"].to_text(whole_report(), Options())
    assert run(made, "--format", "csv").output.splitlines() == csv.splitlines()


def test_a_report_comes_from_a_pipe_as_well(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = formats()["json"].to_text(whole_report(), Options()).encode()
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    invocation = CliRunner().invoke(main, ["report", str(pipe), "--format", "csv"])
    writer.join()
    assert invocation.exit_code == 0, invocation.output
    assert "Notebook with root access" in invocation.output


def test_our_own_ocsf_is_filtered_by_profile_and_by_the_severity_of_what_was_not_assessed(
    tmp_path: Path,
) -> None:
    file = tmp_path / "report.ocsf.json"
    file.write_text(formats()["ocsf"].to_text(whole_report(), Options()))
    for text, expected in {
        "profile:prod resource:lab": ["lab"],
        "severity:high+ resource:unread": ["unread"],
    }.items():
        assert names(json.loads(run(str(file), "--format", "json", "--filter", text).stdout)) == expected


def test_a_pipe_to_which_no_program_writes_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_beginning, "WRITER_WAIT", 0)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for command in ("report", "open"):
        invocation = CliRunner().invoke(main, [command, str(pipe)])
        assert (invocation.exit_code, invocation.stdout) == (2, "")
        assert "cannot be read: no program writes to this pipe." in invocation.stderr


def test_a_filter_means_in_a_file_what_it_means_in_the_app(made: str) -> None:
    rows = {
        "severity:high+ -status:fail": ["accepted", "eu-central-1", "expired", "good", "repaired", "unread"],
        "severity:low": ["unknown"],
        "check:iam-001": ["111122223333"],
        "root user": ["111122223333"],
        "-service:sagemaker": ["111122223333", "expired", "unknown"],
        "status:muted": ["accepted"],
        "status:unassessed -denied": ["eu-central-1", "expired"],
        "profile:admin severity:low": ["unknown"],
        "account:acme status:pass": ["good"],
        "nothing-of-the-kind": [],
    }
    with each_row() as row:
        for text, expected in rows.items():
            with row(text):
                invocation = run(made, "--format", "json", "--filter", text)
                assert names(json.loads(invocation.output)) == expected


def test_a_filtered_report_counts_its_findings_and_says_what_is_not_assessed_elsewhere(made: str) -> None:
    invocation = run(made, "--filter", "resource:lab severity:critical")
    assert invocation.output.splitlines()[-1].startswith(
        "1 failed (1 critical) · 0 passed · 0 not assessed"
        " · only what matches resource:lab severity:critical, which leaves out 3 not assessed"
    )
    document = json.loads(run(made, "--format", "json", "--filter", "lab").output)
    assert document["narrowing"] == {"filter": "lab", "not_assessed": 3, "is_marked": False}
    assert [failure["profile"] for failure in document["scan"]["failures"]] == ["expired"]


def test_a_format_without_a_place_for_it_says_on_stderr_what_was_not_assessed(made: str) -> None:
    invocation = run(made, "--format", "csv", "--filter", "resource:lab")
    assert (
        invocation.stderr
        == "The report has only what matches resource:lab, which leaves out 3 not assessed.\n"
    )
    assert invocation.stdout.count("\n") == 2
    for nothing_left_out in ([], ["--filter", "status:unassessed"]):
        assert run(made, "--format", "csv", *nothing_left_out).stderr == ""


def test_a_report_of_a_filtered_report_still_says_by_which_filter(made: str, tmp_path: Path) -> None:
    filtered = str(tmp_path / "filtered.json")
    assert run(made, "-o", filtered, "--filter", "service:sagemaker").exit_code == 0
    words = "only what matches service:sagemaker{}, which leaves out {} not assessed"
    assert words.format("", 1) in run(filtered).output
    assert words.format(" resource:lab", 3) in run(filtered, "--filter", "resource:lab").output
    assert run(filtered, "--format", "csv").stderr == f"The report has {words.format('', 1)}.\n"


def test_a_check_without_a_match_has_not_passed(made: str) -> None:
    document = json.loads(run(made, "--format", "cloud-audit", "--filter", "resource:lab").stdout)
    assert [result["check_id"] for result in document["results"]] == ["aws-sagemaker-001"]
    assert document["summary"]["checks_passed"] == 0


def test_a_filter_finds_another_scanners_finding_by_our_check(tmp_path: Path) -> None:
    file = tmp_path / "prowler.json"
    file.write_text(json.dumps([prowler_event()]))
    document = json.loads(run(str(file), "--format", "json", "--filter", "service:iam mfa").output)
    (result,) = document["results"]
    assert (result["source"], result["resource_name"]) == ("prowler", "a")
    assert result["check_id"].startswith("aws-iam-")
    assert run(str(file), "--format", "csv", "--filter", "source:scan").stdout.count("\n") == 1


def test_what_a_file_does_not_know_of_its_findings_is_refused(made: str, tmp_path: Path) -> None:
    rows: list[tuple[list[str], str]] = [
        ([made, "--filter", "new:"], "--filter: new: compares the scans of the app's store"),
        ([made, "--filter", "lab -new:yes"], "Omit new:."),
        (
            [made, "--filter", "since:7d"],
            "which this report does not say of 9 of its 10 findings. Omit since:.",
        ),
        ([made, "--filter", "sevrity:high"], "--filter: There is no key sevrity:"),
        ([made, "--profile", "prod"], "--filter 'profile:NAME'"),
        ([made, "--config", made], "the report says itself what is muted"),
        ([str(tmp_path)], "is not a file. Name a report"),
    ]
    each_is_refused(run, rows)
    old, new = "2026-01-01T00:00:00+00:00", "2026-11-20T00:00:00+00:00"
    dated = Report(
        entries=(Entry(finding_of("old"), first_seen=old), Entry(finding_of("recent"), first_seen=new))
    )
    file = report_file(tmp_path, dated)
    document = json.loads(run(file, "--format", "json", "--filter", "since:2026-11-01").output)
    assert names(document) == ["recent"]


def test_the_app_report_says_what_the_filter_leaves_out(data_directory: Path) -> None:
    unread = finding_of("unread", status=Status.NOT_ASSESSED)
    store_scan(data_directory, "s", [finding_of("lab"), unread])
    last_line = run("--filter", "resource:lab").output.splitlines()[-1]
    assert "only what matches resource:lab, which leaves out 1 not assessed" in last_line
    assert "only what matches" not in run().output
