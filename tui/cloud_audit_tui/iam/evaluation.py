"""What identities may do: their policies, limited by the permissions boundary.

Service control policies cannot be read from an account and may forbid more.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_audit_tui.iam.identities import NOT_GIVEN
from cloud_audit_tui.iam.policy import PolicyError, covers_all_of, parse
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cloud_audit_tui.iam.identities import AccountIdentities, AppliedPolicy, Identity
    from cloud_audit_tui.iam.policy import Policy, Statement

ASSUME_ROLE = "sts:AssumeRole"
USER_NAME = "${aws:username}"

UNUSED_NAME = "cloud-audit-tui-any-name-7f3a9c"
"""A name that no pattern names: a pattern that covers it covers every resource of its kind."""

ADMINISTERING = ("iam:AttachRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")
"""An identity that may do these on every resource can give itself the rest."""


class PolicyStatements:
    """The statements of a policy, looked up by action once for every identity that has the policy."""

    def __init__(self, label: str, document: Policy) -> None:
        self.label = label
        self.document = document
        self._about: dict[str, tuple[Statement, ...]] = {}

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that cover an action."""
        if action not in self._about:
            self._about[action] = tuple(
                statement for statement in self.document.statements if statement.covers_action(action)
            )
        return self._about[action]

    def of(self, user_name: str) -> PolicyStatements:
        """Return the policy as it applies to a user: ``${aws:username}`` has its value."""
        if not any(
            USER_NAME in pattern
            for statement in self.document.statements
            for pattern in (*statement.resources, *statement.not_resources)
        ):
            return self

        def filled(patterns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(one.replace(USER_NAME, user_name) for one in patterns)

        statements = tuple(
            replace(one, resources=filled(one.resources), not_resources=filled(one.not_resources))
            for one in self.document.statements
        )
        return PolicyStatements(self.label, replace(self.document, statements=statements))


class PolicyIndex:
    """The policies of an account; each managed policy is parsed once."""

    def __init__(self) -> None:
        self._managed: dict[str, PolicyStatements | PolicyError] = {}

    def statements(self, policy: AppliedPolicy) -> PolicyStatements:
        """Return the statements of a policy; raises `PolicyError` when it cannot be read."""
        if not policy.arn:
            return self._parsed(policy)
        if policy.arn not in self._managed:
            try:
                self._managed[policy.arn] = self._parsed(policy)
            except PolicyError as error:
                self._managed[policy.arn] = error
        outcome = self._managed[policy.arn]
        if isinstance(outcome, PolicyError):
            raise outcome
        return outcome

    @staticmethod
    def _parsed(policy: AppliedPolicy) -> PolicyStatements:
        name = quoted(policy.name)
        if policy.document is NOT_GIVEN:
            raise PolicyError(f'AWS did not give the document of policy "{name}".')
        document = parsed(policy.document, f'document of policy "{name}"')
        return PolicyStatements(policy.arn or policy.name, document)


class EffectivePermissions:
    """What a user or role may do by its own policies and those of its groups.

    ``unreadable`` are the errors of policies that are missing or cannot be understood.
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
        self._any_role = f"arn:{partition}:iam::{account_id}:role/{UNUSED_NAME}"
        self.granting = [statements for one in self.policies if (statements := self._statements(index, one))]
        self.boundary = self._statements(index, identity.boundary) if identity.boundary else None
        self.trust: Policy | None = None
        if identity.kind == "role":
            try:
                self.trust = parsed(identity.trust or "", f'trust policy of role "{quoted(identity.name)}"')
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

    @cached_property
    def services(self) -> frozenset[str]:
        """The services that may take the role, without what the partition adds to their names."""
        allowing = self.trust.allowing if self.trust is not None else ()
        return frozenset(
            service_of(name)
            for statement in allowing
            if statement.covers_action(ASSUME_ROLE)
            for name in statement.names("Service")
        )

    def mentions(self, action: str) -> bool:
        """Say whether any policy allows an action on any resource."""
        return any(statement.allows for granting in self.granting for statement in granting.about(action))

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
            for statement in granting.about(action):
                if not statement.allows:
                    continue
                for arn in statement.resources or ("*",):
                    if not self.denied(action, arn) and (
                        self.boundary is None or _lets_through(self.boundary, action, arn, lambda _: True)
                    ):
                        return granting.label
        return None

    def denied(self, action: str, arn: str) -> bool:
        """Whether a Deny without a condition takes an action on a resource, or all of a pattern, away."""
        return any(_denies(granting, action, arn) for granting in self.granting)

    def without_boundary(self) -> EffectivePermissions:
        """Return the same identity as it would be without its boundary."""
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
        return statements.of(self.identity.name) if self.identity.kind == "user" else statements


def grants_everything(document: Policy, partition: str, *, literally: bool = False) -> list[Statement]:
    """Return the statements of a policy that grant every action on every resource.

    ``literally`` leaves out those that except something with NotAction or NotResource.
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


def parsed(document: str | Mapping[str, Any], of: str) -> Policy:
    """Return a policy as `parse` does; the `PolicyError` says in ``of`` what the document is."""
    try:
        return parse(document)
    except PolicyError as error:
        raise PolicyError(f"The {of} cannot be understood: {error}.") from error


def service_of(name: str) -> str:
    """Return a service principal without what the partition adds to its name."""
    return name.removesuffix(".cn").removesuffix(".amazonaws.com")


def _allows(granting: PolicyStatements, action: str, arn: str, fits: Callable[[Statement], bool]) -> bool:
    pattern = "*" in arn
    return any(
        statement.allows
        and (statement.could_cover(arn) if pattern else statement.covers_resource(arn))
        and fits(statement)
        for statement in granting.about(action)
    )


def _denies(granting: PolicyStatements, action: str, arn: str) -> bool:
    return any(
        statement.denies and not statement.conditions and statement.covers_resource(arn)
        for statement in granting.about(action)
    )


def _lets_through(
    boundary: PolicyStatements, action: str, arn: str, fits: Callable[[Statement], bool]
) -> bool:
    """Whether a boundary lets an action on a resource through."""
    return not _denies(boundary, action, arn) and any(
        statement.allows and statement.could_cover(arn) and fits(statement)
        for statement in boundary.about(action)
    )
