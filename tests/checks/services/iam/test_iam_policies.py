from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Finding, Status, SubjectKind
from each_row import each_row
from iam_account import (
    ADMINISTRATOR,
    ADMINISTRATOR_POLICY,
    allow,
    arn,
    deny,
    details,
    group,
    policy,
    role,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ADMIN, PASSWORDS, OWN_POLICIES, SUPPORT = "aws-iam-005", "aws-iam-006", "aws-iam-010", "aws-iam-011"
ANALYZER, CERTIFICATE, CLOUDSHELL = "aws-iam-012", "aws-iam-013", "aws-iam-014"
PROFILE, SESSION = "aws-iam-016", "aws-iam-017"
SSO = "/aws-reserved/sso.amazonaws.com/"
NOW = datetime.now(UTC)


def statuses(findings: list[Finding]) -> dict[str, str]:
    assert len({(finding.check_id, finding.resource_id) for finding in findings}) == len(findings)
    return {finding.resource_name: finding.status.value for finding in findings}


def account(aws: Any, *items: dict[str, Any]) -> None:
    aws.answer("iam", "GetAccountAuthorizationDetails", details(*items))


class TestFullAdministration:
    async def test_every_action_on_every_resource_in_any_form(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[list[dict[str, Any]], str]] = [
            ([allow("*")], "fail"),
            ([allow(["s3:Get*", "*"], ["arn:aws:s3:::x", "*"])], "fail"),
            ([allow("*:*")], "fail"),
            ([allow("*", "arn:aws:*")], "fail"),
            ([allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], "fail"),
            ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], "fail"),
            ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}], "fail"),
            ([allow("*"), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})], "fail"),
            ([allow("*"), deny("*")], "pass"),
            ([{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}], "pass"),
            ([allow("s3:*")], "pass"),
            ([allow("*", "arn:aws:s3:::x/*")], "pass"),
            ([deny("*")], "pass"),
        ]
        with each_row() as row:
            for statements, status in rows:
                with row(statements):
                    aws.restart()
                    managed = arn("policy/managed")
                    account(aws, policy(managed, *statements), user("a", *statements, attached=(managed,)))
                    assert statuses(await judge(ADMIN)) == {"managed": status, "a/inline": status}

    async def test_the_granting_statement_is_in_the_evidence(self, aws: Any, judge: Judge) -> None:
        managed, read_only, all_of_it = arn("policy/managed"), allow("s3:Get*"), allow("*", Sid="All")
        account(
            aws, policy(managed, read_only, all_of_it), user("a", read_only, all_of_it, attached=(managed,))
        )
        deciding = {finding.resource_name: finding.evidence["deciding"] for finding in await judge(ADMIN)}
        assert deciding == {
            "managed": [{"policy": managed, "number": 2, "sid": "All", "content": all_of_it}],
            "a/inline": [{"policy": "inline", "number": 2, "sid": "All", "document": "document_text"}],
        }

    async def test_what_nobody_has_passes_and_what_aws_made_counts(self, aws: Any, judge: Judge) -> None:
        account(
            aws,
            policy(arn("policy/unattached"), allow("*")),
            policy("arn:aws:iam::aws:policy/ReadOnlyAccess", allow("s3:Get*")),
            policy("arn:aws:iam::aws:policy/Unused", allow("*")),
            ADMINISTRATOR_POLICY,
            group("g", allow("*"), attached=(ADMINISTRATOR,)),
            role("r", attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",)),
        )
        findings = await judge(ADMIN)
        assert statuses(findings) == {
            "unattached": "pass",
            "ReadOnlyAccess": "pass",
            "AdministratorAccess": "fail",
            "g/inline": "fail",
        }
        admin = next(finding for finding in findings if finding.resource_id == ADMINISTRATOR)
        assert [holder["name"] for holder in admin.evidence["holders"]] == ["g"]

    async def test_only_roles_of_awss_own_have_it(self, aws: Any, judge: Judge) -> None:
        account(
            aws,
            ADMINISTRATOR_POLICY,
            role("AWSReservedSSO_x", allow("*"), attached=(ADMINISTRATOR,), path=SSO),
        )
        assert statuses(await judge(ADMIN)) == {"AdministratorAccess": "pass"}

    async def test_an_attached_policy_that_aws_does_not_return_is_not_assessed(
        self, aws: Any, judge: Judge
    ) -> None:
        old_policy = "arn:aws:iam::aws:policy/service-role/AWSConfigRole"
        account(aws, role("recorder", attached=(old_policy,)), user("a", attached=(old_policy,)))
        [finding] = await judge(ADMIN)
        assert (finding.status.value, finding.resource_id) == ("not_assessed", old_policy)
        assert 'attached to user "a", role "recorder"' in finding.reason

    async def test_platform_roles_are_marked_among_the_holders(self, aws: Any, judge: Judge) -> None:
        account(
            aws,
            ADMINISTRATOR_POLICY,
            role("AWSControlTowerExecution", attached=(ADMINISTRATOR,)),
            role("deploy", attached=(ADMINISTRATOR,)),
        )
        [finding] = await judge(ADMIN)
        assert finding.evidence["default_version"] == "v2"
        assert {one["name"]: one["platform"] for one in finding.evidence["holders"]} == {
            "AWSControlTowerExecution": True,
            "deploy": False,
        }

    async def test_a_boundary_is_no_grant(self, aws: Any, judge: Judge) -> None:
        account(aws, policy(arn("policy/limit"), allow("*")), user("a", boundary=arn("policy/limit")))
        assert statuses(await judge(ADMIN)) == {"limit": "pass"}

    async def test_a_document_that_is_none_costs_one_policy(self, aws: Any, judge: Judge) -> None:
        broken_policy = policy(arn("policy/broken"), text="%7Bnot json")
        account(
            aws, broken_policy, policy(arn("policy/x"), allow("*")), user("a", attached=(arn("policy/x"),))
        )
        assert statuses(await judge(ADMIN)) == {"broken": "not_assessed", "x": "fail"}

    async def test_the_second_page_is_read_and_a_policy_on_it_belongs_to_the_first(
        self, aws: Any, judge: Judge
    ) -> None:
        first = {**details(user("a", attached=(arn("policy/x"),))), "IsTruncated": True, "Marker": "2"}
        aws.answer("iam", "GetAccountAuthorizationDetails", first, Marker=None)
        second = details(policy(arn("policy/x"), allow("*")))
        aws.answer("iam", "GetAccountAuthorizationDetails", second, Marker="2")
        assert statuses(await judge(ADMIN)) == {"x": "fail"}


STRONG = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": True,
    "MaxPasswordAge": 60,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}


