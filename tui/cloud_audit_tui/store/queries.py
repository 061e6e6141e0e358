"""The queries of screens and reports; each function only reads, through one connection."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from cloud_audit_tui.model import (
    AccountScope,
    Category,
    Disposition,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Subject,
    SubjectKind,
)
from cloud_audit_tui.store.counting import counts_of
from cloud_audit_tui.store.finding_texts import REASON, SUBJECT_ID
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.mutes import IS_MUTED
from cloud_audit_tui.store.schema import LAST_COLUMNS, LISTED, SORT_COLUMNS, ordered
from cloud_audit_tui.store.severity_order import meaning_of, ranks_of
from cloud_audit_tui.store.view import Failure, ProfileInfo, Row, Sort, View
from cloud_audit_tui.text import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from cloud_audit_tui.model import Status
    from cloud_audit_tui.store.view import Counts

ROWS_AT_ONCE = 500
LIST_PIECE = 100_000
"""Characters of a list of ids that are converted at once, because each number is first an object."""

_LISTED = "SELECT value FROM json_each(?)"
IN_SCOPE = f"(account IN ({_LISTED}) OR account IS NULL AND profile IN ({_LISTED}))"
"""A condition on findings with the parameters of `Scope`: the findings of some profiles."""
_ROW = (
    "finding.id, finding.key, finding.check_id, finding.rank, topic.title, finding.subject_name, "
    f"{SUBJECT_ID}, finding.region, finding.account_id, profile.name, coalesce(verified.at, ''), "
    "coalesce(account.alias, ''), finding.disposition, coalesce(check_info.service, ''), "
    "check_info.category, topic.subject_kind, finding.first_seen_at"
)

_NAMES = {
    Sort.PROFILE: "(SELECT name FROM profile WHERE profile.id = finding.profile)",
    # The few titles are sorted once, and the rows by the rank of their title.
    Sort.TITLE: "(SELECT place FROM (SELECT id AS topic_id, dense_rank() OVER (ORDER BY title COLLATE NOCASE)"
    " AS place FROM topic) WHERE topic_id = finding.topic)",
}


class Condition(Protocol):
    """A condition on findings that another package composes from `columns.COLUMNS`."""

    @property
    def sql(self) -> str:
        """An SQL expression with a ``?`` for each parameter."""

    @property
    def parameters(self) -> Sequence[str | int | float | bytes | Listing]:
        """The values of the placeholders, in their order."""


class Listing(Protocol):
    """A parameter of a condition that is a query for ids of findings."""

    @property
    def sql(self) -> str:
        """A SELECT of ids with a ``?`` for each parameter."""

    @property
    def parameters(self) -> Sequence[str]:
        """The values of the placeholders, in their order."""


class ReadCondition(NamedTuple):
    """A condition whose listings have been read."""

    sql: str
    parameters: Sequence[Parameter]


Parameter = str | int | float | bytes


class Scope(msgspec.Struct, frozen=True):
    """The scope of some profiles: their accounts and themselves, by row ids."""

    accounts: str
    profiles: str
    is_everything: bool = False

    @property
    def condition(self) -> tuple[str, tuple[str, ...]]:
        """A condition on findings and its parameters, which is constant if everything is in scope."""
        return ("1", ()) if self.is_everything else (IN_SCOPE, self.parameters)

    @property
    def parameters(self) -> tuple[str, str]:
        """The values of the placeholders of `IN_SCOPE`."""
        return self.accounts, self.profiles


def row_ids(connection: sqlite3.Connection, view: View, condition: Condition | None = None) -> array[int]:
    """Return the ids of the current rows of a view that meet a condition, in the view's order."""
    where, parameters = selection(connection, view, condition)
    # The index has the columns of every order, so no row is read; without the hint, SQLite's planner reads
    # rows.
    statement = (
        f"SELECT finding.id FROM finding INDEXED BY {LISTED} "  # noqa: S608 - constants
        f"WHERE {where} ORDER BY {order_of(view)}"
    )
    return _ids(connection, statement, parameters)


def _ids(connection: sqlite3.Connection, statement: str, parameters: Sequence[Parameter]) -> array[int]:
    """Return the ids that a statement selects, in its order.

    They are read as one text, which takes half the time of as many rows and releases the interpreter's lock.
    """
    [(text,)] = connection.execute(f"SELECT json_group_array(id) FROM ({statement})", parameters)  # noqa: S608
    ids = array("q")
    start, end = 1, len(text) - 1
    while start < end:
        comma = text.find(",", start + LIST_PIECE)
        stop = comma if comma > 0 else end
        ids.extend(msgspec.json.decode(f"[{text[start:stop]}]", type=list[int]))
        start = stop + 1
    return ids


