"""Which current rows are muted; every function runs inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Disposition, Finding, Status
from cloud_audit_tui.store.severity_order import ranks_of

if TYPE_CHECKING:
    import sqlite3

    from cloud_audit_tui.config.mutes import ActiveMutes

INDEX = "CREATE INDEX IF NOT EXISTS finding_muted ON finding (id) WHERE current = 1 AND disposition = 'muted'"
"""The muted rows, by which a view leaves them out."""
IS_MUTED = (
    "finding.id IN (SELECT id FROM finding AS muted WHERE muted.current = 1 AND muted.disposition = 'muted')"
)

_CHECKS = "SELECT DISTINCT check_id FROM finding WHERE current = 1"
_ROWS = (
    "SELECT id, check_id, account_id, region, subject_id, subject_name, rank, disposition FROM finding "
    "WHERE current = 1 AND check_id = ? AND disposition IN (?, ?)"
)
_OPEN, _MUTED = Disposition.OPEN.value, Disposition.MUTED.value


class _Row(msgspec.Struct, frozen=True):
    """What a mute looks at in a row, in the order of `_ROWS`."""

    id: int
    check_id: str
    account_id: str
    region: str
    resource_id: str
    resource_name: str
    rank: int
    disposition: str


def apply(connection: sqlite3.Connection, mutes: ActiveMutes) -> int:
    """Mute the rows that a mute covers and open those that none covers; return how many changed.

    A row that a verification found fixed stays so, and what passes is never muted.
    """
    passes = set(ranks_of(Status.PASS))
    muted = {row_id for (row_id,) in connection.execute(f"SELECT id FROM finding WHERE {IS_MUTED}")}  # noqa: S608
    changes: list[tuple[str, int]] = []
    covered: set[int] = set()
    for (check_id,) in connection.execute(_CHECKS).fetchall():
        if not mutes.for_check(check_id):
            continue
        for values in connection.execute(_ROWS, (check_id, _OPEN, _MUTED)):
            row = _Row(*values)
            if row.rank not in passes and mutes.of(row) is not None:
                covered.add(row.id)
    changes += [(_MUTED, row_id) for row_id in covered - muted]
    changes += [(_OPEN, row_id) for row_id in muted - covered]
    connection.executemany("UPDATE finding SET disposition = ? WHERE id = ?", changes)
    return len(changes)


def disposition_of(finding: Finding, before: Disposition, mutes: ActiveMutes | None) -> Disposition:
    """Return what a recorded finding's disposition is with these mutes; ``None`` leaves it as it was."""
    if before is Disposition.FIXED:
        return before
    if finding.status is Status.PASS:
        return Disposition.OPEN
    if mutes is None:
        return before
    return Disposition.OPEN if mutes.of(finding) is None else Disposition.MUTED
