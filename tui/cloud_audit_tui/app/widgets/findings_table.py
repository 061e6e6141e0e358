"""The table of findings: only the lines on the screen are drawn, only the rows around them are read."""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var

from cloud_audit_tui.app.host import run_beside
from cloud_audit_tui.app.keymap import TABLE_KEYS, bindings
from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.app.table_page import Selection
from cloud_audit_tui.app.widgets.columns import Column, Contents, columns
from cloud_audit_tui.app.widgets.marked_rows import MarkedRows
from cloud_audit_tui.app.widgets.row_cache import RowCache
from cloud_audit_tui.app.widgets.row_painter import (
    COMPONENTS,
    CURSOR,
    CURSOR_BLURRED,
    HOVER,
    MARKED_ROW,
    RowPainter,
)
from cloud_audit_tui.app.widgets.row_view import RowView
from cloud_audit_tui.store.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence, Set

    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip

    from cloud_audit_tui.filters.highlight import Word
    from cloud_audit_tui.store.groups import Group
    from cloud_audit_tui.store.view import Row

    FetchRows = Callable[[Sequence[int]], Awaitable[list[Row]]]

DOUBLE = 2
MARKED, BUSY, UNMARKED = "●", "…", " "
"""The glyph between the cursor's bar and the first column; 16-color terminals have no tints."""


