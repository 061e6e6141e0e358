"""Retires the rows that are no longer current when a scan ends.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Severity
from cloud_audit_tui.store import finding_texts
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.verification import NO_LONGER_FIXED, could_not_look, gone

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from cloud_audit_tui.store.open_scan import OpenScan

_UNSEEN = f"""
    SELECT id, check_id, region FROM finding
    WHERE current = 1 AND account = :account AND last_scan < :scan AND seen < :scan
    AND check_id IN (SELECT value FROM json_each(:checks))
    AND (region = '' OR region IN (SELECT value FROM json_each(:regions))
         OR check_id IN (SELECT value FROM json_each(:global_checks))
         OR last_scan IN (SELECT value FROM json_each(:narrower)))
    AND rank % {len(Severity)} <= :least
"""  # noqa: S608 - a number
"""Rows in the scope of a complete scan that no scan has seen since it began.

A row of a region that was not scanned is included if the scan that saw it last is ``narrower``: that scan
covered no other regions than this one, so it saw the row from another region, as this one would have.
"""


def retire_unseen(connection: sqlite3.Connection, scan: OpenScan) -> None:
    """Retire the rows in the scope of a complete scan whose subjects are gone.

    A row that any scan has seen since this one began stays, and so does a row of a failed listing; for a
    check whose findings may be in any region, the rows of every region stay.
    """
    if scan.targets:
        retire(connection, sorted(gone(connection, scan)), scan.number, scan.started_at)
        return
    for account, regions in scan.regions.items():
        unseen = connection.execute(
            _UNSEEN,
            {
                "account": account,
                "scan": scan.number,
                "checks": json_text(scan.checks),
                "regions": json_text(regions),
                "narrower": json_text(_narrower(connection, account, regions)),
                # Checks that run once per account have no region of the scan.
                "global_checks": json_text(sorted(scan.global_checks)),
                "least": scan.min_severity.order,
            },
        ).fetchall()
        rows = [
            row_id for row_id, check, region in unseen if not could_not_look(scan, account, check, region)
        ]
        retire(connection, rows, scan.number, scan.started_at)


def _narrower(connection: sqlite3.Connection, account: int, regions: Iterable[str]) -> list[int]:
    """Return the scans of an account within these regions."""
    return [
        scan
        for scan, scanned in connection.execute(
            "SELECT scan, regions FROM scan_account WHERE account = ?", (account,)
        )
        if msgspec.json.decode(scanned, type=set[str]) <= set(regions)
    ]


def retire(connection: sqlite3.Connection, rows: Iterable[int], scan: int, at: str) -> None:
    """Retire rows, whose findings this scan has closed."""
    ids = [(row_id,) for row_id in rows]
    connection.executemany(
        f"UPDATE finding SET current = 0, ended_scan = ?, {NO_LONGER_FIXED}, "  # noqa: S608
        "closed_scan = coalesce(closed_scan, ?), closed_at = coalesce(nullif(closed_at, ''), ?) WHERE id = ?",
        [(scan, scan, at, row_id) for (row_id,) in ids],
    )
    finding_texts.retire(connection, (row_id for (row_id,) in ids))
    connection.executemany("DELETE FROM verified WHERE id = ?", ids)
