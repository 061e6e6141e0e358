"""The only error of the store: why the file cannot be used, and what to do about it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.store.location import DATA_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIMARY_CODE = 0xFF
"""The mask of the primary result code in SQLite's extended result codes."""


class StoreError(OSError):
    """The store cannot be opened, read or written; the text says why and what to do."""


NOT_A_DATABASE = "{path} is not a database of cloud-audit-tui; move it away, and a new one will be made."
DAMAGED = "The findings in {path} are damaged; move the file away, and the next scan will make a new one."
_IN_WORDS = {
    sqlite3.SQLITE_BUSY: "The findings in {path} are locked by another program; close it and try again.",
    sqlite3.SQLITE_LOCKED: "The findings in {path} are in use; try again.",
    sqlite3.SQLITE_FULL: "The disk that holds {path} is full; free some space and try again.",
    sqlite3.SQLITE_NOTADB: NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_READONLY: "{path} cannot be written; make the file and its directory writable.",
    sqlite3.SQLITE_PERM: "{path} cannot be opened; make yourself the owner of the file and its directory.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; make the file and its directory writable.",
    # Also where SQLite cannot enlarge its shared memory, since no space is left.
    sqlite3.SQLITE_IOERR: (
        "The disk that holds {path} cannot be read or written; check whether it is full or faulty."
    ),
}
UNKNOWN = "The findings in {path} cannot be used ({error}); move the file away and scan again."


@contextmanager
def sqlite_errors_in_words(path: Path) -> Iterator[None]:
    """Turn SQLite's errors, and invalid values in the file, into a `StoreError` about this file."""
    try:
        yield
    except sqlite3.Error as error:
        # An error of the Python binding itself, such as a closed connection, carries no code.
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
        raise StoreError(_IN_WORDS.get(code, UNKNOWN).format(path=path, error=error)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(DAMAGED.format(path=path)) from error


def os_error_in_words(path: Path, error: OSError) -> StoreError:
    """Return the error for a file or directory that cannot be created."""
    why = error.strerror or type(error).__name__
    return StoreError(
        f"The findings cannot be kept in {path} ({why}); make its directory writable, or name another one in "
        f"{DATA_VARIABLE}."
    )
