"""Completions of a filter at the cursor: keys, and the values of a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.filters.edit import quoted_value
from cloud_audit_tui.filters.grammar import KEY, NEGATION, QUOTED
from cloud_audit_tui.filters.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_COMPLETIONS = 50

_ITEM = re.compile(rf'(?:{QUOTED}|"[\s\S]*\Z|[^\s"]+|")+', re.DOTALL)
_KEY = re.compile(rf"(?:{NEGATION})?(?P<key>{KEY})")
_WORD = re.compile(rf"(?:{NEGATION})?(?P<word>[A-Za-z][A-Za-z0-9_-]*|)\Z")
_VALUES = re.compile(rf'{QUOTED}|"[\s\S]*\Z|[^\s|,"][^\s|,]*', re.DOTALL)


class Completion(msgspec.Struct, frozen=True):
    """A text that replaces ``start`` to ``end`` of the filter, and the description that the list shows."""

    start: int
    end: int
    text: str
    description: str = ""


def completions(
    text: str, cursor: int, values: Mapping[str, Iterable[str]] | None = None
) -> list[Completion]:
    """Return the completions at the cursor, best first; none for free text.

    ``values`` are the values of each key that the findings have, for keys whose values depend on them. A
    value that begins with the text at the cursor comes before one that contains it. The rest of the filter
    may be invalid or unfinished.
    """
    start, item = _item_at(text, cursor)
    key_match = _KEY.match(item)
    if key_match is not None:
        return _values(key_match["key"][:-1].lower(), item, key_match.end(), start, values or {})
    word = _WORD.match(item)
    if word is None:
        return []
    return [
        Completion(start + word.start("word"), cursor, f"{key.name}:", key.description)
        for key in KEYS.values()
        if key.name.startswith(word["word"].lower())
    ]


def _item_at(text: str, cursor: int) -> tuple[int, str]:
    """Return where the item at the cursor begins, and its text before the cursor."""
    before = text[:cursor]
    for match in _ITEM.finditer(before):
        if match.end() == cursor:
            return match.start(), match[0]
    return cursor, ""


def _values(
    name: str, item: str, values_start: int, start: int, values: Mapping[str, Iterable[str]]
) -> list[Completion]:
    key = KEYS.get(name)
    if key is None:
        return []
    last = values_start
    for match in _VALUES.finditer(item, values_start):
        last = match.start()
        if match.end() < len(item):
            last = match.end() + 1
    prefix = item[last:].removeprefix('"').lower()
    candidates = key.values or tuple(dict.fromkeys(values.get(name, ())))
    beginning = [value for value in candidates if value.lower().startswith(prefix)]
    containing = [value for value in candidates if prefix in value.lower() and value not in beginning]
    return [
        Completion(start + last, start + len(item), quoted_value(value), key.description)
        for value in (*beginning, *containing)[:MOST_COMPLETIONS]
    ]
