"""The gaps by which a resource policy admits principals outside the account, and the repaired policy.

The rule of the `aws-dp` checks. An Allow has a gap when it admits everyone, an AWS service on behalf of any
account (the confused deputy), or one fixed account that is not the resource's own: a named principal, or a
service that acts for that account. It has no gap when a condition of its own or a Deny beside it
(`iam.conditions`) admits only the account, its organization, its networks or fixed principals. Each value
counts: a list of the own account and a foreign account admits the foreign one.

`repaired` closes only gaps that need no guess. A fixed account for which a service acts was chosen on
purpose, such as the management account of an organization's trail, so that statement stays. A service gets a
condition only if its guide says that it sends the key (`iam.service_sources`).
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.iam.aws_accounts import LOG_DELIVERY_ACCOUNTS, LOG_DELIVERY_ACTIONS
from cloud_audit_tui.iam.conditions import (
    OWN_ACCOUNT,
    SOURCE_KEYS,
    bucket_of,
    limits,
    requires_source,
)
from cloud_audit_tui.iam.service_sources import (
    can_be_limited,
    sends_account,
    source_arn,
    supports_conditions,
)
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.iam.conditions import Limit
    from cloud_audit_tui.iam.policy import Condition, Policy, Principal, Statement

Item = dict[str, Any]

ANY_SERVICE = ("AWS services",)
S3 = "s3"

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
_CALLER_ACCOUNT_KEYS = {"kms": "kms:CallerAccount"}
"""The key in place of `aws:PrincipalAccount` in the policies of a service; KMS documents its own."""
_ACCOUNT = re.compile(r"\d{12}")
_LOG_ACCOUNT = re.compile(r"/AWSLogs/(\d{12})(?:/|$)")
_LOG_ORGANISATION = re.compile(r"/AWSLogs/(o-[a-z0-9]{10,32})(?:/|$)")
_ARN_FIELDS = 6
_NAMES_AT_MOST = 3


class Gap(StrEnum):
    """Whom an Allow admits from outside the account, worst first."""

    EVERYONE = "everyone"
    SERVICE = "service"
    ACCOUNT = "account"


class Part(StrEnum):
    """The principals of a statement that a gap concerns."""

    EVERYONE = "everyone"
    SERVICES = "services"
    NAMED = "named"


@dataclass(frozen=True)
class Holder:
    """The account that a resource belongs to, and what its policy can name.

    ``kind`` is the service of the resource, such as ``s3``. ``buckets`` are the account's own buckets, whose
    ARNs name no account.
    """

    account_id: str
    partition: str = "aws"
    kind: str = ""
    buckets: frozenset[str] = frozenset()

    def owns(self, account_id: str) -> bool:
        """Whether an account, as twelve digits or as the policy variable, is the holder's own."""
        return account_id == self.account_id or account_id.lower() == OWN_ACCOUNT

    def owns_source(self, value: str) -> bool:
        """Whether an account, or the resource of an ARN, is the holder's own."""
        if self.owns(value) or self.owns(_account_of(value)):
            return True
        return bucket_of(value) in self.buckets


