"""Migrates an older store without loss.

The findings of versions 1 and 2 belong to profiles. Those of versions 3 and 4 have all their texts in the
same row, and a copy for searches; version 3 has an index for each order. Up to version 5, only the findings
tell in which scans a profile could not be used. Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Disposition,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
    Subject,
)
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.scan.jobs import ScanJob, VerifyJob
from cloud_audit_tui.store import check_info, finding_texts
from cloud_audit_tui.store.finding_key import finding_key, fingerprint
from cloud_audit_tui.store.lifetime import Lifetime
from cloud_audit_tui.store.recorder import VERSION_COLUMNS, version_values
from cloud_audit_tui.store.severity_order import meaning_of, rank_of
from cloud_audit_tui.store.verification import Standing
from cloud_audit_tui.store.view import Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_TABLES_OF_FINDINGS = ("finding", "search", "verified")
_OLD_TABLES = ("scan", "target", "scan_target", "finding", "search", "verified")
_UNUSABLE_TITLE = "Profile cannot be used"
_REGION_TYPE = "AWS::Region"
"""The type of the resource that stood for a region that could not be read."""

_FROM_1_TO_2 = (
    "ALTER TABLE scan ADD COLUMN only TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE finding ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
    "UPDATE finding SET place = rank",
    "CREATE TABLE verified "
    "(id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE, at TEXT NOT NULL)",
)


class _Version(msgspec.Struct):
    """The columns of an old row that determine its place in the history of its key."""

    row_id: int
    target: int
    status: Status
    first_scan: int
    last_scan: int
    current: bool
    retired_by: int
    """The scan that presumably found it gone, 0 for a current row."""

    @property
    def known_until(self) -> int:
        """The last scan that shows whether the finding exists."""
        return self.last_scan if self.current else self.retired_by


def set_findings_aside(connection: sqlite3.Connection) -> None:
    """Rename the tables of findings of versions 3 and 4, so that those of this version can be created."""
    _drop_indexes(connection, _TABLES_OF_FINDINGS)
    for table in _TABLES_OF_FINDINGS:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")


def copy_findings(connection: sqlite3.Connection) -> None:
    """Fill the tables of findings from the renamed ones of versions 3 and 4, and drop these."""
    connection.create_function("own_folded", 5, finding_texts.own_folded, deterministic=True)
    topics = finding_texts.Topics(connection)
    for topic in connection.execute(
        f"SELECT DISTINCT {finding_texts.TOPIC_COLUMNS} FROM old_finding"  # noqa: S608 - constants
    ).fetchall():
        topics.id_of(topic)
    columns = VERSION_COLUMNS.replace("topic, ", "")
    connection.execute(
        f"INSERT INTO finding (id, key, current, ended_scan, {columns}, topic) "  # noqa: S608 - constants
        f"SELECT id, key, current, ended_scan, {columns}, (SELECT topic.id FROM topic "
        f"WHERE {_SAME_TOPIC}) FROM old_finding ORDER BY id"
    )
    connection.execute(
        "INSERT INTO own_text (id, subject_id, reason, folded) SELECT id, subject_id, reason, "
        "own_folded(subject_id, reason, subject_name, region, account_id) "
        "FROM old_finding WHERE current = 1 ORDER BY id"
    )
    connection.execute(
        "INSERT INTO past_text (id, subject_id, reason) "
        "SELECT id, subject_id, reason FROM old_finding WHERE current = 0 ORDER BY id"
    )
    connection.execute("INSERT INTO verified (id, at) SELECT id, at FROM old_verified")
    _keep_sequence(connection, "finding")
    for table in reversed(_TABLES_OF_FINDINGS):
        connection.execute(f"DROP TABLE old_{table}")


_SAME_TOPIC = " AND ".join(
    f"topic.{name} = old_finding.{name}" for name in finding_texts.TOPIC_COLUMNS.split(", ")
)


def _drop_indexes(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    indexes = connection.execute(
        "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    )
    for name, table in indexes.fetchall():
        if table in tables:
            connection.execute(f'DROP INDEX "{name}"')


def _keep_sequence(connection: sqlite3.Connection, table: str) -> None:
    """Prevent new rows from reusing the id of a dropped one."""
    connection.execute(
        "UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence WHERE name IN (?, ?)) "
        "WHERE name = ?",
        (table, f"old_{table}", table),
    )


def fill_profile_failures(connection: sqlite3.Connection) -> None:
    """Store the failures of profiles for the first and the last scan of each version of their findings.

    The versions do not tell whether a scan between the two asked for the profile.
    """
    connection.execute(_FILL_PROFILE_FAILURES, (ScanJob.__struct_config__.tag,))


_FILL_PROFILE_FAILURES = f"""
    INSERT OR REPLACE INTO profile_failure (scan, profile, failure)
    SELECT scan.id, finding.profile, json_object(
        'kind', coalesce(CAST(evidence AS TEXT) ->> '$.unread', ''), 'reason', {finding_texts.REASON}
    ) FROM finding JOIN scan ON scan.id IN (since_scan, last_scan)
    WHERE finding.account IS NULL AND kind = ? AND (ended_scan IS NULL OR ended_scan > scan.id)
    ORDER BY since_scan
