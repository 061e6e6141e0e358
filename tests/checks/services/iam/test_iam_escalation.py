from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.iam.escalation_methods import METHODS, Reach
from cloud_audit_tui.model import Finding, Severity, Status
from iam_account import (
    ACCOUNT,
    ADMINISTRATOR,
    ADMINISTRATOR_POLICY,
    allow,
    arn,
    deny,
    details,
    group,
    policy,
    role,
    trust,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ESCALATION = "aws-iam-018"
OWN = "arn:aws:iam::*:user/${aws:username}"
MFA: dict[str, Any] = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
NO_MFA: dict[str, Any] = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
EVERYTHING = arn("policy/everything")
S3_ONLY = arn("policy/s3-only")
MINE = arn("policy/mine")
COMPUTE = ["lambda:CreateFunction", "lambda:InvokeFunction"]
PASS = "iam:PassRole"


def passed_to(service: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"iam:PassedToService": service}}}


def attaching(operator: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {"iam:PolicyARN": value}}}


ACCOUNT_ROOT = {"AWS": arn("root")}
POLICIES = [
    ADMINISTRATOR_POLICY,
    policy(EVERYTHING, allow("*")),
    policy(S3_ONLY, allow("s3:*")),
    policy(MINE, allow("s3:GetObject")),
    role("admin", attached=(ADMINISTRATOR,), trusts=(trust({"Service": "lambda.amazonaws.com"}),)),
    user("boss", attached=(ADMINISTRATOR,)),
    group("admins", attached=(ADMINISTRATOR,)),
]


async def judged(aws: Any, judge: Judge, *items: dict[str, Any]) -> dict[str, Finding]:
    aws.answer("iam", "GetAccountAuthorizationDetails", details(*POLICIES, *items))
    return {found.resource_name: found for found in await judge(ESCALATION)}


ESCALATING: dict[str, tuple[dict[str, Any], ...]] = {
    "a-conditional-deny": (allow("iam:AttachUserPolicy"), deny("*", **NO_MFA)),
    "a-deny-of-something-else": (allow("iam:PutUserPolicy"), deny("iam:*", arn("role/x"))),
    "notaction": ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},),
    "notresource": ({"Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:s3:::x"},),
    "own-user": (allow("iam:AttachUserPolicy", OWN),),
    "wildcards-in-the-action": (allow("IAM:create*version"),),
    "a-named-administrator": (allow("iam:CreateAccessKey", arn("user/boss")),),
    "a-group-of-administrators": (allow("iam:AddUserToGroup", arn("group/admins")),),
    "an-administrator-role": (allow("iam:UpdateAssumeRolePolicy", arn("role/admin")),),
    "pass-any-role": (allow([PASS, *COMPUTE]),),
    "pass-the-administrator-role": (allow(PASS, arn("role/admin")), allow(COMPUTE)),
    "pass-to-lambda": (allow(PASS, **passed_to("lambda.amazonaws.com")), allow(COMPUTE)),
    "functions-of-one-prefix": (allow(PASS), allow(COMPUTE, f"arn:aws:lambda:*:{ACCOUNT}:function:dev-*")),
    "code-of-any-function": (allow("lambda:UpdateFunctionCode"),),
    "attach-administration": (
        allow("iam:AttachUserPolicy", **attaching("ArnEquals", "arn:aws:iam::aws:policy/Admin*")),
    ),
    "spread-over-two-statements": (allow(PASS), allow("lambda:CreateFunction"), allow("lambda:Invoke*")),
}
HARMLESS: dict[str, tuple[dict[str, Any], ...]] = {
    "read-only": (allow(["iam:Get*", "iam:List*", "s3:*"]),),
    "denied": (allow("iam:AttachUserPolicy"), deny("iam:*")),
    "denied-by-notaction": (allow("iam:*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
    "own-keys": (allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], OWN),),
    "a-public-parameter": (allow("ssm:GetParameter", "arn:aws:ssm:*::parameter/aws/service/x"),),
    "somebody-harmless": (allow("iam:CreateAccessKey", arn("user/read-only")),),
    "a-role-that-is-nobody": (allow(PASS, arn("role/plain")), allow(COMPUTE)),
    "pass-to-another-service": (allow(PASS, **passed_to("ec2.amazonaws.com")), allow(COMPUTE)),
    "one-function": (allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:*:{ACCOUNT}:function:app"),),
    "half-a-method": (allow(COMPUTE),),
    "attach-one-policy": (allow("iam:AttachUserPolicy", **attaching("ArnEquals", S3_ONLY)),),
    "under-a-boundary": (
        allow("iam:PutUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": S3_ONLY}}),
    ),
    "a-policy-of-others": (allow("iam:CreatePolicyVersion", S3_ONLY),),
}


