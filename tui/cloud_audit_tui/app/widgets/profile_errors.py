"""The lines that say which profiles cannot be scanned, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.status_line import ProfileError

MAX_LINES = 3


def error_line(error: ProfileError) -> Content:
    """Return one line for one profile."""
    parts: list[tuple[str, str]] = [
        ("✗ ", "$text-error"),
        (plain(error.profile), "bold $text-error"),
        (f"  {plain(error.reason)}", ""),
    ]
    if error.action:
        parts.append((f"  {plain(error.action)}", "bold"))
    return Content.assemble(*parts)


class ProfileErrors(Widget):
    """A line for each of the first profiles that cannot be scanned; hidden when there is none."""

    errors: reactive[tuple[ProfileError, ...]] = reactive((), layout=True)

    def render(self) -> Content:
        """Return the lines, the last of them with how many more there are."""
        lines = [error_line(error) for error in self.errors[:MAX_LINES]]
        if len(self.errors) > MAX_LINES:
            lines.append(Content(f"  and {len(self.errors) - MAX_LINES} more; press p to see all"))
        return Content("\n").join(lines)

    def watch_errors(self, errors: Sequence[ProfileError]) -> None:
        """Take no room without errors."""
        self.display = bool(errors)