"""  # noqa: S608 - a constant


def set_aside(connection: sqlite3.Connection, version: int) -> None:
    """Rename the tables of an older version, so that those of this version can be created."""
    for statement in _FROM_1_TO_2 if version == 1 else ():
        connection.execute(statement)
    _drop_indexes(connection, _OLD_TABLES)
    for table in _OLD_TABLES:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")


def copy(connection: sqlite3.Connection) -> None:
    """Fill the tables of this version from the renamed ones, and drop these."""
    _copy_scans(connection)
    accounts = _copy_profiles(connection)
    versions = _copy_findings(connection, accounts)
    _copy_scanned_accounts(connection)
    _order_versions(connection, versions)
    connection.execute(
        "INSERT INTO verified (id, at) SELECT old_verified.id, at FROM old_verified "
        "JOIN finding ON finding.id = old_verified.id WHERE finding.current = 1"
    )
    past = connection.execute("SELECT id FROM finding WHERE current = 0").fetchall()
    finding_texts.retire(connection, (row_id for (row_id,) in past))
    checks = connection.execute("SELECT DISTINCT check_id FROM finding").fetchall()
    check_info.refresh(connection, [check_id for (check_id,) in checks])
    for table in ("finding", "scan"):
        _keep_sequence(connection, table)
    for table in reversed(_OLD_TABLES):
        connection.execute(f"DROP TABLE old_{table}")


def _copy_scans(connection: sqlite3.Connection) -> None:
    for number, *texts, checks, outcome, only in connection.execute(
        "SELECT id, scan_id, started_at, finished_at, version, checks, outcome, only FROM old_scan"
    ).fetchall():
        kind = (ScanJob if only == "[]" else VerifyJob).__struct_config__.tag
        everywhere = [check for check in msgspec.json.decode(checks, type=list[str]) if _is_global(check)]
        connection.execute(
            "INSERT INTO scan (id, scan_id, started_at, finished_at, version, kind, checks, global_checks, "
            "outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, *texts, kind, checks, _json(everywhere), outcome),
        )


def _copy_profiles(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Create an account for each that a target or a finding names; return their row ids."""
    newest = (
        "SELECT account_id, partition, alias, regions, enabled_regions, regions_note, "
        "(SELECT coalesce(max(scan), 0) FROM old_scan_target WHERE target = old_target.id AND ready) AS at "
        "FROM old_target WHERE account_id <> '' ORDER BY at DESC, id"
    )
    for *values, _ in connection.execute(newest).fetchall():
        connection.execute(
            "INSERT INTO account (account_id, partition, alias, regions, enabled_regions, regions_note) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "alias = coalesce(nullif(alias, ''), excluded.alias)",
            values,
        )
    connection.execute(
        "INSERT INTO account (account_id, partition) "
        "SELECT DISTINCT account_id, partition FROM old_finding WHERE account_id <> '' "
        "ON CONFLICT DO NOTHING"
    )
    connection.execute(
        "INSERT INTO profile (id, name, account, caller_arn, failure) "
        "SELECT old_target.id, profile, account.id, caller_arn, failure "
        "FROM old_target LEFT JOIN account USING (account_id, partition)"
    )
    rows = connection.execute("SELECT account_id, partition, id FROM account")
    return {(account_id, partition): number for account_id, partition, number in rows}


