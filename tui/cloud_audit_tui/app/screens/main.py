"""The main screen: the findings, the selected one in detail, and the keys that act on them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen

from cloud_audit_tui.app.actions.choose import choose_order, choose_profiles, choose_regions
from cloud_audit_tui.app.actions.columns import choose_columns, sort_by_neighbor
from cloud_audit_tui.app.actions.copy import copy_findings, copy_plain_text
from cloud_audit_tui.app.actions.copy_field import copy_field
from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.actions.export import export_findings
from cloud_audit_tui.app.actions.log_in import log_in
from cloud_audit_tui.app.actions.mute import mute_findings, mute_group
from cloud_audit_tui.app.actions.open_console import open_console
from cloud_audit_tui.app.actions.save import save_findings
from cloud_audit_tui.app.actions.scan import scan
from cloud_audit_tui.app.actions.verify import verify_findings
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import host_of
from cloud_audit_tui.app.keymap import (
    DETAIL_KEYS,
    FILTER_KEYS,
    GROUP_COMMANDS,
    MAIN_KEYS,
    TABLE_KEYS,
    bindings,
    needs_scans,
)
from cloud_audit_tui.app.presentation.group_header import group_hint
from cloud_audit_tui.app.presentation.notices import age_notice
from cloud_audit_tui.app.presentation.stylesheets import later_stylesheets
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.status_line import profile_errors
from cloud_audit_tui.app.widgets.audit_header import AuditHeader
from cloud_audit_tui.app.widgets.breadcrumbs import Breadcrumbs
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import MARKED, FindingsTable
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.min_size_notice import MIN_HEIGHT, MIN_WIDTH, MinSizeNotice
from cloud_audit_tui.app.widgets.profile_errors import ProfileErrors
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts
from cloud_audit_tui.filters.edit import toggle_term
from cloud_audit_tui.model import Disposition, Status
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    import asyncio
    from pathlib import PurePath

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from cloud_audit_tui.app.widgets.severity_counts import Kind


class MainScreen(SessionListener, Screen[None]):
    """Lays out the widgets and runs the actions of the keys."""

    AUTO_FOCUS = "FindingsTable"
    CSS_PATH: ClassVar[list[str | PurePath]] = later_stylesheets()
    COMMANDS_WITHOUT_KEY = GROUP_COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MAIN_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (MIN_WIDTH, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (MIN_HEIGHT, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, session: Session) -> None:
        super().__init__(id="main")
        self.session = session
        can_scan = session.opened is None
        self._detail = Detail(session.findings, session.key_name, can_scan=can_scan, id="detail")
        self._announce_age = False
        self._last_focused: Widget | None = None

    def compose(self) -> ComposeResult:
        """Lay out the screen from top to bottom."""
        yield MinSizeNotice()
        yield AuditHeader(self.session)
        yield SeverityCounts(self.session.key_name)
        yield ProfileErrors(self.session.key_name("show_errors"), self.session.key_name("toggle_unassessed"))
        yield Breadcrumbs(self.session)
        with Vertical(id="body"):
            yield FindingsPane(self.session, id="findings")
            yield self._detail
        yield KeyBar((*FILTER_KEYS, *DETAIL_KEYS, *MAIN_KEYS, *TABLE_KEYS))

    def on_mount(self) -> None:
        """Focus the table."""
        self._pane = self.query_one(FindingsPane)
        self._pane.table.focus()

    @property
    def laid_out(self) -> asyncio.Event:
        """Set once all widgets are mounted, which is after the first paint."""
        return self._detail.laid_out

    # Messages of the widgets and the session

    @on(FindingsPane.PageShown)
    @notify_on_error
    def _page_shown(self, event: FindingsPane.PageShown) -> None:
        self.query_one(AuditHeader).show_counts(event.page.counts)
        self._update_summary()
        self._show_hint()
        # A scan may have changed the selected finding, and an earlier read of it may have failed.
        self._detail.select_now(self._pane.table.selected_id)
        if self._announce_age and not self.session.jobs.scanning:
            notice = age_notice(
                self.session.profiles.of_all(self.session.view.profiles),
                self.session.clock(),
                self.session.key_name,
            )
            if notice is not None:
                self.notify(notice.text, title=notice.title, markup=False)
        self._announce_age = False

    @on(FindingsTable.MarksChanged)
    @on(Session.ProfilesLearned)
    @notify_on_error
    def _update_summary(self) -> None:
        """Show the counts, the number of marks and the profile errors."""
        page, table = self._pane.page, self._pane.table
        self.set_class(self._pane.is_empty, "-empty")
        if self._pane.is_empty:
            # The detail, which may have the focus, is now hidden.
            self.remove_class("-reading")
        counts = self.query_one(SeverityCounts)
        # Zeros would say that somebody has looked.
        counts.counts = page.filtered_counts if page and page.counts.total else None
        counts.judged = page.judged if page else frozenset()
        statuses = self.session.view.statuses
        hidden_kinds: set[Kind] = {
            kind for kind in (Status.PASS, Status.NOT_ASSESSED) if kind not in statuses
        }
        if not self.session.view.query.view.muted:
            hidden_kinds.add(Disposition.MUTED)
        counts.hidden = frozenset(hidden_kinds)
        grouping = self.session.view.grouping
        counts.note = f"by {grouping}" if grouping else ""
        marked, hidden = len(table.marked), table.marks_hidden
        text = f"{MARKED} {marked:,} marked" + (f", {hidden:,} hidden" if hidden else "")
        counts.marked = text if marked else ""
        errors = profile_errors(self.session)
        in_table = self._pane.is_empty and len(errors) == len(self.session.view.profiles)
        self.query_one(ProfileErrors).errors = () if in_table else errors

    @on(Session.ViewChanged)
    def _view_changed(self, event: Session.ViewChanged) -> None:
        if event.profiles_changed:
            self._announce_age = True
            self.query_one(AuditHeader).show_counts(None)
            self._detail.select_now(None)
            self._update_summary()

    @on(Session.ProfilesLearned)
    @on(Session.MutesChanged)
    @on(RunningJobs.FindingsVerified)
    def _finding_changed(self) -> None:
        self._detail.reload()

    @on(FindingsTable.RowSelected)
    def _row_selected(self) -> None:
        self._show_hint()
        # The rows may have changed since the message was posted.
        self._detail.select(self._pane.table.selected_id)

    def _show_hint(self) -> None:
        """Show the effects of the keys on the header of a group, where no finding is selected."""
        group = self._pane.table.selected_group
        if group is None:
            self._detail.show_hint(Content(""))
            return
        can_mute = self.session.opened is None
        grouping = self.session.view.grouping
        self._detail.show_hint(group_hint(group, grouping, self.session.key_name, can_mute=can_mute))

    @on(FindingsTable.RowOpened)
    def _row_opened(self, event: FindingsTable.RowOpened) -> None:
        self._detail.select_now(event.row_id)
        self._detail.focus_text()
        self.add_class("-reading")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the focus, and keep the cursor on the finding that the user reads."""
        if not (self.has_class("-slim") or self.has_class("-flat")):
            self._last_focused = event.widget
        if self._detail.has_focus_within:
            self._pane.table.hold()

    def on_descendant_blur(self) -> None:
        """Focus another widget when the focused one is hidden."""
        self.call_after_refresh(self._restore_focus)

    def on_resize(self) -> None:
        """Restore the focus after the terminal was too small."""
        self.call_after_refresh(self._restore_focus)

    def _restore_focus(self) -> None:
        too_small = self.has_class("-slim") or self.has_class("-flat")
        if self.is_current and not too_small and self.focused is None:
            last = self._last_focused
            (last if last is not None and last.focusable else self._pane.table).focus()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no action that an opened report refuses."""
        is_refused = self.session.opened is not None and needs_scans(action, parameters)
        return None if is_refused else super().check_action(action, parameters)

    def action_copy(self, target: str) -> None:
        """Copy ``cli``, ``terraform`` or ``arn`` of the marked findings, or of the selected one."""
        choice = self._pane.choose()
        if not choice.marked:
            self._detail.select_now(self._pane.table.selected_id)
        copy_target = CopyTarget[target.upper()]
        copy_findings(self.session, host_of(self), copy_target, choice.row_ids, marked=choice.marked)

    def action_copy_text(self) -> None:
        """Copy the text that was selected with the mouse."""
        if text := self.get_selected_text():
            copy_plain_text(host_of(self), text)

    def action_save(self) -> None:
        """Write the fixes of the marked findings, or of the selected one, to a file."""
        save_findings(self.session, host_of(self), self._pane.choose().row_ids)

    def action_export(self) -> None:
        """Write a report of the findings to a file."""
        export_findings(self.session, host_of(self), self._pane.table.marked_in_order())

    def action_verify(self) -> None:
        """Verify the marked findings, or the selected one."""
        verify_findings(self.session, host_of(self), self._pane.choose().row_ids)

    def action_mute(self) -> None:
        """Mute or unmute the marked findings, the selected one, or the selected group."""
        choice = self._pane.choose()
        group = None if choice.marked else self._pane.table.selected_group
        if group is not None:
            mute_group(self.session, host_of(self), group)
        else:
            mute_findings(self.session, host_of(self), choice.row_ids)

    def action_toggle_muted(self) -> None:
        """Show or hide muted findings."""
        self.session.toggle_muted()

    def action_scan(self) -> None:
        """Scan the chosen profiles and regions."""
        scan(self.session, host_of(self))

    def action_log_in(self) -> None:
        """Log in to the chosen profiles whose login has expired, then scan."""
        log_in(self.session, host_of(self))

    def action_pick_profiles(self) -> None:
        """Choose the profiles to show."""
        choose_profiles(self.session, host_of(self))

    def action_pick_regions(self) -> None:
        """Choose the regions to scan."""
        choose_regions(self.session, host_of(self))

    def action_sort(self) -> None:
        """Choose the column that the table is sorted by."""
        choose_order(self.session, host_of(self))

    def action_sort_on(self, columns: int) -> None:
        """Sort by the next or the previous column."""
        sort_by_neighbor(self.session, self._pane.table.columns, columns)

    def action_sort_reverse(self) -> None:
        """Reverse the order."""
        view = self.session.view
        self.session.sort_by(view.sort, descending=not view.descending)

    def action_columns(self) -> None:
        """Show, hide and resize columns."""
        choose_columns(self.session, host_of(self), lambda: self._pane.table.columns)

    def action_copy_field(self) -> None:
        """Copy any field of the selected finding."""
        copy_field(self.session, host_of(self), self._pane.table.selected_id)

    def action_open_console(self) -> None:
        """Open the resource of the selected finding in the AWS console."""
        open_console(self.session, host_of(self), self._pane.table.selected_id)

    def action_back(self) -> None:
        """Go back to the previous view; at the first one, clear the filter."""
        step = self.session.step_back()
        if step is not None:
            host_of(self).action_open_screen(step.screen)
        elif self.session.view.filter:
            self.session.filter_by("")

    def action_filter(self) -> None:
        """Open the filter for typing."""
        self._pane.open_filter()

    def action_group(self) -> None:
        """Group the findings by the next property; after the last one, by none."""
        orders = (None, *Grouping)
        at = orders.index(self.session.view.grouping)
        self.session.group_by(orders[(at + 1) % len(orders)])

    def action_group_by(self, grouping: str) -> None:
        """Group the findings by a property; empty for none."""
        self.session.group_by(Grouping(grouping) if grouping else None)

    def action_fix_check(self) -> None:
        """Mark all failures of the selected check, and copy their fixes as one script."""
        check_id = self._pane.check_id
        if check_id:
            host_of(self).background(partial(self._fix_check, check_id), "mark")
        else:
            key = self.session.key_name("fix_check")
            text = f"Select a finding or the header of a check: {key} fixes all of one check."
            host_of(self).notify(text, title="Fix check", severity="warning", markup=False)

    async def _fix_check(self, check_id: str) -> None:
        count = await self._pane.mark_failures(check_id)
        if count:
            self.action_copy("cli")
        elif count == 0:
            host_of(self).notify(f"No failure of {plain(check_id)} is in the view.", markup=False)

    def action_toggle_unassessed(self) -> None:
        """Show or hide what was not assessed."""
        self.session.toggle_unassessed()

    @on(SeverityCounts.Clicked)
    def _count_clicked(self, event: SeverityCounts.Clicked) -> None:
        match event.kind:
            case Status.PASS:
                self.session.toggle_passes()
            case Status.NOT_ASSESSED:
                self.session.toggle_unassessed()
            case Disposition.MUTED:
                self.session.toggle_muted()
            case severity:
                self.session.filter_by(toggle_term(self.session.view.filter, "severity", severity))

    def action_toggle_passes(self) -> None:
        """Show or hide what passed."""
        self.session.toggle_passes()

    def action_show_tab(self, tab: str) -> None:
        """Show a tab of the detail."""
        self._pane.table.hold()
        self._detail.show_tab(tab)

    def action_show_errors(self) -> None:
        """Toggle between one line and the full reasons why profiles cannot be used."""
        errors = self.query_one(ProfileErrors)
        errors.open = not errors.open

    def action_show_notes(self) -> None:
        """Unfold or fold the notes below a fix."""
        self._detail.toggle_notes()

    def action_leave_detail(self) -> None:
        """Go from the detail back to the table."""
        self.remove_class("-reading")
        self._pane.table.focus()

    def action_cancel(self) -> None:
        """Leave the detail, else clear the marks, else go back or clear the filter, else stop the jobs."""
        if self.has_class("-reading") or self._detail.has_focus_within:
            self.action_leave_detail()
        elif self._pane.table.marked.ids:
            self._pane.table.clear_marks()
        elif self.session.trail or self.session.view.filter:
            self.action_back()
        else:
            self.session.stop()
