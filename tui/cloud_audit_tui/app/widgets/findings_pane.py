"""The findings of the view: the filter, the table with its headings, and their reads of the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from textual import on
from textual.containers import Vertical
from textual.message import Message

from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import host_of
from cloud_audit_tui.app.judged_severities import JudgedSeverities
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.refresher import Refresher
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.table_page import Page, locate, of_check, read_page
from cloud_audit_tui.app.widgets.column_headings import ColumnHeadings
from cloud_audit_tui.app.widgets.columns import Contents, resized
from cloud_audit_tui.app.widgets.empty_table import EmptyTable, empty_text
from cloud_audit_tui.app.widgets.filter_bar import FilterBar
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.checks.explanation import sources
from cloud_audit_tui.filters.highlight import words_of
from cloud_audit_tui.filters.parse import load_grammar, parse
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.folding import Folding, Grouping

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ChosenRows(NamedTuple):
    """The rows that a key acts on: all ``marked`` ones, or the selected one; none in an empty table."""

    row_ids: tuple[int, ...]
    marked: bool


class FindingsPane(SessionListener, Vertical):
    """Shows the findings of the session's view, and reads the store again when they change."""

    @dataclass
    class PageShown(Message):
        """A new read of the store is on the screen."""

        page: Page

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.session = session
        self.refresher: Refresher[Page] = Refresher(self._read, self._show, self._read_failed)
        self.page: Page | None = None
        is_selection = session.opened is not None and bool(session.opened.narrowing_words)
        self._judged = JudgedSeverities(session.store, is_selection=is_selection)

    def compose(self) -> ComposeResult:
        """Lay out the filter, the headings, the table, and the text that replaces an empty table."""
        yield FilterBar(self._filter_values)
        yield ColumnHeadings()
        yield FindingsTable(self.session.findings.rows, clock=self.session.clock, id="table")
        yield EmptyTable("", markup=False)

    def on_mount(self) -> None:
        """Start reading the store."""
        self.query_one(FilterBar).display = False
        self.query_one(EmptyTable).display = False
        host_of(self).background(self.refresher.keep, "refresher")
        self.refresher.changed(urgent=True)

    @property
    def table(self) -> FindingsTable:
        """The table."""
        return self.query_one(FindingsTable)

    @property
    def is_empty(self) -> bool:
        """Whether the store was read and the view has no rows."""
        return self.page is not None and not self.page.ids

    def choose(self) -> ChosenRows:
        """Return the rows that a key acts on, and keep the cursor on its finding from now on."""
        table = self.table
        table.hold()
        if marked := table.marked_in_order():
            return ChosenRows(tuple(marked), marked=True)
        return ChosenRows(() if table.selected_id is None else (table.selected_id,), marked=False)

    async def mark_failures(self, check_id: str = "") -> int | None:
        """Mark every failure of the view, also in closed groups, and return their number.

        With ``check_id``, mark only the failures of that check and clear all other marks. If the user clears
        the marks while the store is read, mark nothing and return None.
        """
        marked = self.table.marked
        clearings = marked.clearings
        query = self.session.view.query
        view = msgspec.structs.replace(query.view, statuses=(Status.FAIL,))
        where = query.condition(self.session.clock())
        if check_id:
            where = of_check(check_id, where)
        row_ids = await asyncio.to_thread(self.session.store.row_ids, view, where)
        if marked.clearings != clearings:
            return None
        if check_id:
            marked.clear()
        self.table.mark(row_ids)
        return len(row_ids)

    @property
    def check_id(self) -> str:
        """The check of the selected row or group; empty if there is none."""
        group = self.table.selected_group
        if group is not None:
            return group.key if self.session.view.grouping is Grouping.CHECK else ""
        row = self.table.selected_row
        return row.check_id if row else ""

    def open_filter(self) -> None:
        """Open the filter for typing."""
        self.query_one(FilterBar).open()
        host_of(self).background(self._load_grammar, "filter")

    async def _load_grammar(self) -> None:
        # The import of the parser runs in a thread, so that no key waits for it.
        await asyncio.to_thread(load_grammar)

    def _filter_values(self) -> dict[str, list[str]]:
        infos = self.session.profiles.of_all(self.session.view.profiles)
        return {
            "check": list(sources()),
            "profile": list(self.session.view.profiles),
            "account": [name for info in infos for name in (info.alias, info.account_id) if name],
            "region": sorted({region for info in infos for region in info.regions}),
            "service": list(self.page.services if self.page else ()),
        }

    # The store

    async def _read(self) -> Page:
        table = self.table
        page = await asyncio.to_thread(
            read_page,
            self.session.store,
            self.session.view.query,
            table.selection,
            table.window(),
            table.marked.ids,
            now=self.session.clock(),
        )
        if self.session.opened is None:
            return page
        profiles = page.query.view.profiles
        return replace(page, judged=await asyncio.to_thread(self._judged.of, profiles, page.counts))

    async def _show(self, page: Page) -> None:
        view = self.session.view
        self.session.learn_stored(page.profiles)
        if page.query != view.query:
            # The view has changed since this read started, and the next read follows.
            return
        table = self.table
        index = page.index
        now = table.selection
        if now != page.selection and (now.row_id is not None or now.group is not None):
            index = locate(page.ids, page.groups, [now.row_id], now.group)
        self.page = page
        self._fit_columns()
        table.unmark(page.gone)
        table.highlight(words_of(parse(page.query.filter)))
        table.show(page.ids, index, page.rows, page.groups, page.query.folding)
        self.session.selected_row = table.selected_row
        self._update()
        self.post_message(self.PageShown(page))

    def _fit_columns(self) -> None:
        view, profiles = self.session.view, self.session.profiles
        contents = Contents(
            accounts=len(profiles.accounts_of(view.profiles)) > 1,
            profiles=len(profiles.with_account(view.profiles)) > 1,
            check=self.page.longest_check if self.page else 0,
            profile=max(map(len, view.profiles), default=0),
            sort=view.sort,
        )
        self.table.fit_columns(contents, view.columns)

    @on(Session.ColumnsChanged)
    @notify_on_error
    def _columns_changed(self) -> None:
        self._fit_columns()

    @on(ColumnHeadings.Resized)
    @notify_on_error
    def _heading_resized(self, event: ColumnHeadings.Resized) -> None:
        choices = resized(self.table.columns, self.session.view.columns, event.sort, event.cells)
        if choices is not None:
            self.session.show_columns(choices)

    def _read_failed(self, error: Exception) -> None:
        host_of(self).report_error(error)

    @notify_on_error
    def _update(self) -> None:
        view = self.session.view
        self.query_one(ColumnHeadings).order = (view.sort, view.descending)
        filter_bar = self.query_one(FilterBar)
        filter_bar.show_matches(formatting.count(self.page.total if self.page else 0, "match", "matches"))
        empty_table = self.query_one(EmptyTable)
        if self.page is not None and self.is_empty:
            empty_table.update(empty_text(self.session, self.page.counts, self.page.filtered_counts))
        empty_table.display = self.is_empty

    # The session

    @on(Session.ViewChanged)
    @notify_on_error
    def _view_changed(self, event: Session.ViewChanged) -> None:
        self.query_one(FilterBar).show_error("")
        self.query_one(FilterBar).show_text(self.session.view.filter)
        if event.profiles_changed:
            # The header names the new profiles at once, so the old rows must not stay below it.
            self.page = None
            self.table.clear_rows()
        self._update()
        self.refresher.changed(urgent=True)

    @on(RunningJobs.FindingsStored)
    def _findings_stored(self) -> None:
        self.refresher.changed()

    @on(RunningJobs.ScanEnded)
    @on(RunningJobs.FindingsVerified)
    def _work_ended(self) -> None:
        self._update()
        self.refresher.changed(urgent=True)

    @on(RunningJobs.ScanStarted)
    @on(RunningJobs.ScanProgressed)
    @notify_on_error
    def _progressed(self) -> None:
        self.table.show_busy(frozenset(self.session.jobs.verifications.findings))
        if self.is_empty:
            self._update()

    @on(Session.ProfilesLearned)
    def _profiles_learned(self) -> None:
        self._update()

    # The widgets

    @on(FindingsTable.RowSelected)
    def _row_selected(self) -> None:
        self.session.selected_row = self.table.selected_row

    @on(FindingsTable.GroupToggled)
    def _group_toggled(self, event: FindingsTable.GroupToggled) -> None:
        folding = self.session.view.folding
        if event.opened is None or event.opened is not folding.is_open(event.key):
            self.session.fold(folding.toggled(event.key))

    @on(FindingsTable.AllToggled)
    def _all_toggled(self, event: FindingsTable.AllToggled) -> None:
        self.session.fold(Folding(event.opened))

    @on(FindingsTable.MarkAllRequested)
    def _mark_all_requested(self, event: FindingsTable.MarkAllRequested) -> None:
        event.stop()
        host_of(self).background(self._mark_all, "mark")

    async def _mark_all(self) -> None:
        await self.mark_failures()

    @on(FindingsTable.LayoutChanged)
    @notify_on_error
    def _layout_changed(self) -> None:
        self.query_one(ColumnHeadings).columns = self.table.columns

    @on(ColumnHeadings.HeadingClicked)
    def _heading_clicked(self, event: ColumnHeadings.HeadingClicked) -> None:
        view = self.session.view
        self.session.sort_by(event.sort, descending=event.sort is view.sort and not view.descending)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self.session.filter_by(event.text)

    @on(Session.FilterRefused)
    @notify_on_error
    def _filter_refused(self, event: Session.FilterRefused) -> None:
        self.query_one(FilterBar).show_error(event.reason)

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.table.focus()
