"""The base of the profile and region pickers: type to filter, mark several, choose them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import PICKER_KEYS, bindings, bound_key
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Column, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

AROUND_THE_ROWS = 12
"""The lines of the frame that are not rows: border, filter, headings, the notes, and the keys."""


class FilterInput(TextField):
    """A text field that leaves some printable keys to its picker, such as the space bar, which marks."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether the field takes a key: any printable one that the picker does not use now."""
        picker = self.screen
        is_used = isinstance(picker, Picker) and key in picker.printable_keys()
        return not is_used and super().check_consume_key(key, character)


class Picker(ListMoves, Dialog[list[str] | None]):
    """A filter, a list and a line that tells what Enter chooses.

    Enter chooses the marked rows once the user has changed a mark, otherwise the row under the cursor. If
    the user has changed nothing, Enter chooses the rows that were marked at the start.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PICKER_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    Picker {
        .frame { max-height: 85%; }
        #filter { margin: 0 0 1 0; }
        #about { height: 2; margin-top: 1; padding: 0 1; }
        #choice { height: 1; padding: 0 1; text-overflow: ellipsis; text-wrap: nowrap; }
    }
    """

    title_text: ClassVar[str]
    """The title in the frame."""
    noun: ClassVar[tuple[str, str]]
    """The singular and the plural of what is chosen."""
    columns: ClassVar[tuple[Column, ...]]
    """The columns of the list."""

    def __init__(self, marked: Iterable[str]) -> None:
        """Start with these keys marked."""
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
        """Return the rows that contain every one of these lower-case words."""

    def about(self, row: Row) -> Content:
        """Return the note about the row under the cursor: at most two lines."""
        return Content(row.key)

    def result(self, keys: Sequence[str]) -> list[str]:
        """Return the answer for these keys."""
        return list(keys)

    def listed_rows(self) -> Sequence[Row]:
        """Return the rows to list without a filter."""
        return self.all_rows()

    def printable_keys(self) -> frozenset[str]:
        """Return the keys that are not typed into the filter now."""
        return frozenset({"space"})

    def takes_press(self, event: PickList.Pressed) -> bool:
        """Handle a click on a part of a row that does not mark it; return whether it was one."""
        return False

    def keys_of(self, row: Row) -> list[str]:
        """Return the keys that a mark on a row selects."""
        return [row.key]

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list, the note about a row, and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self.title_text)
            yield FilterInput(
                placeholder=f"Type to filter {self.noun[1]}", id="filter", select_on_focus=False
            )
            yield PickList(self.columns, empty=f"No {self.noun[0]} matches.", id="rows")
            yield Static(id="about", classes="note", markup=False)
            yield Static(id="choice", markup=False)
            yield KeyBar(PICKER_KEYS)

    def on_mount(self) -> None:
        """Fill the list; the cursor starts on the first marked row."""
        rows = self.query_one(PickList)
        rows.show_rows(self.listed_rows())
        self.fit_height()
        if self._marks:
            rows.move_to(self._marks[0])
        self._update_notes()
        self.query_one(Input).focus()

    def fit_height(self) -> None:
        """Make room for all rows, so that the height does not change while the user types."""
        self.query_one(".frame").styles.height = len(self.all_rows()) + AROUND_THE_ROWS

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the rows that match."""
        event.stop()
        self._cursor_moved = True
        is_longer, self._filter_length = len(event.value) > self._filter_length, len(event.value)
        self.refilter(from_the_top=is_longer)

    def refilter(self, *, from_the_top: bool = False) -> None:
        """Show the rows that match the filter; the cursor stays on its row or moves to the first one."""
        words = self.query_one(Input).value.lower().split()
        rows = self.matching(words) if words else self.listed_rows()
        self.query_one(PickList).show_rows(rows, from_the_top=from_the_top)
        self._update_notes()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Show the note about the row under the cursor."""
        event.stop()
        self._update_notes()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Mark a row on a click, choose it on a double click."""
        event.stop()
        self._cursor_moved = True
        if self.takes_press(event):
            return
        if event.twice:
            # The first click has marked it.
            self._marks_changed = False
            self.action_take()
        else:
            self.action_mark()

    def choice(self) -> list[str]:
        """Return the keys that Enter chooses now."""
        row = self.query_one(PickList).highlighted
        if self._marks and (self._marks_changed or not self._cursor_moved):
            return list(self._marks)
        return self.keys_of(row) if row and row.markable else []

    def action_take(self) -> None:
        """Close with the chosen keys; stay open if there are none."""
        keys = self.choice()
        if keys:
            self.dismiss(self.result(keys))
        else:
            self.app.bell()

    def action_leave(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor."""
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
        keys = [key for row in self.query_one(PickList).rows if row.markable for key in self.keys_of(row)]
        self.set_marks([*self._marks, *keys])

    def action_mark_none(self) -> None:
        """Clear all marks."""
        self.set_marks([])

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark exactly these keys as the user's change."""
        self._marks = list(dict.fromkeys(keys))
        self._marks_changed = True
        self._update_notes()

    def marked_rows(self) -> frozenset[str]:
        """Return the keys of the rows that are drawn as marked."""
        return frozenset(self._marks)

    def move_cursor(self, rows: int) -> None:
        """Move the cursor, and show what Enter chooses now."""
        self._cursor_moved = True
        self.query_one(PickList).move_by(rows)
        self._update_notes()

    def describe_choice(self, keys: Sequence[str]) -> str:
        """Return the text for what Enter chooses."""
        if len(keys) == 1:
            return keys[0]
        return f"{len(keys)} {self.noun[1]}"

    def summary(self, rows: int, total: int) -> str:
        """Return how many rows are marked and listed, for the frame."""
        marks = f"{len(self._marks)} marked · " if self._marks else ""
        return marks + (f"{rows} of {total}" if rows != total else count(total, *self.noun))

    def _update_notes(self) -> None:
        rows = self.query_one(PickList)
        rows.show_marks(self.marked_rows())
        row = rows.highlighted
        self.query_one("#about", Static).update(self.about(row) if row else Content(""))
        keys = self.choice()
        line = self.query_one("#choice", Static)
        if keys:
            line.update(
                Content.assemble(
                    (f"{bound_key(self, 'picker.take')} chooses ", "$foreground-muted"),
                    (self.describe_choice(keys), "bold"),
                )
            )
        else:
            line.update(Content(""))
        self.query_one(".frame").border_subtitle = Content(self.summary(len(rows.rows), len(self.all_rows())))
