"""Applies the events of a scan to the store; every function runs inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.checks.selection import is_listing
from cloud_audit_tui.model import (
    Disposition,
    Fact,
    Finding,
    ProfileScope,
)
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    FactRecorded,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.store import check_info, facts, finding_texts, mutes, profile_failures, retirement
from cloud_audit_tui.store.errors import StoreError
from cloud_audit_tui.store.finding_key import fingerprint, key_digest
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.lifetime import Lifetime
from cloud_audit_tui.store.open_scan import OpenScan
from cloud_audit_tui.store.retention import Retention, drop_old_scans
from cloud_audit_tui.store.severity_order import rank_of
from cloud_audit_tui.store.transaction import transaction
from cloud_audit_tui.store.verification import Standing, is_unwanted, mark_as_verified, standing_of
from cloud_audit_tui.store.view import INTERRUPTED, Failure
from cloud_audit_tui.text import storable_all

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from cloud_audit_tui.checks.rules import Rules
    from cloud_audit_tui.config.mutes import ActiveMutes

KEYS_AT_ONCE = 500
"""The most keys in one statement; SQLite allows at least 999 parameters."""

VERSION_COLUMNS = (
    "since_scan, last_scan, seen, failures, first_scan, first_seen_at, closed_scan, closed_at, "
    "account, profile, rank, display_rank, disposition, topic, check_id, region, account_id, "
    "subject_name, fingerprint, evidence"
)
"""The columns of a version of a finding, in the order of `version_values`."""
_PLACES = ", ".join("?" * len(VERSION_COLUMNS.split(",")))

# Statements are composed of the constants above only; every value is a parameter.
_INSERT = f"INSERT INTO finding (key, current, {VERSION_COLUMNS}) VALUES (?, 1, {_PLACES})"  # noqa: S608
_REWRITE = f"UPDATE finding SET ({VERSION_COLUMNS}) = ({_PLACES}) WHERE id = ?"  # noqa: S608
_KEEP_OLD = (
    f"INSERT INTO finding (key, current, ended_scan, {VERSION_COLUMNS}) "  # noqa: S608
    f"SELECT key, 0, ?, {VERSION_COLUMNS} FROM finding WHERE id = ?"
)
_LIFETIME = "failures, first_scan, first_seen_at, closed_scan, closed_at"

Recordable = ScanStarted | ProfileReady | ProfileFailed | AccountReady | ScanFinished


class _Current(msgspec.Struct, frozen=True):
    """The columns of the current row of a key that the next verdict needs."""

    row_id: int
    profile: int
    fingerprint: bytes
    since_scan: int
    last_scan: int
    display_rank: int
    disposition: str
    failures: int
    first_scan: int
    first_seen_at: str
    closed_scan: int | None
    closed_at: str

    @property
    def standing(self) -> Standing:
        """How a view shows the row."""
        return Standing(self.display_rank, msgspec.convert(self.disposition, Disposition))

    @property
    def lifetime(self) -> Lifetime:
        """The history of the finding in brief."""
        return Lifetime(self.failures, self.first_scan, self.first_seen_at, self.closed_scan, self.closed_at)


class Recorder:
    """Records events; keeps the open scans, because only two kinds of event name their scan."""

    def __init__(self, connection: sqlite3.Connection, retention: Retention) -> None:
        self.retention = retention
        self._connection = connection
        self.mutes: ActiveMutes | None = None
        """The mutes for new results; ``None`` leaves every disposition unchanged."""
        self._open: tuple[OpenScan, ...] = ()

    def record(self, events: Sequence[AnyEvent], scan_id: str) -> None:
        """Record these events in one transaction; on an error none of them is recorded.

        ``scan_id`` names their scan; if empty, it is the scan that began last. Raises `StoreError` for a
        result without a scan.
        """
        open_before = self._open
        try:
            with transaction(self._connection, "IMMEDIATE"):
                self._record(events, scan_id)
        except BaseException:
            self._open = open_before
            raise

    def _record(self, events: Iterable[AnyEvent], scan_id: str) -> None:
        results: dict[bytes, Finding] = {}
        recorded: list[Fact] = []
        for event in events:
            match event:
                case Result(finding=finding):
                    # A repeated key replaces the earlier result of the scan.
                    results[key_digest(finding)] = finding
                case FactRecorded(fact=fact):
                    recorded.append(fact)
                case ScanStarted() | ProfileReady() | ProfileFailed() | AccountReady() | ScanFinished():
                    self._record_pending(results, recorded, scan_id)
                    results, recorded = {}, []
                    scan_id = self._record_other(storable_all(event), scan_id)
                case _:
                    pass
        self._record_pending(results, recorded, scan_id)

    def _record_pending(self, results: dict[bytes, Finding], recorded: list[Fact], scan_id: str) -> None:
        if results:
            self._record_results(results, scan_id)
            self._record_unusable(results.values(), scan_id)
        if recorded:
            self._record_facts(recorded, scan_id)

    def _record_other(self, event: Recordable, scan_id: str) -> str:
        """Record an event other than a result, and return the scan id of the next events."""
        match event:
            case ScanStarted():
                self._begin(event)
                return event.scan_id
            case ProfileReady():
                self._profile_ready(event, self._open_scan(scan_id))
            case ProfileFailed():
                failure = Failure(event.kind, event.reason, event.action)
                self._connection.execute(
                    "UPDATE profile SET failure = ? WHERE id = ?",
                    (json_text(failure), self._profile(event.profile)),
                )
            case AccountReady():
                self._account_ready(event, self._open_scan(scan_id, judges=True))
            case ScanFinished():
                self._finish(event, scan_id)
        return scan_id

    def _open_scan(self, scan_id: str, *, judges: bool = False) -> OpenScan | None:
        scans = [
            scan
            for scan in self._open
            if (not scan_id or scan.scan_id == scan_id) and (scan.judges or not judges)
        ]
        return scans[-1] if scans else None

    def _begin(self, event: ScanStarted) -> None:
        scan = OpenScan.begin(event, 0)
        [(number,)] = self._connection.execute(
            "INSERT INTO scan (scan_id, kind, started_at, version, checks, global_checks, every_check, "
            "outcome, rules) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (scan_id) DO UPDATE SET outcome = excluded.outcome, finished_at = '' RETURNING id",
            (
                event.scan_id,
                event.job.__struct_config__.tag,
                event.started_at,
                event.version,
                json_text(event.checks),
                json_text(event.global_checks),
                scan.every_check,
                INTERRUPTED,
                self._rules(event.rules),
            ),
        ).fetchall()
        check_info.refresh(self._connection, event.checks)
        scan = msgspec.structs.replace(scan, number=number)
        self._open = (*(other for other in self._open if other.number != number), scan)

    def _rules(self, rules: Rules) -> int | None:
        """Return the row id of the rules of a scan, None if it has none."""
        if not rules.digests:
            return None
        digests = json_text(rules)
        self._connection.execute("INSERT INTO rules (digests) VALUES (?) ON CONFLICT DO NOTHING", (digests,))
        [(number,)] = self._connection.execute("SELECT id FROM rules WHERE digests = ?", (digests,))
        return int(number)

    def _latest(self) -> int:
        """Return the number of the scan that began last in any process."""
        [(number,)] = self._connection.execute("SELECT coalesce(max(id), 0) FROM scan").fetchall()
        return int(number)

    def _update(self, scan: OpenScan) -> None:
        """Replace an open scan by its new state, in the same place."""
        self._open = tuple(scan if other.number == scan.number else other for other in self._open)

    def _profile_ready(self, event: ProfileReady, scan: OpenScan | None) -> None:
        profile = self._profile(event.profile)
        account = self._account(event.account_id, event.partition)
        # A caller that may not read the alias or the regions does not overwrite those of one that may.
        self._connection.execute(
            "UPDATE account SET alias = coalesce(nullif(:alias, ''), alias), "
            "(enabled_regions, regions_note) = (CASE WHEN :read THEN :regions ELSE enabled_regions END, "
            "CASE WHEN :read THEN :note ELSE regions_note END) WHERE id = :account",
            {
                "alias": event.alias,
                "regions": json_text(event.enabled_regions),
                "note": event.regions_note,
                "read": bool(event.enabled_regions)
                and (not event.regions_note or self._regions_unread(account)),
                "account": account,
            },
        )
        # A verification does not change the account to which a profile leads.
        moves = "coalesce(account, :account)" if scan is not None and scan.targets else ":account"
        self._connection.execute(
            f"UPDATE profile SET account = {moves}, caller_arn = :caller, "  # noqa: S608 - constants
            "failure = 'null' WHERE id = :profile",
            {"account": account, "caller": event.caller_arn, "profile": profile},
        )
        unusable = self._connection.execute(
            "SELECT id FROM finding WHERE current = 1 AND account IS NULL AND profile = ?", (profile,)
        ).fetchall()
        if unusable:
            number, at = (self._latest(), "") if scan is None else (scan.number, scan.started_at)
            retirement.retire(self._connection, [row_id for (row_id,) in unusable], number, at)
        if scan is not None:
            profile_failures.drop(self._connection, scan.number, profile)
            usable_profiles = {**scan.usable_profiles, event.profile: (account, event.region)}
            self._update(msgspec.structs.replace(scan, usable_profiles=usable_profiles))

    def _regions_unread(self, account: int) -> bool:
        """Say whether no caller has yet read the account's list of regions from AWS."""
        return bool(
            self._connection.execute(
                "SELECT 1 FROM account WHERE id = ? AND (enabled_regions = '[]' OR regions_note <> '')",
                (account,),
            ).fetchone()
        )

    def _account_ready(self, event: AccountReady, scan: OpenScan | None) -> None:
        account = self._account(event.account_id, event.partition)
        if scan is None:
            return
        regions = list(dict.fromkeys([*scan.regions.get(account, []), *event.regions]))
        self._update(msgspec.structs.replace(scan, regions={**scan.regions, account: regions}))
        if not scan.whole:
            return
        self._connection.execute("UPDATE account SET regions = ? WHERE id = ?", (json_text(regions), account))
        self._connection.execute(
            "INSERT INTO scan_account (account, scan, profile, regions) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET profile = excluded.profile, regions = excluded.regions",
            (account, scan.number, self._profile(event.profile), json_text(regions)),
        )

    def _profile(self, name: str) -> int:
        row = self._connection.execute("SELECT id FROM profile WHERE name = ?", (name,)).fetchone()
        if row is None:
            row = self._connection.execute(
                "INSERT INTO profile (name) VALUES (?) RETURNING id", (name,)
            ).fetchone()
        return int(row[0])

    def _account(self, account_id: str, partition: str) -> int:
        row = self._connection.execute(
            "SELECT id FROM account WHERE account_id = ? AND partition = ?", (account_id, partition)
        ).fetchone()
        if row is None:
            row = self._connection.execute(
                "INSERT INTO account (account_id, partition) VALUES (?, ?) RETURNING id",
                (account_id, partition),
            ).fetchone()
        return int(row[0])

    def _record_results(self, results: dict[bytes, Finding], scan_id: str) -> None:
        only_profiles = all(isinstance(finding.subject, ProfileScope) for finding in results.values())
        scan = self._open_scan(scan_id, judges=not only_profiles)
        if scan is None:
            raise StoreError("A result came without its scan; start the scan again.")
        latest = self._latest()
        accounts: dict[tuple[str, str], int] = {}
        profiles: dict[str, int] = {}
        topics = finding_texts.Topics(self._connection)
        blind: set[tuple[int, str, str]] = set()
        current = self._current_rows(results)
        past = self._past_lifetimes([key for key in results if key not in current])
        seen_again: list[tuple[int, int, int]] = []
        other_door: list[tuple[int, int]] = []
        rows: list[int] = []
        for key, finding in results.items():
            cleaned, evidence, mark = _encoded(finding)
            if cleaned.profile not in profiles:
                profiles[cleaned.profile] = self._profile(cleaned.profile)
            account = None
            if not isinstance(cleaned.subject, ProfileScope):
                where = cleaned.account_id, cleaned.partition
                if where not in accounts:
                    accounts[where] = self._account(*where)
                account = accounts[where]
                if is_listing(cleaned.status, cleaned.subject):
                    blind.add((account, cleaned.check_id, cleaned.region))
                if is_unwanted(cleaned, scan):
                    continue
            before = current.get(key)
            profile = profiles[cleaned.profile]
            if before is not None and before.fingerprint == mark:
                seen_again.append((scan.number, latest, before.row_id))
                if before.profile != profile:
                    other_door.append((profile, before.row_id))
                rows.append(before.row_id)
                continue
            number = scan.number if before is None else max(scan.number, before.last_scan)
            lifetime = past.get(key) if before is None else before.lifetime
            if lifetime is None:
                lifetime = Lifetime.begin(cleaned.status, number, scan.started_at)
            else:
                lifetime = lifetime.after(cleaned.status, number, scan.started_at)
            version = version_values(
                cleaned,
                topics.of(cleaned),
                number,
                latest,
                lifetime,
                account,
                profile,
                self._standing(cleaned, account, before, scan),
                mark,
                evidence,
            )
            row_id = self._write(key, before, number, version)
            finding_texts.write(self._connection, row_id, cleaned)
            rows.append(row_id)
        self._connection.executemany(
            "UPDATE finding SET last_scan = max(last_scan, ?), seen = ? WHERE id = ?", seen_again
        )
        self._connection.executemany("UPDATE finding SET profile = ? WHERE id = ?", other_door)
        mark_as_verified(self._connection, rows, scan.started_at if scan.targets else "")
        if not blind <= scan.blind:
            self._update(msgspec.structs.replace(scan, blind=scan.blind | blind))

    def _record_unusable(self, findings: Iterable[Finding], scan_id: str) -> None:
        scan = self._open_scan(scan_id, judges=True)
        for finding in findings:
            if scan is not None and scan.whole and isinstance(finding.subject, ProfileScope):
                cleaned = storable_all(finding)
                profile = self._profile(cleaned.profile)
                profile_failures.record(self._connection, scan.number, profile, cleaned.reason)

    def _current_rows(self, keys: Iterable[bytes]) -> dict[bytes, _Current]:
        """Return the current row of each key that has one."""
        rows: dict[bytes, _Current] = {}
        for chunk in _chunks(keys):
            places = ", ".join("?" * len(chunk))
            for row in self._connection.execute(
                "SELECT key, id, profile, fingerprint, since_scan, last_scan, display_rank, disposition, "  # noqa: S608
                f"{_LIFETIME} FROM finding WHERE current = 1 AND key IN ({places})",
                chunk,
            ):
                rows[row[0]] = _Current(*row[1:])
        return rows

    def _past_lifetimes(self, keys: Iterable[bytes]) -> dict[bytes, Lifetime]:
        """Return the last lifetime of each key that has rows, none of them current."""
        lifetimes: dict[bytes, Lifetime] = {}
        for chunk in _chunks(keys):
            places = ", ".join("?" * len(chunk))
            for key, *lifetime in self._connection.execute(
                f"SELECT key, {_LIFETIME} FROM finding "  # noqa: S608 - constants
                f"WHERE current = 0 AND key IN ({places}) ORDER BY id",
                chunk,
            ):
                lifetimes[key] = Lifetime(*lifetime)
        return lifetimes

    def _write(self, key: bytes, before: _Current | None, number: int, version: tuple[Any, ...]) -> int:
        """Make a version the current row of its key, and return the row's id."""
        if before is None:
            row_id = self._connection.execute(_INSERT, (key, *version)).lastrowid
            assert row_id is not None
            return row_id
        if before.since_scan < number:
            old = self._connection.execute(_KEEP_OLD, (number, before.row_id)).lastrowid
            assert old is not None
            finding_texts.keep(self._connection, before.row_id, old)
        self._connection.execute(_REWRITE, (*version, before.row_id))
        return before.row_id

    def _standing(
        self, finding: Finding, account: int | None, before: _Current | None, scan: OpenScan
    ) -> Standing:
        last = before.standing if before is not None else None
        standing = standing_of(self._connection, finding, account, last, scan)
        disposition = mutes.disposition_of(finding, standing.disposition, self.mutes)
        return msgspec.structs.replace(standing, disposition=disposition)

    def _record_facts(self, recorded: list[Fact], scan_id: str) -> None:
        scan = self._open_scan(scan_id, judges=True)
        if scan is None:
            raise StoreError("A fact came without its scan; start the scan again.")
        if scan.whole:
            rows = [(self._account(fact.account_id, fact.partition), fact) for fact in recorded]
            facts.add(self._connection, scan.number, rows)

    def _finish(self, event: ScanFinished, scan_id: str) -> None:
        scan = self._open_scan(event.scan_id or scan_id)
        if scan is None:
            return
        self._open = tuple(other for other in self._open if other.number != scan.number)
        self._connection.execute(
            "UPDATE scan SET finished_at = ?, outcome = ? WHERE id = ?",
            (event.finished_at, event.outcome.value, scan.number),
        )
        complete = event.outcome is Outcome.COMPLETE
        if complete:
            retirement.retire_unseen(self._connection, scan)
        if scan.whole:
            facts.settle(self._connection, scan, complete=complete)
        drop_old_scans(
            self._connection,
            self.retention,
            scan.regions if scan.whole else (),
            event.finished_at or scan.started_at,
            # The scan that has just ended stays, unless it judged nothing.
            spare=scan.number if scan.judges else 0,
        )


