"""The changes of findings between two scans; findings outside a scan's scope count as unknown.

Every function only reads, through one connection.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Status, SubjectKind
from cloud_audit_tui.store.finding_texts import REASON
from cloud_audit_tui.store.history import Scan, ScanInfo, scan_named
from cloud_audit_tui.store.lifetime import VALID_AT
from cloud_audit_tui.store.severity_order import meaning_of, ranks_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class ChangeKind(StrEnum):
    """The change of a finding between two scans.

    `FIXED`: assessed in the newer scan, or between the two, and passes. `GONE`: its resource no longer
    exists. `NOT_LOOKED`: one of the two scans did not cover it, or used another rule, so that the change is
    unknown.
    """

    NEW = "new"
    REOPENED = "reopened"
    FIXED = "fixed"
    GONE = "gone"
    NOT_LOOKED = "not looked"

    @property
    def label(self) -> str:
        """The kind in words for people; its value stays what readers of JSON know."""
        return "not scanned" if self is ChangeKind.NOT_LOOKED else self.value


class Cause(StrEnum):
    """Why a scan did not cover a finding, or used another rule."""

    UNREAD = "unread"
    OUT_OF_SCOPE = "out of scope"
    CHECK_CHANGED = "check changed"


class Change(msgspec.Struct, frozen=True):
    """A finding that differs between two scans, or for which that is unknown.

    ``row_id`` is that of the failure, current or not. ``cause`` and ``reason`` are set for
    `ChangeKind.NOT_LOOKED`, and for a new or reopened failure that may only result from a changed check; the
    reason may quote AWS.
    """

    kind: ChangeKind
    row_id: int
    cause: Cause | None = None
    reason: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """The changes from the older to the newer scan, in the order of the kinds, the worst of each first.

    ``unchanged`` counts the findings that fail in both. ``changed_checks`` are the checks of both scans whose
    rules differ; None if that is unknown.
    """

    older: ScanInfo
    newer: ScanInfo
    changes: list[Change]
    unchanged: int
    changed_checks: list[str] | None = None

    @property
    def note_on_checks(self) -> str:
        """A note on differences between the checks of the two scans, empty if there are none."""
        if self.changed_checks:
            number = len(self.changed_checks)
            return (
                f"{number:,} checks have changed." if number > 1 else f"{self.changed_checks[0]} has changed."
            )
        if self.changed_checks is None and self.older.version != self.newer.version:
            versions = f"Versions {self.older.version} and {self.newer.version} scanned"
            return f"{versions}: a check may judge differently than before."
        return ""


class _Version(msgspec.Struct, frozen=True):
    """The columns of a finding's version that a comparison needs."""

    row_id: int
    status: Status
    rank: int
    failures: int
    first_scan: int
    last_scan: int
    account: int
    region: str
    check_id: str
    reason: str


class _NotLooked(msgspec.Struct, frozen=True):
    cause: Cause
    reason: str


_ORDER = list(ChangeKind)
_UNASSESSED = ranks_of(Status.NOT_ASSESSED)
_SELECT = (
    "SELECT key, finding.id, rank, failures, first_scan, last_scan, account, region, finding.check_id, "  # noqa: S608
    f"subject_kind, CASE WHEN rank IN {tuple(_UNASSESSED)} "
    f"THEN {REASON} ELSE '' END "
    "FROM finding JOIN topic ON topic.id = finding.topic "
    "WHERE account IN (SELECT account FROM scan_account WHERE scan IN (:older, :newer)) AND "
)
_PASSES_NOW = "The check has changed: it may pass now what failed before."
_LEFT_OUT_NOW = "The check has changed: it may leave out now what failed before."
_PASSED_BEFORE = "The check has changed: its older rule may have passed this."
_ANYWHERE = "*"
"""In place of a region: the check may have found it in any region."""
_LISTINGS = {SubjectKind.REGION.value, SubjectKind.ACCOUNT.value}


class _State:
    """The findings at the end of a scan, and the listings that this scan could not read."""

    def __init__(self, connection: sqlite3.Connection, scan: Scan, parameters: dict[str, int]) -> None:
        self.scan = scan
        self.versions: dict[bytes, _Version] = {}
        self._unread: dict[tuple[int, str, str], str] = {}
        where = VALID_AT.format(scan=scan.number)
        for key, row_id, rank, *values, kind, reason in connection.execute(_SELECT + where, parameters):
            status, _ = meaning_of(rank)
            failures, first_scan, last_scan, account, region, check_id = values
            version = _Version(
                row_id, status, rank, failures, first_scan, last_scan, account, region, check_id, reason
            )
            self.versions[key] = version
            if (
                status is Status.NOT_ASSESSED
                and kind in _LISTINGS
                and version.last_scan >= scan.number
                and self._looked_at(version)
            ):
                self._unread[account, check_id, region] = self._unread[account, check_id, _ANYWHERE] = reason

    def _looked_at(self, version: _Version) -> bool:
        return self.scan.looked_at(version.account, version.region, version.check_id, version.last_scan)

    def out_of_scope(self, version: _Version) -> _NotLooked | None:
        """Return why the scan did not cover a finding, None if it did."""
        scan, info = self.scan, self.scan.info
        if self._looked_at(version):
            return None
        if version.account not in scan.regions:
            for failed in scan.failures:
                if failed.account == version.account:
                    reason = f"Profile {failed.profile} could not be used: {failed.failure.reason}"
                    return _NotLooked(Cause.UNREAD, reason)
            return _NotLooked(Cause.OUT_OF_SCOPE, "The account was not scanned.")
        if version.check_id not in scan.checks and info.every_check:
            return _NotLooked(Cause.CHECK_CHANGED, f"Version {info.version} does not have this check.")
        if version.check_id not in scan.checks:
            return _NotLooked(Cause.OUT_OF_SCOPE, "The check was not chosen.")
        return _NotLooked(Cause.OUT_OF_SCOPE, f"{version.region} was not scanned.")

    def unread(self, version: _Version) -> _NotLooked | None:
        """Return why the scan could not read the listing of a finding, None if it could."""
        scanned = self.scan.regions.get(version.account or 0, frozenset())
        is_from_elsewhere = version.region != "" and version.region not in scanned
        anywhere = is_from_elsewhere or version.check_id in self.scan.global_checks
        region = _ANYWHERE if anywhere else version.region
        reason = self._unread.get((version.account, version.check_id, region))
        return None if reason is None else _NotLooked(Cause.UNREAD, reason)

    def unseen(self, version: _Version) -> _NotLooked | None:
        """Return why the scan did not see a version that was valid at its end, None if it did."""
        if version.last_scan == self.scan.number:
            return None
        if blind := self.unread(version):
            return blind
        if version.last_scan > self.scan.number:
            return None
        return self.unfinished() or _NotLooked(Cause.UNREAD, "The scan did not read it.")

    def unfinished(self) -> _NotLooked | None:
        """Return the reason for a scan that did not finish, None if it did."""
        if self.scan.info.is_complete:
            return None
        return _NotLooked(Cause.UNREAD, f"The scan did not finish: {self.scan.info.outcome}.")


