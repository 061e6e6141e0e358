"""Groups of findings with their counts: one query for the headers, one for the rows of the open groups."""

from __future__ import annotations

from array import array
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cloud_audit_tui.model import Status
from cloud_audit_tui.store.counting import counts_of
from cloud_audit_tui.store.queries import order_of, selection
from cloud_audit_tui.store.schema import LISTED
from cloud_audit_tui.store.severity_order import SEVERITIES
from cloud_audit_tui.store.storable_text import json_text

if TYPE_CHECKING:
    import sqlite3

    from cloud_audit_tui.store.queries import Condition
    from cloud_audit_tui.store.view import View


class Grouping(StrEnum):
    """What the findings of a group have in common."""

    CHECK = "check"
    SERVICE = "service"
    RESOURCE = "resource"
    ACCOUNT = "account"
    REGION = "region"


class Folding(msgspec.Struct, frozen=True):
    """Which groups are open: all but ``others`` if ``open``, else only ``others``, by their keys."""

    open: bool = False
    others: frozenset[str] = frozenset()

    def is_open(self, key: str) -> bool:
        """Return whether the rows of a group are listed."""
        return self.open != (key in self.others)

    def toggled(self, key: str) -> Folding:
        """Return the folding with one group opened or closed."""
        return Folding(self.open, self.others ^ {key})


class Group(msgspec.Struct, frozen=True):
    """A group: what its findings share, what else is known of that, and how many findings it has.

    ``failed`` counts the failures of each severity, worst first; ``rows`` is how many rows the view lists,
    among them those that a verification found fixed, which count as passed.
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
    """How a grouping is read: the key and the texts of a group in SQL."""

    key: str
    label: str = "key"
    note: str = "''"


_SERVICE = "coalesce((SELECT service FROM check_info WHERE check_info.check_id = finding.check_id), '')"
_SOURCES = {
    Grouping.CHECK: _Source(
        "finding.check_id",
        note="coalesce((SELECT title FROM check_info WHERE check_info.check_id = key), '')",
    ),
    Grouping.SERVICE: _Source(_SERVICE),
    Grouping.RESOURCE: _Source(
        # A resource has one id in its account; a subject without an id is told apart by its place and name.
        "finding.account_id || ' ' || iif(finding.subject_id = '', "
        "finding.region || ' ' || finding.subject_name, finding.subject_id)",
        label="iif(min(low) = max(high) AND max(high) <> '', max(high), max(id))",
        note="max(region)",
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
    texts = "min(subject_name), max(subject_name), max(subject_id), max(finding.region)"
    none = "NULL, NULL, NULL, NULL"
    if grouping is not Grouping.RESOURCE:
        # The index lacks some of these, and a row is on a page of its own.
        texts = none
    # A row that was verified as fixed stands among the failures and counts with what it is now.
    verified = (
        f"FROM verified CROSS JOIN finding ON finding.id = verified.id WHERE rank <> display_rank AND {where}"
    )
    statement = (
        f"WITH counted(key, low, high, id, region, rank, rows, number) AS ("  # noqa: S608 - constants
        f"SELECT {source.key}, {texts}, display_rank, count(*), count(*) FROM finding "
        f"INDEXED BY {LISTED} WHERE {where} GROUP BY 1, display_rank "
        f"UNION ALL SELECT {source.key}, {none}, display_rank, 0, -1 {verified} "
        f"UNION ALL SELECT {source.key}, {none}, rank, 0, 1 {verified}) "
        f"SELECT key, {source.label}, {source.note}, json_group_array(json_array(rank, rows, number)) "
        "FROM counted GROUP BY key"
    )
    decode = msgspec.json.Decoder(list[tuple[int, int, int]]).decode
    result = [
        _group(key, label, note, decode(ranks))
        for key, label, note, ranks in connection.execute(statement, parameters * 3)
    ]
    return sorted(result, key=lambda group: (group.worst, -group.rows, group.label, group.key))


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
    key = _SOURCES[grouping].key
    where, parameters = selection(connection, view, condition)
    among = "NOT IN" if folding.open else "IN"
    cursor = connection.execute(
        f"SELECT id, {key} FROM finding INDEXED BY {LISTED} WHERE {where} "  # noqa: S608 - constants
        f"AND {key} {among} (SELECT value FROM json_each(?)) ORDER BY {order_of(view)}",
        (*parameters, json_text(sorted(folding.others))),
    )
    result: dict[str, array[int]] = {}
    for row_id, group in cursor:
        if group not in result:
            result[group] = array("q")
        result[group].append(row_id)
    return result


def _group(key: str, label: str, note: str, ranks: list[tuple[int, int, int]]) -> Group:
    counts = counts_of((rank, number) for rank, _, number in ranks)
    return Group(
        key=key,
        label=label,
        note=note,
        failed=tuple(counts.failed.values()),
        not_assessed=counts.not_assessed,
        passed=counts.passed,
        rows=sum(rows for _, rows, _ in ranks),
        worst=min((rank for rank, _, number in ranks if number > 0), default=len(SEVERITIES) * len(Status)),
    )
