"""IAM policy documents: the grammar, and which actions, resources and principals a statement covers.

The grammar is that of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. A
document that AWS would not have stored raises `PolicyError`, and the check is not assessed. `iam.conditions`
decides whether conditions keep strangers out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

from cloud_audit_tui.iam.wildcards import Tokens, contains, overlaps, tokens

ALLOW, DENY = "Allow", "Deny"
EVERYONE = "*"

_POLICY_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_VERSION_WITHOUT_VARIABLES = "2008-10-17"

_OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnNotEquals",
        "ArnLike",
        "ArnNotLike",
        "Null",
    )
}
_OPERATOR = re.compile(r"(?:(?P<set>ForAllValues|ForAnyValue):)?(?P<name>\w+?)(?P<exists>IfExists)?", re.I)
_QUALIFIERS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
_WILDCARD = re.compile(r"[*?]")
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):.+", re.DOTALL)


class PolicyError(ValueError):
    """A document is not a valid policy; the message is a clause that says why."""


@dataclass(frozen=True)
class Principal:
    """One principal of a statement: ``AWS``, ``Service``, ``Federated`` or ``CanonicalUser``, and its name.

    ``"Principal": "*"`` is the principal ``*`` of kind ``AWS``, as AWS reads it.
    """

    kind: str
    name: str

    @property
    def is_everyone(self) -> bool:
        """Whether this is anyone at all, with or without an AWS account."""
        return self.kind == "AWS" and self.name == EVERYONE

    @property
    def account_id(self) -> str:
        """The account that the principal belongs to, empty where its name does not say."""
        if self.kind == "AWS" and _ACCOUNT.fullmatch(self.name):
            return self.name
        match = _PRINCIPAL_ARN.fullmatch(self.name)
        return match[1] if match else ""


@dataclass(frozen=True)
class Condition:
    """One key of one condition operator.

    ``operator`` has no prefix and suffix and is in AWS's spelling; ``key`` is in lower case, since keys are
    not case-sensitive, and ``name`` is the key as the policy writes it; numbers and booleans among the
    ``values`` are texts as JSON writes them. ``qualifier`` is ``ForAllValues``, ``ForAnyValue`` or empty. The
    condition holds when one of the values matches; all conditions of a statement must hold.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: str = ""
    if_exists: bool = False
    name: str = field(default="", compare=False)


