"""Roles that OIDC providers may assume: whether the trust policy limits the identities."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.iam import account_details
from cloud_audit_tui.checks.services.iam.documents import cli_text
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.iam.identities import Identity
    from cloud_audit_tui.iam.policy import Condition, Policy, Statement

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"

SUBJECT = "SUBJECT_PATTERN"
"""A placeholder in the repaired trust policy for the subject, which only a person knows."""

SHARED = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
    "oidc.codefresh.io",
    "oidc.vercel.com",
    "api.pulumi.com/oidc",
    "oidc-configuration.audit-log.githubusercontent.com",
    "proidc.upbound.io",
    "sandboxes.cloud",
    "scalr.io",
    "studio.datachain.ai/api",
    "tokens.cloud.shisho.dev",
    "vstoken.actions.githubusercontent.com",
    "idtoken.cloud.google.com",
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "cognito-identity.amazonaws.com",
)
"""Issuers that issue tokens to anybody: without a condition on the subject, a trust admits strangers.

AWS lists most of them:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>.
"""

OTHER_KEYS: dict[str, tuple[str, ...]] = {
    "token.actions.githubusercontent.com": (
        "job_workflow_ref",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
    ),
    "api.pulumi.com/oidc": ("aud",),
    "cognito-identity.amazonaws.com": ("aud",),
    "oidc.vercel.com": ("aud",),
    "sandboxes.cloud": ("aud",),
    "accounts.google.com": ("aud", "oaud"),
    "graph.facebook.com": ("app_id",),
    "www.amazon.com": ("app_id",),
}
"""Claims other than ``sub`` that identify a tenant of an issuer, as AWS documents its keys."""

EXAMPLES = {
    "token.actions.githubusercontent.com": "repo:my-org/my-repo:ref:refs/heads/main",
    "gitlab.com": "project_path:my-group/my-project:ref_type:branch:ref:main",
    "app.terraform.io": "organization:my-org:project:my-project:workspace:my-workspace:run_phase:*",
}
EKS_EXAMPLE = "system:serviceaccount:my-namespace:my-service-account"

_PROVIDER = re.compile(r"arn:[a-z-]+:iam::\d{12}:oidc-provider/(.+)", re.DOTALL)
_EKS = re.compile(r"oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/id/.+")
_EXACT = frozenset({"StringEquals", "StringEqualsIgnoreCase"})
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEquals",
    "StringNotLike": "StringLike",
}
_OWNER = re.compile(r"(?:pulumi:[^:*?]+:[^:*?]+|(?!pulumi:)[^:*?]+):[^:/*?]+[:/]")
"""The required prefix of a subject of a shared issuer: a claim and the whole name of an owner.

A subject of Pulumi has two words before its claim, as in ``pulumi:deploy:org:my-org:project:my-project``:
<https://www.pulumi.com/docs/deployments/guides/oidc/aws/>.
"""
_REPOSITORY_OWNER = re.compile(r"[^/*?]+/")
_BEGINS_WITH_OWNER = (":repository", ":job_workflow_ref")
"""Claims of GitHub whose values begin with the owner's name; a wildcard after it admits one owner's only."""


@dataclass(frozen=True)
class _Gap:
    """A statement that admits an issuer's identities without limiting them."""

    statement: Statement
    issuer: str
    why: str

    @property
    def shared(self) -> bool:
        return self.issuer in SHARED or self.issuer == "*"


@check("aws-iam-007", reads=list(account_details.READS))
def oidc_subject(region: Region) -> Verdicts:
    """Fail a role whose trust policy admits an OIDC provider's identities without limiting them.

    Source: AssumeRolePolicyDocument. A statement that allows sts:AssumeRoleWithWebIdentity to an OIDC
    provider needs a condition on ``<issuer>:sub``, or on another claim that AWS documents as the issuer's own
    (`OTHER_KEYS`: ``aud`` identifies an identity pool, but at most issuers every tenant can have it). It
    limits only with a positive operator, without ``IfExists`` and ``ForAllValues``, which hold without the
    claim, and with values that name an identity: at a shared issuer a whole owner (``repo:my-org/*``;
    ``repo:*`` and ``repo:my-*`` name no owner, nor does a wildcard in another claim's owner, number or
    audience), elsewhere more than wildcards. A Deny for every other subject also limits. Keys are compared
    without case.

    Shared issuers are critical. A private issuer, such as an EKS cluster, admits only its own identities:
    high. Roles that trust no OIDC provider are not judged, nor are roles that AWS owns.
    """
    return region.judge(_roles(region), lambda role: role.resource, partial(_judge, region))


async def _roles(region: Region) -> AsyncIterator[Identity]:
    details = await account_details.account_details(region)
    for role in details.complete(details.roles):
        if not role.owned_by_aws:
            yield role


async def _judge(_region: Region, role: Identity) -> Verdict | None:
    policy = parsed(role.trust or "", f"trust policy of role {in_quotes(role.name)}")
    trusts = [
        (statement, issuer)
        for statement in policy.allowing
        if statement.could_cover_action(WEB_IDENTITY)
        for name in _federated(statement)
        if (issuer := issuer_of(name))
    ]
    if not trusts:
        return None
    gaps = [
        _Gap(statement, issuer, why)
        for statement, issuer in trusts
        if (why := _gap(policy, statement, issuer))
    ]
    evidence: Item = {
        "role_name": role.name,
        "issuers": sorted({issuer for _, issuer in trusts}),
        "path": role.path,
    }
    if not gaps:
        reason = (
            f"Role {in_quotes(role.name)} says which identities of {_names(evidence['issuers'])} it trusts."
        )
        return Verdict(Status.PASS, role.resource, reason, evidence)
    evidence |= _repair(role.trust, gaps)
    document = "trust_text" if evidence["trust_text"] else ""
    # A statement with two issuers has two gaps.
    open_statements = {gap.statement.number: gap.statement for gap in gaps}
    evidence |= deciding(
        DecidingStatement(statement, policy="the role's trust policy", document=document)
        for statement in open_statements.values()
    )
    first = gaps[0]
    reason = f"Role {in_quotes(role.name)} lets in {_whom(first.issuer)}: {first.why}."
    shared = any(gap.shared for gap in gaps)
    severity = Severity.CRITICAL if shared else Severity.HIGH
    return Verdict(Status.FAIL, role.resource, reason, evidence, severity=severity)


