"""Which identities can become administrators: by published methods, and by roles that they may assume."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.iam.escalation_methods import METHODS, Method, Need, Reach
from cloud_audit_tui.iam.evaluation import (
    ASSUME_ROLE,
    UNUSED_NAME,
    EffectivePermissions,
    Grant,
    PolicyIndex,
    grants_everything,
)
from cloud_audit_tui.iam.identities import SERVICE_LINKED, default_document
from cloud_audit_tui.iam.policy import EVERYONE, PolicyError, parse
from cloud_audit_tui.iam.request_context import EXACT, RequestContext
from cloud_audit_tui.iam.wildcards import Wild, overlaps, tokens
from cloud_audit_tui.model import Severity
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cloud_audit_tui.iam.identities import AccountIdentities, Identity
    from cloud_audit_tui.iam.policy import Condition, Statement

LONGEST_CHAIN = 4
"""The most roles of a chain that are followed."""

ADMINISTRATOR_POLICIES = ("AdministratorAccess", "IAMFullAccess")
"""The policies of AWS that make an administrator; those of the account are read."""
ATTACHING_ACTIONS = frozenset({"iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"})
"""The actions whose requests have the key ``iam:PolicyARN``, beside those that detach a policy.

Source: the Service Authorization Reference of IAM.
"""
BOUNDARY_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
DENY_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"

NEW_POLICY = "iam:CreatePolicy"
NEW_VERSION, SWITCH_VERSION = "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"
NEW_PROFILE, INTO_PROFILE = "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"
EC2 = "ec2.amazonaws.com"

MOST_VERSIONS = 5
"""The most versions of a managed policy."""

LONGEST_LIST = 30
"""The most resources that a Deny lists; with more, it covers all resources."""


@dataclass(frozen=True)
class Target:
    """A resource that serves a method; ``unread`` names an unread requirement, empty if there is none.

    ``named`` marks a resource that a policy names, in contrast to one that a wildcard covers.
    """

    arn: str
    unread: str = ""
    named: bool = False
    proven: bool = False


@dataclass(frozen=True)
class Answer:
    """An action that is allowed and its grant; ``unread`` is what else the action needs and nothing reads.

    ``creation`` is the grant of ``iam:CreatePolicy``, where a policy that is attached is created first.
    """

    action: str
    grant: Grant
    unread: str = ""
    creation: Grant | None = None

    @property
    def open_points(self) -> int:
        """How many points keep the action from being certain."""
        keys = {*self.grant.depends_on, *(self.creation.depends_on if self.creation else ())}
        return len(keys) + bool(self.unread)


@dataclass(frozen=True)
class GrantingStatement:
    """A statement that an escalation rests on, its policy, and the action that it allows.

    ``policy`` is an ARN, the name of an inline policy, or a description of the policy.
    """

    policy: str
    statement: Statement
    action: str


@dataclass(frozen=True)
class Assumption:
    """How an identity may assume a role: the trusting statement, the caller's own grant, the undecided keys.

    ``grant`` is ``None`` where the trust policy names the caller.
    """

    trust: Statement
    grant: Grant | None
    depends_on: tuple[str, ...]


@dataclass
class Escalation:
    """A way in which an identity gains permissions: a known method, or roles to assume.

    ``depends_on`` are condition keys whose value the account does not show, and ``unread`` names further
    requirements: with either, the escalation is possible, not certain. A Deny of ``deny_actions`` on
    ``deny_on`` prevents it. ``deciding`` are the statements that it rests on.
    """

    name: str
    actions: list[str]
    severity: Severity
    source: str
    granted_by: list[str]
    deny_actions: list[str]
    deny_on: list[str]
    depends_on: list[str] = field(default_factory=list)
    unread: str = ""
    targets: list[str] = field(default_factory=list)
    deciding: list[GrantingStatement] = field(default_factory=list)

    @property
    def certain(self) -> bool:
        """Whether the escalation works for certain."""
        return not self.depends_on and not self.unread

    @property
    def words(self) -> str:
        """The escalation in a few words, with what it depends on."""
        if self.certain:
            return self.name
        open_points = [f"depends on {', '.join(self.depends_on)}"] if self.depends_on else []
        open_points += [self.unread] if self.unread else []
        return f"{self.name} (possible: {'; '.join(open_points)})"

    def as_evidence(self) -> dict[str, Any]:
        """Return the escalation as JSON-ready data."""
        return {
            "name": self.name,
            "actions": self.actions,
            "key_action": self.deny_actions[0] if self.deny_actions else "",
            "severity": self.severity.value,
            "source": self.source,
            "granted_by": self.granted_by,
            "deny_on": self.deny_on,
            "certainty": "certain" if self.certain else "possible",
            "depends_on": self.depends_on,
            "unread": self.unread,
            "targets": self.targets,
        }


_LOWER = {Severity.CRITICAL: Severity.HIGH, Severity.HIGH: Severity.MEDIUM}


class PrivilegeGraph:
    """The identities of an account, their permissions, and which of them are administrators."""

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
        self.users = [one for one in self.holders if one.identity.kind == "user"]
        self.groups = list(account.groups.values())
        self._administrator_policies = [
            *(f"arn:{partition}:iam::aws:policy/{name}" for name in ADMINISTRATOR_POLICIES),
            *(
                arn
                for arn, item in account.managed.items()
                if arn.startswith(f"arn:{partition}:iam::{account_id}:")
                and self._is_wide(default_document(item))
            ),
        ]
        self._other_versions = {
            policy.arn: policy.other_versions
            for one in account.all()
            for policy in (*one.attached, *([one.boundary] if one.boundary else []))
        }
        self.administrators = [one for one in self.holders if one.is_administrator]
        self.admin_groups = [
            group for group in account.groups.values() if self._grants_everything(group, index)
        ]

    def methods(self, holder: EffectivePermissions) -> Iterator[Escalation]:
        """Yield the methods that an identity has the permissions for, certain ones and possible ones."""
        names: set[str] = set()
        for escalation in self._methods(holder):
            names.add(escalation.name)
            yield escalation
        yield from self._without_boundary(holder)
        yield from self._without_a_deny(holder, names)

    def _methods(self, holder: EffectivePermissions) -> Iterator[Escalation]:
        for method in METHODS:
            if all(any(map(holder.mentions, need.actions)) for need in method.needs) and (
                escalation := self._method(holder, method)
            ):
                yield escalation

    def _method(self, holder: EffectivePermissions, method: Method) -> Escalation | None:
        """Return the escalation by a method, if an identity can use it; needs of one reach share a target."""
        grants: list[Grant] = []
        actions: list[str] = []
        unread = [method.unread] if method.unread else []
        reached: list[Target] = []
        severity = method.severity
        for reach in dict.fromkeys(need.reach for need in method.needs):
            needs = [need for need in method.needs if need.reach is reach]
            if reach is Reach.ANYTHING:
                answers = [self._best(holder.allowed_somewhere, need, holder, method) for need in needs]
                answers_on = [(Target(""), answers)]
            else:
                answers_on = [
                    (target, [self._granted(holder, need, method, target.arn) for need in needs])
                    for target in self._targets(holder, method, needs)
                ]
            fitting = [(target, every) for target, every in answers_on if all(every)]
            if not fitting:
                return None
            target, best = min(fitting, key=lambda one: _open_points(*one))
            for answer in best:
                assert answer is not None
                if answer.creation is not None:
                    actions.append(NEW_POLICY)
                    grants.append(answer.creation)
                actions.append(answer.action)
                grants.append(answer.grant)
                unread += [answer.unread] if answer.unread else []
            if target.unread:
                unread.append(target.unread)
            if target.named and not target.proven:
                severity = Severity.MEDIUM if severity is Severity.HIGH else severity
            if reach is method.needs[0].reach:
                reached = [target for target, _ in fitting]
        depends_on = sorted({key for grant in grants for key in grant.depends_on})
        if depends_on or (unread and severity is Severity.CRITICAL):
            severity = _LOWER.get(severity, severity)
        first = method.needs[0]
        every = [target.arn for target in reached]
        narrow = first.reach in _NARROW and len(every) <= LONGEST_LIST
        return Escalation(
            name=" + ".join(actions),
            actions=actions,
            severity=severity,
            source=method.source,
            granted_by=list(dict.fromkeys(grant.policy for grant in grants)),
            deny_actions=[action for action in first.actions if holder.mentions(action)],
            deny_on=every if narrow else ["*"],
            depends_on=depends_on,
            unread="; ".join(dict.fromkeys(unread)),
            targets=[arn for arn in every[:LONGEST_LIST] if UNUSED_NAME not in arn and arn],
            deciding=[
                GrantingStatement(grant.policy, grant.statement, action)
                for action, grant in zip(actions, grants, strict=True)
            ],
        )

    def _granted(self, holder: EffectivePermissions, need: Need, method: Method, arn: str) -> Answer | None:
        """Return the action of a need that is allowed on a resource."""

        def allowed(action: str, context: RequestContext | None) -> Grant | None:
            if need.reach is Reach.POLICY_OF_A_ROLE:
                return self._policy_of(arn, holder, action, context)
            return self._useful(holder, action, arn, context)

        return self._best(allowed, need, holder, method, arn)

    def _useful(
        self, holder: EffectivePermissions, action: str, arn: str, context: RequestContext | None
    ) -> Grant | None:
        """Return the grant of an action on a resource, ``None`` where AWS would refuse it or it is no use.

        A managed policy has at most five versions, and one without other versions has none to switch to:
        <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>.
        """
        grant = holder.allowed(action, arn, context)
        versions = self._other_versions.get(arn)
        if grant is None or versions is None:
            return grant
        if action == SWITCH_VERSION and not versions:
            return None
        if action == NEW_VERSION and len(versions) + 1 >= MOST_VERSIONS:
            room = holder.allowed("iam:DeletePolicyVersion", arn)
            return (
                None
                if room is None
                else replace(grant, depends_on=tuple(sorted({*grant.depends_on, *room.depends_on})))
            )
        return grant

    def _has_wide_version(self, policy_arn: str) -> bool:
        """Whether another version of a policy grants everything."""
        return any(map(self._is_wide, self._other_versions.get(policy_arn) or ()))

    def _is_wide(self, document: Any) -> bool:
        try:
            return bool(grants_everything(parse(document), self.partition))
        except PolicyError:
            return False

    def _policy_of(
        self, role_arn: str, holder: EffectivePermissions, action: str, context: RequestContext | None
    ) -> Grant | None:
        own = f"arn:{self.partition}:iam::{self.account_id}:"
        for role in self.roles:
            if role.identity.arn != role_arn:
                continue
            for policy in role.policies:
                if policy.arn.startswith(own) and (
                    grant := self._useful(holder, action, policy.arn, context)
                ):
                    return grant
        return None

    def _best(
        self,
        allowed: Callable[[str, RequestContext], Grant | None],
        need: Need,
        holder: EffectivePermissions,
        method: Method,
        arn: str = "",
    ) -> Answer | None:
        """Return the action of a need with the fewest open points."""
        contexts = [
            holder.context.with_keys(iam__PassedToService=[name]) for name in self._names_of(method.service)
        ] or [holder.context]
        answers = []
        for action in need.actions:
            unread = need.requirements.get(action, "")
            if action == SWITCH_VERSION and self._has_wide_version(arn):
                unread = ""
            for context in contexts:
                for request, creation in self._requests(holder, action, context):
                    if grant := allowed(action, request):
                        answers.append(Answer(action, grant, unread, creation))
        return min(answers, key=lambda one: (one.open_points, one.creation is not None), default=None)

    def _requests(
        self, holder: EffectivePermissions, action: str, context: RequestContext
    ) -> Iterator[tuple[RequestContext, Grant | None]]:
        """Yield the requests by which an action is worth something, and the grant of making its policy.

        A request to attach names one policy, so an Allow and a Deny are judged for the same one.
        """
        if action not in ATTACHING_ACTIONS:
            yield context.without_key("iam:PolicyARN"), None
            return
        for policy in self._administrator_policies:
            yield context.with_keys(iam__PolicyARN=[policy]), None
        for policy in self._new_policies(holder, action):
            if creation := holder.allowed(NEW_POLICY, policy, context.without_key("iam:PolicyARN")):
                yield context.with_keys(iam__PolicyARN=[policy]), creation

    def _new_policies(self, holder: EffectivePermissions, action: str) -> Iterator[str]:
        """Yield an unused name of a policy for each pattern to which a condition limits what is attached."""
        beginning = f"arn:{self.partition}:iam::{self.account_id}:policy/"
        patterns = dict.fromkeys(
            value
            for granting in holder.granting
            for statement in granting.covering(action)
            for condition in statement.conditions_on("iam:PolicyARN")
            for value in condition.values
        )
        for pattern in patterns:
            name = pattern.partition(":policy/")[2].replace("*", UNUSED_NAME)
            if name and not set(name) & set("?$") and overlaps(tokens(f"{beginning}*"), tokens(pattern)):
                yield f"{beginning}{name}"

    def _names_of(self, service: str) -> list[str]:
        """Return the principals of a service; in China some have a name of their own."""
        names = [service] if service else []
        return [*names, *(f"{name}.cn" for name in names if self.partition == "aws-cn")]

    def _without_boundary(self, holder: EffectivePermissions) -> Iterator[Escalation]:
        """Yield the ways in which an identity can remove its own boundary and so gain permissions."""
        boundary = holder.identity.boundary
        if holder.boundary is None or boundary is None:
            return
        free = holder.without_boundary()
        if not (free.is_administrator or any(self._methods(free))):
            return
        kind = holder.identity.kind.capitalize()
        context = holder.context.with_keys(iam__PermissionsBoundary=[boundary.arn])
        ways = [(f"iam:{verb}{kind}PermissionsBoundary", holder.identity.arn) for verb in ("Delete", "Put")]
        if boundary.arn.split(":")[4:5] != ["aws"]:
            ways += [(NEW_VERSION, boundary.arn), (SWITCH_VERSION, boundary.arn)]
        for action, arn in ways:
            if grant := self._useful(holder, action, arn, context):
                removal = _removal(
                    action, arn, grant, BOUNDARY_SOURCE, "of its boundary" if arn == boundary.arn else ""
                )
                if action == SWITCH_VERSION and not self._has_wide_version(arn):
                    removal.unread = "an earlier version of the boundary must allow more"
                    removal.severity = _LOWER.get(removal.severity, removal.severity)
                yield removal

    def _without_a_deny(self, holder: EffectivePermissions, names: set[str]) -> Iterator[Escalation]:
        """Yield the ways in which an identity can remove a policy whose Deny prevents an escalation."""
        for owner, policy, statements in holder.applied:
            if not statements.document.denying:
                continue
            kind = owner.kind.capitalize()
            action = f"iam:Detach{kind}Policy" if policy.arn else f"iam:Delete{kind}Policy"
            context = holder.context.with_keys(iam__PolicyARN=[policy.arn]) if policy.arn else holder.context
            ways = [(action, context)]
            if owner.kind == "group":
                ways.append(("iam:RemoveUserFromGroup", holder.context))
            for removal, request in ways:
                grant = holder.allowed(removal, owner.arn, request)
                if grant is None:
                    continue
                free = holder.without(policy)
                if free.is_administrator or any(
                    escalation.certain and escalation.name not in names for escalation in self._methods(free)
                ):
                    yield _removal(
                        removal, owner.arn, grant, DENY_SOURCE, f'of policy "{quoted(policy.name)}"'
                    )
                    break

    def _targets(self, holder: EffectivePermissions, method: Method, needs: list[Need]) -> Iterable[Target]:
        """Return the targets of needs with the same reach."""
        reach = needs[0].reach
        if reach is Reach.EXISTING:
            return self._existing(holder, needs)
        if reach in (Reach.NEW_USER, Reach.NEW_GROUP, Reach.NEW_ROLE):
            return map(Target, self._new(holder, needs))
        if reach in _OWN:
            return self._own(holder, reach)
        if reach is Reach.PASSED_ROLE:
            return self._passable(holder, method)
        return map(Target, self._others(holder, reach))

    def _own(self, holder: EffectivePermissions, reach: Reach) -> Iterator[Target]:
        """Yield the identity's own resources; if it has none, any name, which may become its own."""
        iam = f"arn:{self.partition}:iam::{self.account_id}:"
        if reach is Reach.OWN_USER:
            if holder.identity.kind == "user":
                yield Target(holder.identity.arn)
            return
        if reach is Reach.OWN_POLICY:
            own = [policy.arn for policy in holder.policies if policy.arn.startswith(iam)]
            later = Target(f"{iam}policy/{UNUSED_NAME}", "it has no customer managed policy yet")
        elif reach is Reach.OWN_GROUP:
            own = [group.arn for group in holder.groups]
            later = Target(f"{iam}group/{UNUSED_NAME}", "it is in no group yet")
        else:
            own = list(self._own_roles(holder))
            later = Target(f"{iam}role/{UNUSED_NAME}", "it may assume no role yet")
        yield from map(Target, own)
        if not own:
            yield later

    def _passable(self, holder: EffectivePermissions, method: Method) -> Iterator[Target]:
        """Yield the administrator roles that trust the service of a method.

        An EC2 instance takes a role in an instance profile alone, whose other ways in are a method of their
        own: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>.
        """
        actions = {action for need in method.needs for action in need.actions}
        needs_profile = method.service == EC2 and INTO_PROFILE not in actions
        for role in self.administrators:
            keys = None if role is holder else role.trusts_service(method.service)
            if keys is None:
                continue
            unread = [f"the trust policy of the role depends on {', '.join(keys)}"] if keys else []
            if needs_profile and role.identity.in_instance_profile is False:
                keys = self._making_profile(holder)
                if keys is None:
                    continue
                unread += [f"making an instance profile depends on {', '.join(keys)}"] if keys else []
            yield Target(role.identity.arn, "; ".join(unread))

    def _making_profile(self, holder: EffectivePermissions) -> tuple[str, ...] | None:
        """Return the undecided keys with which an identity may put a role into a new instance profile."""
        profile = f"arn:{self.partition}:iam::{self.account_id}:instance-profile/{UNUSED_NAME}"
        grants = [holder.allowed(action, profile) for action in (NEW_PROFILE, INTO_PROFILE)]
        if not all(grants):
            return None
        return tuple(sorted({key for grant in grants if grant for key in grant.depends_on}))

    def _others(self, holder: EffectivePermissions, reach: Reach) -> Iterator[str]:
        """Yield the ARNs of other identities, or of policies of roles that the identity may assume."""
        principal, is_user = holder.identity, holder.identity.kind == "user"
        if reach is Reach.POLICY_OF_OWN_ROLE:
            yield from self._policies_of_own_roles(holder)
        elif reach in (Reach.A_ROLE, Reach.POLICY_OF_A_ROLE):
            yield from (role.identity.arn for role in self.roles if role is not holder)
        elif reach is Reach.A_USER:
            yield from (user.identity.arn for user in self.users if user is not holder)
        elif reach in (Reach.A_GROUP, Reach.ADMIN_GROUP):
            groups = self.groups if reach is Reach.A_GROUP else self.admin_groups
            yield from (group.arn for group in groups if is_user)
        elif reach is Reach.ADMIN_USER:
            yield from self._administrators("user", principal)
        else:
            yield from self._administrators("role", principal)

    def _policies_of_own_roles(self, holder: EffectivePermissions) -> Iterator[str]:
        own = set(self._own_roles(holder)) - {holder.identity.arn}
        for role in self.roles:
            if role.identity.arn in own:
                yield from (
                    policy.arn
                    for policy in role.policies
                    if policy.arn.startswith(f"arn:{self.partition}:iam::{self.account_id}:")
                )

    def _existing(self, holder: EffectivePermissions, needs: list[Need]) -> Iterator[Target]:
        """Yield an arbitrary name of a kind of resource, then the names and patterns in policies."""
        ending = needs[0].arn.format(account=self.account_id, name=UNUSED_NAME)
        what = needs[0].resource.replace("-", " ")
        yield Target(
            f"arn:{self.partition}:{ending}", f"which {what} exists, and with which role, is not read"
        )
        everything = needs[0].arn.format(account=self.account_id, name="*")
        kind = f"arn:{self.partition}:{everything}".replace("/0", "/*").replace(":0", ":*")
        for action in needs[0].actions:
            for pattern in holder.resources_of(action):
                if pattern != "*" and _same_kind(kind, pattern):
                    words = f"whether {what} {quoted(pattern)} exists, and with which role, is not read"
                    yield Target(pattern, words, named=True)

    def _new(self, holder: EffectivePermissions, needs: list[Need]) -> Iterator[str]:
        """Yield unused names, one for each pattern in the policies."""
        kind = needs[0].reach.removeprefix("new-")
        if kind == "group" and holder.identity.kind != "user":
            return
        beginning = f"arn:{self.partition}:iam::{self.account_id}:{kind}/"
        whole = tokens(f"{beginning}*")
        patterns = [
            pattern
            for need in needs
            for action in need.actions
            for pattern in holder.resources_of(action)
            if overlaps(whole, tokens(pattern))
        ]
        for pattern in dict.fromkeys(patterns):
            name = pattern.replace("*", UNUSED_NAME) if pattern.startswith(beginning) else ""
            yield name or f"{beginning}{UNUSED_NAME}"

    def _own_roles(self, holder: EffectivePermissions) -> Iterator[str]:
        if holder.identity.kind == "role":
            yield holder.identity.arn
        yield from (
            role.identity.arn
            for role in self.roles
            if role is not holder and not role.identity.owned_by_aws and self.may_assume(holder, role)
        )

    def _administrators(self, kind: str, other_than: Identity) -> Iterator[str]:
        for administrator in self.administrators:
            if administrator.identity.kind == kind and administrator.identity.arn != other_than.arn:
                yield administrator.identity.arn

    @cached_property
    def next_role(self) -> dict[str, EffectivePermissions]:
        """The role to assume next on the shortest chain to an administrator role, by the caller's ARN."""
        steps: dict[str, EffectivePermissions] = {}
        reached = [one for one in self.administrators if one.identity.kind == "role"]
        role_arns = {one.identity.arn for one in reached}
        for _ in range(LONGEST_CHAIN):
            callers = []
            for role in reached:
                for caller in self.holders if role.trusting else ():
                    arn = caller.identity.arn
                    if arn not in steps and arn not in role_arns and self.may_assume(caller, role):
                        steps[arn] = role
                        callers.append(caller)
            reached = [caller for caller in callers if caller.identity.kind == "role"]
            role_arns |= {caller.identity.arn for caller in reached}
        return steps

    def chain(self, holder: EffectivePermissions) -> list[EffectivePermissions]:
        """Return the roles to assume in turn to become an administrator; empty if there is no chain."""
        way: list[EffectivePermissions] = []
        while (following := self.next_role.get(holder.identity.arn)) is not None:
            way.append(following)
            holder = following
        return way

    def chain_steps(self, holder: EffectivePermissions) -> list[tuple[EffectivePermissions, Assumption]]:
        """Return the roles of `chain` with the assumption of each."""
        steps = []
        for role in self.chain(holder):
            if assumption := self.assuming(holder, role):
                steps.append((role, assumption))
            holder = role
        return steps

    def may_assume(self, holder: EffectivePermissions, role: EffectivePermissions) -> bool:
        """Whether an identity may assume a role, possibly under a condition."""
        return self.assuming(holder, role) is not None

    def assuming(self, holder: EffectivePermissions, role: EffectivePermissions) -> Assumption | None:
        """Return the assumption of a role with the fewest undecided keys, ``None`` if it is not allowed.

        It is allowed if the trust policy names the identity, or names the account and the identity has the
        permission.
        """
        if role.trust is None:
            return None
        context = holder.context
        denial: set[str] = set()
        for deny in role.trust.denying:
            if deny.covers_action(ASSUME_ROLE) and self._concerns(deny, holder):
                keys = context.denies(deny)
                if keys == ():
                    return None
                denial.update(keys or ())
        answers = []
        for allow in role.trusting:
            trusted = None if requires_mfa(allow) else context.allows(allow)
            granted = None if trusted is None else self._granted_with(holder, role, allow)
            if trusted is not None and granted is not None:
                grant, keys = granted
                answers.append(Assumption(allow, grant, tuple(sorted(denial.union(trusted, keys)))))
        return min(answers, key=lambda answer: len(answer.depends_on), default=None)

    def _granted_with(
        self, holder: EffectivePermissions, role: EffectivePermissions, allow: Statement
    ) -> tuple[Grant | None, tuple[str, ...]] | None:
        """Return the caller's own grant, ``None`` if the trust names the caller, and the undecided keys.

        A trust of one session of a role names the role, since who assumes it chooses the session's name.
        """
        if {holder.identity.arn, *self._session_names(holder, allow)} & set(allow.names("AWS")):
            denial = holder.denied(ASSUME_ROLE, role.identity.arn)
            limit = holder.lets_through(ASSUME_ROLE, role.identity.arn)
            return None if denial is True or limit is None else (None, (*denial, *limit))
        if not (allow.is_everyone or self._own_root() & set(allow.names("AWS"))):
            return None
        grant = holder.allowed(ASSUME_ROLE, role.identity.arn)
        return None if grant is None else (grant, grant.depends_on)

    def _session_names(self, holder: EffectivePermissions, allow: Statement) -> list[str]:
        if holder.identity.kind != "role":
            return []
        beginning = f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{holder.identity.name}/"
        return [name for name in allow.names("AWS") if name.startswith(beginning)]

    def _concerns(self, deny: Statement, holder: EffectivePermissions) -> bool:
        """Whether a Deny of a trust policy is for an identity: by its ARN, its account, or all but some.

        ``NotPrincipal`` excepts no identity that has a permissions boundary:
        <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.
        """
        own = {holder.identity.arn, *self._own_root()}
        if deny.not_principals:
            excepted = {name.name for name in deny.not_principals if name.kind == "AWS"}
            return holder.identity.boundary is not None or not excepted & {*own, EVERYONE}
        return deny.is_everyone or bool(own & set(deny.names("AWS")))

    def _own_root(self) -> set[str]:
        account = self.account_id
        return {account, f"arn:{self.partition}:iam::{account}:root"}

    def _grants_everything(self, group: Identity, index: PolicyIndex) -> bool:
        for policy in group.policies:
            try:
                document = index.statements(policy).document
            except PolicyError:
                # An invalid policy makes no administrator; the members of the group are not assessed.
                continue
            if grants_everything(document, self.partition):
                return True
        return False


