"""What the program writes arrives whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from each_row import each_row

SIZE = 1_000_000
"""More than a pipe holds."""
INTERRUPTED = f"""
import os, signal, sys
from cloud_audit_tui.commands.output import write_stdout
from cloud_audit_tui.standard_streams import prepare_standard_streams

prepare_standard_streams()
signal.signal(signal.SIGALRM, lambda *_: os.write(2, b"!"))
signal.setitimer(signal.ITIMER_REAL, 0.2)
write_stdout(bytes({SIZE}))
print("*" * {SIZE}, flush=True)
"""


@pytest.mark.proof
def test_a_signal_costs_nothing_of_what_is_written() -> None:
    with each_row() as row:
        for unbuffered in ("", "1"):
            process = subprocess.Popen(
                [sys.executable, "-c", INTERRUPTED],
                env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            assert process.stdout is not None
            assert process.stderr is not None
            with row(f"PYTHONUNBUFFERED={unbuffered}"), process:
                # The pipe is full: the signal comes while the program waits to write.
                assert process.stderr.read(1) == b"!"
                assert len(process.stdout.read()) == SIZE + SIZE + 1
