"""What each event of a scan changes in the store; every function runs inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.events import (
    AnyEvent,
    Outcome,
    Result,
    ScanFinished,
    ScanStarted,
    TargetFailed,
    TargetReady,
)
from cloud_audit_tui.store.errors import StoreError
from cloud_audit_tui.store.finding_key import finding_key, fingerprint
from cloud_audit_tui.store.severity_order import rank_of, ranks_of
from cloud_audit_tui.store.storable_text import searchable, storable_all
from cloud_audit_tui.store.transaction import transaction
from cloud_audit_tui.store.verification import (
    OpenScan,
    Reached,
    gone,
    mark_as_verified,
    place_of,
    without_listings,
)
from cloud_audit_tui.store.view import INTERRUPTED, Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from cloud_audit_tui.checks.explanation import About

KEPT_SCANS = 20
"""Scans of each profile whose superseded results are kept."""
KEYS_AT_ONCE = 500
"""Keys that are looked up in one statement; SQLite allows at least 999 parameters."""

_SAID = (
    "target, rank, place, check_id, region, account_id, partition, resource_name, resource_id, "
    "resource_type, title, fingerprint, reason, evidence"
)
_SAID_PLACES = ", ".join("?" * len(_SAID.split(",")))

# Statements are put together from the constants above alone; every value is a parameter.
_INSERT = f"INSERT INTO finding (key, current, first_scan, scan, {_SAID}) VALUES (?, 1, ?, ?, {_SAID_PLACES})"  # noqa: S608
_REWRITE = f"UPDATE finding SET (first_scan, scan, {_SAID}) = (?, ?, {_SAID_PLACES}) WHERE id = ?"  # noqa: S608
_KEEP_OLD = (
    f"INSERT INTO finding (key, current, first_scan, scan, {_SAID}) "  # noqa: S608
    f"SELECT key, 0, first_scan, scan, {_SAID} FROM finding WHERE id = ?"
)

_OLDER = """
    SELECT id FROM finding
    WHERE current = 1 AND target = :target AND scan < :scan
    AND check_id IN (SELECT value FROM json_each(:checks))
    AND (region = '' OR region IN (SELECT value FROM json_each(:regions))
         OR check_id IN (SELECT value FROM json_each(:global_checks)))
    AND (check_id, region) NOT IN (
        SELECT check_id, region FROM finding
        WHERE current = 1 AND target = :target AND scan = :scan
        AND rank IN (SELECT value FROM json_each(:not_assessed)) AND resource_name = region
    )
    AND check_id NOT IN (
        SELECT check_id FROM finding
        WHERE current = 1 AND target = :target AND scan = :scan
        AND check_id IN (SELECT value FROM json_each(:global_checks))
        AND rank IN (SELECT value FROM json_each(:not_assessed)) AND resource_name = region
    )
"""
"""Rows that a complete scan looked for and did not see again.

