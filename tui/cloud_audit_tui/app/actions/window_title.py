"""Names the profiles or the report in the title of the terminal's window, and says whether a scan runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session
from cloud_audit_tui.app.status_line import window_title
from cloud_audit_tui.app.system.terminal_messages import has_title, title_sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message


class WindowTitle:
    """Listens to a session and passes the sequence of each title to ``write``."""

    def __init__(self, session: Session, write: Callable[[str], object]) -> None:
        self._session = session
        self._write = write

    def post_message(self, message: Message) -> bool:
        """Write the title after a message that changes it."""
        if isinstance(message, Session.ViewChanged | RunningJobs.ScanStarted | RunningJobs.ScanEnded):
            self.show()
        return True

    def show(self) -> None:
        """Write the title, if the terminal has one."""
        if has_title(os.environ):
            self._write(title_sequence(window_title(self._session)))
