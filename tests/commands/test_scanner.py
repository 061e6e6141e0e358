"""The app's child process is a command that no list of commands names."""

from __future__ import annotations

import pytest

from cloud_audit_tui.scan.executors.subprocess import start_scanner
from forked_program import run

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("quick_starts")]


def test_no_list_of_commands_names_it() -> None:
    assert "scanner" not in run("--help").stdout.split()
    process = run("scaner")
    assert process.returncode == 2
    assert "'scan" in process.stderr
    assert "scanner" not in process.stderr


async def test_what_is_no_job_is_one_line_of_error() -> None:
    process, sessions = await start_scanner({})
    with sessions:
        sessions.sendall(b"\n")
        out, err = await process.communicate(b"{}\n")
    assert (process.returncode, out) == (2, b"")
    (line,) = err.decode().splitlines()
    assert line.startswith("Error: Standard input does not begin with a job: ")
