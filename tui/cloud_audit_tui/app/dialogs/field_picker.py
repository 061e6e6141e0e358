"""Lists the fields of a finding; one of them is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import FIELD_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

COLUMNS = (Column("Field", 12, 30), Column("Value", 20, 140))
MOST_ROWS = 18
AROUND_THE_ROWS = 7
"""The lines of the frame that are not rows."""


class FieldPicker(ListMoves, Dialog[tuple[str, str] | None]):
    """Answers the name and the value of a field, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FIELD_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    FieldPicker {
        .frame { max-height: 90%; }
        #filter { margin: 0 0 1 0; }
    }
    """

    def __init__(self, title: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._fields = dict(fields)
        self._rows = [
            Row(name, (Cell(plain(name), "muted"), Cell(plain(value), "strong")), markable=False)
            for name, value in fields
        ]

    def compose(self) -> ComposeResult:
        """Lay out the filter, the fields and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(f"Copy a field of {plain(self._title)}")
            field = Input(placeholder="Type to filter fields", id="filter", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield PickList(COLUMNS, empty="No field matches.", id="rows")
            yield KeyBar(FIELD_KEYS)

    def on_mount(self) -> None:
        """List the fields and focus the filter."""
        self.query_one(PickList).show_rows(self._rows)
        self.query_one(".frame").styles.height = min(len(self._rows), MOST_ROWS) + AROUND_THE_ROWS
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the fields that contain every word in their name or value."""
        event.stop()
        words = event.value.lower().split()
        rows = [
            row
            for row in self._rows
            if all(word in " ".join(cell.text for cell in row.cells).lower() for word in words)
        ]
        self.query_one(PickList).show_rows(rows, from_the_top=True)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Keep the message from other screens."""
        event.stop()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Copy the field that was clicked."""
        event.stop()
        if not event.twice:
            self.action_take()

    def action_take(self) -> None:
        """Answer the field under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is None:
            self.app.bell()
        else:
            self.dismiss((row.key, self._fields[row.key]))

    def action_leave(self) -> None:
        """Copy nothing."""
        self.dismiss(None)
