"""The detail pane: the selected finding explained, its fix in two languages, and the evidence."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TabbedContent, Tabs

from cloud_audit_tui.app.host import host_of, is_open
from cloud_audit_tui.app.presentation.finding_text import (
    CLI_SCRIPT,
    TERRAFORM_FILE,
    SelectedFinding,
    cannot_be_shown,
    explanation_markdown,
    headline,
    lead,
    notes,
    notes_title,
    summary,
)
from cloud_audit_tui.app.serial_task import SerialTask
from cloud_audit_tui.app.widgets.detail_parts import (
    BODIES,
    CLI,
    EVIDENCE,
    EXPLANATION,
    TABS,
    TERRAFORM,
)
from cloud_audit_tui.app.widgets.detail_scroll import DetailScroll
from cloud_audit_tui.app.widgets.facts import Facts
from cloud_audit_tui.app.widgets.fold import Fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.timer import Timer

    from cloud_audit_tui.app.finding_reader import FindingReader
    from cloud_audit_tui.model import Finding

CURSOR_PAUSE = 0.08
"""Seconds for which the cursor stays on a row before its detail is read; a held key skips rows."""
WORK = "detail"
"""The group of the workers that read findings."""


class Detail(Vertical):
    """Shows one finding; a tab is filled when it is on top.

    No text of another finding is ever visible: headline and summary change at once, and a text that takes
    time is hidden until it belongs to the finding.

    The tabs are laid out after the first paint, which does not wait for their imports; then `laid_out` is
    set.
    """

    def __init__(
        self,
        findings: FindingReader,
        key_name: Callable[[str], str],
        *,
        can_scan: bool,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        """Show findings of a reader; ``key_name`` returns the user's key of an action.

        Without ``can_scan`` no text tells the user to scan.
        """
        super().__init__(id=id, classes="-nothing")
        self._scan_key = key_name("scan") if can_scan else ""
        self._key_name = key_name
        self.selected: SelectedFinding | None = None
        self.laid_out = asyncio.Event()
        self._first_tab = EXPLANATION
        self._focuses_text = False
        self._findings = findings
        self._row_id: int | None = None
        self._timer: Timer | None = None
        self._filled: dict[str, Finding] = {}
        # The check whose explanation is in the Markdown; empty during a change.
        self._explained = ""
        self._filling = SerialTask(self._fill_tab)
        self._notes_open = False
        self._hint = Content("")

    def compose(self) -> ComposeResult:
        """Lay out the headline; the tabs follow."""
        yield Static("", markup=False, id="headline")

    def on_mount(self) -> None:
        """Lay out the tabs once the screen is painted."""
        self.call_after_refresh(host_of(self).background, self._lay_out, "layout")

    async def _lay_out(self) -> None:
        try:
            tabs = (await asyncio.to_thread(_detail_tabs))(self._first_tab, self._key_name)
            if not is_open(self):
                return
            await self.mount(tabs)
            if not is_open(self):
                return
            # The number keys choose a tab, so Tab goes directly from the table to the text.
            self.query_one(Tabs).can_focus = False
            for fold in self.query(Fold):
                fold.open = self._notes_open
        finally:
            self.laid_out.set()
        if self._focuses_text:
            self.focus_text()

    @property
    def tab(self) -> str:
        """The id of the tab on top."""
        return self.query_one(TabbedContent).active if self.laid_out.is_set() else self._first_tab

    # Which finding

    def select(self, row_id: int | None) -> None:
        """Show the finding of a row once the cursor has stayed on it for `CURSOR_PAUSE`."""
        self._row_id = row_id
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CURSOR_PAUSE, self.reload)

    def show_hint(self, hint: Content) -> None:
        """Show a line in place of the headline while no finding is selected."""
        self._hint = hint
        if self.selected is None:
            self.query_one("#headline", Static).update(hint)

    def select_now(self, row_id: int | None) -> None:
        """Show the finding of a row without a pause."""
        self._row_id = row_id
        self.reload()

    def reload(self) -> None:
        """Read the selected finding again: a scan may have changed it."""
        host_of(self).background(partial(self._load, self._row_id), WORK, exclusive=True)

    async def _load(self, row_id: int | None) -> None:
        selected = await self._findings.selected(row_id)
        await self.laid_out.wait()
        if self._row_id == row_id and is_open(self):
            self.show(selected)
            await self.filled()

    def show(self, selected: SelectedFinding | None) -> None:
        """Show a finding, or nothing; the scroll position is kept for the same finding."""
        before = self.selected
        if before == selected:
            return
        first_line = self._hint
        if selected is not None:
            first_line = headline(selected.finding, verified=bool(selected.verified_at))
        self.selected = selected
        if before is None or selected is None or before.finding != selected.finding:
            # A text that could not be rendered before may be possible now.
            self._filled.clear()
        self.set_class(selected is None, "-nothing")
        if before is None or selected is None or before.key != selected.key:
            for scroll in self.query(DetailScroll):
                scroll.scroll_home(animate=False)
            for tab in TABS:
                belongs = (
                    tab == EXPLANATION
                    and selected is not None
                    and self._explained == selected.finding.check_id
                )
                self._reveal(tab, Content(""), body=belongs)
        self.query_one("#headline", Static).update(first_line)
        self.query_one("#summary", Facts).facts = summary(selected) if selected is not None else ()
        self._filling.start()

    async def filled(self) -> None:
        """Wait until the tab on top has the text of the selected finding."""
        await self._filling.wait()

    # Tabs and focus

    def show_tab(self, tab: str) -> None:
        """Show a tab; the focus stays in the pane if it is there."""
        if not self.laid_out.is_set():
            self._first_tab = tab
            return
        inside = self.has_focus_within
        self.query_one(TabbedContent).active = tab
        if inside:
            self.focus_text()

    def focus_text(self) -> None:
        """Focus the text of the tab on top."""
        if not self.laid_out.is_set():
            self._focuses_text = True
            return
        self.query_one(f"#{self.tab} DetailScroll", DetailScroll).focus()

    def toggle_notes(self) -> None:
        """Unfold or fold the notes of both fixes, and bring unfolded ones into view."""
        self._notes_open = not self._notes_open
        for fold in self.query(Fold):
            fold.open = self._notes_open
        if self._notes_open and self.tab in (CLI, TERRAFORM):
            fold = self.query_one(f"#{self.tab}-notes", Fold)
            self.call_after_refresh(fold.scroll_visible, top=True, animate=False)

    @on(Fold.Clicked)
    def _fold_clicked(self, event: Fold.Clicked) -> None:
        event.stop()
        self.toggle_notes()

    def on_descendant_focus(self) -> None:
        """Mark the pane as focused for the stylesheet; ``:focus-within`` does not reach children."""
        self.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """Mark the pane as not focused."""
        self.remove_class("-focused")

    @on(TabbedContent.TabActivated)
    def _tab_activated(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self._filling.start()

    # Filling the tab on top

    async def _fill_tab(self) -> bool:
        """Fill the tab on top unless it has this finding already; a failure is shown in its place."""
        if not is_open(self) or self.selected is None:
            return False
        tab, finding = self.tab, self.selected.finding
        if self._filled.get(tab) == finding:
            return False
        try:
            above = await self._fill(tab, finding)
            has_failed = False
        except Exception as error:  # a finding or a text that cannot be shown must not end the app
            above, has_failed = cannot_be_shown(error), True
        if not is_open(self):
            return False
        if self._is_selected(finding):
            self._reveal(tab, above, body=not has_failed)
            self._filled[tab] = finding
        return True

    def _is_selected(self, finding: Finding) -> bool:
        return self.selected is not None and self.selected.finding == finding

    def _reveal(self, tab: str, above: Content, *, body: bool) -> None:
        """Show the lead of a tab, and its text only if ``body``: it belongs to the selected finding."""
        lead_widget = self.query_one(f"#{tab}-lead", Static)
        lead_widget.update(above)
        lead_widget.display = bool(above.plain)
        # A hidden text keeps its room, so that nothing jumps until the text belongs to the finding. A class
        # would apply the stylesheet to every block of an explanation.
        self.query_one(f"#{BODIES[tab]}").visible = body
        for fold in self.query(f"#{tab}-notes"):
            fold.visible = body

    async def _fill(self, tab: str, finding: Finding) -> Content:
        """Fill the text of a tab if its finding is still selected, and return its lead."""
        if tab == EXPLANATION:
            await self._explain(finding)
            return Content("")
        if tab == EVIDENCE:
            self._put(tab, await asyncio.to_thread(_evidence, finding), finding)
            return Content("")
        remediation = await self._findings.fix(finding)
        text, copy, kind, language = (
            (remediation.cli, "copy_cli", CLI_SCRIPT, "bash")
            if tab == CLI
            else (remediation.terraform, "copy_terraform", TERRAFORM_FILE, "terraform")
        )
        above = lead(finding, text, kind, remediation)
        below = notes(text, self._key_name(copy), kind, remediation)
        self._put(tab, await asyncio.to_thread(_highlighted, text, language), finding)
        if self._is_selected(finding):
            title = notes_title(below, self._key_name("show_notes"))
            self.query_one(f"#{tab}-notes", Fold).show(title, below)
        return above

    def _put(self, tab: str, content: Content, finding: Finding) -> None:
        if self._is_selected(finding):
            self.query_one(f"#{BODIES[tab]}", Static).update(content)

    async def _explain(self, finding: Finding) -> None:
        if self._explained == finding.check_id:
            return
        from textual.widgets import Markdown  # noqa: PLC0415 - `_lay_out` has imported it

        text = await asyncio.to_thread(explanation_markdown, finding.check_id, self._scan_key)
        if self._is_selected(finding):
            self._explained = ""
            await self.query_one("#explanation-text", Markdown).update(text)
            self._explained = finding.check_id


# Pygments and Markdown are slow to import, so a thread imports them after the first paint.


def _detail_tabs() -> Callable[[str, Callable[[str], str]], TabbedContent]:
    from cloud_audit_tui.app.widgets.detail_tabs import detail_tabs  # noqa: PLC0415

    return detail_tabs


def _evidence(finding: Finding) -> Content:
    from cloud_audit_tui.app.presentation.evidence import evidence  # noqa: PLC0415

    return evidence(finding)


def _highlighted(text: str, language: str) -> Content:
    from cloud_audit_tui.app.presentation.evidence import highlighted  # noqa: PLC0415

    return highlighted(text, language)
