"""The headings of the findings table; an arrow, ↑ for ascending, marks the column that it is sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.widgets.columns import GUTTER, Column, fit
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from textual import events


class ColumnHeadings(Widget):
    """One line; a click on a heading sorts by its column."""

    ALLOW_SELECT = False
    columns: reactive[tuple[Column, ...]] = reactive(())
    order: reactive[tuple[Sort, bool]] = reactive((Sort.SEVERITY, False))

    @dataclass
    class HeadingClicked(Message):
        """A heading was clicked."""

        sort: Sort

    def render(self) -> Content:
        """Return the headings above the table's columns."""
        sort, descending = self.order
        parts: list[Content | str] = [" " * GUTTER]
        for column in self.columns:
            ordered = column.sort is sort
            heading = f"{column.heading} {'↓' if descending else '↑'}" if ordered else column.heading
            parts.append(Content.styled(fit(heading, column.width), "bold $primary" if ordered else ""))
            parts.append(" " * column.gap)
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Post which heading was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for column in self.columns:
            if column.start <= offset.x < column.start + column.width + column.gap:
                self.post_message(self.HeadingClicked(column.sort))
