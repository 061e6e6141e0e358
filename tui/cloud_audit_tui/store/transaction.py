"""Transactions: all statements take effect, or none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


@contextmanager
def transaction(connection: sqlite3.Connection, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[None]:
    """Commit the changes of the context, or roll them back if it raises.

    ``IMMEDIATE`` waits for other writers at once, ``DEFERRED`` only sees one state of the file.
    """
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors, such as a full disk, have already rolled everything back.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
