"""A table of numbers whose color grows with the number; arrow keys move from cell to cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.keymap import HEAT_KEYS, bindings
from cloud_audit_tui.app.presentation.severity_badges import NOT_ASSESSED, SEVERITY_BADGES
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from cloud_audit_tui.app.presentation.overview_sums import HeatCell, HeatRow

BADGES = (*SEVERITY_BADGES.values(), NOT_ASSESSED)
"""The columns: one for each severity, then one for "not assessed"."""
WIDTH = 6
"""Cells of a column."""
LONGEST_LABEL, LONGEST_NOTE = 26, 18
HEADINGS = 1
PALEST, DEEPEST = 8, 45
"""The tint of the smallest and of the largest number, in percent."""


class HeatTable(Widget, can_focus=True):
    """Rows with a cell for each severity and one for "not assessed"."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HEAT_KEYS)]

    rows: reactive[tuple[HeatRow, ...]] = reactive((), layout=True)
    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """The row and the column of the selected cell."""

    @dataclass
    class Opened(Message):
        """A cell was opened: the filter of its findings."""

        filter: str

    @dataclass
    class Moved(Message):
        """The cursor is on another row, counted in lines from the top of the table."""

        table: HeatTable
        line: int

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._title = title

    @property
    def selected(self) -> HeatCell | None:
        """The cell under the cursor."""
        row, column = self.cursor
        return self.rows[row].cells[column] if row < len(self.rows) else None

    @property
    def label(self) -> str:
        """The label of the row under the cursor; empty without rows."""
        row, _ = self.cursor
        return self.rows[row].label if row < len(self.rows) else ""

    def show(self, rows: Sequence[HeatRow]) -> None:
        """Show other rows; the cursor stays on its label."""
        label = self.label
        self.rows = tuple(rows)
        self.move_to(label, self.cursor[1])

    def move_to(self, label: str, column: int) -> None:
        """Move the cursor to a column of the row with this label, of the first row without it."""
        labels = [each.label for each in self.rows]
        self.cursor = (labels.index(label) if label in labels else 0, column)

    def get_content_height(self, *_: object) -> int:
        """Return a line for the headings and one for each row."""
        return len(self.rows) + HEADINGS

    def render(self) -> Content:
        """Return the table."""
        label = self._label_width
        note = min(max((cell_len(row.note) for row in self.rows), default=0), LONGEST_NOTE)
        headings = [Content.styled(set_cell_size(self._title, label), "bold $text-primary")]
        headings += [
            Content.styled((badge.short or badge.sign).rjust(WIDTH), f"${badge.color}") for badge in BADGES
        ]
        most = max((cell.failed for row in self.rows for cell in row.cells), default=0)
        room = self.content_size.width - label - WIDTH * len(BADGES)
        lines = [Content("").join(headings)]
        for number, row in enumerate(self.rows):
            line = [Content.styled(set_cell_size(plain(row.label), label), "$foreground")]
            line += [self._cell(cell, number, column, most) for column, cell in enumerate(row.cells)]
            if note and room > note:
                line.append(Content.styled(f" {row.note}", "$foreground 55%"))
            lines.append(Content("").join(line))
        return Content("\n").join(lines)

    @property
    def _label_width(self) -> int:
        labels = (self._title, *(plain(row.label) for row in self.rows))
        return min(max(map(cell_len, labels)), LONGEST_LABEL)

    def _cell(self, cell: HeatCell, row: int, column: int, most: int) -> Content:
        color = BADGES[column].color
        text = cell.text.rjust(WIDTH - 1) + " "
        if (row, column) == self.cursor and self.has_focus:
            return Content.styled(text, "bold $block-cursor-foreground on $block-cursor-background")
        if cell.failed:
            tint = PALEST + (DEEPEST - PALEST) * cell.failed // max(most, 1)
            return Content.styled(text, f"bold ${color} on ${color} {tint}%")
        unread = column == len(BADGES) - 1 and cell.text.isdigit() and cell.text != "0"
        return Content.styled(text, f"${color}" if unread or "?" in cell.text else "$foreground 40%")

    def watch_cursor(self) -> None:
        """Post the line of the cursor."""
        self.post_message(self.Moved(self, self.cursor[0] + HEADINGS))

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw no cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select the cell that was clicked, and open it on the second click."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row, column = offset.y - HEADINGS, (offset.x - self._label_width) // WIDTH
        if 0 <= row < len(self.rows) and 0 <= column < len(BADGES):
            again = (row, column) == self.cursor
            self.cursor = row, column
            if again or event.chain > 1:
                self.action_open()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by some rows and columns."""
        row, column = self.cursor
        last = max(len(self.rows) - 1, 0)
        self.cursor = (max(0, min(row + rows, last)), max(0, min(column + columns, len(BADGES) - 1)))

    def action_open(self) -> None:
        """Open the findings of the selected cell."""
        cell = self.selected
        if cell is None or not cell.is_scanned:
            self.app.bell()
        else:
            self.post_message(self.Opened(cell.filter))
