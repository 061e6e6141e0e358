"""The rules of composite alarms: conditions on the states of other alarms.

Grammar of PutCompositeAlarm.AlarmRule: ``ALARM(name)``, ``OK(name)``, ``INSUFFICIENT_DATA(name)``,
``AT_LEAST(M, STATE, (name, ...))``, ``TRUE`` and ``FALSE``, joined by ``AND``, ``OR``, ``NOT`` and
parentheses. An alarm is named by its name, in quotes or not, or by its ARN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Rule = Callable[[Collection[str]], bool]
    """A predicate over the names of the alarms in ALARM state; all others count as OK."""

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[(),]|[^\s(),"]+)')
_STATES = {"ALARM": True, "OK": False, "INSUFFICIENT_DATA": None}
"""Whether a name has to be in ALARM for the state to hold; no alarm counts as INSUFFICIENT_DATA."""


class RuleError(ValueError):
    """A rule that does not follow the grammar."""


def parse(text: str) -> Rule:
    """Return a rule as a predicate over the alarms in ALARM state; raises `RuleError`.

    An ARN in a rule stands for the name of the alarm, which is its part after ``:alarm:``.
    """
    parser = _Parser(_tokens(text))
    rule = parser.disjunction()
    parser.end()
    return rule


def _tokens(text: str) -> list[str]:
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise RuleError(f"no token of a rule at character {at}")
        tokens.append(token[1])
        at = token.end()
    return tokens


@dataclass
class _Parser:
    tokens: list[str]
    at: int = 0

    def disjunction(self) -> Rule:
        parts = [self._conjunction()]
        while self._accept("OR"):
            parts.append(self._conjunction())
        return lambda alarmed: any(part(alarmed) for part in parts)

    def end(self) -> None:
        if self.at != len(self.tokens):
            raise RuleError(f"{self.tokens[self.at]!r} after the end of the rule")

    def _conjunction(self) -> Rule:
        parts = [self._negation()]
        while self._accept("AND"):
            parts.append(self._negation())
        return lambda alarmed: all(part(alarmed) for part in parts)

    def _negation(self) -> Rule:
        if self._accept("NOT"):
            inner = self._negation()
            return lambda alarmed: not inner(alarmed)
        return self._term()

    def _term(self) -> Rule:
        if self._accept("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        word = self._next()
        if word in {"TRUE", "FALSE"}:
            return lambda _: word == "TRUE"
        if word in _STATES:
            self._expect("(")
            name = self._name()
            self._expect(")")
            return _state(word, name)
        if word == "AT_LEAST":
            return self._at_least()
        raise RuleError(f"{word!r} is no condition")

    def _at_least(self) -> Rule:
        self._expect("(")
        count = self._next()
        self._expect(",")
        state = self._next()
        if not count.isdecimal() or state not in _STATES:
            raise RuleError("AT_LEAST without a number and a state")
        self._expect(",")
        self._expect("(")
        parts = [_state(state, self._name())]
        while self._accept(","):
            parts.append(_state(state, self._name()))
        self._expect(")")
        self._expect(")")
        return lambda alarmed: sum(part(alarmed) for part in parts) >= int(count)

    def _name(self) -> str:
        word = self._next()
        if word.startswith('"'):
            word = re.sub(r"\\(.)", r"\1", word[1:-1])
        elif word in {"(", ")", ","}:
            raise RuleError("a condition without an alarm")
        return alarm_name(word)

    def _next(self) -> str:
        if self.at == len(self.tokens):
            raise RuleError("the rule ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def _accept(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == word:
            self.at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise RuleError(f"{word!r} is missing")


def alarm_name(word: str) -> str:
    """Return the name of an alarm that a rule names by its name or its ARN."""
    before, mark, name = word.partition(":alarm:")
    return name if mark and before.startswith("arn:") else word


def _state(state: str, name: str) -> Rule:
    in_alarm = _STATES[state]
    return lambda alarmed: (name in alarmed) is in_alarm