@dataclass(frozen=True)
class Statement:
    """One statement: a single string in the document is a tuple of one here, an absent element is empty.

    Of each pair (``actions`` and ``not_actions`` and so on) at most one is not empty. ``content`` is the
    statement as written in the document.
    """

    effect: str
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()
    variables: bool = True
    number: int = 0
    content: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect == ALLOW

    @property
    def denies(self) -> bool:
        """Whether the effect is Deny."""
        return self.effect == DENY

    @property
    def label(self) -> str:
        """Its Sid, or its number in the document, counted from 1."""
        return self.sid or f"number {self.number + 1}"

    @property
    def is_everyone(self) -> bool:
        """Whether ``Principal`` is everyone: ``"*"``, or ``{"AWS": "*"}`` as text or list."""
        return any(principal.is_everyone for principal in self.principals)

    @property
    def everyone(self) -> bool:
        """Whether it applies to strangers: everyone, or an Allow of all but some (``NotPrincipal``)."""
        if self.is_everyone:
            return True
        excepted = self.not_principals
        return self.allows and bool(excepted) and not any(name.is_everyone for name in excepted)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of its principals of one kind, such as ``Service``."""
        return tuple(principal.name for principal in self.principals if principal.kind == kind)

    def covers_action(self, action: str) -> bool:
        """Whether it covers an action, or all actions that a pattern such as ``s3:*`` matches."""
        if self.not_actions:
            return not any(_overlaps(pattern, action) for pattern in self.not_actions)
        plain, patterns = self._actions
        return action.casefold() in plain or any(_contains(pattern, action) for pattern in patterns)

    def could_cover_action(self, action: str) -> bool:
        """Whether it covers at least one of the actions that a pattern matches."""
        if self.not_actions:
            return not any(_contains(pattern, action) for pattern in self.not_actions)
        return any(_overlaps(pattern, action) for pattern in self.actions)

    def covers_resource(self, arn: str) -> bool:
        """Whether it covers a resource, or all resources that a pattern matches.

        A statement without resources, as in the trust policy of a role, covers the resource that the policy
        is attached to.
        """
        target = tokens(arn)
        if self.not_resources:
            return not any(overlaps(pattern, target) for pattern in self._resources(self.not_resources))
        return not self.resources or any(
            contains(pattern, target) for pattern in self._resources(self.resources)
        )

    def could_cover(self, arn: str) -> bool:
        """Whether it covers, in some request, at least one of the resources that a pattern matches."""
        target = tokens(arn)
        if self.not_resources:
            return not any(contains(pattern, target) for pattern in self._resources(self.not_resources))
        return not self.resources or any(
            overlaps(pattern, target) for pattern in self._resources(self.resources)
        )

    def conditions_on(self, key: str) -> tuple[Condition, ...]:
        """Return its conditions on a key, in any letter case."""
        lowered = key.lower()
        return tuple(condition for condition in self.conditions if condition.key == lowered)

    @cached_property
    def _actions(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The actions without wildcards, in folded case, and those with wildcards.

        AWS's managed policies name thousands of the first kind, which a set finds without comparing each.
        """
        patterns = tuple(action for action in self.actions if _WILDCARD.search(action))
        return frozenset(
            action.casefold() for action in self.actions if not _WILDCARD.search(action)
        ), patterns

    def _resources(self, patterns: tuple[str, ...]) -> Iterable[Tokens]:
        return (tokens(pattern, variables=self.variables) for pattern in patterns)


@dataclass(frozen=True)
class Policy:
    """A valid policy document."""

    statements: tuple[Statement, ...]
    version: str = ""

    @property
    def allowing(self) -> tuple[Statement, ...]:
        """The statements that allow."""
        return tuple(statement for statement in self.statements if statement.allows)

    @property
    def denying(self) -> tuple[Statement, ...]:
        """The statements that deny."""
        return tuple(statement for statement in self.statements if statement.denies)

    def denies_all_of(self, allow: Statement) -> bool:
        """Whether unconditional Deny statements for everyone forbid all that a statement allows."""
        denies = [
            deny
            for deny in self.denying
            if deny.is_everyone and not deny.conditions and not deny.not_principals
        ]
        return covers_all_of(denies, allow)


def covers_all_of(denies: list[Statement], allow: Statement) -> bool:
    """Whether one of the Deny statements covers each action on each resource of an Allow."""
    if not denies:
        return False
    actions = allow.actions or (EVERYONE,)
    resources = allow.resources or (EVERYONE,)
    return all(
        any(deny.covers_action(action) and deny.covers_resource(resource) for deny in denies)
        for action in actions
        for resource in resources
    )


def parse(document: str | Mapping[str, Any]) -> Policy:
    """Return the policy of a document: a mapping, JSON, or percent-encoded JSON as IAM returns it.

    Raises `PolicyError`.
    """
    content = _decoded(document) if isinstance(document, str) else document
    if not isinstance(content, Mapping):
        raise PolicyError("the document is not a JSON object")
    _refuse_unknown(content, _POLICY_ELEMENTS, "the policy")
    if "Statement" not in content:
        raise PolicyError("it has no Statement")
    version = content.get("Version", _VERSION_WITHOUT_VARIABLES)
    if not isinstance(version, str):
        raise PolicyError("Version is not a text")
    statements = content["Statement"]
    if not isinstance(statements, list | tuple):
        statements = [statements]
    variables = version != _VERSION_WITHOUT_VARIABLES
    return Policy(
        tuple(_statement(statement, number, variables) for number, statement in enumerate(statements)),
        version,
    )


