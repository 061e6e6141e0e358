from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from cloud_audit_tui.checks.api import Region
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Finding, Status, Target, Verdict
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from cloud_audit_tui.checks.api import Reads

    Judge = Callable[..., Awaitable[list[Finding]]]

MFA, KEY, HARDWARE = "aws-iam-001", "aws-iam-008", "aws-iam-015"
ROOT = "arn:aws:iam::111122223333:root"
SERIAL = "arn:aws:iam::111122223333:mfa"


def device(name: str, user: str) -> dict[str, Any]:
    return {"SerialNumber": f"{SERIAL}/{name}", "User": person(user)}


def person(arn: str) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": "x",
        "UserId": "AIDA0123456789ABCDEF",
        "Arn": arn,
        "CreateDate": "2020-01-01T00:00:00Z",
    }


@pytest.fixture
def account(aws: Any) -> Callable[..., None]:
    def script(*pages: list[dict[str, Any]], **summary: int) -> None:
        aws.answer("iam", "GetAccountSummary", {"SummaryMap": summary})
        for index, devices in enumerate(pages or ([],)):
            has_next = index + 1 < len(pages)
            answer: dict[str, Any] = {"VirtualMFADevices": devices, "IsTruncated": has_next}
            if has_next:
                answer["Marker"] = f"page {index + 1}"
            token = {"Marker": f"page {index}" if index else None}
            aws.answer("iam", "ListVirtualMFADevices", answer, **token)

    return script


NO_CREDENTIALS = {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 0}


async def test_the_summary_of_the_account_decides(account: Any, judge: Judge, aws: Any) -> None:
    rows: list[tuple[dict[str, int], str, str, str]] = [
        ({"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}, "pass", "pass", "pass"),
        ({"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1}, "fail", "fail", "fail"),
        (NO_CREDENTIALS, "pass", "pass", "pass"),
        ({**NO_CREDENTIALS, "AccountAccessKeysPresent": 1}, "fail", "fail", "fail"),
        ({**NO_CREDENTIALS, "AccountPasswordPresent": 1}, "fail", "pass", "fail"),
        ({"Users": 3}, "not_assessed", "not_assessed", "not_assessed"),
    ]
    with each_row() as row:
        for summary, mfa, key, hardware in rows:
            with row(summary):
                aws.restart()
                account(**summary)
                statuses = {
                    finding.check_id: finding.status.value for finding in await judge(MFA, KEY, HARDWARE)
                }
                assert statuses == {MFA: mfa, KEY: key, HARDWARE: hardware}


@pytest.mark.parametrize(
    ("name", "user", "status"),
    [
        ("any-name-at-all", ROOT, Status.FAIL),
        ("root-account-mfa-device", ROOT, Status.FAIL),
        ("root", "arn:aws:iam::111122223333:user/root", Status.PASS),
    ],
)
async def test_a_virtual_device_is_roots_by_its_user_wherever_it_is_listed(
    account: Any, judge: Judge, name: str, user: str, status: Status
) -> None:
    other = device("alice", "arn:aws:iam::111122223333:user/alice")
    account([other], [device(name, user)], AccountMFAEnabled=1)
    [finding] = await judge(HARDWARE)
    assert finding.status is status


class _Summary:
    """Reads that answer with one summary of an account and no virtual devices."""

    def __init__(self, **summary: int) -> None:
        self.summary = summary

    async def read(self, *_: Any) -> dict[str, Any]:
        return {"SummaryMap": self.summary}

    async def items(self, *_: Any) -> AsyncIterator[Any]:
        devices: tuple[Any, ...] = ()
        for device in devices:
            yield device


async def _in_partition(partition: str, check: str, **summary: int) -> Verdict:
    target = Target("x", "111122223333", "us-gov-west-1", partition)
    reads = frozenset(all_checks()[check].reads)
    region = Region(target, cast("Reads", _Summary(**summary)), reads)
    [verdict] = [verdict async for verdict in all_checks()[check].run(region)]
    return verdict


@pytest.mark.parametrize(
    ("partition", "words"), [("aws-us-gov", "GovCloud"), ("aws-cn", "China Regions"), ("aws", "")]
)
async def test_a_partition_whose_root_user_cannot_sign_in_has_no_fault(partition: str, words: str) -> None:
    no_mfa = {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0}
    for check in (MFA, HARDWARE):
        verdict = await _in_partition(partition, check, **no_mfa)
        assert verdict.status is (Status.PASS if words else Status.FAIL), check
        assert words in verdict.reason
    assert (await _in_partition(partition, KEY, **no_mfa)).status is Status.PASS
    assert (await _in_partition(partition, KEY, AccountAccessKeysPresent=1)).status is Status.FAIL


async def test_a_denied_read_is_no_pass(aws: Any, judge: Judge) -> None:
    aws.answer("iam", "GetAccountSummary", {"SummaryMap": {"AccountMFAEnabled": 1}})
    aws.denied("iam", "ListVirtualMFADevices")
    findings = {finding.check_id: finding for finding in await judge(MFA, HARDWARE)}
    assert findings[MFA].status is Status.PASS
    assert findings[HARDWARE].status is Status.NOT_ASSESSED
    assert findings[HARDWARE].evidence["missing_permission"] == "iam:ListVirtualMFADevices"
