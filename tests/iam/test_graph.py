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


def graph(*items: dict[str, Any], partition: str = "aws") -> PrivilegeGraph:
    account = AccountIdentities(managed=managed_policies([ADMINISTRATOR_POLICY, *items]))
    for item in items:
        add_identity(account, item)
    return PrivilegeGraph(account, partition=partition, account_id=ACCOUNT)


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


def test_a_trust_of_a_session_is_one_of_its_role() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/middle/build"
    account = graph(
        role("admin", attached=(ADMINISTRATOR,), trusts=(trust({"AWS": session}),)),
        role("middle"),
        role("middle-of-others"),
    )
    assert account.chain(holder_named(account, "middle"))
    assert not account.chain(holder_named(account, "middle-of-others"))


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


def test_a_policy_of_the_account_that_grants_everything_is_worth_attaching() -> None:
    rows = [(allow("*"), True), (allow("s3:*"), False)]
    with each_row() as row:
        for statement, is_open in rows:
            with row(statement):
                own = {"ArnLike": {"iam:PolicyARN": arn("policy/*")}}
                account = graph(
                    policy(arn("policy/team"), statement),
                    user("writer", allow("iam:AttachUserPolicy", Condition=own)),
                )
                names = methods_of(account, "writer")
                assert ("iam:AttachUserPolicy" in names) is is_open


def test_a_policy_is_made_and_attached_where_only_policies_of_a_path_may_be() -> None:
    team = arn("policy/team/*")
    attach = "iam:AttachUserPolicy"
    limited = allow(attach, Condition={"ArnLike": {"iam:PolicyARN": team}})
    fenced = [allow(attach), deny(attach, Condition={"ArnNotLike": {"iam:PolicyARN": team}})]
    rows: list[tuple[list[dict[str, Any]], list[str]]] = [
        ([limited, allow("iam:CreatePolicy", team)], [f"iam:CreatePolicy + {attach}"]),
        ([limited, allow("iam:CreatePolicy")], [f"iam:CreatePolicy + {attach}"]),
        ([*fenced, allow("iam:CreatePolicy")], [f"iam:CreatePolicy + {attach}"]),
        ([limited], []),
        ([limited, allow("iam:CreatePolicy", arn("policy/other/*"))], []),
        ([limited, allow("iam:CreatePolicy"), deny("iam:CreatePolicy", team)], []),
        ([allow(attach), allow("iam:CreatePolicy")], [attach]),
    ]
    with each_row() as row:
        for statements, names in rows:
            with row(statements):
                account = graph(user("writer", *statements))
                assert list(methods_of(account, "writer")) == names


def test_a_request_to_iam_is_made_in_one_region() -> None:
    def only_in(region: str) -> dict[str, Any]:
        return {"StringEquals": {"aws:RequestedRegion": region}}

    def outside(region: str) -> dict[str, Any]:
        return {"StringNotEquals": {"aws:RequestedRegion": region}}

    write = "iam:PutUserPolicy"
    launch = ["iam:PassRole", "ec2:RunInstances"]
    rows: list[tuple[list[dict[str, Any]], str]] = [
        ([allow(write, Condition=only_in("us-east-1"))], write),
        ([allow(write, Condition=only_in("eu-central-1"))], ""),
        ([allow(write), deny("*", Condition=outside("eu-central-1"))], ""),
        ([allow(write), deny("*", Condition=outside("us-east-1"))], write),
        ([allow(launch, Condition=only_in("eu-central-1"))], " + ".join(launch)),
    ]
    with each_row() as row:
        for statements, expected in rows:
            with row(statements):
                account = graph(administrator("ec2.amazonaws.com"), user("caller", *statements))
                assert "".join(methods_of(account, "caller")) == expected


def test_a_service_is_named_in_china_as_it_is_there() -> None:
    rows = [("ec2.amazonaws.com.cn", True), ("ec2.amazonaws.com", True), ("lambda.amazonaws.com", False)]
    admin = json.loads(
        json.dumps(administrator("ec2.amazonaws.com.cn")).replace("arn:aws:iam::aws", "arn:aws-cn:iam::aws")
    )
    everything = policy("arn:aws-cn:iam::aws:policy/AdministratorAccess", allow("*"))
    with each_row() as row:
        for service, is_open in rows:
            with row(service):
                condition = {"StringEquals": {"iam:PassedToService": service}}
                caller = user("caller", allow("iam:PassRole", Condition=condition), allow("ec2:RunInstances"))
                names = methods_of(graph(everything, admin, caller, partition="aws-cn"), "caller")
                assert ("iam:PassRole + ec2:RunInstances" in names) is is_open


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


def methods_of(account: PrivilegeGraph, name: str) -> dict[str, str]:
    """Return what keeps each method of an identity from being certain, by the method's name."""
    return {method.name: method.unread for method in account.methods(holder_named(account, name))}