def _decoded(text: str) -> Any:
    stripped = text.strip()
    if stripped.startswith("%"):
        stripped = unquote(stripped)
    try:
        return json.loads(stripped, object_pairs_hook=_without_duplicates)
    except RecursionError as error:
        raise PolicyError("it is nested too deeply") from error
    except PolicyError:
        raise
    except ValueError as error:
        raise PolicyError("it is not JSON") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise PolicyError("an element is there twice in the same place")
    return content


def _refuse_unknown(content: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    if unknown := [key for key in content if key not in allowed]:
        raise PolicyError(f"{where} has {len(unknown)} element(s) that IAM does not know")


def _statement(content: Any, number: int, variables: bool) -> Statement:
    where = f"statement {number + 1}"
    if not isinstance(content, Mapping):
        raise PolicyError(f"{where} is not an object")
    _refuse_unknown(content, _STATEMENT_ELEMENTS, where)
    effect = content.get("Effect")
    if effect not in (ALLOW, DENY):
        raise PolicyError(f"the Effect of {where} is neither Allow nor Deny")
    for name in ("Action", "Resource", "Principal"):
        if name in content and f"Not{name}" in content:
            raise PolicyError(f"{where} has both {name} and Not{name}")
    if "Action" not in content and "NotAction" not in content:
        raise PolicyError(f"{where} has no Action")
    return Statement(
        effect=effect,
        sid=str(content.get("Sid") or ""),
        actions=_texts(content.get("Action"), f"the Action of {where}"),
        not_actions=_texts(content.get("NotAction"), f"the NotAction of {where}"),
        resources=_texts(content.get("Resource"), f"the Resource of {where}"),
        not_resources=_texts(content.get("NotResource"), f"the NotResource of {where}"),
        principals=_principals(content.get("Principal"), f"the Principal of {where}"),
        not_principals=_principals(content.get("NotPrincipal"), f"the NotPrincipal of {where}"),
        conditions=tuple(_conditions(content.get("Condition"), where)),
        variables=variables,
        number=number,
        content=content,
    )


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    texts = value if isinstance(value, list | tuple) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise PolicyError(f"{where} is neither a text nor a list of texts")
    return tuple(texts)


def _principals(value: Any, where: str) -> tuple[Principal, ...]:
    if value is None:
        return ()
    if value == EVERYONE:
        return (Principal("AWS", EVERYONE),)
    if not isinstance(value, Mapping) or not value:
        raise PolicyError(f"{where} is neither * nor an object")
    return tuple(
        # AWS does not document the kind in {"*": "*"}; its author means everyone.
        Principal("AWS" if kind == EVERYONE else str(kind), name)
        for kind, names in value.items()
        for name in _texts(names, where)
    )


def _conditions(value: Any, where: str) -> Iterable[Condition]:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise PolicyError(f"the Condition of {where} is not an object")
    for operator, keys in value.items():
        match = _OPERATOR.fullmatch(str(operator))
        if match is None or match["name"].lower() not in _OPERATORS:
            raise PolicyError(f"{where} has a condition operator that IAM does not know")
        if not isinstance(keys, Mapping):
            raise PolicyError(f"a condition of {where} is not an object")
        for key, values in keys.items():
            value_list = values if isinstance(values, list | tuple) else [values]
            yield Condition(
                operator=_OPERATORS[match["name"].lower()],
                key=str(key).lower(),
                values=tuple(_value(one, where) for one in value_list),
                qualifier=_QUALIFIERS.get((match["set"] or "").lower(), ""),
                if_exists=match["exists"] is not None,
                name=str(key),
            )


def _value(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise PolicyError(f"a condition of {where} has a value that is no text, number or boolean")


# The policies of most identities have the same few patterns, which are compared with the same actions.
@lru_cache(maxsize=65_536)
def _contains(outer: str, inner: str) -> bool:
    return contains(_action(outer), _action(inner))


@lru_cache(maxsize=65_536)
def _overlaps(one: str, other: str) -> bool:
    return overlaps(_action(one), _action(other))


def _action(pattern: str) -> Tokens:
    return tokens(pattern, fold=True, variables=False)
