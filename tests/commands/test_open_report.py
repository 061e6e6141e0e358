"""``open`` shows a report in the app, and says in one line why a file is none."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.commands.main import main
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from commands.refused_arguments import each_is_refused
from each_row import each_row
from reports.made_report import ACCOUNT, prowler_event, whole_report
from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result as Invocation


def test_garbage_is_one_line_that_says_what_can_be_opened(tmp_path: Path) -> None:
    rows = [
        (b"", "report.json cannot be opened. The file is not JSON"),
        (b"\x00\xff garbage", "The file is not JSON"),
        (b"{}", "not a report that can be read. Known kinds: "),
        (b'{"runs": [], "version": "2.1.0"}', "not a report that can be read"),
        (b'[{"class_uid": 2004}]', "looks like OCSF findings"),
    ]
    with each_row() as row:
        for content, words in rows:
            with row(content):
                file = tmp_path / "report.json"
                file.write_bytes(content)
                invocation = CliRunner().invoke(main, ["open", str(file)])
                assert invocation.exit_code == 2
                assert words in invocation.output
                assert "Traceback" not in invocation.output


def test_a_file_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    for name in (tmp_path / "none.json", tmp_path, "/dev/null"):
        invocation = CliRunner().invoke(main, ["open", str(name)])
        assert (invocation.exit_code, "is not a file. Name a report to open." in invocation.output) == (
            2,
            True,
        )


def test_without_a_terminal_it_says_what_needs_none(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(formats()["json"].to_text(whole_report(), Options()))
    invocation = CliRunner().invoke(main, ["open", str(file)])
    assert invocation.exit_code == 2
    assert "The app needs a terminal." in invocation.output


def test_fixes_are_written_without_a_terminal_and_what_is_left_out_says_how_to_get_it(tmp_path: Path) -> None:
    report, fixes = tmp_path / "prowler.json", tmp_path / "fixes.sh"
    volume = prowler_event(
        metadata={"event_code": "ec2_ebs_volume_encryption", "product": {"name": "Prowler"}},
        cloud={"region": "eu-west-1", "account": {"uid": ACCOUNT}},
        resources=[{"uid": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1", "name": "vol-1"}],
    )
    muted = prowler_event(status_id=3, resources=[{"uid": f"arn:aws:iam::{ACCOUNT}:user/b", "name": "b"}])
    report.write_text(json.dumps([prowler_event(), volume, muted]))
    command = ["open", str(report), "--export-fixes", str(fixes)]
    invocation = CliRunner().invoke(main, command)
    assert invocation.exit_code == 0, invocation.output
    text = fixes.read_text()
    assert "--user-name=a" in text
    assert "--user-name=b" not in text
    assert "cloud-audit-tui scan --profile NAME --checks aws-ec2-002 --regions eu-west-1" in text
    again = CliRunner().invoke(main, command)
    assert (again.exit_code, "--force overwrites it" in again.output) == (2, True)
    assert CliRunner().invoke(main, [*command, "--force"]).exit_code == 0


def test_the_fixes_of_a_filtered_report_say_how_its_findings_were_chosen(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    document = whole_report().with_narrowing("severity:high+", 2)
    report.write_text(formats()["json"].to_text(document, Options()))
    invocation = CliRunner().invoke(main, ["open", str(report), "--export-fixes", str(tmp_path / "fixes.sh")])
    assert invocation.exit_code == 0
    words = "The report has only what matches severity:high+, which leaves out 2 not assessed."
    assert invocation.stderr.splitlines()[0] == words


def test_the_fixes_do_not_overwrite_the_report(tmp_path: Path) -> None:
    report, link = tmp_path / "report.json", tmp_path / "link.json"
    text = formats()["json"].to_text(whole_report(), Options())
    report.write_text(text)
    link.symlink_to(report)
    for name in (report, link):
        invocation = CliRunner().invoke(main, ["open", str(report), "--export-fixes", str(name), "--force"])
        assert (invocation.exit_code, "is the report: name another file" in invocation.stderr) == (2, True)
    assert report.read_text() == text


def test_an_option_without_its_file_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    def run(*arguments: str) -> Invocation:
        return CliRunner().invoke(main, ["open", str(tmp_path / "report.json"), *arguments])

    rows = [
        (["--force"], "--force overwrites only the file of --export-fixes"),
        (["--export-fixes", "-"], "The fixes are written to a file only"),
    ]
    each_is_refused(run, rows)


def test_a_profile_that_is_not_there_is_said_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "config").write_text("[profile audit]\nregion = eu-west-1\n")
    file = tmp_path / "report.json"
    file.write_text(json.dumps([prowler_event()]))
    invocation = CliRunner().invoke(main, ["open", str(file), "--profile", "absent"])
    assert (invocation.exit_code, "absent" in invocation.output) == (2, True)
    # A report needs no profile, and no configuration that can be read.
    (tmp_path / "config").write_text("[profile audit\n")
    fixes = ["--export-fixes", str(tmp_path / "fixes.sh")]
    assert CliRunner().invoke(main, ["open", str(file), *fixes]).exit_code == 0


@pytest.mark.proof
def test_each_kind_opens_in_a_real_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("json", "cloud-audit", "ocsf"):
        file = tmp_path / f"{name}.json"
        file.write_text(formats()[name].to_text(whole_report(), Options()))
        assert json.loads(file.read_text())
        app = Terminal([sys.executable, "-m", "cloud_audit_tui", "open", str(file)])
        app.read_until(b"read-only")
        app.type(b"q")
        assert app.read_to_end() == 0
        assert b"Traceback" not in app.output


@pytest.mark.proof
def test_a_filtered_report_says_so_in_a_real_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    file = tmp_path / "report.json"
    file.write_text(formats()["json"].to_text(whole_report().with_narrowing("s3", 0), Options()))
    app = Terminal([sys.executable, "-m", "cloud_audit_tui", "open", str(file)])
    app.read_until(b"only what matches s3")
    app.type(b"q")
    assert app.read_to_end() == 0
