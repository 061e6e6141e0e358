"""Parses JSON filter patterns of CloudWatch Logs and evaluates them on an event.

The language is that of AWS's documentation for JSON log events: ``{ ($.a = "x*") && $.b NOT EXISTS }``.
``&&`` binds closer than ``||``. A comparison, also ``!=``, never holds for a missing property.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEEPEST = 60
"""The deepest nesting of parentheses that is parsed, far above that of hand-written patterns."""
REMEMBERED = 512
"""The most patterns that are remembered: all alarm checks read the same filters of each account."""


class PatternError(ValueError):
    """A pattern is not a JSON pattern that this parser supports; the message names the character."""


class Pattern(Protocol):
    """A parsed pattern, equal to itself alone."""

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event matches."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class AnyOf:
    """Patterns joined by ``||``."""

    parts: tuple[Pattern, ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event matches one of the parts."""
        return any(part.matches(event) for part in self.parts)


@dataclass(frozen=True, eq=False)
class AllOf:
    """Patterns joined by ``&&``."""

    parts: tuple[Pattern, ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event matches all parts."""
        return all(part.matches(event) for part in self.parts)


@dataclass(frozen=True, eq=False)
class Existence:
    """``$.a NOT EXISTS`` and ``$.a EXISTS``."""

    selector: Selector
    exists: bool

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether the property exists, or is missing."""
        return bool(list(self.selector.values(event))) is self.exists


@dataclass(frozen=True, eq=False)
class Is:
    """``$.a IS NULL``, ``IS TRUE`` and ``IS FALSE``."""

    selector: Selector
    value: bool | None

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether the property exists and is this value."""
        return any(entry is self.value for entry in self.selector.values(event))


@dataclass(frozen=True, eq=False)
class Comparison:
    """A property compared with a text, a number or a regular expression."""

    selector: Selector
    holds: Callable[[Any], bool]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether the comparison holds for a value of the property."""
        return any(self.holds(value) for value in self.selector.values(event))


@dataclass(frozen=True, eq=False)
class Selector:
    """A path to a property, such as ``$.userIdentity.type`` or ``$.items[0].name``; ``None`` is ``[*]``."""

    steps: tuple[str | int | None, ...]

    def values(self, event: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the values at the path: none if the property is missing."""
        matches: list[Any] = [event]
        for step in self.steps:
            matches = [value for each in matches for value in _inside(each, step)]
        yield from matches


def is_json_pattern(text: str) -> bool:
    """Say whether a pattern is for JSON events, in contrast to one of terms or columns."""
    return text.strip().startswith("{")


@lru_cache(REMEMBERED)
def parse(text: str) -> Pattern:
    """Return the parsed JSON pattern, the same for the same text; raises `PatternError`."""
    return _Parser(text).whole()


def _inside(value: Any, step: str | int | None) -> list[Any]:
    if isinstance(value, dict) and isinstance(step, str):
        return [value[step]] if step in value else []
    if isinstance(value, list) and not isinstance(step, str):
        return list(value) if step is None else value[step : step + 1]
    return []


_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[^\s.()\[\]{}=!<>&|\"'%$]+")
_INDEX = re.compile(r"\[\s*(?:(\d+)|(\*)|\"([^\"]*)\"|'([^']*)')\s*\]")
_OPERATOR = re.compile(r"==|!=|>=|<=|=|>|<")
_KEYWORD = re.compile(r"(NOT\s+EXISTS|EXISTS|IS\s+NULL|IS\s+TRUE|IS\s+FALSE)(?![\w.])", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REGEX = re.compile(r"%((?:[^%\\]|\\.)+)%")
_BARE = re.compile(r"[^\s()\[\]{}=!<>&|\"%]+")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")

_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, operand: value > operand,
    ">=": lambda value, operand: value >= operand,
    "<": lambda value, operand: value < operand,
    "<=": lambda value, operand: value <= operand,
}


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> Pattern:
        self._demand("{")
        pattern = self._any()
        self._demand("}")
        if self._at != len(self._text):
            raise self._error("the end")
        return pattern

    def _any(self) -> Pattern:
        parts = [self._all()]
        while self._take("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Pattern:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Pattern:
        if not self._take("("):
            return self._condition()
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error("fewer parentheses")
        pattern = self._any()
        self._demand(")")
        self._depth -= 1
        return pattern

    def _condition(self) -> Pattern:
        selector = self._selector()
        if (keyword := self._match(_KEYWORD)) is not None:
            words = keyword[1].upper().split()
            if words[-1] == "EXISTS":
                return Existence(selector, exists=len(words) == 1)
            return Is(selector, {"NULL": None, "TRUE": True, "FALSE": False}[words[-1]])
        operator = self._match(_OPERATOR)
        if operator is None:
            raise self._error("an operator")
        return Comparison(selector, self._test(operator[0]))

    def _selector(self) -> Selector:
        self._demand("$", skip_after=False)
        steps: list[str | int | None] = []
        while True:
            dot = self._text.startswith(".", self._at)
            self._at += dot
            if (index := _INDEX.match(self._text, self._at)) is not None:
                number, every, *names = index.groups()
                name = next((entry for entry in names if entry is not None), "")
                steps.append(int(number) if number else None if every else name)
                self._at = index.end()
            elif dot and (match := _NAME.match(self._text, self._at)) is not None:
                steps.append(match[0])
                self._at = match.end()
            elif dot or not steps:
                raise self._error("the name of a property")
            else:
                self._skip()
                return Selector(tuple(steps))

    def _test(self, operator: str) -> Callable[[Any], bool]:
        if operator in _NUMERIC:
            number = self._match(_NUMBER)
            if number is None:
                raise self._error("a number")
            compare, operand = _NUMERIC[operator], float(number[0])
            return lambda value: _is_number(value) and compare(value, operand)
        equals = self._equals()
        if operator == "!=":
            return lambda value: not equals(value)
        return equals

    def _equals(self) -> Callable[[Any], bool]:
        if (regex := self._match(_REGEX)) is not None:
            return _regex_test(regex[1], self._error)
        if (quoted := self._match(_QUOTED)) is not None:
            return _text_test(re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL))
        bare = self._match(_BARE)
        if bare is None:
            raise self._error("a value")
        text = _text_test(bare[0])
        if _NUMBER.fullmatch(bare[0]) is None:
            return text
        operand = float(bare[0])
        return lambda value: value == operand if _is_number(value) else text(value)

    def _take(self, token: str, *, skip_after: bool = True) -> bool:
        self._skip()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        if skip_after:
            self._skip()
        return True

    def _demand(self, token: str, *, skip_after: bool = True) -> None:
        if not self._take(token, skip_after=skip_after):
            raise self._error(token)

    def _match(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        self._skip()
        match = regex.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            self._skip()
        return match

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _error(self, expected: str) -> PatternError:
        return PatternError(f"{expected} was expected at character {self._at + 1}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_text(value: Any) -> str | None:
    """Return a scalar as the text that a pattern compares, ``None`` for null, objects and arrays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _text_test(operand: str) -> Callable[[Any], bool]:
    if operand == "*":
        return lambda value: value is not None
    wildcard = re.compile(".*".join(map(re.escape, operand.split("*"))), re.DOTALL)
    return lambda value: (text := _as_text(value)) is not None and wildcard.fullmatch(text) is not None


def _regex_test(operand: str, error: Callable[[str], PatternError]) -> Callable[[Any], bool]:
    # AWS allows no groups, and without groups no expression takes exponential time.
    if re.search(r"(?<!\\)\(", operand):
        raise error("a regular expression without groups")
    try:
        compiled = re.compile(operand)
    except re.error as fault:
        raise error("a regular expression") from fault
    return lambda value: (text := _as_text(value)) is not None and compiled.search(text) is not None
