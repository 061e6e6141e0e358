"""The counts of findings by severity, of what was not assessed, and of what passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation.severity_badges import (
    MUTED,
    NOT_ASSESSED,
    PASSED,
    SEVERITY_BADGES,
    Badge,
)
from cloud_audit_tui.model import Disposition, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from cloud_audit_tui.store.view import Counts


Kind = Severity | Status | Disposition
"""The kind of a count: failures of a severity, passes, "not assessed", or muted findings."""
UNKNOWN = "–"
"""The text in place of a zero where nothing was judged."""
GAP = 2
LONG, SHORT, SIGNS, BARE = range(4)
"""The words of a count: whole, short, none, or not even a key; "not assessed" is never shortened."""
FORMS = ((LONG, 3), (LONG, 2), (SHORT, 2), (SIGNS, 2), (SIGNS, 1))
"""The words and the gap of each form, the longest first."""
LAST_FORMS = ((SIGNS, 1), (BARE, 2), (BARE, 1))
"""The forms where the note is shortened, so that no number is cut."""
HIDDEN = (" hidden ({})", " ({})", " ({})", "")
"""The suffix of a count that the table hides, with the key that shows it, for each form."""
SHOWN_BY: dict[Kind, str] = {
    Status.PASS: "toggle_passes",
    Status.NOT_ASSESSED: "toggle_unassessed",
    Disposition.MUTED: "toggle_muted",
}
"""The action that shows a hidden kind."""


class SeverityCounts(Widget):
    """One line: the sign, number and word of each count, in its color; zeros are faint.

    A click on a count posts its kind.
    """

    ALLOW_SELECT = False
    counts: reactive[Counts | None] = reactive(None)
    judged: reactive[frozenset[Severity]] = reactive(frozenset(Severity))
    """The severities of which something was judged: of the others, no number of failures is known."""
    hidden: reactive[frozenset[Kind]] = reactive(frozenset())
    """The kinds that the table hides."""
    note: reactive[str] = reactive("")
    marked: reactive[str] = reactive("")
    """The text about marked rows; it is shown at every width."""

    def __init__(self, key_name: Callable[[str], str]) -> None:
        """Show no counts yet; ``key_name`` returns the user's key of an action."""
        super().__init__()
        self._key_name = key_name

    @dataclass
    class Clicked(Message):
        """A count was clicked."""

        kind: Kind

    def render(self) -> Content:
        """Return the line in the longest form that fits."""
        if self.counts is None:
            return Content("")
        width, note = self.content_size.width, self._note()
        words, gap = self._form(self.counts)
        line = Content(" " * gap).join(piece for _, piece in self._pieces(self.counts, words))
        if width - line.cell_length - note.cell_length < GAP:
            note = self._note(short=True)
        if not note.plain:
            return line.truncate(width, ellipsis=True)
        line = line.truncate(max(width - note.cell_length - GAP, 0), ellipsis=True)
        return Content.assemble(line, " " * (width - line.cell_length - note.cell_length), note)

    def on_click(self, event: events.Click) -> None:
        """Post the count that was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        kind = next((each for each, start, end in self.places() if start <= offset.x < end), None)
        if kind is not None:
            self.post_message(self.Clicked(kind))

    def places(self) -> list[tuple[Kind, int, int]]:
        """Return the columns of each count: the first, and the one after the last."""
        if self.counts is None:
            return []
        words, gap = self._form(self.counts)
        result: list[tuple[Kind, int, int]] = []
        start = 0
        for kind, piece in self._pieces(self.counts, words):
            result.append((kind, start, start + piece.cell_length))
            start += piece.cell_length + gap
        return result

    def _note(self, *, short: bool = False) -> Content:
        """Return the note at the right; ``short`` leaves out the grouping, which the table shows anyway."""
        parts = [Content.styled(self.marked, "bold $accent")] if self.marked else []
        if self.note and not short:
            parts.insert(0, Content.styled(self.note, "$foreground 70%"))
        return Content("   ").join(parts)

    def _form(self, counts: Counts) -> tuple[int, int]:
        """Return the words and the gap of the longest form that fits, else of the shortest."""
        width, note = self.content_size.width, self._note(short=True).cell_length
        shorter = width - (note + GAP if note else 0)
        for forms, room in (FORMS, width - self._note().cell_length - GAP), (LAST_FORMS, shorter):
            for words, gap in forms:
                pieces = self._pieces(counts, words)
                if sum(piece.cell_length + gap for _, piece in pieces) - gap <= room:
                    return words, gap
        return LAST_FORMS[-1]

    def _pieces(self, counts: Counts, words: int) -> list[tuple[Kind, Content]]:
        numbers: list[tuple[Kind, Badge, int, str]] = [
            (severity, badge, counts.failed.get(severity, 0), (badge.word, badge.short, "", "")[words])
            for severity, badge in SEVERITY_BADGES.items()
        ]
        numbers.append((Status.NOT_ASSESSED, NOT_ASSESSED, counts.not_assessed, NOT_ASSESSED.word))
        numbers.append((Status.PASS, PASSED, counts.passed, ("passed", "pass", "", "")[words]))
        if counts.muted:
            numbers.append((Disposition.MUTED, MUTED, counts.muted, (MUTED.word, MUTED.short, "", "")[words]))
        pieces: list[tuple[Kind, Content]] = []
        for kind, badge, number, word in numbers:
            color = "$foreground 35%" if kind in self.hidden or not number else f"${badge.color}"
            tone = "$foreground 75%" if number else "$foreground 35%"
            is_known = kind in self.judged if isinstance(kind, Severity) else bool(self.judged)
            hidden = ""
            if kind in self.hidden and number:
                hidden = HIDDEN[words].format(self._key_name(SHOWN_BY[kind]))
            pieces.append(
                (
                    kind,
                    Content.assemble(
                        (f"{badge.sign} ", color),
                        (f"{number:,}" if number or is_known else UNKNOWN, f"bold {color}"),
                        (f" {word.lower()}".rstrip(), tone),
                        (hidden, "$foreground 55%"),
                    ),
                )
            )
        return pieces