_NARROW = frozenset({Reach.PASSED_ROLE, Reach.ADMIN_USER, Reach.ADMIN_GROUP, Reach.ADMIN_ROLE})
"""Reaches whose targets are all known, so that a Deny on the targets is sufficient."""
_OWN = frozenset({Reach.OWN_POLICY, Reach.OWN_USER, Reach.OWN_GROUP, Reach.OWN_ROLE})


def _same_kind(kind: str, pattern: str) -> bool:
    """Whether a pattern of a policy can match a resource of a kind, compared part by part of the ARN."""
    parts = pattern.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - the parts of an ARN
        return overlaps(tokens(kind), tokens(pattern))
    return all(
        overlaps(tokens(ours), tokens(theirs)) for ours, theirs in zip(kind.split(":", 5), parts, strict=True)
    )


def _open_points(target: Target, answers: list[Answer | None]) -> tuple[int, bool]:
    """Return the sort key of a target: the number of open points of its actions, then its own."""
    return sum(one.open_points for one in answers if one), bool(target.unread)


def _removal(action: str, arn: str, grant: Grant, source: str, what: str) -> Escalation:
    severity = Severity.HIGH if grant.depends_on else Severity.CRITICAL
    return Escalation(
        name=f"{action} {what}".strip(),
        actions=[action],
        severity=severity,
        source=source,
        granted_by=[grant.policy],
        deny_actions=[action],
        deny_on=["*"],
        depends_on=list(grant.depends_on),
        targets=[arn],
        deciding=[GrantingStatement(grant.policy, grant.statement, action)],
    )


