"""The child's end of a job: the lines that its parent writes."""

from __future__ import annotations

import os
import threading

from cloud_audit_tui.scan.job_server import Lines


def test_lines_arrive_whole_however_they_were_written() -> None:
    long = b"x" * 300_000 + b"\n"
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as stream:
            for part in (b"one\ntw", b"o\n", b"\n", b"three"):
                stream.write(part)
            os.write(writing, b"\n")
            for start in range(0, len(long), 50_000):
                os.write(writing, long[start : start + 50_000])
            os.write(writing, b"without an end")

    writer = threading.Thread(target=write)
    writer.start()
    lines = Lines(reading)
    first = lines.next_line()
    assert [first, *lines] == [b"one\n", b"two\n", b"\n", b"three\n", long, b"without an end"]
    assert lines.next_line() == b""
    writer.join()
    os.close(reading)