@dataclass(frozen=True)
class Opening:
    """A gap in one statement.

    ``names`` are the principals that it admits, as in the policy; ``sources`` the accounts or ARNs on whose
    behalf they act, empty for any. ``closable`` says whether `repaired` closes it, and ``kind`` is that of
    the `Holder`.
    """

    gap: Gap
    statement: Statement
    part: Part
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    closable: bool = True
    kind: str = ""

    @property
    def rests_on_bucket(self) -> bool:
        """Whether only the list of the account's buckets makes this a gap."""
        return bool(self.sources) and all(map(bucket_of, self.sources))

    @property
    def is_documented(self) -> bool:
        """Whether AWS supports no condition in the statement, so that its documentation shows none."""
        return (
            self.gap is Gap.SERVICE
            and not self.closable
            and all(not supports_conditions(name, self.kind) for name in self.names)
        )

    @property
    def words(self) -> str:
        """The gap as a clause for a message."""
        label = f'statement "{quoted(self.statement.label)}"'
        if not self.statement.sid:
            label = f"statement {self.statement.label}"
        if self.gap is Gap.EVERYONE:
            return f"{label} lets everyone in"
        if self.gap is Gap.SERVICE:
            return f"{label} lets {_names_text(self.names)} in on behalf of any account"
        if self.sources:
            whose = ", ".join(map(_whose, self.sources[:_NAMES_AT_MOST]))
            if len(self.sources) > _NAMES_AT_MOST:
                whose += f" and {len(self.sources) - _NAMES_AT_MOST} more"
            if self.part is Part.SERVICES:
                return f"{label} lets {_names_text(self.names)} in on behalf of {whose}"
            return f"{label} lets callers of {whose} in"
        return f"{label} lets {_names_text(self.names)} of another account in"

    @property
    def advice(self) -> str:
        """What a person can do about a gap that `repaired` does not close; empty for one that it closes."""
        if self.closable:
            return ""
        if self.gap is Gap.ACCOUNT:
            return (
                "Who comes in acts for one fixed account. Where it belongs to your organization, "
                "aws:SourceOrgID says so for all its accounts; otherwise take the value out of the statement."
            )
        if self.is_documented:
            return (
                "EventBridge supports no condition in the policy of a topic: one would end its messages. "
                "Send the events to a queue or a function instead, whose policies can name the rule."
            )
        return (
            "Whether these services send aws:SourceAccount or aws:SourceArn is not known to this program. "
            "Read the guide of each, then add the condition that it gives, or aws:SourceOrgID."
        )


def _names_text(names: tuple[str, ...]) -> str:
    if names == ANY_SERVICE:
        return ANY_SERVICE[0]
    text = ", ".join(f'"{quoted(name)}"' for name in names[:_NAMES_AT_MOST])
    return text + (f" and {len(names) - _NAMES_AT_MOST} more" if len(names) > _NAMES_AT_MOST else "")


def _whose(source: str) -> str:
    if _ACCOUNT.fullmatch(source):
        return f"account {source}"
    if account := _account_of(source):
        return f'account {quoted(account)} (by "{quoted(source)}")'
    if bucket := bucket_of(source):
        return f'bucket "{quoted(bucket)}", which is not among the buckets of this account'
    return f'"{quoted(source)}", which names no account'


def openings(policy: Policy, holder: Holder) -> list[Opening]:
    """Return the gaps of a policy, worst first."""
    gaps = [
        opening
        for allow in policy.allowing
        if not policy.denies_all_of(allow)
        for opening in _of_statement(policy, allow, holder)
    ]
    return sorted(gaps, key=lambda opening: list(Gap).index(opening.gap))


def names_buckets(policy: Policy) -> bool:
    """Whether the list of the account's buckets can decide whom a policy admits."""
    return any(
        bucket_of(value)
        for allow in policy.allowing
        for limit in limits(policy, allow)
        for condition in limit
        for value in condition.values
    )


def _of_statement(policy: Policy, allow: Statement, holder: Holder) -> Iterable[Opening]:
    own = limits(policy, allow)
    if allow.everyone:
        yield from _for_everyone(allow, own, holder)
    if services := allow.names("Service"):
        yield from _for_services(allow, own, services, holder)
    foreign = tuple(principal.name for principal in allow.principals if _is_foreign(principal, allow, holder))
    if foreign and not any(_reach(limit, holder) == "inside" for limit in own):
        yield Opening(Gap.ACCOUNT, allow, Part.NAMED, foreign)


def _for_everyone(allow: Statement, own: tuple[Limit, ...], holder: Holder) -> Iterable[Opening]:
    reaches = [_reach(limit, holder) for limit in own]
    if "inside" in reaches:
        return
    outside = [limit for limit, reach in zip(own, reaches, strict=True) if reach == "outside"]
    if outside:
        sources = tuple(dict.fromkeys(_foreign_values(outside, holder)))
        by_service = any(condition.key in SOURCE_KEYS for limit in outside for condition in limit)
        if by_service:
            yield Opening(Gap.ACCOUNT, allow, Part.SERVICES, ANY_SERVICE, sources, closable=False)
        else:
            yield Opening(Gap.ACCOUNT, allow, Part.EVERYONE, (), sources)
    elif "services" in reaches or requires_source(allow):
        closable = _sends_source_account(allow) or bool(_narrowed_sources(allow, holder))
        yield Opening(Gap.SERVICE, allow, Part.EVERYONE, ANY_SERVICE, (), closable, holder.kind)
    else:
        yield Opening(Gap.EVERYONE, allow, Part.EVERYONE)


