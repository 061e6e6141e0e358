"""The number of scans that the store keeps, and for how long.

Current findings are never dropped, nor the day on which they were first seen. Every function runs inside the
caller's transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.store.finding_texts import drop_unused_topics
from cloud_audit_tui.store.open_scan import WHOLE_SCAN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

KEPT_SCANS = 20
"""The default number of whole scans of each account whose superseded results are kept."""


class Retention(msgspec.Struct, frozen=True):
    """The whole scans of an account that are kept: its last ``scans`` that began in the last ``days``.

    Without ``days`` there is no limit of age. The last scan of an account is always kept. The
    scans that could not use a profile, and read nothing, are kept by the same numbers, but none that is older
    than the scans of the profile's account. Raises `ValueError` for numbers below 1.
    """

    scans: int = KEPT_SCANS
    days: int | None = None

    def __post_init__(self) -> None:
        if self.scans < 1 or (self.days is not None and self.days < 1):
            raise ValueError("At least one scan and one day are kept.")

    def cutoff(self, now: str) -> str:
        """Return the ISO 8601 time in UTC before which scans are dropped, empty for none."""
        if self.days is None:
            return ""
        moment = datetime.fromisoformat(now)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            return (moment.astimezone(UTC) - timedelta(days=self.days)).isoformat()
        except OverflowError:
            return ""


def drop_old_scans(
    connection: sqlite3.Connection, keep: Retention, accounts: Iterable[int], now: str, *, spare: int = 0
) -> None:
    """Drop the superseded rows of scans that are not kept, and the records of unneeded scans.

    ``accounts`` are row ids, ``now`` is an ISO 8601 time, and ``spare`` the row id of a scan whose record
    stays.
    """
    cutoff = keep.cutoff(now)
    for account in accounts:
        oldest = _oldest_kept(connection, keep, account, cutoff)
        if oldest is not None:
            connection.execute(
                "DELETE FROM finding WHERE last_scan < ? AND account = ? AND current = 0", (oldest, account)
            )
            _drop_scans_of_account(connection, account, oldest)
    _drop_failed_scans(connection, keep, cutoff)
    _drop_old_profile_findings(connection, keep)
    drop_unused_topics(connection)
    connection.execute(
        "DELETE FROM scan WHERE finished_at <> '' AND id <> ? "
        "AND NOT EXISTS (SELECT 1 FROM scan_account WHERE scan_account.scan = scan.id) "
        "AND NOT EXISTS (SELECT 1 FROM profile_failure WHERE profile_failure.scan = scan.id) "
        "AND NOT EXISTS (SELECT 1 FROM fact WHERE fact.scan = scan.id) "
        # The index has the accounts first: a foreign key on the scan would read every row.
        "AND NOT EXISTS (SELECT 1 FROM account CROSS JOIN finding "
        "WHERE finding.account = account.id AND finding.last_scan = scan.id) "
        "AND NOT EXISTS (SELECT 1 FROM finding WHERE account IS NULL AND last_scan = scan.id)",
        (spare,),
    )
    connection.execute("DELETE FROM rules WHERE id NOT IN (SELECT rules FROM scan WHERE rules IS NOT NULL)")


def every_account(connection: sqlite3.Connection) -> list[int]:
    """Return the row ids of all accounts."""
    return [account for (account,) in connection.execute("SELECT id FROM account")]


def _oldest_kept(connection: sqlite3.Connection, keep: Retention, account: int, cutoff: str) -> int | None:
    """Return the row id of the oldest scan of an account that is kept, None if it has none."""
    oldest: int | None = None
    for number, started_at in connection.execute(
        "SELECT scan, started_at FROM scan_account JOIN scan ON scan.id = scan "
        "WHERE account = ? ORDER BY scan DESC LIMIT ?",
        (account, keep.scans),
    ):
        if oldest is not None and _utc(started_at) < cutoff:
            break
        oldest = number
    return oldest


def _utc(at: str) -> str:
    try:
        return datetime.fromisoformat(at).astimezone(UTC).isoformat()
    except ValueError:
        return at


def _drop_scans_of_account(connection: sqlite3.Connection, account: int, oldest: int) -> None:
    """Drop the scans of an account before the oldest that is kept."""
    dropped = connection.execute(
        "DELETE FROM scan_account WHERE scan < ? AND account = ? RETURNING scan", (oldest, account)
    ).fetchall()
    # Without its accounts, a scan that could not use some profile would seem to have read nothing.
    connection.executemany(
        "DELETE FROM profile_failure WHERE scan = :scan "
        "AND NOT EXISTS (SELECT 1 FROM scan_account WHERE scan = :scan)",
        [{"scan": scan} for (scan,) in dropped],
    )


def _drop_failed_scans(connection: sqlite3.Connection, keep: Retention, cutoff: str) -> None:
    """Drop the failures of the scans that read no account and of which no profile keeps any."""
    rows = connection.execute(
        "SELECT profile, scan, started_at, "
        "(SELECT min(scan) FROM scan_account WHERE scan_account.account = profile.account) "
        "FROM profile_failure JOIN scan ON scan.id = scan JOIN profile ON profile.id = profile "
        "WHERE NOT EXISTS (SELECT 1 FROM scan_account WHERE scan_account.scan = scan.id) "
        "ORDER BY profile, scan DESC"
    ).fetchall()
    kept = set()
    for _, failed_scans in groupby(rows, itemgetter(0)):
        for position, (_, scan, started_at, oldest) in enumerate(failed_scans):
            is_recent = position == 0 or (position < keep.scans and _utc(started_at) >= cutoff)
            if is_recent and (oldest is None or scan > oldest):
                kept.add(scan)
    dropped = {scan for _, scan, *_ in rows} - kept
    connection.executemany("DELETE FROM profile_failure WHERE scan = ?", [(scan,) for scan in dropped])


def _drop_old_profile_findings(connection: sqlite3.Connection, keep: Retention) -> None:
    """Drop the superseded findings of profiles that none of the last scans has seen.

    Those of a failure that is kept stay, since they say whether it was muted.
    """
    oldest = connection.execute(
        "SELECT id FROM scan WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?", (WHOLE_SCAN, keep.scans - 1)
    ).fetchone()
    if oldest is not None:
        connection.execute(
            "DELETE FROM finding WHERE last_scan < ? AND account IS NULL AND current = 0 "
            "AND NOT EXISTS (SELECT 1 FROM profile_failure WHERE profile_failure.profile = finding.profile "
            "AND scan BETWEEN since_scan AND last_scan)",
            oldest,
        )
