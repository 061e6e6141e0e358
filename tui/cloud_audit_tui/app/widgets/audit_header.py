"""The first line of the main screen: whose accounts are shown, and how far the scan is."""

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
from cloud_audit_tui.app.status_line import Identity, Status, identity, status_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.store.view import Counts

SEPARATOR, SHORT_SEPARATOR = "   ", "  "
TICK = 1.0
"""Seconds between two updates of the elapsed time."""
PIECES = ("profiles", "account", "caller", "regions")
"""The parts of the identity in the order of their worth: the last is left out first."""
LABELS = ("Profiles", "Accounts", "Identity", "Regions")
LEAST_IDENTITY = 20
"""The cells that the profiles keep while a long status line is cut."""


class AuditHeader(SessionListener, Widget):
    """One line: the identity at the left, the progress of the scan or the age of the results at the right."""

    identity: reactive[Identity] = reactive(Identity())
    status: reactive[Status] = reactive(Status())

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._counts: Counts | None = None
        self._progress_at = 0.0

    def on_mount(self) -> None:
        """Begin to follow the session and the clock."""
        self.update_line()
        self.set_interval(TICK, self.update_line)

    def show_counts(self, counts: Counts | None) -> None:
        """Show how many findings the chosen profiles have."""
        self._counts = counts
        self.update_line()

    @on(RunningScans.ScanStarted)
    @on(RunningScans.ScanProgressed)
    def _progressed(self) -> None:
        self._progress_at = self.session.clock()
        self.update_line()

    @on(Session.ViewChanged)
    @on(Session.ProfilesLearned)
    @on(RunningScans.ScanEnded)
    @on(RunningScans.FindingsVerified)
    @notify_on_error
    def update_line(self) -> None:
        """Show the line as the session has it now."""
        self.identity = identity(self.session)
        self.status = status_line(self.session, self._counts, self.session.clock() - self._progress_at)

    def render(self) -> Content:
        """Return the line in the longest form that fits the width."""
        width = self.content_size.width
        for left, right in self._forms():
            if left.cell_length + right.cell_length + len(SHORT_SEPARATOR) <= width:
                break
        else:
            right = right.truncate(max(width - LEAST_IDENTITY, 0), ellipsis=True)
            left = left.truncate(max(width - right.cell_length - 1, 0), ellipsis=True)
        return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)

    def _forms(self) -> Iterator[tuple[Content, Content]]:
        """Yield both sides from the longest form to the shortest."""
        long, short = self.status.long, self.status.short
        yield self._identity(labels=True), long
        for pieces in range(len(PIECES), 1, -1):
            yield self._identity(pieces), long
        for pieces in range(len(PIECES), 0, -1):
            yield self._identity(pieces), short

    def _identity(self, pieces: int = len(PIECES), *, labels: bool = False) -> Content:
        shown = self.identity
        line: list[Content] = []
        # An opened report stands in the place of the profiles.
        whose = shown.opened or formatting.some(shown.profiles)
        names = ("Report", *LABELS[1:]) if shown.opened else LABELS
        for name, label in list(zip(PIECES, names, strict=True))[:pieces]:
            value = whose if name == "profiles" else getattr(shown, name)
            if value:
                text = Content.styled(value, "bold $primary" if name == "profiles" else "$foreground")
                line.append(Content.assemble((f"{label} ", "$foreground 55%"), text) if labels else text)
        separator = SEPARATOR if labels else SHORT_SEPARATOR
        return Content(separator).join(line) if line else Content("No profile is chosen")
