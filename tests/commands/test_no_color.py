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
    from collections.abc import Callable

COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
"""A sequence that sets a color; bold and underlined text is none."""
COMMANDS = (["report", "--profile", "prod"], ["checks", "show", "aws-s3-001"], ["config", "show"], ["--help"])


def each_output_is(right: Callable[[bytes], bool]) -> None:
    """Run each command in a terminal: it draws something, and what it draws is right."""
    with each_row() as row:
        for command in COMMANDS:
            with row(" ".join(command)):
                program = Terminal([sys.executable, "-m", "cloud_audit_tui", *command])
                program.read_to_end()
                assert program.output
                assert right(program.output), program.output


@pytest.mark.proof
@pytest.mark.usefixtures("directory", "quick_starts")
def test_no_command_colors_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    each_output_is(lambda output: not COLOUR.findall(output))


@pytest.mark.proof
@pytest.mark.usefixtures("directory", "quick_starts")
def test_a_dumb_terminal_gets_no_escape_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("NO_COLOR", raising=False)
    each_output_is(lambda output: b"\x1b" not in output)


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
