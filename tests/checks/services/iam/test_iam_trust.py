from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud_audit_tui.checks.services.iam.trust import SUBJECT
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

OIDC = "aws-iam-007"
GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
EKS = "oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF"
PULUMI = "api.pulumi.com/oidc"
OWN = "login.example.com/tenant"
COGNITO = "cognito-identity.amazonaws.com"


def statement(issuer: str, **elements: Any) -> dict[str, Any]:
    principal = issuer if issuer in ("*", COGNITO) else f"arn:aws:iam::111122223333:oidc-provider/{issuer}"
    return {
        "Effect": "Allow",
        "Principal": {"Federated": principal},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **elements,
    }


def condition(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def role(name: str, *statements: dict[str, Any], path: str = "/") -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {
        "Path": path,
        "RoleName": name,
        "RoleId": "AROA0123456789ABCDEF",
        "Arn": f"arn:aws:iam::111122223333:role{path}{name}",
        "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": quote(json.dumps(document)),
    }


def account(aws: Any, *roles: dict[str, Any]) -> None:
    aws.answer("iam", "GetAccountAuthorizationDetails", {"RoleDetailList": list(roles), "IsTruncated": False})


SUB, AUD = f"{GITHUB}:sub", f"{GITHUB}:aud"


async def test_a_condition_has_to_name_someone(aws: Any, judge: Judge) -> None:
    rows: list[tuple[str, dict[str, Any], bool]] = [
        (GITHUB, condition("StringEquals", AUD, "sts.amazonaws.com"), False),
        (GITHUB, condition("StringLike", SUB, "*"), False),
        (GITHUB, condition("StringLike", SUB, "repo:*"), False),
        (GITHUB, condition("StringLike", SUB, "repo:my-*"), False),
        (GITHUB, condition("StringLike", SUB, ["repo:my-org/*", "repo:*/app:*"]), False),
        (GITHUB, condition("StringNotEquals", SUB, "repo:my-org/app:ref:refs/heads/main"), False),
        (GITHUB, condition("Null", SUB, "false"), False),
        (GITHUB, condition("StringEqualsIfExists", SUB, "repo:my-org/app:ref:refs/heads/main"), False),
        (GITHUB, condition("ForAllValues:StringLike", SUB, "repo:my-org/app:*"), False),
        (GITHUB, condition("StringLike", f"{GITLAB}:sub", "project_path:me/*"), False),
        (GITHUB, condition("StringEquals", SUB, "repo:my-org/app:ref:refs/heads/main"), True),
        (GITHUB, condition("StringLike", SUB, "repo:my-org/*"), True),
        (GITHUB, condition("stringlike", SUB.upper(), "repo:my-org/app:*"), True),
        (
            GITHUB,
            condition("StringEquals", f"{GITHUB}:job_workflow_ref", "my-org/a/.github/w.yml@main"),
            True,
        ),
        (GITHUB, condition("StringLike", f"{GITHUB}:repository", "my-org/*"), True),
        (GITHUB, condition("StringLike", f"{GITHUB}:job_workflow_ref", "my-org/*@main"), True),
        (GITHUB, condition("StringLike", f"{GITHUB}:repository", "my-*"), False),
        (GITHUB, condition("StringLike", f"{GITHUB}:job_workflow_ref", "my-*/a/*"), False),
        (GITHUB, condition("StringLike", f"{GITHUB}:repository_owner", "my-*"), False),
        (GITHUB, condition("StringLike", f"{GITHUB}:repository_owner", "my-org"), True),
        (GITHUB, condition("StringLike", f"{GITHUB}:repository_owner_id", "12*"), False),
        (GITLAB, condition("StringLike", f"{GITLAB}:sub", "project_path:my-group/*:ref:main"), True),
        (GITLAB, condition("StringLike", f"{GITLAB}:sub", "project_path:*:ref:main"), False),
        (PULUMI, condition("StringLike", f"{PULUMI}:sub", "pulumi:deploy:org:*"), False),
        (PULUMI, condition("StringLike", f"{PULUMI}:sub", "pulumi:deploy:*"), False),
        (PULUMI, condition("StringLike", f"{PULUMI}:sub", "pulumi:deploy:org:my-org:project:*"), True),
        (EKS, condition("StringEquals", f"{EKS}:aud", "sts.amazonaws.com"), False),
        (EKS, condition("StringLike", f"{EKS}:sub", "system:serviceaccount:*:*"), False),
        (EKS, condition("StringEquals", f"{EKS}:sub", "system:serviceaccount:web:api"), True),
        (OWN, {}, False),
        (OWN, condition("StringLike", f"{OWN}:sub", "team-*"), True),
        (COGNITO, {}, False),
        (COGNITO, condition("StringEquals", f"{COGNITO}:aud", "eu-central-1:pool"), True),
        (COGNITO, condition("StringLike", f"{COGNITO}:aud", "eu-central-1:*"), False),
        ("*", {}, False),
    ]
    with each_row() as row:
        for issuer, elements, passes in rows:
            with row((issuer, elements)):
                aws.restart()
                account(aws, role("r", statement(issuer, **elements)))
                [finding] = await judge(OIDC)
                assert finding.status is (Status.PASS if passes else Status.FAIL), finding.reason


async def test_strangers_are_worse_than_ones_own_cluster(aws: Any, judge: Judge) -> None:
    account(aws, role("hub", statement(GITHUB)), role("eks", statement(EKS)))
    findings = {finding.resource_name: finding for finding in await judge(OIDC)}
    assert findings["hub"].severity is Severity.CRITICAL
    assert findings["eks"].severity is Severity.HIGH
    assert "every service account of its EKS cluster" in findings["eks"].reason


async def test_a_deny_for_every_other_subject_guards(aws: Any, judge: Judge) -> None:
    deny = {**statement(GITHUB, **condition("StringNotLike", SUB, "repo:my-org/*")), "Effect": "Deny"}
    useless = {**statement(GITHUB, **condition("StringNotLike", SUB, "repo:*")), "Effect": "Deny"}
    account(aws, role("fenced", statement(GITHUB), deny), role("open", statement(GITHUB), useless))
    statuses = {finding.resource_name: finding.status for finding in await judge(OIDC)}
    assert statuses == {"fenced": Status.PASS, "open": Status.FAIL}


async def test_only_roles_that_oidc_may_take_are_looked_at(aws: Any, judge: Judge) -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    saml = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/x"},
        "Action": "sts:AssumeRoleWithSAML",
    }
    reserved = role("AWSReservedSSO_x", statement(OWN), path="/aws-reserved/sso.amazonaws.com/")
    account(aws, role("ec2", service), role("saml", saml), reserved)
    assert await judge(OIDC) == []


