"""How reasons quote names and shorten lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable


def in_quotes(value: Any) -> str:
    """Return a value of AWS's in double quotes, on one harmless line."""
    return f'"{quoted(str(value))}"'


def enumeration(words: Iterable[str], at_most: int) -> str:
    """Return words with commas between them, the first ``at_most`` of them and how many more there are."""
    every = list(words)
    more = len(every) - at_most
    return ", ".join(every[:at_most]) + (f" and {more} more" if more > 0 else "")