Where a check could not look at a region, its older rows there are not among them; nor, for a check of the
whole account, those of any region.
"""


class Recorder:
    """Keeps events; knows which scans are open, since only two kinds of event name theirs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._open: tuple[OpenScan, ...] = ()

    def record(self, events: Sequence[AnyEvent], scan_id: str) -> None:
        """Keep these events in one transaction; on an error none of them is kept.

        ``scan_id`` names the scan that they belong to; empty, it is the one that began last. Raises
        `StoreError` for a result of no scan.
        """
        open_before = self._open
        try:
            with transaction(self._connection, "IMMEDIATE"):
                self._record(events, scan_id)
        except BaseException:
            self._open = open_before
            raise

    def _record(self, events: Iterable[AnyEvent], scan_id: str) -> None:
        results: dict[str, Finding] = {}
        for event in events:
            if isinstance(event, Result):
                # The same key again takes the place of what the scan said before.
                results[finding_key(event.finding)] = event.finding
            elif isinstance(event, ScanStarted | TargetReady | TargetFailed | ScanFinished):
                self._keep_results(results, scan_id)
                results = {}
                scan_id = self._keep_other(storable_all(event), scan_id)
        self._keep_results(results, scan_id)

    def _keep_other(
        self, event: ScanStarted | TargetReady | TargetFailed | ScanFinished, scan_id: str
    ) -> str:
        """Keep an event that is no result, and return the id of the scan that the next ones belong to."""
        match event:
            case ScanStarted():
                self._begin(event)
                return event.scan_id
            case TargetReady():
                self._target_ready(event, scan_id)
            case TargetFailed():
                self._target_failed(event, scan_id)
            case ScanFinished():
                self._finish(event, scan_id)
        return scan_id

    def _open_scan(self, scan_id: str, *, judges: bool = False) -> OpenScan | None:
        wanted = [
            scan
            for scan in self._open
            if (not scan_id or scan.scan_id == scan_id) and (scan.judges or not judges)
        ]
        return wanted[-1] if wanted else None

    def _begin(self, event: ScanStarted) -> None:
        [(number,)] = self._connection.execute(
            "INSERT INTO scan (scan_id, started_at, version, checks, outcome, only) "
            "VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (scan_id) DO UPDATE SET outcome = excluded.outcome, finished_at = '' RETURNING id",
            (
                event.scan_id,
                event.started_at,
                event.version,
                _json(event.checks),
                INTERRUPTED,
                _json(event.only),
            ),
        ).fetchall()
        scan = OpenScan(number, event.scan_id, event.started_at, event.checks, frozenset(event.only))
        self._open = (*(other for other in self._open if other.number != number), scan)

    def _reopen(self, scan: OpenScan) -> None:
        """Keep what has become known of an open scan, which keeps its place among them."""
        self._open = tuple(scan if other.number == scan.number else other for other in self._open)

    def _target_ready(self, event: TargetReady, scan_id: str) -> None:
        target = self._target(event.profile)
        scan = self._open_scan(scan_id)
        if scan is not None and scan.only:
            # It has asked for the account alone, and its regions are not those of a scan.
            self._connection.execute("UPDATE target SET failure = 'null' WHERE id = ?", (target,))
            reached = (*scan.reached, Reached(target, event.account_id, event.regions))
            self._reopen(msgspec.structs.replace(scan, reached=reached))
            return
        self._connection.execute(
            "UPDATE target SET account_id = ?, alias = ?, caller_arn = ?, partition = ?, regions = ?, "
            "enabled_regions = ?, regions_note = ?, failure = 'null' WHERE id = ?",
            (
                event.account_id,
                event.alias,
                event.caller_arn,
                event.partition,
                _json(event.regions),
                _json(event.enabled_regions),
                event.regions_note,
                target,
            ),
        )
        self._reached(target, scan_id, event.regions, ready=True)

    def _target_failed(self, event: TargetFailed, scan_id: str) -> None:
        target = self._target(event.profile)
        failure = Failure(event.kind, event.reason, event.action)
        self._connection.execute("UPDATE target SET failure = ? WHERE id = ?", (_json(failure), target))
        self._reached(target, scan_id, [], ready=False)

    def _reached(self, target: int, scan_id: str, regions: list[str], *, ready: bool) -> None:
        scan = self._open_scan(scan_id)
        if scan is not None and scan.judges and not scan.only:
            self._connection.execute(
                "INSERT INTO scan_target (scan, target, ready, regions) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET ready = excluded.ready, regions = excluded.regions",
                (scan.number, target, ready, _json(regions)),
            )

    def _target(self, profile: str) -> int:
        known = self._connection.execute("SELECT id FROM target WHERE profile = ?", (profile,)).fetchone()
        if known is None:
            known = self._connection.execute(
                "INSERT INTO target (profile) VALUES (?) RETURNING id", (profile,)
            ).fetchone()
        return int(known[0])

    def _keep_results(self, results: dict[str, Finding], scan_id: str) -> None:
        if not results:
            return
        scan = self._open_scan(scan_id, judges=True)
        if scan is None:
            raise StoreError("A result came without the scan that it belongs to; start the scan again.")
        if scan.only:
            results, scan = without_listings(results, scan)
            self._reopen(scan)
        keys = [bytes.fromhex(key) for key in results]
        known = self._current_rows(keys)
        targets: dict[str, int] = {}
        seen_again: list[tuple[int, int]] = []
        rows: list[int] = []
        for key, finding in zip(keys, results.values(), strict=True):
            cleaned, evidence, mark = _encoded(finding)
            row_id, old_scan, old_mark = known.get(key, (0, 0, b""))
            if row_id and old_mark == mark:
                seen_again.append((scan.number, row_id))
                rows.append(row_id)
                continue
            if cleaned.profile not in targets:
                targets[cleaned.profile] = self._target(cleaned.profile)
            target = targets[cleaned.profile]
            place = place_of(self._connection, cleaned, target, row_id, scan)
            said = _said(cleaned, target, place, mark, evidence)
            if not row_id:
                row_id = self._insert(key, scan.number, said)
            else:
                if old_scan != scan.number:
                    self._connection.execute(_KEEP_OLD, (row_id,))
                self._connection.execute(_REWRITE, (scan.number, scan.number, *said, row_id))
            self._connection.execute(
                "INSERT OR REPLACE INTO search (id, text) VALUES (?, ?)", (row_id, search_text(cleaned))
            )
            rows.append(row_id)
        self._connection.executemany("UPDATE finding SET scan = ? WHERE id = ?", seen_again)
        mark_as_verified(self._connection, rows, scan.started_at if scan.only else "")

    def _current_rows(self, keys: list[bytes]) -> dict[bytes, tuple[int, int, bytes]]:
        """Return the row id, the scan and the fingerprint of each key's current row."""
        rows: dict[bytes, tuple[int, int, bytes]] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            places = ", ".join("?" * len(some))
            for key, row_id, scan, mark in self._connection.execute(
                f"SELECT key, id, scan, fingerprint FROM finding WHERE current = 1 AND key IN ({places})",  # noqa: S608
                some,
            ):
                rows[key] = (row_id, scan, mark)
        return rows

    def _insert(self, key: bytes, scan: int, said: tuple[Any, ...]) -> int:
        row_id = self._connection.execute(_INSERT, (key, scan, scan, *said)).lastrowid
        assert row_id is not None
        return row_id

    def _finish(self, event: ScanFinished, scan_id: str) -> None:
        scan = self._open_scan(event.scan_id or scan_id)
        if scan is None:
            return
        self._open = tuple(other for other in self._open if other.number != scan.number)
        if not scan.judges:
            # A question of identity has left what it learned in `target`.
            self._connection.execute("DELETE FROM scan WHERE id = ?", (scan.number,))
            return
        self._connection.execute(
            "UPDATE scan SET finished_at = ?, outcome = ? WHERE id = ?",
            (event.finished_at, event.outcome.value, scan.number),
        )
        if scan.only and event.outcome is Outcome.COMPLETE:
            for each in scan.reached:
                checks = [about.id for about in _abouts(scan.checks) if about.is_about_any_region]
                self._no_longer_current(gone(self._connection, scan, each, checks))
        reached = self._connection.execute(
            "SELECT target, ready, regions FROM scan_target WHERE scan = ?", (scan.number,)
        ).fetchall()
        for target, ready, regions in reached:
            if ready and event.outcome is Outcome.COMPLETE:
                self._retire(scan.number, target, regions)
            self._drop_old_scans(target)
        self._connection.execute(
            "DELETE FROM scan WHERE finished_at <> '' AND id <> ? "
            "AND NOT EXISTS (SELECT 1 FROM scan_target WHERE scan_target.scan = scan.id) "
            "AND NOT EXISTS (SELECT 1 FROM finding WHERE finding.scan = scan.id)",
            (scan.number,),
        )

    def _retire(self, scan: int, target: int, regions: str) -> None:
        [(checks,)] = self._connection.execute("SELECT checks FROM scan WHERE id = ?", (scan,)).fetchall()
        # A scan names no region for the checks that are made once in an account.
        everywhere = [
            about.id for about in _abouts(msgspec.json.decode(checks, type=list[str])) if about.is_global
        ]
        unseen = self._connection.execute(
            _OLDER,
            {
                "scan": scan,
                "target": target,
                "checks": checks,
                "regions": regions,
                "global_checks": _json(everywhere),
                "not_assessed": _json(list(ranks_of(Status.NOT_ASSESSED))),
            },
        ).fetchall()
        self._no_longer_current(unseen)

    def _no_longer_current(self, rows: list[tuple[int]]) -> None:
        self._connection.executemany("UPDATE finding SET current = 0 WHERE id = ?", rows)
        self._connection.executemany("DELETE FROM search WHERE id = ?", rows)
        self._connection.executemany("DELETE FROM verified WHERE id = ?", rows)

    def _drop_old_scans(self, target: int) -> None:
        oldest = self._connection.execute(
            "SELECT scan FROM scan_target WHERE target = ? ORDER BY scan DESC LIMIT 1 OFFSET ?",
            (target, KEPT_SCANS - 1),
        ).fetchone()
        if oldest is not None:
            self._connection.execute(
                "DELETE FROM finding WHERE scan < ? AND target = ? AND current = 0", (oldest[0], target)
            )
            self._connection.execute(
                "DELETE FROM scan_target WHERE scan < ? AND target = ?", (oldest[0], target)
            )


