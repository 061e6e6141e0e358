"""Asks before a long text goes to the clipboard."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import LARGE_COPY_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class LargeCopyAnswer(Enum):
    """What to do with a long text."""

    COPY = "copy"
    WRITE = "write"


class LargeCopy(Dialog[LargeCopyAnswer | None]):
    """Asks whether to copy a long text or to write it to a file; None for neither."""

    AUTO_FOCUS = "Vertical"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LARGE_COPY_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    LargeCopy {
        .frame { max-width: 72; padding: 1 2 0 2; }
        .note { margin-bottom: 1; }
    }
    """

    def __init__(self, title: str, characters: int) -> None:
        """Ask about a text of so many characters."""
        super().__init__()
        self._title = plain(title)
        self._characters = characters

    def compose(self) -> ComposeResult:
        """Lay out the question and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._title)
            frame.can_focus = True
            size = max(1, round(self._characters / 1000))
            risk = "Terminals and clipboards may truncate or reject this much text."
            text = f"This is {size:,} KB of text. {risk}"
            yield Static(Content(text), classes="note", markup=False)
            yield KeyBar(LARGE_COPY_KEYS)

    def action_copy(self) -> None:
        """Copy the text."""
        self.dismiss(LargeCopyAnswer.COPY)

    def action_write(self) -> None:
        """Write the text to a file."""
        self.dismiss(LargeCopyAnswer.WRITE)

    def action_leave(self) -> None:
        """Do neither."""
        self.dismiss(None)
