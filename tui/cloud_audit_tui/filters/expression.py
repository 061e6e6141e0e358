"""The expression that a filter is parsed to; `sql` and `match` evaluate it alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cloud_audit_tui.filters.fields import Field

LEAST_PART = 3
"""The fewest letters of each part of a word that matches in two parts."""


@dataclass(frozen=True)
class Pattern:
    """Text with wildcards: the pieces between the ``*``. A pattern of one piece is the whole text.

    The letters A to Z compare without case, in SQLite and in Python; no other letter does.
    """

    pieces: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the pattern has no wildcard."""
        return len(self.pieces) == 1


@dataclass(frozen=True)
class And:
    """Every part holds; with no part, everything matches."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Expression


@dataclass(frozen=True)
class Text:
    """The folded word or phrase occurs in the finding's search text."""

    folded: str


@dataclass(frozen=True)
class Like:
    """One of the fields matches the pattern; of a field with several values, one of them."""

    fields: tuple[Field, ...]
    pattern: Pattern


@dataclass(frozen=True)
class Fuzzy:
    """One of the fields has a word in two parts, with all its letters or with one left out between them.

    So ``pubaccess`` finds "public access", and ``encripted`` finds "encrypted". Each part has at least
    `LEAST_PART` letters, without which nearly everything would match.
    """

    fields: tuple[Field, ...]
    word: str

    @property
    def ends(self) -> Pattern:
        """The pattern of the shortest first and last part; no other pattern matches what it does not."""
        return Pattern(("", self.word[:LEAST_PART], self.word[-LEAST_PART:], ""))

    @property
    def patterns(self) -> list[Pattern]:
        """The patterns of which one must match; none for a word that is too short."""
        last = len(self.word) - LEAST_PART
        whole = [Pattern(("", self.word[:cut], self.word[cut:], "")) for cut in range(LEAST_PART, last + 1)]
        return whole + [
            Pattern(("", self.word[:cut], self.word[cut + 1 :], "")) for cut in range(LEAST_PART, last)
        ]


@dataclass(frozen=True)
class OneOf:
    """The field is one of these values, compared exactly."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True)
class Since:
    """The field's time is not before a moment, or not longer ago than a span; an unknown time fails both."""

    field: Field
    moment: datetime | timedelta


@dataclass(frozen=True)
class Flag:
    """The field is true."""

    field: Field


@dataclass(frozen=True)
class Term:
    """``key:value`` as typed, with its meaning; ``position`` is that of the key in the filter's text."""

    key: str
    values: tuple[str, ...]
    meaning: Expression
    position: int = field(compare=False)


Expression = And | Or | Not | Text | Like | Fuzzy | OneOf | Since | Flag | Term


def keys_of(expression: Expression) -> frozenset[str]:
    """Return the names of the keys that an expression compares."""
    match expression:
        case And(parts) | Or(parts):
            return frozenset[str]().union(*map(keys_of, parts))
        case Not(part):
            return keys_of(part)
        case Term(key=key):
            return frozenset({key})
        case _:
            return frozenset()