class TestPasswordPolicy:
    async def test_every_part_counts(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[dict[str, Any], str]] = [
            ({}, ""),
            ({"MinimumPasswordLength": 13}, "13 characters"),
            ({"RequireSymbols": False}, "a symbol"),
            ({"PasswordReusePrevention": None}, "remembers 0"),
            ({"PasswordReusePrevention": 5}, "remembers 5"),
            ({"MinimumPasswordLength": 128}, ""),
        ]
        with each_row() as row:
            for change, words in rows:
                with row(change):
                    aws.restart()
                    members = {
                        name: value for name, value in {**STRONG, **change}.items() if value is not None
                    }
                    aws.answer("iam", "GetAccountPasswordPolicy", {"PasswordPolicy": members})
                    [finding] = await judge(PASSWORDS)
                    assert finding.status is (Status.FAIL if words else Status.PASS)
                    assert words in finding.reason

    async def test_the_update_carries_over_what_is_strong_enough(self, aws: Any, judge: Judge) -> None:
        weak = {**STRONG, "MinimumPasswordLength": 8, "RequireNumbers": False}
        aws.answer("iam", "GetAccountPasswordPolicy", {"PasswordPolicy": weak})
        [finding] = await judge(PASSWORDS)
        expected = {name: value for name, value in STRONG.items() if name != "ExpirePasswords"}
        assert finding.evidence["update_request"] == expected

    async def test_no_policy_fails_and_a_denied_one_does_not(self, aws: Any, judge: Judge) -> None:
        aws.answer("iam", "GetAccountPasswordPolicy", aws.refusal("NoSuchEntity", "None."), times=1)
        aws.denied("iam", "GetAccountPasswordPolicy")
        [finding] = await judge(PASSWORDS)
        assert finding.status is Status.FAIL
        [finding] = await judge(PASSWORDS)
        assert finding.status is Status.NOT_ASSESSED


