"""Scrolling by name, for screens whose keys move a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.containers import VerticalScroll

if TYPE_CHECKING:
    from textual.screen import Screen


class TextMoves:
    """The action of a screen that scrolls its only text."""

    def action_scroll_text(self, where: str) -> None:
        """Scroll the text ``up``, ``down``, ``page_up``, ``page_down``, ``home`` or ``end``, at once."""
        text = cast("Screen[Any]", self).query_one(VerticalScroll)
        match where:
            case "up":
                text.scroll_up(animate=False)
            case "down":
                text.scroll_down(animate=False)
            case "page_up":
                text.scroll_page_up(animate=False)
            case "page_down":
                text.scroll_page_down(animate=False)
            case "home":
                text.scroll_home(animate=False)
            case "end":
                text.scroll_end(animate=False)
