"""The detail pane: the selected finding explained, its fix in two languages, and the evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static, TabbedContent, TabPane

from cloud_audit_tui.app.keymap import DETAIL_KEYS, bindings
from cloud_audit_tui.app.presentation.finding_text import (
    Fix,
    Shown,
    coloured,
    could_not,
    evidence,
    headline,
    lead,
    summary,
    told,
)
from cloud_audit_tui.app.serial_task import Latest

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.model import Finding

EXPLANATION, CLI, TERRAFORM, EVIDENCE = TABS = ("explanation", "cli", "terraform", "evidence")
BODIES = {EXPLANATION: "told", CLI: "cli-text", TERRAFORM: "terraform-text", EVIDENCE: "evidence-text"}
"""The widget of each tab that takes time to fill; the lead above it is there for what must be said first."""

FixOf = Callable[["Finding"], Awaitable[Fix]]


class DetailScroll(VerticalScroll, can_focus=True):
    """One tab's text, scrolled by keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DETAIL_KEYS)]


class Detail(Vertical):
    """Shows one finding; only the tab on top is made, the others when they are asked for.

    What belongs to another finding is not seen: headline and summary change at once, and every text that
    takes time is hidden until it is this finding's.
    """

    def __init__(self, fix_of: FixOf, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.shown: Shown | None = None
        self._fix_of = fix_of
        self._fix: tuple[Finding, Fix] | None = None
        self._made: dict[str, Finding] = {}
        # The check whose explanation is in the Markdown; empty while that changes.
        self._told = ""
        self._making = Latest(self._make)

    def compose(self) -> ComposeResult:
        """Lay out the headline and the tabs."""
        yield Static("", markup=False, id="headline")
        with TabbedContent(initial=EXPLANATION):
            with TabPane("1 Explanation", id=EXPLANATION), DetailScroll():
                yield Static("", markup=False, id="summary")
                yield Static("", markup=False, classes="lead", id="explanation-lead")
                yield Markdown("", id="told")
            with TabPane("2 CLI", id=CLI), DetailScroll():
                yield Static("", markup=False, classes="lead", id="cli-lead")
                yield Static("", markup=False, classes="code", id="cli-text")
            with TabPane("3 Terraform", id=TERRAFORM), DetailScroll():
                yield Static("", markup=False, classes="lead", id="terraform-lead")
                yield Static("", markup=False, classes="code", id="terraform-text")
            with TabPane("4 Evidence", id=EVIDENCE), DetailScroll():
                yield Static("", markup=False, classes="lead", id="evidence-lead")
                yield Static("", markup=False, classes="code", id="evidence-text")

    @property
    def tab(self) -> str:
        """The id of the tab on top."""
        return self.query_one(TabbedContent).active

    def show(self, shown: Shown | None) -> None:
        """Show this finding, or nothing; the same finding again stays where it was scrolled to."""
        before = self.shown
        if before == shown:
            return
        first_lines = (Content(""), Content(""))
        if shown is not None:
            first_lines = (headline(shown.finding, verified=bool(shown.verified_at)), summary(shown))
        self.shown = shown
        if before is None or shown is None or before.finding != shown.finding:
            # What could not be made may be possible by now.
            self._made.clear()
        self.set_class(shown is None, "-nothing")
        if before is None or shown is None or before.key != shown.key:
            for scroll in self.query(DetailScroll):
                scroll.scroll_home(animate=False)
            for tab in TABS:
                belongs = tab == EXPLANATION and shown is not None and self._told == shown.finding.check_id
                self._reveal(tab, Content(""), body=belongs)
        for name, content in zip(("headline", "summary"), first_lines, strict=True):
            self.query_one(f"#{name}", Static).update(content)
        self._making.begin()

    async def made(self) -> None:
        """Return once the tab on top is that of the finding that is shown."""
        await self._making.done()

    def show_tab(self, tab: str) -> None:
        """Bring a tab to the top, keeping the focus in the pane if it is there."""
        inside = self.has_focus_within
        self.query_one(TabbedContent).active = tab
        if inside:
            self.focus_text()

    def focus_text(self) -> None:
        """Give the keys to the text of the tab on top."""
        self.query_one(f"#{self.tab} DetailScroll", DetailScroll).focus()

    def on_descendant_focus(self) -> None:
        """Let the stylesheet show that the keys act here; ``:focus-within`` does not reach children."""
        self.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """Let the stylesheet show that the keys act elsewhere."""
        self.remove_class("-focused")

    @on(TabbedContent.TabActivated)
    def _tab_activated(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self._making.begin()

    async def _make(self) -> bool:
        """Fill the tab on top, unless it holds this finding already; a failure is told in its place."""
        if not self.is_running or self.shown is None:
            return False
        tab, finding = self.tab, self.shown.finding
        if self._made.get(tab) == finding:
            return False
        try:
            words = await self._fill(tab, finding)
            failed = False
        except Exception as error:  # a finding or a text that cannot be shown must not end the app
            words, failed = could_not(error), True
        if self._is_shown(finding):
            self._reveal(tab, words, body=not failed)
            self._made[tab] = finding
        return True

    def _is_shown(self, finding: Finding) -> bool:
        return self.shown is not None and self.shown.finding == finding

    def _reveal(self, tab: str, words: Content, *, body: bool) -> None:
        """Put words above a tab's text, which is seen only if it belongs to the finding."""
        above = self.query_one(f"#{tab}-lead", Static)
        above.update(words)
        above.display = bool(words.plain)
        self.query_one(f"#{BODIES[tab]}").set_class(not body, "-stale")

    async def _fill(self, tab: str, finding: Finding) -> Content:
        """Fill a tab's text, if its finding is still the one shown by then; returns the words above it."""
        if tab == EXPLANATION:
            await self._tell(finding)
            return Content("")
        if tab == EVIDENCE:
            self._put(tab, await asyncio.to_thread(evidence, finding), finding)
            return Content("")
        fix = await self._fix_for(finding)
        text, key, kind, language = (
            (fix.remediation.cli, "c", "CLI script", "bash")
            if tab == CLI
            else (fix.remediation.terraform, "t", "Terraform", "terraform")
        )
        words = lead(finding, text, key, kind, fix)
        self._put(tab, await asyncio.to_thread(coloured, text, language), finding)
        return words

    def _put(self, tab: str, content: Content, finding: Finding) -> None:
        if self._is_shown(finding):
            self.query_one(f"#{BODIES[tab]}", Static).update(content)

    async def _tell(self, finding: Finding) -> None:
        if self._told == finding.check_id:
            return
        text = await asyncio.to_thread(told, finding.check_id)
        if self._is_shown(finding):
            self._told = ""
            await self.query_one("#told", Markdown).update(text)
            self._told = finding.check_id

    async def _fix_for(self, finding: Finding) -> Fix:
        known = self._fix
        if known is None or known[0] != finding:
            known = self._fix = (finding, await self._fix_of(finding))
        return known[1]