async def test_policies_of_a_users_own_fail(aws: Any, judge: Judge) -> None:
    account(
        aws,
        ADMINISTRATOR_POLICY,
        group("g", attached=(ADMINISTRATOR,)),
        user("inline", allow("s3:*")),
        user("attached", attached=(ADMINISTRATOR,)),
        user("grouped", groups=("g",)),
        user("bounded", boundary=ADMINISTRATOR),
    )
    findings = await judge(OWN_POLICIES)
    assert statuses(findings) == {"inline": "fail", "attached": "fail", "grouped": "pass", "bounded": "pass"}
    inline = next(finding for finding in findings if finding.resource_name == "inline")
    assert inline.evidence["inline"][0]["document"]["Statement"] == [allow("s3:*")]


SUPPORT_POLICY = "arn:aws:iam::aws:policy/AWSSupportAccess"
SHELL_POLICY = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"


async def test_a_role_has_to_have_support_access(aws: Any, judge: Judge) -> None:
    rows: list[tuple[list[dict[str, Any]], Status]] = [
        ([role("r", attached=(SUPPORT_POLICY,))], Status.PASS),
        ([user("u", attached=(SUPPORT_POLICY,)), group("g", attached=(SUPPORT_POLICY,))], Status.FAIL),
        ([role("r", attached=(arn("policy/AWSSupportAccess"),))], Status.FAIL),
        ([], Status.FAIL),
    ]
    with each_row() as row:
        for items, status in rows:
            with row(items):
                aws.restart()
                account(aws, *items)
                [finding] = await judge(SUPPORT)
                assert (finding.status, finding.resource_id) == (status, SUPPORT_POLICY)


async def test_cloudshell_full_access_is_attached_to_nobody(aws: Any, judge: Judge) -> None:
    rows: list[list[dict[str, Any]]] = [
        [user("u", attached=(SHELL_POLICY,))],
        [group("g", attached=(SHELL_POLICY,))],
        [role("AWSReservedSSO_x", attached=(SHELL_POLICY,), path=SSO)],
        [],
    ]
    with each_row() as row:
        for items in rows:
            with row(items):
                aws.restart()
                account(aws, *items)
                [finding] = await judge(CLOUDSHELL)
                assert finding.status is (Status.FAIL if items else Status.PASS)
                assert len(finding.evidence["holders"]) == len(items)


def analyzer(kind: str, status: str = "ACTIVE") -> dict[str, Any]:
    return {
        "arn": f"arn:aws:access-analyzer:eu-central-1:111122223333:analyzer/{kind}",
        "name": kind,
        "type": kind,
        "createdAt": NOW,
        "status": status,
    }


class TestAccessAnalyzer:
    async def test_an_active_analyzer_of_external_access_passes(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[list[dict[str, Any]], Status]] = [
            ([analyzer("ACCOUNT")], Status.PASS),
            ([analyzer("ORGANIZATION")], Status.PASS),
            ([analyzer("ACCOUNT_UNUSED_ACCESS")], Status.FAIL),
            ([analyzer("ACCOUNT", "FAILED")], Status.FAIL),
            ([analyzer("ACCOUNT", "CREATING")], Status.NOT_ASSESSED),
            ([], Status.FAIL),
        ]
        with each_row() as row:
            for analyzers, status in rows:
                with row(analyzers):
                    aws.restart()
                    aws.answer("accessanalyzer", "ListAnalyzers", {"analyzers": analyzers})
                    [finding] = await judge(ANALYZER)
                    assert (finding.status, finding.resource_name) == (status, "eu-central-1")
                    assert not any("type" in request for request in aws.requests("ListAnalyzers"))

    async def test_each_region_is_judged_for_itself_to_the_last_page(self, aws: Any, judge: Judge) -> None:
        def pages(params: dict[str, Any]) -> dict[str, Any]:
            if params.get("nextToken"):
                return {"analyzers": [analyzer("ACCOUNT")]}
            return {"analyzers": [analyzer("ACCOUNT_UNUSED_ACCESS")], "nextToken": "2"}

        aws.answer("accessanalyzer", "ListAnalyzers", pages, region="eu-central-1")
        findings = await judge(ANALYZER, regions=("eu-central-1", "eu-west-1"))
        assert {finding.region: finding.status for finding in findings} == {
            "eu-central-1": Status.PASS,
            "eu-west-1": Status.NOT_ASSESSED,
        }
        assert {finding.subject_kind for finding in findings} == {SubjectKind.REGION}
        denied = next(finding for finding in findings if finding.resource_name == "eu-west-1")
        assert "access-analyzer" in str(denied.evidence) or "accessanalyzer" in str(denied.evidence)


