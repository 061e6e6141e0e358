"""Who can make themselves an administrator: effective permissions against the published methods."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check, not_assessed
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.iam import account_details
from cloud_audit_tui.checks.services.iam.account_details import NOT_GIVEN
from cloud_audit_tui.checks.services.iam.policies import ADMINISTERING, grants_everything
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam import conditions
from cloud_audit_tui.iam.escalation_methods import METHODS, Method, Need, Reach
from cloud_audit_tui.iam.wildcards import contains, tokens
from cloud_audit_tui.model import Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud_audit_tui.checks.services.iam.account_details import Details, Policy, Principal
    from cloud_audit_tui.iam.policy import Condition, Statement
    from cloud_audit_tui.iam.policy import Policy as Document

ASSUME = "sts:AssumeRole"
LONGEST_CHAIN = 4
"""Roles in a row that are followed, as the catalogue has it."""

USER_NAME = "${aws:username}"

NOBODYS = "cloud-audit-tui-any-name-7f3a9c"
"""A name that no pattern means: what covers it covers everything of its kind."""

ADMINISTRATOR_POLICIES = ("AdministratorAccess", "IAMFullAccess")

EXTERNAL_ID, ORGANIZATION_ID = "EXTERNAL_ID_VALUE", "ORGANIZATION_ID_VALUE"
"""Stand in a repaired trust policy for what only a person knows."""

TRUST_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"
ASSUME_SOURCE = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"

_EXACT = frozenset({"StringEquals", "StringEqualsIgnoreCase"})
_PATTERN = frozenset({"StringLike", "ArnLike", "ArnEquals"})
_NOT_EXACT = frozenset({"StringNotEquals", "StringNotEqualsIgnoreCase"})
_NOT_PATTERN = frozenset({"StringNotLike", "ArnNotLike", "ArnNotEquals"})


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
    account = _Account(region, await account_details.account_details(region))
    for identity in account.identities:
        yield _judge(account, identity)
        # Thousands of identities are minutes of work, in which other checks wait for their answers.
        await asyncio.sleep(0)


class _Granting:
    """A policy's statements, and which of them are about an action: looked up once for all who have it."""

    def __init__(self, label: str, document: Document) -> None:
        self.label = label
        self.document = document
        self._about: dict[str, tuple[Statement, ...]] = {}

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that cover an action."""
        if action not in self._about:
            self._about[action] = tuple(
                found for found in self.document.statements if found.covers_action(action)
            )
        return self._about[action]

    def of(self, user_name: str) -> _Granting:
        """Return the policy as it is for a user, with the one variable filled in whose value is known."""
        if not any(
            USER_NAME in pattern
            for found in self.document.statements
            for pattern in (*found.resources, *found.not_resources)
        ):
            return self

        def filled(patterns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(one.replace(USER_NAME, user_name) for one in patterns)

        statements = tuple(
            replace(one, resources=filled(one.resources), not_resources=filled(one.not_resources))
            for one in self.document.statements
        )
        return _Granting(self.label, replace(self.document, statements=statements))


class _Policies:
    """The account's policies, each managed one understood once."""

    def __init__(self) -> None:
        self._managed: dict[str, _Granting | ReadError] = {}

    def granting(self, policy: Policy) -> _Granting:
        """Return what a policy says; raises `ReadError` when it is missing or cannot be understood."""
        if not policy.arn:
            return self._understood(policy)
        if policy.arn not in self._managed:
            try:
                self._managed[policy.arn] = self._understood(policy)
            except ReadError as error:
                self._managed[policy.arn] = error
        found = self._managed[policy.arn]
        if isinstance(found, ReadError):
            raise found
        return found

    @staticmethod
    def _understood(policy: Policy) -> _Granting:
        if policy.document is NOT_GIVEN:
            raise ReadError(
                Unread.BAD_RESPONSE, f"AWS did not give the document of policy {in_quotes(policy.name)}."
            )
        document = parsed(policy.document, f"document of policy {in_quotes(policy.name)}")
        return _Granting(policy.arn or policy.name, document)


