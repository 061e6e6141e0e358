"""Changes that a click makes to a filter's text; the other terms stay."""

from __future__ import annotations

import re

_PART = re.compile(r'(?:[^\s"]|"(?:\\.|[^"\\])*"?)+')


def toggle_term(text: str, key: str, value: str) -> str:
    """Return the filter without ``key:value``, or with it in place of other terms of the key."""
    parts = _PART.findall(text)
    term = f"{key}:{value}"
    others = [part for part in parts if not part.lower().startswith(f"{key}:")]
    if any(part.lower() == term for part in parts):
        return " ".join(others)
    return " ".join([*others, term])
