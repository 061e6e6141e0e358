"""Shows, hides and resizes the columns of the findings table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import COLUMNS_KEYS, bindings
from cloud_audit_tui.app.presentation.column_choices import ALWAYS, ColumnChoices
from cloud_audit_tui.app.widgets.columns import resized
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.pick_list import Column as ListColumn
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.app.widgets.columns import Column

NO_ROOM = "There is no room: the title would become too narrow."
TITLE_STAYS = "The title is always shown, in the cells that the other columns leave."


class ColumnPicker(ListMoves, Dialog[None]):
    """Applies each change to the table at once; ``placed`` returns the table's columns."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COLUMNS_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    ColumnPicker {
        align: center bottom;
        .frame { max-width: 76; padding-top: 1; }
        PickList { height: 8; }
        #what { height: 1; padding: 0 1; }
    }
    """

    def __init__(self, session: Session, placed: Callable[[], tuple[Column, ...]]) -> None:
        super().__init__()
        self._session = session
        self._placed = placed

    def compose(self) -> ComposeResult:
        """Lay out the columns and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Columns"
            yield PickList((ListColumn("Column", 10, 14), ListColumn("Width", 6, 12)), empty="")
            yield Static(id="what", classes="note", markup=False)
            yield KeyBar(COLUMNS_KEYS)

    def on_mount(self) -> None:
        """List the columns."""
        self._show()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Clear the note about another column."""
        event.stop()
        self._note("")

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Show or hide the column that was clicked."""
        event.stop()
        if not event.twice:
            self.action_show_or_hide()

    @property
    def _sort(self) -> Sort:
        row = self.query_one(PickList).highlighted
        return Sort(row.key) if row else ALWAYS

    def action_show_or_hide(self) -> None:
        """Show or hide the column under the cursor."""
        if self._sort is ALWAYS:
            self._note(TITLE_STAYS)
            return
        is_shown = any(column.sort is self._sort for column in self._placed())
        self._use(self._session.view.columns.toggled(self._sort, is_shown=is_shown))

    def action_resize(self, cells: int) -> None:
        """Make the column under the cursor wider by some cells."""
        choices = resized(self._placed(), self._session.view.columns, self._sort, cells)
        if choices is None:
            self._note(NO_ROOM)
        else:
            self._use(choices)

    def action_reset(self) -> None:
        """Reset every column to its default."""
        self._use(ColumnChoices())

    def action_leave(self) -> None:
        """Close; the columns stay as they are."""
        self.dismiss(None)

    def _use(self, choices: ColumnChoices) -> None:
        self._note("")
        self._session.show_columns(choices)
        # The table handles the message before the next refresh of this screen.
        self.call_after_refresh(self._show)

    def _note(self, text: str) -> None:
        self.query_one("#what", Static).update(Content(text))

    def _show(self) -> None:
        widths = {column.sort: column.width for column in self._placed()}
        rows = [
            Row(
                sort,
                (
                    Cell(sort.value.capitalize(), "strong" if sort in widths else "muted"),
                    Cell(str(widths[sort]) if sort in widths else "hidden", "muted"),
                ),
                markable=sort is not ALWAYS,
            )
            for sort in Sort
        ]
        picks = self.query_one(PickList)
        picks.show_rows(rows)
        picks.show_marks(frozenset(str(sort) for sort in widths if sort is not ALWAYS))
