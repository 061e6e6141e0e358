"""The graph of who can become an administrator, from identities that need no AWS."""

from __future__ import annotations

import json
from typing import Any

from cloud_audit_tui.iam.graph import PrivilegeGraph
from cloud_audit_tui.iam.identities import AccountIdentities, add_identity, managed_policies
from each_row import each_row
from iam_account import (
    ACCOUNT,
    ADMINISTRATOR,
    ADMINISTRATOR_POLICY,
    allow,
    arn,
    deny,
    policy,
    role,
    trust,
    user,
)

ADMIN = role("admin", attached=(ADMINISTRATOR,), trusts=(trust({"AWS": arn("role/middle")}),))
MIDDLE = role("middle", trusts=(trust({"AWS": arn("user/alice")}),))


def graph(*items: dict[str, Any]) -> PrivilegeGraph:
    account = AccountIdentities(managed=managed_policies([ADMINISTRATOR_POLICY, *items]))
    for item in items:
        add_identity(account, item)
    return PrivilegeGraph(account, partition="aws", account_id=ACCOUNT)


def holder_named(of: PrivilegeGraph, name: str) -> Any:
    return next(holder for holder in of.holders if holder.identity.name == name)


def test_the_shortest_chain_of_roles_leads_to_an_administrator() -> None:
    account = graph(ADMIN, MIDDLE, user("alice"), user("bob"))
    assert [holder.identity.name for holder in account.administrators] == ["admin"]
    assert [role.identity.name for role in account.chain(holder_named(account, "alice"))] == [
        "middle",
        "admin",
    ]
    assert account.chain(holder_named(account, "bob")) == []


