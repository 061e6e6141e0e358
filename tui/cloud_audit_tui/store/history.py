"""The history of findings: the stored scans, the lifetime of a finding, and the trend of the counts.

Every function only reads, through one connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cloud_audit_tui.checks.rules import Rules
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.store.counting import counts_of
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.open_scan import WHOLE_SCAN
from cloud_audit_tui.store.profile_failures import ProfileFailure, by_scan
from cloud_audit_tui.store.queries import scope_of
from cloud_audit_tui.store.severity_order import rank_of
from cloud_audit_tui.store.view import Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from cloud_audit_tui.store.queries import Scope
    from cloud_audit_tui.store.view import Counts


NOTHING_READ = "no account"
"""The result of a scan that ended as planned and read nothing."""


class ScanInfo(msgspec.Struct, frozen=True):
    """A whole scan: its times, outcome and scope.

    The times are ISO 8601 in UTC; ``finished_at`` is empty and ``outcome`` `view.INTERRUPTED` for a scan that
    has not ended. ``regions`` are those of all ``accounts``, ``profiles`` those through which it read them.
    ``unusable_profiles`` are those that could not be used, with the failures. ``every_check`` says that no
    check and no severity was excluded.
    """

    scan_id: str
    started_at: str
    finished_at: str
    outcome: str
    accounts: list[str]
    profiles: list[str] = []
    unusable_profiles: dict[str, Failure] = {}
    regions: list[str] = []
    version: str = ""
    checks: list[str] = []
    every_check: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the whole plan of the scan ran."""
        return self.outcome == Outcome.COMPLETE.value

    @property
    def result(self) -> str:
        """The outcome, but `NOTHING_READ` for a complete scan that could use no profile."""
        return self.outcome if self.accounts or not self.is_complete else NOTHING_READ


class Scan(msgspec.Struct, frozen=True):
    """A stored whole scan with its row id; ``regions`` maps the row ids of its accounts to their regions.

    ``failures`` are those of the profiles that it could not use. ``rules`` has no digests for a scan of an
    earlier version, which did not store them. ``scopes`` has the regions of every stored scan by the row ids
    of the scan and the account.
    """

    number: int
    info: ScanInfo
    checks: frozenset[str]
    global_checks: frozenset[str]
    regions: dict[int, frozenset[str]]
    failures: Sequence[ProfileFailure]
    rules: Rules
    scopes: Mapping[tuple[int, int], frozenset[str]]

    def looked_at(self, account: int | None, region: str, check_id: str, last_scan: int) -> bool:
        """Say whether the scan covered a finding of a check in a region, last seen by ``last_scan``.

        A check may find in one region a resource of another, such as the bucket of a trail: then a scan
        covers it if its regions include those of the scan that last saw the finding.
        """
        if account is None or account not in self.regions or check_id not in self.checks:
            return False
        regions = self.regions[account]
        if region == "" or check_id in self.global_checks or region in regions:
            return True
        seen_from = self.scopes.get((last_scan, account))
        return seen_from is not None and seen_from <= regions


class FindingHistory(msgspec.Struct, frozen=True):
    """When a finding was first and last seen, and closed; ISO 8601 times in UTC.

    ``first_seen_at`` is when a scan first saw it failing, or first judged it while it has never failed.
    ``closed_at`` is when a scan found it passing or gone, empty while it is open. ``reopened`` counts how
    often it failed again after that. A scan id is empty if the record of the scan has been dropped.
    """

    first_seen_at: str
    first_scan_id: str
    last_seen_at: str
    last_scan_id: str
    closed_at: str
    closed_scan_id: str
    reopened: int


class TrendPoint(msgspec.Struct, frozen=True):
    """The open failures of some accounts at the end of a scan; ``at`` is when it began.

    ``failed`` is None until all accounts have been scanned. ``comparable`` is false as long as fewer regions
    or checks have been scanned than at the last scan.
    """

    at: str
    failed: dict[Severity, int] | None
    comparable: bool


class _Group(NamedTuple):
    """The number of versions with the same account, region, check, verdict, disposition and span of scans.

    They were also last seen by the same scan.
    """

    account: int | None
    region: str
    check_id: str
    rank: int
    disposition: str
    since_scan: int
    ended_scan: int | None
    last_scan: int
    number: int

    def held_after(self, scan: Scan) -> bool:
        """Say whether the versions were valid at the end of a scan, by the rule of `lifetime.VALID_AT`."""
        return self.since_scan <= scan.number and (self.ended_scan is None or self.ended_scan > scan.number)


_UNUSABLE = rank_of(Status.NOT_ASSESSED, Severity.CRITICAL)
"""The rank of a profile that cannot be used."""
_GROUPS = """
    SELECT account, region, check_id, rank, disposition, since_scan, ended_scan, last_scan, count(*)
    FROM finding WHERE account IN (SELECT value FROM json_each(?))
    GROUP BY account, region, check_id, rank, disposition, since_scan, ended_scan, last_scan
"""
_SCAN = """
    SELECT id, scan_id, started_at, finished_at, outcome, version, checks, global_checks, every_check,
    (SELECT digests FROM rules WHERE rules.id = scan.rules) FROM scan WHERE
"""
_SCANS = f"""
    {_SCAN} kind = ? AND id IN (
        SELECT scan FROM scan_account WHERE account IN (SELECT value FROM json_each(?))
        UNION SELECT scan FROM profile_failure WHERE profile IN (SELECT value FROM json_each(?))
    ) ORDER BY id DESC
"""  # noqa: S608 - a constant
_ACCOUNTS = """
    SELECT account.id, account.account_id, profile.name FROM scan_account
    JOIN account ON account.id = scan_account.account JOIN profile ON profile.id = scan_account.profile
    WHERE scan = ?
"""


