"""Facts of an opened report about its findings that no event contains.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.store.severity_order import rank_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class Amendment(msgspec.Struct, frozen=True):
    """The disposition and the dates of the current finding of a key.

    ``first_seen_at`` is an ISO 8601 time in UTC, empty if the report lacks it; ``fixed_at`` is when the
    failure was found gone, for `Disposition.FIXED`.
    """

    key: str
    severity: Severity
    disposition: Disposition = Disposition.OPEN
    first_seen_at: str = ""
    fixed_at: str = ""


def amend(connection: sqlite3.Connection, amendments: Iterable[Amendment]) -> None:
    """Apply amendments; a fixed finding stays among the failures, as after a verification."""
    for each in amendments:
        key = bytes.fromhex(each.key)
        connection.execute(
            "UPDATE finding SET disposition = ?, first_seen_at = coalesce(nullif(?, ''), first_seen_at) "
            "WHERE current = 1 AND key = ?",
            (each.disposition.value, each.first_seen_at, key),
        )
        if each.disposition is Disposition.FIXED:
            connection.execute(
                "UPDATE finding SET display_rank = ? WHERE current = 1 AND key = ?",
                (rank_of(Status.FAIL, each.severity), key),
            )
            connection.execute(
                "INSERT OR REPLACE INTO verified (id, at) "
                "SELECT id, ? FROM finding WHERE current = 1 AND key = ?",
                (each.fixed_at, key),
            )