def test_only_a_condition_that_fails_without_mfa_closes_a_role() -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"ForAllValues:Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, False),
        ({"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "3600"}}, False),
        ({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, True),
    ]
    with each_row() as row:
        for condition, is_open in rows:
            with row(condition):
                trusted = trust({"AWS": arn("user/alice")}, Condition=condition)
                account = graph(role("admin", attached=(ADMINISTRATOR,), trusts=(trusted,)), user("alice"))
                assert bool(account.chain(holder_named(account, "alice"))) is is_open


def test_a_published_method_needs_its_actions_and_what_they_reach() -> None:
    account = graph(
        user("writer", allow("iam:PutUserPolicy")),
        user("denied", allow("iam:PutUserPolicy"), deny("iam:PutUserPolicy")),
        user("elsewhere", allow("iam:PutUserPolicy", arn("user/somebody"))),
    )
    assert {
        holder.identity.name: [method.name for method in account.methods(holder)]
        for holder in account.holders
    } == {"writer": ["iam:PutUserPolicy"], "denied": [], "elsewhere": []}


ADMINISTRATION = ("AdministratorAccess", "IAMFullAccess")


def test_a_policy_is_attached_where_one_that_administers_is_allowed_and_not_denied() -> None:
    rows: list[tuple[str, tuple[str, ...], bool]] = [
        ("*", ADMINISTRATION[:1], True),
        ("*", ADMINISTRATION[1:], True),
        ("*", ADMINISTRATION, False),
        ("AdministratorAccess", ADMINISTRATION[:1], False),
        ("AdministratorAccess", ADMINISTRATION[1:], True),
    ]
    with each_row() as row:
        for allowed, denied, is_open in rows:
            with row((allowed, denied)):
                own = arn("user/writer")
                allowing = {"ArnLike": {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{allowed}"}}
                denying = {
                    "ArnEquals": {"iam:PolicyARN": [f"arn:aws:iam::aws:policy/{name}" for name in denied]}
                }
                account = graph(
                    user(
                        "writer",
                        allow("iam:AttachUserPolicy", own, Condition=allowing),
                        deny("iam:AttachUserPolicy", "*", Condition=denying),
                    )
                )
                names = [method.name for method in account.methods(holder_named(account, "writer"))]
                assert ("iam:AttachUserPolicy" in names) is is_open


def test_a_condition_on_the_attached_policy_allows_no_other_write() -> None:
    condition = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}
    account = graph(user("writer", allow("iam:*", Condition=condition)))
    names = {method.name for method in account.methods(holder_named(account, "writer"))}
    assert "iam:AttachUserPolicy" in names
    assert "iam:PutUserPolicy" not in names


def test_a_deny_of_the_trust_policy_is_for_the_caller_or_not() -> None:
    own_account, alice = {"AWS": ACCOUNT}, {"AWS": arn("user/alice")}
    rows: list[tuple[dict[str, Any], str, bool]] = [
        ({"Principal": alice}, "", False),
        ({"Principal": own_account}, "", False),
        ({"Principal": {"AWS": arn("root")}}, "", False),
        ({"Principal": {"AWS": arn("user/bob")}}, "", True),
        ({"Principal": {"AWS": "444455556666"}}, "", True),
        ({"NotPrincipal": {"AWS": arn("user/bob")}}, "", False),
        ({"NotPrincipal": {"AWS": [arn("user/alice"), arn("root")]}}, "", True),
        ({"NotPrincipal": {"AWS": [arn("user/alice"), arn("root")]}}, ADMINISTRATOR, False),
    ]
    with each_row() as row:
        for principal, boundary, is_open in rows:
            with row((principal, boundary)):
                denial = {"Effect": "Deny", "Action": "sts:AssumeRole", **principal}
                admin = role("admin", attached=(ADMINISTRATOR,), trusts=(trust(alice), denial))
                account = graph(admin, user("alice", boundary=boundary))
                assert bool(account.chain(holder_named(account, "alice"))) is is_open


def test_a_boundary_limits_what_a_trust_policy_grants() -> None:
    reading, denying = arn("policy/reading"), arn("policy/denying")
    boundaries = (
        policy(reading, allow("s3:Get*")),
        policy(denying, allow("*"), deny("sts:AssumeRole")),
    )
    rows: list[tuple[str, str, bool]] = [
        ("user", reading, True),
        ("user", denying, False),
        ("role", reading, False),
        ("role", denying, False),
        ("role", ADMINISTRATOR, True),
    ]
    with each_row() as row:
        for kind, boundary, is_open in rows:
            with row((kind, boundary)):
                trusted = trust({"AWS": arn(f"{kind}/caller")})
                caller = (user if kind == "user" else role)("caller", boundary=boundary)
                admin = role("admin", attached=(ADMINISTRATOR,), trusts=(trusted,))
                account = graph(*boundaries, admin, caller)
                assert bool(account.chain(holder_named(account, "caller"))) is is_open


def test_a_variable_of_a_resource_has_the_callers_value() -> None:
    rows: list[tuple[str, bool]] = [
        (arn("user/${aws:username}"), True),
        (arn("user/${AWS:UserName}"), True),
        (arn("user/${aws:username, 'nobody'}"), True),
        ("arn:aws:iam::${aws:PrincipalAccount}:user/*", True),
        (arn("user/${aws:PrincipalTag/name}"), False),
    ]
    with each_row() as row:
        for resource, is_open in rows:
            with row(resource):
                account = graph(user("alice", allow("iam:PutUserPolicy", resource)))
                assert bool([*account.methods(holder_named(account, "alice"))]) is is_open


def test_a_policy_of_the_first_version_has_no_variables() -> None:
    text = json.dumps(
        {"Version": "2008-10-17", "Statement": [allow("iam:PutUserPolicy", arn("user/${aws:username}"))]}
    )
    old = arn("policy/old")
    account = graph(policy(old, text=text), user("alice", attached=(old,)))
    assert [*account.methods(holder_named(account, "alice"))] == []


def test_a_role_that_trusts_a_service_in_one_region_can_be_passed_to_it() -> None:
    trusted = trust({"Service": "states.eu-west-1.amazonaws.com"})
    account = graph(
        role("admin", attached=(ADMINISTRATOR,), trusts=(trusted,)),
        user("alice", allow(["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"])),
    )
    assert "iam:PassRole + states:CreateStateMachine + states:StartExecution" in {
        method.name for method in account.methods(holder_named(account, "alice"))
    }


def test_a_policy_that_cannot_be_read_is_named() -> None:
    broken_arn = arn("policy/broken")
    account = graph(policy(broken_arn, text="{"), user("alice", attached=(broken_arn,)))
    [error] = holder_named(account, "alice").unreadable
    assert str(error).startswith('The document of policy "broken" cannot be understood')
