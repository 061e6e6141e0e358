"""Writes to standard output and to files, so that nothing is lost silently and nothing is half written."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

from cloud_audit_tui.commands.options import COULD_NOT, Mistake

_PRIVATE = 0o600
_STDOUT = 1


class OutputClosed(SystemExit):
    """Nobody reads standard output any more: the command ends quietly with exit code 2."""

    def __init__(self) -> None:
        super().__init__(COULD_NOT)


def write_stdout(content: bytes) -> None:
    """Write to standard output, and flush it.

    Raises `OutputClosed` when its reader has gone, and `Mistake` when it cannot be written: a full disk, or a
    closed descriptor.
    """
    if sys.stdout is None:
        raise Mistake("Standard output is closed; nothing was written.")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_stdout()
        raise OutputClosed from None
    except (OSError, ValueError) as error:
        _drop_stdout()
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        raise Mistake(f"Standard output cannot be written: {reason}.") from None


def write_text(text: str) -> None:
    """Write a text and a line end to standard output; raises as `write_stdout`."""
    write_stdout(f"{text}\n".encode("utf-8", "replace"))


def _drop_stdout() -> None:
    """Send what is still buffered to nowhere: Python would report it again when it flushes at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDOUT)
    os.close(null)


def check_writable(path: Path) -> None:
    """Raise `Mistake` when a file cannot be written; leaves an existing one as it is."""
    path = _resolved(path)
    try:
        if _is_special(path):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            return
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        file, name = tempfile.mkstemp(prefix=".cloud-audit-tui-", dir=path.parent)
        os.close(file)
        Path(name).unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def write_file(path: Path, content: bytes, mode: int = _PRIVATE) -> None:
    """Write a file whole or not at all, by default for its owner alone; raises `Mistake`.

    A device or a pipe is written directly.
    """
    path = _resolved(path)
    try:
        if _is_special(path):
            path.write_bytes(content)
            return
        file, name = tempfile.mkstemp(prefix=".cloud-audit-tui-", dir=path.parent)
        try:
            with os.fdopen(file, "wb") as opened:
                os.fchmod(file, mode)
                opened.write(content)
                opened.flush()
                os.fsync(file)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def _resolved(path: Path) -> Path:
    """Return the file that a symbolic link leads to, so that the link stays one."""
    return Path(os.path.realpath(path))


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> Mistake:
    return Mistake(f"{path} cannot be written: {error.strerror}.")
