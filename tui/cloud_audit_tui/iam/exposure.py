"""Who outside the account a resource policy lets in, and the policy that keeps them out.

The rule of the `aws-dp` checks. An Allow has a gap when it lets in everyone, a named principal of
another account, or an AWS service without saying on whose behalf (the confused deputy), and nothing
limits it: no condition of its own and no Deny beside it (`iam.conditions`) that only the account, its
organisation, its networks or fixed principals fulfil. Each value counts: a list of the own account and a
foreign one lets the foreign one in.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.iam.conditions import OWN_ACCOUNT, limits
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.iam.policy import Condition, Policy, Principal, Statement

Item = dict[str, Any]

ALL_SERVICES = ("AWS services",)
CLOUDFRONT = "cloudfront.amazonaws.com"
"""Sends `aws:SourceArn` and no `aws:SourceAccount`."""

_ACCOUNT_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:vpceaccount",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
    }
)
_ARN_KEYS = frozenset({"aws:principalarn", "aws:sourcearn", "aws:sourcevpcarn", "s3:dataaccesspointarn"})
_SERVICE_KEYS = frozenset(
    {"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"}
)
_ACCOUNT = re.compile(r"\d{12}")
_SHOWN = 3


class Gap(StrEnum):
    """What an Allow leaves open, worst first."""

    EVERYONE = "everyone"
    SERVICE = "service"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Opening:
    """A gap in one statement: whom it lets in, as the policy names them."""

    gap: Gap
    statement: Statement
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is open, for a person."""
        label = f'statement "{quoted(self.statement.label)}"'
        if not self.statement.sid:
            label = f"statement {self.statement.label}"
        who = ", ".join(f'"{quoted(name)}"' for name in self.names[:_SHOWN])
        if more := len(self.names) - _SHOWN if len(self.names) > _SHOWN else 0:
            who += f" and {more} more"
        if self.gap is Gap.EVERYONE:
            return f"{label} lets everyone in"
        if self.gap is Gap.SERVICE:
            return f"{label} lets {who} in on behalf of any account"
        if self.statement.everyone:
            return f"{label} lets everyone in who comes by {who}, which is not this account"
        return f"{label} lets {who} of another account in"


def openings(policy: Policy, account_id: str) -> list[Opening]:
    """Return the gaps of a policy, worst first."""
    gaps = [
        opening
        for allow in policy.allowing
        if not policy.erases(allow)
        for opening in _of_statement(policy, allow, account_id)
    ]
    return sorted(gaps, key=lambda opening: list(Gap).index(opening.gap))


def _of_statement(policy: Policy, allow: Statement, account_id: str) -> Iterable[Opening]:
    kinds = [_reach(limit, account_id) for limit in limits(policy, allow)]
    if "inside" in kinds:
        return
    if allow.everyone:
        if "services" in kinds:
            yield Opening(Gap.SERVICE, allow, ALL_SERVICES)
        elif kinds:
            yield Opening(Gap.ACCOUNT, allow, tuple(_foreign_values(policy, allow, account_id)))
        else:
            yield Opening(Gap.EVERYONE, allow)
        return
    if services := allow.names("Service"):
        yield Opening(Gap.SERVICE, allow, services)
    foreign = tuple(principal.name for principal in allow.principals if _is_foreign(principal, account_id))
    if foreign:
        yield Opening(Gap.ACCOUNT, allow, foreign)


def _is_foreign(principal: Principal, account_id: str) -> bool:
    return principal.account_id not in ("", account_id)


def _reach(limit: tuple[Condition, ...], account_id: str) -> str:
    """Say whom a limit lets through: only the ``inside``, AWS ``services`` too, or ``outside``."""
    kinds = {_condition_reach(condition, account_id) for condition in limit}
    if "outside" in kinds:
        return "outside"
    # A Deny for all but the inside and AWS's services is the documented form of a data perimeter.
    return "inside" if "inside" in kinds else "services"


def _condition_reach(condition: Condition, account_id: str) -> str:
    if condition.key in _SERVICE_KEYS:
        return "services"
    if condition.key in _ACCOUNT_KEYS:
        own = all(value == account_id or value.lower() == OWN_ACCOUNT for value in condition.values)
        return "inside" if own else "outside"
    if condition.key in _ARN_KEYS:
        return "inside" if all(_account_of(value) == account_id for value in condition.values) else "outside"
    return "inside"


def _account_of(arn: str) -> str:
    fields = arn.split(":")
    return fields[4] if len(fields) > 4 else ""  # noqa: PLR2004 - the account is the fifth field


