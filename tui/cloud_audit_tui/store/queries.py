"""What is read from the store for the screens; every function asks one connection and changes nothing."""

from __future__ import annotations

from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.store.schema import SORT_COLUMNS, ordered, sort_index
from cloud_audit_tui.store.severity_order import meaning_of, ranks_of
from cloud_audit_tui.store.storable_text import searchable, storable
from cloud_audit_tui.store.view import Counts, Failure, Row, TargetInfo, View

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_PATTERN = 10_000
"""Characters of a word that LIKE is asked for; SQLite refuses patterns beyond 50,000 bytes."""
ROWS_AT_ONCE = 500

_TARGETS = "SELECT value FROM json_each(?)"
_ROW = (
    "finding.id, finding.key, finding.check_id, finding.rank, finding.title, finding.resource_name, "
    "finding.resource_id, finding.region, finding.account_id, target.profile, coalesce(verified.at, '')"
)


def row_ids(connection: sqlite3.Connection, view: View) -> array[int]:
    """Return the ids of the current rows of a view, in its order."""
    direction = "DESC" if view.descending else "ASC"
    order = ", ".join(
        f"{column} {direction}" for column in (*map(ordered, SORT_COLUMNS[view.sort]), "target", "id")
    )
    ranks = [rank for status in view.statuses for rank in ranks_of(status)]
    condition, words = _text_condition(view.text)
    # The index holds the rows in order, so nothing is sorted, and the text of one row after the other
    # is read from a table that holds nothing else. SQLite's planner, left alone, sorts.
    statement = (
        f"SELECT id FROM finding INDEXED BY {sort_index(view.sort)} "  # noqa: S608 - constants
        f"WHERE current = 1 AND target IN ({_TARGETS}) "
        f"AND place IN (SELECT value FROM json_each(?)) {condition} ORDER BY {order}"
    )
    of_targets = _json(list(_target_ids(connection, view.profiles)))
    cursor = connection.execute(statement, (of_targets, _json(ranks), *words))
    return array("q", chain.from_iterable(cursor))


def rows(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Row]:
    """Return the rows of these ids, in this order; an id that is not in the store is left out."""
    found: list[Row] = []
    for start in range(0, len(ids), ROWS_AT_ONCE):
        some = list(ids[start : start + ROWS_AT_ONCE])
        places = ", ".join("?" * len(some))
        statement = (
            f"SELECT {_ROW} FROM finding JOIN target ON target.id = finding.target "  # noqa: S608
            "LEFT JOIN verified ON verified.id = finding.id "
            f"WHERE finding.id IN ({places})"
        )
        by_id = {row[0]: row for row in connection.execute(statement, some)}
        found += [_row(by_id[row_id]) for row_id in some if row_id in by_id]
    return found


def finding(connection: sqlite3.Connection, row_id: int) -> Finding | None:
    """Return the whole finding of a row, current or not."""
    row = connection.execute(
        "SELECT check_id, rank, profile, finding.account_id, region, finding.partition, resource_id, "
        "resource_name, resource_type, title, reason, evidence "
        "FROM finding JOIN target ON target.id = finding.target WHERE finding.id = ?",
        (row_id,),
    ).fetchone()
    if row is None:
        return None
    check_id, rank, *where, evidence = row
    said = (check_id, *meaning_of(rank), *where, msgspec.json.decode(evidence))
    return Finding(*said)


def row_id_of(connection: sqlite3.Connection, key: str) -> int | None:
    """Return the id of the current row of a finding's key."""
    try:
        stored = bytes.fromhex(key)
    except ValueError:
        return None
    row = connection.execute("SELECT id FROM finding WHERE current = 1 AND key = ?", (stored,)).fetchone()
    return None if row is None else int(row[0])


def still_shown(connection: sqlite3.Connection, ids: Iterable[int], profiles: Iterable[str]) -> set[int]:
    """Return those of some row ids whose rows are current and of these profiles."""
    found = connection.execute(
        f"SELECT id FROM finding WHERE current = 1 AND target IN ({_TARGETS}) "  # noqa: S608 - a constant
        "AND id IN (SELECT value FROM json_each(?))",
        (_json(list(_target_ids(connection, profiles))), _json(list(ids))),
    )
    return set(chain.from_iterable(found))


