"""The line that says which profiles cannot be scanned, why, and what to do."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size

    from cloud_audit_tui.app.status_line import ProfileError

MOST_OF_SCREEN = 0.4
"""The share of the screen's height that the texts take at most."""


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
    """Why profiles cannot be scanned: one line, or all that fit when open; hidden without errors."""

    errors: reactive[tuple[ProfileError, ...]] = reactive((), layout=True)
    open: reactive[bool] = reactive(False, layout=True)
    """Whether the whole text about every profile is shown."""

    def __init__(self, key: str, table_key: str) -> None:
        """Show one line; ``key`` is the user's key that shows all, ``table_key`` that which lists them."""
        super().__init__()
        self._hint = f"  {key} shows all"
        self._table_key = table_key

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of all lines that fit when open, else 1."""
        return self._opened(width).get_height({}, width) if self.open else 1

    def _opened(self, width: int) -> Content:
        """Return a text for each profile, and the number of those that do not fit."""
        room = int(self.screen.size.height * MOST_OF_SCREEN)
        lines = [error_line(error) for error in self.errors]
        heights = [line.get_height({}, width) for line in lines]
        if sum(heights) > room:
            fitting = sum(height < room for height in accumulate(heights))
            others = f"+{len(lines) - fitting} more, not assessed in the table ({self._table_key})"
            lines = [*lines[:fitting], Content.styled(others, "$foreground 70%")]
        return Content("\n").join(lines)

    def render(self) -> Content:
        """Return the first profile and how many more there are, or a text for each."""
        if self.open:
            return self._opened(self.content_size.width)
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
