"""A scrolling widget that draws its own lines."""

from __future__ import annotations

from textual.scroll_view import ScrollView


class RowView(ScrollView):
    """A `ScrollView` whose scrollbar is in its place from the start.

    Textual moves a scrollbar only while it is shown: one that appears after the view has scrolled, when the
    rows came before the size was known, would stand at the top.
    """

    def watch_show_vertical_scrollbar(self, is_shown: bool) -> None:
        """Move a scrollbar that appears to the position of the view."""
        if is_shown:
            self.vertical_scrollbar.position = self.scroll_y
