"""From an expression to an SQL condition over the store's columns; typed text is only ever a parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cloud_audit_tui.filters.errors import FilterError
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
from cloud_audit_tui.filters.fields import Field
from cloud_audit_tui.filters.match import since_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

LONGEST_PATTERN = 40_000
"""Bytes of a pattern for LIKE; SQLite refuses patterns beyond 50,000."""


class Column(Protocol):
    """The store's column for a field: an SQL expression of type TEXT, and where to put a comparison on it.

    ``within`` is a format with one place for the comparison, such as ``finding.id IN (SELECT ... WHERE {})``.
    Neither the comparison nor the whole condition is ever NULL, so that NOT finds exactly the other findings.
    For `Field.NEW` the expression is itself a condition. With ``is_listed``, ``within`` is a whole SELECT of
    the ids of findings. A comparison also holds for the column if it holds for one of ``others``.
    """

    @property
    def sql(self) -> str: ...  # noqa: D102 - a declaration
    @property
    def within(self) -> str: ...  # noqa: D102
    @property
    def is_listed(self) -> bool: ...  # noqa: D102
    @property
    def others(self) -> Sequence[Column]: ...  # noqa: D102


@dataclass(frozen=True)
class Listing:
    """A parameter that is a query: the ids of findings, as a text in which the byte of each such id is 1.

    Who asks reads them once for all questions with the same condition. SQLite looks up a byte far quicker
    than a row of a subquery.
    """

    sql: str
    parameters: list[str]


@dataclass(frozen=True)
class Condition:
    """A condition on findings, in parentheses, and its positional parameters."""

    sql: str
    parameters: list[str | Listing]


_IS_IN_LISTING = "(substr(?, finding.id + 1, 1) = x'01')"


def condition(expression: Expression, columns: Mapping[str, Column], now: datetime) -> Condition:
    """Return an expression as SQL over the columns, which are named as `Field`.

    Raises `FilterError` for a field that the columns lack.
    """
    parameters: list[str | Listing] = []
    return Condition(_Writer(columns, now, parameters).write(expression), parameters)


@dataclass(frozen=True)
class _Writer:
    columns: Mapping[str, Column]
    now: datetime
    parameters: list[str | Listing]

    def write(self, expression: Expression) -> str:
        match expression:
            case And(parts):
                return _joined([self.write(part) for part in parts], "AND") or "(1)"
            case Or(parts):
                return self._any(parts)
            case Not(part):
                return f"(NOT {self.write(part)})"
            case Term(meaning=meaning):
                return self.write(meaning)
            case _:
                return self._any((expression,))

    def _any(self, parts: Sequence[Expression]) -> str:
        """Join parts by OR, with all comparisons of one place in that place."""
        places: dict[tuple[str, bool], list[tuple[str, _Comparison]]] = {}
        others = []
        for part in parts:
            comparison = self._comparison(part)
            if comparison is None:
                others.append(part)
                continue
            fields, compare = comparison
            for column in self._columns(fields):
                place = column.within, column.is_listed
                places.setdefault(place, []).append((column.sql, compare))
        terms = [self._put(*place, comparisons) for place, comparisons in places.items()]
        return _joined([*terms, *map(self.write, others)], "OR") or "(0)"

    def _comparison(self, part: Expression) -> tuple[Sequence[Field], _Comparison] | None:
        """Return the fields that a part compares and how; None for a part that consists of other parts."""
        match part:
            case Text(folded):
                return (Field.TEXT,), partial(_Writer._contains, folded=folded)
            case Like(fields, pattern):
                return fields, partial(_Writer._like, pattern=pattern)
            case Fuzzy(fields):
                return fields, partial(_Writer._fuzzy, word=part)
            case OneOf(field, values):
                return (field,), partial(_Writer._one_of, values=values)
            case Since(field, moment):
                return (field,), partial(_Writer._since, text=since_text(moment, self.now))
            case Flag(field):
                return (field,), _Writer._itself
            case _:
                return None

    def _put(self, within: str, is_listed: bool, comparisons: Sequence[tuple[str, _Comparison]]) -> str:
        """Return the condition that one of the comparisons holds in their place."""
        writer = replace(self, parameters=[]) if is_listed else self
        terms = [compare(writer, sql) for sql, compare in comparisons]
        sql = within.format(_joined(terms, "OR"))
        if not is_listed:
            return f"({sql})"
        self.parameters.append(Listing(sql, [*map(str, writer.parameters)]))
        return _IS_IN_LISTING

    def _columns(self, fields: Sequence[Field]) -> Iterator[Column]:
        for field in fields:
            column = self.columns.get(field)
            if column is None:
                raise FilterError(f"Nothing can be filtered by {field.value} here.", 0)
            yield column
            yield from column.others

    def _like(self, column: str, pattern: Pattern) -> str:
        if pattern.is_exact:
            return f"({column} = {self._parameter(pattern.pieces[0])} COLLATE NOCASE)"
        return self._matches(column, "%".join(map(_escaped, pattern.pieces)))

    def _fuzzy(self, column: str, word: Fuzzy) -> str:
        # Few texts have both ends of the word, and for the others one comparison is enough.
        ends = self._like(column, word.ends)
        return f"({ends} AND {_joined([self._like(column, each) for each in word.patterns], 'OR')})"

    def _itself(self, column: str) -> str:
        return f"({column})"

    def _since(self, column: str, text: str) -> str:
        return f"({column} >= {self._parameter(text)})"

    def _contains(self, column: str, folded: str) -> str:
        escaped = f"%{_escaped(folded)}%"
        if len(escaped.encode()) > LONGEST_PATTERN:
            return f"(instr(lower({column}), {self._parameter(folded)}) > 0)"
        # LIKE is twice as fast as instr.
        return self._matches(column, escaped)

    def _matches(self, column: str, escaped: str) -> str:
        return rf"({column} LIKE {self._parameter(escaped)} ESCAPE '\')"

    def _one_of(self, column: str, values: Sequence[str]) -> str:
        return f"({column} IN ({', '.join(map(self._parameter, values))}))"

    def _parameter(self, text: str) -> str:
        self.parameters.append(text)
        return "?"


_Comparison = Callable[[_Writer, str], str]
"""Writes a comparison on a column."""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _joined(terms: list[str], operator: str) -> str:
    """Join terms as a balanced tree: SQLite refuses one that is a thousand deep."""
    while len(terms) > 1:
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = [f"({f' {operator} '.join(pair)})" for pair in pairs]
    return terms[0] if terms else ""