def _copy_scanned_accounts(connection: sqlite3.Connection) -> None:
    """Store the accounts of the scans: a target's, unless its findings of the scan name another."""
    rows = connection.execute(
        "SELECT scan, target, regions, coalesce((SELECT account FROM finding WHERE profile = target "
        "AND account IS NOT NULL AND scan BETWEEN since_scan AND last_scan LIMIT 1), profile.account) "
        "FROM old_scan_target JOIN profile ON profile.id = target WHERE ready ORDER BY scan, target"
    ).fetchall()
    merged: dict[tuple[int, int], tuple[int, dict[str, None]]] = {}
    for scan, target, regions, account in rows:
        if account is not None:
            _, together = merged.setdefault((account, scan), (target, {}))
            together.update(dict.fromkeys(msgspec.json.decode(regions, type=list[str])))
    connection.executemany(
        "INSERT INTO scan_account (account, scan, profile, regions) VALUES (?, ?, ?, ?)",
        [(*key, profile, _json(list(regions))) for key, (profile, regions) in merged.items()],
    )


def _copy_findings(
    connection: sqlite3.Connection, accounts: dict[tuple[str, str], int]
) -> dict[str, list[_Version]]:
    """Copy every row as not current, and return the versions of each key.

    The rows that all checks had for an unusable profile become one row per scan.
    """
    complete = _complete_scans(connection)
    failures = {
        target: (profile, msgspec.json.decode(failure, type=Failure | None))
        for target, profile, failure in connection.execute("SELECT id, profile, failure FROM old_target")
    }
    unusable: set[tuple[int, int, int]] = set()
    topics = finding_texts.Topics(connection)
    versions: defaultdict[str, list[_Version]] = defaultdict(list)
    for row in _old_rows(connection):
        (row_id, target, current, first_scan, last_scan, place, rank, account_id, partition) = row[:9]
        status, severity = meaning_of(rank)
        profile, failure = failures[target]
        if status is not Status.NOT_ASSESSED or row[10] or row[11]:
            finding = _finding(row, profile, status, severity)
        else:
            # Without region and resource: one of the rows that all checks had for a failed profile.
            account_id = ""
            if (target, first_scan, last_scan) in unusable:
                continue
            unusable.add((target, first_scan, last_scan))
            finding = _unusable(profile, failure if current else None, reason=row[-2])
            current = current and failure is not None
            place = rank = rank_of(finding.status, finding.severity)
        is_fixed = status is Status.PASS and place // len(Severity) != Status.PASS.order
        values = version_values(
            finding,
            topics.of(finding),
            last_scan,
            last_scan,
            Lifetime.begin(finding.status, first_scan, ""),
            accounts.get((account_id, partition)),
            target,
            Standing(place, Disposition.FIXED if is_fixed and current else Disposition.OPEN),
            fingerprint(finding),
            row[-1],
        )
        key = finding_key(finding)
        connection.execute(_INSERT, (row_id, bytes.fromhex(key), first_scan, *values[1:]))
        finding_texts.write(connection, row_id, finding)
        scans = complete[target]
        later = bisect_right(scans, last_scan)
        retired_by = 0 if current else scans[later] if later < len(scans) else last_scan
        versions[key].append(
            _Version(row_id, target, finding.status, first_scan, last_scan, bool(current), retired_by)
        )
    return versions


_INSERT = (
    f"INSERT INTO finding (id, key, current, {VERSION_COLUMNS}) "  # noqa: S608 - constants
    f"VALUES (?, ?, 0, {', '.join('?' * len(VERSION_COLUMNS.split(',')))})"
)


