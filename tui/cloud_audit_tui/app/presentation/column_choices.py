"""The user's choices of the columns of the findings table and of their widths."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.store.view import Sort

NARROWEST, WIDEST = 4, 120
"""The least and the most cells of a column."""
ALWAYS = Sort.TITLE
"""The column that cannot be hidden: it takes the cells that the others leave."""


class ColumnChoices(msgspec.Struct, frozen=True):
    """The differences from the columns that the table chooses itself; widths are in cells."""

    hidden: frozenset[Sort] = frozenset()
    added: frozenset[Sort] = frozenset()
    widths: dict[Sort, int] = {}

    def is_listed(self, sort: Sort, *, by_itself: bool) -> bool:
        """Return whether a column is shown; ``by_itself``, the table shows it without any choices."""
        return sort is ALWAYS or sort in self.added or (by_itself and sort not in self.hidden)

    def toggled(self, sort: Sort, *, is_shown: bool) -> ColumnChoices:
        """Return the choices after a shown column is hidden, or a hidden one is shown."""
        if sort is ALWAYS:
            return self
        return ColumnChoices(
            self.hidden | {sort} if is_shown else self.hidden - {sort},
            self.added - {sort} if is_shown else self.added | {sort},
            self.widths,
        )

    def resized(self, sort: Sort, cells: int) -> ColumnChoices:
        """Return the choices with another width of a column, within `NARROWEST` and `WIDEST`."""
        cells = max(NARROWEST, min(cells, WIDEST))
        return msgspec.structs.replace(self, widths={**self.widths, sort: cells})
