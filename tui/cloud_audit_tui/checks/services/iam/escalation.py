"""Privilege escalation: identities whose effective permissions suffice for a published method."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check, not_assessed
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.services.iam import account_details
from cloud_audit_tui.checks.services.iam.documents import cli_text, fingerprint
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam import conditions
from cloud_audit_tui.iam.escalation_methods import METHODS
from cloud_audit_tui.iam.evaluation import ASSUME_ROLE
from cloud_audit_tui.iam.graph import (
    Escalation,
    GrantingStatement,
    PrivilegeGraph,
    requires_external_id,
    requires_mfa,
)
from cloud_audit_tui.iam.platform_roles import is_platform_role
from cloud_audit_tui.iam.trust_repair import with_condition
from cloud_audit_tui.model import Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.iam.evaluation import EffectivePermissions
    from cloud_audit_tui.iam.identities import Identity
    from cloud_audit_tui.iam.policy import Principal, Statement

ORGANIZATION_ID, LIMIT_KEY, LIMIT = "ORGANIZATION_ID_VALUE", "TRUST_LIMIT_KEY", "TRUST_LIMIT_VALUE"
"""Placeholders in a repaired trust policy for values that only a person knows."""

TRUST_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"
ASSUME_SOURCE = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"

OWN_TRUST = "the role's own trust policy"

LISTED = 3
"""The most methods that a reason names; it counts the others."""


@check("aws-iam-018", reads=list(account_details.READS))
async def privilege_escalation(region: Region) -> Verdicts:
    """Fail a user or role that can give itself all permissions by a published method.

    Source: GetAccountAuthorizationDetails, and for each method the publication that `iam.escalation_methods`
    names. Permissions are effective: inline, attached and group policies, limited by the permissions
    boundary. A Deny removes only what it covers. NotAction and NotResource are evaluated. An action has to
    reach a useful target: an own policy, an existing administrator, an administrator role that trusts the
    service, or a name that the caller may choose. The own user (``user/${aws:username}``) does not count as
    another user. Removing the own boundary, or a policy whose Deny prevents an escalation, is a method too.
    Reading parameters and secrets is not, because their values are not read.

    Conditions have three values (`iam.request_context`). The known keys of the request are evaluated: the
    principal, the service to which a role is passed, the policy that is attached, the boundary. If a grant
    depends on another key, such as aws:SourceIp, or on an unread fact, such as the role of a function, the
    method is *possible*: the reason names the key or the fact, and the severity is one lower. So is a method
    that needs a stack, project, cluster or the like to exist, or to which IAM Identity Center must answer.

    Of a passed role, the trust policy and the instance profiles are evaluated, and of a managed policy its
    versions: the same response has them.

    The trust graph adds a caller that may assume an administrator role in at most four steps, unless the
    trust requires MFA, and a role that trusts everyone, or all of another account without MFA, an external ID
    or another fixed condition. MFA keeps nobody out whom a trust of everyone admits. sts:* and * include
    sts:AssumeRole. Roles that AWS or its tools create for the
    management account or a bootstrap (`PLATFORM_ROLES`) are medium: their trust is intended.

    Full administrators have nothing to gain and pass: aws-iam-005 judges their policies. Roles that AWS owns
    are not judged. Service control policies cannot be read from an account and may forbid more. A principal
    with an unreadable or invalid policy is not assessed, unless its other policies fail it.
    """
    details = await account_details.account_details(region)
    graph = PrivilegeGraph(details, partition=region.partition, account_id=region.account_id)

    turn = asyncio.Lock()

    async def judge(holder: EffectivePermissions) -> Verdict:
        # Thousands of identities take minutes: between two of them, other checks run.
        async with turn:
            await asyncio.sleep(0)
            return _judge(graph, holder)

    async for verdict in region.judge(
        details.complete(graph.holders), lambda holder: holder.identity.resource, judge
    ):
        yield verdict


def _judge(graph: PrivilegeGraph, holder: EffectivePermissions) -> Verdict:
    identity = holder.identity
    what = f"{identity.kind.capitalize()} {in_quotes(identity.name)}"
    evidence: Item = {
        "kind": identity.kind,
        "principal_name": identity.name,
        "path": identity.path,
        "methods": [],
        "chain": [],
        "trust": None,
        "trust_text": "",
        "trust_needs_organization": False,
        "trust_needs_limit": False,
        "platform_role": holder.trust is not None and is_platform_role(identity.name),
        "deny_statements": [],
        "deny_name": "",
    }
    escalations = list(_open_trust(graph, holder, evidence))
    if not holder.is_administrator:
        escalations += graph.methods(holder)
        escalations += _chained(graph, holder, evidence)
    if escalations:
        return _failed(identity, what, escalations, evidence)
    if holder.unreadable:
        error = ReadError(Unread.BAD_RESPONSE, str(holder.unreadable[0]))
        return not_assessed(identity.resource, error)
    if holder.is_administrator:
        reason = f"{what} is a full administrator already, so there is nothing to gain: see aws-iam-005."
        return Verdict(Status.PASS, identity.resource, reason, evidence)
    reason = (
        f"{what}: none of the {len(METHODS)} methods that this check knows gives it more permissions. "
        "Organization policies and the policies of resources are not read."
    )
    return Verdict(Status.PASS, identity.resource, reason, evidence)


def _failed(identity: Identity, what: str, escalations: list[Escalation], evidence: Item) -> Verdict:
    """Return the verdict on escalations: certain ones first, then by severity."""
    escalations.sort(key=lambda one: (not one.certain, one.severity.order))
    evidence["methods"] = [one.as_evidence() for one in escalations]
    evidence["deny_statements"] = deny_statements(escalations)
    evidence["deny_name"] = f"deny-privilege-escalation-{fingerprint(evidence['deny_statements'])}"
    evidence |= deciding(_deciding(escalations, evidence))
    severity = min((one.severity for one in escalations), key=lambda severity: severity.order)
    verb = "can" if any(one.certain for one in escalations) else "can possibly"
    words = "; ".join(one.words for one in escalations[:LISTED])
    more = len(escalations) - LISTED
    reason = f"{what} {verb} gain permissions: {words}" + (f"; and {more} more." if more > 0 else ".")
    return Verdict(Status.FAIL, identity.resource, reason, evidence, severity=severity)


def _deciding(escalations: list[Escalation], evidence: Item) -> Iterator[DecidingStatement]:
    """Yield the statements that escalations rest on, each once with all actions that it grants them."""
    actions: dict[tuple[str, int], list[str]] = {}
    first: dict[tuple[str, int], GrantingStatement] = {}
    for one in (each for escalation in escalations for each in escalation.deciding):
        place = (one.policy, one.statement.number)
        first.setdefault(place, one)
        actions.setdefault(place, []).append(one.action)
    for place, one in first.items():
        own = one.policy == OWN_TRUST and bool(evidence["trust_text"])
        yield DecidingStatement(
            one.statement,
            policy=one.policy,
            document="trust_text" if own else "",
            actions=tuple(dict.fromkeys(actions[place])),
        )


def _chained(graph: PrivilegeGraph, holder: EffectivePermissions, evidence: Item) -> Iterator[Escalation]:
    chain = graph.chain(holder)
    if not chain:
        return
    names = [role.identity.name for role in chain]
    evidence["chain"] = [role.identity.arn for role in chain]
    way = " -> ".join(map(quoted, names))
    steps = "" if len(chain) == 1 else f" in {len(chain)} steps"
    assumed = graph.chain_steps(holder)
    depends_on = sorted({key for _, assumption in assumed for key in assumption.depends_on})
    statements: list[GrantingStatement] = []
    for role, assumption in assumed:
        if grant := assumption.grant:
            statements.append(GrantingStatement(grant.policy, grant.statement, ASSUME_ROLE))
        trust = f"trust policy of {role.identity.arn}"
        statements.append(GrantingStatement(trust, assumption.trust, ASSUME_ROLE))
    yield Escalation(
        name=f"{ASSUME_ROLE} of administrator role {way}{steps}",
        actions=[ASSUME_ROLE],
        severity=Severity.MEDIUM if depends_on else Severity.HIGH,
        source=ASSUME_SOURCE,
        granted_by=[],
        deny_actions=[ASSUME_ROLE],
        deny_on=[chain[0].identity.arn],
        depends_on=depends_on,
        targets=[role.identity.arn for role in chain],
        deciding=statements,
    )


def _open_trust(graph: PrivilegeGraph, holder: EffectivePermissions, evidence: Item) -> Iterator[Escalation]:
    """Yield the faults of a role's trust policy, and put the repaired policy into the evidence."""
    if holder.trust is None:
        return
    limits: dict[int, tuple[tuple[str, ...], str, str]] = {}
    for allow in holder.trust.allowing:
        if not allow.covers_action(ASSUME_ROLE) or holder.trust.denies_all_of(allow):
            continue
        if conditions.is_restricted(holder.trust, allow):
            continue
        # Everyone can have an MFA device, and an external ID that everyone may give is no secret.
        if allow.everyone:
            yield _trusting("the role trusts everyone", Severity.CRITICAL, allow)
            everyone = tuple(principal.name for principal in allow.principals if principal.is_everyone)
            limits[allow.number] = (everyone, "aws:PrincipalOrgID", ORGANIZATION_ID)
            evidence["trust_needs_organization"] = True
        elif requires_mfa(allow) or requires_external_id(allow):
            continue
        elif strangers := _strangers(graph, allow):
            accounts = ", ".join(dict.fromkeys(one.account_id for one in strangers))
            severity = Severity.MEDIUM if evidence["platform_role"] else Severity.HIGH
            yield _trusting(f"the role trusts all of account {accounts}", severity, allow)
            limits[allow.number] = (tuple(one.name for one in strangers), LIMIT_KEY, LIMIT)
            evidence["trust_needs_limit"] = True
    if limits and isinstance(document := holder.identity.trust, dict):
        evidence["trust"] = with_condition(document, limits)
        evidence["trust_text"] = cli_text(document)


