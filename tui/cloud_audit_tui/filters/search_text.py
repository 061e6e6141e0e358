"""The text in which a filter searches for its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.text import REPLACEMENT, storable

if TYPE_CHECKING:
    from collections.abc import Iterable


def fold(text: str) -> str:
    """Return the text as it is compared: without letter case, line ends, and NUL, where LIKE would stop."""
    return storable(text).casefold().replace("\0", REPLACEMENT).replace("\n", " ")


def search_text(values: Iterable[str]) -> str:
    """Return the folded values, one a line: no word of a filter can span two of them.

    A value that is part of a longer one, such as a name that is part of its ARN, is not repeated.
    """
    text = ""
    for value in sorted(set(map(fold, values)), key=_longest_first):
        if value not in text:
            text = f"{text}\n{value}"
    return text


def _longest_first(value: str) -> tuple[int, str]:
    return -len(value), value