class _Identity:
    """A user or role and what it may do. ``unread`` says what of it could not be understood."""

    def __init__(self, region: Region, details: Details, policies: _Policies, principal: Principal) -> None:
        self.principal = principal
        self.partition = region.partition
        self.groups = [details.groups[name] for name in principal.groups if name in details.groups]
        self.policies = [*principal.policies, *(one for group in self.groups for one in group.policies)]
        self.unread: list[ReadError] = []
        self.nobodys_role = f"arn:{region.partition}:iam::{region.account_id}:role/{NOBODYS}"
        self.granting = [found for one in self.policies if (found := self._understood(policies, one))]
        self.boundary = self._understood(policies, principal.boundary) if principal.boundary else None
        self.trust: Document | None = None
        if principal.kind == "role":
            try:
                self.trust = parsed(
                    principal.trust or "", f"trust policy of role {in_quotes(principal.name)}"
                )
            except ReadError as error:
                self.unread.append(error)

    @cached_property
    def is_administrator(self) -> bool:
        """Whether it may do everything already."""
        if not any(
            grants_everything(found.document, self.partition, literally=True) for found in self.granting
        ):
            return False
        if self.boundary is not None and not grants_everything(self.boundary.document, self.partition):
            return False
        return all(self.allowed(action, self.nobodys_role) for action in ADMINISTERING)

    @cached_property
    def trusting(self) -> list[Statement]:
        """The statements of the trust policy that let AWS principals assume the role."""
        allowing = self.trust.allowing if self.trust is not None else ()
        return [found for found in allowing if found.covers_action(ASSUME) and found.names("AWS")]

    @cached_property
    def services(self) -> frozenset[str]:
        """The services that may take the role, without what the partition adds to their names."""
        allowing = self.trust.allowing if self.trust is not None else ()
        return frozenset(
            _service(name)
            for found in allowing
            if found.covers_action(ASSUME)
            for name in found.names("Service")
        )

    def mentions(self, action: str) -> bool:
        """Whether any policy allows an action at all, wherever."""
        return any(found.allows for granting in self.granting for found in granting.about(action))

    def allowed(
        self, action: str, arn: str, fits: Callable[[Statement], bool] = lambda _: True
    ) -> str | None:
        """Return the policy that allows an action on a resource, or on some of a pattern, else ``None``."""
        if self.denied(action, arn):
            return None
        if self.boundary is not None and not _lets_through(self.boundary, action, arn, fits):
            return None
        for granting in self.granting:
            if _allows(granting, action, arn, fits):
                return granting.label
        return None

    def allowed_somewhere(self, action: str) -> str | None:
        """Return the policy that allows an action on any resource at all, else ``None``."""
        for granting in self.granting:
            for found in granting.about(action):
                if not found.allows:
                    continue
                for arn in found.resources or ("*",):
                    if not self.denied(action, arn) and (
                        self.boundary is None or _lets_through(self.boundary, action, arn, lambda _: True)
                    ):
                        return granting.label
        return None

    def denied(self, action: str, arn: str) -> bool:
        """Whether a Deny without a condition takes an action on a resource, or all of a pattern, away."""
        return any(_denies(granting, action, arn) for granting in self.granting)

    def without_boundary(self) -> _Identity:
        """Return the same identity as it would be without its boundary."""
        other = copy.copy(self)
        other.__dict__.pop("is_administrator", None)
        other.boundary = None
        return other

    def _understood(self, policies: _Policies, policy: Policy) -> _Granting | None:
        try:
            found = policies.granting(policy)
        except ReadError as error:
            self.unread.append(error)
            return None
        return found.of(self.principal.name) if self.principal.kind == "user" else found


@dataclass
class _Found:
    """A method that works, or a way through the trust graph."""

    name: str
    actions: list[str]
    key_action: str
    severity: Severity
    source: str
    granted_by: list[str]
    deny_on: list[str]

    def plain(self) -> Item:
        return {
            "name": self.name,
            "actions": self.actions,
            "key_action": self.key_action,
            "severity": self.severity.value,
            "source": self.source,
            "granted_by": self.granted_by,
            "deny_on": self.deny_on,
        }


