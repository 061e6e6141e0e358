"""``open`` shows a report in the app, and says in one line why a file is none."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.__main__ import main
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.registry import formats
from reports.made_report import whole_report
from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "report.json cannot be opened. The file is not JSON"),
        (b"\x00\xff garbage", "The file is not JSON"),
        (b"{}", "not a report that can be read. Known kinds: a JSON report of cloud-audit;"),
        (b'{"runs": [], "version": "2.1.0"}', "not a report that can be read"),
        (b'[{"class_uid": 2004}]', "looks like OCSF findings"),
    ],
)
def test_garbage_is_one_line_that_says_what_can_be_opened(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(content)
    done = CliRunner().invoke(main, ["open", str(file)])
    assert done.exit_code == 2
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_file_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    for name in (tmp_path / "none.json", tmp_path, "/dev/null"):
        done = CliRunner().invoke(main, ["open", str(name)])
        assert (done.exit_code, "is not a file. Name a report to open." in done.output) == (2, True)


def test_without_a_terminal_it_says_what_needs_none(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(formats()["json"].to_text(whole_report(), Options()))
    done = CliRunner().invoke(main, ["open", str(file)])
    assert done.exit_code == 2
    assert "The app needs a terminal." in done.output


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
