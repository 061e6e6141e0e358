"""The overview: failures by service and region, their trend, what to fix first, and what is unknown."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from cloud_audit_tui.app.actions.copy import copy_and_notify
from cloud_audit_tui.app.actions.copyable import Copyable, CopyTarget
from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import host_of, is_open
from cloud_audit_tui.app.keymap import OVERVIEW_KEYS, bindings
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.overview_sums import (
    NOT_SCANNED,
    UNKNOWN_POINT,
    UNREAD,
    WEIGHTS,
    Sums,
    statement,
    sums,
)
from cloud_audit_tui.app.presentation.severity_badges import SEVERITY_BADGES, SEVERITY_TONES
from cloud_audit_tui.app.refresher import Refresher
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.trail import Place, Walk
from cloud_audit_tui.app.widgets.counts_line import CountsLine
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.heat_table import HEADINGS, HeatTable
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, PickList, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.presentation.overview_sums import Missing, Risk, Trend
    from cloud_audit_tui.store.view import ProfileInfo

RISK_COLUMNS = (
    Column("Sev", 6, 6),
    Column("Check", 13, 17, gives_way=1),
    Column("Title", 20, 60),
    Column("Failing", 7, 7),
    Column("Weight", 6, 6),
    Column("The fix", 7, 26, gives_way=2),
)
MISSING_COLUMNS = (Column("What", 20, 44), Column("Rows", 4, 6), Column("Why", 20, 140))
MOST_ROWS = 10
"""The most rows of a list that are visible at once."""
GROUP = "overview"
LEGEND, LEGEND_OF_REPORT = (
    f"0 nothing fails   {NOT_SCANNED} {unknown}   {UNREAD} some could not be read   "
    "blank: no check of that severity"
    for unknown in ("not scanned", "not in the report")
)
LEGEND_OF_SELECTION = f"{NOT_SCANNED} no failure in the report   {UNREAD} some could not be read"
NO_STATEMENT = "no read was denied that an allow would permit."


class OverviewScreen(DismissedOnce, SessionListener, Screen[Walk | None]):
    """Shows the overview; answers the filter of the opened cell or row, and its place."""

    AUTO_FOCUS = "#services"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OVERVIEW_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (104, "-normal"), (186, "-wide")]  # noqa: RUF012 - declared so by Textual

    def __init__(self, session: Session) -> None:
        super().__init__(id="overview")
        self.session = session
        self.sums = Sums()
        self._place = session.take_place()
        self._arrival: tuple[object, float] | None = None
        """The cursor and the scroll position of the place to which the user has come back."""
        self.refresher: Refresher[Sums] = Refresher(self._read, self._show, self._read_failed)

    def compose(self) -> ComposeResult:
        """Lay out the counts, the trend, the heat tables, the lists and the keys."""
        yield Static("Overview", id="overview-head", markup=False)
        with VerticalScroll(id="overview-body", can_focus=False):
            with Vertical(id="overview-tables"):
                yield CountsLine(id="overview-counts")
                yield Static("", id="overview-trend", markup=False)
                with VerticalScroll(id="overview-heat", can_focus=False), Horizontal(id="overview-columns"):
                    yield HeatTable("Service", id="services")
                    yield HeatTable("Region", id="regions")
                yield Static(self._legend(), id="overview-legend", markup=False)
            with Vertical(id="overview-lists"):
                yield Static("", id="risks-head", classes="part", markup=False)
                yield FocusList(RISK_COLUMNS, empty="", id="risks")
                yield Static("", id="risk-effect", markup=False)
                yield Static("", id="missing-head", classes="part", markup=False)
                yield FocusList(MISSING_COLUMNS, empty="", id="missing")
                yield Static("", id="missing-why", markup=False)
        yield KeyBar(OVERVIEW_KEYS)

    def _legend(self) -> str:
        if self.session.opened is None:
            return LEGEND
        return LEGEND_OF_SELECTION if self._narrowing else LEGEND_OF_REPORT

    def on_mount(self) -> None:
        """Start reading the store, in the part to which the user goes back."""
        if self._place is not None:
            self.query_one(f"#{self._place.part}").focus(scroll_visible=False)
            body = self.query_one("#overview-body")
            self.watch(body, "virtual_size", self._laid_out, init=False)
        host_of(self).background(self.refresher.keep, GROUP)
        self.refresher.changed(urgent=True)

    def on_unmount(self) -> None:
        """Stop reading the store."""
        host_of(self).cancel_background(GROUP)

    # The store

    async def _read(self) -> Sums:
        infos, read = await asyncio.to_thread(self._sums, self.session.view.profiles)
        self.session.learn_stored(infos)
        return read

    @property
    def _narrowing(self) -> str:
        """How the findings of an opened report were chosen; empty for all, and for scans."""
        return self.session.opened.narrowing_words if self.session.opened is not None else ""

    def _sums(self, profiles: tuple[str, ...]) -> tuple[Mapping[str, ProfileInfo], Sums]:
        store = self.session.store
        return store.profiles(profiles), sums(
            store.overview(profiles),
            store.trend(profiles),
            self.session.key_name if self.session.opened is None else None,
            is_selection=bool(self._narrowing),
        )

    async def _show(self, read: Sums) -> None:
        if not is_open(self):
            return
        self.sums = read
        self.query_one("#overview-head", Static).update(self._head())
        self.query_one(CountsLine).sums = read
        self.query_one("#overview-trend", Static).update(
            _trend(read) if self.session.opened is None else _no_trend("A report has none.")
        )
        self.query_one("#services", HeatTable).show(read.services)
        self.query_one("#regions", HeatTable).show(read.regions)
        weights = ", ".join(f"{severity.value} {weight}" for severity, weight in WEIGHTS.items())
        self._head_of("risks", "Fix first", f"failures x weight: {weights}")
        denials = sum(bool(each.actions) for each in read.missing)
        note = ""
        if denials:
            key = self.session.key_name("overview.statement")
            note = f"{key} copies the IAM statement for {formatting.count(denials, 'permission')}"
        self._head_of("missing", "Not assessed or not scanned", note)
        missing = [_missing_row(each) for each in read.missing]
        for name, rows, empty in (
            (
                "risks",
                [_risk_row(risk) for risk in read.risks],
                "No failure is in the report." if self._narrowing else _nothing_fails(read),
            ),
            (
                "missing",
                missing,
                f"The report has {self._narrowing}." if self._narrowing else _nothing_missing(read),
            ),
        ):
            row_list = self.query_one(f"#{name}", FocusList)
            row_list.set_empty_text(empty)
            row_list.styles.height = min(max(len(rows), 2), MOST_ROWS) + 1
            row_list.show_rows(rows)
        self._show_notes()

    def _head_of(self, name: str, title: str, note: str) -> None:
        self.query_one(f"#{name}-head", Static).update(
            Content.assemble((title, "bold $text-primary"), "  ", (note, "$foreground 60%"))
        )

    def _head(self) -> Content:
        view = self.session.view
        infos = self.session.profiles.of_all(view.profiles)
        accounts = list(dict.fromkeys(info.account_id for info in infos if info.account_id))
        scanned_at = max((info.scanned_at for info in infos), default="")
        age = formatting.age(scanned_at, self.session.clock())
        parts = [
            self._narrowing,
            formatting.some(view.profiles, 3),
            formatting.count(len(accounts), "account"),
            f"scanned {age}" if age else "" if scanned_at else "not scanned yet",
        ]
        return Content.assemble(
            ("Overview", "bold $text-primary"), "   ", (" · ".join(filter(None, parts)), "$foreground 75%")
        )

    def _read_failed(self, error: Exception) -> None:
        host_of(self).report_error(error)

    @on(RunningJobs.FindingsStored)
    def _findings_stored(self) -> None:
        self.refresher.changed()

    @on(RunningJobs.ScanEnded)
    @on(RunningJobs.FindingsVerified)
    @on(Session.ViewChanged)
    def _work_ended(self) -> None:
        self.refresher.changed(urgent=True)

    # The cursor

    def _laid_out(self) -> None:
        self.call_later(self._return_to_place)

    def _return_to_place(self) -> None:
        """Go to the place to which the user comes back, and scroll to it until its part has its height."""
        if self._place is None or not self.sums.services or not is_open(self):
            return
        body, part = self.query_one("#overview-body"), self.query_one(f"#{self._place.part}")
        assert isinstance(part, HeatTable | FocusList)
        if self._arrival is None and isinstance(part, HeatTable):
            part.move_to(self._place.row, self._place.column)
        elif self._arrival is None and isinstance(part, FocusList):
            part.move_to(self._place.row)
        elif self._arrival != (part.cursor, body.scroll_y) or not part.has_focus:
            # The user has gone on.
            self._place = None
            return
        if isinstance(part, HeatTable):
            self._scroll_to_line(part, part.cursor[0] + HEADINGS)
        else:
            part.scroll_visible(animate=False, immediate=True)
        self._arrival = part.cursor, body.scroll_y

    def _walk(self, text: str) -> None:
        """Answer a filter and the place of the cursor."""
        part, place = self.focused, None
        if isinstance(part, HeatTable):
            place = Place(part.id or "", part.label, part.cursor[1])
        elif isinstance(part, FocusList) and part.highlighted is not None:
            place = Place(part.id or "", part.highlighted.key)
        self.dismiss(Walk(text, place))

    @on(HeatTable.Moved)
    def _cell_moved(self, event: HeatTable.Moved) -> None:
        event.stop()
        if event.table.has_focus:
            self._scroll_to_line(event.table, event.line)

    def _scroll_to_line(self, table: HeatTable, number: int) -> None:
        for name in ("#overview-heat", "#overview-body"):
            scroll = self.query_one(name, VerticalScroll)
            line = table.region.y + number - scroll.region.y + round(scroll.scroll_y)
            scroll.scroll_to_region(Region(0, line, 1, 1), animate=False, force=True, immediate=True)

    @on(PickList.Moved)
    @notify_on_error
    def _row_moved(self, event: PickList.Moved) -> None:
        event.stop()
        self._show_notes()

    def _show_notes(self) -> None:
        """Show the whole text of the row under the cursor below each list."""
        risk = self._risk()
        effect = (
            [
                ("Interrupts", risk.effect.interrupts),
                ("Costs", risk.effect.costs),
            ]
            if risk and risk.effect
            else []
        )
        lines = [Content.assemble((f"{label}: ", "$foreground 55%"), text) for label, text in effect]
        self.query_one("#risk-effect", Static).update(Content("\n").join(lines))
        missing = self._missing()
        self.query_one("#missing-why", Static).update(Content(plain(missing.why) if missing else ""))

    def _risk(self) -> Risk | None:
        row = self.query_one("#risks", FocusList).highlighted
        return next((risk for risk in self.sums.risks if row and risk.check_id == row.key), None)

    def _missing(self) -> Missing | None:
        row = self.query_one("#missing", FocusList).highlighted
        return next((each for each in self.sums.missing if row and each.key == row.key), None)

    # Keys

    @on(HeatTable.Opened)
    def _cell_opened(self, event: HeatTable.Opened) -> None:
        event.stop()
        self._walk(event.filter)

    @on(FocusList.Opened, "#risks")
    def _risk_opened(self, event: FocusList.Opened) -> None:
        event.stop()
        if risk := self._risk():
            self._walk(risk.filter)

    @on(FocusList.Opened, "#missing")
    def _missing_opened(self, event: FocusList.Opened) -> None:
        event.stop()
        missing = self._missing()
        if missing is None or not missing.filter:
            self.app.bell()
        else:
            self._walk(missing.filter)

    def action_open(self) -> None:
        """Show the findings of the cell or row under the cursor of the focused part."""
        if isinstance(self.focused, HeatTable | FocusList):
            self.focused.action_open()

    def action_copy_statement(self) -> None:
        """Copy the IAM statement that allows what was denied."""
        text = statement(self.sums.missing)
        copyable = Copyable(text, "IAM statement", "statement.json", NO_STATEMENT)
        host = host_of(self)
        host.background(partial(copy_and_notify, host, CopyTarget.STATEMENT, copyable), "copy")

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss(None)


def _trend(read: Sums) -> Content:
    first, last, number = read.trend_span
    if number < 2:  # noqa: PLR2004 - a line needs two points
        words = (
            "One complete scan is stored; the trend begins with the next."
            if number
            else "No complete scan is stored."
        )
        return _no_trend(words)
    span = f"{number} scans, {formatting.local_time(first)} to {formatting.local_time(last)}"
    notes = (
        [f"{UNKNOWN_POINT} not every account had been scanned"]
        if any(UNKNOWN_POINT in each.bars for each in read.trend)
        else []
    )
    notes += ["faint: less was scanned"] if not all(read.trend[0].comparable) else []
    head = Content.assemble(
        ("Trend", "bold $text-primary"), "  ", ("   ".join([span, *notes]), "$foreground 60%")
    )
    return Content("\n").join([head, *map(_trend_line, read.trend)])


def _no_trend(words: str) -> Content:
    return Content.assemble(("Trend  ", "bold $text-primary"), (words, "$foreground 60%"))


def _trend_line(trend: Trend) -> Content:
    badge = SEVERITY_BADGES[trend.severity]
    bars = [
        Content.styled(bar, f"${badge.color}" if comparable else f"${badge.color} 40%")
        for bar, comparable in zip(trend.bars, trend.comparable, strict=True)
    ]
    change = (
        ""
        if trend.change is None
        else "  unchanged"
        if not trend.change
        else f"  {trend.change:+d} since the scan before"
    )
    return Content.assemble(
        (f"{badge.sign} {badge.word:<9}", f"${badge.color}"),
        Content("").join(bars),
        (f"  {'not known' if trend.last is None else trend.last}", "bold"),
        (change, "$foreground 60%"),
    )


def _nothing_fails(read: Sums) -> str:
    if not read.assessed:
        return "Nothing has been assessed."
    return "Nothing that was assessed fails." if read.not_assessed else "Nothing fails."


def _nothing_missing(read: Sums) -> str:
    return "Everything that was scanned could be read." if read.assessed else "Nothing has been scanned."


def _risk_row(risk: Risk) -> Row:
    badge = SEVERITY_BADGES[risk.severity]
    does = " · ".join(risk.effect.risks) if risk.effect else ""
    return Row(
        risk.check_id,
        (
            Cell(f"{badge.sign} {badge.short}", SEVERITY_TONES[risk.severity]),
            Cell(risk.check_id.removeprefix("aws-"), "muted"),
            Cell(risk.title, "strong"),
            Cell(f"{risk.failed:>7,}"),
            Cell(f"{risk.score:>6,}", "muted"),
            Cell(does or ("no interruption, no cost" if risk.effect else "–"), "warning" if does else "good"),
        ),
        markable=False,
    )


def _missing_row(missing: Missing) -> Row:
    return Row(
        missing.key,
        (
            Cell(plain(missing.what), "strong"),
            Cell(f"{missing.number:>4,}" if missing.number else f"{NOT_SCANNED:>4}"),
            Cell(plain(missing.why), "muted"),
        ),
        markable=False,
    )
