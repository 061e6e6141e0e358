"""Evaluates an expression over a record, as `sql` does over the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from cloud_audit_tui.filters.expression import (
    And,
    Expression,
    Flag,
    Fuzzy,
    Like,
    Not,
    OneOf,
    Or,
    Pattern,
    Since,
    Term,
    Text,
)

if TYPE_CHECKING:
    from cloud_audit_tui.filters.fields import Record

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def matches(expression: Expression, record: Record, now: datetime) -> bool:
    """Say whether a finding satisfies an expression; a span is counted back from ``now``."""
    match expression:
        case And(parts):
            return all(matches(part, record, now) for part in parts)
        case Or(parts):
            return any(matches(part, record, now) for part in parts)
        case Not(part):
            return not matches(part, record, now)
        case Term(meaning=meaning):
            return matches(meaning, record, now)
        case Text(folded):
            return folded in record.text
        case Like(fields, pattern):
            return any(_like(value, pattern) for field in fields for value in record.values(field))
        case Fuzzy(fields):
            texts = [value for field in fields for value in record.values(field)]
            return any(_like(text, pattern) for pattern in expression.patterns for text in texts)
        case OneOf(field, values):
            return not set(values).isdisjoint(record.values(field))
        case Since(field, moment):
            return any(value >= since_text(moment, now) for value in record.values(field) if value)
        case Flag(field):
            return bool(getattr(record, field))


def since_text(moment: datetime | timedelta, now: datetime) -> str:
    """Return a moment, or a span counted back from now, as the times of findings are written."""
    if isinstance(moment, timedelta):
        moment = now - moment
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _like(value: str, pattern: Pattern) -> bool:
    """Search for the pieces one after the other, which takes linear time for any pattern."""
    value = value.translate(_LOWER)
    first, *others = (piece.translate(_LOWER) for piece in pattern.pieces)
    if not others:
        return value == first
    *middle, last = others
    if not value.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        position = value.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return len(value) - len(last) >= position and value.endswith(last)
