"""How reasons quote names and shorten lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable


def in_quotes(value: Any) -> str:
    """Return a value from AWS in double quotes, as one safe line."""
    return f'"{quoted(str(value))}"'


def enumeration(words: Iterable[str], at_most: int) -> str:
    """Return the first ``at_most`` words with commas between them, and the number of the others."""
    every = list(words)
    more = len(every) - at_most
    return ", ".join(every[:at_most]) + (f" and {more} more" if more > 0 else "")
