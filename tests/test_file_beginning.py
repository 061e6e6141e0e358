"""A file or a pipe that a user names is read from its beginning, and never waited for without an end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from cloud_audit_tui import file_beginning as module
from cloud_audit_tui.file_beginning import file_beginning


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(("size", "content"), [(3, b"abc"), (6, b"abcdef"), (7, b"abcdef")])
def test_a_file_is_read_up_to_the_size(tmp_path: Path, size: int, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    assert file_beginning(path, size) == content


def test_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b"abc")
            file.write(b"def")

    writer = threading.Thread(target=write)
    writer.start()
    assert file_beginning(pipe, 1000) == b"abcdef"
    writer.join()


def test_a_pipe_without_an_end_is_read_up_to_the_size(pipe: Path) -> None:
    def write() -> None:
        with pipe.open("wb", buffering=0) as file, pytest.raises(BrokenPipeError):
            while True:
                file.write(b"x" * 50_000)

    writer = threading.Thread(target=write)
    writer.start()
    assert file_beginning(pipe, 100_000) == b"x" * 100_000
    writer.join()


def test_an_empty_pipe_of_a_program_that_has_ended_is_empty() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        assert file_beginning(Path(f"/dev/fd/{reading}"), 10) == b""
    finally:
        os.close(reading)


def test_a_pipe_to_which_no_program_writes_is_an_error(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITER_WAIT", 0)
    with pytest.raises(OSError, match="no program writes to this pipe"):
        file_beginning(pipe, 10)
