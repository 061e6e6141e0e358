"""The check browser: the list of checks, and the explanation of the one under the cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Markdown, Static

from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.host import is_open, run_beside
from cloud_audit_tui.app.keymap import CHECKS_KEYS, bindings
from cloud_audit_tui.app.presentation.check_text import Entry, entries, whole_explanation
from cloud_audit_tui.app.presentation.finding_text import cannot_be_shown
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.presentation.severity_badges import SEVERITY_BADGES, SEVERITY_TONES
from cloud_audit_tui.app.serial_task import SerialTask
from cloud_audit_tui.app.widgets.detail_scroll import DetailScroll
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

CURSOR_PAUSE = 0.08
"""Seconds for which the cursor stays on a check before its explanation is read."""
SIDE_BY_SIDE = 100
"""The width in cells from which the explanation is beside the list, not below it."""
COLUMNS = (
    Column("Severity", 10, 10),
    Column("Check", 13, 17),
    Column("Service", 7, 25, gives_way=1),
    Column("Category", 8, 11, gives_way=2),
    Column("Title", 28, 60),
)


class CheckBrowser(DismissedOnce, ListMoves, Screen[str | None]):
    """Lists the checks and explains the one under the cursor; answers the id of a check to filter by."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CHECKS_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (SIDE_BY_SIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    DEFAULT_CSS: ClassVar[str] = """
    CheckBrowser {
        background: $background;

        #head { height: 1; padding: 0 2; background: $panel; }
        #name { width: auto; text-style: bold; color: $text-primary; margin-right: 3; }
        #filter { width: 1fr; border: none; height: 1; padding: 0 1; background: $boost; }
        #tally { width: auto; color: $text-muted; padding: 0 0 0 3; }
        #checks { height: 1fr; }
        #list, #explained { width: 1fr; height: 1fr; }
        PickList, #explained { background: $background; }
        #list { padding: 1 0 0 0; }
        #explained { padding: 0 0 0 2; border-left: solid $panel; }
        #explained:focus { border-left: solid $primary; }
        #explained > * { margin-right: 1; }
        #trouble { height: auto; margin-top: 1; display: none; }
        #explanation { padding: 0; margin: 1 1 0 0; background: $background; }
        KeyBar { margin-top: 0; padding: 0 2; background: $surface; }

        &.-narrow #checks { layout: vertical; }
        &.-narrow #list { padding: 0; }
        &.-narrow #explained { border-left: none; border-top: solid $panel; }
        &.-narrow #explained:focus { border-top: solid $primary; }
        &.-narrow.-reading #list { display: none; }
    }
    """

    def __init__(self, check_id: str = "", *, read: Callable[[], Sequence[Entry]] = entries) -> None:
        """Start on this check if there is one; ``read`` returns the catalogue and is called in a thread."""
        super().__init__()
        self._first_check = check_id
        self._read = read
        self._rows: list[Row] = []
        self._search_texts: dict[str, str] = {}
        self._check_id = ""
        # The check whose explanation is on the screen; empty during a change.
        self._explained = ""
        self._explaining = SerialTask(self._explain)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list with the explanation, and the keys."""
        with Horizontal(id="head"):
            yield Static("Checks", id="name", markup=False)
            field = TextField(placeholder="Type to filter", id="filter", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static("", id="tally", markup=False)
        with Horizontal(id="checks"):
            with Vertical(id="list"):
                yield PickList(COLUMNS, empty="Reading the catalogue…")
            with DetailScroll(id="explained"):
                yield Static("", id="trouble", markup=False)
                yield Markdown("", id="explanation")
        yield KeyBar(CHECKS_KEYS)

    def on_mount(self) -> None:
        """Read the catalogue."""
        run_beside(self, self._load)

    async def _load(self) -> None:
        read = await asyncio.to_thread(self._read)
        if not is_open(self):
            return
        self._rows = [_row(entry) for entry in read]
        self._search_texts = {entry.check_id: _search_text(entry) for entry in read}
        picks = self.query_one(PickList)
        picks.show_rows(self._rows)
        picks.move_to(self._first_check)
        self.refilter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the checks that match."""
        event.stop()
        self.refilter()

    def refilter(self) -> None:
        """Show the checks that contain every typed word; the cursor stays on its check if it is listed."""
        words = self.query_one(Input).value.lower().split()
        rows = [row for row in self._rows if all(word in self._search_texts[row.key] for word in words)]
        picks = self.query_one(PickList)
        if self._rows:
            picks.set_empty_text("No check matches.")
        picks.show_rows(rows)
        total = count(len(self._rows), "check")
        tally = total if len(rows) == len(self._rows) else f"{len(rows)} of {total}"
        self.query_one("#tally", Static).update(tally)
        self._explain_soon()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Explain the check under the cursor once the cursor stays on it."""
        event.stop()
        self._explain_soon()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Filter by a check on a double click."""
        event.stop()
        if event.twice:
            self.action_take()

    def _explain_soon(self) -> None:
        row = self.query_one(PickList).highlighted
        check_id = row.key if row else ""
        if check_id == self._check_id:
            return
        self._check_id = check_id
        self.query_one("#explained").scroll_home(animate=False)
        self._reveal(Content(""), body=bool(check_id) and check_id == self._explained)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CURSOR_PAUSE, self._start_explaining)

    def _start_explaining(self) -> None:
        self._explaining.start()

    async def _explain(self) -> bool:
        check_id = self._check_id
        if not is_open(self) or not check_id or self._explained == check_id:
            return False
        failure: Exception | None = None
        try:
            text = await asyncio.to_thread(whole_explanation, check_id)
            if self._check_id == check_id:
                self._explained = ""
                await self.query_one("#explanation", Markdown).update(text)
        except Exception as error:  # one check that cannot be explained leaves the others readable
            failure = error
        if not is_open(self):
            return False
        if self._check_id != check_id:
            return True
        self._explained = check_id
        self._reveal(cannot_be_shown(failure) if failure else Content(""), body=failure is None)
        return True

    def _reveal(self, trouble: Content, *, body: bool) -> None:
        above = self.query_one("#trouble", Static)
        above.update(trouble)
        above.display = bool(trouble.plain)
        self.query_one("#explanation").visible = body

    def action_take(self) -> None:
        """Close, and filter by the check under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is None:
            self.app.bell()
        else:
            self.dismiss(row.key)

    def action_leave(self) -> None:
        """Go back from the explanation to the list, and from there to the findings."""
        if self.query_one("#explained").has_focus:
            self.action_read()
        else:
            self.dismiss(None)

    def action_read(self) -> None:
        """Move the focus from the filter to the explanation, or back."""
        reading = not self.query_one("#explained").has_focus
        self.set_class(reading, "-reading")
        self.query_one("#explained" if reading else "#filter").focus()


def _row(entry: Entry) -> Row:
    about = entry.about
    short = entry.check_id.removeprefix("aws-")
    if about is None:
        cells = (Cell("?", "muted"), Cell(short), Cell(""), Cell(""), Cell(entry.title, "bad"))
    else:
        severity = SEVERITY_BADGES[about.severity]
        cells = (
            Cell(f"{severity.sign} {severity.word}", SEVERITY_TONES[about.severity]),
            Cell(short),
            Cell(about.service, "muted"),
            Cell(about.category.value, "muted"),
            Cell(about.title, "strong"),
        )
    return Row(entry.check_id, cells, markable=False)


def _search_text(entry: Entry) -> str:
    about = entry.about
    words = [entry.check_id, entry.title]
    if about is not None:
        words += [about.severity, about.service, about.category, about.scope, about.resource_type]
        words += [reference for refs in about.compliance.values() for reference in refs]
    return " ".join(words).lower()
