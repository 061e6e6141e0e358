"""The mutes: the findings and the expiry of each, and which ones need a review."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.host import host_of, is_open, run_beside
from cloud_audit_tui.app.keymap import LIST_KEYS, MUTES_KEYS, bindings
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, Row
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.config.audit_file import AuditFileError
from cloud_audit_tui.config.mutes import MuteReview, review
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.view import View
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.config.mutes import Mute

COLUMNS = (
    Column("Findings", 8, 8),
    Column("Check", 13, 24),
    Column("Resource", 12, 40, gives_way=2),
    Column("Where", 8, 30, gives_way=3),
    Column("Until", 10, 10),
    Column("Review", 10, 18),
    Column("Reason", 12, 60, gives_way=1),
)
NO_EXPIRY = "no expiry"
NONE = "Nothing is muted."
UNREAD = "No mute could be read."


class MutesScreen(DismissedOnce, Screen[None]):
    """Lists the mutes of the file; a key removes one."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MUTES_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    MutesScreen {
        background: $background;

        #head { height: 1; padding: 0 2; background: $panel; text-style: bold; color: $text-primary; }
        #list { padding: 1 0 0 0; height: 1fr; }
        #decision { height: auto; min-height: 2; padding: 0 2; color: $text-muted; }
        KeyBar { margin-top: 0; padding: 0 2; background: $surface; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._review: MuteReview | None = None
        self._fault = ""

    def compose(self) -> ComposeResult:
        """Lay out the file's name, the list, the decision under the cursor, and the keys."""
        yield Static(Content(f"Mutes of {plain(self._session.mutes.path.name)}"), id="head", markup=False)
        with Vertical(id="list"):
            yield FocusList(COLUMNS, empty="Reading the mutes…")
        yield Static(id="decision", markup=False)
        yield KeyBar((*MUTES_KEYS, *LIST_KEYS))

    def on_mount(self) -> None:
        """Read the file."""
        self.query_one(FocusList).focus()
        run_beside(self, self._load)

    async def _load(self) -> None:
        try:
            self._review, self._fault = await asyncio.to_thread(self._read), ""
        except (AuditFileError, OSError) as error:
            self._review, self._fault = None, plain(str(error))
        if not is_open(self):
            return
        mutes = self.query_one(FocusList)
        none = f"{NONE} Press {self._session.key_name('mute')} on a finding to mute it."
        mutes.set_empty_text(UNREAD if self._fault else none)
        mutes.show_rows([] if self._review is None else _rows(self._review))
        self._show_decision()

    def _read(self) -> MuteReview:
        session = self._session
        session.mutes.reload()
        view = View(session.view.profiles, (Status.FAIL, Status.NOT_ASSESSED), muted=True)
        rows = session.store.rows(session.store.row_ids(view))
        today = datetime.fromtimestamp(session.clock(), UTC).date()
        return review(session.mutes.file.mutes, rows, list(all_checks()), today)

    def on_pick_list_moved(self, event: FocusList.Moved) -> None:
        """Show the decision under the cursor."""
        event.stop()
        self._show_decision()

    def _show_decision(self) -> None:
        """Show the decision under the cursor, or why the file cannot be read; both may take several lines."""
        mute = self._selected()
        text = self._fault if mute is None else f"Accepted{mute.terms}: {mute.reason}"
        self.query_one("#decision", Static).update(Content(plain(text)))

    def _selected(self) -> Mute | None:
        row = self.query_one(FocusList).highlighted
        return None if row is None or self._review is None else self._review.mutes[int(row.key)]

    def action_take_back(self) -> None:
        """Remove the mute under the cursor from the file."""
        if (mute := self._selected()) is not None:
            # Not of this screen: the findings have to be told although Esc closes it meanwhile.
            host_of(self).background(partial(self._take_back, mute), "mute")

    async def _take_back(self, mute: Mute) -> None:
        try:
            number = await asyncio.to_thread(self._session.mutes.remove, [mute])
        except (AuditFileError, OSError) as error:
            host_of(self).notify(plain(str(error)), title="Mutes", severity="error", markup=False)
            return
        self._session.tell_mutes_changed()
        host_of(self).notify(f"{count(number, 'finding')} unmuted.", title="Mutes", markup=False)
        await self._load()

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss(None)


def _rows(result: MuteReview) -> list[Row]:
    rows = []
    for number, (mute, findings) in enumerate(zip(result.mutes, result.counts, strict=True)):
        faults = ", ".join(result.faults(mute))
        where = " ".join(filter(None, (mute.account, mute.region))) or "everywhere"
        cells = (
            Cell(f"{findings:>8,}", "muted" if not findings else "text"),
            Cell(plain(mute.check), "strong"),
            Cell(plain(mute.resource or "every one")),
            Cell(plain(where), "muted"),
            Cell(str(mute.expires or NO_EXPIRY), "bad" if mute in result.expired else "text"),
            Cell(faults, "warning"),
            Cell(plain(mute.reason), "muted"),
        )
        rows.append(Row(str(number), cells, markable=False))
    return rows