async def test_what_reaches_something_escalates_and_the_rest_does_not(aws: Any, judge: Judge) -> None:
    users = [user(name, *statements) for name, statements in {**ESCALATING, **HARMLESS}.items()]
    found = await judged(
        aws, judge, *users, role("plain", trusts=(trust({"Service": "lambda.amazonaws.com"}),))
    )
    assert {name for name in ESCALATING if found[name].status is not Status.FAIL} == set()
    assert {name: found[name].reason for name in HARMLESS if found[name].status is not Status.PASS} == {}
    assert found["pass-any-role"].severity is Severity.CRITICAL
    assert found["code-of-any-function"].severity is Severity.HIGH
    [method] = found["own-user"].evidence["methods"]
    assert method["granted_by"] == ["inline"]
    assert method["source"].startswith("https://")
    assert found["own-user"].evidence["deny_statements"][0]["Action"] == ["iam:AttachUserPolicy"]


async def test_ones_own_policy_can_be_rewritten_by_its_arn(aws: Any, judge: Judge) -> None:
    statement = allow("iam:CreatePolicyVersion", MINE)
    found = await judged(aws, judge, user("holder", statement, attached=(MINE,)), user("other", statement))
    assert found["holder"].status is Status.FAIL
    assert found["other"].status is Status.PASS


async def test_groups_grant_and_deny(aws: Any, judge: Judge) -> None:
    found = await judged(
        aws,
        judge,
        group("makers", allow("iam:PutUserPolicy")),
        group("fenced", deny("iam:*")),
        user("maker", groups=("makers",)),
        user("fenced-maker", groups=("makers", "fenced")),
    )
    assert found["maker"].status is Status.FAIL
    assert found["fenced-maker"].status is Status.PASS


async def test_a_boundary_limits_unless_it_can_be_taken_away(aws: Any, judge: Judge) -> None:
    leaky = policy(arn("policy/leaky"), allow(["s3:*", "iam:DeleteUserPermissionsBoundary"]))
    found = await judged(
        aws,
        judge,
        leaky,
        user("bounded", allow("*"), boundary=S3_ONLY),
        user("wide", allow("iam:PutUserPolicy"), boundary=EVERYTHING),
        user("leaky", allow("*"), boundary=arn("policy/leaky")),
        role("bounded-role", allow("iam:*"), boundary=S3_ONLY),
    )
    assert {name: found[name].status.value for name in ("bounded", "wide", "leaky", "bounded-role")} == {
        "bounded": "pass",
        "wide": "fail",
        "leaky": "fail",
        "bounded-role": "pass",
    }
    assert found["leaky"].evidence["methods"][0]["name"] == "iam:DeleteUserPermissionsBoundary"


async def test_full_administrators_have_nothing_to_gain(aws: Any, judge: Judge) -> None:
    found = await judged(aws, judge, user("sandboxed", allow("*"), deny("iam:*")))
    assert found["boss"].status is Status.PASS
    assert "aws-iam-005" in found["boss"].reason
    assert found["sandboxed"].status is Status.FAIL, "code of others still leads to their roles"


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:*", "*"])
async def test_roles_lead_to_the_administrator_in_four_steps_at_most(
    aws: Any, judge: Judge, action: str
) -> None:
    def step(name: str, caller: str) -> dict[str, Any]:
        return role(name, trusts=(trust({"AWS": arn(caller)}, action),))

    found = await judged(
        aws,
        judge,
        role("top", attached=(ADMINISTRATOR,), trusts=(trust({"AWS": arn("role/three")}, action),)),
        step("three", "role/two"),
        step("two", "role/one"),
        step("one", "user/near"),
        user("near"),
        role("zero", trusts=(trust({"AWS": arn("user/far")}, action),)),
        user("far"),
    )
    assert found["near"].status is Status.FAIL
    assert found["near"].severity is Severity.HIGH
    assert found["near"].evidence["chain"] == [arn(f"role/{name}") for name in ("one", "two", "three", "top")]
    assert found["near"].evidence["deny_statements"] == [
        {
            "Sid": "DenyAdministratorRoles",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": [arn("role/one")],
        }
    ]
    assert found["far"].status is Status.PASS


