"""The filter: a text field that narrows the table while the user types, and the fault of its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from cloud_audit_tui.app.keymap import FILTER_KEYS, bindings
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.filters.completion import completions
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

TYPING_PAUSE = 0.005
"""Seconds from the last keystroke until the filter is applied, once for keys that come together."""


class FilterSuggester(Suggester):
    """Suggests the rest of a key or a value of the filter language; `→` accepts it."""

    def __init__(self, values: Callable[[], Mapping[str, Iterable[str]]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._values = values

    async def get_suggestion(self, value: str) -> str | None:
        """Return the filter with its last word completed; None without a completion."""
        try:
            suggestions = completions(value, len(value), self._values())
        except Exception:  # Textual's worker would end the app, and a filter needs no suggestion
            return None
        for completion in suggestions:
            text = f"{value[: completion.start]}{completion.text}{value[completion.end :]}"
            if text != value and text.startswith(value) and value[completion.start :]:
                return text
        return None


class FilterBar(Vertical):
    """Visible while there is a filter or the user types one.

    ``values`` returns the values of the findings for the keys whose values depend on them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FILTER_KEYS)]

    @dataclass
    class Changed(Message):
        """The user has typed another text and paused."""

        text: str

    class Left(Message):
        """The user has left the field; the text stays."""

    def __init__(self, values: Callable[[], Mapping[str, Iterable[str]]] = dict) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._values = values

    def compose(self) -> ComposeResult:
        """Lay out the slash, the field, the number of matches, and the line for the fault."""
        with Horizontal(id="filter-line"):
            yield Static("/", markup=False, id="filter-sign")
            field = TextField(
                placeholder="words, or severity:high+ service:s3 -region:eu-* cis:1.4 since:7d",
                suggester=FilterSuggester(self._values),
                id="filter-field",
            )
            field.cursor_blink = False
            yield field
            yield Static("", markup=False, id="filter-matches")
        yield Static("", markup=False, id="filter-error")

    @property
    def text(self) -> str:
        """The text in the field."""
        return self.query_one(Input).value

    def open(self) -> None:
        """Show the field and focus it."""
        self.display = True
        self.query_one(Input).focus()

    def show_text(self, text: str) -> None:
        """Show a filter that was not typed here; what the user is typing stays."""
        field = self.query_one(Input)
        if text != field.value.strip() and not self.has_focus_within:
            self._stop_timer()
            with self.prevent(Input.Changed):
                field.value = text
        self.display = bool(text) or self.has_focus_within

    def show_matches(self, text: str) -> None:
        """Show the number of findings that match."""
        self.query_one("#filter-matches", Static).update(text)

    def show_error(self, reason: str) -> None:
        """Show why the text in the field is no valid filter; an empty reason clears this."""
        self.query_one("#filter-error", Static).update(Content(plain(reason)))
        self.set_class(bool(reason), "-wrong")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _post_text(self) -> None:
        self._stop_timer()
        self.post_message(self.Changed(self.text))

    @on(Input.Changed)
    def _post_soon(self, event: Input.Changed) -> None:
        event.stop()
        self._stop_timer()
        if event.value:
            self._timer = self.set_timer(TYPING_PAUSE, self._post_text)
        else:
            self._post_text()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave_filter()

    def action_leave_filter(self) -> None:
        """Keep the text and go to the table."""
        self._post_text()
        self.display = bool(self.text.strip())
        self.post_message(self.Left())

    def action_clear_filter(self) -> None:
        """Clear the text and go to the table."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""
        self._post_text()
        self.display = False
        self.post_message(self.Left())
