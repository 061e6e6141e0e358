from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from cloud_audit_tui.iam.escalation_methods import METHODS, Reach
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row
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


def attach_if(operator: str, value: str) -> dict[str, Any]:
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


async def escalations(aws: Any, judge: Judge, *items: dict[str, Any]) -> dict[str, Finding]:
    aws.answer("iam", "GetAccountAuthorizationDetails", details(*POLICIES, *items))
    return {finding.resource_name: finding for finding in await judge(ESCALATION)}


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
        allow("iam:AttachUserPolicy", **attach_if("ArnEquals", "arn:aws:iam::aws:policy/Admin*")),
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
    "half-a-method": (allow(COMPUTE),),
    "attach-one-policy": (allow("iam:AttachUserPolicy", **attach_if("ArnEquals", S3_ONLY)),),
    "under-a-boundary": (
        allow("iam:PutUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": S3_ONLY}}),
    ),
    "a-policy-of-others": (allow("iam:CreatePolicyVersion", S3_ONLY),),
}


async def test_what_reaches_something_escalates_and_the_rest_does_not(aws: Any, judge: Judge) -> None:
    users = [user(name, *statements) for name, statements in {**ESCALATING, **HARMLESS}.items()]
    findings = await escalations(
        aws, judge, *users, role("plain", trusts=(trust({"Service": "lambda.amazonaws.com"}),))
    )
    assert {name for name in ESCALATING if findings[name].status is not Status.FAIL} == set()
    assert {
        name: findings[name].reason for name in HARMLESS if findings[name].status is not Status.PASS
    } == {}
    assert findings["pass-any-role"].severity is Severity.CRITICAL
    assert findings["code-of-any-function"].severity is Severity.HIGH
    [method] = findings["own-user"].evidence["methods"]
    assert method["granted_by"] == ["inline"]
    assert method["source"].startswith("https://")
    assert findings["own-user"].evidence["deny_statements"][0]["Action"] == ["iam:AttachUserPolicy"]


async def test_ones_own_policy_can_be_rewritten_by_its_arn(aws: Any, judge: Judge) -> None:
    statement = allow("iam:CreatePolicyVersion", MINE)
    findings = await escalations(
        aws, judge, user("holder", statement, attached=(MINE,)), user("other", statement)
    )
    assert findings["holder"].status is Status.FAIL
    assert findings["other"].status is Status.PASS


async def test_groups_grant_and_deny(aws: Any, judge: Judge) -> None:
    findings = await escalations(
        aws,
        judge,
        group("makers", allow("iam:PutUserPolicy")),
        group("fenced", deny("iam:*")),
        user("maker", groups=("makers",)),
        user("fenced-maker", groups=("makers", "fenced")),
    )
    assert findings["maker"].status is Status.FAIL
    assert findings["fenced-maker"].status is Status.PASS


async def test_a_boundary_limits_unless_it_can_be_taken_away(aws: Any, judge: Judge) -> None:
    leaky = policy(arn("policy/leaky"), allow(["s3:*", "iam:DeleteUserPermissionsBoundary"]))
    findings = await escalations(
        aws,
        judge,
        leaky,
        user("bounded", allow("*"), boundary=S3_ONLY),
        user("wide", allow("iam:PutUserPolicy"), boundary=EVERYTHING),
        user("leaky", allow("*"), boundary=arn("policy/leaky")),
        role("bounded-role", allow("iam:*"), boundary=S3_ONLY),
    )
    assert {name: findings[name].status.value for name in ("bounded", "wide", "leaky", "bounded-role")} == {
        "bounded": "pass",
        "wide": "fail",
        "leaky": "fail",
        "bounded-role": "pass",
    }
    assert findings["leaky"].evidence["methods"][0]["name"] == "iam:DeleteUserPermissionsBoundary"


