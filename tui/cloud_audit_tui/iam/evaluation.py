"""Effective permissions of identities: their policies, limited by the permissions boundary.

Service control policies cannot be read from an account and may forbid more.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from cloud_audit_tui.iam.identities import NOT_GIVEN
from cloud_audit_tui.iam.policy import PolicyError, covers_all_of, parse
from cloud_audit_tui.iam.request_context import RequestContext
from cloud_audit_tui.iam.service_sources import general_principal
from cloud_audit_tui.iam.wildcards import overlaps, tokens
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cloud_audit_tui.iam.identities import AccountIdentities, AppliedPolicy, Identity
    from cloud_audit_tui.iam.policy import Policy, Statement

ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
PASSING = "iam:PassRole"
IAM_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-us-gov": "us-gov-west-1",
}
"""The region of IAM's only endpoint by partition, as botocore's endpoints name it."""

UNUSED_NAME = "cloud-audit-tui-any-name-7f3a9c"
"""A name that no policy names: a pattern that covers it covers every resource of its kind."""

ADMINISTERING = ("iam:AttachRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")
"""An identity that may do these on every resource can give itself the rest."""

_VARIABLE = re.compile(r"\$\{\s*(?P<key>[^},\s]+)\s*(?:,[^}]*)?\}")
"""A policy variable, which may have a default value:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>."""

_SERVICE_FIELD = 2
_RESOURCES_OF = {"ec2-instance-connect": ("ec2",), "ssm": ("ssm", "ec2", "ecs")}
"""The services in the ARNs of an action's resources where they are not its prefix.

Source: the Service Authorization Reference, for the actions of `iam.escalation_methods`.
"""


@dataclass(frozen=True)
class Grant:
    """A statement that allows an action, its policy's ARN or name, and the undecided condition keys."""

    policy: str
    statement: Statement
    depends_on: tuple[str, ...] = ()


