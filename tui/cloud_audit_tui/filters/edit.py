"""Terms for a filter's text, and the change that a click makes to it; the other terms stay."""

from __future__ import annotations

import re

_PART = re.compile(r'(?:[^\s"]|"(?:\\.|[^"\\])*"?)+')

_NEEDS_QUOTES = re.compile(r'[\s|,"*]')


def term(key: str, *values: str) -> str:
    """Return the term that finds exactly these values of a key, whatever characters they have."""
    return f"{key}:{','.join(map(quoted_value, values))}"


def quoted_value(value: str) -> str:
    """Return a value as it is written in a filter, in quotes where it needs them."""
    if value and _NEEDS_QUOTES.search(value) is None:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def toggle_term(text: str, key: str, value: str) -> str:
    """Return the filter without ``key:value``, or with it in place of other terms of the key."""
    parts = _PART.findall(text)
    toggled = term(key, value)
    others = [part for part in parts if not part.lower().startswith(f"{key}:")]
    if any(part.lower() == toggled for part in parts):
        return " ".join(others)
    return " ".join([*others, toggled])
