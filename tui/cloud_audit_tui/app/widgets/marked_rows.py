"""The marked rows of a table, by their ids; no Textual here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set


class MarkedRows:
    """Marks that stay on their rows in any order of the view, also while the view hides them.

    A row's id is that of its finding, so a mark stays on its finding.
    """

    def __init__(self) -> None:
        self._ids: set[int] = set()
        # The row that was marked last: a range starts there.
        self._last: int | None = None
        self.clearings = 0
        """How often all marks were cleared: marks that were requested before are no longer wanted."""

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
        """Mark or unmark a row."""
        if row_id in self._ids:
            self._ids.discard(row_id)
            self._last = None
        else:
            self.add([row_id])

    def add(self, row_ids: Iterable[int]) -> None:
        """Mark rows; a range can start at the last of them. The headers of groups have no positive id."""
        for row_id in row_ids:
            if row_id > 0:
                self._ids.add(row_id)
                self._last = row_id

    def extend(self, ids: Sequence[int], index: int) -> None:
        """Mark every row from the last marked one to ``index``, or only that at ``index`` without one."""
        last = self._last
        start = ids.index(last) if last is not None and last in ids else index
        step = 1 if start <= index else -1
        self.add(ids[place] for place in range(start, index + step, step))

    def remove(self, gone: Set[int]) -> None:
        """Unmark rows."""
        self._ids -= gone
        if self._last in gone:
            self._last = None

    def clear(self) -> None:
        """Clear all marks."""
        self._ids.clear()
        self._last = None
        self.clearings += 1
