"""The history: the stored scans, and the changes between any two of them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from cloud_audit_tui.app.actions.copy import copy_findings
from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import host_of, is_open
from cloud_audit_tui.app.keymap import HISTORY_KEYS, bindings
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.severity_badges import (
    NOT_ASSESSED,
    SEVERITY_BADGES,
    SEVERITY_TONES,
    badge,
)
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, PickList, Row
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.store.comparison import Cause, ChangeKind, Comparison, counts
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from cloud_audit_tui.store.comparison import Change
    from cloud_audit_tui.store.history import ScanInfo
    from cloud_audit_tui.store.view import Counts
    from cloud_audit_tui.store.view import Row as FindingRow

GROUP = "history"
NO_BREAK = "\N{NO-BREAK SPACE}"
RUNNING = "running"
OUTCOME_TONES = {Outcome.COMPLETE.value: "good", RUNNING: "text"}
CURSOR_PAUSE = 0.08
"""Seconds for which the cursor stays on a scan before it is compared."""
MOST_SCANS = 8
"""The most scans that are visible at once above a comparison."""
SCAN_COLUMNS = (
    Column("When", 16, 16),
    Column("Outcome", 8, 11),
    *(
        Column(each.short or each.word, 5, 6, gives_way=number == 0)
        for number, each in enumerate(SEVERITY_BADGES.values(), 1)
    ),
    Column("Not assessed", 5, 12, gives_way=2, short=NOT_ASSESSED.sign),
    Column("Passed", 6, 6, gives_way=4),
    Column("Muted", 5, 5, gives_way=6),
    Column("Regions", 10, 40, gives_way=3),
    Column("Accounts", 12, 40, gives_way=5),
    Column("Profiles", 8, 40, gives_way=7),
)
NUMBER_COLUMNS = len(SEVERITY_BADGES) + 3
"""The columns of `SCAN_COLUMNS` that hold counts."""
CHANGE_COLUMNS = (
    Column("Change", 11, 11),
    Column("Sev", 6, 6, gives_way=2),
    Column("Check", 11, 17, gives_way=3),
    Column("Title", 16, 56),
    Column("Resource", 10, 40),
    Column("Region", 6, 14, gives_way=1),
    Column("First seen, or reason", 16, 60, short="Seen, or reason"),
)
_KEY_IDS = frozenset(key.id for key in HISTORY_KEYS)
TONES = {
    ChangeKind.NEW: "bad",
    ChangeKind.REOPENED: "warning",
    ChangeKind.FIXED: "good",
    ChangeKind.GONE: "muted",
    ChangeKind.NOT_LOOKED: "muted",
}


class HistoryScreen(DismissedOnce, SessionListener, Screen[None]):
    """Compares the scan under the cursor with the marked one, or with the one before it."""

    AUTO_FOCUS = "#scans"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HISTORY_KEYS)]

    def __init__(self, session: Session) -> None:
        super().__init__(id="history")
        self.session = session
        self.scans: list[ScanInfo] = []
        self.comparison: Comparison | None = None
        self.kind: ChangeKind | None = None
        """The only kind of change that is listed, None for all of them."""
        self._base = ""
        self._rows: Mapping[int, FindingRow] = {}
        self._compared_pair: tuple[str, str] | None = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the scans, the comparison, the detail of a finding, and the keys."""
        yield Static("", id="history-head", markup=False)
        yield FocusList(SCAN_COLUMNS, empty="Reading the scans…", id="scans")
        with Vertical(id="comparison"):
            yield Static("", id="comparison-head", markup=False)
            yield FocusList(CHANGE_COLUMNS, empty="", id="changes")
        can_scan = self.session.opened is None
        yield Detail(self.session.findings, self._key_name, can_scan=can_scan, id="detail")
        yield KeyBar(HISTORY_KEYS)

    def _key_name(self, key_id: str) -> str:
        """Return the user's key of an action, that of this screen where it has one."""
        own = f"history.{key_id}"
        return self.session.key_name(own if own in _KEY_IDS else key_id)

    def on_mount(self) -> None:
        """Read the scans."""
        self._reload()

    @on(RunningJobs.ScanEnded)
    @on(Session.ViewChanged)
    def _reload(self) -> None:
        host_of(self).background(self._load, GROUP, exclusive=True)

    async def _load(self) -> None:
        profiles = self.session.view.profiles
        store = self.session.store
        scans = await asyncio.to_thread(store.scans, profiles)
        counts = await asyncio.to_thread(store.scan_counts, profiles)
        if is_open(self):
            self._show_scans(scans, counts)

    def _show_scans(self, scans: list[ScanInfo], counts: Mapping[str, Counts]) -> None:
        self.scans = scans
        if self._base not in {scan.scan_id for scan in scans}:
            self._base = ""
        scan_list = self.query_one("#scans", FocusList)
        scan_list.set_empty_text("No scan of these profiles is stored.")
        scan_list.styles.height = min(max(len(scans), 2), MOST_SCANS) + 1
        scan_list.show_rows([_scan_row(scan, counts.get(scan.scan_id), self._state(scan)) for scan in scans])
        scan_list.show_marks(frozenset({self._base} - {""}))
        self.query_one("#history-head", Static).update(
            Content.assemble(
                ("History", "bold $text-primary"),
                "   ",
                (
                    f"{formatting.count(len(scans), 'stored scan')} of "
                    f"{formatting.some(self.session.view.profiles, 3)}",
                    "$foreground 75%",
                ),
            )
        )
        self._compare_soon()

    def _state(self, scan: ScanInfo) -> str:
        """Return how a scan has ended; the store cannot tell one that runs from one that was interrupted."""
        running = self.session.jobs.scan
        return RUNNING if running is not None and running.scan_id == scan.scan_id else scan.result

    # Comparing

    def _pair(self) -> tuple[str, str] | None:
        """Return the ids of the scans to compare: the marked or previous one, and that under the cursor."""
        row = self.query_one("#scans", FocusList).highlighted
        if row is None:
            return None
        if self._base and self._base != row.key:
            return self._base, row.key
        ids = [scan.scan_id for scan in self.scans]
        here = self.scans[ids.index(row.key)]
        before = next(
            (
                scan
                for scan in self.scans[ids.index(row.key) + 1 :]
                if set(scan.accounts) & set(here.accounts)
            ),
            None,
        )
        return None if before is None else (before.scan_id, row.key)

    def _compare_soon(self) -> None:
        pair = self._pair()
        if pair is None:
            self._compared_pair = self.comparison = None
            self._show_comparison()
            return
        self._compared_pair = pair
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CURSOR_PAUSE, partial(self._compare, pair))

    def _compare(self, pair: tuple[str, str]) -> None:
        host_of(self).background(partial(self._load_comparison, pair), f"{GROUP}-comparison", exclusive=True)

    async def _load_comparison(self, pair: tuple[str, str]) -> None:
        store = self.session.store
        try:
            comparison = await asyncio.to_thread(store.compare, *pair)
        except LookupError:
            # The scan has been dropped since the list was read.
            self._reload()
            return
        rows = await asyncio.to_thread(store.rows, [change.row_id for change in comparison.changes])
        if is_open(self) and self._compared_pair == pair:
            self.comparison = comparison
            self._rows = {row.row_id: row for row in rows}
            self._show_comparison()

    @notify_on_error
    def _show_comparison(self) -> None:
        head = self.query_one("#comparison-head", Static)
        changes = self.query_one("#changes", FocusList)
        comparison = self.comparison
        if comparison is None:
            head.update(Content.styled(self._no_comparison(), "$foreground 60%"))
            changes.set_empty_text("")
            changes.show_rows([])
            return
        head.update(_comparison_head(comparison, self.kind, self._state))
        listed_changes = [
            (change, self._rows[change.row_id])
            for change in comparison.changes
            if change.row_id in self._rows and self.kind in {None, change.kind}
        ]
        changes.set_empty_text("Nothing changed." if self.kind is None else f"Nothing is {self.kind.label}.")
        changes.show_rows([_change_row(change, row) for change, row in listed_changes])

    def _no_comparison(self) -> str:
        """Return why the scan under the cursor is not compared."""
        row = self.query_one("#scans", FocusList).highlighted
        scan = next((scan for scan in self.scans if row is not None and scan.scan_id == row.key), None)
        if scan is None:
            return ""
        if scan.accounts:
            return "There is no earlier scan to compare with."
        return plain(
            " ".join(
                f"{profile} could not be used: {failure.words}"
                for profile, failure in scan.unusable_profiles.items()
            )
        )

    @on(PickList.Moved, "#scans")
    @notify_on_error
    def _scan_moved(self, event: PickList.Moved) -> None:
        event.stop()
        if self.scans:
            self._compare_soon()

    @on(PickList.Moved, "#changes")
    @notify_on_error
    def _change_moved(self, event: PickList.Moved) -> None:
        event.stop()
        if self.has_class("-reading") and event.control.has_focus:
            self._read_change()

    @on(FocusList.Opened, "#scans")
    def _scan_opened(self, event: FocusList.Opened) -> None:
        event.stop()
        self.query_one("#changes", FocusList).focus()

    @on(FocusList.Opened, "#changes")
    def _change_opened(self, event: FocusList.Opened) -> None:
        event.stop()
        self.add_class("-reading")
        self._read_change()
        self.call_after_refresh(self.query_one(Detail).focus_text)

    def _read_change(self) -> None:
        row = self.query_one("#changes", FocusList).highlighted
        self.query_one(Detail).select_now(int(row.key) if row else None)

    # Keys

    def action_open(self) -> None:
        """Go to the changes, or read the change under the cursor."""
        if isinstance(self.focused, FocusList):
            self.focused.action_open()

    def action_mark(self) -> None:
        """Mark the scan under the cursor as the one to compare others with, or clear its mark."""
        scans = self.query_one("#scans", FocusList)
        row = scans.highlighted
        if row is None or not scans.has_focus:
            self.app.bell()
            return
        self._base = "" if self._base == row.key else row.key
        scans.show_marks(frozenset({self._base} - {""}))
        self._compare_soon()

    def action_next_kind(self) -> None:
        """List only the next kind of change; after the last kind, list all of them."""
        kinds: Sequence[ChangeKind | None] = [None, *ChangeKind]
        self.kind = kinds[(kinds.index(self.kind) + 1) % len(kinds)]
        self._show_comparison()

    def action_copy(self, target: str) -> None:
        """Copy ``cli`` or ``terraform`` of the change under the cursor."""
        row = self.query_one("#changes", FocusList).highlighted
        row_ids = [] if row is None else [int(row.key)]
        copy_findings(self.session, host_of(self), CopyTarget[target.upper()], row_ids, marked=False)

    def action_show_tab(self, tab: str) -> None:
        """Show a tab of the change that is read."""
        if self.has_class("-reading"):
            self.query_one(Detail).show_tab(tab)
        else:
            self.app.bell()

    def action_show_notes(self) -> None:
        """Unfold or fold the notes below a fix of the change that is read."""
        if self.has_class("-reading"):
            self.query_one(Detail).toggle_notes()
        else:
            self.app.bell()

    def action_leave(self) -> None:
        """Go back from the finding to the changes, from there to the scans, then to the findings."""
        changes = self.query_one("#changes", FocusList)
        if self.has_class("-reading"):
            self.remove_class("-reading")
            changes.focus()
        elif changes.has_focus:
            self.query_one("#scans", FocusList).focus()
        else:
            self.dismiss(None)


