"""The places in a text that match a filter's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.filters.expression import And, Expression, Fuzzy, Like, Or, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Word = tuple[tuple[str, ...], ...]
"""The ways in which a word can occur, best first: the pieces of each in order, in lower case."""
Span = tuple[int, int]


def words_of(expression: Expression) -> tuple[Word, ...]:
    """Return the words that a finding must contain; values of keys and excluded words are not among them."""
    match expression:
        case And(parts):
            return tuple(word for part in parts for word in words_of(part))
        case Or(parts):
            ways = tuple(dict.fromkeys(way for part in parts for way in _ways(part)))
            return (ways,) if ways else ()
        case Text() | Like() | Fuzzy():
            return (tuple(_ways(expression)),)
        case _:
            return ()


def _ways(expression: Expression) -> Iterator[tuple[str, ...]]:
    match expression:
        case Text(folded) if folded:
            yield (folded,)
        case Like(_, pattern):
            pieces = tuple(piece.lower() for piece in pattern.pieces if piece)
            if pieces:
                yield pieces
        case Fuzzy(fields):
            for pattern in expression.patterns:
                yield from _ways(Like(fields, pattern))


def spans(text: str, words: Sequence[Word]) -> list[Span]:
    """Return the spans of the words in a text, in order and without overlap."""
    lower = text.lower()
    if len(lower) != len(text):
        # A letter whose lower case has two letters shifts every later index.
        return []
    all_places: list[Span] = []
    for word in words:
        for pieces in word:
            if places := _places(lower, pieces):
                all_places += places
                break
    return _merged(all_places)


def _places(text: str, pieces: tuple[str, ...]) -> list[Span]:
    if len(pieces) == 1:
        places, at = [], text.find(pieces[0])
        while at >= 0:
            places.append((at, at + len(pieces[0])))
            at = text.find(pieces[0], at + len(pieces[0]))
        return places
    places, at = [], 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return []
        places.append((at, at + len(piece)))
        at += len(piece)
    return places


def _merged(places: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