class _Account:
    """All identities of the account and what there is to gain."""

    def __init__(self, region: Region, details: Details) -> None:
        self.region = region
        self.details = details
        policies = _Policies()
        everyone = [
            _Identity(region, details, policies, one)
            for one in [*details.users, *details.roles]
            if not one.path.startswith(account_details.SERVICE_LINKED)
        ]
        self.identities = [one for one in everyone if not one.principal.owned_by_aws]
        self.roles = [one for one in self.identities if one.principal.kind == "role"]
        self.administrators = [one for one in self.identities if one.is_administrator]
        self.admin_groups = [
            group for group in details.groups.values() if self._grants_everything(group, policies)
        ]

    def methods(self, identity: _Identity) -> Iterator[_Found]:
        """Yield the methods that an identity has the permissions for."""
        for method in METHODS:
            policies = [self._reached(identity, method, need) for need in method.needs]
            if all(policies):
                by = list(dict.fromkeys(policy for policy in policies if policy))
                yield _Found(
                    method.name, method.actions, method.key_action, method.severity, method.source, by, ["*"]
                )
        yield from self._boundary(identity)

    def _boundary(self, identity: _Identity) -> Iterator[_Found]:
        if identity.boundary is None:
            return
        kind = identity.principal.kind.capitalize()
        free = identity.without_boundary()
        if not (free.is_administrator or any(self.methods(free))):
            return
        for verb in ("Delete", "Put"):
            action = f"iam:{verb}{kind}PermissionsBoundary"
            if policy := identity.allowed(action, identity.principal.arn, _unbounded):
                source = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
                yield _Found(action, [action], action, Severity.CRITICAL, source, [policy], ["*"])

    def _reached(self, identity: _Identity, method: Method, need: Need) -> str | None:
        if not identity.mentions(need.action):
            return None
        if need.reach is Reach.ANYTHING:
            return identity.allowed_somewhere(need.action)

        def fits(statement: Statement) -> bool:
            return _fits(statement, need.action, method.service, self.region.partition)

        for arn in self._targets(identity, method, need):
            if policy := identity.allowed(need.action, arn, fits):
                return policy
        return None

    def _targets(self, identity: _Identity, method: Method, need: Need) -> Iterator[str]:
        """Yield the ARNs that help: a name that nobody chose, then what the account holds."""
        partition, account = self.region.partition, self.region.account_id
        principal, reach = identity.principal, need.reach
        iam = f"arn:{partition}:iam::{account}:"
        if reach is Reach.EXISTING:
            yield f"arn:{partition}:{need.arn.format(account=account, name=NOBODYS)}"
        elif reach is Reach.OWN_POLICY:
            yield f"{iam}policy/{NOBODYS}"
            yield from (policy.arn for policy in identity.policies if policy.arn.startswith(iam))
        elif reach in (Reach.OWN_USER, Reach.ADMIN_USER):
            yield f"{iam}user/{NOBODYS}"
            if reach is Reach.OWN_USER and principal.kind == "user":
                yield principal.arn
            yield from self._administrators("user", principal) if reach is Reach.ADMIN_USER else ()
        elif reach in (Reach.OWN_GROUP, Reach.ADMIN_GROUP):
            yield f"{iam}group/{NOBODYS}"
            groups = identity.groups if reach is Reach.OWN_GROUP else self.admin_groups
            yield from (group.arn for group in groups)
        else:
            yield f"{iam}role/{NOBODYS}"
            if reach is Reach.OWN_ROLE:
                yield from self._own_roles(identity)
            elif reach is Reach.ADMIN_ROLE:
                yield from self._administrators("role", principal)
            else:
                yield from self._administrators("role", principal, trusting=method.service)

    def _own_roles(self, identity: _Identity) -> Iterator[str]:
        if identity.principal.kind == "role":
            yield identity.principal.arn
        yield from (
            role.principal.arn
            for role in self.roles
            if role is not identity and not role.principal.owned_by_aws and self.may_assume(identity, role)
        )

    def _administrators(self, kind: str, other_than: Principal, trusting: str = "") -> Iterator[str]:
        for found in self.administrators:
            if found.principal.kind != kind or found.principal.arn == other_than.arn:
                continue
            if not trusting or _service(trusting) in found.services:
                yield found.principal.arn

    @cached_property
    def next_role(self) -> dict[str, _Identity]:
        """The role to assume next on the shortest way to an administrator role, by the caller's ARN."""
        steps: dict[str, _Identity] = {}
        reached = [found for found in self.administrators if found.principal.kind == "role"]
        known = {found.principal.arn for found in reached}
        for _ in range(LONGEST_CHAIN):
            callers = []
            for role in reached:
                for caller in self.identities if role.trusting else ():
                    arn = caller.principal.arn
                    if arn not in steps and arn not in known and self.may_assume(caller, role):
                        steps[arn] = role
                        callers.append(caller)
            reached = [caller for caller in callers if caller.principal.kind == "role"]
            known |= {caller.principal.arn for caller in reached}
        return steps

    def chain(self, identity: _Identity) -> list[_Identity]:
        """Return the roles to assume one after the other to be an administrator, none without a way."""
        way: list[_Identity] = []
        while (following := self.next_role.get(identity.principal.arn)) is not None:
            way.append(following)
            identity = following
        return way

    def may_assume(self, identity: _Identity, role: _Identity) -> bool:
        """Whether an identity may assume a role: named by its trust, or by root's with a permission."""
        caller = identity.principal.arn
        allowing = [allow for allow in role.trusting if _holds_for(allow, caller)]
        if role.trust is None or not allowing:
            return False
        if any(
            deny.covers_action(ASSUME)
            and not deny.conditions
            and (deny.is_everyone or caller in deny.names("AWS"))
            for deny in role.trust.denying
        ):
            return False
        if any(caller in allow.names("AWS") for allow in allowing):
            return not identity.denied(ASSUME, role.principal.arn)
        own = self._own_root()
        if not any(allow.is_everyone or own & set(allow.names("AWS")) for allow in allowing):
            return False
        return identity.allowed(ASSUME, role.principal.arn) is not None

    def _own_root(self) -> set[str]:
        account = self.region.account_id
        return {account, f"arn:{self.region.partition}:iam::{account}:root"}

    def _grants_everything(self, group: Principal, policies: _Policies) -> bool:
        for policy in group.policies:
            try:
                document = policies.granting(policy).document
            except ReadError:
                # What grants nothing that is understood makes no administrator; its members are not assessed.
                continue
            if grants_everything(document, self.region.partition):
                return True
        return False