def search_text(finding: Finding) -> str:
    """Return what a filter's words are looked for in; no word can span two of its lines.

    A field that is part of a longer one, such as a name that is part of its ARN, is not repeated.
    """
    fields = {
        finding.check_id,
        finding.title,
        finding.resource_name,
        finding.resource_id,
        finding.region,
        finding.account_id,
        finding.profile,
        finding.severity.value,
        finding.status.value,
        finding.reason,
    }
    text = ""
    for field in sorted(map(searchable, fields), key=lambda field: (-len(field), field)):
        if field not in text:
            text = f"{text}\n{field}"
    return text


def _encoded(finding: Finding) -> tuple[Finding, bytes, bytes]:
    """Return the finding as it can be stored, its evidence as JSON, and its fingerprint."""
    try:
        return finding, msgspec.json.encode(finding.evidence), fingerprint(finding)
    except UnicodeEncodeError:
        finding = storable_all(finding)
    return finding, msgspec.json.encode(finding.evidence), fingerprint(finding)


def _said(finding: Finding, target: int, place: int, mark: bytes, evidence: bytes) -> tuple[Any, ...]:
    return (
        target,
        rank_of(finding.status, finding.severity),
        place,
        finding.check_id,
        finding.region,
        finding.account_id,
        finding.partition,
        finding.resource_name,
        finding.resource_id,
        finding.resource_type,
        finding.title,
        mark,
        finding.reason,
        evidence,
    )


def _abouts(checks: Iterable[str]) -> list[About]:
    """Return what is known of some checks, but for those that another version knew."""
    return [about for check_id in checks if (about := about_of(check_id)) is not None]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
