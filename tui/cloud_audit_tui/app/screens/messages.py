"""The notifications of this run, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import MESSAGES_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.scrolling import TextMoves
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.message_log import PastNotice
    from cloud_audit_tui.app.session import Session

COLOURS = {"information": "$text-success", "warning": "$text-warning", "error": "$text-error"}
NONE_YET = "There was no notification in this run."


class MessagesScreen(TextMoves, Dialog[None]):
    """Lists the notifications that were shown, with their times."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MESSAGES_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    MessagesScreen {
        .frame { height: 90%; }
        #messages { height: 1fr; scrollbar-size-vertical: 1; background: $surface; }
        #messages Static { height: auto; padding: 0 1; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._notices = list(session.messages.newest_first())

    def compose(self) -> ComposeResult:
        """Lay out the notifications and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Messages"
            with VerticalScroll(id="messages", can_focus=False):
                lines = [_line(notice) for notice in self._notices] or [Content(NONE_YET)]
                yield Static(Content("\n\n").join(lines), markup=False)
            yield KeyBar(MESSAGES_KEYS)

    def action_close(self) -> None:
        """Close the messages."""
        self.dismiss(None)


def _line(notice: PastNotice) -> Content:
    when = f"{datetime.fromtimestamp(notice.at).astimezone():%H:%M:%S}"
    head = [(f"{when}  ", "$text-muted"), (plain(notice.title), f"bold {COLOURS[notice.severity]}")]
    return Content.assemble(*head, "\n" if notice.title else "", plain(notice.text, keep_newlines=True))