def _federated(statement: Statement) -> tuple[str, ...]:
    return statement.names("Federated") + (("*",) if statement.is_everyone else ())


def issuer_of(federated: str) -> str:
    """Return the issuer of a federated principal in lower case, empty for SAML; ``*`` stays."""
    if match := _PROVIDER.fullmatch(federated):
        return match[1].lower().rstrip("/")
    return federated.lower() if federated == "*" or federated.lower() in SHARED else ""


def _gap(policy: Policy, statement: Statement, issuer: str) -> str:
    """Return why a statement does not limit whom it trusts, empty if it does."""
    if issuer == "*":
        return "" if _any_claim_guards(statement) else "its principal is everyone"
    keys = {f"{issuer}:{claim}" for claim in ("sub", *OTHER_KEYS.get(issuer, ()))}
    keys |= {f"{issuer}/:{claim}" for claim in ("sub",)}
    conditions = [condition for condition in statement.conditions if condition.key in keys]
    if any(_guards(condition, issuer) for condition in conditions):
        return ""
    if any(_deny_limits(deny, keys, issuer) for deny in policy.denying):
        return ""
    if not conditions:
        return f"no condition is on {quoted(issuer)}:sub"
    broad = next((value for condition in conditions for value in condition.values), "")
    first = conditions[0]
    return f"the condition on {quoted(first.key)} ({first.operator} {in_quotes(broad)}) names nobody"


def _any_claim_guards(statement: Statement) -> bool:
    return any(
        condition.key.endswith(":sub") and _guards(condition, condition.key.removesuffix(":sub"))
        for condition in statement.conditions
    )


def _guards(condition: Condition, issuer: str) -> bool:
    if condition.if_exists or condition.qualifier == "ForAllValues" or not condition.values:
        return False
    if condition.operator in _EXACT:
        return True
    like = condition.operator == "StringLike"
    return like and all(_names_someone(value, condition.key, issuer) for value in condition.values)


def _deny_limits(deny: Statement, keys: set[str], issuer: str) -> bool:
    """Whether a Deny with one negated condition admits only certain identities."""
    if len(deny.conditions) != 1 or not deny.covers_action(WEB_IDENTITY):
        return False
    (condition,) = deny.conditions
    positive = _NEGATED.get(condition.operator)
    if positive is None or condition.key not in keys or condition.qualifier == "ForAnyValue":
        return False
    if not (deny.is_everyone or any(issuer_of(name) == issuer for name in deny.names("Federated"))):
        return False
    return positive == "StringEquals" or all(
        _names_someone(value, condition.key, issuer) for value in condition.values
    )


def _names_someone(value: str, key: str, issuer: str) -> bool:
    text = re.sub(r"\$\{[^}]*\}", "*", value)
    if not re.search(r"[*?]", text):
        return True
    if not key.endswith(":sub"):
        # A wildcard in the name or number of a tenant admits every tenant that begins like it.
        return key.endswith(_BEGINS_WITH_OWNER) and _REPOSITORY_OWNER.match(text) is not None
    if issuer in SHARED:
        return _OWNER.match(text) is not None
    return bool(re.sub(r"[*?:/]", "", text.removeprefix("system:serviceaccount:")))


def _whom(issuer: str) -> str:
    if issuer == "*":
        return "identities of every provider"
    if issuer in SHARED:
        return f"anybody who has a token of {quoted(issuer)}"
    if _EKS.fullmatch(issuer):
        return "every service account of its EKS cluster"
    return f"every identity of {quoted(issuer)}"


def _repair(document: Any, gaps: list[_Gap]) -> Item:
    """Return the facts of the repair, with the trust policy that limits the subject in each gap."""
    issuers = sorted({gap.issuer for gap in gaps})
    issuer = issuers[0]
    example = EXAMPLES.get(issuer, EKS_EXAMPLE if _EKS.fullmatch(issuer) else "")
    claim = OTHER_KEYS.get(issuer, ("sub",))[0] if issuer in SHARED and not example else "sub"
    facts: Item = {
        "gap_issuers": issuers,
        "claim": claim,
        "example": example,
        "trust_policy": None,
        "trust_text": cli_text(document),
    }
    if len(issuers) > 1 or issuer == "*" or not isinstance(document, dict):
        return facts
    repaired = copy.deepcopy(document)
    statements = repaired["Statement"]
    statement_list = statements if isinstance(statements, list) else [statements]
    for gap in gaps:
        statement = statement_list[gap.statement.number]
        conditions = {
            operator: others
            for operator, keys in (statement.get("Condition") or {}).items()
            if (others := {key: value for key, value in keys.items() if key.lower() != f"{issuer}:{claim}"})
        }
        conditions.setdefault("StringLike", {})[f"{issuer}:{claim}"] = SUBJECT
        statement["Condition"] = conditions
    facts["trust_policy"] = repaired
    return facts


def _names(names: list[str]) -> str:
    return ", ".join(map(quoted, names))
