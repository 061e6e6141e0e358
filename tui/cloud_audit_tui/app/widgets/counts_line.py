"""The overview's counts in one line that fits any width."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation.overview_sums import NOT_SCANNED
from cloud_audit_tui.app.presentation.severity_badges import NOT_ASSESSED, PASSED, SEVERITY_BADGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.app.presentation.overview_sums import Sums
    from cloud_audit_tui.app.presentation.severity_badges import Badge


class Words(Enum):
    """The length of the words beside the signs."""

    WHOLE = auto()
    SHORT = auto()
    NONE = auto()


FORMS = ((Words.WHOLE, 3), (Words.WHOLE, 2), (Words.SHORT, 2), (Words.NONE, 2), (Words.NONE, 1))
"""The words and the cells between the counts, the longest form first."""


class CountsLine(Widget):
    """Shows the number of failures of each severity, and of results of each other kind."""

    sums: reactive[Sums | None] = reactive(None)

    def render(self) -> Content:
        """Return the counts in the longest form that fits the width."""
        if self.sums is None:
            return Content("")
        width = self.content_size.width
        for words, gap in FORMS:
            line = Content(" " * gap).join(_counts(self.sums, words))
            if line.cell_length <= width:
                return line
        return line.truncate(width, ellipsis=True)


def _counts(sums: Sums, words: Words) -> Iterator[Content]:
    for severity, badge in SEVERITY_BADGES.items():
        word = {Words.WHOLE: badge.word.lower(), Words.SHORT: badge.short.lower(), Words.NONE: ""}[words]
        number = sums.failed.get(severity, 0)
        yield _count(badge, number if number or severity in sums.judged else None, word)
    for badge, number, word in (
        (NOT_ASSESSED, sums.not_assessed, "not assessed"),
        (PASSED, sums.passed, "passed"),
    ):
        yield _count(badge, number if number or sums.judged else None, "" if words is Words.NONE else word)
    for number, word in ((sums.fixed, "fixed"), (sums.muted, "muted")):
        if number:
            yield Content.styled(f"{number:,} {word}", "$foreground 75%")


def _count(badge: Badge, number: int | None, word: str) -> Content:
    """Return a sign with its number, or with a dash for a number that nobody knows."""
    style = f"bold ${badge.color}" if number else "$foreground 40%"
    text = NOT_SCANNED if number is None else f"{number:,}"
    return Content.assemble((f"{badge.sign} {text}", style), (f" {word}" if word else "", "$foreground 75%"))
