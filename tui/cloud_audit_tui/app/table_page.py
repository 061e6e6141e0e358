"""One read of the store: everything that the main screen draws."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING

from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import Condition, condition
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

    from cloud_audit_tui.store.folding import Grouping
    from cloud_audit_tui.store.groups import Group
    from cloud_audit_tui.store.queries import Condition as StoreCondition
    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import Counts, ProfileInfo, Row, View


@dataclass(frozen=True)
class Query:
    """The contents of the table: a view of the store, the text of its filter, its grouping and folding."""

    view: View
    filter: str = ""
    grouping: Grouping | None = None
    folding: Folding = field(default_factory=Folding)

    def condition(self, now: float) -> Condition | None:
        """Return the filter as a condition; relative times count back from ``now`` (seconds since 1970)."""
        if not self.filter:
            return None
        return condition(parse(self.filter), COLUMNS, datetime.fromtimestamp(now, UTC))


@dataclass(frozen=True)
class Selection:
    """The position of the cursor: keys of findings in order of preference, then a row id, then an index.

    On the header of a group, ``group`` is its key, and the keys are those of the finding that the cursor
    was on before it was grouped.
    """

    keys: tuple[str, ...] = ()
    row_id: int | None = None
    index: int = 0
    group: str | None = None


@dataclass(frozen=True)
class Page:
    """A view's row ids, the index of the selected one, and the rows around it.

    The id ``-n`` is the header of the ``n``-th of the ``groups`` and precedes its rows. ``selection`` is the
    position that was searched for; ``index`` is ``None`` if the view does not have it. ``total`` is the
    number of findings, folded ones included. ``counts`` are those of the profiles, ``filtered_counts`` those
    of the filter. ``gone`` are the marked rows that no longer exist for these profiles, ``services`` those of
    the checks that have run, and ``longest_check`` is the length of the longest id of a check with findings.
    Of severities that are not ``judged``, no number of failures is known.
    """

    query: Query
    selection: Selection
    ids: array[int]
    index: int | None
    rows: Sequence[Row]
    counts: Counts
    filtered_counts: Counts
    profiles: Mapping[str, ProfileInfo]
    gone: Set[int] = frozenset()
    services: Sequence[str] = ()
    longest_check: int = 0
    groups: Sequence[Group] = ()
    total: int = 0
    judged: frozenset[Severity] = frozenset(Severity)


def read_page(
    store: Store,
    query: Query,
    selection: Selection,
    window: Callable[[Sequence[int], int], Sequence[int]],
    marked: Set[int] = frozenset(),
    *,
    now: float,
) -> Page:
    """Return the page of a query; ``window`` chooses the rows to read, given all ids and an index.

    A filter's relative times count back from ``now`` (seconds since 1970).
    """
    view = query.view
    filter_condition = query.condition(now)
    # The ids and the counts each take a pass over all rows, so they are read in parallel.
    with ThreadPoolExecutor(1) as beside:
        counting = beside.submit(store.counts, view.profiles)
        where = None if filter_condition is None else store.read_condition(filter_condition)
        matching = _MatchingCounts(store, view, where, beside) if where is not None else None
        groups: Sequence[Group] = ()
        if query.grouping is None:
            ids = store.row_ids(view, where)
        else:
            groups = store.groups(view, query.grouping, where)
            ids = with_headers(groups, store.rows_of_groups(view, query.grouping, query.folding, where))
        index = _index_of(store, query, selection, ids, groups)
        around = index if index is not None else min(selection.index, max(len(ids) - 1, 0))
        return Page(
            query=query,
            selection=selection,
            ids=ids,
            index=index,
            rows=store.rows([row_id for row_id in window(ids, around) if row_id > 0]),
            counts=counting.result(),
            filtered_counts=counting.result() if matching is None else matching.result(),
            profiles=store.profiles(view.profiles),
            gone=marked - store.still_current(marked, view.profiles) if marked else frozenset(),
            services=store.services(),
            longest_check=store.longest_check(),
            groups=groups,
            total=sum(group.rows for group in groups) if query.grouping else len(ids),
        )


def _index_of(
    store: Store, query: Query, selection: Selection, ids: array[int], groups: Sequence[Group]
) -> int | None:
    """Return the index of the selected row or header, or of the header of a closed group with the row."""
    row_ids = [*map(store.row_id_of, selection.keys), selection.row_id]
    index = locate(ids, groups, row_ids, selection.group)
    if index is None and selection.group is not None:
        index = find(ids, row_ids)
    row_id = next((row_id for row_id in row_ids if row_id is not None), None)
    if index is None and query.grouping is not None and row_id is not None:
        index = locate(ids, groups, (), store.group_of(row_id, query.grouping))
    return index


class _MatchingCounts:
    """The counts of the findings that meet a condition: a thread counts them, helped by the waiting one."""

    def __init__(self, store: Store, view: View, where: StoreCondition, beside: ThreadPoolExecutor) -> None:
        works = [partial(store.counts_of_status, view.profiles, where, status) for status in Status]
        self._parts = [(work, beside.submit(work)) for work in works]

    def result(self) -> Counts:
        """Return the sum of the parts; parts that the thread has not started are counted here."""
        parts = [work() if future.cancel() else future.result() for work, future in reversed(self._parts)]
        return reduce(add, parts)


def rows_of_group(store: Store, query: Query, key: str, *, now: float) -> Sequence[int]:
    """Return the ids of the rows of one group of a query, open or closed."""
    if query.grouping is None:
        return ()
    only_this = Folding(others=frozenset({key}))
    groups = store.rows_of_groups(query.view, query.grouping, only_this, query.condition(now))
    return groups.get(key, ())


def of_check(check_id: str, where: Condition | None) -> Condition:
    """Return the condition that a finding is of a check and meets ``where``."""
    if where is None:
        return Condition("(finding.check_id = ?)", [check_id])
    return Condition(f"({where.sql} AND finding.check_id = ?)", [*where.parameters, check_id])


def with_headers(groups: Sequence[Group], rows: Mapping[str, array[int]]) -> array[int]:
    """Return the id ``-n`` of each group, where ``n`` is its number, followed by its rows if it is open."""
    ids = array("q")
    for number, group in enumerate(groups, 1):
        ids.append(-number)
        ids.extend(rows.get(group.key, ()))
    return ids


def locate(
    ids: array[int], groups: Sequence[Group], row_ids: Sequence[int | None], group: str | None
) -> int | None:
    """Return the index of a group's header, or of the first of some rows that is in the list."""
    if group is not None:
        row_ids = [-number for number, each in enumerate(groups, 1) if each.key == group]
    return find(ids, row_ids)


def find(ids: array[int], row_ids: Sequence[int | None]) -> int | None:
    """Return the index in ``ids`` of the first of some row ids that it contains."""
    for row_id in row_ids:
        if row_id is not None:
            try:
                return ids.index(row_id)
            except ValueError:
                continue
    return None
