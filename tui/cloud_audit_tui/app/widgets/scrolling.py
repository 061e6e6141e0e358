"""Scrolling by name, for screens whose keys move a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget


def scroll(widget: Widget, where: str) -> None:
    """Scroll a widget ``up``, ``down``, ``page_up``, ``page_down``, ``home`` or ``end``, at once."""
    match where:
        case "up":
            widget.scroll_up(animate=False)
        case "down":
            widget.scroll_down(animate=False)
        case "page_up":
            widget.scroll_page_up(animate=False)
        case "page_down":
            widget.scroll_page_down(animate=False)
        case "home":
            widget.scroll_home(animate=False)
        case "end":
            widget.scroll_end(animate=False)
