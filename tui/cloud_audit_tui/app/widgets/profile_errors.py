"""The lines that say which profiles cannot be scanned, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 3


class Failed(NamedTuple):
    """A profile that cannot be scanned."""

    profile: str
    reason: str
    action: str


def failure_line(failed: Failed) -> Content:
    """Return one line for one profile."""
    parts: list[tuple[str, str]] = [
        ("✗ ", "$text-error"),
        (plain(failed.profile), "bold $text-error"),
        (f"  {plain(failed.reason)}", ""),
    ]
    if failed.action:
        parts.append((f"  {plain(failed.action)}", "bold"))
    return Content.assemble(*parts)


class FailureLines(Widget):
    """Shown only while a profile fails."""

    failures: reactive[tuple[Failed, ...]] = reactive((), layout=True)

    def render(self) -> Content:
        """Return a line for each of the first few profiles."""
        lines = [failure_line(failed) for failed in self.failures[:SHOWN]]
        if len(self.failures) > SHOWN:
            lines.append(Content(f"  and {len(self.failures) - SHOWN} more; press p to see them all"))
        return Content("\n").join(lines)

    def watch_failures(self, failures: Sequence[Failed]) -> None:
        """Take room only when there is something to say."""
        self.display = bool(failures)
