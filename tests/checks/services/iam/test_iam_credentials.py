from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.aws import reader
from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.services.iam.credential_report import parse
from cloud_audit_tui.checks.services.iam.credentials import NAMED_USERS
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

MFA, OLD, UNUSED, SEVERAL = "aws-iam-002", "aws-iam-003", "aws-iam-004", "aws-iam-009"
NOW = datetime.now(UTC)
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,"
    "cert_2_active,cert_2_last_rotated"
)
ROOT = (
    "<root_account>,arn:aws:iam::111122223333:root,2015-01-01T00:00:00+00:00,not_supported,"
    "2020-01-01T00:00:00+00:00,not_supported,not_supported,false,true,2015-01-01T00:00:00+00:00,N/A,N/A,N/A,"
    "true,2015-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A"
)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def key(days: float | None = None, days_unused: float | None = None, active: bool = True) -> list[str]:
    if days is None:
        return ["false", "N/A", "N/A", "N/A", "N/A"]
    last = ["N/A", "N/A", "N/A"] if days_unused is None else [ago(days_unused), "us-east-1", "s3"]
    return [str(active).lower(), ago(days), *last]


def row(
    user: str,
    *keys: list[str],
    password: tuple[float, float | None] | None = None,
    mfa: bool = False,
) -> str:
    arn = f"arn:aws:iam::111122223333:user/{user}"
    secret = ["false", "N/A", "N/A", "N/A"]
    if password is not None:
        days_since_change, days_unused = password
        secret = [
            "true",
            "no_information" if days_unused is None else ago(days_unused),
            ago(days_since_change),
            "N/A",
        ]
    first, second = [*keys, key(), key()][:2]
    cells = [user, arn, ago(400), *secret, str(mfa).lower(), *first, *second, "false", "N/A", "false", "N/A"]
    return ",".join(cells)


@pytest.fixture
def report(aws: Any) -> Callable[..., None]:
    def script(*rows: str) -> None:
        aws.answer("iam", "GetCredentialReport", content(*rows))
        aws.answer("iam", "ListVirtualMFADevices", {"VirtualMFADevices": [], "IsTruncated": False})

    return script


def content(*rows: str) -> dict[str, Any]:
    text = "\n".join([HEADER, ROOT, *rows])
    return {
        "Content": base64.b64encode(text.encode()).decode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": NOW,
    }


def live(aws: Any, user: str, *keys: tuple[str, float, str]) -> None:
    metadata = [
        {"UserName": user, "AccessKeyId": id_, "CreateDate": ago(days), "Status": status}
        for id_, days, status in keys
    ]
    aws.answer("iam", "ListAccessKeys", {"AccessKeyMetadata": metadata, "IsTruncated": False}, UserName=user)


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    assert len({finding.resource_id for finding in findings}) == len(findings)
    return {finding.resource_name: finding for finding in findings}


async def test_a_password_needs_an_mfa_device(aws: Any, report: Any, judge: Judge) -> None:
    report(
        row("alice", password=(10, 1)),
        row("bob", password=(10, 1), mfa=True),
        row("machine", key(1)),
    )
    findings = by_name(await judge(MFA))
    assert {name: finding.status.value for name, finding in findings.items()} == {
        "alice": "fail",
        "bob": "pass",
        "machine": "pass",
    }
    assert findings["alice"].evidence["user_name"] == "alice"
    assert not aws.requests("GetLoginProfile")


async def test_a_virtual_device_that_the_report_does_not_know_yet_counts(aws: Any, judge: Judge) -> None:
    aws.answer("iam", "GetCredentialReport", content(row("alice", password=(10, 1))))
    user = {
        "Path": "/",
        "UserName": "alice",
        "UserId": "AIDA0123456789ABCDEF",
        "Arn": "arn:aws:iam::111122223333:user/alice",
        "CreateDate": NOW,
    }
    device = {"SerialNumber": "arn:aws:iam::111122223333:mfa/alice", "User": user}
    aws.answer("iam", "ListVirtualMFADevices", {"VirtualMFADevices": [device], "IsTruncated": False})
    [finding] = await judge(MFA)
    assert finding.status is Status.PASS


async def test_devices_that_cannot_be_listed_leave_open_who_has_one(aws: Any, judge: Judge) -> None:
    aws.answer("iam", "GetCredentialReport", content(row("alice", password=(10, 1))))
    aws.denied("iam", "ListVirtualMFADevices")
    [finding] = await judge(MFA)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "iam:ListVirtualMFADevices"


