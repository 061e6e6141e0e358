"""``NO_COLOR`` and pipes: the output of the commands has no colors."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

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
