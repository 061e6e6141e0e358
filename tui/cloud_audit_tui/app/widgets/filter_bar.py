"""The filter: a line of text that narrows the table while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from cloud_audit_tui.app.keymap import FILTER_KEYS, bindings

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class FilterBar(Horizontal):
    """Shown while there is a filter or one is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FILTER_KEYS)]

    @dataclass
    class Changed(Message):
        """The words are others than before."""

        text: str

    class Left(Message):
        """The words stand; the table is next."""

    def compose(self) -> ComposeResult:
        """Lay out the slash and the field."""
        yield Static("/", markup=False, id="filter-sign")
        field = Input(placeholder="words in the title, check, resource, region or account", id="filter-field")
        field.cursor_blink = False
        yield field
        yield Static("", markup=False, id="filter-matches")

    @property
    def text(self) -> str:
        """The words as they stand."""
        return self.query_one(Input).value

    def open(self) -> None:
        """Show the field and type into it."""
        self.display = True
        self.query_one(Input).focus()

    def narrow_to(self, words: str) -> None:
        """Filter by these words as if they had been typed."""
        self.query_one(Input).value = words
        self.display = bool(words.strip())

    def show_matches(self, words: str) -> None:
        """Say how many findings match."""
        self.query_one("#filter-matches", Static).update(words)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave_filter()

    def action_leave_filter(self) -> None:
        """Keep the words and go to the table."""
        self.display = bool(self.text.strip())
        self.post_message(self.Left())

    def action_clear_filter(self) -> None:
        """Forget the words and go to the table."""
        self.query_one(Input).value = ""
        self.display = False
        self.post_message(self.Left())