def _judge(account: _Account, identity: _Identity) -> Verdict:
    principal = identity.principal
    what = f"{principal.kind.capitalize()} {in_quotes(principal.name)}"
    evidence: Item = {
        "kind": principal.kind,
        "principal_name": principal.name,
        "path": principal.path,
        "methods": [],
        "chain": [],
        "trust": None,
        "trust_needs_organization": False,
        "trust_needs_external_id": False,
        "deny_statements": [],
    }
    found = list(_open_trust(account, identity, evidence))
    if not identity.is_administrator:
        found += account.methods(identity)
        found += _chained(account, identity, evidence)
    if found:
        evidence["methods"] = [one.plain() for one in found]
        evidence["deny_statements"] = _deny_statements(found)
        severity = (
            Severity.CRITICAL if any(one.severity is Severity.CRITICAL for one in found) else Severity.HIGH
        )
        named = "; ".join(one.name for one in found[:LISTED])
        more = len(found) - LISTED
        reason = f"{what} can gain permissions: {named}" + (f"; and {more} more." if more > 0 else ".")
        return Verdict(Status.FAIL, principal.resource, reason, evidence, severity=severity)
    if identity.unread:
        return not_assessed(principal.resource, identity.unread[0])
    if identity.is_administrator:
        reason = f"{what} is a full administrator already, so there is nothing to gain: see aws-iam-005."
        return Verdict(Status.PASS, principal.resource, reason, evidence)
    reason = f"{what} has the permissions for no published method of escalation."
    return Verdict(Status.PASS, principal.resource, reason, evidence)


def _chained(account: _Account, identity: _Identity, evidence: Item) -> Iterator[_Found]:
    chain = account.chain(identity)
    if not chain:
        return
    names = [role.principal.name for role in chain]
    evidence["chain"] = [role.principal.arn for role in chain]
    way = " -> ".join(map(quoted, names))
    steps = "" if len(chain) == 1 else f" in {len(chain)} steps"
    name = f"{ASSUME} of administrator role {way}{steps}"
    yield _Found(name, [ASSUME], ASSUME, Severity.HIGH, ASSUME_SOURCE, [], [chain[0].principal.arn])


def _open_trust(account: _Account, identity: _Identity, evidence: Item) -> Iterator[_Found]:
    """Yield what is wrong with a role's own trust policy, and put the repaired one into the evidence."""
    if identity.trust is None:
        return
    repaired: Any = copy.deepcopy(identity.principal.trust)
    for allow in identity.trust.allowing:
        if not allow.covers_action(ASSUME) or conditions.is_restricted(identity.trust, allow):
            continue
        if _asks_for_mfa(allow) or _has_external_id(allow):
            continue
        if allow.everyone:
            yield _Found(
                "the role trusts everyone", [ASSUME], ASSUME, Severity.CRITICAL, TRUST_SOURCE, [], []
            )
            _add_condition(repaired, allow, "aws:PrincipalOrgID", ORGANIZATION_ID)
            evidence["trust_needs_organization"] = True
        elif strangers := [
            found.account_id
            for found in allow.principals
            if found.account_id not in ("", account.region.account_id)
            and (found.name.endswith(":root") or found.name == found.account_id)
        ]:
            name = f"the role trusts all of account {', '.join(strangers)}"
            yield _Found(name, [ASSUME], ASSUME, Severity.HIGH, TRUST_SOURCE, [], [])
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