async def test_full_administrators_have_nothing_to_gain(aws: Any, judge: Judge) -> None:
    findings = await escalations(aws, judge, user("sandboxed", allow("*"), deny("iam:*")))
    assert findings["boss"].status is Status.PASS
    assert "aws-iam-005" in findings["boss"].reason
    assert findings["sandboxed"].status is Status.FAIL, "code of others still leads to their roles"


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:*", "*"])
async def test_roles_lead_to_the_administrator_in_four_steps_at_most(
    aws: Any, judge: Judge, action: str
) -> None:
    def step(name: str, caller: str) -> dict[str, Any]:
        return role(name, trusts=(trust({"AWS": arn(caller)}, action),))

    findings = await escalations(
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
    assert findings["near"].status is Status.FAIL
    assert findings["near"].severity is Severity.HIGH
    assert findings["near"].evidence["chain"] == [
        arn(f"role/{name}") for name in ("one", "two", "three", "top")
    ]
    assert findings["near"].evidence["deny_statements"] == [
        {
            "Sid": "DenyEscalation1",
            "Effect": "Deny",
            "Action": ["sts:AssumeRole"],
            "Resource": [arn("role/one")],
        }
    ]
    assert findings["far"].status is Status.PASS


async def test_the_statements_that_lead_to_more_are_in_the_evidence(aws: Any, judge: Judge) -> None:
    read_only, pass_role = allow("s3:Get*"), allow(PASS)
    compute, assume_role = allow(COMPUTE), allow("sts:AssumeRole", arn("role/deploy"))
    trust_of_everyone, account = trust("*"), trust(ACCOUNT_ROOT)
    findings = await escalations(
        aws,
        judge,
        user("builder", read_only, pass_role, compute),
        user("caller", assume_role),
        role("deploy", attached=(ADMINISTRATOR,), trusts=(account,)),
        role("open", trusts=(trust({"Service": "ec2.amazonaws.com"}), trust_of_everyone)),
    )

    def deciding(name: str) -> list[tuple[Any, ...]]:
        return [
            (one["policy"], one["number"], one["actions"], one.get("content") or one["document"])
            for one in findings[name].evidence["deciding"]
        ]

    assert deciding("builder") == [("inline", 2, [PASS], pass_role), ("inline", 3, COMPUTE, compute)]
    assert deciding("caller") == [
        ("inline", 1, ["sts:AssumeRole"], assume_role),
        (f"trust policy of {arn('role/deploy')}", 1, ["sts:AssumeRole"], account),
    ]
    assert deciding("open") == [("the role's own trust policy", 2, ["sts:AssumeRole"], "trust_text")]
    assert "deciding" not in findings["boss"].evidence


async def test_the_trust_of_the_whole_account_needs_a_permission(aws: Any, judge: Judge) -> None:
    assume = allow("sts:AssumeRole", arn("role/deploy"))
    findings = await escalations(
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
    assert [findings[name].status.value for name in names] == ["fail", "pass", "pass", "pass"]


async def test_a_trust_policy_for_strangers_fails(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Status]] = [
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
        (
            trust(
                {"AWS": "arn:aws:iam::999988887777:root"},
                Condition={"StringLike": {"sts:ExternalId": "made-for-us"}},
            ),
            Status.PASS,
        ),
        (
            trust(
                {"AWS": "arn:aws:iam::999988887777:root"},
                Condition={"StringLike": {"sts:ExternalId": ["made-for-us", "made-*"]}},
            ),
            Status.FAIL,
        ),
        (
            trust(
                {"AWS": "arn:aws:iam::999988887777:root"},
                Condition={"StringLike": {"sts:ExternalId": "${aws:PrincipalAccount}"}},
            ),
            Status.FAIL,
        ),
        (trust({"AWS": "arn:aws:iam::999988887777:root"}, **MFA), Status.PASS),
        (trust({"AWS": "*"}, **MFA), Status.FAIL),
        (trust({"AWS": "arn:aws:iam::999988887777:role/deployer"}), Status.PASS),
        (trust(ACCOUNT_ROOT), Status.PASS),
    ]
    with each_row() as row:
        for statement, status in rows:
            with row(statement):
                aws.restart()
                findings = await escalations(aws, judge, role("open", trusts=(statement,)))
                assert findings["open"].status is status, findings["open"].reason


async def test_a_deny_of_everyone_closes_an_open_trust_policy(aws: Any, judge: Judge) -> None:
    closing = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    findings = await escalations(
        aws,
        judge,
        role("closed", trusts=(trust("*"), closing)),
        role("open", trusts=(trust("*"), {**closing, "Action": "sts:TagSession"})),
    )
    assert [findings[name].status for name in ("closed", "open")] == [Status.PASS, Status.FAIL]


async def test_an_open_trust_policy_is_repaired_with_a_condition(aws: Any, judge: Judge) -> None:
    findings = await escalations(aws, judge, role("open", trusts=(trust("*"),)))
    [statement] = findings["open"].evidence["trust"]["Statement"]
    assert list(statement["Condition"]["StringEquals"]) == ["aws:PrincipalOrgID"]
    assert findings["open"].evidence["trust_needs_organization"]


async def test_roles_of_awss_own_are_not_looked_at(aws: Any, judge: Judge) -> None:
    findings = await escalations(
        aws,
        judge,
        role("linked", allow("iam:*"), path="/aws-service-role/x.amazonaws.com/"),
        role("AWSReservedSSO_x", allow("iam:*"), path="/aws-reserved/sso.amazonaws.com/"),
    )
    assert {"linked", "AWSReservedSSO_x"} & set(findings) == set()


async def test_a_policy_that_is_none_costs_only_those_who_have_it(aws: Any, judge: Judge) -> None:
    broken_policy = policy(arn("policy/broken"), text="not json")
    findings = await escalations(
        aws,
        judge,
        broken_policy,
        user("holder", attached=(arn("policy/broken"),)),
        user("missing", attached=(arn("policy/not-given"),)),
        user("fails-anyway", allow("iam:PutUserPolicy"), attached=(arn("policy/broken"),)),
        user("fine"),
    )
    names = ("holder", "missing", "fails-anyway", "fine")
    assert [findings[name].status.value for name in names] == ["not_assessed", "not_assessed", "fail", "pass"]


async def test_a_denied_read_is_no_pass(aws: Any, judge: Judge) -> None:
    aws.denied("iam", "GetAccountAuthorizationDetails")
    [finding] = await judge(ESCALATION)
    assert finding.status is Status.NOT_ASSESSED


def test_the_methods_are_data_with_a_source_each() -> None:
    assert len({method.needs for method in METHODS}) == len(METHODS)
    wrong = []
    for method in METHODS:
        first = method.needs[0]
        passes = first.actions == (PASS,) and first.reach is Reach.PASSED_ROLE
        if not method.source.startswith("https://") or passes is not bool(method.service):
            wrong.append(method.needs)
        if any(bool(need.arn) is not (need.reach is Reach.EXISTING) for need in method.needs):
            wrong.append(method.needs)
    assert wrong == []


OF_WHAT_EXISTS = ("Update", "Modify", "Replace", "Associate", "Enable", "Get", "Set", "Start", "Submit")
MAKES = ("Create", "Put", "Register", "Run")
OF_AWS = {"ssm:StartAutomationExecution"}
"""Actions on what AWS itself offers, such as its own runbooks."""


def test_a_method_of_what_exists_says_that_it_must_exist() -> None:
    """A method is certain only where its own actions make what the others use."""
    silent = []
    for method in METHODS:
        certain = [
            [action for action in need.actions if action not in need.requirements]
            for need in method.needs
            if need.reach in (Reach.ANYTHING, Reach.PASSED_ROLE)
        ]
        if method.unread or len(certain) < len(method.needs) or not all(certain):
            continue
        names = {action: action.partition(":")[2] for actions in certain for action in actions}
        makes = any(name.startswith(MAKES) for name in names.values())
        silent += [
            action
            for action, name in names.items()
            if name.startswith(OF_WHAT_EXISTS)
            and action not in OF_AWS
            and not (makes and name.startswith(("Start", "Submit")))
        ]
    assert silent == []


def test_every_action_of_a_method_is_one_of_aws() -> None:
    session = botocore.session.get_session()
    operations = {name.lower() for name in session.get_service_model("iam").operation_names}
    actions = {action for method in METHODS for need in method.needs for action in need.actions}
    of_iam = {action for action in actions if action.startswith("iam:")}
    assert {action for action in of_iam if action[4:].lower() not in operations} == {PASS}


TEAM = arn("role/team/*")
COMBINATIONS: dict[str, list[str] | tuple[dict[str, Any], ...]] = {
    "IAM-013": ["iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"],
    "IAM-014": ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
    "IAM-017": (allow(["iam:CreateRole", "iam:AttachRolePolicy"], TEAM),),
    "IAM-018": ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"],
    "IAM-019": ["iam:AttachUserPolicy", "iam:CreateAccessKey"],
    "IAM-020": ["iam:PutUserPolicy", "iam:CreateAccessKey"],
    "CRED-005": ["iam:UpdateAccessKey"],
    "EC2-006": [PASS, "iam:AddRoleToInstanceProfile"],
    "ECS-002": [PASS, "ecs:RunTask"],
    "ECS-003": [PASS, "ecs:StartTask", "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance"],
    "CRED-018": [PASS, "cognito-identity:SetIdentityPoolRoles"],
    "KDA-001": [PASS, "kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"],
    "BRAKET-001": [PASS, "braket:CreateJob"],
    "OMICS-001": [PASS, "omics:StartRun", "omics:CreateWorkflow"],
    "GL-001": [PASS, "gamelift:CreateFleet", "gamelift:CreateBuild"],
    "IB-001": [PASS, "imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:CreateImage"],
    "EC2-005": ["ec2:CreateLaunchTemplateVersion", "autoscaling:StartInstanceRefresh"],
    "EC2-010": ["ec2-instance-connect:SendSSHPublicKey"],
    "CFN-004": ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
    "CB-004": ["codebuild:StartBuildBatch"],
    "CB-005": ["codebuild:UpdateProject", "codebuild:StartBuildBatch"],
    "CD-001": ["codedeploy:CreateDeployment", "codedeploy:RegisterApplicationRevision"],
    "SM-003": [
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:StopNotebookInstance",
        "sagemaker:StartNotebookInstance",
    ],
    "AR-002": ["apprunner:UpdateService"],
    "SFN-002": ["states:UpdateStateMachine", "states:StartExecution"],
    "AGC-002": [
        "bedrock-agentcore:StartCodeInterpreterSession",
        "bedrock-agentcore:InvokeCodeInterpreter",
    ],
    "SSM-004": ["ssm:CreateAssociation"],
    "SFN-003": [PASS, "states:TestState"],
}
"""Combinations of permissions from published lists, by their number in the comparison of lists."""

TRUSTED = (
    "braket",
    "cognito-identity",
    "ec2",
    "ecs-tasks",
    "gamelift",
    "kinesisanalytics",
    "lambda",
    "omics",
    "states",
)


async def test_published_combinations_are_ways_to_more_and_their_halves_are_not(
    aws: Any, judge: Judge
) -> None:
    everything = role(
        "platform",
        attached=(ADMINISTRATOR,),
        trusts=tuple(trust({"Service": f"{service}.amazonaws.com"}) for service in TRUSTED),
    )
    holders, halves = [], []
    for name, actions in COMBINATIONS.items():
        statements = (allow(actions),) if isinstance(actions, list) else actions
        holders.append(user(name, *statements))
        if isinstance(actions, list) and PASS in actions and name != "ECS-003":
            halves.append(user(f"{name}-half", allow(actions[:-1])))
    findings = await escalations(aws, judge, everything, role("other"), user("other"), *holders, *halves)
    assert [name for name in COMBINATIONS if findings[name].status is not Status.FAIL] == []
    assert [
        finding
        for name, finding in findings.items()
        if name.endswith("-half") and finding.status is Status.FAIL
    ] == []


async def test_a_grant_under_a_condition_is_possible_and_names_the_key(aws: Any, judge: Judge) -> None:
    inside = {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    tagged = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "ops"}}}
    findings = await escalations(
        aws,
        judge,
        user("inside", allow("iam:AttachUserPolicy", **inside)),
        user("tagged", allow("iam:AttachUserPolicy"), deny("iam:*", **tagged)),
        user("both", allow("iam:PutUserPolicy", **inside), allow("iam:PutUserPolicy")),
        user(
            "own-name", allow("iam:PutUserPolicy", Condition={"StringEquals": {"aws:username": "own-name"}})
        ),
        user("no-name", allow("iam:PutUserPolicy", Condition={"StringEquals": {"aws:username": "boss"}})),
    )
    assert [findings[name].status.value for name in ("inside", "tagged", "both", "own-name", "no-name")] == [
        "fail",
        "fail",
        "fail",
        "fail",
        "pass",
    ]
    for name, key in (("inside", "aws:SourceIp"), ("tagged", "aws:PrincipalTag/team")):
        assert "can possibly gain" in findings[name].reason
        assert f"possible: depends on {key}" in findings[name].reason
        assert findings[name].severity is Severity.HIGH
        assert findings[name].evidence["methods"][0]["certainty"] == "possible"
        assert findings[name].evidence["methods"][0]["depends_on"] == [key]
    for name in ("both", "own-name"):
        assert findings[name].severity is Severity.CRITICAL
        assert "possibl" not in findings[name].reason


