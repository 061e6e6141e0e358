"""The timings: the time that the AWS calls of the running or the last scan take, by operation."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.keymap import TIMINGS_KEYS, bindings
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.scanning.running_scans import RunningScans
from cloud_audit_tui.app.session import SessionListener
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.scan.events import OperationTiming

ORDERS = ("waiting", "queued", "cpu", "throttled", "calls")
"""The orders of the operations, the largest first, in the sequence of the key that changes them."""
WORDS = {"cpu": "CPU"}
"""The names on the screen of orders that differ from their keys."""
COLUMNS = (
    Column("Service", 8, 26),
    Column("Operation", 16, 44),
    Column(f"{'Calls':>7}", 7, 7),
    Column(f"{'Throttled':>9}", 9, 9, gives_way=1),
    Column(f"{'Queued s':>9}", 9, 9, gives_way=2),
    Column(f"{'Waiting s':>9}", 9, 9),
    Column(f"{'CPU s':>7}", 7, 7),
)
OPENED = "A report is open: it was read from its file, and nothing is scanned."
NO_SCAN = "No scan has run since the app was opened."
NOT_YET = "The scan has started: the timings of its calls arrive every two seconds."
NO_CALLS = "The scan made no call to AWS."
NOTE = (
    "The times of concurrent calls are added up. Queued: until the call is sent. Waiting: from then to the "
    "response. CPU: the scanner's time for requests and responses."
)


class TimingsScreen(DismissedOnce, SessionListener, Screen[None]):
    """Lists the operations with their calls and seconds, the slowest first, and follows the running scan."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TIMINGS_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    TimingsScreen {
        background: $background;

        #head { height: 1; padding: 0 2; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
        #note { height: auto; padding: 1 2 0 2; color: $text-muted; }
        FocusList { margin: 1 0 0 0; }
        KeyBar { margin-top: 0; padding: 0 2; background: $surface; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.order = ORDERS[0]
        """The current order of the operations."""

    def compose(self) -> ComposeResult:
        """Lay out the heading, the operations, the note about the seconds, and the keys."""
        yield Static("", id="head", markup=False)
        yield FocusList(COLUMNS, empty="")
        yield Static(NOTE, id="note", markup=False)
        yield KeyBar(TIMINGS_KEYS)

    def on_mount(self) -> None:
        """Show the times so far."""
        self.query_one(FocusList).focus()
        self._show()

    @on(RunningScans.ScanStarted)
    @on(RunningScans.ScanProgressed)
    @on(RunningScans.ScanEnded)
    @notify_on_error
    def _show(self) -> None:
        timings = self._timings
        operations = self.query_one(FocusList)
        operations.set_empty_text(self._why_empty())
        operations.show_rows([_row(each) for each in in_order(timings, self.order)])
        self.query_one("#head", Static).update(self._head(timings))
        self.query_one("#note", Static).display = bool(timings)

    @property
    def _timings(self) -> Sequence[OperationTiming]:
        scan = self.session.scans.last
        return () if scan is None else scan.events.timings

    def _why_empty(self) -> str:
        scans = self.session.scans
        if self.session.opened is not None:
            return OPENED
        if scans.last is None:
            return f"{NO_SCAN} Press {self.session.key_name('scan')} to scan."
        if scans.running:
            return NOT_YET
        end = scans.last.events.finished
        return plain(f"{NO_CALLS} {end.message if end is not None else ''}".rstrip())

    def _head(self, timings: Sequence[OperationTiming]) -> Content:
        scans = self.session.scans
        parts = [("Timings", "bold $text-primary")]
        if timings:
            parts.append((f"   by {WORDS.get(self.order, self.order)}", "$foreground 75%"))
        if scans.last is not None:
            which = "running" if scans.running else "last"
            whose = formatting.some(scans.last.job.profiles, 1)
            parts.append((f"   the {which} scan, of {whose}", "$foreground 75%"))
        if timings:
            calls = formatting.count(sum(each.calls for each in timings), "call")
            throttled = sum(each.throttled for each in timings)
            waiting, cpu = (sum(map(attrgetter(name), timings)) for name in ("waiting", "cpu"))
            sums = f"   {calls}, {throttled:,} throttled, {waiting:,.1f} s waiting, {cpu:,.1f} s of CPU"
            parts.append((sums, "$foreground"))
        return Content.assemble(*parts)

    def action_next_order(self) -> None:
        """Sort by the next order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._show()

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss(None)


def in_order(timings: Sequence[OperationTiming], order: str) -> list[OperationTiming]:
    """Return the operations sorted by an order, the largest first, and then by name."""
    return sorted(timings, key=lambda each: (-getattr(each, order), each.service, each.operation))


def _row(timing: OperationTiming) -> Row:
    return Row(
        f"{timing.service}:{timing.operation}",
        (
            Cell(plain(timing.service), "strong"),
            Cell(plain(timing.operation)),
            Cell(f"{timing.calls:>7,}"),
            Cell(f"{timing.throttled:>9,}", "warning" if timing.throttled else "muted"),
            Cell(f"{timing.queued:>9,.2f}", "muted"),
            Cell(f"{timing.waiting:>9,.2f}", "strong"),
            Cell(f"{timing.cpu:>7,.2f}"),
        ),
        markable=False,
    )