def _for_services(
    allow: Statement, own: tuple[Limit, ...], services: tuple[str, ...], holder: Holder
) -> Iterable[Opening]:
    # A limit that admits AWS services does not limit the accounts that they act for.
    about_source = [limit for limit in own if not any(condition.key in _SERVICE_KEYS for condition in limit)]
    reaches = [_reach(limit, holder) for limit in about_source]
    if "inside" in reaches:
        return
    if sources := tuple(dict.fromkeys(_foreign_values(about_source, holder))):
        yield Opening(Gap.ACCOUNT, allow, Part.SERVICES, services, sources, closable=False)
        return
    limitable = tuple(name for name in services if can_be_limited(name, holder.kind))
    others = tuple(name for name in services if name not in limitable)
    if limitable:
        yield Opening(Gap.SERVICE, allow, Part.SERVICES, limitable, (), True, holder.kind)
    if others:
        yield Opening(Gap.SERVICE, allow, Part.SERVICES, others, (), False, holder.kind)


def _is_foreign(principal: Principal, allow: Statement, holder: Holder) -> bool:
    account = principal.account_id
    if not account or holder.owns(account):
        return False
    return not (holder.kind == S3 and account in LOG_DELIVERY_ACCOUNTS and _is_log_delivery(allow))


def _is_log_delivery(allow: Statement) -> bool:
    return bool(allow.actions) and all(action.lower() in LOG_DELIVERY_ACTIONS for action in allow.actions)


def _reach(limit: Limit, holder: Holder) -> str:
    """Return whom a limit admits: only ``inside``, or also AWS ``services``, or ``outside``."""
    kinds = {_condition_reach(condition, holder) for condition in limit}
    if "outside" in kinds:
        return "outside"
    # A Deny for all but the inside and AWS services is the documented form of a data perimeter.
    return "inside" if "inside" in kinds else "services"


def _condition_reach(condition: Condition, holder: Holder) -> str:
    if condition.key in _SERVICE_KEYS:
        return "services"
    if condition.key in _ACCOUNT_KEYS | _ARN_KEYS:
        return "inside" if all(map(holder.owns_source, condition.values)) else "outside"
    return "inside"


def _account_of(arn: str) -> str:
    fields = arn.split(":", _ARN_FIELDS - 1)
    return fields[4] if len(fields) == _ARN_FIELDS and fields[0] == "arn" and not bucket_of(arn) else ""


def _foreign_values(group: Iterable[Limit], holder: Holder) -> Iterable[str]:
    for limit in group:
        for condition in limit:
            if _condition_reach(condition, holder) == "outside":
                yield from (value for value in condition.values if not holder.owns_source(value))


def repaired(document: Item, openings: Iterable[Opening], holder: Holder) -> Item:
    """Return a copy of a policy without the closable gaps; everything else stays.

    Only the principals that a gap concerns change: each statement is split into a part that stays and parts
    that get a condition. ``*`` stays ``*``, for callers of the own account and for AWS services that act for
    it. A service gets the condition that it documents. Named principals of other accounts are removed, and so
    is a statement that then admits nobody.
    """
    policy: Item = copy.deepcopy(document)
    present = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    gaps = [opening for opening in openings if opening.closable]
    policy["Statement"] = [
        part
        for number, statement in enumerate(present)
        for part in _repaired_statement(
            statement, [opening for opening in gaps if opening.statement.number == number], holder
        )
    ]
    return policy


