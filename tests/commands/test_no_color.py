"""``NO_COLOR`` and pipes: the output of the commands has no colors."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.commands.scan_progress import ScanProgress
from cloud_audit_tui.scan.events import Progress
from each_row import each_row
from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
"""A sequence that sets a color; bold and underlined text is none."""
COMMANDS = (["report", "--profile", "prod"], ["checks", "show", "aws-s3-001"], ["config", "show"], ["--help"])


@pytest.mark.proof
@pytest.mark.usefixtures("quick_starts")
def test_no_command_colors_its_output(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert directory.exists()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    with each_row() as row:
        for command in COMMANDS:
            with row(" ".join(command)):
                program = Terminal([sys.executable, "-m", "cloud_audit_tui", *command])
                program.read_to_end()
                assert program.output
                assert COLOUR.findall(program.output) == []


@pytest.mark.proof
def test_a_dumb_terminal_gets_no_escape_sequence(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert directory.exists()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with each_row() as row:
        for command in COMMANDS:
            with row(" ".join(command)):
                program = Terminal([sys.executable, "-m", "cloud_audit_tui", *command])
                program.read_to_end()
                assert program.output
                assert b"\x1b" not in program.output


def test_no_progress_is_drawn_on_a_dumb_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    drawn = {}
    for term in ("dumb", "xterm-256color"):
        monkeypatch.setenv("TERM", term)
        progress = ScanProgress(quiet=False)
        progress.show(Progress(1, 2, 3, 4.0))
        progress.tell("The scan was cancelled.")
        drawn[term] = capsys.readouterr().err
    assert drawn["dumb"] == "The scan was cancelled.\n"
    assert "1/2 checks" in drawn["xterm-256color"]