class FindingsTable(RowView, can_focus=True):
    """Rows by their ids, in the order of a view; the cursor stays on a finding once the user has moved it."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TABLE_KEYS)]
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    cursor: var[int] = var(0)
    """The index of the selected row."""
    hovered: var[int | None] = var(None)
    """The index of the row under the mouse."""

    class RowSelected(Message):
        """The cursor is on another row or header of a group, or the table is empty."""

    @dataclass
    class RowOpened(Message):
        """A row was opened by Enter or a double click."""

        row_id: int

    @dataclass
    class GroupToggled(Message):
        """A group is to be toggled or, with ``opened``, to be opened or closed."""

        key: str
        opened: bool | None = None

    @dataclass
    class AllToggled(Message):
        """Every group is to be opened or closed."""

        opened: bool

    class MarkAllRequested(Message):
        """Every failure of the view is to be marked, also in closed groups."""

    class MarksChanged(Message):
        """The marks have changed."""

    class LayoutChanged(Message):
        """The columns have moved."""

    def __init__(
        self,
        fetch: FetchRows,
        *,
        clock: Callable[[], float] = time.time,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self.marked = MarkedRows()
        self._fetch = fetch
        self._painter = RowPainter(self, clock)
        self._busy: frozenset[str] = frozenset()
        self._ids: array[int] = array("q")
        self._rows = RowCache()
        self._fetching = False
        self._announced: int | str | None = None
        self._selected_key: str | None = None
        # Until the user moves the cursor or acts on a row, the cursor stays on the first row.
        self._is_held = False
        self._contents = Contents()
        self._choices = ColumnChoices()
        self._groups: Sequence[Group] = ()
        self._folding = Folding()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns on the screen."""
        return self._painter.columns

    @property
    def row_count(self) -> int:
        """The number of rows of the view."""
        return len(self._ids)

    @property
    def row_ids(self) -> Sequence[int]:
        """The ids of the rows of the view, in its order."""
        return self._ids

    @property
    def selected_id(self) -> int | None:
        """The row id under the cursor; None on the header of a group and in an empty table."""
        row_id = self._ids[self.cursor] if self._ids else 0
        return row_id if row_id > 0 else None

    @property
    def selected_group(self) -> Group | None:
        """The group whose header is under the cursor."""
        return self._group_at(self.cursor)

    def _group_at(self, index: int) -> Group | None:
        row_id = self._ids[index] if index < len(self._ids) else 0
        return self._groups[-row_id - 1] if row_id < 0 else None

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor if it is loaded."""
        row_id = self.selected_id
        return None if row_id is None else self._rows.get(row_id)

    @property
    def selection(self) -> Selection:
        """The position that the cursor keeps in another list of rows; empty for the first row."""
        if not self._is_held:
            return Selection()
        if (group := self.selected_group) is not None:
            return Selection(tuple(filter(None, [self._selected_key])), index=self.cursor, group=group.key)
        row = self.selected_row
        if self._selected_key is None and row is not None:
            self._selected_key = row.key
        keys = [key for key in (self._selected_key, row.key if row else None) if key is not None]
        return Selection(tuple(dict.fromkeys(keys)), self.selected_id, self.cursor)

    def window(self) -> Callable[[Sequence[int], int], list[int]]:
        """Return a function that a thread may call: the size of a widget may lay out the whole screen.

        It returns those of some ids that `show` would put on the screen with the cursor at an index.
        """
        viewport, cursor = self._viewport, self.cursor
        _, height = viewport

        def around(ids: Sequence[int], index: int) -> list[int]:
            top = _top_for(len(ids), index, viewport, cursor)
            return list(ids[max(0, top - height) : top + 2 * height])

        return around

    def show(
        self,
        ids: array[int],
        index: int | None,
        rows: Sequence[Row],
        groups: Sequence[Group] = (),
        folding: Folding | None = None,
    ) -> None:
        """Replace the rows, with the cursor at ``index``; None keeps the cursor at about the same line.

        A negative id ``-n`` is the header of the ``n``-th group.
        """
        self._groups = groups
        self._folding = folding or Folding()
        if not self._is_held:
            self._selected_key, index = None, 0
            self.set_reactive(FindingsTable.cursor, 0)
            self.scroll_to(y=0, animate=False, force=True)
        elif index is None:
            index = min(self.cursor, max(len(ids) - 1, 0))
        top = _top_for(len(ids), index, self._viewport, self.cursor)
        self._ids = ids
        self._rows.expire()
        self._rows.add(rows)
        self.set_reactive(FindingsTable.cursor, index)
        self.hovered = None
        self.virtual_size = Size(self.size.width, len(ids))
        self.scroll_to(y=top, animate=False, force=True)
        self.refresh()
        self._announce()

    @property
    def _viewport(self) -> tuple[int, int]:
        """The index of the first line on the screen, and the number of lines, at least one."""
        return round(self.scroll_y), max(self.size.height, 1)

    def clear_rows(self) -> None:
        """Show no rows, and put the cursor on the first row of the next list."""
        self._is_held = False
        self.show(array("q"), 0, [])

    def highlight(self, words: tuple[Word, ...]) -> None:
        """Highlight the matches of a filter's words."""
        if self._painter.highlight(words):
            self.refresh()

    def fit_columns(self, contents: Contents, choices: ColumnChoices) -> None:
        """Show the columns that the rows need and the user has chosen."""
        if (contents, choices) != (self._contents, self._choices):
            self._contents, self._choices = contents, choices
            self._place_columns()
            self.refresh()

    def _place_columns(self) -> None:
        self._painter.place(columns(self.size.width, self._contents, self._choices))
        self.post_message(self.LayoutChanged())

    def hold(self) -> None:
        """Keep the cursor on its finding from now on, because the user works with it."""
        self._is_held = self._is_held or bool(self._ids)

    def _announce(self) -> None:
        group = self.selected_group
        selected = group.key if group else self.selected_id
        if selected != self._announced:
            self._announced = selected
            self.post_message(self.RowSelected())

    # Moving

    def _move(self, index: int) -> None:
        if not self._ids:
            return
        self._is_held = True
        index = max(0, min(index, len(self._ids) - 1))
        before, self.cursor = self.cursor, index
        row = self.selected_row
        self._selected_key = row.key if row else None
        self.refresh_lines(before)
        self.refresh_lines(index)
        top, height = self._viewport
        if index < top:
            self.scroll_to(y=index, animate=False, force=True)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, force=True)
        self._announce()

    def action_cursor_up(self) -> None:
        """Move one row up."""
        self._move(self.cursor - 1)

    def action_cursor_down(self) -> None:
        """Move one row down."""
        self._move(self.cursor + 1)

    def _move_by_page(self, rows: int) -> None:
        self.scroll_to(y=self.scroll_y + rows, animate=False, force=True)
        self._move(self.cursor + rows)

    def action_page_up(self) -> None:
        """Move one page up."""
        self._move_by_page(-max(self.size.height - 1, 1))

    def action_page_down(self) -> None:
        """Move one page down."""
        self._move_by_page(max(self.size.height - 1, 1))

    def action_half_page_up(self) -> None:
        """Move half a page up."""
        self._move_by_page(-max(self.size.height // 2, 1))

    def action_half_page_down(self) -> None:
        """Move half a page down."""
        self._move_by_page(max(self.size.height // 2, 1))

    def action_cursor_first(self) -> None:
        """Move to the first row."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Move to the last row."""
        self._move(len(self._ids) - 1)

    def action_open_detail(self) -> None:
        """Open the detail of the selected finding, or open or close the selected group."""
        if (group := self.selected_group) is not None:
            self.hold()
            self.post_message(self.GroupToggled(group.key))
        elif (row_id := self.selected_id) is not None:
            self.hold()
            self.post_message(self.RowOpened(row_id))

    def action_fold(self) -> None:
        """Close the group of the selected row, with the cursor on its header."""
        index = next((at for at in range(self.cursor, -1, -1) if self._group_at(at)), None)
        group = None if index is None else self._group_at(index)
        if index is not None and group is not None:
            self._move(index)
            self.post_message(self.GroupToggled(group.key, opened=False))

    def action_unfold(self) -> None:
        """Open the selected group."""
        if (group := self.selected_group) is not None:
            self.hold()
            self.post_message(self.GroupToggled(group.key, opened=True))

    def action_fold_all(self) -> None:
        """Close every group, with the cursor on the header of its own."""
        self.action_fold()
        if self._groups:
            self.post_message(self.AllToggled(opened=False))

    def action_unfold_all(self) -> None:
        """Open every group."""
        if self._groups:
            self.hold()
            self.post_message(self.AllToggled(opened=True))

    # Marks

    def mark(self, row_ids: Sequence[int]) -> None:
        """Mark rows, whether the view lists them or not."""
        self.marked.add(row_ids)
        self._marks_changed()

    def marked_in_order(self) -> list[int]:
        """Return the ids of the marked rows: those of the view in its order, then the others."""
        in_view = self.marked.among(self._ids)
        return in_view + sorted(self.marked.ids.difference(in_view))

    @property
    def marks_hidden(self) -> int:
        """The number of marked rows that are not in the view."""
        return len(self.marked) - len(self.marked.among(self._ids)) if self.marked.ids else 0

    def unmark(self, gone: Set[int]) -> None:
        """Clear the marks of rows that no longer exist."""
        if gone:
            self.marked.remove(gone)
            self._marks_changed()

    def clear_marks(self) -> None:
        """Clear all marks."""
        self.marked.clear()
        self._marks_changed()

    def show_busy(self, keys: frozenset[str]) -> None:
        """Show that the findings with these keys are being verified."""
        if keys != self._busy:
            self._busy = keys
            self.refresh()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.MarksChanged())

    def _mark(self, mark_rows: Callable[[int, int], None], then: int) -> None:
        """Call ``mark_rows`` with the selected row's id and index, then move the cursor by ``then`` rows."""
        row_id = self.selected_id
        if row_id is not None:
            self.hold()
            mark_rows(row_id, self.cursor)
            self._marks_changed()
            self._move(self.cursor + then)

    def action_mark(self) -> None:
        """Mark or unmark the selected row and move one row down, or open or close the selected group."""
        if self.selected_group is not None:
            self.action_open_detail()
        self._mark(lambda row_id, _: self.marked.toggle(row_id), 1)

    def action_mark_on(self, rows: int) -> None:
        """Mark the selected row, move by some rows, and mark the row there."""
        self._mark(lambda row_id, _: self.marked.add([row_id]), rows)
        self._mark(lambda row_id, _: self.marked.add([row_id]), 0)

    def action_mark_range(self) -> None:
        """Mark every row from the last marked one to the selected one."""
        self._mark(lambda _, index: self.marked.extend(self._ids, index), 0)

    def action_mark_all(self) -> None:
        """Request marks on every failure of the view, most of which may not be read yet."""
        self.hold()
        self.post_message(self.MarkAllRequested())

    def action_mark_none(self) -> None:
        """Clear all marks."""
        self.clear_marks()

    # The mouse

    def _index_at(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset(self)
        if offset is None:
            return None
        index = offset.y + round(self.scroll_y)
        return index if index < len(self._ids) else None

    def on_click(self, event: events.Click) -> None:
        """Select the row that was clicked; open it on the second click, or mark it with Ctrl."""
        index = self._index_at(event)
        if index is None:
            return
        self._move(index)
        if self.selected_group is not None:
            self.action_open_detail()
        elif event.ctrl:
            self._mark(lambda row_id, _: self.marked.toggle(row_id), 0)
        elif event.chain == DOUBLE:
            self.action_open_detail()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the row under the mouse."""
        self.hovered = self._index_at(event)

    def on_leave(self) -> None:
        """Remove the highlight of the mouse."""
        self.hovered = None

    def watch_hovered(self, before: int | None, now: int | None) -> None:
        """Draw both rows again."""
        for index in {before, now}:
            if index is not None:
                self.refresh_lines(index)

    # Drawing

    def on_resize(self) -> None:
        """Lay out the columns for the new width and keep the cursor visible."""
        self._place_columns()
        self.virtual_size = Size(self.size.width, len(self._ids))
        top, height = self._viewport
        if self._ids and not top <= self.cursor < top + height:
            self.scroll_to(y=max(0, self.cursor - height // 2), animate=False, force=True)

    def on_focus(self) -> None:
        """Draw the cursor of a focused table."""
        self.refresh_lines(self.cursor)

    def on_blur(self) -> None:
        """Draw the cursor of a table without the focus."""
        self.refresh_lines(self.cursor)

    def notify_style_update(self) -> None:
        """Drop the cached lines, which have the old colors."""
        super().notify_style_update()
        self._painter.restyle()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self.size.width
        index = round(self.scroll_y) + y
        if index >= len(self._ids) or not self.columns:
            return self._painter.blank(width)
        row_id = self._ids[index]
        ground = self._ground(index)
        if (group := self._group_at(index)) is not None:
            return self._painter.header(group, ground, width, is_open=self._folding.is_open(group.key))
        if not self._rows.is_settled(row_id):
            self._request_rows()
        row = self._rows.get(row_id)
        glyph = MARKED if row_id in self.marked else UNMARKED
        if row is None:
            return self._painter.placeholder(ground, glyph, width)
        return self._painter.row(row, ground, BUSY if row.key in self._busy else glyph, width)

    def _ground(self, index: int) -> str:
        if index == self.cursor:
            return CURSOR if self.has_focus else CURSOR_BLURRED
        if index == self.hovered:
            return HOVER
        return MARKED_ROW if self._ids[index] in self.marked else ""

    # Reading

    def _request_rows(self) -> None:
        if not self._fetching:
            self._fetching = True
            run_beside(self.app, self._read_rows, "rows")

    async def _read_rows(self) -> None:
        try:
            while missing := self._rows.missing(self._ids, *self._viewport):
                self._rows.add(await self._fetch(missing), missing)
                self.refresh(Region(0, 0, self.size.width, self.size.height))
        finally:
            self._fetching = False


def _top_for(count: int, index: int, viewport: tuple[int, int], cursor: int) -> int:
    """Return the first of ``count`` lines to show, so that the cursor stays on its line of the screen."""
    top, height = viewport
    if top or not index < height:
        top = index - min(max(cursor - top, 0), height - 1)
    return max(0, min(top, count - height))
