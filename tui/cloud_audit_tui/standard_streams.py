"""The standard streams of the program, whatever state the shell started it in."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from _typeshed import ReadableBuffer

_NAMES = ("stdin", "stdout", "stderr")
"""The streams in the order of their descriptors."""


def prepare_standard_streams() -> None:
    """Make every write whole, and reserve the descriptors that the shell closed.

    With ``PYTHONUNBUFFERED`` or ``python -u``, Python writes to the descriptors without a buffer. A signal
    can end such a write to a pipe or a terminal early, and Python drops the rest (`io.RawIOBase.write`). A
    closed descriptor would be the next file that the program opens. Input and errors become the null device;
    `sys.stdout` stays None, so that a command can say that it has written nothing. Messages for a file or
    pipe that takes none are dropped, since no scan may end for them.
    """
    for descriptor, name in enumerate(_NAMES):
        _reserve(descriptor)
        stream = getattr(sys, name)
        if stream is None and name != "stdout":
            _replace(name, os.fdopen(descriptor, "r" if name == "stdin" else "w", closefd=False))
        elif stream is not getattr(sys, f"__{name}__") or not isinstance(stream, io.TextIOWrapper):
            # Somebody else replaced the stream.
            continue
        elif name == "stderr" and not stream.isatty():
            _replace(name, _with_buffer(stream, _DroppingFile(descriptor, "w", closefd=False)))
        elif isinstance(raw := stream.buffer, io.RawIOBase):
            _replace(name, _with_buffer(stream, raw))


def flush_standard_streams() -> None:
    """Write what is left at the end of the program; what nobody can read any more is dropped.

    Python would try once more as it exits, and exit with code 120 in place of the program's.
    """
    for descriptor, name in enumerate(_NAMES):
        stream = getattr(sys, name)
        if stream is not None and name != "stdin":
            try:
                stream.flush()
            except (OSError, ValueError):
                drop(descriptor)


def drop(descriptor: int) -> None:
    """Lead a descriptor to the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a standard stream is a terminal; None is one that the shell closed."""
    return stream is not None and stream.isatty()


def obeys_escapes(stream: TextIO | None) -> bool:
    """Say whether a standard stream is a terminal that obeys escape sequences."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


class _DroppingFile(io.FileIO):
    """A file whose writes never fail: after the first failure they go to the null device."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            drop(self.fileno())
            return memoryview(data).nbytes


def _reserve(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        drop(descriptor)


def _replace(name: str, stream: TextIO) -> None:
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _with_buffer(stream: io.TextIOWrapper, raw: io.RawIOBase) -> TextIO:
    """Return the stream with a buffer in front of the raw file; each line is written at its end."""
    encoding, errors = stream.encoding, stream.errors
    stream.detach()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=True)