class PolicyStatements:
    """The statements of a policy, indexed by action once for every identity that has the policy."""

    def __init__(self, label: str, document: Policy) -> None:
        self.label = label
        self.document = document
        self._by_action: dict[str, tuple[Statement, ...]] = {}

    def covering(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that cover an action."""
        if action not in self._by_action:
            self._by_action[action] = tuple(
                statement for statement in self.document.statements if statement.covers_action(action)
            )
        return self._by_action[action]

    def of(self, context: RequestContext) -> PolicyStatements:
        """Return the policy as it applies to an identity, with the values of its context for the variables.

        A variable is in a resource, and its name is not case-sensitive, as that of a condition key.
        """
        if not self._has_variables:
            return self

        def value(variable: re.Match[str]) -> str:
            values = context.values.get(variable["key"].lower(), ())
            return values[0] if len(values) == 1 else variable[0]

        def with_values(patterns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(_VARIABLE.sub(value, pattern) for pattern in patterns)

        statements = tuple(
            replace(one, resources=with_values(one.resources), not_resources=with_values(one.not_resources))
            if one.variables
            else one
            for one in self.document.statements
        )
        return PolicyStatements(self.label, replace(self.document, statements=statements))

    @cached_property
    def _has_variables(self) -> bool:
        return any(
            "${" in pattern
            for statement in self.document.statements
            for pattern in (*statement.resources, *statement.not_resources)
        )


class PolicyIndex:
    """The policies of an account; each managed policy is parsed once."""

    def __init__(self) -> None:
        self._managed: dict[str, PolicyStatements | PolicyError] = {}

    def statements(self, policy: AppliedPolicy) -> PolicyStatements:
        """Return the statements of a policy; raises `PolicyError` when it cannot be read."""
        if not policy.arn:
            return self._parse(policy)
        if policy.arn not in self._managed:
            try:
                self._managed[policy.arn] = self._parse(policy)
            except PolicyError as error:
                self._managed[policy.arn] = error
        outcome = self._managed[policy.arn]
        if isinstance(outcome, PolicyError):
            raise outcome
        return outcome

    @staticmethod
    def _parse(policy: AppliedPolicy) -> PolicyStatements:
        name = quoted(policy.name)
        if policy.document is NOT_GIVEN:
            raise PolicyError(f'AWS did not give the document of policy "{name}".')
        document = parse_named(policy.document, f'document of policy "{name}"')
        return PolicyStatements(policy.arn or policy.name, document)


class EffectivePermissions:
    """The permissions of a user or role by its own policies and those of its groups.

    ``unreadable`` are the errors of policies that are missing or invalid.
    """

    def __init__(
        self,
        identity: Identity,
        account: AccountIdentities,
        index: PolicyIndex,
        *,
        partition: str,
        account_id: str,
    ) -> None:
        self.identity = identity
        self.partition = partition
        self.groups = [account.groups[name] for name in identity.groups if name in account.groups]
        self.policies = [*identity.policies, *(one for group in self.groups for one in group.policies)]
        self.unreadable: list[PolicyError] = []
        self._account_id = account_id
        self._by_service: dict[str, tuple[str, ...] | None] = {}
        self._any_role = f"arn:{partition}:iam::{account_id}:role/{UNUSED_NAME}"
        self.applied = [
            (holder, one, statements)
            for holder in (identity, *self.groups)
            for one in holder.policies
            if (statements := self._statements(index, one))
        ]
        self.granting = [statements for _, _, statements in self.applied]
        self.boundary = self._statements(index, identity.boundary) if identity.boundary else None
        self.trust: Policy | None = None
        if identity.kind == "role":
            try:
                self.trust = parse_named(
                    identity.trust or "", f'trust policy of role "{quoted(identity.name)}"'
                )
            except PolicyError as error:
                self.unreadable.append(error)

    @cached_property
    def is_administrator(self) -> bool:
        """Whether the identity may do everything already."""
        if not any(
            grants_everything(policy.document, self.partition, literally=True) for policy in self.granting
        ):
            return False
        if self.boundary is not None and not grants_everything(self.boundary.document, self.partition):
            return False
        return all(self.allowed(action, self._any_role) for action in ADMINISTERING)

    @cached_property
    def trusting(self) -> list[Statement]:
        """The statements of the trust policy that let AWS principals assume the role."""
        allowing = self.trust.allowing if self.trust is not None else ()
        return [
            statement
            for statement in allowing
            if statement.covers_action(ASSUME_ROLE) and statement.names("AWS")
        ]

    def trusts_service(self, principal: str) -> tuple[str, ...] | None:
        """Return the undecided keys with which a service may assume the role, ``None`` if it may not.

        The service acts for the account, which thus is the value of aws:SourceAccount. Amazon Cognito is a
        federated principal:
        <https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html>.
        """
        service = service_of(principal)
        if service not in self._by_service:
            self._by_service[service] = self._trusts(service)
        return self._by_service[service]

    def _trusts(self, service: str) -> tuple[str, ...] | None:
        if self.trust is None:
            return None
        known = {"aws:sourceaccount": self._account_id, "aws:principalisawsservice": "true"}
        known["aws:securetransport"] = "true"
        context = RequestContext({key: (value,) for key, value in known.items()})

        def concerns(statement: Statement) -> bool:
            return any(
                statement.covers_action(action) and service in map(service_of, statement.names(kind))
                for action, kind in ((ASSUME_ROLE, "Service"), (WEB_IDENTITY, "Federated"))
            )

        denial: set[str] = set()
        for deny in self.trust.denying:
            if concerns(deny) or (deny.is_everyone and deny.covers_action(ASSUME_ROLE)):
                keys = context.denies(deny)
                if keys == ():
                    return None
                denial.update(keys or ())
        answers = [
            keys
            for allow in self.trust.allowing
            if concerns(allow) and (keys := context.allows(allow)) is not None
        ]
        fewest = min(answers, key=len, default=None)
        return None if fewest is None else tuple(sorted(denial.union(fewest)))

    def mentions(self, action: str) -> bool:
        """Say whether any policy allows an action on any resource."""
        return any(statement.allows for granting in self.granting for statement in granting.covering(action))

    def allowed(self, action: str, arn: str, request: RequestContext | None = None) -> Grant | None:
        """Return the grant of an action on a resource, or on a part of a pattern, else ``None``.

        ``request`` is the known context of the request, by default `context`. A grant without undecided keys
        is preferred.
        """
        context = self._of_action(action, request or self.context)
        denial = self.denied(action, arn, context)
        if denial is True:
            return None
        undecided = set(denial)
        if self.boundary is not None:
            through = _lets_through(self.boundary, action, arn, context)
            if through is None:
                return None
            undecided.update(through)
        grants = [
            Grant(granting.label, answer[1], tuple(sorted(undecided.union(answer[0]))))
            for granting in self.granting
            if (answer := _allows(granting, action, arn, context)) is not None
        ]
        return min(grants, key=lambda grant: len(grant.depends_on), default=None)

    def allowed_somewhere(self, action: str, request: RequestContext | None = None) -> Grant | None:
        """Return a grant of an action on any resource, else ``None``."""
        grants = [
            grant
            for arn in self.resources_of(action)
            if (grant := self.allowed(action, arn, request)) is not None
        ]
        return min(grants, key=lambda grant: len(grant.depends_on), default=None)

    def resources_of(self, action: str) -> list[str]:
        """Return the distinct resources and patterns on which its policies allow an action.

        Those of other services are not among them: ``*`` on a bucket starts no machine.
        """
        patterns = [
            arn
            for granting in self.granting
            for statement in granting.covering(action)
            if statement.allows
            for arn in (statement.resources or ("*",))
            if _of_service(arn, action)
        ]
        return list(dict.fromkeys(patterns))

    def denied(
        self, action: str, arn: str, request: RequestContext | None = None
    ) -> Literal[True] | tuple[str, ...]:
        """Return whether a Deny forbids an action on a resource, or on all of a pattern.

        Otherwise return the undecided keys of the Deny statements that may forbid it, empty without such a
        Deny.
        """
        context = self._of_action(action, request or self.context)
        undecided: set[str] = set()
        for granting in self.granting:
            keys = _denied_by(granting, action, arn, context)
            if keys is True:
                return True
            undecided.update(keys)
        return tuple(sorted(undecided))

    def _of_action(self, action: str, context: RequestContext) -> RequestContext:
        """Return the context with the region of a request to IAM, which only one region of a partition takes.

        ``iam:PassRole`` is part of a request to another service:
        <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
        (aws:RequestedRegion).
        """
        region = IAM_REGIONS.get(self.partition)
        if region is None or not action.startswith("iam:") or action == PASSING:
            return context
        return context.with_keys(aws__RequestedRegion=[region])

    def lets_through(self, action: str, arn: str) -> tuple[str, ...] | None:
        """Return the undecided keys with which the boundary permits what a resource policy grants.

        ``None`` where it does not. A boundary limits such a grant to a role by all that it does not allow,
        and one to a user by its Deny statements alone:
        <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.
        """
        if self.boundary is None:
            return ()
        if self.identity.kind == "role":
            return _lets_through(self.boundary, action, arn, self.context)
        keys = _denied_by(self.boundary, action, arn, self.context)
        return None if keys is True else keys

    @cached_property
    def context(self) -> RequestContext:
        """The known context of every request of the identity."""
        identity = self.identity
        values = {
            "aws:principalarn": (identity.arn,),
            "aws:principalaccount": (self._account_id,),
            "aws:principaltype": ("User" if identity.kind == "user" else "AssumedRole",),
            "aws:principalisawsservice": ("false",),
            "aws:securetransport": ("true",),
            "aws:viaawsservice": ("false",),
        }
        absent = {"iam:permissionsboundary", "aws:calledvia"}
        if identity.kind == "user":
            values["aws:username"] = (identity.name,)
        else:
            absent.add("aws:username")
        return RequestContext(values, frozenset(absent))

    def without(self, policy: AppliedPolicy) -> EffectivePermissions:
        """Return the permissions of the identity without one of its policies."""
        other = copy.copy(self)
        other.__dict__.pop("is_administrator", None)
        remaining = [entry for entry in self.applied if entry[1] is not policy]
        other.applied, other.granting = remaining, [statements for _, _, statements in remaining]
        return other

    def without_boundary(self) -> EffectivePermissions:
        """Return the permissions of the identity without its boundary."""
        other = copy.copy(self)
        other.__dict__.pop("is_administrator", None)
        other.boundary = None
        return other

    def _statements(self, index: PolicyIndex, policy: AppliedPolicy) -> PolicyStatements | None:
        try:
            statements = index.statements(policy)
        except PolicyError as error:
            self.unreadable.append(error)
            return None
        return statements.of(self.context)


def grants_everything(document: Policy, partition: str, *, literally: bool = False) -> list[Statement]:
    """Return the statements of a policy that grant every action on every resource.

    ``literally`` excludes those with NotAction or NotResource.
    """
    denies = [deny for deny in document.denying if not deny.conditions]
    return [
        allow
        for allow in document.allowing
        if _every_action(allow)
        and _every_resource(allow, partition)
        and not (literally and (allow.not_actions or allow.not_resources))
        and not covers_all_of(denies, allow)
    ]


def _every_action(allow: Statement) -> bool:
    if allow.not_actions:
        return all(allow.covers_action(action) for action in ADMINISTERING)
    return allow.covers_action("*:*")


def _every_resource(allow: Statement, partition: str) -> bool:
    if allow.not_resources:
        return allow.covers_resource(f"arn:{partition}:iam::*:*")
    return allow.covers_resource("*") or allow.covers_resource(f"arn:{partition}:*:*:*:*")


def parse_named(document: str | Mapping[str, Any], of: str) -> Policy:
    """Return a policy as `parse` does; the message of a `PolicyError` names the document by ``of``."""
    try:
        return parse(document)
    except PolicyError as error:
        raise PolicyError(f"The {of} cannot be understood: {error}.") from error


def _of_service(arn: str, action: str) -> bool:
    """Whether a pattern of ARNs can match a resource of an action's service."""
    fields = arn.split(":", 3)
    prefix = action.partition(":")[0]
    if len(fields) <= _SERVICE_FIELD:
        return True
    return any(
        overlaps(tokens(fields[_SERVICE_FIELD]), tokens(one)) for one in _RESOURCES_OF.get(prefix, (prefix,))
    )


def service_of(name: str) -> str:
    """Return the service's name in a service principal, without its region and domain."""
    return general_principal(name).removesuffix(".amazonaws.com")


def _allows(
    granting: PolicyStatements, action: str, arn: str, context: RequestContext
) -> tuple[tuple[str, ...], Statement] | None:
    """Return the fewest undecided keys with which a policy allows an action, and the statement."""
    pattern = "*" in arn
    answers = [
        (keys, statement)
        for statement in granting.covering(action)
        if statement.allows
        and (statement.could_cover(arn) if pattern else statement.covers_resource(arn))
        and (keys := context.allows(statement)) is not None
    ]
    return min(answers, key=lambda answer: len(answer[0]), default=None)


def _denied_by(
    granting: PolicyStatements, action: str, arn: str, context: RequestContext
) -> Literal[True] | tuple[str, ...]:
    undecided: set[str] = set()
    for statement in granting.covering(action):
        if not statement.denies or not statement.covers_resource(arn):
            continue
        keys = context.denies(statement)
        if keys == ():
            return True
        undecided.update(keys or ())
    return tuple(undecided)


def _lets_through(
    boundary: PolicyStatements, action: str, arn: str, context: RequestContext
) -> tuple[str, ...] | None:
    """Return the undecided keys with which a boundary allows an action, ``None`` where it does not."""
    denial = _denied_by(boundary, action, arn, context)
    if denial is True:
        return None
    answers = [
        keys
        for statement in boundary.covering(action)
        if statement.allows and statement.could_cover(arn) and (keys := context.allows(statement)) is not None
    ]
    fewest = min(answers, key=len, default=None)
    return None if fewest is None else (*denial, *fewest)