def selection(
    connection: sqlite3.Connection, view: View, condition: Condition | None
) -> tuple[str, list[Parameter]]:
    """Return the WHERE of the rows of a view that meet a condition, and its parameters."""
    ranks = [rank for status in view.statuses for rank in ranks_of(status)]
    sql, parameters = _and(connection, condition)
    in_scope, scope = scope_of(connection, view.profiles).condition
    where = f"current = 1 AND display_rank IN ({_LISTED}) AND {in_scope} {sql}"
    if not view.muted and _has_muted(connection):
        where += f" AND NOT {IS_MUTED}"
    return where, [json_text(ranks), *scope, *parameters]


def _has_muted(connection: sqlite3.Connection) -> bool:
    """Say whether any row is muted, because the condition costs time on each of a million rows."""
    [(has_muted,)] = connection.execute(f"SELECT EXISTS (SELECT 1 FROM finding WHERE {IS_MUTED})")  # noqa: S608
    return bool(has_muted)


def order_of(view: View) -> str:
    """Return the ORDER BY of a view, which is that of the index for an order by severity."""
    direction = "DESC" if view.descending else "ASC"
    # The index has these last columns; in another order they would only lengthen the rows that SQLite sorts.
    last = LAST_COLUMNS if view.sort is Sort.SEVERITY else ()
    columns = [*map(ordered, (*SORT_COLUMNS[view.sort], *last)), "finding.id"]
    # A row has its profile's id, which does not sort like the name.
    columns[0] = _NAMES.get(view.sort, columns[0])
    return ", ".join(f"{column} {direction}" for column in columns)


def rows(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Row]:
    """Return the rows of these ids, in this order, without unknown ids."""
    result: list[Row] = []
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chunk = list(ids[start : start + ROWS_AT_ONCE])
        places = ", ".join("?" * len(chunk))
        statement = (
            f"SELECT {_ROW} FROM finding JOIN profile ON profile.id = finding.profile "  # noqa: S608
            "JOIN topic ON topic.id = finding.topic "
            "LEFT JOIN account ON account.id = finding.account "
            "LEFT JOIN verified ON verified.id = finding.id "
            "LEFT JOIN check_info ON check_info.check_id = finding.check_id "
            f"WHERE finding.id IN ({places})"
        )
        by_id = {row[0]: row for row in connection.execute(statement, chunk)}
        result += [_row(by_id[row_id]) for row_id in chunk if row_id in by_id]
    return result


def finding(connection: sqlite3.Connection, row_id: int) -> Finding | None:
    """Return the whole finding of a row, current or not."""
    row = connection.execute(
        f"SELECT rank, subject_kind, {SUBJECT_ID}, subject_name, subject_type, finding.check_id, "  # noqa: S608
        "profile.name, finding.account_id, finding.region, coalesce(account.partition, ''), title, "
        f"{REASON}, source, "
        "evidence FROM finding JOIN profile ON profile.id = finding.profile "
        "JOIN topic ON topic.id = finding.topic "
        "LEFT JOIN account ON account.id = finding.account WHERE finding.id = ?",
        (row_id,),
    ).fetchone()
    if row is None:
        return None
    rank, kind, subject_id, name, subject_type, *texts, evidence = row
    check_id, profile, account_id, region, partition, title, reason, source = texts
    status, severity = meaning_of(rank)
    return Finding(
        check_id=check_id,
        status=status,
        severity=severity,
        subject=_subject(msgspec.convert(kind, SubjectKind), subject_id, name, subject_type),
        profile=profile,
        account_id=account_id,
        region=region,
        partition=partition,
        title=title,
        reason=reason,
        evidence=msgspec.json.decode(evidence),
        source=source,
    )


def row_id_of(connection: sqlite3.Connection, key: str) -> int | None:
    """Return the id of the current row of a finding's key."""
    try:
        key_bytes = bytes.fromhex(key)
    except ValueError:
        return None
    row = connection.execute("SELECT id FROM finding WHERE current = 1 AND key = ?", (key_bytes,)).fetchone()
    return None if row is None else int(row[0])


def still_current(connection: sqlite3.Connection, ids: Iterable[int], profiles: Iterable[str]) -> set[int]:
    """Return the row ids whose rows are current and in the view of these profiles."""
    rows = connection.execute(
        f"SELECT id FROM finding WHERE id IN ({_LISTED}) AND current = 1 AND {IN_SCOPE}",  # noqa: S608
        (json_text(list(ids)), *scope_of(connection, profiles).parameters),
    )
    return set(chain.from_iterable(rows))


