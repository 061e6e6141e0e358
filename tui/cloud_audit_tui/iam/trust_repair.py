"""Repairs a trust policy that admits too many principals, by a condition for strangers only."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Item = dict[str, Any]


def with_condition(
    document: Mapping[str, Any], conditions: Mapping[int, tuple[Collection[str], str, str]]
) -> Item:
    """Return a trust policy whose strangers must meet a condition.

    ``conditions`` gives, by the number of a statement, the AWS principals that are strangers, the condition
    key and its value, for StringEquals. A statement that also admits others, such as services or the own
    account, is split: these keep it unchanged. ``NotPrincipal`` cannot be split and gets the condition.
    """
    policy: Item = copy.deepcopy(dict(document))
    present = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    statements: list[Item] = []
    for number, statement in enumerate(present):
        if number not in conditions:
            statements.append(statement)
            continue
        strangers, key, value = conditions[number]
        others, theirs = _split(statement, strangers)
        if others is not None:
            statements.append(others)
        condition = theirs.setdefault("Condition", {})
        condition.setdefault("StringEquals", {})[key] = value
        statements.append(theirs)
    policy["Statement"] = statements
    return policy


def _split(statement: Item, strangers: Collection[str]) -> tuple[Item | None, Item]:
    """Return the statement for others than the strangers, ``None`` without others, and the strangers' own."""
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return None, statement
    theirs: Item = {}
    others: Item = {}
    for kind, value in principal.items():
        names = value if isinstance(value, list) else [value]
        strange = [name for name in names if kind in ("AWS", "*") and name in strangers]
        remaining = [name for name in names if name not in strange]
        if strange:
            theirs[kind] = strange[0] if len(strange) == 1 else strange
        if remaining:
            others[kind] = (
                value if len(remaining) == len(names) else remaining[0] if len(remaining) == 1 else remaining
            )
    if not others or not theirs:
        return None, statement
    second = copy.deepcopy(statement) | {"Principal": theirs}
    second.pop("Sid", None)
    return statement | {"Principal": others}, second
