"""Which rows of the store a table reads, and when it reads them again."""

from __future__ import annotations

from cloud_audit_tui.app.widgets.row_cache import ROWS_KEPT, RowCache
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.view import Row


def row(row_id: int, title: str = "") -> Row:
    return Row(
        row_id, str(row_id), "aws-s3-001", Status.FAIL, Severity.LOW, title, "logs", "", "", "", profile="dev"
    )


def test_the_screens_around_are_read_with_a_line_that_lacks_its_row() -> None:
    cache = RowCache()
    ids = list(range(1, 11))
    assert cache.missing(ids, 4, 2) == [3, 4, 5, 6, 7, 8]
    cache.add([row(number) for number in (4, 5, 6)])
    assert cache.missing(ids, 4, 2) == []
    assert cache.missing(ids, 5, 2) == [7, 8, 9]


def test_headers_of_groups_are_never_read() -> None:
    assert RowCache().missing([-1, -2], 0, 2) == []


def test_a_row_that_the_store_lacks_is_read_once_for_each_list() -> None:
    cache = RowCache()
    cache.add([row(1)], requested=[1, 2])
    assert cache.missing([1, 2], 0, 2) == []
    cache.expire()
    assert cache.missing([1, 2], 0, 2) == [1, 2]


def test_an_expired_row_is_drawn_until_it_is_read_and_an_unchanged_one_stays_the_same_object() -> None:
    cache = RowCache()
    first = row(1, "old")
    cache.add([first])
    cache.expire()
    assert cache.get(1) is first
    cache.add([row(1, "old")])
    assert cache.get(1) is first
    cache.add([row(1, "new")])
    assert cache.get(1) == row(1, "new")


def test_no_more_rows_are_kept_than_memory_allows() -> None:
    cache = RowCache()
    cache.add(map(row, range(1, ROWS_KEPT + 2)))
    cache.add([row(ROWS_KEPT + 2)])
    assert len(cache) == 1
    assert cache.missing([1, ROWS_KEPT + 2], 0, 2) == [1]
