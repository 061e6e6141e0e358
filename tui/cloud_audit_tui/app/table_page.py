"""One read of the store: everything that the main screen draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.columns import COLUMNS

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Mapping, Sequence, Set

    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import Counts, ProfileInfo, Row, View


@dataclass(frozen=True)
class Query:
    """What the table shows: a view of the store, and the text of the filter over it."""

    view: View
    filter: str = ""


@dataclass(frozen=True)
class Selection:
    """What the cursor is on: keys of findings in order of preference, then a row id, then an index."""

    keys: tuple[str, ...] = ()
    row_id: int | None = None
    index: int = 0


@dataclass(frozen=True)
class Page:
    """A view's row ids, where the selected finding is among them, and the rows around it.

    ``selection`` is what was searched for; ``index`` is ``None`` when the view does not have it. ``counts``
    are those of the profiles, ``filtered_counts`` those that the filter leaves. ``gone`` are the marked rows
    that no view of these profiles has any more, ``services`` those of the checks that have run,
    and ``longest_check`` is the length of the longest id of a check that has findings.
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

    ``now`` is the time in seconds since 1970, from which a filter counts back.
    """
    view = query.view
    where = None
    if query.filter:
        where = condition(parse(query.filter), COLUMNS, datetime.fromtimestamp(now, UTC))
    ids = store.row_ids(view, where)
    counts = store.counts(view.profiles)
    index = find(ids, [*map(store.row_id_of, selection.keys), selection.row_id])
    around = index if index is not None else min(selection.index, max(len(ids) - 1, 0))
    return Page(
        query=query,
        selection=selection,
        ids=ids,
        index=index,
        rows=store.rows(window(ids, around)),
        counts=counts,
        filtered_counts=counts if where is None else store.counts(view.profiles, where),
        profiles=store.profiles(view.profiles),
        gone=marked - store.still_current(marked, view.profiles) if marked else frozenset(),
        services=store.services(),
        longest_check=store.longest_check(),
    )


def failing_rows(store: Store, view: View) -> array[int]:
    """Return the ids of the failures among a view's rows, whatever the filter."""
    return store.row_ids(msgspec.structs.replace(view, statuses=(Status.FAIL,)))


def find(ids: array[int], row_ids: Sequence[int | None]) -> int | None:
    """Return the index in ``ids`` of the first of some row ids that it contains."""
    for row_id in row_ids:
        if row_id is not None:
            try:
                return ids.index(row_id)
            except ValueError:
                continue
    return None
