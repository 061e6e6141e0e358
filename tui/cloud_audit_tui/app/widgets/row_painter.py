"""The lines of the findings table: a row, the header of a group, a row that is not read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cloud_audit_tui.app.presentation.group_header import header_pieces
from cloud_audit_tui.app.presentation.severity_badges import NOT_ASSESSED, PASSED, SEVERITY_BADGES
from cloud_audit_tui.app.widgets.columns import badge_of, cell
from cloud_audit_tui.filters.highlight import spans
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from cloud_audit_tui.app.widgets.columns import Column
    from cloud_audit_tui.filters.highlight import Word
    from cloud_audit_tui.store.groups import Group
    from cloud_audit_tui.store.view import Row

STRIPS_KEPT = 512
CURSOR_BAR = "▌"
PLACEHOLDER = "·"
MATCHED = (Sort.CHECK, Sort.TITLE, Sort.RESOURCE)
"""The columns in which the words of the filter are highlighted."""
CURSOR, CURSOR_BLURRED = "findings--cursor", "findings--cursor-blurred"
HOVER, MARKED_ROW, GROUP = "findings--hover", "findings--marked", "findings--group"
MARK, DIM, TITLE, MATCH = "findings--mark", "findings--dim", "findings--title", "findings--match"
COMPONENTS = frozenset(
    {
        *(CURSOR, CURSOR_BLURRED, HOVER, MARKED_ROW, GROUP, MARK, DIM, TITLE, MATCH),
        *(f"findings--{each.color}" for each in (*SEVERITY_BADGES.values(), NOT_ASSESSED, PASSED)),
    }
)
"""The component classes whose styles a stylesheet sets."""


class RowPainter:
    """Draws lines with the styles of a widget, and keeps those that were drawn last.

    A *ground* is the component class of a whole line, empty for a plain one; a *part* is that of a cell.
    """

    def __init__(self, widget: Widget, clock: Callable[[], float]) -> None:
        self._widget = widget
        self._clock = clock
        self._styles: dict[tuple[str, str], Style] = {}
        self._strips: dict[int, tuple[Row, dict[tuple[str, str], Strip]]] = {}
        self._columns: tuple[Column, ...] = ()
        self._words: tuple[Word, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, whose cells are drawn from left to right."""
        return self._columns

    def place(self, columns: tuple[Column, ...]) -> None:
        """Draw other columns from now on."""
        self._columns = columns
        self._strips.clear()

    def highlight(self, words: tuple[Word, ...]) -> bool:
        """Let the words of a filter stand out from now on; return whether they are others than before."""
        if words == self._words:
            return False
        self._words = words
        self._strips.clear()
        return True

    def restyle(self) -> None:
        """Drop what has the colors of before."""
        self._styles.clear()
        self._strips.clear()

    def blank(self, width: int) -> Strip:
        """Return a line without a row."""
        return Strip.blank(width, self._style("", ""))

    def row(self, row: Row, ground: str, glyph: str, width: int) -> Strip:
        """Return the line of a row, with a glyph between the cursor's bar and the first column."""
        if ground == HOVER:
            return self._draw(row, ground, glyph, width)
        if len(self._strips) > STRIPS_KEPT:
            self._strips.clear()
        drawn_row, strips = self._strips.get(row.row_id, (row, {}))
        if drawn_row is not row:
            strips = {}
        self._strips[row.row_id] = (row, strips)
        if (ground, glyph) not in strips:
            strips[ground, glyph] = self._draw(row, ground, glyph, width)
        return strips[ground, glyph]

    def header(self, group: Group, ground: str, width: int, *, is_open: bool) -> Strip:
        """Return the line of a group's header."""
        normal = self._style(ground or GROUP, "")
        bar = _bar(ground)
        pieces = header_pieces(group, is_open=is_open, width=width - len(bar))
        segments = [Segment(bar, normal)]
        segments += [
            Segment(text, self._style(ground or GROUP, f"findings--{part}") if part else normal)
            for text, part in pieces
        ]
        return Strip(segments).adjust_cell_length(width, normal)

    def placeholder(self, ground: str, glyph: str, width: int) -> Strip:
        """Return the line of a row that is not read yet."""
        dim = self._style(ground, DIM)
        segments = [Segment(_bar(ground) + glyph, dim)]
        segments += [
            Segment((PLACEHOLDER * min(3, column.width)).ljust(column.width + column.gap), dim)
            for column in self._columns
        ]
        return Strip(segments).adjust_cell_length(width, dim)

    def _draw(self, row: Row, ground: str, glyph: str, width: int) -> Strip:
        normal = self._style(ground, "")
        severity = self._style(ground, f"findings--{badge_of(row).color}")
        dim = self._style(ground, DIM)
        parts = {Sort.SEVERITY: severity, Sort.TITLE: self._style(ground, TITLE), Sort.RESOURCE: normal}
        segments = [Segment(_bar(ground), severity), Segment(glyph, self._style(ground, MARK))]
        now = self._clock()
        for column in self._columns:
            text, style = cell(row, column, now), parts.get(column.sort, dim)
            segments += self._highlighted(text, style) if column.sort in MATCHED else [Segment(text, style)]
            segments.append(Segment(" " * column.gap, normal))
        return Strip(segments).adjust_cell_length(width, normal)

    def _highlighted(self, text: str, style: Style) -> list[Segment]:
        """Return a cell in which the words of the filter stand out."""
        segments, end = [], 0
        match = style + self._match_style
        for start, stop in spans(text, self._words):
            segments += [Segment(text[end:start], style), Segment(text[start:stop], match)]
            end = stop
        return [*segments, Segment(text[end:], style)]

    @property
    def _match_style(self) -> Style:
        style = self._style("", MATCH)
        return Style(color=style.color, bold=True, underline=True)

    def _style(self, ground: str, part: str) -> Style:
        """Return the style of a part of a line on a ground, with transparent colors blended."""
        style = self._styles.get((ground, part))
        if style is None:
            widget = self._widget
            _, backdrop = widget.background_colors
            color = widget.styles.color
            text_style = Style.null()
            if ground:
                styles = widget.get_component_styles(ground)
                backdrop += styles.background
                if styles.has_rule("color"):
                    color = styles.color
                text_style += styles.text_style
            if part:
                styles = widget.get_component_styles(part)
                color = styles.color
                text_style += styles.text_style
            style = Style(color=(backdrop + color).rich_color, bgcolor=backdrop.rich_color) + text_style
            self._styles[ground, part] = style
        return style


def _bar(ground: str) -> str:
    return CURSOR_BAR if ground in (CURSOR, CURSOR_BLURRED) else " "
