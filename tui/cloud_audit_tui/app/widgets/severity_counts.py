"""The strip of counts: findings by severity, what could not be assessed, and what passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation.severity_badges import MARKS, NOT_ASSESSED, PASSED, Mark

if TYPE_CHECKING:
    from cloud_audit_tui.store.view import Counts


GAP = 2


class CountsStrip(Widget):
    """Shape, number and word for each count, in its colour; a zero is faint."""

    counts: reactive[Counts | None] = reactive(None)
    note: reactive[str] = reactive("")
    marked: reactive[str] = reactive("")
    """How many rows are marked, in words; this is never left out."""

    def render(self) -> Content:
        """Return the line in the longest form that fits."""
        if self.counts is None:
            return Content("")
        width = self.content_size.width
        marked = Content.styled(self.marked, "bold $accent")
        note = Content.styled(self.note, "$foreground 70%")
        if self.note and self.marked:
            note = Content("   ").join([note, marked])
        elif self.marked:
            note = marked
        line = Content("   ").join(self._pieces(self.counts, long=True))
        if line.cell_length + note.cell_length + GAP > width:
            line = Content("  ").join(self._pieces(self.counts, long=False))
        if width - line.cell_length - note.cell_length < GAP:
            note = marked
        if not note.plain:
            return line.truncate(width, ellipsis=True)
        line = line.truncate(max(width - note.cell_length - GAP, 0), ellipsis=True)
        space = width - line.cell_length - note.cell_length
        return Content.assemble(line, " " * space, note)

    @staticmethod
    def _pieces(counts: Counts, *, long: bool) -> list[Content]:
        numbers: list[tuple[Mark, int, str]] = [
            (shown, counts.failed.get(severity, 0), shown.word if long else shown.short)
            for severity, shown in MARKS.items()
        ]
        numbers.append((NOT_ASSESSED, counts.not_assessed, "not assessed" if long else "n/a"))
        numbers.append((PASSED, counts.passed, "passed" if long else "ok"))
        return [
            Content.assemble(
                (f"{shown.shape} ", f"${shown.colour}" if number else "$foreground 35%"),
                (f"{number:,}", f"bold ${shown.colour}" if number else "$foreground 35%"),
                (f" {word.lower()}", "$foreground 75%" if number else "$foreground 35%"),
            )
            for shown, number, word in numbers
        ]
