"""What the pickers of profiles and of regions share: type to filter, mark several, take them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import PICKER_KEYS, bindings
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Column, ListMoves, PickList, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

AROUND_THE_ROWS = 12
"""The lines of the frame that are not rows: border, filter, headings, what is said, and the keys."""


class FilterInput(Input):
    """A text field that leaves the space bar to its screen: no name of a profile or region has a space."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take every printable key but the space bar."""
        return key != "space" and super().check_consume_key(key, character)


class Picker(ListMoves, Dialog[list[str] | None]):
    """A filter, a list and a line that says what Enter will do.

    Marks made in this visit win. As long as none was made, Enter takes the row under the cursor; and where
    nothing was touched at all, everything stays as it was.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PICKER_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    Picker {
        .frame { max-height: 85%; }
        #filter { margin: 0 0 1 0; }
        #about { height: 2; margin-top: 1; padding: 0 1; }
        #taken { height: 1; padding: 0 1; text-overflow: ellipsis; text-wrap: nowrap; }
    }
    """

    title_text: ClassVar[str]
    """What stands in the frame."""
    noun: ClassVar[tuple[str, str]]
    """What is picked: one, and several."""
    columns: ClassVar[tuple[Column, ...]]
    """The columns of the list."""

    def __init__(self, marked: Iterable[str]) -> None:
        """Begin with these keys marked."""
        super().__init__()
        self._marks: list[str] = list(dict.fromkeys(marked))
        self._marks_changed = False
        self._cursor_moved = False
        self._filter_length = 0

    @abstractmethod
    def all_rows(self) -> Sequence[Row]:
        """Return every row, in order."""

    @abstractmethod
    def matching(self, words: Sequence[str]) -> Sequence[Row]:
        """Return the rows in which every one of some lower-case words is found."""

    def about(self, row: Row) -> Content:
        """Return what is said below the list about the row under the cursor: at most two lines."""
        return Content(row.key)

    def result(self, keys: Sequence[str]) -> list[str]:
        """Return the answer for these keys."""
        return list(keys)

    def keys_of(self, row: Row) -> list[str]:
        """Return the keys that marking a row marks."""
        return [row.key]

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list, what is said about a row, and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self.title_text)
            yield FilterInput(
                placeholder=f"Type to filter {self.noun[1]}", id="filter", select_on_focus=False
            )
            yield PickList(self.columns, empty=f"No {self.noun[0]} matches.", id="rows")
            yield Static(id="about", classes="says", markup=False)
            yield Static(id="taken", markup=False)
            yield KeyBar(PICKER_KEYS)

    def on_mount(self) -> None:
        """Fill the list; the cursor begins on the first marked row."""
        rows = self.query_one(PickList)
        rows.show_rows(self.all_rows())
        # As high as the rows need, once: it does not jump while the filter is typed.
        self.query_one(".frame").styles.height = len(rows.rows) + AROUND_THE_ROWS
        if self._marks:
            rows.move_to(self._marks[0])
        self._say()
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        event.stop()
        self._cursor_moved = True
        typed, self._filter_length = len(event.value) > self._filter_length, len(event.value)
        self.refilter(from_the_top=typed)

    def refilter(self, *, from_the_top: bool = False) -> None:
        """Show the rows that match the filter as it stands; the cursor stays, or goes to the first one."""
        words = self.query_one(Input).value.lower().split()
        rows = self.matching(words) if words else self.all_rows()
        self.query_one(PickList).show_rows(rows, from_the_top=from_the_top)
        self._say()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Say what is known about the row under the cursor."""
        event.stop()
        self._say()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Mark a row that was clicked; take a row that was clicked twice."""
        event.stop()
        self._cursor_moved = True
        if event.twice:
            # The first click of the two has marked it.
            self._marks_changed = False
            self.action_take()
        else:
            self.action_mark()

    def taken(self) -> list[str]:
        """Return the keys that Enter would take now."""
        row = self.query_one(PickList).highlighted
        if self._marks and (self._marks_changed or not self._cursor_moved):
            return list(self._marks)
        return [row.key] if row else []

    def action_take(self) -> None:
        """Close with what Enter means; with no row to take, stay."""
        keys = self.taken()
        if keys:
            self.dismiss(self.result(keys))
        else:
            self.app.bell()

    def action_leave(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        row = self.query_one(PickList).highlighted
        if row is None or not row.markable:
            self.app.bell()
            return
        keys = self.keys_of(row)
        if all(key in self._marks for key in keys):
            self.set_marks([key for key in self._marks if key not in keys])
        else:
            self.set_marks([*self._marks, *keys])

    def action_mark_all(self) -> None:
        """Mark everything that the filter shows."""
        shown = [key for row in self.query_one(PickList).rows if row.markable for key in self.keys_of(row)]
        self.set_marks([*self._marks, *shown])

    def action_mark_none(self) -> None:
        """Take every mark away."""
        self.set_marks([])

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark just these keys, because the user said so."""
        self._marks = list(dict.fromkeys(keys))
        self._marks_changed = True
        self._say()

    def shown_marks(self) -> frozenset[str]:
        """Return the keys of the rows that are drawn as marked."""
        return frozenset(self._marks)

    def move_cursor(self, rows: int) -> None:
        """Move the cursor, and say what Enter takes now."""
        self._cursor_moved = True
        self.query_one(PickList).move_by(rows)
        self._say()

    def describe_taken(self, keys: Sequence[str]) -> str:
        """Return how the line above the keys names what Enter takes."""
        if len(keys) == 1:
            return keys[0]
        return f"{len(keys)} {self.noun[1]}"

    def summary(self, shown: int, whole: int) -> str:
        """Return what the frame says about how many rows are marked and shown."""
        marked = f"{len(self._marks)} marked · " if self._marks else ""
        return marked + (f"{shown} of {whole}" if shown != whole else count(whole, *self.noun))

    def _say(self) -> None:
        rows = self.query_one(PickList)
        rows.show_marks(self.shown_marks())
        row = rows.highlighted
        self.query_one("#about", Static).update(self.about(row) if row else Content(""))
        keys = self.taken()
        taken = self.query_one("#taken", Static)
        if keys:
            taken.update(
                Content.assemble(("Enter takes ", "$foreground-muted"), (self.describe_taken(keys), "bold"))
            )
        else:
            taken.update(Content(""))
        self.query_one(".frame").border_subtitle = Content(self.summary(len(rows.rows), len(self.all_rows())))
