"""Groups of findings with their counts: one query for the headers, one for the rows of the open groups."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.queries import order_of, selection
from cloud_audit_tui.store.schema import LISTED
from cloud_audit_tui.store.severity_order import meaning_of, ranks_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from cloud_audit_tui.store.folding import Folding
    from cloud_audit_tui.store.queries import Condition, Parameter
    from cloud_audit_tui.store.view import View


class Group(msgspec.Struct, frozen=True, gc=False):
    """A group of findings: its key, label and note, and its counts.

    ``failed`` counts the failures of each severity, worst first; ``rows`` is the number of rows in the view,
    including those that a verification found fixed, which count as passed.
    """

    key: str
    label: str
    note: str
    failed: tuple[int, ...]
    not_assessed: int
    passed: int
    rows: int
    worst: int


class _Source(NamedTuple):
    """The SQL of a grouping: the key and the texts of a group, and the join that they need."""

    key: str
    label: str = "key"
    note: str = "''"
    joined: str = ""


_SERVICE = "coalesce((SELECT service FROM check_info WHERE check_info.check_id = finding.check_id), '')"
_SOURCES = {
    Grouping.CHECK: _Source(
        "finding.check_id",
        note="coalesce((SELECT title FROM check_info WHERE check_info.check_id = key), '')",
    ),
    Grouping.SERVICE: _Source(_SERVICE),
    Grouping.RESOURCE: _Source(
        # A resource has one id in its account; a subject without an id is identified by region and name.
        "finding.account_id || ' ' || iif(own_text.subject_id = '', "
        "finding.region || ' ' || finding.subject_name, own_text.subject_id)",
        label="iif(min(name) = max(name) AND max(name) <> '', max(name), max(id))",
        note="region",
        joined="CROSS JOIN own_text ON own_text.id = finding.id",
    ),
    Grouping.ACCOUNT: _Source(
        "finding.account_id",
        note="coalesce((SELECT max(alias) FROM account WHERE account.account_id = key), '')",
    ),
    Grouping.REGION: _Source("finding.region"),
}


def groups(
    connection: sqlite3.Connection, view: View, grouping: Grouping, condition: Condition | None = None
) -> list[Group]:
    """Return the groups of a view's rows that meet a condition: the worst first, then the largest."""
    source = _SOURCES[grouping]
    where, parameters = selection(connection, view, condition)
    # The index lacks some of the texts, and reading a row costs a page.
    texts, number, together = "NULL, NULL, NULL", "count(*)", "GROUP BY 1, display_rank"
    if grouping is Grouping.RESOURCE:
        # Most resources have one or two rows, so sorting them by key and rank first costs more than it saves.
        texts, number, together = "subject_name, own_text.subject_id, finding.region", "1", ""
    statement = (
        f"WITH ranked(key, name, id, region, rank, number) AS ("  # noqa: S608 - constants
        f"SELECT {source.key}, {texts}, display_rank, {number} FROM finding "
        f"INDEXED BY {LISTED} {source.joined} WHERE {where} {together}), "
        f"counted AS (SELECT key, {source.label} AS label, max(region) AS region, min(rank) AS worst, "
        f"sum(number) AS rows, {_SUMS} FROM ranked GROUP BY key) "
        f"SELECT key, label, {source.note}, worst, rows, {_NAMES} FROM counted"
    )
    moved = _verified(connection, source, where, parameters)
    result = []
    for key, label, note, worst, rows, *numbers in connection.execute(statement, parameters):
        for before, now in moved.get(key, ()):
            numbers[_place(before)] -= 1
            numbers[_place(now)] += 1
            worst = min(worst, now)  # noqa: PLW2901
        *failed, not_assessed, passed = numbers
        result.append(Group(key, label, note, tuple(failed), not_assessed, passed, rows, worst))
    return sorted(result, key=lambda group: (group.worst, -group.rows, group.label, group.key))


def group_of(connection: sqlite3.Connection, row_id: int, grouping: Grouping) -> str | None:
    """Return the key of the group that a row belongs to, None if there is no such row."""
    source = _SOURCES[grouping]
    statement = f"SELECT {source.key} FROM finding {source.joined} WHERE finding.id = ?"  # noqa: S608 - constants
    row = connection.execute(statement, (row_id,)).fetchone()
    return None if row is None else str(row[0])


def _verified(
    connection: sqlite3.Connection, source: _Source, where: str, parameters: Sequence[Parameter]
) -> dict[str, list[tuple[int, int]]]:
    """Return the display rank and the present rank of the verified rows, by group.

    A row that was verified as fixed is shown among the failures and counts by its present rank.
    """
    moved: dict[str, list[tuple[int, int]]] = {}
    for key, before, now in connection.execute(
        f"SELECT {source.key}, display_rank, rank FROM verified CROSS JOIN finding "  # noqa: S608 - constants
        f"ON finding.id = verified.id {source.joined} WHERE rank <> display_rank AND {where}",
        parameters,
    ):
        moved.setdefault(key, []).append((before, now))
    return moved


def _ranks(status: Status) -> str:
    ranks = ranks_of(status)
    return f"BETWEEN {ranks.start} AND {ranks.stop - 1}"


_COUNTED = {
    **{f"failed_{rank}": f"= {rank}" for rank in ranks_of(Status.FAIL)},
    "not_assessed": _ranks(Status.NOT_ASSESSED),
    "passed": _ranks(Status.PASS),
}
"""The counts of a group: a name in SQL, and the comparison of the ranks that it counts."""
_NAMES = ", ".join(_COUNTED)
_SUMS = ", ".join(f"sum(iif(rank {which}, number, 0)) AS {name}" for name, which in _COUNTED.items())


def _place(rank: int) -> int:
    """Return the index of a rank among the counts of a group."""
    status, severity = meaning_of(rank)
    if status is Status.FAIL:
        return severity.order
    return len(Severity) + (status is Status.PASS)


def rows_of_groups(
    connection: sqlite3.Connection,
    view: View,
    grouping: Grouping,
    folding: Folding,
    condition: Condition | None = None,
) -> dict[str, array[int]]:
    """Return the ids of the rows of each open group, in the view's order."""
    if not folding.open and not folding.others:
        return {}
    source = _SOURCES[grouping]
    where, parameters = selection(connection, view, condition)
    among = "NOT IN" if folding.open else "IN"
    cursor = connection.execute(
        f"SELECT finding.id, {source.key} FROM finding INDEXED BY {LISTED} {source.joined} "  # noqa: S608
        f"WHERE {where} AND {source.key} {among} (SELECT value FROM json_each(?)) ORDER BY {order_of(view)}",
        (*parameters, json_text(sorted(folding.others))),
    )
    result: dict[str, array[int]] = {}
    for row_id, group in cursor:
        if group not in result:
            result[group] = array("q")
        result[group].append(row_id)
    return result