async def test_a_key_fails_after_its_ninetieth_day(aws: Any, report: Any, judge: Judge) -> None:
    report(
        row("old", key(91.1), key(89)),
        row("ninety", key(90.5)),
        row("inactive", key(500, active=False)),
        row("none"),
    )
    live(aws, "old", ("AKIAOLD0000000000000", 91.1, "Active"), ("AKIANEW0000000000000", 89, "Active"))
    findings = by_name(await judge(OLD))
    assert {name: finding.status.value for name, finding in findings.items()} == {
        "old/AKIAOLD0000000000000": "fail",
        "old/AKIANEW0000000000000": "pass",
        "ninety/access key 1": "pass",
    }
    assert findings["old/AKIAOLD0000000000000"].evidence["access_key_id"] == "AKIAOLD0000000000000"
    assert findings["old/AKIAOLD0000000000000"].evidence["other_active_keys"] == 1


async def test_a_key_has_one_identity_whether_its_id_can_be_read_or_not(
    aws: Any, report: Any, judge: Judge
) -> None:
    report(
        row("alice", key(5, days_unused=1)),
        row("bob", key(6, days_unused=1)),
        row("carol", key(7, days_unused=1)),
    )
    live(aws, "alice", ("AKIAALICE00000000000", 5, "Active"))
    live(aws, "bob", ("AKIABOB0000000000000", 6, "Inactive"))
    aws.denied("iam", "ListAccessKeys", UserName="carol")
    for check_id in (OLD, UNUSED):
        findings = by_name(await judge(check_id))
        assert {name: finding.status for name, finding in findings.items()} == {
            "alice/AKIAALICE00000000000": Status.PASS,
            "carol/access key 1": Status.PASS,
        }
        for name, user, days in (
            ("alice/AKIAALICE00000000000", "alice", 5),
            ("carol/access key 1", "carol", 7),
        ):
            creation = findings[name].evidence["created"]
            assert creation.startswith(f"{NOW - timedelta(days=days):%Y-%m-%d}")
            assert (
                findings[name].resource_id == f"arn:aws:iam::111122223333:user/{user}/access-key/{creation}"
            )


async def test_two_keys_of_the_same_second_have_two_identities(aws: Any, report: Any, judge: Judge) -> None:
    report(row("twin", key(5, days_unused=1), key(5, days_unused=1)))
    aws.denied("iam", "ListAccessKeys")
    assert len({finding.resource_id for finding in await judge(OLD)}) == 2


async def test_keys_that_pass_cost_no_call_each_in_an_account_with_many(
    aws: Any, report: Any, judge: Judge
) -> None:
    report(row("old", key(200)), *(row(f"user-{number}", key(5)) for number in range(NAMED_USERS)))
    live(aws, "old", ("AKIAOLD0000000000000", 200, "Active"))
    findings = by_name(await judge(OLD))
    assert findings["user-0/access key 1"].status is Status.PASS
    assert [request["UserName"] for request in aws.requests("ListAccessKeys")] == ["old"]


async def test_a_key_deactivated_or_deleted_since_the_report_is_no_finding(
    aws: Any, report: Any, judge: Judge
) -> None:
    report(row("fixed", key(200)), row("gone", key(200)), row("left", key(200)))
    live(aws, "fixed", ("AKIA1000000000000000", 200, "Inactive"))
    live(aws, "gone")
    refusal = aws.refusal("NoSuchEntity", "The user with name left cannot be found.")
    aws.answer("iam", "ListAccessKeys", refusal, UserName="left")
    assert await judge(OLD) == []


async def test_one_user_whose_keys_are_denied_does_not_hide_the_others(
    aws: Any, report: Any, judge: Judge
) -> None:
    report(row("alice", key(200)), row("bob", key(200)))
    aws.denied("iam", "ListAccessKeys", UserName="alice")
    live(aws, "bob", ("AKIABOB0000000000000", 200, "Active"))
    findings = {finding.resource_name: finding for finding in await judge(OLD)}
    assert findings["alice/access key 1"].status is Status.NOT_ASSESSED
    assert findings["alice/access key 1"].evidence["missing_permission"] == "iam:ListAccessKeys"
    assert findings["bob/AKIABOB0000000000000"].status is Status.FAIL


async def test_what_was_not_used_for_45_days_fails(aws: Any, report: Any, judge: Judge) -> None:
    report(
        row("fresh", key(0)),
        row("never", key(46)),
        row("idle", key(400, days_unused=45.1)),
        row("busy", key(400, days_unused=44.9)),
        row("sleeper", password=(400, 60), mfa=True),
        row("unopened", password=(50, None), mfa=True),
        row("newcomer", password=(2, None), mfa=True),
        row("returned", password=(3, 300), mfa=True),
        row("forgotten", password=(60, 61), mfa=True),
    )
    live(aws, "never", ("AKIANEVER00000000000", 46, "Active"))
    live(aws, "idle", ("AKIAIDLE000000000000", 400, "Active"))
    findings = by_name(await judge(UNUSED))
    assert {name: (finding.status.value, finding.severity) for name, finding in findings.items()} == {
        "fresh/access key 1": ("pass", Severity.MEDIUM),
        "never/AKIANEVER00000000000": ("fail", Severity.MEDIUM),
        "idle/AKIAIDLE000000000000": ("fail", Severity.LOW),
        "busy/access key 1": ("pass", Severity.MEDIUM),
        "sleeper": ("fail", Severity.LOW),
        "unopened": ("fail", Severity.MEDIUM),
        "newcomer": ("pass", Severity.MEDIUM),
        "returned": ("pass", Severity.MEDIUM),
        "forgotten": ("fail", Severity.LOW),
    }
    assert findings["returned"].reason == 'The password of user "returned" was set 3 days ago.'
    assert findings["forgotten"].reason == 'The password of user "forgotten" was not used for 60 days.'