def counts(connection: sqlite3.Connection, profiles: Iterable[str]) -> Counts:
    """Return how many current rows the profiles have, of each severity and status."""
    # Grouped as the index is ordered: by rank alone, SQLite would sort.
    groups = connection.execute(
        "SELECT rank, count(*) FROM finding INDEXED BY finding_counts "  # noqa: S608 - a constant
        f"WHERE current = 1 AND target IN ({_TARGETS}) GROUP BY target, rank",
        (_json(list(_target_ids(connection, profiles))),),
    )
    failed = dict.fromkeys(Severity, 0)
    other = dict.fromkeys(Status, 0)
    for rank, number in groups:
        status, severity = meaning_of(rank)
        if status is Status.FAIL:
            failed[severity] += number
        else:
            other[status] += number
    return Counts(failed, passed=other[Status.PASS], not_assessed=other[Status.NOT_ASSESSED])


def targets(connection: sqlite3.Connection, profiles: Iterable[str]) -> dict[str, TargetInfo]:
    """Return what is known of each of these profiles; of an unknown one, nothing but its name."""
    found = {}
    wanted = list(profiles)
    for row in connection.execute(
        "SELECT profile, account_id, alias, caller_arn, partition, regions, enabled_regions, regions_note, "
        "failure, scan.scan_id, scan.started_at, scan.finished_at, scan.outcome "
        "FROM target LEFT JOIN scan ON scan.id = "
        "(SELECT max(scan) FROM scan_target WHERE scan_target.target = target.id) "
        "WHERE target.id IN (SELECT value FROM json_each(?))",
        (_json(list(_target_ids(connection, wanted))),),
    ):
        found[row[0]] = _target(row)
    return {profile: found.get(storable(profile)) or TargetInfo(profile) for profile in wanted}


def _target_ids(connection: sqlite3.Connection, profiles: Iterable[str]) -> Iterator[int]:
    """Yield the ids of those profiles that are known."""
    for profile in set(profiles):
        # Not from a list in JSON: SQLite cuts the text of one at a NUL.
        yield from chain.from_iterable(
            connection.execute("SELECT id FROM target WHERE profile = ?", (storable(profile),))
        )


def _row(row: tuple[Any, ...]) -> Row:
    row_id, key, check_id, rank, *others = row
    return Row(row_id, key.hex(), check_id, *meaning_of(rank), *others)


def _target(row: tuple[Any, ...]) -> TargetInfo:
    *identity, regions, enabled, note, failure, scan_id, started_at, finished_at, outcome = row
    known = (
        *identity,
        msgspec.json.decode(regions),
        msgspec.json.decode(enabled),
        note,
        msgspec.json.decode(failure, type=Failure | None),
        scan_id or "",
        finished_at or started_at or "",
        outcome or "",
    )
    return TargetInfo(*known)


def _text_condition(text: str) -> tuple[str, list[str]]:
    """Return an SQL condition for a typed filter, and its parameters."""
    terms: list[str] = []
    parameters: list[str] = []
    for word in dict.fromkeys(searchable(text).split()):
        excluded = word.startswith("!")
        wanted = word.removeprefix("!")
        if not wanted:
            # Only the mark has been typed yet.
            continue
        if len(wanted) > LONGEST_PATTERN:
            term = "instr(text, ?)"
            parameters.append(wanted)
        else:
            # LIKE is twice as fast as instr, and both sides have lost their letter case already.
            term = r"text LIKE ? ESCAPE '\'"
            parameters.append(f"%{_literal(wanted)}%")
        terms.append(f"NOT {term}" if excluded else term)
    if not terms:
        return "", []
    condition = _all_of(terms)
    return f"AND id IN (SELECT id FROM search WHERE {condition})", parameters  # noqa: S608 - no typed text


def _literal(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _all_of(terms: list[str]) -> str:
    """Join terms with AND as a balanced tree: SQLite refuses one that is a thousand deep."""
    while len(terms) > 1:
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = [f"({' AND '.join(pair)})" for pair in pairs]
    return terms[0]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