def requires_mfa(allow: Statement) -> bool:
    """Say whether a statement of a trust policy holds only for callers with MFA.

    ``aws:MultiFactorAuthAge`` is absent from a request without MFA, and an absent key satisfies ``IfExists``
    and ``ForAllValues``.
    """
    on_presence, on_age = (
        [one for one in allow.conditions_on(key) if not one.if_exists and one.qualifier != "ForAllValues"]
        for key in ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge")
    )
    return any(one.operator == "Bool" and _only(one, "true") for one in on_presence) or any(
        one.operator in ("NumericLessThan", "NumericLessThanEquals")
        or (one.operator == "Null" and _only(one, "false"))
        for one in on_age
    )


def _only(condition: Condition, value: str) -> bool:
    return [text.lower() for text in condition.values] == [value]


def requires_external_id(allow: Statement) -> bool:
    """Say whether a statement of a trust policy holds only for callers that give a fixed external ID.

    ``StringLike`` without wildcards and variables compares as ``StringEquals`` does.
    """
    if allow.everyone:
        return False
    return any(
        _has_fixed_values(condition, variables=allow.variables)
        and not condition.if_exists
        and condition.qualifier != "ForAllValues"
        for condition in allow.conditions_on("sts:ExternalId")
    )


def _has_fixed_values(condition: Condition, *, variables: bool) -> bool:
    if condition.operator == "StringLike":
        parts = (part for value in condition.values for part in tokens(value, variables=variables))
        return not any(isinstance(part, Wild) for part in parts)
    return condition.operator in EXACT
