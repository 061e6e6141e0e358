"""The known context of a request before it is made, and whether a condition holds for it.

The answer has three values: a condition holds, does not hold, or depends on a value that the account does not
show, such as the caller's address. How operators treat an absent key follows
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cloud_audit_tui.iam.wildcards import contains, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud_audit_tui.iam.policy import Condition, Statement

EXACT = frozenset({"StringEquals", "StringEqualsIgnoreCase", "Bool"})
_PATTERN = frozenset({"StringLike", "ArnLike", "ArnEquals"})
_NOT_EXACT = frozenset({"StringNotEquals", "StringNotEqualsIgnoreCase"})
_NOT_PATTERN = frozenset({"StringNotLike", "ArnNotLike", "ArnNotEquals"})
_IGNORES_CASE = frozenset({"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool"})
_NEGATED = _NOT_EXACT | _NOT_PATTERN | {"NumericNotEquals", "DateNotEquals", "NotIpAddress"}

CHOSEN_KEYS = frozenset(
    {
        "aws:requestedregion",
        "aws:tagkeys",
        "aws:useragent",
        "aws:referer",
        "ec2:instancetype",
        "lambda:functionurlauthtype",
        "sts:rolesessionname",
    }
)
CHOSEN_PREFIXES = ("aws:requesttag/",)
"""Keys whose value the caller chooses with the request, so that it can meet a condition on them."""


@dataclass(frozen=True)
class RequestContext:
    """The keys of a request, in lower case.

    ``values`` are the possible values of a key; the caller chooses among several. ``absent`` are the keys
    that the request lacks. All other keys are undecided, except those that the caller chooses.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def with_keys(self, **keys: Iterable[str]) -> RequestContext:
        """Return the context with more known keys; ``__`` in a name stands for the colon."""
        more = {name.replace("__", ":").lower(): tuple(values) for name, values in keys.items()}
        return replace(self, values={**self.values, **more}, absent=self.absent - set(more))

    def without_key(self, name: str) -> RequestContext:
        """Return the context of a request that lacks a key."""
        return replace(self, absent=self.absent | {name.lower()})

    def holds(self, condition: Condition) -> bool | None:
        """Return whether a condition holds, ``None`` where it depends on an undecided key."""
        key = condition.key
        if condition.operator == "Null":
            if key in self.values or key in self.absent:
                wants_absent = [value.lower() for value in condition.values] == ["true"]
                return wants_absent is (key in self.absent)
            return None
        if key in self.absent:
            if condition.if_exists or condition.qualifier == "ForAllValues":
                return True
            return condition.operator in _NEGATED and condition.qualifier != "ForAnyValue"
        if key in self.values:
            return _matches(condition, self.values[key])
        return None

    def allows(self, statement: Statement) -> tuple[str, ...] | None:
        """Return the undecided keys of an Allow, empty if it is certain; ``None`` if it cannot hold."""
        undecided = []
        for condition in statement.conditions:
            answer = self.holds(condition)
            if answer is False:
                return None
            if answer is None and not _is_chosen(condition.key):
                undecided.append(condition.name or condition.key)
        return tuple(dict.fromkeys(undecided))

    def denies(self, statement: Statement) -> tuple[str, ...] | None:
        """Return the undecided keys of a Deny, empty if it is certain; ``None`` if the caller avoids it.

        The caller avoids a Deny on a key whose value the caller chooses.
        """
        undecided = []
        for condition in statement.conditions:
            answer = self.holds(condition)
            if answer is False or (answer is None and _is_chosen(condition.key)):
                return None
            if answer is None:
                undecided.append(condition.name or condition.key)
        return tuple(dict.fromkeys(undecided))


def _is_chosen(key: str) -> bool:
    return key in CHOSEN_KEYS or key.startswith(CHOSEN_PREFIXES)


def _matches(condition: Condition, texts: tuple[str, ...]) -> bool | None:
    """Say whether a condition holds for one of some values of its key; ``None`` for other operators."""
    values = condition.values
    if any("${" in value for value in values):
        return None
    if condition.operator in EXACT | _NOT_EXACT:
        normal = str.casefold if condition.operator in _IGNORES_CASE else str
        same = [normal(text) in map(normal, values) for text in texts]
    elif condition.operator in _PATTERN | _NOT_PATTERN:
        same = [any(contains(tokens(value), tokens(text)) for value in values) for text in texts]
    else:
        return None
    return not all(same) if condition.operator in _NOT_EXACT | _NOT_PATTERN else any(same)