async def test_certificates_fail_when_they_have_expired(aws: Any, judge: Judge) -> None:
    def certificate(name: str, days: float) -> dict[str, Any]:
        return {
            "Path": "/",
            "ServerCertificateName": name,
            "ServerCertificateId": "ASCA0123456789ABCDEF",
            "Arn": arn(f"server-certificate/{name}"),
            "Expiration": NOW + timedelta(days=days),
        }

    first = {"ServerCertificateMetadataList": [certificate("old", -1)], "IsTruncated": True, "Marker": "2"}
    undated = {name: value for name, value in certificate("undated", 1).items() if name != "Expiration"}
    second = {"ServerCertificateMetadataList": [certificate("new", 1), undated], "IsTruncated": False}
    aws.answer("iam", "ListServerCertificates", first, Marker=None)
    aws.answer("iam", "ListServerCertificates", second, Marker="2")
    assert statuses(await judge(CERTIFICATE)) == {"old": "fail", "new": "pass", "undated": "not_assessed"}


async def test_running_instances_need_a_profile(aws: Any, judge: Judge) -> None:
    def instance(name: str, state: str, profile: str = "") -> dict[str, Any]:
        with_profile = {"IamInstanceProfile": {"Arn": profile, "Id": "AIPA"}} if profile else {}
        return {
            "InstanceId": f"i-{name}",
            "ImageId": "ami-1",
            "InstanceType": "t3.micro",
            "State": {"Code": 16, "Name": state},
            "Tags": [{"Key": "Name", "Value": name}],
            **with_profile,
        }

    instances = [
        instance("bare", "running"),
        instance("dressed", "running", arn("instance-profile/web")),
        instance("stopped", "stopped"),
        instance("gone", "terminated"),
    ]
    aws.answer("ec2", "DescribeInstances", {"Reservations": [{"Instances": instances}]})
    findings = await judge(PROFILE)
    assert statuses(findings) == {"bare": "fail", "dressed": "pass"}
    assert findings[0].resource_id == "arn:aws:ec2:eu-central-1:111122223333:instance/i-bare"


async def test_sessions_longer_than_an_hour_fail(aws: Any, judge: Judge) -> None:
    def list_entry(name: str, seconds: int | None, path: str = "/") -> dict[str, Any]:
        names = ("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument")
        members = {key: value for key, value in role(name, path=path).items() if key in names}
        return members if seconds is None else {**members, "MaxSessionDuration": seconds}

    roles = [
        list_entry("long", 3601),
        list_entry("hour", 3600),
        list_entry("default", None),
        list_entry("AWSReservedSSO_x", 43200, SSO),
        list_entry("linked", 43200, "/aws-service-role/x.amazonaws.com/"),
    ]
    aws.answer("iam", "ListRoles", {"Roles": roles[:1], "IsTruncated": True, "Marker": "2"}, Marker=None)
    aws.answer("iam", "ListRoles", {"Roles": roles[1:], "IsTruncated": False}, Marker="2")
    assert statuses(await judge(SESSION)) == {"long": "fail", "hour": "pass", "default": "pass"}


async def test_a_denied_listing_is_no_pass(aws: Any, judge: Judge) -> None:
    rows = [
        (ADMIN, "iam:GetAccountAuthorizationDetails"),
        (OWN_POLICIES, "iam:GetAccountAuthorizationDetails"),
        (SUPPORT, "iam:GetAccountAuthorizationDetails"),
        (CLOUDSHELL, "iam:GetAccountAuthorizationDetails"),
        (CERTIFICATE, "iam:ListServerCertificates"),
        (PROFILE, "ec2:DescribeInstances"),
        (SESSION, "iam:ListRoles"),
    ]
    with each_row() as row:
        for check, permission in rows:
            with row(check):
                aws.restart()
                aws.denied(*permission.split(":"))
                [finding] = await judge(check)
                assert finding.status is Status.NOT_ASSESSED
                assert finding.evidence["missing_permission"] == permission


async def test_the_identities_are_read_once_for_all_checks(aws: Any, judge: Judge) -> None:
    account(aws, user("a"), role("r"))
    await judge(ADMIN, OWN_POLICIES, SUPPORT, CLOUDSHELL, "aws-iam-007", "aws-iam-018")
    assert len(aws.requests("GetAccountAuthorizationDetails")) == 1
