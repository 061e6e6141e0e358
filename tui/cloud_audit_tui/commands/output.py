"""Writes to standard output and to files: reports every error and leaves no partial file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

from cloud_audit_tui import private_file
from cloud_audit_tui.commands.options import COULD_NOT, Mistake
from cloud_audit_tui.standard_streams import drop

_STDOUT = 1


class OutputClosed(SystemExit):
    """The reader of standard output closed it: the command exits silently with code 2."""

    def __init__(self) -> None:
        super().__init__(COULD_NOT)


def write_stdout(content: bytes) -> None:
    """Write to standard output, and flush it.

    Raises `OutputClosed` if the reader closed it, and `Mistake` for a full disk or a closed descriptor.
    """
    if sys.stdout is None:
        raise Mistake("Standard output is closed; nothing was written.")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        drop(_STDOUT)
        raise OutputClosed from None
    except (OSError, ValueError) as error:
        drop(_STDOUT)
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        raise Mistake(f"Standard output cannot be written: {reason}.") from None


def write_text(text: str) -> None:
    """Write a line to standard output; raises the exceptions of `write_stdout`."""
    write_stdout(f"{text}\n".encode("utf-8", "replace"))


def check_writable(path: Path) -> None:
    """Raise `Mistake` if a file cannot be written; an existing file is not changed."""
    try:
        path = _resolved(path)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if path.is_fifo():
            # Its reader would take the end of a trial for the end of the report.
            return
        if _is_special(path):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            return
        private_file.check_writable(path, replace=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def write_file(path: Path, content: bytes) -> None:
    """Write a file atomically, readable only by its owner; raises `Mistake`.

    A device or a pipe is written directly.
    """
    try:
        path = _resolved(path)
        if _is_special(path):
            path.write_bytes(content)
        else:
            private_file.write_private(path, content, replace=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def _resolved(path: Path) -> Path:
    """Return the target of a symbolic link, so that writing does not replace the link.

    A pipe such as that of ``/dev/stdout`` has a target that is no path, so only its link can be opened.
    """
    return path if _is_special(path) else Path(os.path.realpath(path))


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> Mistake:
    if isinstance(error, private_file.WriteError):
        return Mistake(f"{path} cannot be written. {error}")
    return Mistake(f"{path} cannot be written: {error.strerror}.")
