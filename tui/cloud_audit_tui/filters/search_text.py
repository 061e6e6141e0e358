"""The text in which a filter searches for its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def encodable(text: str) -> str:
    """Return the text with every lone surrogate replaced, because neither UTF-8 nor SQLite can hold one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def fold(text: str) -> str:
    """Return the text as it is compared: without letter case, line ends, and NUL, where LIKE would stop."""
    return encodable(text).casefold().replace("\0", REPLACEMENT).replace("\n", " ")


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