async def test_a_named_resource_is_a_target_although_nobody_reads_it(aws: Any, judge: Judge) -> None:
    function = f"arn:aws:lambda:*:{ACCOUNT}:function:app"
    other = "arn:aws:lambda:*:999988887777:function:app"
    findings = await escalations(
        aws,
        judge,
        user("deployer", allow("lambda:UpdateFunctionCode", function)),
        user("stranger", allow("lambda:UpdateFunctionCode", other)),
        user("half", allow("states:UpdateStateMachine", f"arn:aws:states:*:{ACCOUNT}:stateMachine:a")),
    )
    assert findings["deployer"].status is Status.FAIL
    assert findings["deployer"].severity is Severity.MEDIUM
    assert (
        f"whether function {function} exists, and with which role, is not read" in findings["deployer"].reason
    )
    assert [findings[name].status for name in ("stranger", "half")] == [Status.PASS, Status.PASS]


async def test_a_pass_says_what_was_looked_at(aws: Any, judge: Judge) -> None:
    findings = await escalations(aws, judge, user("reader", allow("s3:GetObject")))
    assert f"none of the {len(METHODS)} methods that this check knows" in findings["reader"].reason
    assert "not read" in findings["reader"].reason


async def test_passing_a_role_needs_an_administrator_role_that_trusts_the_service(
    aws: Any, judge: Judge
) -> None:
    batch = [PASS, "ecs:RegisterTaskDefinition", "ecs:RunTask"]
    findings = await escalations(
        aws, judge, user("tasks", allow(batch)), user("functions", allow([PASS, *COMPUTE]))
    )
    assert findings["tasks"].status is Status.PASS, "no administrator role trusts ecs-tasks.amazonaws.com"
    [deny_one] = findings["functions"].evidence["deny_statements"]
    assert deny_one["Action"] == [PASS]
    assert deny_one["Resource"] == [arn("role/admin")]