async def test_two_active_keys_fail_with_the_older_first(aws: Any, report: Any, judge: Judge) -> None:
    report(
        row("two", key(10, days_unused=1), key(300, days_unused=2)),
        row("one", key(10), key(300, active=False)),
        row("fixed", key(10), key(300)),
    )
    live(aws, "two", ("AKIANEW0000000000000", 10, "Active"), ("AKIAOLD0000000000000", 300, "Active"))
    live(aws, "fixed", ("AKIAF100000000000000", 10, "Active"), ("AKIAF200000000000000", 300, "Inactive"))
    findings = by_name(await judge(SEVERAL))
    assert {name: finding.status.value for name, finding in findings.items()} == {
        "two": "fail",
        "one": "pass",
        "fixed": "pass",
    }
    keys = findings["two"].evidence["keys"]
    assert [one["access_key_id"] for one in keys] == ["AKIAOLD0000000000000", "AKIANEW0000000000000"]
    assert keys[0]["last_used"] == ago(2)


async def test_a_report_that_does_not_exist_yet_is_made_once_for_all_checks(
    aws: Any, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "POLL_AFTER", (0.0,) * 4)
    not_there = aws.refusal("ReportNotPresent", "No report present.")
    not_ready = aws.refusal("ReportInProgress", "Report is in progress.")
    aws.answer("iam", "GetCredentialReport", not_there, times=1)
    aws.answer("iam", "GetCredentialReport", not_ready, times=2)
    aws.answer("iam", "GetCredentialReport", content(row("two", key(1), key(2))))
    aws.answer("iam", "GenerateCredentialReport", {"State": "STARTED"})
    live(aws, "two", ("AKIA1000000000000000", 1, "Active"), ("AKIA2000000000000000", 2, "Active"))
    findings = await judge(MFA, OLD, UNUSED, SEVERAL)
    assert {finding.status for finding in findings if finding.check_id == SEVERAL} == {Status.FAIL}
    assert len(findings) == 6
    assert len(aws.requests("GenerateCredentialReport")) == 1
    assert len(aws.requests("GetCredentialReport")) == 4


async def test_a_report_that_never_gets_ready_is_not_assessed(
    aws: Any, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "POLL_AFTER", (0.0,) * 3)
    aws.answer("iam", "GetCredentialReport", aws.refusal("ReportInProgress", "Report is in progress."))
    aws.answer("iam", "GenerateCredentialReport", {"State": "INPROGRESS"})
    [finding] = await judge(SEVERAL)
    assert finding.status is Status.NOT_ASSESSED
    assert "Scan again" in finding.reason


@pytest.mark.parametrize("operation", ["GetCredentialReport", "GenerateCredentialReport"])
async def test_a_denied_report_is_no_pass(aws: Any, judge: Judge, operation: str) -> None:
    aws.answer("iam", "GetCredentialReport", aws.refusal("ReportExpired", "Expired."), times=1)
    aws.denied("iam", operation)
    if operation == "GetCredentialReport":
        aws.answer("iam", "GenerateCredentialReport", {"State": "STARTED"})
    [finding] = await judge(MFA)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == f"iam:{operation}"


async def test_a_row_that_makes_no_sense_costs_one_user(report: Any, judge: Judge) -> None:
    broken_row = row("odd", password=(1, 1)).replace("true", "perhaps", 1)
    report(broken_row, row("cut", password=(1, 1)).rsplit(",", 12)[0], row("bob", password=(1, 1), mfa=True))
    findings = by_name(await judge(MFA))
    assert {name: finding.status.value for name, finding in findings.items()} == {
        "odd": "not_assessed",
        "cut": "not_assessed",
        "bob": "pass",
    }


def test_commas_in_names_do_not_move_the_columns() -> None:
    [user] = parse("\n".join([HEADER, row("a,b@x.com", key(3), password=(9, 1))]))
    assert (user.user, user.arn) == ("a,b@x.com", "arn:aws:iam::111122223333:user/a,b@x.com")
    assert user.password
    assert [one.active for one in user.keys] == [True, False]


def test_what_is_no_report_is_refused() -> None:
    with each_row() as row:
        for text in ("", "user,arn\n", "<html>", HEADER.replace("mfa_active", "other")):
            with row(text), pytest.raises(ReadError):
                parse(text)