async def test_the_repaired_policy_keeps_all_but_the_broad_condition(aws: Any, judge: Judge) -> None:
    broad = statement(GITHUB, **condition("StringLike", SUB, "*"))
    broad["Condition"]["StringEquals"] = {AUD: "sts.amazonaws.com"}
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account(aws, role("hub", other, broad))
    [finding] = await judge(OIDC)
    first, second = finding.evidence["trust_policy"]["Statement"]
    assert first == other
    assert second["Condition"] == {"StringEquals": {AUD: "sts.amazonaws.com"}, "StringLike": {SUB: SUBJECT}}


async def test_the_open_statement_is_in_the_evidence(aws: Any, judge: Judge) -> None:
    closed_statement = statement(
        EKS, **condition("StringEquals", f"{EKS}:sub", "system:serviceaccount:web:api")
    )
    gap = {**statement(GITHUB), "Sid": "Hub"}
    account(aws, role("text", closed_statement, gap), role("parsed", closed_statement, gap))
    [as_text, _] = findings = await judge(OIDC)
    assert [finding.evidence["deciding"] for finding in findings] == [
        [{"policy": "the role's trust policy", "number": 2, "sid": "Hub", "document": "trust_text"}]
    ] * 2
    assert json.loads(as_text.evidence["trust_text"])["Statement"][1] == gap


async def test_a_trust_policy_that_is_none_costs_one_role(aws: Any, judge: Judge) -> None:
    broken_role = {**role("broken"), "AssumeRolePolicyDocument": "not json"}
    account(aws, broken_role, role("hub", statement(GITHUB)))
    statuses = {finding.resource_name: finding.status for finding in await judge(OIDC)}
    assert statuses == {"broken": Status.NOT_ASSESSED, "hub": Status.FAIL}


async def test_roles_on_a_later_page_are_judged_and_a_denied_page_is_said(aws: Any, judge: Judge) -> None:
    first = {"RoleDetailList": [role("one", statement(GITHUB))], "IsTruncated": True, "Marker": "2"}
    aws.answer("iam", "GetAccountAuthorizationDetails", first, Marker=None)
    aws.denied("iam", "GetAccountAuthorizationDetails", Marker="2")
    [finding] = await judge(OIDC)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "iam:GetAccountAuthorizationDetails"