def _foreign_values(policy: Policy, allow: Statement, account_id: str) -> Iterable[str]:
    for limit in limits(policy, allow):
        for condition in limit:
            if _condition_reach(condition, account_id) == "outside":
                yield from (
                    value
                    for value in condition.values
                    if account_id not in (value, _account_of(value)) and value.lower() != OWN_ACCOUNT
                )


def mended(document: Item, gaps: Iterable[Opening], account_id: str, partition: str) -> Item:
    """Return a copy of a policy without the gaps; everything else stays as it is.

    Everyone becomes the own account. A service must act for the own account. Principals and condition
    values of other accounts are taken out, and so is a statement that then lets in no principal.
    """
    policy: Item = copy.deepcopy(document)
    present = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    statements: list[list[Item]] = [[statement] for statement in present]
    by_gap = sorted(gaps, key=lambda opening: opening.gap is Gap.SERVICE)
    for opening in by_gap:
        number = opening.statement.number
        if not statements[number]:
            continue
        statement = statements[number][0]
        if opening.gap is Gap.SERVICE:
            statements[number] = _for_own_account(statement, opening.names, account_id, partition)
        elif opening.gap is Gap.EVERYONE:
            _only_own_principals(statement, account_id, partition)
        elif not opening.statement.everyone:
            statements[number] = _without(statement, opening.names)
        else:
            statements[number] = _with_own_values(statement, account_id, partition)
    policy["Statement"] = [statement for group in statements for statement in group]
    return policy


def _only_own_principals(statement: Item, account_id: str, partition: str) -> None:
    statement.pop("NotPrincipal", None)
    statement["Principal"] = {"AWS": f"arn:{partition}:iam::{account_id}:root"}


def _for_own_account(
    statement: Item, services: tuple[str, ...], account_id: str, partition: str
) -> list[Item]:
    """Split a statement: principals that are no services have no source account to be held to."""
    if services == ALL_SERVICES:
        return [_limited(statement, "StringEquals", "aws:SourceAccount", account_id)]
    others = {kind: names for kind, names in statement["Principal"].items() if kind != "Service"}
    distributions = f"arn:{partition}:cloudfront::{account_id}:distribution/*"
    parts = [{**statement, "Principal": others}] if others else []
    if by_account := [service for service in services if service != CLOUDFRONT]:
        held = {**statement, "Principal": {"Service": by_account}}
        parts.append(_limited(held, "StringEquals", "aws:SourceAccount", account_id))
    if CLOUDFRONT in services:
        held = {**statement, "Principal": {"Service": CLOUDFRONT}}
        parts.append(_limited(held, "ArnLike", "aws:SourceArn", distributions))
    for part in parts[1:]:
        part.pop("Sid", None)
    return parts


def _limited(statement: Item, operator: str, key: str, value: str) -> Item:
    condition = copy.deepcopy(statement.get("Condition") or {})
    keys = {
        name: values for name, values in condition.get(operator, {}).items() if name.lower() != key.lower()
    }
    return {**statement, "Condition": {**condition, operator: {**keys, key: value}}}


def _without(statement: Item, names: tuple[str, ...]) -> list[Item]:
    """Return the statement without some principals, or nothing when none is left."""
    principals: Item = {}
    for kind, listed in statement["Principal"].items():
        every = listed if isinstance(listed, list) else [listed]
        remaining = [name for name in every if name not in names]
        if remaining:
            principals[kind] = listed if len(remaining) == len(every) else remaining
    return [{**statement, "Principal": principals}] if principals else []


def _with_own_values(statement: Item, account_id: str, partition: str) -> list[Item]:
    """Return a statement for everyone with the own account's values only, or nothing when none is left."""
    condition = copy.deepcopy(statement.get("Condition") or {})
    changed = nameless = False
    for keys in condition.values():
        for key, listed in keys.items():
            if key.lower() not in _ACCOUNT_KEYS | _ARN_KEYS:
                continue
            values = list(map(str, listed if isinstance(listed, list) else [listed]))
            own_values = [value for value in values if account_id in (value, _account_of(value))]
            nameless = nameless or any(
                value.startswith("arn:") and not _account_of(value) for value in values
            )
            own_values += [value for value in values if value.startswith("arn:") and not _account_of(value)]
            if not own_values:
                return []
            if len(own_values) != len(values):
                keys[key] = own_values
            changed = changed or len(own_values) != len(values)
    statement = {**statement, "Condition": condition} if condition else statement
    if nameless:
        return [_limited(statement, "StringEquals", "aws:SourceAccount", account_id)]
    if not changed:
        _only_own_principals(statement, account_id, partition)
    return [statement]
