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
from cloud_audit_tui.app.widgets.detail_text import (
    Fix,
    Shown,
    coloured,
    evidence,
    headline,
    lead,
    summary,
    told,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.model import Finding

EXPLANATION, CLI, TERRAFORM, EVIDENCE = "explanation", "cli", "terraform", "evidence"

FixOf = Callable[["Finding"], Awaitable[Fix]]


class DetailScroll(VerticalScroll, can_focus=True):
    """One tab's text, scrolled by keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DETAIL_KEYS)]


class Detail(Vertical):
    """Shows one finding; only the tab on top is made, the others when they are asked for."""

    def __init__(self, fix_of: FixOf, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.shown: Shown | None = None
        self._fix_of = fix_of
        self._fix: tuple[Finding, Fix] | None = None
        self._made: set[str] = set()
        self._told = ""
        self._making = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Lay out the headline and the tabs."""
        yield Static("", markup=False, id="headline")
        with TabbedContent(initial=EXPLANATION):
            with TabPane("1 Explanation", id=EXPLANATION), DetailScroll():
                yield Static("", markup=False, id="summary")
                yield Markdown("", id="told")
            with TabPane("2 CLI", id=CLI), DetailScroll():
                yield Static("", markup=False, classes="lead", id="cli-lead")
                yield Static("", markup=False, classes="code", id="cli-text")
            with TabPane("3 Terraform", id=TERRAFORM), DetailScroll():
                yield Static("", markup=False, classes="lead", id="terraform-lead")
                yield Static("", markup=False, classes="code", id="terraform-text")
            with TabPane("4 Evidence", id=EVIDENCE), DetailScroll():
                yield Static("", markup=False, classes="code", id="evidence-text")

    @property
    def tab(self) -> str:
        """The id of the tab on top."""
        return self.query_one(TabbedContent).active

    async def show(self, shown: Shown | None) -> None:
        """Show this finding, or nothing; the same finding again stays where it was scrolled to."""
        before, self.shown = self.shown, shown
        if before is not None and shown is not None and before.finding == shown.finding:
            return
        self._made.clear()
        self.set_class(shown is None, "-nothing")
        if before is None or shown is None or before.key != shown.key:
            for scroll in self.query(DetailScroll):
                scroll.scroll_home(animate=False)
        self.query_one("#headline", Static).update(headline(shown.finding) if shown else Content(""))
        await self._make()

    async def fix(self) -> Fix | None:
        """Return the remediation of the finding that is shown."""
        shown = self.shown
        if shown is None:
            return None
        known = self._fix
        if known is None or known[0] != shown.finding:
            known = self._fix = (shown.finding, await self._fix_of(shown.finding))
        return known[1]

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
    async def _tab_activated(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        await self._make()

    async def _make(self) -> None:
        """Fill the tab on top, unless it holds this finding already."""
        async with self._making:
            tab, shown = self.tab, self.shown
            if shown is None or tab in self._made:
                return
            finding = shown.finding
            if tab == EXPLANATION:
                await self._make_explanation(finding)
            elif tab == EVIDENCE:
                self.query_one("#evidence-text", Static).update(await asyncio.to_thread(evidence, finding))
            else:
                await self._make_fix(tab, finding)
            if self.shown is shown:
                self._made.add(tab)

    async def _make_explanation(self, finding: Finding) -> None:
        self.query_one("#summary", Static).update(summary(finding))
        if self._told != finding.check_id:
            text = await asyncio.to_thread(told, finding.check_id)
            await self.query_one("#told", Markdown).update(text)
            self._told = finding.check_id

    async def _make_fix(self, tab: str, finding: Finding) -> None:
        fix = await self.fix()
        if fix is None:
            return
        text, key, kind, language = (
            (fix.remediation.cli, "c", "CLI script", "bash")
            if tab == CLI
            else (fix.remediation.terraform, "t", "Terraform", "terraform")
        )
        content = await asyncio.to_thread(coloured, text, language)
        self.query_one(f"#{tab}-lead", Static).update(lead(finding, text, key, kind, fix))
        self.query_one(f"#{tab}-text", Static).update(content)
