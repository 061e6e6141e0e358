"""Who can become an administrator: identities, the published methods, and the roles that they may assume."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.iam.escalation_methods import METHODS, Method, Need, Reach
from cloud_audit_tui.iam.evaluation import (
    ASSUME_ROLE,
    UNUSED_NAME,
    EffectivePermissions,
    PolicyIndex,
    grants_everything,
    service_of,
)
from cloud_audit_tui.iam.identities import SERVICE_LINKED
from cloud_audit_tui.iam.policy import PolicyError
from cloud_audit_tui.iam.wildcards import contains, tokens
from cloud_audit_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.iam.identities import AccountIdentities, Identity
    from cloud_audit_tui.iam.policy import Condition, Statement

LONGEST_CHAIN = 4
"""Roles in a row that are followed."""

ADMINISTRATOR_POLICIES = ("AdministratorAccess", "IAMFullAccess")
BOUNDARY_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"

_EXACT = frozenset({"StringEquals", "StringEqualsIgnoreCase"})
_PATTERN = frozenset({"StringLike", "ArnLike", "ArnEquals"})
_NOT_EXACT = frozenset({"StringNotEquals", "StringNotEqualsIgnoreCase"})
_NOT_PATTERN = frozenset({"StringNotLike", "ArnNotLike", "ArnNotEquals"})


@dataclass
class Escalation:
    """A way by which an identity gains permissions: a published method, or roles to assume."""

    name: str
    actions: list[str]
    key_action: str
    severity: Severity
    source: str
    granted_by: list[str]
    deny_on: list[str]

    def as_evidence(self) -> dict[str, Any]:
        """Return the escalation as JSON-ready data."""
        return {
            "name": self.name,
            "actions": self.actions,
            "key_action": self.key_action,
            "severity": self.severity.value,
            "source": self.source,
            "granted_by": self.granted_by,
            "deny_on": self.deny_on,
        }


class PrivilegeGraph:
    """The identities of an account, what they may do, and which of them are administrators."""

    def __init__(self, account: AccountIdentities, *, partition: str, account_id: str) -> None:
        self.partition = partition
        self.account_id = account_id
        index = PolicyIndex()
        everyone = [
            EffectivePermissions(one, account, index, partition=partition, account_id=account_id)
            for one in [*account.users, *account.roles]
            if not one.path.startswith(SERVICE_LINKED)
        ]
        self.holders = [one for one in everyone if not one.identity.owned_by_aws]
        self.roles = [one for one in self.holders if one.identity.kind == "role"]
        self.administrators = [one for one in self.holders if one.is_administrator]
        self.admin_groups = [
            group for group in account.groups.values() if self._grants_everything(group, index)
        ]

    def methods(self, holder: EffectivePermissions) -> Iterator[Escalation]:
        """Yield the methods that an identity has the permissions for."""
        for method in METHODS:
            policies = [self._reached(holder, method, need) for need in method.needs]
            if all(policies):
                by = list(dict.fromkeys(policy for policy in policies if policy))
                yield Escalation(
                    method.name, method.actions, method.key_action, method.severity, method.source, by, ["*"]
                )
        yield from self._boundary(holder)

    def _boundary(self, holder: EffectivePermissions) -> Iterator[Escalation]:
        if holder.boundary is None:
            return
        kind = holder.identity.kind.capitalize()
        free = holder.without_boundary()
        if not (free.is_administrator or any(self.methods(free))):
            return
        for verb in ("Delete", "Put"):
            action = f"iam:{verb}{kind}PermissionsBoundary"
            if policy := holder.allowed(action, holder.identity.arn, _unbounded):
                yield Escalation(
                    action, [action], action, Severity.CRITICAL, BOUNDARY_SOURCE, [policy], ["*"]
                )

    def _reached(self, holder: EffectivePermissions, method: Method, need: Need) -> str | None:
        if not holder.mentions(need.action):
            return None
        if need.reach is Reach.ANYTHING:
            return holder.allowed_somewhere(need.action)

        def fits(statement: Statement) -> bool:
            return _fits(statement, need.action, method.service, self.partition)

        for arn in self._targets(holder, method, need):
            if policy := holder.allowed(need.action, arn, fits):
                return policy
        return None

    def _targets(self, holder: EffectivePermissions, method: Method, need: Need) -> Iterator[str]:
        """Yield the ARNs that an action helps on: one of an unused name, then those of the account."""
        partition, account = self.partition, self.account_id
        principal, reach = holder.identity, need.reach
        iam = f"arn:{partition}:iam::{account}:"
        if reach is Reach.EXISTING:
            yield f"arn:{partition}:{need.arn.format(account=account, name=UNUSED_NAME)}"
        elif reach is Reach.OWN_POLICY:
            yield f"{iam}policy/{UNUSED_NAME}"
            yield from (policy.arn for policy in holder.policies if policy.arn.startswith(iam))
        elif reach in (Reach.OWN_USER, Reach.ADMIN_USER):
            yield f"{iam}user/{UNUSED_NAME}"
            if reach is Reach.OWN_USER and principal.kind == "user":
                yield principal.arn
            yield from self._administrators("user", principal) if reach is Reach.ADMIN_USER else ()
        elif reach in (Reach.OWN_GROUP, Reach.ADMIN_GROUP):
            yield f"{iam}group/{UNUSED_NAME}"
            groups = holder.groups if reach is Reach.OWN_GROUP else self.admin_groups
            yield from (group.arn for group in groups)
        else:
            yield f"{iam}role/{UNUSED_NAME}"
            if reach is Reach.OWN_ROLE:
                yield from self._own_roles(holder)
            elif reach is Reach.ADMIN_ROLE:
                yield from self._administrators("role", principal)
            else:
                yield from self._administrators("role", principal, trusting=method.service)

    def _own_roles(self, holder: EffectivePermissions) -> Iterator[str]:
        if holder.identity.kind == "role":
            yield holder.identity.arn
        yield from (
            role.identity.arn
            for role in self.roles
            if role is not holder and not role.identity.owned_by_aws and self.may_assume(holder, role)
        )

    def _administrators(self, kind: str, other_than: Identity, trusting: str = "") -> Iterator[str]:
        for administrator in self.administrators:
            if administrator.identity.kind != kind or administrator.identity.arn == other_than.arn:
                continue
            if not trusting or service_of(trusting) in administrator.services:
                yield administrator.identity.arn

    @cached_property
    def next_role(self) -> dict[str, EffectivePermissions]:
        """The role to assume next on the shortest way to an administrator role, by the caller's ARN."""
        steps: dict[str, EffectivePermissions] = {}
        reached = [one for one in self.administrators if one.identity.kind == "role"]
        done = {one.identity.arn for one in reached}
        for _ in range(LONGEST_CHAIN):
            callers = []
            for role in reached:
                for caller in self.holders if role.trusting else ():
                    arn = caller.identity.arn
                    if arn not in steps and arn not in done and self.may_assume(caller, role):
                        steps[arn] = role
                        callers.append(caller)
            reached = [caller for caller in callers if caller.identity.kind == "role"]
            done |= {caller.identity.arn for caller in reached}
        return steps

    def chain(self, holder: EffectivePermissions) -> list[EffectivePermissions]:
        """Return the roles to assume, one after the other, to become an administrator; none without a way."""
        way: list[EffectivePermissions] = []
        while (following := self.next_role.get(holder.identity.arn)) is not None:
            way.append(following)
            holder = following
        return way

    def may_assume(self, holder: EffectivePermissions, role: EffectivePermissions) -> bool:
        """Say whether an identity may assume a role.

        The trust policy names the identity, or names the account and the identity has the permission.
        """
        caller = holder.identity.arn
        allowing = [allow for allow in role.trusting if _may_hold_for(allow, caller)]
        if role.trust is None or not allowing:
            return False
        if any(
            deny.covers_action(ASSUME_ROLE)
            and not deny.conditions
            and (deny.is_everyone or caller in deny.names("AWS"))
            for deny in role.trust.denying
        ):
            return False
        if any(caller in allow.names("AWS") for allow in allowing):
            return not holder.denied(ASSUME_ROLE, role.identity.arn)
        own = self._own_root()
        if not any(allow.is_everyone or own & set(allow.names("AWS")) for allow in allowing):
            return False
        return holder.allowed(ASSUME_ROLE, role.identity.arn) is not None

    def _own_root(self) -> set[str]:
        account = self.account_id
        return {account, f"arn:{self.partition}:iam::{account}:root"}

    def _grants_everything(self, group: Identity, index: PolicyIndex) -> bool:
        for policy in group.policies:
            try:
                document = index.statements(policy).document
            except PolicyError:
                # Such a policy makes no administrator; the members of the group are not assessed.
                continue
            if grants_everything(document, self.partition):
                return True
        return False


