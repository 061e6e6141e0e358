"""The first line of the main screen: the profiles of the view, and the progress of the scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.status_line import identity, status_line
from cloud_audit_tui.app.widgets.header_line import HeaderLine

if TYPE_CHECKING:
    from cloud_audit_tui.store.view import Counts

TICK = 1.0
"""Seconds between two updates of the elapsed time."""


class AuditHeader(SessionListener, HeaderLine):
    """The header that follows the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._counts: Counts | None = None
        self._progress_at = 0.0

    def on_mount(self) -> None:
        """Start following the session and the clock."""
        self.update_line()
        self.set_interval(TICK, self.update_line)

    def show_counts(self, counts: Counts | None) -> None:
        """Show the number of findings of the chosen profiles."""
        self._counts = counts
        self.update_line()

    @on(RunningJobs.ScanStarted)
    @on(RunningJobs.ScanProgressed)
    def _progressed(self) -> None:
        self._progress_at = self.session.clock()
        self.update_line()

    @on(Session.ViewChanged)
    @on(Session.ProfilesLearned)
    @on(RunningJobs.ScanEnded)
    @on(RunningJobs.FindingsVerified)
    @notify_on_error
    def update_line(self) -> None:
        """Update the line from the session."""
        self.identity = identity(self.session)
        self.status = status_line(self.session, self._counts, self.session.clock() - self._progress_at)