def administrator(service: str, **more: Any) -> dict[str, Any]:
    return role("admin", attached=(ADMINISTRATOR,), trusts=(trust({"Service": service}),), **more)


def test_a_method_that_needs_what_nobody_looked_for_is_possible() -> None:
    rows = [
        ("cloudformation", ["cloudformation:UpdateStack"], "a stack must exist"),
        ("glue", ["glue:UpdateJob", "glue:StartJobRun"], "a job must exist"),
        ("codebuild", ["codebuild:UpdateProject", "codebuild:StartBuild"], "a project must exist"),
        (
            "lambda",
            ["lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction"],
            "a function must exist",
        ),
        ("states", ["states:UpdateStateMachine", "states:StartExecution"], "a state machine must exist"),
        ("ecs-tasks", ["ecs:RegisterTaskDefinition", "ecs:RunTask"], "a cluster must exist"),
        ("ecs-tasks", ["batch:RegisterJobDefinition", "batch:SubmitJob"], "a job queue must exist"),
    ]
    with each_row() as row:
        for service, actions, requirement in rows:
            with row(actions):
                account = graph(
                    administrator(f"{service}.amazonaws.com"),
                    user("caller", allow(["iam:PassRole", *actions])),
                )
                answers = methods_of(account, "caller")
                name = " + ".join(["iam:PassRole", *actions])
                assert answers[name] == requirement
                assert all(answers.values())


def test_what_the_method_makes_itself_need_not_exist() -> None:
    rows = [
        ("cloudformation", ["cloudformation:CreateStack"]),
        ("states", ["states:UpdateStateMachine", "states:CreateStateMachine", "states:StartExecution"]),
        ("ecs-tasks", ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:CreateCluster"]),
        ("glue", ["glue:CreateJob", "glue:UpdateTrigger", "glue:StartJobRun"]),
        ("codepipeline", ["codepipeline:CreatePipeline", "codepipeline:UpdatePipeline"]),
    ]
    with each_row() as row:
        for service, actions in rows:
            with row(actions):
                account = graph(
                    administrator(f"{service}.amazonaws.com"),
                    user("caller", allow(["iam:PassRole", *actions])),
                )
                assert "" in methods_of(account, "caller").values()


def test_a_password_is_taken_over_where_the_user_has_or_lacks_one() -> None:
    account = graph(
        user("boss", attached=(ADMINISTRATOR,)),
        user("caller", allow(["iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:CreateAccessKey"])),
    )
    assert methods_of(account, "caller") == {
        "iam:CreateAccessKey": "",
        "iam:CreateLoginProfile": "the user must have no password yet",
        "iam:UpdateLoginProfile": "the user must have a password",
    }


def test_an_instance_takes_a_role_that_is_in_an_instance_profile() -> None:
    launch = ["iam:PassRole", "ec2:RunInstances"]
    profile = ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]
    rows: list[tuple[tuple[str, ...] | None, list[dict[str, Any]], str | None]] = [
        (("admin",), [allow(launch)], ""),
        (None, [allow(launch)], ""),
        ((), [allow(launch)], None),
        ((), [allow([*launch, *profile])], ""),
        ((), [allow([*launch, profile[0]])], None),
        (
            (),
            [
                allow([*launch, profile[0]]),
                allow(profile[1], Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            ],
            "making an instance profile depends on aws:SourceIp",
        ),
    ]
    with each_row() as row:
        for profiles, statements, unread in rows:
            with row((profiles, statements)):
                account = graph(
                    administrator("ec2.amazonaws.com", profiles=profiles), user("caller", *statements)
                )
                assert methods_of(account, "caller").get("iam:PassRole + ec2:RunInstances") == unread


def test_the_trust_policy_of_a_passed_role_is_evaluated() -> None:
    name = "iam:PassRole + cloudformation:CreateStack"
    service = {"Service": "cloudformation.amazonaws.com"}
    own, foreign = ({"StringEquals": {"aws:SourceAccount": account}} for account in (ACCOUNT, "999988887777"))
    arn_of_one = {"ArnLike": {"aws:SourceArn": "arn:aws:cloudformation:*:*:stack/one/*"}}
    denied = {"Effect": "Deny", "Principal": service, "Action": "sts:AssumeRole"}
    rows: list[tuple[list[dict[str, Any]], str | None]] = [
        ([trust(service)], ""),
        ([trust(service, Condition=own)], ""),
        ([trust(service, Condition=foreign)], None),
        ([trust(service, Condition=arn_of_one)], "the trust policy of the role depends on aws:SourceArn"),
        ([trust(service), denied], None),
        ([trust(service), {**denied, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}], ""),
    ]
    with each_row() as row:
        for trusts, unread in rows:
            with row(trusts):
                account = graph(
                    role("admin", attached=(ADMINISTRATOR,), trusts=tuple(trusts)),
                    user("caller", allow(["iam:PassRole", "cloudformation:CreateStack"])),
                )
                assert methods_of(account, "caller").get(name) == unread


def test_a_role_for_an_identity_pool_trusts_a_federated_principal() -> None:
    trusted = trust(
        {"Federated": "cognito-identity.amazonaws.com"},
        "sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-central-1:pool"}},
    )
    account = graph(
        role("admin", attached=(ADMINISTRATOR,), trusts=(trusted,)),
        user("caller", allow(["iam:PassRole", "cognito-identity:SetIdentityPoolRoles"])),
    )
    assert list(methods_of(account, "caller")) == ["iam:PassRole + cognito-identity:SetIdentityPoolRoles"]


