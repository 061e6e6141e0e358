"""Facts below a title; only the title is visible while they are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from cloud_audit_tui.app.presentation.group_header import CLOSED, OPEN
from cloud_audit_tui.app.widgets.facts import Fact, Facts

if TYPE_CHECKING:
    from textual.app import ComposeResult


class FoldTitle(Static):
    """The line that a click folds and unfolds."""

    ALLOW_SELECT = False


class Fold(Vertical):
    """A title and, while ``open``, the facts below it; the owner opens and closes it."""

    DEFAULT_CSS: ClassVar[str] = """
    Fold {
        height: auto;
        margin-top: 1;
        display: none;
    }
    Fold FoldTitle { height: auto; pointer: pointer; }
    Fold Facts { margin: 0 0 0 2; }
    """

    open: reactive[bool] = reactive(False)

    class Clicked(Message):
        """The title was clicked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._title = Content("")

    def compose(self) -> ComposeResult:
        """Lay out the title above the facts."""
        yield FoldTitle("", markup=False)
        yield Facts()

    def show(self, title: Content, facts: tuple[Fact, ...]) -> None:
        """Show a title and facts; without facts, hide the widget."""
        self._title = title
        self.display = bool(facts)
        self.query_one(Facts).facts = facts
        self.watch_open()

    def watch_open(self) -> None:
        """Show or hide the facts."""
        for title in self.query(FoldTitle):
            title.update(Content.assemble(f"{OPEN if self.open else CLOSED} ", self._title))
        for facts in self.query(Facts):
            facts.display = self.open

    def on_click(self) -> None:
        """Ask the owner to fold or unfold."""
        self.post_message(self.Clicked())
