"""The tabs of the detail pane, empty: imported after the first paint, since Markdown is slow to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Markdown, Static, TabbedContent, TabPane

from cloud_audit_tui.app.widgets.detail_parts import BODIES, CLI, EVIDENCE, EXPLANATION, TERRAFORM
from cloud_audit_tui.app.widgets.detail_scroll import DetailScroll
from cloud_audit_tui.app.widgets.facts import Facts
from cloud_audit_tui.app.widgets.fold import Fold

if TYPE_CHECKING:
    from collections.abc import Callable


def detail_tabs(first: str, key_name: Callable[[str], str]) -> TabbedContent:
    """Return the tabs, with the tab ``first`` on top; ``key_name`` returns the user's key of an action."""

    def title(name: str, tab: str) -> Content:
        return Content(f"{key_name(f'show_{tab}')} {name}")

    tabs = TabbedContent(initial=first)
    for pane in (
        TabPane(
            title("Explanation", EXPLANATION),
            DetailScroll(Facts(id="summary"), _lead(EXPLANATION), Markdown("", id=BODIES[EXPLANATION])),
            id=EXPLANATION,
        ),
        TabPane(title("CLI", CLI), DetailScroll(_lead(CLI), _code(CLI), Fold(id="cli-notes")), id=CLI),
        TabPane(
            title("Terraform", TERRAFORM),
            DetailScroll(_lead(TERRAFORM), _code(TERRAFORM), Fold(id="terraform-notes")),
            id=TERRAFORM,
        ),
        TabPane(title("Evidence", EVIDENCE), DetailScroll(_lead(EVIDENCE), _code(EVIDENCE)), id=EVIDENCE),
    ):
        tabs.compose_add_child(pane)
    return tabs


def _lead(tab: str) -> Static:
    return Static("", markup=False, classes="lead", id=f"{tab}-lead")


def _code(tab: str) -> Static:
    return Static("", markup=False, classes="code", id=BODIES[tab])
