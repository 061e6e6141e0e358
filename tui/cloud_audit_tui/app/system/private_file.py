"""Writes a text to a file that only its owner can read."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

MODE = 0o600
_LONGEST = 80


class WriteError(OSError):
    """The file cannot be written; the message says what to do."""


def file_name(suggested: str) -> str:
    """Return a name of ``a-z0-9._-`` only, at most 80 characters, that is neither hidden nor a path."""
    name = re.sub(r"[^a-z0-9._]+", "-", suggested.lower()).strip(".-_")
    stem, dot, suffix = name.rpartition(".")
    if dot and len(suffix) < _LONGEST // 2:
        stem = stem[: _LONGEST - len(suffix) - 1].rstrip(".-_")
        name = f"{stem}.{suffix}"
    return name[:_LONGEST].strip(".-_") or "fix.txt"


def write_private(path: Path, text: str, *, replace: bool = False, mode: int = MODE) -> None:
    """Write a text as UTF-8, unchanged, to a file with the permissions ``mode``.

    An existing file stays unless ``replace``. It is replaced in one step, so that no reader sees a partial
    file; a link is replaced and not followed. Raises `FileExistsError`, and `WriteError` for other failures.
    """
    if path.is_dir():
        raise WriteError(f"{path} is a directory. Name a file in it.")
    data = text.encode("utf-8", "replace")
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except FileNotFoundError as error:
        raise WriteError(f"There is no directory {path.parent}. Name one that exists.") from error
    except OSError as error:
        raise WriteError(f"Cannot write in {path.parent}: {_why(error)}. Name another directory.") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
        if replace:
            part.replace(path)
        else:
            path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError as error:
        raise WriteError(f"Cannot write {path}: {_why(error)}. Name another file.") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _why(error: OSError) -> str:
    return (error.strerror or "it failed").lower()