def scans(connection: sqlite3.Connection, profiles: Iterable[str]) -> list[ScanInfo]:
    """Return the whole scans of these profiles, the newest first.

    They read an account to which one of the profiles leads, or could not use one of the profiles.
    """
    return [scan.info for scan in _scans(connection, scope_of(connection, profiles))]


def scan_named(connection: sqlite3.Connection, scan_id: str) -> Scan:
    """Return the whole scan with an id; raises `LookupError` for an unknown id."""
    row = connection.execute(f"{_SCAN} kind = ? AND scan_id = ?", (WHOLE_SCAN, scan_id)).fetchone()
    if row is None:
        raise LookupError(f"the store holds no scan {scan_id!r}")
    return _scan(connection, row, _scopes(connection), by_scan(connection))


def number_of_scans(connection: sqlite3.Connection) -> int:
    """Return the number of whole scans in the store."""
    [(number,)] = connection.execute(
        "SELECT count(*) FROM scan WHERE kind = ? "
        "AND id IN (SELECT scan FROM scan_account UNION SELECT scan FROM profile_failure)",
        (WHOLE_SCAN,),
    ).fetchall()
    return int(number)


def counts(connection: sqlite3.Connection, profiles: Iterable[str]) -> dict[str, Counts]:
    """Return the counts of each of the `scans` of these profiles in its scope, by the scan's id."""
    scans = _scans(connection, scope_of(connection, profiles))
    groups = _groups(connection, {account for scan in scans for account in scan.regions})
    return {scan.info.scan_id: _counts(scan, groups) for scan in scans}


def trend(connection: sqlite3.Connection, profiles: Iterable[str]) -> list[TrendPoint]:
    """Return the open failures of these profiles' accounts after each complete scan, the oldest first."""
    scope = scope_of(connection, profiles)
    accounts = msgspec.json.decode(scope.accounts, type=list[int])
    scans = [
        scan
        for scan in reversed(_scans(connection, scope))
        if scan.info.is_complete and not scan.regions.keys().isdisjoint(accounts)
    ]
    covered: list[set[tuple[int, str, str]]] = []
    for scan in scans:
        before = covered[-1] if covered else set()
        now = {
            (account, region, check_id)
            for account in set(scan.regions).intersection(accounts)
            for region in scan.regions[account]
            for check_id in scan.checks
        }
        covered.append(before | now)
    groups = _groups(connection, accounts)
    points = []
    for scan, looked_at in zip(scans, covered, strict=True):
        open_groups = (
            each for each in groups if each.disposition == Disposition.OPEN and each.held_after(scan)
        )
        failed = counts_of((each.rank, each.number) for each in open_groups).failed
        every_account = {account for account, _, _ in looked_at} == set(accounts)
        points.append(
            TrendPoint(
                scan.info.started_at,
                failed if every_account else None,
                comparable=looked_at == covered[-1],
            )
        )
    return points


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


def _scans(connection: sqlite3.Connection, scope: Scope) -> list[Scan]:
    rows = connection.execute(_SCANS, (WHOLE_SCAN, scope.accounts, scope.profiles)).fetchall()
    scopes, failures = _scopes(connection), by_scan(connection)
    return [_scan(connection, row, scopes, failures) for row in rows]


def _scopes(connection: sqlite3.Connection) -> Mapping[tuple[int, int], frozenset[str]]:
    """Return the regions of every stored scan by the row ids of the scan and the account."""
    return {
        (scan, account): msgspec.json.decode(text, type=frozenset[str])
        for scan, account, text in connection.execute("SELECT scan, account, regions FROM scan_account")
    }


def _scan(
    connection: sqlite3.Connection,
    row: tuple[Any, ...],
    scopes: Mapping[tuple[int, int], frozenset[str]],
    all_failures: Mapping[int, Sequence[ProfileFailure]],
) -> Scan:
    number, scan_id, started_at, finished_at, outcome, version, checks, global_checks, every_check = row[:-1]
    accounts = connection.execute(_ACCOUNTS, (number,)).fetchall()
    regions = {account: scopes[number, account] for account, _, _ in accounts}
    failures = all_failures.get(number, ())
    check_ids = msgspec.json.decode(checks, type=list[str])
    return Scan(
        number,
        ScanInfo(
            scan_id,
            started_at,
            finished_at,
            outcome,
            accounts=sorted(account_id for _, account_id, _ in accounts),
            profiles=sorted(profile for _, _, profile in accounts),
            unusable_profiles={each.profile: each.failure for each in failures},
            regions=sorted(set().union(*regions.values())),
            version=version,
            checks=check_ids,
            every_check=bool(every_check),
        ),
        frozenset(check_ids),
        msgspec.json.decode(global_checks, type=frozenset[str]),
        regions,
        failures,
        msgspec.json.decode(row[-1] or "{}", type=Rules),
        scopes,
    )


def _groups(connection: sqlite3.Connection, accounts: Iterable[int]) -> list[_Group]:
    return [_Group(*row) for row in connection.execute(_GROUPS, (json_text(sorted(accounts)),))]


def _counts(scan: Scan, groups: Iterable[_Group]) -> Counts:
    scanned_groups = [
        each
        for each in groups
        if each.held_after(scan) and scan.looked_at(each.account, each.region, each.check_id, each.last_scan)
    ]
    muted_profiles = sum(each.muted for each in scan.failures)
    return counts_of(
        (
            (_UNUSABLE, len(scan.failures) - muted_profiles),
            *((each.rank, each.number) for each in scanned_groups if each.disposition != Disposition.MUTED),
        ),
        muted=muted_profiles
        + sum(each.number for each in scanned_groups if each.disposition == Disposition.MUTED),
    )