async def test_the_trust_of_the_whole_account_needs_a_permission(aws: Any, judge: Judge) -> None:
    assume = allow("sts:AssumeRole", arn("role/deploy"))
    found = await judged(
        aws,
        judge,
        role("deploy", attached=(ADMINISTRATOR,), trusts=(trust(ACCOUNT_ROOT),)),
        role("guarded", attached=(ADMINISTRATOR,), trusts=(trust(ACCOUNT_ROOT, **MFA),)),
        user("may", assume),
        user("may-not"),
        user("forbidden", assume, deny("sts:AssumeRole", arn("role/deploy"))),
        user("with-mfa-only", allow("sts:AssumeRole", arn("role/guarded"))),
    )
    names = ("may", "may-not", "forbidden", "with-mfa-only")
    assert [found[name].status.value for name in names] == ["fail", "pass", "pass", "pass"]


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        (trust("*"), Status.FAIL),
        (trust({"AWS": "*"}), Status.FAIL),
        (trust({"AWS": "arn:aws:iam::999988887777:root"}), Status.FAIL),
        (trust({"AWS": "999988887777"}, "sts:*"), Status.FAIL),
        (
            trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
            Status.PASS,
        ),
        (
            trust(
                {"AWS": "arn:aws:iam::999988887777:root"},
                Condition={"StringEquals": {"sts:ExternalId": "made-for-us"}},
            ),
            Status.PASS,
        ),
        (trust({"AWS": "arn:aws:iam::999988887777:root"}, **MFA), Status.PASS),
        (trust({"AWS": "arn:aws:iam::999988887777:role/deployer"}), Status.PASS),
        (trust(ACCOUNT_ROOT), Status.PASS),
    ],
)
async def test_a_trust_policy_for_strangers_fails(
    aws: Any, judge: Judge, statement: dict[str, Any], status: Status
) -> None:
    found = await judged(aws, judge, role("open", trusts=(statement,)))
    assert found["open"].status is status, found["open"].reason


async def test_an_open_trust_policy_is_repaired_with_a_condition(aws: Any, judge: Judge) -> None:
    found = await judged(aws, judge, role("open", trusts=(trust("*"),)))
    [statement] = found["open"].evidence["trust"]["Statement"]
    assert list(statement["Condition"]["StringEquals"]) == ["aws:PrincipalOrgID"]
    assert found["open"].evidence["trust_needs_organization"]


async def test_roles_of_awss_own_are_not_looked_at(aws: Any, judge: Judge) -> None:
    found = await judged(
        aws,
        judge,
        role("linked", allow("iam:*"), path="/aws-service-role/x.amazonaws.com/"),
        role("AWSReservedSSO_x", allow("iam:*"), path="/aws-reserved/sso.amazonaws.com/"),
    )
    assert {"linked", "AWSReservedSSO_x"} & set(found) == set()


async def test_a_policy_that_is_none_costs_only_those_who_have_it(aws: Any, judge: Judge) -> None:
    broken = policy(arn("policy/broken"), text="not json")
    found = await judged(
        aws,
        judge,
        broken,
        user("holder", attached=(arn("policy/broken"),)),
        user("missing", attached=(arn("policy/not-given"),)),
        user("fails-anyway", allow("iam:PutUserPolicy"), attached=(arn("policy/broken"),)),
        user("fine"),
    )
    names = ("holder", "missing", "fails-anyway", "fine")
    assert [found[name].status.value for name in names] == ["not_assessed", "not_assessed", "fail", "pass"]


async def test_a_denied_read_is_no_pass(aws: Any, judge: Judge) -> None:
    aws.denied("iam", "GetAccountAuthorizationDetails")
    [found] = await judge(ESCALATION)
    assert found.status is Status.NOT_ASSESSED


def test_the_methods_are_data_with_a_source_each() -> None:
    assert len({method.name for method in METHODS}) == len(METHODS)
    assert all(method.source.startswith("https://") for method in METHODS)
    for method in METHODS:
        assert (method.key_action == PASS) is bool(method.service)
        assert all(need.arn for need in method.needs if need.reach is Reach.EXISTING)
