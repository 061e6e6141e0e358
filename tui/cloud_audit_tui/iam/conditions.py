"""The conditions that a request must meet to use an Allow: its own, and those of Deny statements beside it.

A limit is a condition that every request must meet. The keys that count are those by which AWS rates a policy
"not public": <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
(the meaning of "public"), and the account, organization and endpoint keys of the IAM user guide with the same
meaning. Only positive operators with fixed values restrict an Allow. `IfExists` and `ForAllValues` hold when
the key is absent, so they restrict nothing unless `Null` requires the key. A Deny lets through only requests
that one of its conditions does not match: with negated operators this is also a limit.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from cloud_audit_tui.iam.policy import Condition, Policy, Principal, Statement, covers_all_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Limit = tuple[Condition, ...]
"""Positive conditions of which a request must meet one."""

_POSITIVE = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}
)
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
}
_ACCOUNT = re.compile(r"\d{12}")
_ORGANISATION = re.compile(r"o-[a-z0-9]{4,32}")
_ORGANISATION_PATH = re.compile(r"o-[a-z0-9]{4,32}/.*", re.DOTALL)
_UNIQUE_ID = re.compile(r"(?:\d{12}|A[A-Z0-9]{15,})(?::.*)?", re.DOTALL)
_ARN_FIELDS = 6
_SHORTEST_PREFIX = {4: 8, 6: 32}
"""S3 documents broader ranges of `aws:SourceIp` as public."""
_HALF_OF_ALL = 1
_NO_BUCKETS = frozenset({"accesspoint", "access-grants", "async-request", "job", "storage-lens"})
"""S3 resource types whose ARNs name an account; several are also valid bucket names."""

OWN_ACCOUNT = "${aws:resourceaccount}"
OWN_ORGANISATION = "${aws:resourceorgid}"
"""Policy variables, in lower case, whose value depends on the resource alone, not on the caller."""


def _is_account(value: str) -> bool:
    return value.lower() == OWN_ACCOUNT or _ACCOUNT.fullmatch(value) is not None


def _is_organization(value: str) -> bool:
    return value.lower() == OWN_ORGANISATION or _ORGANISATION.fullmatch(value) is not None


def _is_organization_path(value: str) -> bool:
    return _ORGANISATION_PATH.fullmatch(value) is not None and "${" not in value


def _is_plain(value: str) -> bool:
    return bool(value) and not any(mark in value for mark in ("*", "?", "${"))


def _is_unique_id(value: str) -> bool:
    return _UNIQUE_ID.fullmatch(value) is not None and "${" not in value


def is_fixed_arn(value: str) -> bool:
    """Whether an ARN or a pattern of ARNs belongs to one account or, where ARNs name none, to one resource.

    The rest may have wildcards: ``arn:aws:cloudtrail:*:111122223333:trail/*`` is one account's. The ARN of
    a bucket names neither region nor account, so ``arn:aws:s3:*:*:bucket``, as the guides of S3 and SQS
    write it, is that one bucket.
    """
    if bucket_of(value):
        return True
    fields = value.split(":", _ARN_FIELDS - 1)
    if len(fields) < _ARN_FIELDS or fields[0] != "arn" or "${" in value:
        return False
    if fields[4]:
        return _is_account(fields[4])
    return _is_plain(fields[2]) and _is_plain(re.split(r"[/:]", fields[5])[0])


def bucket_of(value: str) -> str:
    """Return the bucket's name in an ARN or a pattern of ARNs, empty if it is not a bucket's.

    ``*`` for the region or the account counts as absent, since a bucket's ARN has neither.
    """
    fields = value.split(":", _ARN_FIELDS - 1)
    if len(fields) < _ARN_FIELDS or fields[0] != "arn" or fields[2] != "s3":
        return ""
    if any(field not in ("", "*") for field in fields[3:5]):
        return ""
    name, _, rest = fields[5].partition("/")
    # arn:aws:s3:*:*:accesspoint/... are access points of any account; in a bucket's ARN only the keys of
    # objects follow the name.
    if not _is_plain(name) or (name in _NO_BUCKETS and rest):
        return ""
    return name


def _is_narrow_range(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _SHORTEST_PREFIX[network.version] or network.is_private


_KEYS: dict[str, Callable[[str], bool]] = {
    "aws:principalaccount": _is_account,
    "aws:principalarn": is_fixed_arn,
    "aws:principalorgid": _is_organization,
    "aws:principalorgpaths": _is_organization_path,
    "aws:principalservicename": _is_plain,
    "aws:principalservicenameslist": _is_plain,
    "aws:sourceaccount": _is_account,
    "aws:sourcearn": is_fixed_arn,
    "aws:sourceip": _is_narrow_range,
    "aws:sourceorgid": _is_organization,
    "aws:sourceorgpaths": _is_organization_path,
    "aws:sourceowner": _is_account,
    "aws:sourcevpc": _is_plain,
    "aws:sourcevpcarn": is_fixed_arn,
    "aws:sourcevpce": _is_plain,
    "aws:userid": _is_unique_id,
    "aws:vpceaccount": _is_account,
    "aws:vpceorgid": _is_organization,
    "aws:vpceorgpaths": _is_organization_path,
    "kms:calleraccount": _is_account,
    "lambda:eventsourcetoken": _is_plain,
    "s3:dataaccesspointaccount": _is_account,
    "s3:dataaccesspointarn": is_fixed_arn,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _is_plain,
}
"""Keys whose value a stranger cannot choose, and the test for a fixed value of each.

`aws:ResourceOrgID` and `aws:ResourceAccount` are not among them: they describe the resource, not the caller.
"""
SERVICE_FLAG = "aws:principalisawsservice"
SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
"""Keys that only AWS services set, for the resource on whose behalf they act."""


def restricts(condition: Condition) -> bool:
    """Whether a condition limits the caller or the caller's network to fixed values."""
    if condition.key == SERVICE_FLAG:
        return condition.operator == "Bool" and [value.lower() for value in condition.values] == ["true"]
    is_fixed = _KEYS.get(condition.key)
    if is_fixed is None or condition.operator not in _POSITIVE or not condition.values:
        return False
    if not all(map(is_fixed, condition.values)):
        return False
    return condition.key != "aws:sourceip" or not _together_almost_all(condition.values)


def limits(policy: Policy, allow: Statement) -> tuple[Limit, ...]:
    """Return the limits of an Allow, all with fixed values: a request must meet one condition of each."""
    demanded = {
        condition.key
        for condition in allow.conditions
        if condition.operator == "Null" and condition.values == ("false",)
    }
    own = [
        (condition,)
        for condition in allow.conditions
        if restricts(condition) and (_needs_key(condition) or condition.key in demanded)
    ]
    return (*own, *_deny_limits(policy, allow))


def requires_source(allow: Statement) -> bool:
    """Whether an Allow holds only for requests that an AWS service makes on behalf of a resource.

    `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` and `aws:SourceOrgPaths` are in a request only
    when an AWS service makes it for a resource, so a positive condition on one excludes all direct callers,
    even with wildcards:
    <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    """
    return any(
        condition.key in SOURCE_KEYS
        and _needs_key(condition)
        and (
            condition.operator in _POSITIVE
            or (condition.operator == "Null" and condition.values == ("false",))
        )
        for condition in allow.conditions
    )


def is_restricted(policy: Policy, allow: Statement) -> bool:
    """Whether fixed conditions, its own or those of a Deny, keep strangers from using an Allow."""
    return bool(limits(policy, allow))


def public_statements(policy: Policy) -> tuple[Statement, ...]:
    """Return the Allow statements for everyone that are neither restricted nor overridden by a Deny."""
    return tuple(
        allow
        for allow in policy.allowing
        if allow.everyone and not policy.denies_all_of(allow) and not is_restricted(policy, allow)
    )


def _needs_key(condition: Condition) -> bool:
    return not condition.if_exists and condition.qualifier != "ForAllValues"


def _together_almost_all(values: Iterable[str]) -> bool:
    networks = [ipaddress.ip_network(value, strict=False) for value in values]
    four = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    six = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    prefixes = [address.prefixlen for address in ipaddress.collapse_addresses(four)]
    prefixes += [address.prefixlen for address in ipaddress.collapse_addresses(six)]
    return any(prefix <= _HALF_OF_ALL for prefix in prefixes)


def _deny_limits(policy: Policy, allow: Statement) -> Iterable[Limit]:
    """Yield the limits that Deny statements for everyone set to an Allow; those of one limit add up."""
    by_limit: dict[Limit, list[Statement]] = {}
    for deny in policy.denying:
        if (limit := _limit_of(deny)) is not None:
            by_limit.setdefault(limit, []).append(deny)
    for limit, denies in by_limit.items():
        if covers_all_of(denies, allow):
            yield limit


def _limit_of(deny: Statement) -> Limit | None:
    """Return the conditions of which a request must meet one to escape a Deny; ``None`` if strangers can."""
    matches: list[Condition] = []
    if deny.not_principals:
        if any(principal.kind != "AWS" for principal in deny.not_principals):
            return None
        matches.append(Condition("ArnLike", "aws:principalarn", tuple(map(_arn_of, deny.not_principals))))
    elif not deny.is_everyone:
        return None
    for condition in deny.conditions:
        escape = _negation(condition)
        if escape is None:
            return None
        matches.append(escape)
    return tuple(matches) if matches and all(map(restricts, matches)) else None


def _arn_of(principal: Principal) -> str:
    return f"arn:aws:iam::{principal.name}:root" if _ACCOUNT.fullmatch(principal.name) else principal.name


def _negation(condition: Condition) -> Condition | None:
    """Return the positive condition that holds whenever a condition does not, or ``None``."""
    if condition.key == SERVICE_FLAG:
        # Anonymous requests lack the key: without IfExists they would escape the Deny.
        if condition.operator == "Bool" and condition.if_exists and condition.values == ("false",):
            return Condition("Bool", SERVICE_FLAG, ("true",))
        return None
    positive = _NEGATED.get(condition.operator)
    if positive is None or condition.qualifier == "ForAnyValue":
        return None
    return Condition(positive, condition.key, condition.values)