def log_folders(openings: Iterable[Opening], holder: Holder) -> list[str]:
    """Return the folders of a bucket in which services deliver logs of the accounts that `repaired` lets in.

    Empty if it closes no statement for services. Another folder of ``AWSLogs/`` has the logs of another
    account, whose delivery would stop.
    """
    closed = [opening for opening in openings if opening.closable and opening.part is Part.SERVICES]
    if not closed:
        return []
    text = " ".join(resource for opening in closed for resource in opening.statement.resources)
    owners = [*_LOG_ACCOUNT.findall(text), *_LOG_ORGANISATION.findall(text)]
    return [f"AWSLogs/{each}/" for each in dict.fromkeys([holder.account_id, *owners])]


def _repaired_statement(statement: Item, gaps: list[Opening], holder: Holder) -> list[Item]:
    if not gaps:
        return [statement]
    by_part = {opening.part: opening for opening in gaps}
    rest = _principals(statement)
    everyone = by_part.get(Part.EVERYONE)
    parts: list[Item] = []
    if everyone is not None:
        rest = _without(rest, "AWS", ("*",))
    if (services := by_part.get(Part.SERVICES)) is not None:
        rest = _without(rest, "Service", services.names)
    if (opening := by_part.get(Part.NAMED)) is not None:
        for kind in list(rest):
            rest = _without(rest, kind, opening.names)
    if rest:
        parts.append({**statement, "Principal": rest})
    if everyone is not None:
        parts += _closed_to_everyone(_for_all(statement), everyone, holder)
    if services is not None:
        parts += [part for name in services.names for part in _for_service(statement, name, services, holder)]
    return _with_own_sids(parts)


def _principals(statement: Item) -> Item:
    """Return the principals of a statement by kind; ``*`` and ``{"*": "*"}`` are of kind ``AWS``."""
    principals = statement.get("Principal")
    if principals is None:
        return {}
    if not isinstance(principals, dict):
        return {"AWS": principals}
    return {"AWS" if kind == "*" else kind: names for kind, names in principals.items()}


def _without(principals: Item, kind: str, names: tuple[str, ...]) -> Item:
    """Return principals without some of a kind, unchanged if they have none of these."""
    if kind not in principals:
        return principals
    members = principals[kind]
    every = members if isinstance(members, list) else [members]
    remaining = [name for name in every if name not in names]
    if len(remaining) == len(every):
        return principals
    return {
        key: remaining if key == kind else value
        for key, value in principals.items()
        if key != kind or remaining
    }


def _for_all(statement: Item) -> Item:
    """Return the part of a statement that is for everyone; ``NotPrincipal`` keeps its exceptions."""
    if "NotPrincipal" in statement:
        return statement
    principal = statement["Principal"]
    return {**statement, "Principal": "*" if principal == "*" else {"AWS": "*"}}


def _closed_to_everyone(statement: Item, opening: Opening, holder: Holder) -> list[Item]:
    if opening.gap is Gap.EVERYONE:
        caller = _CALLER_ACCOUNT_KEYS.get(holder.kind, "aws:PrincipalAccount")
        own_sources = f"arn:{holder.partition}:*:*:{holder.account_id}:*"
        # Services that act for the account send one or both of the two keys, direct callers neither.
        return [
            _limited(statement, "StringEquals", caller, holder.account_id),
            _limited(statement, "StringEquals", "aws:SourceAccount", holder.account_id),
            _limited(statement, "ArnLike", "aws:SourceArn", own_sources),
        ]
    if opening.gap is Gap.SERVICE:
        if _sends_source_account(opening.statement):
            return [_limited(statement, "StringEquals", "aws:SourceAccount", holder.account_id)]
        return [_with_own_sources(statement, _narrowed_sources(opening.statement, holder), holder)]
    return _with_own_values(statement, holder)


