"""Private files: written whole or not at all, readable only by their owner."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

PRIVATE = 0o600
"""The mode of a file that only its owner may read and write."""
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""Errors of a file system that has no hard links, such as FAT."""


class WriteError(OSError):
    """A file cannot be written; the message says what to do."""


def check_writable(path: Path, *, replace: bool) -> None:
    """Raise what `write_private` would raise for this path; nothing is left on the disk."""
    _check_target(path)
    handle, part = _temporary_file(path)
    os.close(handle)
    part.unlink()
    if not replace and (path.exists() or path.is_symlink()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def write_private(
    path: Path, content: str | bytes, *, replace: bool = False, mode: int = PRIVATE, durable: bool = True
) -> None:
    """Write bytes, or a text in UTF-8, to a file that only its owner can use: whole, or not at all.

    The content goes to a temporary file in the same directory, reaches the disk if it is to be ``durable``,
    and then takes the name in one step. An existing file stays as it is unless ``replace``; a symbolic link
    is replaced, never followed. ``mode`` is the mode of the file. Raises `FileExistsError`, and `WriteError`
    for everything else.
    """
    _check_target(path)
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    handle, part = _temporary_file(path)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            _take_free_name(part, path)
        if durable:
            _sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise WriteError(f"Cannot write {path}: {_reason(error)}. Name another file.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _check_target(path: Path) -> None:
    try:
        if path.is_dir():
            raise WriteError(f"{path} is a directory. Name a file in it.")
        if path.exists() and not path.is_file():
            raise WriteError(f"{path} is a device or a pipe. Name a file.")
    except PermissionError as error:
        # The directory may not be entered.
        raise WriteError(f"Cannot write {path}: {_reason(error)}. Name another file.") from error


def _temporary_file(path: Path) -> tuple[int, Path]:
    """Create the temporary file beside a file, with mode 0600, and return its descriptor and its path."""
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except FileNotFoundError as error:
        raise WriteError(f"There is no directory {path.parent}. Name one that exists.") from error
    except OSError as error:
        raise WriteError(
            f"Cannot write in {path.parent}: {_reason(error)}. Name another directory."
        ) from error
    return handle, Path(name)


def _take_free_name(part: Path, path: Path) -> None:
    """Give the file a name that no other file has; raises `FileExistsError`."""
    try:
        path.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # Creating the name exclusively claims it; the replacement of our own empty file is one step.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, PRIVATE))
        try:
            part.replace(path)
        except OSError:
            path.unlink()
            raise


def _sync_directory(directory: Path) -> None:
    """Make the new name durable where the file system allows that for a directory."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or "it failed").lower()
