"""What stands on the screen when the terminal has no room for the app."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

MIN_WIDTH = 60
MIN_HEIGHT = 15


class TooSmall(Widget):
    """One line that asks for more room; the stylesheet shows it instead of everything else."""

    def render(self) -> Content:
        """Return the request with the size that is needed and the one there is."""
        width, height = self.app.size
        return Content(
            f"cloud-audit-tui needs {MIN_WIDTH}×{MIN_HEIGHT} cells; this terminal has {width}×{height}. "
            "Please enlarge it."
        )
