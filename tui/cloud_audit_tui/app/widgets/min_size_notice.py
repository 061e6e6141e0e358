"""The notice that replaces the screen when the terminal is too small for the app."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

MIN_WIDTH = 60
MIN_HEIGHT = 15


class MinSizeNotice(Widget):
    """Asks for a larger terminal; the stylesheet shows it instead of the other widgets."""

    def render(self) -> Content:
        """Return the required size and the current one."""
        width, height = self.app.size
        return Content(
            f"cloud-audit-tui needs {MIN_WIDTH}×{MIN_HEIGHT} cells; this terminal has {width}×{height}. "
            "Please enlarge it."
        )