def test_every_action_on_a_resource_of_another_service_is_no_method() -> None:
    passes = allow("iam:PassRole", arn("role/admin"))
    rows = [
        ("arn:aws:s3:::bucket/*", False),
        (f"arn:aws:dynamodb:*:{ACCOUNT}:table/orders", False),
        ("arn:aws:ec2:*:*:*", True),
        ("arn:*:ec2:*:*:instance/*", True),
        ("arn:aws:*", True),
    ]
    with each_row() as row:
        for resource, is_open in rows:
            with row(resource):
                account = graph(
                    administrator("ec2.amazonaws.com"), user("caller", passes, allow("*", resource))
                )
                names = methods_of(account, "caller")
                assert ("iam:PassRole + ec2:RunInstances" in names) is is_open
                assert not [name for name in names if name.startswith("sso:")] or resource == "arn:aws:*"


def test_the_versions_of_a_policy_decide_what_can_be_done_with_them() -> None:
    mine = arn("policy/mine")
    narrow, wide = allow("s3:ListAllMyBuckets"), allow("*")
    requirement = "an earlier version of the policy must grant more"
    new, switch, delete = (
        f"iam:{verb}" for verb in ("CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion")
    )
    rows: list[tuple[tuple[dict[str, Any], ...], list[str], dict[str, str]]] = [
        ((), [switch], {}),
        ((narrow,), [switch], {switch: requirement}),
        ((narrow, wide), [switch], {switch: ""}),
        ((), [new], {new: ""}),
        ((narrow,) * 3, [new], {new: ""}),
        ((narrow,) * 4, [new], {}),
        ((narrow,) * 4, [new, delete], {new: ""}),
    ]
    with each_row() as row:
        for earlier, actions, expected in rows:
            with row((len(earlier), actions)):
                account = graph(
                    policy(mine, allow("s3:GetObject"), earlier=earlier),
                    user("caller", allow(actions, mine), attached=(mine,)),
                )
                assert methods_of(account, "caller") == expected


def test_the_versions_of_a_boundary_decide_whether_it_can_be_widened() -> None:
    limit = arn("policy/limit")
    inside = allow(["s3:*", "iam:SetDefaultPolicyVersion"])
    name = "iam:SetDefaultPolicyVersion of its boundary"
    rows: list[tuple[tuple[dict[str, Any], ...], str | None]] = [
        ((), None),
        ((allow("s3:*"),), "an earlier version of the boundary must allow more"),
        ((allow("*"),), ""),
    ]
    with each_row() as row:
        for earlier, unread in rows:
            with row(len(earlier)):
                account = graph(
                    policy(limit, inside, earlier=earlier), user("caller", allow("*"), boundary=limit)
                )
                assert methods_of(account, "caller").get(name) == unread


CENTER = [
    ["sso:CreateAccountAssignment"],
    ["sso:CreatePermissionSet", "sso:PutInlinePolicyToPermissionSet", "sso:CreateAccountAssignment"],
    ["sso:AttachManagedPolicyToPermissionSet", "sso:ProvisionPermissionSet"],
    ["sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "sso:ProvisionPermissionSet"],
    ["sso:PutInlinePolicyToPermissionSet"],
    ["identitystore:CreateGroupMembership"],
    ["sso-directory:AddMemberToGroup"],
    ["sso-directory:UpdatePassword"],
]


def test_what_widens_access_through_identity_center_is_possible() -> None:
    with each_row() as row:
        for actions in CENTER:
            with row(actions):
                account = graph(user("caller", allow(actions)))
                answers = methods_of(account, "caller")
                assert " + ".join(actions) in answers
                assert all(answers.values())


def test_a_portal_session_needs_no_permission_of_iam() -> None:
    account = graph(user("caller", allow(["sso:GetRoleCredentials", "sso:ListAccounts"])))
    assert methods_of(account, "caller") == {}
