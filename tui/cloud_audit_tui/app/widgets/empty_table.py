"""What stands in the place of a table that has no rows: never a blank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.widgets.profile_errors import Failed
    from cloud_audit_tui.store.view import Counts


class EmptyTable(Static):
    """A few centred words with the key that leads on."""


def _lines(title: str, *rest: str, style: str = "bold") -> Content:
    first = Content.styled(title, style)
    return Content("\n\n").join([first, *(Content.styled(line, "$foreground 70%") for line in rest if line)])


def empty_words(
    *,
    profiles: Sequence[str],
    regions: str,
    filter_text: str,
    scanning: bool,
    scanned: bool,
    failures: Sequence[Failed],
    counts: Counts | None,
) -> Content:
    """Return why there is nothing to see and what to do about it."""
    names = formatting.some(profiles)
    failed = {failure.profile for failure in failures}
    if not profiles:
        return _lines("No profile is chosen", "Press p to choose one.")
    if filter_text.strip():
        return _lines("Nothing matches the filter", "Press Esc to see everything again.")
    if scanning:
        return _lines("Scanning…", "Findings appear here as soon as they are found.")
    if failed.issuperset(profiles):
        said = [f"{failure.profile}: {failure.reason} {failure.action}".strip() for failure in failures]
        return _lines("This cannot be scanned", *map(plain, said), style="bold $text-error")
    if not scanned:
        return _lines("No scan yet", f"Press r to scan {names} in {regions}, or g for other regions.")
    if counts is not None and counts.passed:
        return _lines(
            f"✓ Nothing found: {counts.passed:,} passed",
            "Press a to see what passed, r to scan again.",
            style="bold $severity-pass",
        )
    return _lines(
        "Nothing found", "No resource was there to be judged. Press g for other regions, r to scan again."
    )
