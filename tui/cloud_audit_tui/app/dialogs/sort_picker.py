"""The list of columns that can order the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import SORT_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

ORDERS: dict[Sort, tuple[str, str, str]] = {
    Sort.SEVERITY: ("Severity", "worst first", "mildest first"),
    Sort.CHECK: ("Check", "A to Z", "Z to A"),
    Sort.TITLE: ("Title", "A to Z", "Z to A"),
    Sort.RESOURCE: ("Resource", "A to Z", "Z to A"),
    Sort.REGION: ("Region", "A to Z", "Z to A"),
    Sort.ACCOUNT: ("Account", "A to Z", "Z to A"),
}
"""What each column is called, and its order as it comes and turned round."""


class SortPicker(ListMoves, Dialog[tuple[Sort, bool] | None]):
    """By which column to sort, and whether descending; answers both, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SORT_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    SortPicker {
        .frame { max-width: 44; padding-top: 1; }
        PickList { height: 7; }
        #what { height: 1; margin-top: 1; padding: 0 1; }
    }
    """

    def __init__(self, current: Sort, descending: bool) -> None:
        """Begin at the column that orders the table now."""
        super().__init__()
        self._current = current
        self._descending = descending

    def compose(self) -> ComposeResult:
        """Lay out the columns and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Sort by"
            yield PickList((Column("Column", 10, 14), Column("Order", 13, 13)), empty="")
            yield Static(id="what", classes="says", markup=False)
            yield KeyBar(SORT_KEYS)

    def on_mount(self) -> None:
        """Put the cursor onto the column of now."""
        self._show()
        self.query_one(PickList).move_to(self._current)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Say what Enter does on this row."""
        event.stop()
        words = ""
        if event.key == self._current:
            words = f"Enter turns it round: {ORDERS[self._current][1 if self._descending else 2]}."
        self.query_one("#what", Static).update(Content(words))

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Take the column that was clicked."""
        event.stop()
        if not event.twice:
            self.action_take()

    def action_take(self) -> None:
        """Sort by the column under the cursor; the one of now turns round."""
        row = self.query_one(PickList).highlighted
        if row is not None:
            self.dismiss((Sort(row.key), not self._descending if row.key == self._current else False))

    def action_leave(self) -> None:
        """Leave the order as it was."""
        self.dismiss(None)

    def _show(self) -> None:
        rows = []
        for sort, (title, ascending, descending) in ORDERS.items():
            now = sort is self._current
            order = descending if now and self._descending else ascending
            rows.append(Row(sort, (Cell(title, "strong" if now else "text"), Cell(order, "muted"))))
        picks = self.query_one(PickList)
        picks.show_rows(rows)
        picks.show_marks(frozenset({str(self._current)}))
