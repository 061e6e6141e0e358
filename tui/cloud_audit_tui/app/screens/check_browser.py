"""The catalogue without a scan: every check, and beside it what it looks for, why, and how to fix it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Markdown, Static

from cloud_audit_tui.app.keymap import CHECKS_KEYS, bindings
from cloud_audit_tui.app.presentation.check_text import Entry, entries, whole_explanation
from cloud_audit_tui.app.presentation.finding_text import could_not
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.presentation.severity_badges import MARKS
from cloud_audit_tui.app.serial_task import Latest
from cloud_audit_tui.app.widgets.detail import DetailScroll
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

CURSOR_RESTS = 0.08
"""Seconds for which the cursor stays on a check before it is explained; a held key passes by."""
SIDE_BY_SIDE = 100
"""Cells from which the explanation stands beside the list and not below it."""
COLUMNS = (
    Column("Severity", 10, 10),
    Column("Check", 13, 17),
    Column("Service", 7, 25, gives_way=1),
    Column("Category", 8, 11, gives_way=2),
    Column("Title", 28, 60),
)
TONES = {Severity.CRITICAL: "bad", Severity.HIGH: "warning", Severity.MEDIUM: "text", Severity.LOW: "muted"}


class CheckBrowser(ListMoves, Screen[str | None]):
    """Lists the checks and explains the one under the cursor; answers a check's id to see its findings."""

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
        #explanation.-stale { visibility: hidden; }
        KeyBar { margin-top: 0; padding: 0 2; background: $surface; }

        &.-narrow #checks { layout: vertical; }
        &.-narrow #list { padding: 0; }
        &.-narrow #explained { border-left: none; border-top: solid $panel; }
        &.-narrow #explained:focus { border-top: solid $primary; }
        &.-narrow.-reading #list { display: none; }
    }
    """

    def __init__(self, check_id: str = "", *, read: Callable[[], Sequence[Entry]] = entries) -> None:
        """Begin on this check where there is one; ``read`` gives the catalogue and is called in a thread."""
        super().__init__()
        self._begin_on = check_id
        self._read = read
        self._rows: list[Row] = []
        self._found_in: dict[str, str] = {}
        self._wanted = ""
        # The check whose explanation is on the screen; empty while that changes.
        self._told = ""
        self._telling = Latest(self._tell)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list with the explanation, and the keys."""
        with Horizontal(id="head"):
            yield Static("Checks", id="name", markup=False)
            field = Input(placeholder="Type to filter", id="filter", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static("", id="tally", markup=False)
        with Horizontal(id="checks"):
            with Vertical(id="list"):
                yield PickList(COLUMNS, empty="The catalogue is being read…")
            with DetailScroll(id="explained"):
                yield Static("", id="trouble", markup=False)
                yield Markdown("", id="explanation")
        yield KeyBar(CHECKS_KEYS)

    def on_mount(self) -> None:
        """Begin to read the catalogue."""
        self.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        read = await asyncio.to_thread(self._read)
        self._rows = [_row(entry) for entry in read]
        self._found_in = {entry.check_id: _searched(entry) for entry in read}
        picks = self.query_one(PickList)
        picks.show_rows(self._rows)
        picks.move_to(self._begin_on)
        self.refilter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        event.stop()
        self.refilter()

    def refilter(self) -> None:
        """Show the checks in which every typed word is found; the cursor stays on its check if it can."""
        words = self.query_one(Input).value.lower().split()
        rows = [row for row in self._rows if all(word in self._found_in[row.key] for word in words)]
        picks = self.query_one(PickList)
        if self._rows:
            picks.say_when_empty("No check matches.")
        picks.show_rows(rows)
        shown, whole = len(rows), count(len(self._rows), "check")
        self.query_one("#tally", Static).update(whole if shown == len(self._rows) else f"{shown} of {whole}")
        self._explain_soon()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Explain the check under the cursor as soon as the cursor rests."""
        event.stop()
        self._explain_soon()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Show the findings of a check that was clicked twice."""
        event.stop()
        if event.twice:
            self.action_take()

    def _explain_soon(self) -> None:
        row = self.query_one(PickList).highlighted
        wanted = row.key if row else ""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.query_one("#explained").scroll_home(animate=False)
        self._reveal(Content(""), body=bool(wanted) and wanted == self._told)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CURSOR_RESTS, self._begin_to_tell)

    def _begin_to_tell(self) -> None:
        self._telling.begin()

    async def explained(self) -> None:
        """Return once the explanation is that of the check under the cursor."""
        await self._telling.done()

    async def _tell(self) -> bool:
        wanted = self._wanted
        if not self.is_running or not wanted or self._told == wanted:
            return False
        failed: Exception | None = None
        try:
            text = await asyncio.to_thread(whole_explanation, wanted)
            if self._wanted == wanted:
                self._told = ""
                await self.query_one("#explanation", Markdown).update(text)
        except Exception as error:  # one check that cannot be explained leaves the others readable
            failed = error
        if self._wanted != wanted:
            return True
        self._told = wanted
        self._reveal(could_not(failed) if failed else Content(""), body=failed is None)
        return True

    def _reveal(self, trouble: Content, *, body: bool) -> None:
        said = self.query_one("#trouble", Static)
        said.update(trouble)
        said.display = bool(trouble.plain)
        self.query_one("#explanation").set_class(not body, "-stale")

    def action_take(self) -> None:
        """Close, and show the findings of the check under the cursor."""
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
        """Give the keys to the explanation, or back to the list."""
        reads = not self.query_one("#explained").has_focus
        self.set_class(reads, "-reading")
        self.query_one("#explained" if reads else "#filter").focus()


def _row(entry: Entry) -> Row:
    about = entry.about
    short = entry.check_id.removeprefix("aws-")
    if about is None:
        cells = (Cell("?", "muted"), Cell(short), Cell(""), Cell(""), Cell(entry.title, "bad"))
    else:
        shown = MARKS[about.severity]
        cells = (
            Cell(f"{shown.shape} {shown.word}", TONES[about.severity]),
            Cell(short),
            Cell(about.service, "muted"),
            Cell(about.category.value, "muted"),
            Cell(about.title, "strong"),
        )
    return Row(entry.check_id, cells, markable=False)


def _searched(entry: Entry) -> str:
    about = entry.about
    words = [entry.check_id, entry.title]
    if about is not None:
        words += [about.severity, about.service, about.category, about.scope, about.resource_type]
        words += [reference for refs in about.compliance.values() for reference in refs]
    return " ".join(words).lower()
