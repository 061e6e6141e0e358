"""Which columns of the findings table the user shows and hides, and how wide they are."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.store.view import Sort

NARROWEST, WIDEST = 4, 120
"""Cells that a column has at least and at most."""
ALWAYS = Sort.TITLE
"""The column that cannot be hidden: it takes the cells that the others leave."""


class ColumnChoices(msgspec.Struct, frozen=True):
    """What differs from the columns that the table would choose by itself; widths are in cells."""

    hidden: frozenset[Sort] = frozenset()
    added: frozenset[Sort] = frozenset()
    widths: dict[Sort, int] = {}

    def is_listed(self, sort: Sort, *, by_itself: bool) -> bool:
        """Return whether a column is shown that the table would show ``by_itself``, or would not."""
        return sort is ALWAYS or sort in self.added or (by_itself and sort not in self.hidden)

    def toggled(self, sort: Sort, *, is_shown: bool) -> ColumnChoices:
        """Return the choices with a column hidden that is shown now, or shown that is not."""
        if sort is ALWAYS:
            return self
        return ColumnChoices(
            self.hidden | {sort} if is_shown else self.hidden - {sort},
            self.added - {sort} if is_shown else self.added | {sort},
            self.widths,
        )

    def resized(self, sort: Sort, cells: int) -> ColumnChoices:
        """Return the choices with another width of a column, within what can be read."""
        cells = max(NARROWEST, min(cells, WIDEST))
        return msgspec.structs.replace(self, widths={**self.widths, sort: cells})
