"""Who can become an administrator: effective permissions against the published methods."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check, not_assessed
from cloud_audit_tui.checks.services.iam import account_details
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam import conditions
from cloud_audit_tui.iam.evaluation import ASSUME_ROLE
from cloud_audit_tui.iam.graph import Escalation, PrivilegeGraph, requires_external_id, requires_mfa
from cloud_audit_tui.model import Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.iam.evaluation import EffectivePermissions
    from cloud_audit_tui.iam.policy import Statement

EXTERNAL_ID, ORGANIZATION_ID = "EXTERNAL_ID_VALUE", "ORGANIZATION_ID_VALUE"
"""Placeholders in a repaired trust policy for what only a person knows."""

TRUST_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"
ASSUME_SOURCE = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"

LISTED = 3
"""Methods that a reason names before it counts the rest."""


@check("aws-iam-018", reads=list(account_details.READS))
async def privilege_escalation(region: Region) -> Verdicts:
    """Fail a user or role that can give itself all permissions by a published method.

    Source: GetAccountAuthorizationDetails, and for each method the publication that `METHODS` names.
    Permissions are effective ones: inline, attached and group policies, limited to the permissions
    boundary. A Deny takes away only what it covers and only without a condition. NotAction and NotResource
    are read. An action has to reach something that helps: a policy of one's own, an administrator, or a
    pattern so wide that it covers any name. One's own user (``user/${aws:username}``) is no other user.
    iam:PassedToService, iam:PolicyARN and iam:PermissionsBoundary in an Allow are evaluated; other
    conditions say when, not what, and are taken to be fulfilled. Reading parameters and secrets is no
    method here: what they hold is not known.

    The trust graph: a caller that may assume a role that is an administrator in at most four steps,
    unless the trust asks for MFA, and a role that trusts everyone, or all of another account without an
    external ID or another fixed condition. sts:* and * are sts:AssumeRole too.

    Full administrators escalate to nothing and pass here: aws-iam-005 judges their policies. Roles that AWS
    owns are not looked at. Service control policies cannot be read from an account and may forbid more. A
    principal with a policy that cannot be read or understood is not assessed, unless the others already
    fail it.
    """
    details = await account_details.account_details(region)
    graph = PrivilegeGraph(details, partition=region.partition, account_id=region.account_id)

    turn = asyncio.Lock()

    async def judged(holder: EffectivePermissions) -> Verdict:
        # Thousands of identities are minutes of work: between two of them other checks get their answers.
        async with turn:
            await asyncio.sleep(0)
            return _judge(graph, holder)

    async for verdict in region.judge(
        details.complete(graph.holders), lambda holder: holder.identity.resource, judged
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
        "trust_needs_organization": False,
        "trust_needs_external_id": False,
        "deny_statements": [],
    }
    escalations = list(_open_trust(graph, holder, evidence))
    if not holder.is_administrator:
        escalations += graph.methods(holder)
        escalations += _chained(graph, holder, evidence)
    if escalations:
        evidence["methods"] = [one.as_evidence() for one in escalations]
        evidence["deny_statements"] = _deny_statements(escalations)
        severity = (
            Severity.CRITICAL
            if any(one.severity is Severity.CRITICAL for one in escalations)
            else Severity.HIGH
        )
        named = "; ".join(one.name for one in escalations[:LISTED])
        more = len(escalations) - LISTED
        reason = f"{what} can gain permissions: {named}" + (f"; and {more} more." if more > 0 else ".")
        return Verdict(Status.FAIL, identity.resource, reason, evidence, severity=severity)
    if holder.unreadable:
        error = ReadError(Unread.BAD_RESPONSE, str(holder.unreadable[0]))
        return not_assessed(identity.resource, error)
    if holder.is_administrator:
        reason = f"{what} is a full administrator already, so there is nothing to gain: see aws-iam-005."
        return Verdict(Status.PASS, identity.resource, reason, evidence)
    reason = f"{what} has the permissions for no published method of escalation."
    return Verdict(Status.PASS, identity.resource, reason, evidence)


def _chained(graph: PrivilegeGraph, holder: EffectivePermissions, evidence: Item) -> Iterator[Escalation]:
    chain = graph.chain(holder)
    if not chain:
        return
    names = [role.identity.name for role in chain]
    evidence["chain"] = [role.identity.arn for role in chain]
    way = " -> ".join(map(quoted, names))
    steps = "" if len(chain) == 1 else f" in {len(chain)} steps"
    name = f"{ASSUME_ROLE} of administrator role {way}{steps}"
    yield Escalation(
        name, [ASSUME_ROLE], ASSUME_ROLE, Severity.HIGH, ASSUME_SOURCE, [], [chain[0].identity.arn]
    )


def _open_trust(graph: PrivilegeGraph, holder: EffectivePermissions, evidence: Item) -> Iterator[Escalation]:
    """Yield what is wrong with a role's own trust policy, and put the repaired one into the evidence."""
    if holder.trust is None:
        return
    repaired: Any = copy.deepcopy(holder.identity.trust)
    for allow in holder.trust.allowing:
        if not allow.covers_action(ASSUME_ROLE) or conditions.is_restricted(holder.trust, allow):
            continue
        if requires_mfa(allow) or requires_external_id(allow):
            continue
        if allow.everyone:
            yield Escalation(
                "the role trusts everyone",
                [ASSUME_ROLE],
                ASSUME_ROLE,
                Severity.CRITICAL,
                TRUST_SOURCE,
                [],
                [],
            )
            _add_condition(repaired, allow, "aws:PrincipalOrgID", ORGANIZATION_ID)
            evidence["trust_needs_organization"] = True
        elif strangers := [
            principal.account_id
            for principal in allow.principals
            if principal.account_id not in ("", graph.account_id)
            and (principal.name.endswith(":root") or principal.name == principal.account_id)
        ]:
            name = f"the role trusts all of account {', '.join(strangers)}"
            yield Escalation(name, [ASSUME_ROLE], ASSUME_ROLE, Severity.HIGH, TRUST_SOURCE, [], [])
            _add_condition(repaired, allow, "sts:ExternalId", EXTERNAL_ID)
            evidence["trust_needs_external_id"] = True
        else:
            continue
        evidence["trust"] = repaired if isinstance(repaired, dict) else None


def _add_condition(document: Any, allow: Statement, key: str, value: str) -> None:
    if not isinstance(document, dict):
        return
    statements = document["Statement"]
    statement = statements[allow.number] if isinstance(statements, list) else statements
    statement.setdefault("Condition", {}).setdefault("StringEquals", {})[key] = value


def _deny_statements(escalations: list[Escalation]) -> list[Item]:
    """Return the statements that take the deciding action of every method away."""
    everywhere = sorted({one.key_action for one in escalations if one.deny_on == ["*"]})
    roles = sorted({arn for one in escalations for arn in one.deny_on if arn != "*"})
    statements: list[Item] = []
    if everywhere:
        statements.append({"Sid": "DenyEscalation", "Effect": "Deny", "Action": everywhere, "Resource": "*"})
    if roles:
        statements.append(
            {"Sid": "DenyAdministratorRoles", "Effect": "Deny", "Action": ASSUME_ROLE, "Resource": roles}
        )
    return statements
