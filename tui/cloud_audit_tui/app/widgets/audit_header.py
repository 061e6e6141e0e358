"""The head of the main screen: whose account is looked at, where, and how far the scan is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.scanning.scans import ScanState
    from cloud_audit_tui.model import Finding

BAR_WIDTH = 24
WIDE = 100
"""Cells from which the whole bar is drawn, and a third of it below."""
SEPARATOR = "   "


@dataclass(frozen=True)
class Identity:
    """Whose accounts are looked at, in the words of one line."""

    profiles: tuple[str, ...] = ()
    account: str = ""
    caller: str = ""
    regions: str = ""


def account_words(accounts: Sequence[tuple[str, str]]) -> str:
    """Return accounts (id, alias) in words: one with its alias, several with how many more."""
    known = [(plain(number), plain(alias)) for number, alias in accounts if number]
    if len(known) == 1 and known[0][1]:
        return f"{known[0][0]} {known[0][1]}"
    return formatting.some([number for number, _ in known], 1)


class AuditHeader(Widget):
    """Two lines: the identity, then the scan that runs or how old the last one is."""

    identity: reactive[Identity] = reactive(Identity())
    status: reactive[Content] = reactive(Content(""), always_update=True)

    def say(self, status: Content) -> None:
        """Show another status; the same one costs no drawing."""
        if not status.is_same(self.status):
            self.status = status

    def render(self) -> Content:
        """Return both lines, the first without its labels where they do not fit."""
        width = self.content_size.width
        first = self._identity(labels=True)
        if first.cell_length > width:
            first = self._identity(labels=False)
        return Content("\n").join(
            [first.truncate(width, ellipsis=True), self.status.truncate(width, ellipsis=True)]
        )

    def _identity(self, *, labels: bool) -> Content:
        identity = self.identity
        pieces: list[tuple[str, str, str]] = [
            (
                "Profile" if len(identity.profiles) == 1 else "Profiles",
                formatting.some(identity.profiles),
                "bold $primary",
            ),
            ("Account", identity.account, "$foreground"),
            ("Identity", identity.caller, "$foreground"),
            ("Regions", identity.regions, "$foreground"),
        ]
        line: list[Content] = []
        for label, value, style in pieces:
            if value:
                shown = Content.styled(value, style)
                line.append(Content.assemble((f"{label} ", "$foreground 55%"), shown) if labels else shown)
        return Content(SEPARATOR if labels else "  ").join(line) if line else Content("No profile is chosen")


def verifying(findings: Sequence[Finding]) -> Content:
    """Return the words for the findings that are being looked at again; empty for none."""
    if not findings:
        return Content("")
    [name, *others] = [plain(finding.resource_name or finding.resource_id) for finding in findings]
    what = formatting.count(len(findings), "finding") if others or not name else name
    return Content.assemble(("Verifying ", "bold $primary"), what)


def scanning(state: ScanState, elapsed: float, width: int) -> Content:
    """Return the line of a running scan: a bar, units done, calls, time, and how often AWS held it up."""
    share = min(state.done / state.total, 1.0) if state.total else 0.0
    bar_width = BAR_WIDTH if width >= WIDE else BAR_WIDTH // 3
    filled = round(share * bar_width)
    label = "Stopping" if state.asked_to_stop else "Scanning"
    facts = [f"{state.done:,}/{state.total:,}"] if state.total else ["starting"]
    facts += [formatting.count(state.calls, "call"), formatting.duration(elapsed)]
    line = Content.assemble(
        ("━" * filled, "$primary"),
        ("━" * (bar_width - filled), "$foreground 18%"),
        (f" {share:4.0%} ", "bold $primary"),
        f" {label} {formatting.some(state.request.profiles, 1)}",
        ("  " + " · ".join(facts), "$foreground 70%"),
    )
    if state.times_throttled:
        line += Content.styled(f" · throttled {state.times_throttled:,}×", "$warning")
    hint = Content.styled("  esc stops", "$foreground 45%")
    fits = line.cell_length + hint.cell_length <= width
    return line + hint if fits and not state.asked_to_stop else line
