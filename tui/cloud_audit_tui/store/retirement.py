"""Which rows are no longer current when a scan ends, and how long those are kept.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Disposition
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.severity_order import SEVERITIES
from cloud_audit_tui.store.verification import could_not_look, gone

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from cloud_audit_tui.store.open_scan import OpenScan

KEPT_SCANS = 20
"""Whole scans of each account whose superseded results are kept."""

_UNSEEN = f"""
    SELECT id, check_id, region FROM finding
    WHERE current = 1 AND account = :account AND last_scan < :scan AND seen < :scan
    AND check_id IN (SELECT value FROM json_each(:checks))
    AND (region = '' OR region IN (SELECT value FROM json_each(:regions))
         OR check_id IN (SELECT value FROM json_each(:global_checks)))
    AND rank % {len(SEVERITIES)} <= :least
"""  # noqa: S608 - a number
"""Rows that a complete scan looked for and that nobody has seen since it began."""


_NO_LONGER_FIXED = (Disposition.FIXED.value, Disposition.OPEN.value)


def retire_unseen(connection: sqlite3.Connection, scan: OpenScan) -> None:
    """Make the rows that a complete scan looked for, and that are gone, no longer current.

    A row that any scan has seen after this one began stays, and so does one that a check could not
    look for: where a listing failed, its older rows stay, and for a check whose findings may be in any
    region, those of every region.
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
                "checks": _json(scan.checks),
                "regions": _json(regions),
                # A scan names no region for the checks that run once in an account.
                "global_checks": _json(sorted(scan.global_checks)),
                "least": SEVERITIES.index(scan.min_severity),
            },
        ).fetchall()
        rows = [
            row_id for row_id, check, region in unseen if not could_not_look(scan, account, check, region)
        ]
        retire(connection, rows, scan.number, scan.started_at)


def retire(connection: sqlite3.Connection, rows: Iterable[int], scan: int, at: str) -> None:
    """Make rows no longer current: this scan has closed their findings."""
    ids = [(row_id,) for row_id in rows]
    connection.executemany(
        "UPDATE finding SET current = 0, ended_scan = ?, disposition = replace(disposition, ?, ?), "
        "closed_scan = coalesce(closed_scan, ?), closed_at = coalesce(nullif(closed_at, ''), ?) WHERE id = ?",
        [(scan, *_NO_LONGER_FIXED, scan, at, row_id) for (row_id,) in ids],
    )
    connection.executemany("DELETE FROM search WHERE id = ?", ids)
    connection.executemany("DELETE FROM verified WHERE id = ?", ids)


def drop_old_scans(connection: sqlite3.Connection, scan: OpenScan) -> None:
    """Drop superseded rows older than the last `KEPT_SCANS` scans, and the records that nothing needs."""
    for account in scan.regions if scan.whole else ():
        oldest = connection.execute(
            "SELECT scan FROM scan_account WHERE account = ? ORDER BY scan DESC LIMIT 1 OFFSET ?",
            (account, KEPT_SCANS - 1),
        ).fetchone()
        if oldest is not None:
            connection.execute(
                "DELETE FROM finding WHERE last_scan < ? AND account = ? AND current = 0", (*oldest, account)
            )
            connection.execute("DELETE FROM scan_account WHERE scan < ? AND account = ?", (*oldest, account))
    _drop_old_profile_failures(connection)
    # The scan that ended just now stays, unless it judged nothing.
    connection.execute(
        "DELETE FROM scan WHERE finished_at <> '' AND id <> ? "
        "AND NOT EXISTS (SELECT 1 FROM scan_account WHERE scan_account.scan = scan.id) "
        "AND NOT EXISTS (SELECT 1 FROM fact WHERE fact.scan = scan.id) "
        # The index has the accounts first: a foreign key on the scan would read every row.
        "AND NOT EXISTS (SELECT 1 FROM account CROSS JOIN finding "
        "WHERE finding.account = account.id AND finding.last_scan = scan.id) "
        "AND NOT EXISTS (SELECT 1 FROM finding WHERE account IS NULL AND last_scan = scan.id)",
        (scan.number if scan.judges else 0,),
    )


def _drop_old_profile_failures(connection: sqlite3.Connection) -> None:
    oldest = connection.execute(
        "SELECT id FROM scan WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
        (ScanJob.__struct_config__.tag, KEPT_SCANS - 1),
    ).fetchone()
    if oldest is not None:
        connection.execute(
            "DELETE FROM finding WHERE last_scan < ? AND account IS NULL AND current = 0", oldest
        )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
