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
    """One line; a click on a heading sorts by its column, and a drag of the gap behind it resizes it."""

    ALLOW_SELECT = False
    columns: reactive[tuple[Column, ...]] = reactive(())
    order: reactive[tuple[Sort, bool]] = reactive((Sort.SEVERITY, False))

    @dataclass
    class HeadingClicked(Message):
        """A heading was clicked."""

        sort: Sort

    @dataclass
    class Resized(Message):
        """The gap right of a heading was dragged by some cells, to the right when positive."""

        sort: Sort
        cells: int

    _dragged: Sort | None = None
    _drag_x = 0
    _was_dragged = False

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
        """Post the heading that was clicked; the end of a drag is no click."""
        offset = event.get_content_offset(self)
        if offset is None or self._was_dragged:
            return
        for column in self.columns:
            if column.start <= offset.x < column.start + column.width + column.gap:
                self.post_message(self.HeadingClicked(column.sort))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start a drag on the gap right of a column."""
        self._was_dragged = False
        gap = next(
            (each for each in self.columns[:-1] if 0 <= event.x - each.start - each.width < each.gap), None
        )
        if gap is not None:
            self._dragged, self._drag_x = gap.sort, event.screen_x
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Resize the column whose gap is dragged."""
        cells = event.screen_x - self._drag_x
        if self._dragged is not None and cells:
            self._was_dragged = True
            self._drag_x = event.screen_x
            self.post_message(self.Resized(self._dragged, cells))

    def on_mouse_up(self) -> None:
        """End the drag."""
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()
