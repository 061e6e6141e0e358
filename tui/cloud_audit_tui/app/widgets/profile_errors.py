"""The line that says which profiles cannot be scanned, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.status_line import ProfileError


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
    """One line about the profiles that cannot be scanned, or all lines when open; hidden without errors."""

    errors: reactive[tuple[ProfileError, ...]] = reactive((), layout=True)
    open: reactive[bool] = reactive(False, layout=True)
    """Whether the whole text about every profile is shown."""

    def __init__(self, key: str) -> None:
        """Show one line; ``key`` is the user's key that shows all."""
        super().__init__()
        self._hint = f"  {key} shows all"

    def render(self) -> Content:
        """Return the first profile and how many more there are, or a line for each."""
        if self.open:
            return Content("\n").join(map(error_line, self.errors))
        if not self.errors:
            return Content("")
        others = len(self.errors) - 1
        end = f"  +{others} more{self._hint}" if others else ""
        line = error_line(self.errors[0])
        width = self.content_size.width
        if not others and line.cell_length > width:
            end = self._hint
        line = line.truncate(max(width - len(end), 0), ellipsis=True)
        return Content.assemble(line, (end, "$foreground 70%"))

    def watch_errors(self, errors: Sequence[ProfileError]) -> None:
        """Hide the widget without errors."""
        self.display = bool(errors)

    def on_click(self) -> None:
        """Open or close the details."""
        self.open = not self.open