def _old_rows(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    return connection.execute(
        "SELECT id, target, current, first_scan, scan, place, rank, account_id, partition, check_id, region, "
        "resource_id, resource_name, resource_type, title, reason, evidence FROM old_finding ORDER BY id"
    )


def _complete_scans(connection: sqlite3.Connection) -> dict[int, list[int]]:
    """Return the numbers of the complete whole scans of each target, ascending."""
    scans: defaultdict[int, list[int]] = defaultdict(list)
    for target, scan in connection.execute(
        "SELECT target, scan FROM old_scan_target JOIN old_scan ON old_scan.id = scan "
        "WHERE ready AND outcome = ? ORDER BY scan",
        (Outcome.COMPLETE.value,),
    ):
        scans[target].append(scan)
    return scans


def _finding(row: tuple[Any, ...], profile: str, status: Status, severity: Severity) -> Finding:
    account_id, partition, check_id, region, *resource, title, reason, evidence = row[7:]
    return Finding(
        check_id=check_id,
        status=status,
        severity=severity,
        subject=_subject(status, check_id, account_id, partition, region, *resource),
        profile=profile,
        account_id=account_id,
        region=region,
        partition=partition,
        title=title,
        reason=reason,
        evidence=msgspec.json.decode(evidence),
    )


def _subject(
    status: Status,
    check_id: str,
    account_id: str,
    partition: str,
    region: str,
    resource_id: str,
    name: str,
    resource_type: str,
) -> Subject:
    """Return the subject of an old resource: settings had an ARN without a name, listings had none."""
    if status is Status.NOT_ASSESSED and (not resource_id or resource_type == _REGION_TYPE):
        kept_type = "" if resource_type == _REGION_TYPE else resource_type
        return AccountScope(kept_type) if _is_global(check_id) else RegionScope(kept_type)
    # A setting of a region has an ARN without a resource name, such as "...:backup-plan".
    own_part = resource_id.split(":", 5)[-1]
    if (
        name == region
        and resource_id.startswith("arn:")
        and own_part != name
        and not {"/", ":"} & set(own_part)
    ):
        return RegionScope(resource_type)
    if name == account_id and resource_id == f"arn:{partition}:iam::{account_id}:root":
        return AccountScope(resource_type)
    return Resource(resource_id, name, resource_type)


def _unusable(profile: str, failure: Failure | None, *, reason: str) -> Finding:
    return Finding(
        check_id=PROFILE_ACCESS,
        status=Status.NOT_ASSESSED,
        severity=Severity.CRITICAL,
        subject=ProfileScope(profile),
        profile=profile,
        account_id="",
        region="",
        partition="",
        title=_UNUSABLE_TITLE,
        reason=reason if failure is None else failure.words,
    )


def _order_versions(connection: sqlite3.Connection, versions: dict[str, list[_Version]]) -> None:
    """Make the newest version of each key current, and set when each began, ended and failed."""
    started = dict(connection.execute("SELECT id, started_at FROM scan ORDER BY id").fetchall())
    numbers = list(started)

    @cache
    def at(scan: int) -> str:
        """Return when a scan began, or the next scan if its record is gone."""
        later = numbers[bisect_right(numbers, scan - 1) :]
        return started[later[0]] if later else ""

    for rows in versions.values():
        rows.sort(key=lambda row: (row.first_scan, row.last_scan, row.current, row.row_id))
        newest = max(rows, key=lambda row: (row.known_until, row.current, row.last_scan, row.row_id))
        chain = [row for row in rows if row.target == newest.target]
        earlier = [row for row in rows if row not in chain and row.known_until < chain[0].first_scan]
        others = [row for row in rows if row not in chain and row not in earlier]
        # The same finding through another profile is kept, but is never valid.
        updates: list[tuple[int, int | None, Lifetime, _Version]] = [
            (0, row.first_scan, Lifetime.begin(row.status, row.first_scan, at(row.first_scan)), row)
            for row in others
        ]
        updates += _in_order([*earlier, *chain], newest, _first_failure(rows), at)
        connection.executemany(
            "UPDATE finding SET current = ?, ended_scan = ?, failures = ?, first_scan = ?, "
            "first_seen_at = ?, closed_scan = ?, closed_at = ? WHERE id = ?",
            [
                (current, ended, *msgspec.structs.astuple(lifetime), row.row_id)
                for current, ended, lifetime, row in updates
            ],
        )


def _first_failure(rows: Iterable[_Version]) -> int | None:
    return min((row.first_scan for row in rows if row.status is Status.FAIL), default=None)


def _in_order(
    rows: list[_Version], newest: _Version, first_failure: int | None, at: Any
) -> Iterator[tuple[int, int | None, Lifetime, _Version]]:
    """Yield whether each version is current, the scan that ended it, and its finding's lifetime so far."""
    first = rows[0].first_scan if first_failure is None else first_failure
    lifetime = Lifetime.begin(rows[0].status, min(first, rows[0].first_scan), "")
    lifetime = msgspec.structs.replace(lifetime, first_seen_at=at(lifetime.first_scan))
    for row, following in pairwise([*rows, None]):
        assert row is not None
        lifetime = lifetime.after(row.status, row.first_scan, at(row.first_scan))
        if following is not None:
            yield 0, max(row.first_scan, following.first_scan), lifetime, row
        elif newest.current:
            yield 1, None, lifetime, row
        else:
            closed = msgspec.structs.replace(
                lifetime,
                closed_scan=lifetime.closed_scan or row.retired_by,
                closed_at=lifetime.closed_at or at(row.retired_by),
            )
            yield 0, row.retired_by, closed, row


@cache
def _is_global(check_id: str) -> bool:
    about = about_of(check_id)
    return about is not None and about.is_global


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
