"""The main screen: the findings, the selected one in detail, and the keys that act on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer

from cloud_audit_tui.app.actions.choose import choose_order, choose_profiles, choose_regions
from cloud_audit_tui.app.actions.copy import copy_findings, copy_plain_text
from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.actions.log_in import log_in
from cloud_audit_tui.app.actions.save import save_findings
from cloud_audit_tui.app.actions.scan import scan
from cloud_audit_tui.app.actions.verify import verify_findings
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import host_of
from cloud_audit_tui.app.keymap import MAIN_KEYS, bindings
from cloud_audit_tui.app.presentation.notices import age_notice
from cloud_audit_tui.app.scanning.running_scans import RunningScans
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.status_line import profile_errors
from cloud_audit_tui.app.widgets.audit_header import AuditHeader
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import MARKED, FindingsTable
from cloud_audit_tui.app.widgets.min_size_notice import MIN_HEIGHT, MIN_WIDTH, MinSizeNotice
from cloud_audit_tui.app.widgets.profile_errors import ProfileErrors
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget


class MainScreen(SessionListener, Screen[None]):
    """Lays out the widgets and hands each key to its action."""

    AUTO_FOCUS = "FindingsTable"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MAIN_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (MIN_WIDTH, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (MIN_HEIGHT, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, session: Session) -> None:
        super().__init__(id="main")
        self.session = session
        self._announce_age = False
        self._last_focused: Widget | None = None

    def compose(self) -> ComposeResult:
        """Lay out the screen from top to bottom."""
        yield MinSizeNotice()
        yield AuditHeader(self.session)
        yield SeverityCounts()
        yield ProfileErrors()
        with Vertical(id="body"):
            yield FindingsPane(self.session, id="findings")
            yield Detail(self.session.findings, id="detail")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Focus the table."""
        self._pane = self.query_one(FindingsPane)
        self._detail = self.query_one(Detail)
        self._pane.table.focus()

    # What the widgets and the session tell

    @on(FindingsPane.PageShown)
    @notify_on_error
    def _page_shown(self, event: FindingsPane.PageShown) -> None:
        self.query_one(AuditHeader).show_counts(event.page.counts)
        self._update_summary()
        # A scan may have changed the selected finding, and an earlier read of it may have failed.
        self._detail.select_now(self._pane.table.selected_id)
        if self._announce_age and not self.session.scans.running:
            notice = age_notice(
                self.session.profiles.of_all(self.session.view.profiles), self.session.clock()
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
            # The detail, which may have the focus, has nothing more to show.
            self.remove_class("-reading")
            self.call_after_refresh(self._restore_focus)
        counts = self.query_one(SeverityCounts)
        counts.counts = page.filtered_counts if page else None
        counts.note = "passes shown" if self.session.view.passes else ""
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
    @on(RunningScans.FindingsVerified)
    def _finding_changed(self) -> None:
        self._detail.reload()

    @on(FindingsTable.RowSelected)
    def _row_selected(self, event: FindingsTable.RowSelected) -> None:
        self._detail.select(event.row_id)

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

    def on_resize(self) -> None:
        """Focus again what was focused before the terminal was too small."""
        self.call_after_refresh(self._restore_focus)

    def _restore_focus(self) -> None:
        too_small = self.has_class("-slim") or self.has_class("-flat")
        if self.is_current and not too_small and self.focused is None:
            last = self._last_focused
            (last if last is not None and last.focusable else self._pane.table).focus()

    # Keys

    def action_copy(self, target: str) -> None:
        """Copy ``cli``, ``terraform`` or ``arn`` of the marked findings, or of the selected one."""
        chosen = self._pane.choose()
        if not chosen.marked:
            self._detail.select_now(self._pane.table.selected_id)
        copy_target = CopyTarget[target.upper()]
        copy_findings(self.session, host_of(self), copy_target, chosen.row_ids, marked=chosen.marked)

    def action_copy_text(self) -> None:
        """Copy the text that was selected with the mouse."""
        if text := self.get_selected_text():
            copy_plain_text(host_of(self), text)

    def action_save(self) -> None:
        """Write the fixes of the marked findings, or of the selected one, to a file."""
        save_findings(self.session, host_of(self), self._pane.choose().row_ids)

    def action_verify(self) -> None:
        """Verify the marked findings, or the selected one."""
        verify_findings(self.session, host_of(self), self._pane.choose().row_ids)

    def action_scan(self) -> None:
        """Scan the chosen profiles and regions."""
        scan(self.session, host_of(self))

    def action_log_in(self) -> None:
        """Log in to the chosen profiles whose login is over, then scan."""
        log_in(self.session, host_of(self))

    def action_pick_profiles(self) -> None:
        """Choose the profiles to show."""
        choose_profiles(self.session, host_of(self))

    @notify_on_error
    def action_pick_regions(self) -> None:
        """Choose the regions to scan."""
        choose_regions(self.session, host_of(self))

    def action_sort(self) -> None:
        """Choose the column that the table is sorted by."""
        choose_order(self.session, host_of(self))

    def action_filter(self) -> None:
        """Type a filter."""
        self._pane.open_filter()

    def action_toggle_passes(self) -> None:
        """Show or hide what passed."""
        self.session.toggle_passes()

    def action_show_tab(self, tab: str) -> None:
        """Bring a tab of the detail to the top."""
        self._pane.table.hold()
        self._detail.show_tab(tab)

    def action_cancel(self) -> None:
        """Close the detail, clear the marks, clear the filter, or stop what runs: the first that applies."""
        if self.has_class("-reading") or self._detail.has_focus_within:
            self.remove_class("-reading")
            self._pane.table.focus()
        elif self._pane.table.marked.ids:
            self._pane.table.clear_marks()
        elif self.session.view.filter:
            self.session.filter_by("")
        else:
            self.session.stop()
