"""The history of findings: since when they fail, and what changed between two scans.

Every function asks one connection and changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.queries import account_ids
from cloud_audit_tui.store.severity_order import meaning_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class ScanInfo(msgspec.Struct, frozen=True):
    """A whole scan: when it ran, how it ended, and the ids of the accounts that it looked at.

    The times are ISO 8601 in UTC; ``finished_at`` is empty and ``outcome`` `view.INTERRUPTED` for a scan
    that has not ended.
    """

    scan_id: str
    started_at: str
    finished_at: str
    outcome: str
    accounts: list[str]


class FindingHistory(msgspec.Struct, frozen=True):
    """When a finding was first and last seen, and closed; ISO 8601 times in UTC.

    ``first_seen_at`` is when a scan first saw it failing, or first judged it while it has never failed.
    ``closed_at`` is when a scan found it passing or gone, empty while it is open. ``reopened`` counts how
    often it failed again after that. A scan id is empty when the record of the scan has been dropped.
    """

    first_seen_at: str
    first_scan_id: str
    last_seen_at: str
    last_scan_id: str
    closed_at: str
    closed_scan_id: str
    reopened: int


class ChangeKind(StrEnum):
    """What became of a finding between two scans."""

    NEW = "new"
    REOPENED = "reopened"
    CLOSED = "closed"


class Change(msgspec.Struct, frozen=True):
    """A finding that differs between two scans; ``row_id`` is that of the failure, current or not."""

    kind: ChangeKind
    row_id: int


_AT = "since_scan <= {scan} AND (ended_scan IS NULL OR ended_scan > {scan})"
_COMPARED = """
    account IN (SELECT account FROM scan_account WHERE scan = :older
                INTERSECT SELECT account FROM scan_account WHERE scan = :newer)
    AND (region = '' OR check_id IN (SELECT value FROM json_each(:global_checks)) OR 2 = (
        SELECT count(*) FROM scan_account, json_each(regions)
        WHERE scan_account.account = finding.account AND scan IN (:older, :newer) AND value = finding.region
    ))
    AND check_id IN (SELECT value FROM json_each(:checks))
"""
"""Findings that both scans looked for."""

_STATES = f"""
    SELECT key, id, rank, failures, {{at_newer}} AS at_newer, {{at_older}} AS at_older FROM finding
    WHERE {_COMPARED} AND ({{at_newer}} OR {{at_older}})
"""  # noqa: S608 - constants


def scans(connection: sqlite3.Connection, profiles: Iterable[str]) -> list[ScanInfo]:
    """Return the whole scans of the accounts that these profiles lead to, the newest first."""
    rows = connection.execute(
        "SELECT scan_id, started_at, finished_at, outcome, json_group_array(account.account_id) "
        "FROM scan JOIN scan_account ON scan_account.scan = scan.id "
        "JOIN account ON account.id = scan_account.account "
        "WHERE scan.id IN (SELECT scan FROM scan_account WHERE account IN (SELECT value FROM json_each(?))) "
        "AND kind = ? GROUP BY scan.id ORDER BY scan.id DESC",
        (_json(account_ids(connection, profiles)), ScanJob.__struct_config__.tag),
    )
    return [
        ScanInfo(scan_id, started_at, finished_at, outcome, sorted(msgspec.json.decode(accounts)))
        for scan_id, started_at, finished_at, outcome, accounts in rows
    ]


def changes(connection: sqlite3.Connection, older: str, newer: str) -> list[Change]:
    """Return what is new, closed and reopened in the newer of two scans, in the order of the row ids.

    A finding that could not be assessed in the newer scan is not closed, and only what both scans looked
    for is compared: accounts, regions and checks. Raises `LookupError` for a scan that is not there.
    """
    before, after = _scan(connection, older), _scan(connection, newer)
    parameters = {
        "older": before.number,
        "newer": after.number,
        "checks": _json(sorted(before.checks & after.checks)),
        "global_checks": _json(sorted(before.global_checks & after.global_checks)),
    }
    at_older, at_newer = (f"({_AT.format(scan=scan)})" for scan in (":older", ":newer"))
    was: dict[bytes, tuple[int, Status]] = {}
    now: dict[bytes, tuple[int, Status, int]] = {}
    for key, row_id, rank, failures, is_now, was_then in connection.execute(
        _STATES.format(at_older=at_older, at_newer=at_newer), parameters
    ):
        status, _ = meaning_of(rank)
        if was_then:
            was[key] = row_id, status
        if is_now:
            now[key] = row_id, status, failures
    result = [
        Change(ChangeKind.REOPENED if failures > 1 else ChangeKind.NEW, row_id)
        for key, (row_id, status, failures) in now.items()
        if status is Status.FAIL and (key not in was or was[key][1] is Status.PASS)
    ]
    result += [
        Change(ChangeKind.CLOSED, row_id)
        for key, (row_id, status) in was.items()
        if status is Status.FAIL and (key not in now or now[key][1] is Status.PASS)
    ]
    return sorted(result, key=lambda change: change.row_id)


def of_row(connection: sqlite3.Connection, row_id: int) -> FindingHistory | None:
    """Return the history of a row's finding, None if there is no such row."""
    row = connection.execute(
        "SELECT first_seen_at, coalesce(first.scan_id, ''), last.started_at, last.scan_id, "
        "closed_at, coalesce(closed.scan_id, ''), max(failures - 1, 0) FROM finding "
        "JOIN scan AS last ON last.id = last_scan "
        "LEFT JOIN scan AS first ON first.id = first_scan "
        "LEFT JOIN scan AS closed ON closed.id = closed_scan WHERE finding.id = ?",
        (row_id,),
    ).fetchone()
    return None if row is None else FindingHistory(*row)


class _Scan(msgspec.Struct, frozen=True):
    number: int
    checks: frozenset[str]
    global_checks: frozenset[str]


def _scan(connection: sqlite3.Connection, scan_id: str) -> _Scan:
    row = connection.execute(
        "SELECT id, checks, global_checks FROM scan WHERE scan_id = ?", (scan_id,)
    ).fetchone()
    if row is None:
        raise LookupError(f"the store holds no scan {scan_id!r}")
    number, *lists = row
    return _Scan(number, *(msgspec.json.decode(each, type=frozenset[str]) for each in lists))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
