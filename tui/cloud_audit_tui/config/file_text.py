"""Reads the text of a file that a user wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.file_beginning import file_beginning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST = 1_000_000
"""Bytes; a larger file was not written by hand, and is refused."""


def file_text(path: Path, error: Callable[[str], Exception], *, too_large: str = "") -> str:
    """Return the text of a UTF-8 file, empty for a missing file.

    Raises ``error`` with a message that names the file, and the line where there is one; ``too_large`` ends
    the message about a file that is too large.
    """
    try:
        data = file_beginning(path, LARGEST + 1) if path.exists() else b""
    except OSError as failure:
        raise error(f"{path} cannot be read: {failure.strerror}.") from None
    if len(data) > LARGEST:
        raise error(f"{path} has more than {LARGEST:,} bytes{too_large}.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = data[: failure.start].count(b"\n") + 1
        raise error(f"{path}, line {line}: the file is not UTF-8; save it as UTF-8.") from None
