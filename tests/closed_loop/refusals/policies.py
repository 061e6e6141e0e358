"""Whether the policy of a bucket, topic, queue, key or function lets a caller in, and whether AWS stores it.

A service's request has exactly the condition keys that its document names; a key that is not there makes
every condition on it false, unless the operator accepts an absent key. The language itself is that of
`cloud_audit_tui.iam`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.rule import Refusal
from cloud_audit_tui.iam.policy import Policy, PolicyError, parse
from cloud_audit_tui.iam.request_context import RequestContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closed_loop.refusals.call import Call
    from cloud_audit_tui.iam.policy import Statement

_PRINCIPAL = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>root|user|role)(?:/(?P<path>.+))?")
_FAKE_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")


def service_may(
    document: str, service: str, action: str, resource: str, keys: Mapping[str, str] | None = None
) -> bool:
    """Say whether a policy lets a service in, whose request has these condition keys.

    A service calls over TLS and marks itself as one:
    <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    """
    general = {
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:viaawsservice": "false",
    }
    return _may(document, action, resource, {**general, **(keys or {})}, service=service)


def principal_may(
    document: str, arn: str, action: str, resource: str, keys: Mapping[str, str] | None = None
) -> bool:
    """Say whether a policy lets a user or role in, by its ARN, whose own account permits the call."""
    account = arn.split(":")[4]
    general = {
        "aws:securetransport": "true",
        "aws:principalisawsservice": "false",
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "kms:calleraccount": account,
        "aws:viaawsservice": "false",
    }
    return _may(document, action, resource, {**general, **(keys or {})}, arn=arn)


def anyone_may(document: str, action: str, resource: str, *, secure: bool) -> bool:
    """Say whether a policy lets an anonymous visitor in, over TLS or over plain HTTP."""
    return _may(document, action, resource, {"aws:securetransport": "true" if secure else "false"})


def _may(
    document: str,
    action: str,
    resource: str,
    keys: Mapping[str, str],
    *,
    service: str = "",
    arn: str = "",
) -> bool:
    if not document:
        return False
    policy = parse(document)
    context = _context(policy, keys)
    applying = [
        statement
        for statement in policy.statements
        if statement.covers_action(action)
        and statement.covers_resource(resource)
        and _names(statement, service, arn)
    ]
    if any(statement.denies and context.allows(statement) is not None for statement in applying):
        return False
    return any(statement.allows and context.allows(statement) == () for statement in applying)


def _context(policy: Policy, keys: Mapping[str, str]) -> RequestContext:
    values = {name.lower(): (value,) for name, value in keys.items()}
    condition_keys = {condition.key for statement in policy.statements for condition in statement.conditions}
    return RequestContext(values, frozenset(condition_keys - set(values)))


def _names(statement: Statement, service: str, arn: str) -> bool:
    """Say whether a statement is about a service, an identity or, without both, an anonymous visitor."""
    if statement.not_principals:
        principals = {principal.name for principal in statement.not_principals}
        return not principals & {service, arn}
    if statement.is_everyone:
        return True
    if service:
        return service in statement.names("Service")
    account = arn.split(":")[4] if arn else ""
    own = {arn, account, f"arn:aws:iam::{account}:root"} if arn else set()
    return bool(own & set(statement.names("AWS")))


def policy_refusal(call: Call, document: str | None, code: str, *, limit: int, kind: str) -> Refusal | None:
    """Return why AWS does not store a resource policy: its grammar, its size or an unknown principal.

    IAM replaces a principal in a resource policy by its unique ID, so it must exist when the policy is saved:
    <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
    """
    if not document:
        return None
    if len(document.encode()) > limit:
        return Refusal(code, f"The policy of the {kind} exceeds the limit of {limit} bytes")
    try:
        policy = parse(document)
    except PolicyError as error:
        return Refusal(code, f"Policies must be valid JSON and the first byte must be '{{': {error}")
    if not policy.statements:
        return Refusal(code, "Could not parse the policy: Statement is empty!")
    ids = [statement.sid for statement in policy.statements if statement.sid]
    if len(ids) != len(set(ids)):
        return Refusal(code, "Statement IDs (SID) in a single policy must be unique.")
    for statement in policy.statements:
        for principal in (*statement.principals, *statement.not_principals):
            if principal.kind == "AWS" and not exists(call, principal.name):
                return Refusal(code, f"Invalid principal in policy: {principal.name}")
            if principal.kind == "Service" and not _FAKE_SERVICE.fullmatch(principal.name):
                return Refusal(code, f"Invalid principal in policy: {principal.name}")
    return None


def exists(call: Call, principal: str) -> bool:
    """Say whether an AWS principal exists; one of another account counts as existing."""
    if principal == "*" or re.fullmatch(r"\d{12}|A[A-Z0-9]{15,}", principal):
        return True
    match = _PRINCIPAL.fullmatch(principal)
    if match is None:
        return bool(re.fullmatch(r"arn:aws:sts::\d{12}:(assumed-role|federated-user)/.+", principal))
    if match["kind"] == "root" or match["account"] != ACCOUNT:
        return "*" not in principal
    iam = call.backend("iam")
    identities = iam.roles if match["kind"] == "role" else iam.users
    name = (match["path"] or "").rpartition("/")[2]
    return any(each.name == name for each in identities.values())


def bucket_policy(call: Call, bucket: str) -> str:
    """Return the policy of a bucket, empty where it has none or there is no such bucket."""
    moto_bucket = call.backend("s3").buckets.get(bucket)
    policy = moto_bucket.policy if moto_bucket is not None else None
    return (policy.decode() if isinstance(policy, bytes) else policy) or ""


def key_of(call: Call, key_id: str) -> Any:
    """Return the KMS key of an ARN, an ID or an alias, ``None`` where there is none."""
    region = key_id.split(":")[3] if key_id.startswith("arn:") else call.region
    name = key_id.rpartition(":")[2].removeprefix("key/")
    kms = call.backend("kms", region)
    if name.startswith("alias/"):
        return next((key for key in kms.keys.values() if name in key.aliases), None)
    return kms.keys.get(name)


def as_text(value: Any) -> str:
    """Return a policy as text; moto holds some policies as text and some as objects."""
    return value if isinstance(value, str) else json.dumps(value)
