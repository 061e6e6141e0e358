"""The main screen: the findings, the one under the cursor in detail, and the keys that act on them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer

from cloud_audit_tui.app.actions.ask_inputs import asked
from cloud_audit_tui.app.actions.copy import Piece, copy_and_say, cut
from cloud_audit_tui.app.actions.save import FILE_NAME, cut_all, write_fixes
from cloud_audit_tui.app.actions.verify import notice, to_verify
from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.errors import complains
from cloud_audit_tui.app.keymap import CONTEXTS, MAIN_KEYS, bindings
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.finding_text import Fix, Shown, fix_of, service_of
from cloud_audit_tui.app.refresher import Freshness
from cloud_audit_tui.app.scanning.scans import Scans
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.help import HelpScreen
from cloud_audit_tui.app.status_line import failures, identity, next_regions, region_choice, standing
from cloud_audit_tui.app.system import clipboard
from cloud_audit_tui.app.table_page import Page, find, read_page
from cloud_audit_tui.app.widgets.audit_header import AuditHeader
from cloud_audit_tui.app.widgets.column_headings import ColumnHeadings
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.empty_table import EmptyTable, empty_words
from cloud_audit_tui.app.widgets.filter_bar import FilterBar
from cloud_audit_tui.app.widgets.findings_table import MARKED, FindingsTable
from cloud_audit_tui.app.widgets.min_size_notice import MIN_HEIGHT, MIN_WIDTH, TooSmall
from cloud_audit_tui.app.widgets.profile_errors import FailureLines
from cloud_audit_tui.app.widgets.severity_counts import CountsStrip
from cloud_audit_tui.scan.events import Outcome, TargetFailed
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.store.view import Sort
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.store.view import Row

CURSOR_RESTS = 0.08
"""Seconds for which the cursor stays on a row before its detail is shown; a held key passes by."""
TYPING_RESTS = 0.12
"""Seconds without a keystroke after which the filter is applied."""
TICK = 1.0
KINDS_OF_FILE = "A name that ends in .tf gives Terraform, any other a script for bash. Only you can read it."


class MainScreen(Screen[None]):
    """Everything about the chosen profiles on one screen."""

    AUTO_FOCUS = "FindingsTable"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MAIN_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (MIN_WIDTH, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (MIN_HEIGHT, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(id="main")
        self.freshness: Freshness[Page] = Freshness(self._look, self._show, self._failed)
        self._page: Page | None = None
        self._detail_timer: Timer | None = None
        self._filter_timer: Timer | None = None
        self._progress_at = 0.0
        self._offer_rescan = False

    @property
    def audit(self) -> CloudAuditApp:
        """The app, by its own type."""
        return cast("CloudAuditApp", self.app)

    def compose(self) -> ComposeResult:
        """Lay out the screen from top to bottom."""
        yield TooSmall()
        yield AuditHeader()
        yield CountsStrip()
        yield FailureLines()
        with Vertical(id="body"):
            with Vertical(id="findings"):
                yield FilterBar()
                yield ColumnHeadings()
                yield FindingsTable(self._rows, clock=self.audit.clock, id="table")
                yield EmptyTable("", markup=False)
            yield Detail(self._fix_of, id="detail")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to keep the screen fresh."""
        self._table = self.query_one(FindingsTable)
        self._detail = self.query_one(Detail)
        self._filter = self.query_one(FilterBar)
        self._filter.display = False
        self.query_one(EmptyTable).display = False
        self._table.focus()
        self._draw_header()
        self.audit.background(self.freshness.keep, "freshness")
        self.freshness.changed(urgent=True)
        self.set_interval(TICK, self._tick)

    # The store

    async def _rows(self, row_ids: Sequence[int]) -> list[Row]:
        return await asyncio.to_thread(self.audit.store.rows, list(row_ids))

    async def _fix_of(self, finding: Finding) -> Fix:
        return await asyncio.to_thread(fix_of, finding, self.audit.pasteable)

    async def _look(self) -> Page:
        table = self._table
        return await asyncio.to_thread(
            read_page,
            self.audit.store,
            self.audit.looking.view,
            table.selection,
            table.window,
            table.marked.ids,
        )

    async def _show(self, page: Page) -> None:
        looking = self.audit.looking
        self.audit.acquaintance.stored.update(page.targets)
        if page.view != looking.view:
            # What was looked for has changed meanwhile, and the next look is on its way.
            return
        index = page.index
        now = self._table.selection
        if now != page.selection and now.row_id is not None:
            index = find(page.ids, [now.row_id])
        self._page = page
        self._table.show_accounts(len(looking.profiles) > 1 or looking.sort is Sort.ACCOUNT)
        self._table.unmark(page.gone)
        self._table.show(page.ids, index, page.rows)
        self._draw()
        # A rescan may have changed what the same row says, and a look before this one may have failed.
        self._show_detail_again()
        if self._offer_rescan:
            self._offer_rescan = False
            self._say_age()

    def _failed(self, error: Exception) -> None:
        self.audit.complain(error)

    # Drawing

    @complains
    def _draw(self) -> None:
        page, looking = self._page, self.audit.looking
        failed = failures(looking.profiles, self.audit.acquaintance)
        self._draw_header()
        headings = self.query_one(ColumnHeadings)
        headings.order = (looking.sort, looking.descending)
        strip = self.query_one(CountsStrip)
        strip.counts = page.counts if page else None
        strip.note = "passes shown" if looking.passes else ""
        self._draw_marks()
        self._filter.show_matches(formatting.count(self._table.row_count, "match", "matches"))
        empty = page is not None and not page.ids
        no_rows = self.query_one(EmptyTable)
        if empty and page is not None:
            known = [self.audit.acquaintance.of(name) for name in looking.profiles]
            no_rows.update(
                empty_words(
                    profiles=looking.profiles,
                    regions=next_regions(self.audit),
                    filter_text=looking.text,
                    scanning=self.audit.scans.scanning(looking.profiles),
                    scanned=any(info.scanned_at for info in known),
                    failures=failed,
                    counts=page.counts,
                )
            )
        no_rows.display = empty
        self.set_class(empty, "-empty")
        all_failed = empty and len(failed) == len(looking.profiles)
        self.query_one(FailureLines).failures = () if all_failed else failed

    @complains
    def _draw_header(self) -> None:
        header = self.query_one(AuditHeader)
        audit = self.audit
        header.identity = identity(audit)
        counts = self._page.counts if self._page else None
        since = audit.clock() - self._progress_at
        header.say(standing(audit, counts, since, header.content_size.width or MIN_WIDTH))

    @on(FindingsTable.MarksChanged)
    @complains
    def _draw_marks(self) -> None:
        marked, hidden = len(self._table.marked), self._table.marks_hidden
        said = f"{MARKED} {marked:,} marked" + (f", {hidden:,} hidden" if hidden else "")
        self.query_one(CountsStrip).marked = said if marked else ""

    def _tick(self) -> None:
        if self.is_current or self.audit.scans.running:
            self._draw_header()

    def on_resize(self) -> None:
        """Let the header use the new width."""
        self.call_after_refresh(self._draw_header)

    @on(FindingsTable.LayoutChanged)
    @complains
    def _columns_moved(self) -> None:
        self.query_one(ColumnHeadings).columns = self._table.columns

    # The cursor and the detail

    @on(FindingsTable.RowSelected)
    @complains
    def _row_selected(self, event: FindingsTable.RowSelected) -> None:
        if self._detail_timer is not None:
            self._detail_timer.stop()

        def load() -> None:
            self.audit.background(partial(self._show_detail, event.row_id), "detail", exclusive=True)

        self._detail_timer = self.set_timer(CURSOR_RESTS, load)

    async def _show_detail(self, row_id: int | None) -> None:
        shown = await self._shown(row_id)
        if self._table.selected_id == row_id:
            self._detail.show(shown)
            await self._detail.made()

    def _show_detail_again(self) -> None:
        row_id = self._table.selected_id
        self.audit.background(partial(self._show_detail, row_id), "detail", exclusive=True)

    async def _shown(self, row_id: int | None) -> Shown | None:
        """Return the finding of a row as the store has it now."""
        if row_id is None:
            return None
        rows = await self._rows([row_id])
        finding = await asyncio.to_thread(self.audit.store.finding, row_id)
        if not rows or finding is None:
            return None
        info = self.audit.acquaintance.of(finding.profile)
        alias = info.alias if info.account_id == finding.account_id else ""
        service = await asyncio.to_thread(service_of, finding.check_id)
        return Shown(rows[0].key, row_id, finding, alias, service, rows[0].verified_at)

    @on(FindingsTable.RowOpened)
    def _row_opened(self, event: FindingsTable.RowOpened) -> None:
        self.audit.background(partial(self._show_detail, event.row_id), "detail", exclusive=True)
        self._detail.focus_text()
        self.add_class("-reading")

    def _close_detail(self) -> None:
        self.remove_class("-reading")
        self._table.focus()

    def action_show_tab(self, tab: str) -> None:
        """Bring a tab of the detail to the top."""
        self._table.hold()
        self._detail.show_tab(tab)

    # Copying

    def _copy(self, piece: Piece) -> None:
        row_id = self._table.selected_id
        if marked := self._table.marked_in_order():
            self.audit.background(partial(self._copy_of_all, marked, piece), "copy")
        elif row_id is None:
            self.notify(
                "There is no finding to copy from.", title=str(piece), severity="warning", markup=False
            )
        else:
            self._table.hold()
            self.audit.background(partial(self._copy_of, row_id, piece), "copy")

    async def _copy_of(self, row_id: int, piece: Piece) -> None:
        """Copy from the finding that was selected when the key was pressed, whatever happens since."""
        shown = await self._shown(row_id)
        if shown is None:
            return
        if self._table.selected_id == row_id:
            self._detail.show(shown)
        fix = await asked(self.audit, piece, shown.finding, await self._fix_of(shown.finding))
        if fix is not None:
            await copy_and_say(self.app, piece, cut(piece, shown, fix))

    async def _copy_of_all(self, row_ids: Sequence[int], piece: Piece) -> None:
        findings = await asyncio.to_thread(self.audit.store.findings, row_ids)
        cutting = await asyncio.to_thread(cut_all, findings, piece, self.audit.pasteable)
        await copy_and_say(self.app, piece, cutting)

    def action_save(self) -> None:
        """Write the fixes of the marked findings, or of the selected one, to a file."""
        row_ids = self._chosen_ids("Save")
        if row_ids:
            self.audit.background(partial(self._save, row_ids), "save", exclusive=True)

    async def _save(self, row_ids: Sequence[int]) -> None:
        findings = await asyncio.to_thread(self.audit.store.findings, row_ids)

        async def write(path: Path, replace: bool) -> str:
            environment = self.audit.pasteable
            return await asyncio.to_thread(write_fixes, path, findings, environment, replace=replace)

        def written(said: str | None) -> None:
            if said:
                self.notify(said, title="Written", timeout=10, markup=False)

        title = f"Save the fixes of {formatting.count(len(findings), 'finding')}"
        self.app.push_screen(SaveDialog(title, KINDS_OF_FILE, f"{FILE_NAME}.sh", write), written)

    def _chosen_ids(self, title: str) -> list[int]:
        """Return the ids of the marked rows or of the selected one; says so when there is none."""
        row_id = self._table.selected_id
        if row_id is None and not self._table.marked.ids:
            self.notify("There is no finding to choose.", title=title, severity="warning", markup=False)
            return []
        self._table.hold()
        return self._table.marked_in_order() or [row_id or 0]

    # Verifying

    def action_verify(self) -> None:
        """Look again at the marked findings, or at the selected one."""
        row_ids = self._chosen_ids("Verify")
        if row_ids:
            self.audit.background(partial(self._verify, row_ids), "verify")

    async def _verify(self, row_ids: Sequence[int]) -> None:
        scans = self.audit.scans
        wanted, why_not = await asyncio.to_thread(to_verify, self.audit.store, row_ids)
        if wanted and all(finding_key(finding) in scans.verifying for finding in wanted):
            why_not, wanted = "This is being done already. Esc stops it.", []
        if wanted:
            await scans.verify(wanted)
        else:
            self.notify(why_not, title="Nothing to verify", severity="warning", markup=False)

    @on(Scans.FindingsVerified)
    @complains
    def _findings_verified(self, event: Scans.FindingsVerified) -> None:
        self.freshness.changed(urgent=True)
        self._show_detail_again()
        said = notice(event.results)
        self.notify(said.words, title=said.title, severity=said.severity, timeout=10, markup=False)

    @on(Scans.TargetWorks)
    @complains
    def _target_works(self, event: Scans.TargetWorks) -> None:
        if isinstance(self.audit.acquaintance.heard.get(event.profile), TargetFailed):
            del self.audit.acquaintance.heard[event.profile]

    def action_copy_cli(self) -> None:
        """Copy the AWS CLI script of the selected finding."""
        self._copy(Piece.CLI)

    def action_copy_terraform(self) -> None:
        """Copy the Terraform of the selected finding."""
        self._copy(Piece.TERRAFORM)

    def action_copy_arn(self) -> None:
        """Copy the ARN of the selected finding's resource."""
        self._copy(Piece.ARN)

    def action_copy_text(self) -> None:
        """Copy what was marked with the mouse."""
        text = self.get_selected_text()
        if text:
            self.audit.background(partial(self._copy_marked, text), "copy")

    async def _copy_marked(self, text: str) -> None:
        copied = await clipboard.copy(self.app, text)
        self.notify(
            copied.note,
            title="Selected text",
            severity="information" if copied.known else "warning",
            markup=False,
        )

    # Profiles and regions

    @complains
    def look_at(self, profiles: tuple[str, ...]) -> None:
        """Show the findings of other profiles, from the store at once."""
        looking = self.audit.looking
        if profiles != looking.profiles:
            looking.profiles = profiles
            self._table.forget_selection()
            self._offer_rescan = True
        self.audit.identify(profiles)
        self._draw_header()
        self.freshness.changed(urgent=True)

    def action_pick_profiles(self) -> None:
        """Choose the profiles to look at."""
        self.audit.background(self._pick_profiles, "pick", exclusive=True)

    async def _pick_profiles(self) -> None:
        audit = self.audit
        names = [profile.name for profile in audit.profiles]
        audit.acquaintance.stored.update(await asyncio.to_thread(audit.store.targets, names))
        states = {name: audit.acquaintance.of(name) for name in names}

        def picked(chosen: list[str] | None) -> None:
            if chosen:
                self.look_at(tuple(chosen))

        self.app.push_screen(ProfilePicker(audit.profiles, states, audit.looking.profiles), picked)

    @complains
    def action_pick_regions(self) -> None:
        """Choose the regions to scan."""
        looking = self.audit.looking
        regions, note = region_choice(self.audit)

        def picked(chosen: list[str] | None) -> None:
            if chosen is not None and tuple(chosen) != looking.regions:
                looking.regions = tuple(chosen)
                self._draw()
                self.notify(
                    f"The next scan is of {formatting.regions(chosen)}; press r to start it.", markup=False
                )

        self.app.push_screen(RegionPicker(regions, looking.regions, note), picked)

    @complains
    def _say_age(self) -> None:
        ages = [
            f"{plain(name)}: {age}"
            for name in self.audit.looking.profiles[:3]
            if (age := formatting.age(self.audit.acquaintance.of(name).scanned_at, self.audit.clock()))
        ]
        if ages and not self.audit.scans.running:
            self.notify(
                f"{'; '.join(ages)}. Press r to scan again.", title="Results of the last scan", markup=False
            )

    # Scanning

    def action_scan(self) -> None:
        """Scan the chosen profiles and regions now."""
        if self.audit.scans.running:
            self.notify("A scan is running already. Esc stops it.", severity="warning", markup=False)
        elif not self.audit.looking.profiles:
            self.action_pick_profiles()
        else:
            self.audit.start_scan()

    def action_cancel(self) -> None:
        """Close what is open: the detail, the marks, then the filter; with nothing open, stop what runs."""
        if self.has_class("-reading") or self._detail.has_focus_within:
            self._close_detail()
        elif self._table.marked.ids:
            self._table.clear_marks()
        elif self.audit.looking.text:
            self._filter.action_clear_filter()
        elif self.audit.scans.running:
            self.audit.background(self.audit.scans.cancel, "cancel")
        elif self.audit.scans.verifying:
            self.audit.background(self.audit.scans.cancel_verifying, "cancel")

    @on(Scans.Progressed)
    @complains
    def _progressed(self) -> None:
        self._progress_at = self.audit.clock()
        self._table.show_busy(frozenset(self.audit.scans.verifying))
        self._draw_header()
        if self._page is not None and not self._page.ids:
            self._draw()

    @on(Scans.ResultsStored)
    def _results_stored(self) -> None:
        self.freshness.changed()

    @on(Scans.TargetKnown)
    @complains
    def _target_known(self, event: Scans.TargetKnown) -> None:
        self.audit.acquaintance.heard[event.target.profile] = event.target
        self._draw()
        self._show_detail_again()
        if isinstance(self.app.screen, ProfilePicker):
            profile = event.target.profile
            self.app.screen.update_states({profile: self.audit.acquaintance.of(profile)})

    @on(Scans.InputAsked)
    @complains
    def _input_asked(self, event: Scans.InputAsked) -> None:
        self.audit.ask(event.needed)

    @on(Scans.Finished)
    @complains
    def _finished(self, event: Scans.Finished) -> None:
        self._draw()
        self.freshness.changed(urgent=True)
        finished = event.finished
        found = formatting.count(finished.failed, "finding")
        tally = f"{found}, {finished.passed:,} passed, {finished.not_assessed:,} not assessed"
        match finished.outcome:
            case Outcome.COMPLETE:
                self.notify(
                    f"{tally}, in {formatting.duration(finished.elapsed)}.",
                    title="Scan complete",
                    markup=False,
                )
            case Outcome.CANCELLED:
                self.notify(
                    f"What was found is kept: {tally}.",
                    title="Scan stopped",
                    severity="warning",
                    markup=False,
                )
            case Outcome.FAILED:
                self.notify(
                    plain(finished.message) or "The scanner gave no reason.",
                    title="The scan failed",
                    severity="error",
                    timeout=15,
                    markup=False,
                )

    # Filter, order, passes

    def action_filter(self) -> None:
        """Type words that narrow the table."""
        self._filter.open()

    @on(FilterBar.Changed)
    @complains
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        if self._filter_timer is not None:
            self._filter_timer.stop()

        def apply() -> None:
            self.audit.looking.text = event.text.strip()
            self.freshness.changed(urgent=True)

        if event.text:
            self._filter_timer = self.set_timer(TYPING_RESTS, apply)
        else:
            apply()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._table.focus()

    def action_browse_checks(self) -> None:
        """Open the catalogue, on the check of the selected finding."""
        row = self._table.selected_row
        self._table.hold()
        self.app.push_screen(CheckBrowser(row.check_id if row else ""), self._look_for)

    @complains
    def _look_for(self, check_id: str | None) -> None:
        if check_id:
            self._filter.narrow_to(check_id)

    def _order_by(self, chosen: tuple[Sort, bool] | None) -> None:
        if chosen is not None:
            self.audit.looking.sort, self.audit.looking.descending = chosen
            self.freshness.changed(urgent=True)

    def action_sort(self) -> None:
        """Choose the column that orders the table."""
        looking = self.audit.looking
        self.app.push_screen(SortPicker(looking.sort, looking.descending), self._order_by)

    @on(ColumnHeadings.SortAsked)
    def _sort_asked(self, event: ColumnHeadings.SortAsked) -> None:
        looking = self.audit.looking
        self._order_by((event.sort, event.sort is looking.sort and not looking.descending))

    def action_toggle_passes(self) -> None:
        """Show or hide what passed."""
        self.audit.looking.passes = not self.audit.looking.passes
        self.freshness.changed(urgent=True)

    # The app

    def action_help(self) -> None:
        """Show every key."""
        self.app.push_screen(HelpScreen(CONTEXTS))

    def action_toggle_theme(self) -> None:
        """Change between dark and light."""
        self.audit.action_toggle_theme()

    def action_quit(self) -> None:
        """Leave; what was found is kept."""
        self.app.exit()
