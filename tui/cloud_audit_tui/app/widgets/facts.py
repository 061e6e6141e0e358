"""Lines of a label and a value; a wrapped value hangs under its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Size

LABEL_WIDTH = 11
LEAST_VALUE = 10
"""The fewest cells of a value; a narrower pane cuts the lines."""

Fact = tuple[str, Content]
"""A label and its value; without a label the value has the whole width."""


class Facts(Widget):
    """Shows facts, a line each, more where a value wraps."""

    DEFAULT_CSS = """
    Facts { height: auto; }
    """

    facts: reactive[tuple[Fact, ...]] = reactive((), layout=True)

    def render(self) -> Content:
        """Return the wrapped lines."""
        return Content("\n").join(wrapped(self.facts, self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines for a width."""
        return len(wrapped(self.facts, width))


def wrapped(facts: tuple[Fact, ...], width: int) -> list[Content]:
    """Return the lines of some facts for a width."""
    lines: list[Content] = []
    for label, value in facts:
        indent = LABEL_WIDTH if label else 0
        start = Content.styled(label.ljust(indent), "$foreground 55%")
        for line in value.wrap(max(width - indent, LEAST_VALUE)):
            lines.append(Content.assemble(start, line))
            start = Content(" " * indent)
    return lines