def counts(
    connection: sqlite3.Connection,
    profiles: Iterable[str],
    condition: Condition | None = None,
    status: Status | None = None,
) -> Counts:
    """Return the counts of the current rows of these profiles that meet a condition.

    With a condition and a ``status``, only the rows that a view shows at this status are counted.
    """
    scope = scope_of(connection, profiles)
    if condition is not None:
        return _matching_counts(connection, scope, condition, status)
    # Grouped in the order of the index, because SQLite would sort by rank alone.
    groups = connection.execute(
        "SELECT rank, count(*) FROM finding INDEXED BY finding_counts "  # noqa: S608 - constants
        f"WHERE current = 1 AND account IN ({_LISTED}) GROUP BY account, rank "
        "UNION ALL SELECT rank, 1 FROM finding INDEXED BY finding_unusable "
        f"WHERE current = 1 AND account IS NULL AND profile IN ({_LISTED})",
        scope.parameters,
    ).fetchall()
    muted = connection.execute(
        f"SELECT rank, -count(*) FROM finding WHERE {IS_MUTED} AND {IN_SCOPE} GROUP BY rank",  # noqa: S608
        scope.parameters,
    ).fetchall()
    return counts_of(groups + muted, muted=-sum(number for _, number in muted))


def _matching_counts(
    connection: sqlite3.Connection, scope: Scope, condition: Condition, status: Status | None
) -> Counts:
    """Count the rows that meet a condition in one walk along the index of the views."""
    in_scope, about = scope.condition
    sql, parameters = _and(connection, condition)
    where = f"current = 1 AND {in_scope} {sql}"
    parameters = [*about, *parameters]
    if status is not None:
        where = f"display_rank IN ({_LISTED}) AND {where}"
        parameters = [json_text([*ranks_of(status)]), *parameters]
    has_muted = _has_muted(connection)
    unmuted = f"AND NOT {IS_MUTED}" if has_muted else ""
    # Grouped in the order of the index; the rank of a verified row differs from its display rank.
    numbers = connection.execute(
        f"SELECT display_rank, count(*) FROM finding INDEXED BY {LISTED} "  # noqa: S608 - constants
        f"WHERE {where} {unmuted} GROUP BY display_rank",
        parameters,
    ).fetchall()
    for rank, stands_at in connection.execute(
        "SELECT rank, display_rank FROM verified CROSS JOIN finding ON finding.id = verified.id "  # noqa: S608
        f"WHERE rank <> display_rank {unmuted} AND {where}",
        parameters,
    ):
        numbers += (rank, 1), (stands_at, -1)
    muted = 0
    if has_muted:
        [(muted,)] = connection.execute(
            f"SELECT count(*) FROM finding WHERE {IS_MUTED} AND {where}",  # noqa: S608 - constants
            parameters,
        )
    return counts_of(numbers, muted)


def services(connection: sqlite3.Connection) -> list[str]:
    """Return the services of all checks that have run, in their order."""
    return [row[0] for row in connection.execute("SELECT DISTINCT service FROM check_info ORDER BY service")]


def longest_check(connection: sqlite3.Connection) -> int:
    """Return the length of the longest id of a check with a current row, 0 without rows."""
    row = connection.execute(
        "SELECT max(length(check_id)) FROM topic "
        "WHERE EXISTS (SELECT 1 FROM finding WHERE finding.topic = topic.id AND current = 1)"
    ).fetchone()
    return row[0] or 0


def profiles(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, ProfileInfo]:
    """Return the stored information about each of these profiles; of an unknown one, only its name."""
    profiles = list(names)
    infos = {}
    for row in connection.execute(
        "SELECT name, account_id, alias, caller_arn, partition, regions, enabled_regions, "
        "regions_note, failure, scan.scan_id, scan.started_at, scan.finished_at, scan.outcome "
        "FROM profile LEFT JOIN account ON account.id = profile.account LEFT JOIN scan ON scan.id = "
        "(SELECT max(scan) FROM scan_account WHERE scan_account.account = account.id) "
        "WHERE profile.id IN (SELECT value FROM json_each(?))",
        (scope_of(connection, profiles).profiles,),
    ):
        infos[row[0]] = _profile(row)
    return {name: infos.get(storable(name)) or ProfileInfo(name) for name in profiles}


