"""The wildcards of IAM policies: ``*`` for any text, ``?`` for one character, and policy variables.

A pattern matches a set of texts. This module tells whether one set contains another and whether two sets
overlap. It uses no regular expressions: a policy's author chooses the patterns, and the time is bounded by
the product of both lengths.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Wild(Enum):
    """The parts of a pattern other than plain characters."""

    ONE = "?"
    ANY = "*"
    VARIABLE = "${}"


Tokens = tuple["str | Wild", ...]

_PART = re.compile(r"\$\{([^}]*)\}|(.)", re.DOTALL)
_ESCAPED = frozenset({"*", "?", "$"})
_KEPT_PATTERNS = 4096


@lru_cache(maxsize=_KEPT_PATTERNS)
def tokens(pattern: str, *, fold: bool = False, variables: bool = True) -> Tokens:
    """Return the parts of a pattern: characters and wildcards; ``fold`` ignores the case of letters.

    ``variables`` says whether ``${aws:username}`` stands for a text that only a request decides, and ``${*}``
    for an asterisk; policies of version 2008-10-17 have neither.
    """
    text = pattern.casefold() if fold else pattern
    result: list[str | Wild] = []
    if not variables:
        return tuple(_character(character) for character in text)
    for part in _PART.finditer(text):
        if part[2] is not None:
            result.append(_character(part[2]))
        else:
            result.append(part[1] if part[1] in _ESCAPED else Wild.VARIABLE)
    return tuple(result)


def _character(character: str) -> str | Wild:
    if character == "*":
        return Wild.ANY
    return Wild.ONE if character == "?" else character


def contains(outer: Tokens, inner: Tokens) -> bool:
    """Say whether ``outer`` matches everything that ``inner`` matches.

    A variable of ``outer`` counts as matching nothing, and one of ``inner`` as matching anything.
    """
    at = position = 0
    star = resumed = -1
    while position < len(inner):
        if at < len(outer) and outer[at] is Wild.ANY:
            star, resumed = at, position
            at += 1
        elif at < len(outer) and _holds(outer[at], inner[position]):
            at += 1
            position += 1
        elif star >= 0:
            resumed += 1
            at, position = star + 1, resumed
        else:
            return False
    return all(part is Wild.ANY for part in outer[at:])


def _holds(outer: str | Wild, inner: str | Wild) -> bool:
    if isinstance(outer, str):
        return outer == inner
    return outer is Wild.ONE and (isinstance(inner, str) or inner is Wild.ONE)


def overlaps(one: Tokens, other: Tokens) -> bool:
    """Say whether both match some common text; a variable may stand for anything."""
    reached = _with_skipped({0}, one)
    for part in other:
        if part is Wild.ANY or part is Wild.VARIABLE:
            reached = set(range(min(reached), len(one) + 1)) if reached else reached
            continue
        following: set[int] = set()
        for at in reached:
            if at == len(one):
                continue
            if _is_any(one[at]):
                following.add(at)
            elif Wild.ONE in (one[at], part) or one[at] == part:
                following.add(at + 1)
        reached = _with_skipped(following, one)
        if not reached:
            return False
    return len(one) in reached


def _with_skipped(reached: set[int], parts: Tokens) -> set[int]:
    """Add the positions after parts that can match the empty text."""
    for at in sorted(reached):
        following = at
        while following < len(parts) and _is_any(parts[following]):
            following += 1
            reached.add(following)
    return reached


def _is_any(part: str | Wild) -> bool:
    return part is Wild.ANY or part is Wild.VARIABLE