def _chunks(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    every = list(keys)
    for start in range(0, len(every), KEYS_AT_ONCE):
        yield every[start : start + KEYS_AT_ONCE]


def _encoded(finding: Finding) -> tuple[Finding, bytes, bytes]:
    """Return the finding in storable form, its evidence as JSON, and its fingerprint."""
    try:
        # The fingerprint encodes everything else.
        finding.profile.encode()
        return finding, msgspec.json.encode(finding.evidence), fingerprint(finding)
    except UnicodeEncodeError:
        finding = storable_all(finding)
    return finding, msgspec.json.encode(finding.evidence), fingerprint(finding)


def version_values(
    finding: Finding,
    topic: int,
    scan: int,
    last_begun: int,
    lifetime: Lifetime,
    account: int | None,
    profile: int,
    standing: Standing,
    mark: bytes,
    evidence: bytes,
) -> tuple[Any, ...]:
    """Return the values of `VERSION_COLUMNS` for a version that begins with a scan."""
    return (
        *(scan, scan, last_begun),
        *msgspec.structs.astuple(lifetime),
        *(account, profile),
        rank_of(finding.status, finding.severity),
        *(standing.display_rank, standing.disposition.value),
        *(topic, finding.check_id, finding.region, finding.account_id, finding.resource_name),
        *(mark, evidence),
    )
