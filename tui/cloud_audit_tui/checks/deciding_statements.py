"""The statements of policies that a verdict rests on, as evidence that the app marks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.checks.api import Item
    from cloud_audit_tui.iam.policy import Statement

MOST = 20
"""The most statements in the evidence, which counts further ones."""
LONGEST = 2_000
"""The most characters, as JSON, of a statement that the evidence has whole."""
LONGEST_LIST = 5
"""The values that remain of each list of a longer statement."""


@dataclass(frozen=True)
class DecidingStatement:
    """A statement that a verdict rests on, its policy, and the actions that count.

    ``policy`` is the ARN, the name or a description of its policy. ``document`` is the member of the evidence
    that holds the policy as text, or the member and the key in it; where it is empty, the evidence repeats
    the statement. ``actions`` are the actions that count, where not all do.
    """

    statement: Statement
    policy: str
    document: str | tuple[str, str] = ""
    actions: tuple[str, ...] = ()


def deciding(statements: Iterable[DecidingStatement]) -> Item:
    """Return the members of evidence that name the deciding statements; none where no statement decides."""
    facts = [_fact(one) for one in statements]
    more = len(facts) - MOST
    return ({"deciding": facts[:MOST]} if facts else {}) | ({"deciding_more": more} if more > 0 else {})


def _fact(one: DecidingStatement) -> Item:
    statement = one.statement
    fact: Item = {"policy": one.policy, "number": statement.number + 1, "sid": statement.sid}
    if one.actions:
        fact["actions"] = list(one.actions)
    if one.document:
        return fact | {"document": one.document if isinstance(one.document, str) else list(one.document)}
    content = dict(statement.content)
    if _length(content) <= LONGEST:
        return fact | {"content": content}
    if one.actions and isinstance(content.get("Action"), list):
        content["Action"] = _counting_first(one)
    shortened = _shortened(content)
    # A statement that is still too long has many condition keys or long texts; its number identifies it.
    return fact | {"content": shortened if _length(shortened) <= LONGEST else None, "shortened": True}


def _counting_first(one: DecidingStatement) -> list[str]:
    """Return the actions of a statement, those that cover the counting actions first."""

    def counts(pattern: str) -> bool:
        alone = replace(one.statement, actions=(pattern,))
        return any(alone.covers_action(action) for action in one.actions)

    return sorted(one.statement.actions, key=counts, reverse=True)


def _length(content: Any) -> int:
    return len(json.dumps(content))


def _shortened(value: Any) -> Any:
    """Return a part of a statement with only the first values of each list."""
    match value:
        case dict():
            return {key: _shortened(member) for key, member in value.items()}
        case list() | tuple():
            return [_shortened(member) for member in value[:LONGEST_LIST]]
        case _:
            return value
