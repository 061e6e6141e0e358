"""The tabs of the detail pane, empty: imported after the first paint, since Markdown is slow to import."""

from __future__ import annotations

from textual.widgets import Markdown, Static, TabbedContent, TabPane

from cloud_audit_tui.app.widgets.detail_parts import BODIES, CLI, EVIDENCE, EXPLANATION, TERRAFORM
from cloud_audit_tui.app.widgets.detail_scroll import DetailScroll
from cloud_audit_tui.app.widgets.facts import Facts
from cloud_audit_tui.app.widgets.fold import Fold


def detail_tabs(first: str) -> TabbedContent:
    """Return the tabs, with the tab ``first`` on top."""
    tabs = TabbedContent(initial=first)
    for pane in (
        TabPane(
            "1 Explanation",
            DetailScroll(Facts(id="summary"), _lead(EXPLANATION), Markdown("", id=BODIES[EXPLANATION])),
            id=EXPLANATION,
        ),
        TabPane("2 CLI", DetailScroll(_lead(CLI), _code(CLI), Fold(id="cli-notes")), id=CLI),
        TabPane(
            "3 Terraform",
            DetailScroll(_lead(TERRAFORM), _code(TERRAFORM), Fold(id="terraform-notes")),
            id=TERRAFORM,
        ),
        TabPane("4 Evidence", DetailScroll(_lead(EVIDENCE), _code(EVIDENCE)), id=EVIDENCE),
    ):
        tabs.compose_add_child(pane)
    return tabs


def _lead(tab: str) -> Static:
    return Static("", markup=False, classes="lead", id=f"{tab}-lead")


def _code(tab: str) -> Static:
    return Static("", markup=False, classes="code", id=BODIES[tab])
