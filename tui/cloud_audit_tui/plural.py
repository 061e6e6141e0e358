"""Nouns after numbers."""

from __future__ import annotations


def plural(number: int, one: str, many: str = "") -> str:
    """Return the noun that follows a number; ``many`` is the plural where it is not made with an s."""
    return one if number == 1 else many or f"{one}s"
