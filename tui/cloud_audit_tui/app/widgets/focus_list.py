"""A list of rows in columns that takes the focus, for screens with several lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from cloud_audit_tui.app.keymap import LIST_KEYS, bindings
from cloud_audit_tui.app.widgets.pick_list import PickList

if TYPE_CHECKING:
    from textual.binding import BindingType


class FocusList(PickList, can_focus=True):
    """A `PickList` whose cursor its own keys move while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    FocusList {
        background: $background;
        scrollbar-background: $background;

        & > .pick-list--cursor { background: $panel 60%; }
        &:focus > .pick-list--cursor { background: $block-cursor-background; }
    }
    """

    @dataclass
    class Opened(Message):
        """A row was opened by Enter or a second click."""

        list: FocusList
        key: str

        @property
        def control(self) -> FocusList:
            """The list."""
            return self.list

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.move_by(rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by some pages."""
        self.move_by(pages * self.page())

    def action_edge(self, end: bool) -> None:
        """Move the cursor to the first or the last row."""
        self.move_by(len(self.rows) if end else -len(self.rows))

    def action_open(self) -> None:
        """Open the row under the cursor."""
        row = self.highlighted
        if row is None:
            self.app.bell()
        else:
            self.post_message(self.Opened(self, row.key))

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Open a row on a double click."""
        event.stop()
        self.focus()
        if event.twice:
            self.action_open()