def _fits(statement: Statement, action: str, service: str, partition: str) -> bool:
    """Say whether the conditions of an Allow leave a method open, as far as the request is known."""
    if not _unbounded(statement):
        return False
    if action == "iam:PassRole":
        return all(
            _matches(condition, [service]) for condition in statement.conditions_on("iam:PassedToService")
        )
    if action.startswith("iam:Attach"):
        administrator_policies = [
            f"arn:{partition}:iam::aws:policy/{name}" for name in ADMINISTRATOR_POLICIES
        ]
        return all(
            _matches(condition, administrator_policies)
            for condition in statement.conditions_on("iam:PolicyARN")
        )
    return True


def _unbounded(statement: Statement) -> bool:
    return not any(
        condition.operator in _EXACT | _PATTERN and not condition.if_exists
        for condition in statement.conditions_on("iam:PermissionsBoundary")
    )


def _matches(condition: Condition, texts: list[str]) -> bool:
    """Say whether a condition holds for one of some texts; an operator of another kind is taken to hold."""
    if condition.operator in _EXACT | _NOT_EXACT:
        same = [any(value.casefold() == text.casefold() for value in condition.values) for text in texts]
    elif condition.operator in _PATTERN | _NOT_PATTERN:
        same = [any(contains(tokens(value), tokens(text)) for value in condition.values) for text in texts]
    else:
        return True
    return not all(same) if condition.operator in _NOT_EXACT | _NOT_PATTERN else any(same)


def _may_hold_for(allow: Statement, caller: str) -> bool:
    """Say whether the conditions of a trust may hold for a caller of the account without MFA."""
    if requires_mfa(allow):
        return False
    return all(_matches(condition, [caller]) for condition in allow.conditions_on("aws:PrincipalArn"))


def requires_mfa(allow: Statement) -> bool:
    """Say whether a statement of a trust policy holds only for callers with MFA."""
    mfa_conditions = allow.conditions_on("aws:MultiFactorAuthPresent")
    return any(
        one.operator == "Bool" and not one.if_exists and [v.lower() for v in one.values] == ["true"]
        for one in mfa_conditions
    ) or any(one.operator == "NumericLessThan" for one in allow.conditions_on("aws:MultiFactorAuthAge"))


def requires_external_id(allow: Statement) -> bool:
    """Say whether a statement of a trust policy holds only for callers that give a fixed external ID."""
    if allow.everyone:
        return False
    return any(
        condition.operator in _EXACT and not condition.if_exists and condition.qualifier != "ForAllValues"
        for condition in allow.conditions_on("sts:ExternalId")
    )
