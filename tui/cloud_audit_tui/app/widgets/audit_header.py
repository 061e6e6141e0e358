"""The header of the main screen: whose accounts are shown, and how far the scan is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.scanning.running_scans import RunningScans
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.status_line import Identity, identity, status_line

if TYPE_CHECKING:
    from cloud_audit_tui.store.view import Counts

SEPARATOR = "   "
TICK = 1.0
"""Seconds between two updates of the elapsed time."""
DEFAULT_WIDTH = 60


class AuditHeader(SessionListener, Widget):
    """Two lines: the identity, then the progress of the scan or the age of the last results."""

    identity: reactive[Identity] = reactive(Identity())
    status: reactive[Content] = reactive(Content(""), always_update=True)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._counts: Counts | None = None
        self._progress_at = 0.0

    def on_mount(self) -> None:
        """Begin to follow the session and the clock."""
        self.update_lines()
        self.set_interval(TICK, self.update_lines)

    def on_resize(self) -> None:
        """Use the new width."""
        self.call_after_refresh(self.update_lines)

    def show_counts(self, counts: Counts | None) -> None:
        """Show how many findings the chosen profiles have."""
        self._counts = counts
        self.update_lines()

    @on(RunningScans.ScanStarted)
    @on(RunningScans.ScanProgressed)
    def _progressed(self) -> None:
        self._progress_at = self.session.clock()
        self.update_lines()

    @on(Session.ViewChanged)
    @on(Session.ProfilesLearned)
    @on(RunningScans.ScanEnded)
    @on(RunningScans.FindingsVerified)
    @notify_on_error
    def update_lines(self) -> None:
        """Show both lines as the session has them now."""
        self.identity = identity(self.session)
        since = self.session.clock() - self._progress_at
        status = status_line(self.session, self._counts, since, self.content_size.width or DEFAULT_WIDTH)
        if not status.is_same(self.status):
            self.status = status

    def render(self) -> Content:
        """Return both lines, the first without its labels where they do not fit."""
        width = self.content_size.width
        first = self._identity_line(labels=True)
        if first.cell_length > width:
            first = self._identity_line(labels=False)
        return Content("\n").join(
            [first.truncate(width, ellipsis=True), self.status.truncate(width, ellipsis=True)]
        )

    def _identity_line(self, *, labels: bool) -> Content:
        shown = self.identity
        pieces = [
            ("Report", shown.opened, "bold $primary"),
            (
                "Profile" if len(shown.profiles) == 1 else "Profiles",
                formatting.some(shown.profiles),
                "bold $primary",
            ),
            ("Account", shown.account, "$foreground"),
            ("Identity", shown.caller, "$foreground"),
            ("Regions", shown.regions, "$foreground"),
        ]
        line: list[Content] = []
        for label, value, style in pieces:
            if value:
                text = Content.styled(value, style)
                line.append(Content.assemble((f"{label} ", "$foreground 55%"), text) if labels else text)
        return Content(SEPARATOR if labels else "  ").join(line) if line else Content("No profile is chosen")
