"""A list of rows in columns, some of them marked, that draws only the rows on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from cloud_audit_tui.app.widgets.row_view import RowView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events
    from textual.screen import Screen

MARKED = "●"
UNMARKED = "○"
GAP = 2
LEFT = 4
"""Cells left of the first column: the cursor, the mark and a gap."""

EMPTY_LINE = 2
"""The line of the text in an empty list."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A plain text and its tone, which names a component class of the list."""

    text: str
    tone: str = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the key of its mark; ``markable`` is false for rows that cannot be marked."""

    key: str
    cells: tuple[Cell, ...]
    markable: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how the column shrinks when space is short.

    It is never wider than ``most`` nor cut below ``least`` cells; columns with the highest ``gives_way`` are
    left out first, those with 0 never. ``short`` is the heading if the whole title has no room.
    """

    title: str
    least: int
    most: int
    gives_way: int = 0
    short: str = ""

    def heading(self, size: int) -> str:
        """Return the heading in exactly ``size`` cells."""
        fits = cell_len(self.title) <= size or not self.short
        return set_cell_size(self.title if fits else self.short, size)


class PickList(RowView, can_focus=False):
    """The rows, the cursor among them, and the marks.

    It takes no focus: the text field above keeps the focus, and the screen moves the cursor.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "pick-list--text",
        "pick-list--strong",
        "pick-list--muted",
        "pick-list--good",
        "pick-list--warning",
        "pick-list--bad",
        "pick-list--heading",
        "pick-list--mark",
        "pick-list--cursor",
        "pick-list--hover",
    }
    DEFAULT_CSS: ClassVar[str] = """
    PickList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $surface;
        background: $surface;

        & > .pick-list--text { color: $text; }
        & > .pick-list--strong { color: $text; text-style: bold; }
        & > .pick-list--muted { color: $text-muted; }
        & > .pick-list--good { color: $text-success; }
        & > .pick-list--warning { color: $text-warning; }
        & > .pick-list--bad { color: $text-error; }
        & > .pick-list--heading { color: $text-muted; text-style: bold; }
        & > .pick-list--mark { color: $text-accent; }
        & > .pick-list--cursor { background: $primary 30%; }
        & > .pick-list--hover { background: $foreground 8%; }
    }
    """

    cursor: reactive[int] = reactive(0)
    hover: reactive[int] = reactive(-1)

    class Moved(Message):
        """The cursor is on another row; ``key`` is None when there are no rows."""

        def __init__(self, picks: PickList, key: str | None) -> None:
            super().__init__()
            self.picks = picks
            self.key = key

        @property
        def control(self) -> PickList:
            """The list."""
            return self.picks

    class Pressed(Message):
        """A row was clicked; ``twice`` when it was a double click, ``x`` is the cell of the first column."""

        def __init__(self, key: str, x: int, *, twice: bool) -> None:
            super().__init__()
            self.key = key
            self.x = x
            self.twice = twice

    def __init__(self, columns: Sequence[Column], *, empty: str, id: str | None = None) -> None:  # noqa: A002
        """Start without rows; ``empty`` is the text of a list without rows."""
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._empty = empty
        self._rows: Sequence[Row] = ()
        self._marked: frozenset[str] = frozenset()
        self._widest: list[int] = [0] * len(self._columns)
        self._widths: list[int] = []
        self._fitted_to = -1

    @property
    def rows(self) -> Sequence[Row]:
        """The rows in their order."""
        return self._rows

    @property
    def highlighted(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show_rows(self, rows: Sequence[Row], *, from_the_top: bool = False) -> None:
        """Show other rows; the cursor stays on the row with the same key, or goes to the first one."""
        before = self.highlighted
        self._rows = rows
        self._lay_out()
        keys = [row.key for row in rows]
        stays = before is not None and before.key in keys and not from_the_top
        self.cursor = keys.index(before.key) if before is not None and stays else 0
        after = self.highlighted
        if (before and before.key) != (after and after.key):
            self.post_message(self.Moved(self, after.key if after else None))
        self.scroll_to_cursor()
        self.refresh()

    def set_empty_text(self, text: str) -> None:
        """Set the text of a list without rows."""
        self._empty = text
        self.refresh()

    def show_marks(self, marked: frozenset[str]) -> None:
        """Mark exactly these keys."""
        self._marked = marked
        self.refresh()

    def move_to(self, key: str) -> None:
        """Move the cursor to the row with this key, if there is one."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self.cursor = index
                return

    def move_by(self, rows: int) -> None:
        """Move the cursor by some rows, down when positive."""
        if self._rows:
            self.cursor = max(0, min(len(self._rows) - 1, self.cursor + rows))

    def watch_cursor(self, before: int, after: int) -> None:
        """Keep the cursor visible and post its row."""
        if before != after:
            self.scroll_to_cursor()
            row = self.highlighted
            self.post_message(self.Moved(self, row.key if row else None))

    def scroll_to_cursor(self) -> None:
        """Scroll until the cursor's row is visible below the headings."""
        if self.is_mounted:
            self.scroll_to_region(
                Region(0, self.cursor, 1, 2), animate=False, force=True, immediate=True, x_axis=False
            )

    def page(self) -> int:
        """Return the number of rows in a page."""
        return max(1, self.scrollable_content_region.height - 1)

    def on_resize(self) -> None:
        """Set the widths of the columns for the new size."""
        self._lay_out()
        self.scroll_to_cursor()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the row under the mouse."""
        self.hover = self._row_at(event.y)

    def on_leave(self) -> None:
        """Remove the highlight of the mouse."""
        self.hover = -1

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row and post a press."""
        index = self._row_at(event.y)
        if index >= 0:
            self.cursor = index
            self.post_message(self.Pressed(self._rows[index].key, event.x - LEFT, twice=event.chain > 1))
        event.stop()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the headings first, then the rows on the screen."""
        width = self.scrollable_content_region.width
        # The scrollbar of a long list appears after its rows and takes a cell of the width.
        if width != self._fitted_to:
            self._fitted_to = width
            self._widths = column_widths(self._columns, self._widest, width - LEFT)
        base = self.rich_style
        if y == 0:
            return self._headings(width, base)
        index = y - 1 + round(self.scroll_y)
        if index >= len(self._rows):
            if not self._rows and y == EMPTY_LINE:
                return Strip([Segment(set_cell_size(" " * LEFT + self._empty, width), self._tone("muted"))])
            return Strip.blank(width, base)
        return self._row(self._rows[index], index, width)

    def _headings(self, width: int, base: Style) -> Strip:
        style = self._tone("heading")
        text = " " * LEFT + (" " * GAP).join(
            column.heading(size) for column, size in zip(self._columns, self._widths, strict=False) if size
        )
        return Strip([Segment(set_cell_size(text, width), base + style)], width)

    def _row(self, row: Row, index: int, width: int) -> Strip:
        here = index == self.cursor
        ground = self.rich_style.background_style
        if here or index == self.hover:
            ground = self.get_component_rich_style(
                "pick-list--cursor" if here else "pick-list--hover"
            ).background_style
        is_marked = row.key in self._marked
        mark = (MARKED if is_marked else UNMARKED) if row.markable else " "
        parts = [
            Segment("▌ " if here else "  ", self._tone("mark") + ground),
            Segment(mark + " ", self._tone("mark" if is_marked else "muted") + ground),
        ]
        for cell, size in zip(row.cells, self._widths, strict=False):
            if size:
                parts.append(Segment(fitted(cell.text, size) + " " * GAP, self._tone(cell.tone) + ground))
        return Strip(parts).adjust_cell_length(width, self.rich_style + ground)

    def _tone(self, tone: str) -> Style:
        return self.get_component_rich_style(f"pick-list--{tone}")

    def _row_at(self, y: int) -> int:
        index = y - 1 + round(self.scroll_y)
        return index if y > 0 and index < len(self._rows) else -1

    def _lay_out(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)
        self._widest = [
            max((cell_len(row.cells[number].text) for row in self._rows), default=0)
            for number in range(len(self._columns))
        ]
        self._fitted_to = -1


def fitted(text: str, width: int) -> str:
    """Return the text in exactly ``width`` cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def column_widths(columns: Sequence[Column], widest: Sequence[int], room: int) -> list[int]:
    """Return the width of each column in ``room`` cells; 0 means that it is left out.

    A column is as wide as its widest text. Where that is too wide, columns that give way are left out, and
    then the widest ones are cut.
    """
    widths = [
        min(column.most, max(text, cell_len(column.title)))
        for column, text in zip(columns, widest, strict=True)
    ]

    def over(least: bool) -> int:
        cells = [
            min(size, column.least) if least else size
            for size, column in zip(widths, columns, strict=True)
            if size
        ]
        return sum(cells) + GAP * max(0, len(cells) - 1) - room

    for number in sorted(range(len(columns)), key=lambda number: -columns[number].gives_way):
        if columns[number].gives_way and over(least=True) > 0:
            widths[number] = 0
    while over(least=False) > 0:
        cuttable = [n for n, size in enumerate(widths) if size > columns[n].least]
        if not cuttable:
            break
        number = max(cuttable, key=lambda n: widths[n] - columns[n].least)
        column = columns[number]
        if column.short and widths[number] == cell_len(column.title):
            # With its short heading, the column needs no more cells than its texts.
            widths[number] = max(column.least, min(widest[number], widths[number] - 1))
        else:
            widths[number] -= 1
    return widths


class ListMoves:
    """The actions of a screen that move the cursor of its only list."""

    def action_cursor_up(self) -> None:
        """Move one row up."""
        self.move_cursor(-1)

    def action_cursor_down(self) -> None:
        """Move one row down."""
        self.move_cursor(1)

    def action_page_up(self) -> None:
        """Move one page up."""
        self.move_cursor(-self._list.page())

    def action_page_down(self) -> None:
        """Move one page down."""
        self.move_cursor(self._list.page())

    def move_cursor(self, rows: int) -> None:
        """Move the cursor by some rows, down when positive."""
        self._list.move_by(rows)

    @property
    def _list(self) -> PickList:
        return cast("Screen[Any]", self).query_one(PickList)