async def test_a_deny_that_can_be_removed_is_a_way_to_more(aws: Any, judge: Judge) -> None:
    fence = policy(arn("policy/fence"), deny("iam:Attach*"))
    findings = await escalations(
        aws,
        judge,
        fence,
        group("fenced", deny("iam:Attach*")),
        user("inline", deny("iam:Attach*"), attached=(EVERYTHING,)),
        user("attached", allow("*"), attached=(arn("policy/fence"),)),
        user("by-group", allow("*"), groups=("fenced",)),
        user("held", allow("s3:*"), deny("iam:*")),
    )
    ways = {
        name: {method["actions"][0] for method in findings[name].evidence["methods"]}
        for name in ("inline", "attached", "by-group")
    }
    assert "iam:DeleteUserPolicy" in ways["inline"]
    assert "iam:DetachUserPolicy" in ways["attached"]
    assert "iam:DeleteGroupPolicy" in ways["by-group"]
    assert findings["held"].status is Status.PASS


async def test_only_the_strangers_of_a_trust_policy_get_the_condition(aws: Any, judge: Judge) -> None:
    stranger = "arn:aws:iam::999988887777:root"
    shared_trust = trust({"AWS": [arn("root"), stranger], "Service": "lambda.amazonaws.com"}, Sid="Shared")
    public_trust = trust({"AWS": "*", "Service": "lambda.amazonaws.com"})
    findings = await escalations(
        aws,
        judge,
        role("mixed", trusts=(shared_trust, trust({"Service": "ec2.amazonaws.com"}))),
        role("open", trusts=(public_trust,)),
    )
    first, second, third = findings["mixed"].evidence["trust"]["Statement"]
    assert first == {**shared_trust, "Principal": {"AWS": arn("root"), "Service": "lambda.amazonaws.com"}}
    assert second["Principal"] == {"AWS": stranger}
    assert second["Condition"] == {"StringEquals": {"TRUST_LIMIT_KEY": "TRUST_LIMIT_VALUE"}}
    assert third["Principal"] == {"Service": "ec2.amazonaws.com"}
    services, strangers = findings["open"].evidence["trust"]["Statement"]
    assert (services["Principal"], "Condition" in services) == ({"Service": "lambda.amazonaws.com"}, False)
    assert (strangers["Principal"], "Condition" in strangers) == ({"AWS": "*"}, True)


async def test_roles_of_a_platform_are_known(aws: Any, judge: Judge) -> None:
    stranger = trust({"AWS": "arn:aws:iam::999988887777:root"})
    names = ("OrganizationAccountAccessRole", "AWSControlTowerExecution", "stacksets-exec-0123", "deploy")
    findings = await escalations(aws, judge, *(role(name, trusts=(stranger,)) for name in names))
    assert [findings[name].evidence["platform_role"] for name in names] == [True, True, True, False]
    assert [findings[name].severity for name in names] == [Severity.MEDIUM] * 3 + [Severity.HIGH]
