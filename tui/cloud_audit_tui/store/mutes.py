"""The muting of current rows; every function runs inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Disposition, Finding, Status
from cloud_audit_tui.store.severity_order import ranks_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from cloud_audit_tui.config.mutes import ActiveMutes

INDEX = "CREATE INDEX IF NOT EXISTS finding_muted ON finding (id) WHERE current = 1 AND disposition = 'muted'"
"""The muted rows, so that a view can exclude them."""
IS_MUTED = (
    "finding.id IN (SELECT id FROM finding AS muted WHERE muted.current = 1 AND muted.disposition = 'muted')"
)

_CHECKS = "SELECT DISTINCT check_id FROM topic"
_ROWS = (
    "SELECT finding.id, finding.check_id, account_id, region, subject_id, subject_name, rank "
    "FROM topic CROSS JOIN finding ON finding.topic = topic.id JOIN own_text ON own_text.id = finding.id "
    "WHERE current = 1 AND topic.check_id = ? AND disposition IN (?, ?)"
)
_OPEN, _MUTED = Disposition.OPEN.value, Disposition.MUTED.value


class _Row(msgspec.Struct, frozen=True):
    """The columns of a row that a mute compares, in the order of `_ROWS`."""

    id: int
    check_id: str
    account_id: str
    region: str
    resource_id: str
    resource_name: str
    rank: int


def changes(connection: sqlite3.Connection, mutes: ActiveMutes) -> list[tuple[str, int]]:
    """Return the rows whose disposition these mutes change: the new one, and the row's id.

    A row that a verification found fixed stays fixed, and a pass is never muted.
    """
    passes = set(ranks_of(Status.PASS))
    muted = {row_id for (row_id,) in connection.execute(f"SELECT id FROM finding WHERE {IS_MUTED}")}  # noqa: S608
    covered = {row.id for row in _rows(connection, mutes) if row.rank not in passes and mutes.of(row)}
    return [
        *((_MUTED, row_id) for row_id in covered - muted),
        *((_OPEN, row_id) for row_id in muted - covered),
    ]


def apply(connection: sqlite3.Connection, mutes: ActiveMutes) -> int:
    """Mute the rows that a mute covers and open those that none covers; return the number of changes."""
    changed = changes(connection, mutes)
    connection.executemany("UPDATE finding SET disposition = ? WHERE id = ?", changed)
    return len(changed)


def _rows(connection: sqlite3.Connection, mutes: ActiveMutes) -> Iterator[_Row]:
    """Yield the open and muted rows of the checks for which there are mutes."""
    if not mutes:
        return
    for (check_id,) in connection.execute(_CHECKS).fetchall():
        if mutes.for_check(check_id):
            for values in connection.execute(_ROWS, (check_id, _OPEN, _MUTED)):
                yield _Row(*values)


def disposition_of(finding: Finding, before: Disposition, mutes: ActiveMutes | None) -> Disposition:
    """Return the disposition of a recorded finding under these mutes; ``None`` leaves it unchanged."""
    if before is Disposition.FIXED:
        return before
    if finding.status is Status.PASS:
        return Disposition.OPEN
    if mutes is None:
        return before
    return Disposition.OPEN if mutes.of(finding) is None else Disposition.MUTED