def _scan_row(scan: ScanInfo, counts: Counts | None, state: str) -> Row:
    if counts is None:
        # The scan has been dropped since the list was read.
        cells = [Cell("–", "muted")] * NUMBER_COLUMNS
    else:
        numbers = [*counts.failed.values(), counts.not_assessed, counts.passed, counts.muted]
        cells = [Cell(f"{number:>5,}", "text" if number else "muted") for number in numbers]
    return Row(
        scan.scan_id,
        (
            Cell(formatting.local_time(scan.started_at) or "not known", "strong"),
            Cell(state, OUTCOME_TONES.get(state, "warning")),
            *cells,
            Cell(formatting.some(scan.regions, 3), "muted"),
            Cell(formatting.some(scan.accounts, 3), "muted"),
            Cell(formatting.some(scan.profiles, 3), "muted"),
        ),
    )


def _change_row(change: Change, row: FindingRow) -> Row:
    verdict = badge(row.status, row.severity)
    since = formatting.local_time(row.first_seen_at)
    last = plain(change.reason) if change.kind is ChangeKind.NOT_LOOKED else since
    if change.cause is Cause.CHECK_CHANGED and change.kind is not ChangeKind.NOT_LOOKED:
        last = f"{since}, {change.cause.value}"
    return Row(
        str(change.row_id),
        (
            Cell(change.kind.label, TONES[change.kind]),
            Cell(f"{verdict.sign} {verdict.short}", SEVERITY_TONES[row.severity]),
            Cell(plain(row.check_id).removeprefix("aws-"), "muted"),
            Cell(plain(row.title), "strong"),
            Cell(plain(row.resource_name or row.resource_id)),
            Cell(plain(row.region) or "–", "muted"),
            Cell(last, "muted"),
        ),
        markable=False,
    )


def _comparison_head(
    comparison: Comparison, kind: ChangeKind | None, state: Callable[[ScanInfo], str]
) -> Content:
    older, newer = (formatting.local_time(scan.started_at) for scan in (comparison.older, comparison.newer))
    pieces = [
        Content.styled(
            f" {number:,} {each.label} ".replace(" ", NO_BREAK),
            "reverse bold" if each is kind else "bold" if number else "$foreground 50%",
        )
        for each, number in counts(comparison).items()
    ]
    pieces.append(
        Content.styled(f" {comparison.unchanged:,} still failing ".replace(" ", NO_BREAK), "$foreground 75%")
    )
    lines = [
        Content.assemble((f"{older} → {newer}  ", "bold $text-primary"), Content(" ").join(pieces)),
    ]
    notes = [
        f"The {name} scan is {state(scan)}."
        for name, scan in (("older", comparison.older), ("newer", comparison.newer))
        if not scan.is_complete
    ]
    if comparison.note_on_checks:
        notes.append(plain(comparison.note_on_checks))
    lines += [Content.styled(" ".join(notes), "$text-warning")] if notes else []
    return Content("\n").join(lines)