def compare(connection: sqlite3.Connection, one: str, other: str) -> Comparison:
    """Compare two scans by their ids, in either order; raises `LookupError` for an unknown one."""
    scans = sorted((scan_named(connection, one), scan_named(connection, other)), key=lambda scan: scan.number)
    parameters = {"older": scans[0].number, "newer": scans[1].number}
    older, newer = (_State(connection, scan, parameters) for scan in scans)
    unchanged = 0
    changes: list[tuple[int, Change]] = []
    for version, change in _changes(older, newer):
        if change is None:
            unchanged += 1
        else:
            changes.append((version.rank, change))
    changes.sort(key=lambda each: (_ORDER.index(each[1].kind), each[0], each[1].row_id))
    return Comparison(
        older.scan.info,
        newer.scan.info,
        [change for _, change in changes],
        unchanged,
        _changed_checks(older.scan, newer.scan),
    )


def _changed_checks(older: Scan, newer: Scan) -> list[str] | None:
    if not older.rules.comparable(newer.rules):
        return None
    return sorted(check for check in older.checks if older.rules.changed(newer.rules, check))


def _changes(older: _State, newer: _State) -> Iterator[tuple[_Version, Change | None]]:
    """Yield every failure of either scan with its change, None where it fails in both."""
    for key, before in older.versions.items():
        if before.status is Status.FAIL and older.out_of_scope(before) is None:
            yield before, _since(before, newer.versions.get(key), older, newer)
    for key, now in newer.versions.items():
        if now.status is not Status.FAIL or newer.out_of_scope(now) or newer.unseen(now):
            continue
        was = older.versions.get(key)
        if was is None or was.status is not Status.FAIL or older.out_of_scope(was):
            yield now, _appeared(now, was, older, newer)


def _since(before: _Version, now: _Version | None, older: _State, newer: _State) -> Change | None:
    """Return the change of a failure of the older scan, None if it still fails."""
    if missing := newer.out_of_scope(before):
        return _not_looked(before.row_id, missing)
    if now is None or now.status is Status.PASS:
        if older.scan.rules.changed(newer.scan.rules, before.check_id):
            reason = _LEFT_OUT_NOW if now is None else _PASSES_NOW
            return _not_looked(before.row_id, _NotLooked(Cause.CHECK_CHANGED, reason))
        return Change(ChangeKind.GONE if now is None else ChangeKind.FIXED, before.row_id)
    if now.status is Status.NOT_ASSESSED:
        return _not_looked(before.row_id, _NotLooked(Cause.UNREAD, now.reason))
    missing = newer.unseen(now)
    return None if missing is None else _not_looked(now.row_id, missing)


def _appeared(now: _Version, was: _Version | None, older: _State, newer: _State) -> Change:
    """Return the change of a failure of the newer scan that did not fail in the older one."""
    missing = older.out_of_scope(now)
    if missing is None and was is None:
        missing = older.unread(now) or older.unfinished()
    elif missing is None and was is not None and was.status is Status.NOT_ASSESSED:
        missing = _NotLooked(Cause.UNREAD, was.reason)
    if missing is not None:
        return _not_looked(now.row_id, _NotLooked(missing.cause, f"Older scan: {missing.reason}"))
    has_failed_before = now.failures > 1 and now.first_scan <= older.scan.number
    kind = ChangeKind.REOPENED if has_failed_before else ChangeKind.NEW
    if older.scan.rules.changed(newer.scan.rules, now.check_id):
        return Change(kind, now.row_id, Cause.CHECK_CHANGED, _PASSED_BEFORE)
    return Change(kind, now.row_id)


def _not_looked(row_id: int, missing: _NotLooked) -> Change:
    return Change(ChangeKind.NOT_LOOKED, row_id, missing.cause, missing.reason)


def counts(comparison: Comparison) -> dict[ChangeKind, int]:
    """Return the number of changes of each kind."""
    result: dict[ChangeKind, int] = dict.fromkeys(ChangeKind, 0)
    for change in comparison.changes:
        result[change.kind] += 1
    return result
