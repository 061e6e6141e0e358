"""A dialog with a text field and a list: typing narrows the list, Enter answers the row under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.dialog import Answer, Dialog
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Column, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from cloud_audit_tui.app.keymap import Key

AROUND_THE_ROWS = 7
"""The lines of the frame that are not rows: border, filter, headings and keys."""


class SearchList(ListMoves, Dialog[Answer | None]):
    """Lists the rows that contain every typed word; answers None when the user leaves it."""

    columns: ClassVar[tuple[Column, ...]]
    keys: ClassVar[tuple[Key, ...]]
    noun: ClassVar[tuple[str, str]]
    """The singular and the plural of what is listed."""
    most_rows: ClassVar[int]
    """The most rows that are listed at once."""

    def __init__(self, title: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self._frame_title = title
        self._rows = list(rows)

    @abstractmethod
    def search_text(self, row: Row) -> str:
        """Return the text of a row that is searched for words."""

    @abstractmethod
    def answer_of(self, row: Row) -> Answer:
        """Return what the dialog answers for a row."""

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list and the keys."""
        one, several = self.noun
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._frame_title)
            field = TextField(placeholder=f"Type to search {several}", id="filter", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield PickList(self.columns, empty=f"No {one} matches.", id="rows")
            yield KeyBar(self.keys)

    def on_mount(self) -> None:
        """Fill the list and focus the filter."""
        self.query_one(PickList).show_rows(self._rows)
        self.query_one(".frame").styles.height = min(len(self._rows), self.most_rows) + AROUND_THE_ROWS
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the rows that match."""
        event.stop()
        words = event.value.lower().split()
        rows = [row for row in self._rows if all(word in self.search_text(row).lower() for word in words)]
        self.query_one(PickList).show_rows(rows, from_the_top=True)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Stop the message here: nothing depends on the cursor."""
        event.stop()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Answer the row that was clicked."""
        event.stop()
        if not event.twice:
            self.action_take()

    def action_take(self) -> None:
        """Answer the row under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is None:
            self.app.bell()
        else:
            self.dismiss(self.answer_of(row))

    def action_leave(self) -> None:
        """Close without a choice."""
        self.dismiss(None)