def _sends_source_account(allow: Statement) -> bool:
    """Whether an Allow admits only services that send `aws:SourceAccount`."""
    return any(
        not condition.if_exists and condition.qualifier != "ForAllValues"
        for key in ("aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
        for condition in allow.conditions_on(key)
    )


def _narrowed_sources(allow: Statement, holder: Holder) -> dict[str, str]:
    """Map each pattern of `aws:SourceArn` in an Allow to one of the own account; empty if one is unclear.

    A bucket's ARN names no account, so the repair adds `aws:SourceAccount`, which S3 sends.
    """
    narrowed: dict[str, str] = {}
    for condition in allow.conditions_on("aws:SourceArn"):
        if condition.operator not in ("ArnLike", "ArnEquals", "StringLike"):
            return {}
        for value in condition.values:
            fields = value.split(":", _ARN_FIELDS - 1)
            if len(fields) != _ARN_FIELDS or fields[0] != "arn" or any(mark in fields[2] for mark in "*?$"):
                return {}
            if fields[2] == S3 or holder.owns(fields[4]):
                narrowed[value] = value
            elif fields[4] == "*":
                narrowed[value] = ":".join([*fields[:4], holder.account_id, fields[5]])
            else:
                return {}
    return narrowed


def _with_own_sources(statement: Item, narrowed: dict[str, str], holder: Holder) -> Item:
    condition = copy.deepcopy(statement.get("Condition") or {})
    for keys in condition.values():
        for key, original in keys.items():
            if key.lower() == "aws:sourcearn":
                keys[key] = (
                    [narrowed[str(value)] for value in original]
                    if isinstance(original, list)
                    else narrowed[str(original)]
                )
    statement = {**statement, "Condition": condition}
    if any(value.split(":")[2] == S3 for value in narrowed):
        return _limited(statement, "StringEquals", "aws:SourceAccount", holder.account_id)
    return statement


def _for_service(statement: Item, service: str, opening: Opening, holder: Holder) -> list[Item]:
    """Return the statements that admit one service for the own account and for those in its resources.

    Logs of other accounts and of organizations lie under ``AWSLogs/ACCOUNT`` and ``AWSLogs/ORGANISATION``: a
    statement whose resources name them is also for these accounts.
    """
    part = {**statement, "Principal": {"Service": service}}
    text = " ".join(opening.statement.resources)
    accounts = list(dict.fromkeys([holder.account_id, *_LOG_ACCOUNT.findall(text)]))
    if sends_account(service):
        values: Any = accounts if len(accounts) > 1 else accounts[0]
        parts = [_limited(part, "StringEquals", "aws:SourceAccount", values)]
    else:
        arns = [source_arn(service, holder.partition, account) for account in accounts]
        parts = [_limited(part, "ArnLike", "aws:SourceArn", arns if len(arns) > 1 else arns[0])]
    organizations = list(dict.fromkeys(_LOG_ORGANISATION.findall(text)))
    if organizations:
        ids: Any = organizations if len(organizations) > 1 else organizations[0]
        parts.append(_limited(part, "StringEquals", "aws:SourceOrgID", ids))
    return parts


def _limited(statement: Item, operator: str, key: str, value: Any) -> Item:
    """Return a statement with an added condition; the same key of the same operator is replaced."""
    condition = copy.deepcopy(statement.get("Condition") or {})
    keys = {
        name: values for name, values in condition.get(operator, {}).items() if name.lower() != key.lower()
    }
    return {**statement, "Condition": {**condition, operator: {**keys, key: value}}}


def _with_own_values(statement: Item, holder: Holder) -> list[Item]:
    """Return a statement for everyone with the own account's values only; empty if it has none."""
    condition = copy.deepcopy(statement.get("Condition") or {})
    changed = False
    for keys in condition.values():
        for key, original in keys.items():
            if key.lower() not in _ACCOUNT_KEYS | _ARN_KEYS or key.lower() in SOURCE_KEYS:
                continue
            values = list(map(str, original if isinstance(original, list) else [original]))
            own_sources = [value for value in values if holder.owns_source(value)]
            if not own_sources:
                return []
            if len(own_sources) != len(values):
                keys[key] = own_sources
                changed = True
    if changed:
        return [{**statement, "Condition": condition}]
    # The foreign value is in a Deny beside the statement, so the condition for the own account goes here.
    caller = _CALLER_ACCOUNT_KEYS.get(holder.kind, "aws:PrincipalAccount")
    return [_limited(statement, "StringEquals", caller, holder.account_id)]


def _with_own_sids(parts: list[Item]) -> list[Item]:
    """Return the parts of a statement with its Sid on the first only: a Sid is unique in a policy."""
    return [
        part if number == 0 else {key: value for key, value in part.items() if key != "Sid"}
        for number, part in enumerate(parts)
    ]