def _trusting(name: str, severity: Severity, allow: Statement) -> Escalation:
    return Escalation(
        name=name,
        actions=[ASSUME_ROLE],
        severity=severity,
        source=TRUST_SOURCE,
        granted_by=[],
        deny_actions=[],
        deny_on=[],
        deciding=[GrantingStatement(OWN_TRUST, allow, ASSUME_ROLE)],
    )


def _strangers(graph: PrivilegeGraph, allow: Statement) -> list[Principal]:
    """Return the principals of a trust that stand for all of another account."""
    return [
        principal
        for principal in allow.principals
        if principal.account_id not in ("", graph.account_id)
        and (principal.name.endswith(":root") or principal.name == principal.account_id)
    ]


def deny_statements(escalations: list[Escalation]) -> list[Item]:
    """Return Deny statements for the deciding actions of every method, on the targets that they reach."""
    by_resources: dict[tuple[str, ...], set[str]] = {}
    for one in escalations:
        if one.deny_actions:
            by_resources.setdefault(tuple(sorted(one.deny_on)), set()).update(one.deny_actions)
    everywhere = by_resources.get(("*",), set())
    statements: list[Item] = []
    for number, (resources, actions) in enumerate(sorted(by_resources.items()), start=1):
        remaining = sorted(actions if resources == ("*",) else actions - everywhere)
        if remaining:
            resource: Any = "*" if resources == ("*",) else list(resources)
            statements.append(
                {
                    "Sid": f"DenyEscalation{number}",
                    "Effect": "Deny",
                    "Action": remaining,
                    "Resource": resource,
                }
            )
    return statements
