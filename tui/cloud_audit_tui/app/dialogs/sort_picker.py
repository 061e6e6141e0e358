"""Chooses the column that the table is sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import SORT_KEYS, bindings, bound_key
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

ORDERS: dict[Sort, tuple[str, str, str]] = {
    Sort.SEVERITY: ("Severity", "worst first", "least severe first"),
    Sort.CHECK: ("Check", "A to Z", "Z to A"),
    Sort.TITLE: ("Title", "A to Z", "Z to A"),
    Sort.RESOURCE: ("Resource", "A to Z", "Z to A"),
    Sort.REGION: ("Region", "A to Z", "Z to A"),
    Sort.ACCOUNT: ("Account", "A to Z", "Z to A"),
    Sort.PROFILE: ("Profile", "A to Z", "Z to A"),
}
"""The title of each column, and the names of its ascending and descending order."""


class SortPicker(ListMoves, Dialog[tuple[Sort, bool] | None]):
    """Answers a column and whether descending, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SORT_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    SortPicker {
        .frame { max-width: 44; padding-top: 1; }
        PickList { height: 8; }
        #what { height: 1; margin-top: 1; padding: 0 1; }
    }
    """

    def __init__(self, current: Sort, descending: bool) -> None:
        """Start at the current column."""
        super().__init__()
        self._current = current
        self._descending = descending

    def compose(self) -> ComposeResult:
        """Lay out the columns and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Sort by"
            yield PickList((Column("Column", 10, 14), Column("Order", 13, 18)), empty="")
            yield Static(id="what", classes="note", markup=False)
            yield KeyBar(SORT_KEYS)

    def on_mount(self) -> None:
        """Move the cursor to the current column."""
        self._show()
        self.query_one(PickList).move_to(self._current)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Show what Enter does on this row."""
        event.stop()
        words = ""
        if event.key == self._current:
            order = ORDERS[self._current][1 if self._descending else 2]
            words = f"{bound_key(self, 'sort.take')} reverses the order: {order}."
        self.query_one("#what", Static).update(Content(words))

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Choose the column that was clicked."""
        event.stop()
        if not event.twice:
            self.action_take()

    def action_take(self) -> None:
        """Sort by the column under the cursor; the current column reverses its order."""
        row = self.query_one(PickList).highlighted
        if row is not None:
            self.dismiss((Sort(row.key), not self._descending if row.key == self._current else False))

    def action_leave(self) -> None:
        """Keep the order."""
        self.dismiss(None)

    def _show(self) -> None:
        rows = []
        for sort, (title, ascending, descending) in ORDERS.items():
            current = sort is self._current
            order = descending if current and self._descending else ascending
            rows.append(Row(sort, (Cell(title, "strong" if current else "text"), Cell(order, "muted"))))
        picks = self.query_one(PickList)
        picks.show_rows(rows)
        picks.show_marks(frozenset({str(self._current)}))
