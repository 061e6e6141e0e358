"""The rows of the store that a table has read; no Textual here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloud_audit_tui.store.view import Row

ROWS_KEPT = 4_000
"""The most rows kept in memory; a screen shows a few dozen."""


class RowCache:
    """Rows by their ids, and which of them are settled: read for the present list, or absent from the store.

    A rescan changes a row's text but not its id. Rows of an earlier list are drawn until they are read again.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._current: set[int] = set()
        self._absent: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, row_id: int) -> Row | None:
        """Return a row if it was read; an unchanged row is the same object as before."""
        return self._rows.get(row_id)

    def expire(self) -> None:
        """Let every row be read again."""
        self._current.clear()
        self._absent.clear()

    def add(self, rows: Iterable[Row], requested: Iterable[int] = ()) -> None:
        """Keep rows that were read; a requested row that is not among them is read only once."""
        if len(self._rows) > ROWS_KEPT:
            self._rows.clear()
            self._current.clear()
        row_ids = set()
        for row in rows:
            if self._rows.get(row.row_id) != row:
                self._rows[row.row_id] = row
            row_ids.add(row.row_id)
        self._current |= row_ids
        self._absent.update(set(requested) - row_ids)

    def is_settled(self, row_id: int) -> bool:
        """Return whether a row need not be read. A group's header has a negative id and is never read."""
        return row_id < 0 or (row_id in self._current and row_id in self._rows) or row_id in self._absent

    def missing(self, ids: Sequence[int], top: int, height: int) -> list[int]:
        """Return the rows to read for the lines from ``top``: none, or also those of the screens around."""
        if all(self.is_settled(row_id) for row_id in ids[top : top + height]):
            return []
        around = ids[max(0, top - height) : top + 2 * height]
        return [row_id for row_id in around if not self.is_settled(row_id)]
