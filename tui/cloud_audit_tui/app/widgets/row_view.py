"""A scrolling widget that draws its own lines."""

from __future__ import annotations

from textual.scroll_view import ScrollView


class RowView(ScrollView):
    """A `ScrollView` whose scrollbar has the right position from the start.

    Textual moves a scrollbar only while it is shown. If the rows come before the size is known, the view
    scrolls before the scrollbar appears, which would then be at the top.
    """

    def watch_show_vertical_scrollbar(self, is_shown: bool) -> None:
        """Move a scrollbar that appears to the position of the view."""
        if is_shown:
            self.vertical_scrollbar.position = self.scroll_y
