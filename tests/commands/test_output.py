"""A report arrives whole or the command says why not: full disks, closed pipes, files of other people."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.commands.output import check_writable, write_file
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = Path("/dev/full")
COMMANDS = {
    "checks": ["checks"],
    "policy": ["policy", "--checks", "aws-s3-001"],
    "help": ["scan", "--help"],
}


def run(arguments: list[str], shell: str) -> subprocess.CompletedProcess[str]:
    command = f'"$0" -m cloud_audit_tui "$@" {shell}'
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}", sys.executable, *arguments],
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.proof
@pytest.mark.usefixtures("quick_starts")
@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line_and_exit_code_2(command: str) -> None:
    process = run(COMMANDS[command], "> /dev/full")
    assert process.returncode == 2
    assert process.stderr == "Error: Standard output cannot be written: No space left on device.\n"


@pytest.mark.proof
@pytest.mark.parametrize(("shell", "message"), [(">&-", "Error: Standard output is closed"), ("| true", "")])
def test_a_closed_standard_output_is_no_traceback(shell: str, message: str) -> None:
    process = run(["checks", "--format", "json"], shell)
    assert process.returncode == 2
    assert process.stderr.startswith(message)
    assert len(process.stderr.splitlines()) == bool(message)


@pytest.mark.proof
def test_a_closed_stream_is_no_fault_of_the_program() -> None:
    no_terminal = "Error: The app needs a terminal."
    no_profile = "Error: There is no AWS profile 'nobody'"
    scan = ["scan", "--profile", "nobody"]
    rows: tuple[tuple[list[str], str, str], ...] = (
        ([], "<&-", no_terminal),
        ([], ">&-", no_terminal),
        (scan, "<&-", no_profile),
        (scan, "2>&-", ""),
        (["checks", "show", "aws-s3-001"], ">&-", "Error: Standard output is closed"),
    )
    with each_row() as row:
        for arguments, shell, message in rows:
            with row((arguments, shell)):
                process = run(arguments, shell)
                assert (process.returncode, process.stdout) == (2, "")
                assert process.stderr.startswith(message)
                assert bool(process.stderr) == bool(message)


@pytest.mark.proof
@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_message_that_nobody_reads_changes_no_exit_code(tmp_path: Path) -> None:
    with each_row() as row:
        for shell in ("2> /dev/full", "2>&1 | true"):
            with row(shell):
                assert run(["history"], shell).returncode == 2
    report = tmp_path / "report.json"
    scan = ["scan", "--demo", "--checks", "aws-s3-001", "--timings", "-o", str(report)]
    assert run(scan, "2> /dev/full").returncode == 1
    assert report.exists()


def test_a_reader_that_leaves_the_help_sees_no_code_of_findings() -> None:
    process = run(["--help"], "| true")
    assert (process.returncode, process.stderr) == (2, "")


def test_a_file_is_replaced_as_a_whole_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")
    path.chmod(0o644)
    write_file(path, b"after")
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")

    def full(_file: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Mistake, match="no space left on device"):
        write_file(path, b"after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("report.json")
    write_file(link, b"after")
    assert link.is_symlink()
    assert (tmp_path / "report.json").read_bytes() == b"after"


def test_a_device_is_written_and_not_replaced() -> None:
    check_writable(Path("/dev/null"))
    write_file(Path("/dev/null"), b"after")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.proof
@pytest.mark.usefixtures("directory", "quick_starts")
def test_a_pipe_of_the_shell_gets_the_whole_report() -> None:
    expected = run(["report", "--format", "json"], "").stdout
    assert expected.startswith("{")
    for target in ("-o /dev/stdout | cat", "-o /dev/fd/1 | cat", "-o >(cat) | cat", "-o - | cat"):
        process = run(["report", "--format", "json"], target)
        assert (process.returncode, process.stdout, process.stderr) == (0, expected, ""), target


def test_the_reader_of_a_named_pipe_gets_the_report_and_no_end_before_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    check_writable(pipe)
    write_file(pipe, b"report")
    assert reader.communicate(timeout=60)[0] == b"report"


@pytest.mark.parametrize("function", [check_writable, lambda path: write_file(path, b"x")])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, function: Callable[[Path], None]) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with each_row() as row:
        for name in ("nowhere/report", "file/report", "loop"):
            with row(name), pytest.raises(Mistake, match="cannot be written"):
                function(tmp_path / name)
    assert (tmp_path / "loop").is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every directory")
def test_a_directory_that_may_not_be_entered_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(closed))
    path = str(closed / "file")
    with each_row() as row:
        for arguments in (["history"], ["scan", "-o", path], ["scan", "--export-fixes", path]):
            with row(arguments):
                process = run(arguments, "")
                assert (process.returncode, process.stderr.count("\n")) == (2, 1)
                assert "ermission denied" in process.stderr
