"""The child's end of a job: the lines that its parent writes."""

from __future__ import annotations

import os
import threading

from cloud_audit_tui.scan.job_server import Lines


def test_lines_arrive_whole_however_they_were_written() -> None:
    long = b"x" * 300_000 + b"\n"
    parts = [b"one\ntw", b"o\n", b"\n", b"three", b"\n", long[:200_000], long[200_000:], b"without an end"]
    reading, writing = os.pipe()

    def write() -> None:
        for part in parts:
            os.write(writing, part)
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    lines = Lines(reading)
    first = lines.next_line()
    assert [first, *lines] == [b"one\n", b"two\n", b"\n", b"three\n", long, b"without an end"]
    assert lines.next_line() == b""
    writer.join()
    os.close(reading)
