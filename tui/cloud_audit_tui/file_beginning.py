"""The beginning of a file that a user named, which may be a pipe."""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WRITER_WAIT = 5.0
"""Seconds to wait until a program opens a pipe to write; for what it writes there is no limit."""
_CHUNK = 65536


def file_beginning(path: Path, size: int) -> bytes:
    """Return the first bytes of a file, at most ``size``: a device or a pipe may have no end.

    Raises `OSError` for a file that cannot be read, and for a named pipe to which no program writes.
    """
    if path.is_fifo():
        return _pipe_beginning(path, size)
    with path.open("rb") as file:
        return file.read(size)


def _pipe_beginning(path: Path, size: int) -> bytes:
    # Opened to block, a named pipe waits for a writer for ever.
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        content = bytearray()
        has_writer = has_waited = False
        while len(content) < size:
            try:
                chunk = os.read(pipe, min(_CHUNK, size - len(content)))
            except BlockingIOError:
                has_writer = True
                poll.poll()
                continue
            if chunk or has_writer:
                content += chunk
                has_writer = True
                if not chunk:
                    break
            elif has_waited:
                raise OSError(errno.ETIMEDOUT, "no program writes to this pipe")
            else:
                # A pipe that a writer has closed wakes at once.
                has_writer = bool(poll.poll(WRITER_WAIT * 1000))
                has_waited = True
        return bytes(content)
    finally:
        os.close(pipe)