def _deny_statements(found: list[_Found]) -> list[Item]:
    """Return the statements that take the deciding action of every method away."""
    everywhere = sorted({one.key_action for one in found if one.deny_on == ["*"]})
    roles = sorted({arn for one in found for arn in one.deny_on if arn != "*"})
    statements: list[Item] = []
    if everywhere:
        statements.append({"Sid": "DenyEscalation", "Effect": "Deny", "Action": everywhere, "Resource": "*"})
    if roles:
        statements.append(
            {"Sid": "DenyAdministratorRoles", "Effect": "Deny", "Action": ASSUME, "Resource": roles}
        )
    return statements


def _allows(granting: _Granting, action: str, arn: str, fits: Callable[[Statement], bool]) -> bool:
    pattern = "*" in arn
    return any(
        found.allows and (found.could_cover(arn) if pattern else found.covers_resource(arn)) and fits(found)
        for found in granting.about(action)
    )


def _denies(granting: _Granting, action: str, arn: str) -> bool:
    return any(
        found.denies and not found.conditions and found.covers_resource(arn)
        for found in granting.about(action)
    )


def _lets_through(boundary: _Granting, action: str, arn: str, fits: Callable[[Statement], bool]) -> bool:
    """Whether a boundary lets an action on a resource through."""
    return not _denies(boundary, action, arn) and any(
        found.allows and found.could_cover(arn) and fits(found) for found in boundary.about(action)
    )


def _fits(statement: Statement, action: str, service: str, partition: str) -> bool:
    """Whether the conditions of an Allow leave a method open, as far as the request is known."""
    if not _unbounded(statement):
        return False
    if action == "iam:PassRole":
        return all(
            _matches(condition, [service]) for condition in statement.conditions_on("iam:PassedToService")
        )
    if action.startswith("iam:Attach"):
        wanted = [f"arn:{partition}:iam::aws:policy/{name}" for name in ADMINISTRATOR_POLICIES]
        return all(_matches(condition, wanted) for condition in statement.conditions_on("iam:PolicyARN"))
    return True


def _unbounded(statement: Statement) -> bool:
    return not any(
        condition.operator in _EXACT | _PATTERN and not condition.if_exists
        for condition in statement.conditions_on("iam:PermissionsBoundary")
    )


def _matches(condition: Condition, texts: list[str]) -> bool:
    """Whether a condition holds for one of some texts; an operator that says something else holds."""
    if condition.operator in _EXACT | _NOT_EXACT:
        same = [any(value.casefold() == text.casefold() for value in condition.values) for text in texts]
    elif condition.operator in _PATTERN | _NOT_PATTERN:
        same = [any(contains(tokens(value), tokens(text)) for value in condition.values) for text in texts]
    else:
        return True
    return not all(same) if condition.operator in _NOT_EXACT | _NOT_PATTERN else any(same)


def _holds_for(allow: Statement, caller: str) -> bool:
    """Whether the conditions of a trust may hold for a caller of the account without MFA."""
    if _asks_for_mfa(allow):
        return False
    return all(_matches(condition, [caller]) for condition in allow.conditions_on("aws:PrincipalArn"))


def _asks_for_mfa(allow: Statement) -> bool:
    asked = allow.conditions_on("aws:MultiFactorAuthPresent")
    return any(
        one.operator == "Bool" and not one.if_exists and [v.lower() for v in one.values] == ["true"]
        for one in asked
    ) or any(one.operator == "NumericLessThan" for one in allow.conditions_on("aws:MultiFactorAuthAge"))


def _has_external_id(allow: Statement) -> bool:
    if allow.everyone:
        return False
    return any(
        condition.operator in _EXACT and not condition.if_exists and condition.qualifier != "ForAllValues"
        for condition in allow.conditions_on("sts:ExternalId")
    )


def _service(name: str) -> str:
    return name.removesuffix(".cn").removesuffix(".amazonaws.com")


LISTED = 3
"""Methods that a reason names before it counts the rest."""