def scope_of(connection: sqlite3.Connection, names: Iterable[str]) -> Scope:
    """Return the scope of these profiles, as far as the store knows them."""
    ids, accounts = [], set()
    for name in set(names):
        # Not by a JSON list, in which SQLite cuts a text at a NUL.
        for profile, account in connection.execute(
            "SELECT id, account FROM profile WHERE name = ?", (storable(name),)
        ):
            ids.append(profile)
            accounts.add(account)
    accounts.discard(None)
    [everything] = connection.execute("SELECT (SELECT count(*) FROM account), count(*) FROM profile")
    return Scope(json_text(sorted(accounts)), json_text(ids), (len(accounts), len(ids)) == everything)


def _row(row: tuple[Any, ...]) -> Row:
    row_id, key, check_id, rank, title, name, resource_id, region, account_id, profile, verified_at = row[:11]
    alias, disposition, service, category, kind, first_seen_at = row[11:]
    status, severity = meaning_of(rank)
    return Row(
        row_id=row_id,
        key=key.hex(),
        check_id=check_id,
        status=status,
        severity=severity,
        title=title,
        resource_name=name,
        resource_id=resource_id,
        region=region,
        account_id=account_id,
        profile=profile,
        verified_at=verified_at,
        account_alias=alias,
        disposition=msgspec.convert(disposition, Disposition),
        service=service,
        category=msgspec.convert(category, Category | None),
        subject_kind=msgspec.convert(kind, SubjectKind),
        first_seen_at=first_seen_at,
    )


def _subject(kind: SubjectKind, subject_id: str, name: str, subject_type: str) -> Subject:
    match kind:
        case SubjectKind.RESOURCE:
            return Resource(subject_id, name, subject_type)
        case SubjectKind.REGION:
            return RegionScope(subject_type)
        case SubjectKind.ACCOUNT:
            return AccountScope(subject_type)
        case SubjectKind.PROFILE:
            return ProfileScope(name)


def _profile(row: tuple[Any, ...]) -> ProfileInfo:
    name, account_id, alias, caller_arn, partition, regions, enabled_regions, note, failure = row[:9]
    scan_id, started_at, finished_at, outcome = row[9:]
    return ProfileInfo(
        profile=name,
        account_id=account_id or "",
        alias=alias or "",
        caller_arn=caller_arn,
        partition=partition or "",
        regions=msgspec.json.decode(regions or "[]"),
        enabled_regions=msgspec.json.decode(enabled_regions or "[]"),
        regions_note=note or "",
        failure=msgspec.json.decode(failure, type=Failure | None),
        scan_id=scan_id or "",
        scanned_at=finished_at or started_at or "",
        outcome=outcome or "",
    )


def read_condition(
    connection: sqlite3.Connection, condition: Condition, beside: sqlite3.Connection | None = None
) -> ReadCondition:
    """Return a condition with the results of its listings, so that several queries can share them.

    With a connection ``beside``, each of the two reads one half of the findings in parallel.
    """
    return ReadCondition(condition.sql, [_read(connection, value, beside) for value in condition.parameters])


def _read(
    connection: sqlite3.Connection, value: Parameter | Listing, beside: sqlite3.Connection | None
) -> Parameter:
    match value:
        case str():
            return storable(value)
        case int() | float() | bytes():
            return value
    parts = _in_halves(connection, value, beside) if beside else [_matching_ids(connection, value)]
    listing = bytearray(max(max(ids, default=0) for ids in parts) + 1)
    for row_id in chain.from_iterable(parts):
        listing[row_id] = 1
    return bytes(listing)


def _in_halves(
    connection: sqlite3.Connection, listing: Listing, beside: sqlite3.Connection
) -> list[array[int]]:
    [(last,)] = connection.execute("SELECT coalesce(max(id), 0) FROM own_text")
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(_matching_ids, beside, listing, "id > ?", last // 2)
        return [_matching_ids(connection, listing, "id <= ?", last // 2), second.result()]


def _matching_ids(
    connection: sqlite3.Connection, listing: Listing, where: str = "?", value: int = 1
) -> array[int]:
    statement = f"SELECT id FROM ({listing.sql}) WHERE {where}"  # noqa: S608 - constants
    return _ids(connection, statement, [*map(storable, listing.parameters), value])


def _and(connection: sqlite3.Connection, condition: Condition | None) -> tuple[str, Sequence[Parameter]]:
    """Return the SQL that adds a condition to a WHERE, and its parameters."""
    if condition is None:
        return "", []
    sql, parameters = read_condition(connection, condition)
    return f"AND ({sql})", parameters
