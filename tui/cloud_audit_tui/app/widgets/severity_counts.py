"""The counts of findings by severity, of what was not assessed, and of what passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation.severity_badges import NOT_ASSESSED, PASSED, SEVERITY_BADGES, Badge

if TYPE_CHECKING:
    from cloud_audit_tui.store.view import Counts


GAP = 2
LONG, SHORT, SIGNS = range(3)
"""Which words a count has: whole ones, short ones, none; "not assessed" is never shortened."""


class SeverityCounts(Widget):
    """One line: the sign, number and word of each count, in its colour; zeros are faint."""

    counts: reactive[Counts | None] = reactive(None)
    note: reactive[str] = reactive("")
    marked: reactive[str] = reactive("")
    """How many rows are marked; shown in every width."""

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
        line = Content("   ").join(self._pieces(self.counts, LONG))
        for words in (SHORT, SIGNS):
            if line.cell_length + note.cell_length + GAP > width:
                line = Content("  ").join(self._pieces(self.counts, words))
        if width - line.cell_length - note.cell_length < GAP:
            note = marked
        if not note.plain:
            return line.truncate(width, ellipsis=True)
        line = line.truncate(max(width - note.cell_length - GAP, 0), ellipsis=True)
        space = width - line.cell_length - note.cell_length
        return Content.assemble(line, " " * space, note)

    @staticmethod
    def _pieces(counts: Counts, words: int) -> list[Content]:
        numbers: list[tuple[Badge, int, str]] = [
            (badge, counts.failed.get(severity, 0), (badge.word, badge.short, "")[words])
            for severity, badge in SEVERITY_BADGES.items()
        ]
        numbers.append((NOT_ASSESSED, counts.not_assessed, NOT_ASSESSED.word))
        numbers.append((PASSED, counts.passed, ("passed", "pass", "")[words]))
        return [
            Content.assemble(
                (f"{badge.sign} ", f"${badge.colour}" if number else "$foreground 35%"),
                (f"{number:,}", f"bold ${badge.colour}" if number else "$foreground 35%"),
                (f" {word.lower()}".rstrip(), "$foreground 75%" if number else "$foreground 35%"),
            )
            for badge, number, word in numbers
        ]
