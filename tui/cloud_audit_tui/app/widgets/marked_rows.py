"""Which rows of a table are marked, by their ids; no Textual here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set


class MarkedRows:
    """Marks that stay with their rows in whatever order they come, shown or not.

    A row's id stays the same as long as its finding is known, so a mark is one of the finding.
    """

    def __init__(self) -> None:
        self._ids: set[int] = set()
        # Where a range begins: the row that was marked last.
        self._last: int | None = None

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> frozenset[int]:
        """The ids of the marked rows."""
        return frozenset(self._ids)

    def among(self, ids: Iterable[int]) -> list[int]:
        """Return the marked ones of some rows, in their order."""
        return [row_id for row_id in ids if row_id in self._ids]

    def toggle(self, row_id: int) -> None:
        """Mark a row, or take its mark away."""
        if row_id in self._ids:
            self._ids.discard(row_id)
            self._last = None
        else:
            self.add([row_id])

    def add(self, row_ids: Iterable[int]) -> None:
        """Mark rows; a range may begin at the last of them."""
        for row_id in row_ids:
            self._ids.add(row_id)
            self._last = row_id

    def extend(self, ids: Sequence[int], index: int) -> None:
        """Mark from the row that was marked last to this one of a list; this one alone if none was."""
        last = self._last
        start = ids.index(last) if last is not None and last in ids else index
        step = 1 if start <= index else -1
        self.add(ids[place] for place in range(start, index + step, step))

    def remove(self, gone: Set[int]) -> None:
        """Take the marks of some rows away."""
        self._ids -= gone
        if self._last in gone:
            self._last = None

    def clear(self) -> None:
        """Take every mark away."""
        self._ids.clear()
        self._last = None
