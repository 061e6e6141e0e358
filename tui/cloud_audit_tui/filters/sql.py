"""From an expression to an SQL condition over the store's columns; typed text is only ever a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.expression import (
    And,
    Expression,
    Flag,
    Like,
    Not,
    OneOf,
    Or,
    Pattern,
    Since,
    Term,
    Text,
)
from cloud_audit_tui.filters.fields import Field
from cloud_audit_tui.filters.match import since_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

LONGEST_PATTERN = 40_000
"""Bytes of a word that LIKE is asked for; SQLite refuses patterns beyond 50,000."""


class Column(Protocol):
    """What the store says of a field: an SQL expression of type TEXT, and where to put a comparison on it.

    ``within`` is a format with one place for the comparison, such as ``finding.id IN (SELECT ... WHERE {})``.
    Neither the comparison nor the whole is ever NULL, so that NOT finds exactly the other findings. For
    `Field.NEW` the expression is itself a condition.
    """

    @property
    def sql(self) -> str: ...  # noqa: D102 - a declaration
    @property
    def within(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Condition:
    """A condition on findings, in parentheses, and its positional parameters."""

    sql: str
    parameters: list[str]


def condition(expression: Expression, columns: Mapping[str, Column], now: datetime) -> Condition:
    """Return an expression as SQL over the columns, which are named as `Field`.

    Raises `FilterError` for a field that the columns lack.
    """
    parameters: list[str] = []
    return Condition(_Writer(columns, now, parameters).write(expression), parameters)


@dataclass(frozen=True)
class _Writer:
    columns: Mapping[str, Column]
    now: datetime
    parameters: list[str]

    def write(self, expression: Expression) -> str:
        match expression:
            case And(parts):
                return _joined([self.write(part) for part in parts], "AND") or "(1)"
            case Or(parts):
                return _joined([self.write(part) for part in parts], "OR") or "(0)"
            case Not(part):
                return f"(NOT {self.write(part)})"
            case Term(meaning=meaning):
                return self.write(meaning)
            case Text(folded):
                return self._compare(Field.TEXT, lambda column: self._contains(column, folded))
            case Like(fields, pattern):
                return _joined([self._like(field, pattern) for field in fields], "OR")
            case OneOf(field, values):
                return self._compare(field, lambda column: self._one_of(column, values))
            case Since(field, moment):
                text = since_text(moment, self.now)
                return self._compare(field, lambda column: f"({column} >= {self._parameter(text)})")
            case Flag(field):
                return self._compare(field, lambda column: f"({column})")

    def _compare(self, field: Field, comparison: Callable[[str], str]) -> str:
        column = self.columns.get(field)
        if column is None:
            raise FilterError(f"Nothing can be filtered by {field.value} here.", 0)
        return f"({column.within.format(comparison(column.sql))})"

    def _like(self, field: Field, pattern: Pattern) -> str:
        if pattern.is_exact:
            text = pattern.pieces[0]
            return self._compare(field, lambda column: f"({column} = {self._parameter(text)} COLLATE NOCASE)")
        escaped = "%".join(map(_escaped, pattern.pieces))
        return self._compare(field, lambda column: self._matches(column, escaped))

    def _contains(self, column: str, folded: str) -> str:
        escaped = f"%{_escaped(folded)}%"
        if len(escaped.encode()) > LONGEST_PATTERN:
            return f"(instr({column}, {self._parameter(folded)}) > 0)"
        # LIKE is twice as fast as instr, and both sides have lost their letter case already.
        return self._matches(column, escaped)

    def _matches(self, column: str, escaped: str) -> str:
        return rf"({column} LIKE {self._parameter(escaped)} ESCAPE '\')"

    def _one_of(self, column: str, values: Sequence[str]) -> str:
        return f"({column} IN ({', '.join(map(self._parameter, values))}))"

    def _parameter(self, text: str) -> str:
        self.parameters.append(text)
        return "?"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _joined(terms: list[str], operator: str) -> str:
    """Join terms as a balanced tree: SQLite refuses one that is a thousand deep."""
    while len(terms) > 1:
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = [f"({f' {operator} '.join(pair)})" for pair in pairs]
    return terms[0] if terms else ""
