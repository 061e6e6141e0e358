from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

INSPECTOR = "aws-inspector-001"
ACCOUNT = "111122223333"
EVERYTHING = ("ec2", "ecr", "lambda", "lambdaCode")


def state(status: str) -> dict[str, str]:
    return {"status": status, "errorCode": "ALREADY_ENABLED", "errorMessage": "none"}


def account(
    aws: Any,
    on: tuple[str, ...],
    status: str = "ENABLED",
    on_status: str = "ENABLED",
    besides: tuple[str, ...] = (),
) -> None:
    states = {name: state(on_status if name in on else "DISABLED") for name in EVERYTHING}
    states |= {name: state("ENABLED") for name in besides}
    accounts = [{"accountId": ACCOUNT, "state": state(status), "resourceState": states}]
    aws.answer("inspector2", "BatchGetAccountStatus", {"accounts": accounts})


@pytest.mark.parametrize("status", ["ENABLED", "ENABLING"])
async def test_everything_scanned_passes(aws: Any, judge: Judge, status: str) -> None:
    account(aws, EVERYTHING, on_status=status)
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.PASS
    assert aws.requests("BatchGetAccountStatus") == [{"accountIds": [ACCOUNT]}]


async def test_the_account_being_enabled_does_not_hide_what_is_off(aws: Any, judge: Judge) -> None:
    account(aws, ("ecr",))
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.FAIL
    assert finding.evidence["off"] == ["EC2", "LAMBDA", "LAMBDA_CODE"]
    assert finding.reason == "Inspector does not scan EC2, LAMBDA, LAMBDA_CODE in eu-central-1."


@pytest.mark.parametrize("status", ["SUSPENDED", "DISABLING"])
async def test_what_is_suspended_is_off(aws: Any, judge: Judge, status: str) -> None:
    account(aws, EVERYTHING, status=status, on_status=status)
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.FAIL
    assert finding.reason == "Inspector scans nothing in eu-central-1."


@pytest.mark.parametrize(
    "answer",
    [
        {"accounts": []},
        {
            "accounts": [],
            "failedAccounts": [
                {"accountId": ACCOUNT, "errorCode": "RESOURCE_NOT_FOUND", "errorMessage": "unknown"}
            ],
        },
    ],
)
async def test_an_account_that_inspector_does_not_know_fails(
    aws: Any, judge: Judge, answer: dict[str, Any]
) -> None:
    aws.answer("inspector2", "BatchGetAccountStatus", answer)
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.FAIL
    assert finding.evidence["off"] == ["EC2", "ECR", "LAMBDA", "LAMBDA_CODE"]


async def test_not_found_is_off(aws: Any, judge: Judge) -> None:
    refusal = aws.refusal("ResourceNotFoundException", "none")
    aws.answer("inspector2", "BatchGetAccountStatus", refusal)
    assert [finding.status for finding in await judge(INSPECTOR)] == [Status.FAIL]


async def test_a_failed_account_is_not_assessed(aws: Any, judge: Judge) -> None:
    failures = [{"accountId": ACCOUNT, "errorCode": "ACCESS_DENIED", "errorMessage": "no \x1b[31m"}]
    aws.answer("inspector2", "BatchGetAccountStatus", {"accounts": [], "failedAccounts": failures})
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.NOT_ASSESSED
    assert "\x1b" not in finding.reason


async def test_lambda_code_is_asked_of_regions_that_scan_it(aws: Any, judge: Judge) -> None:
    regions = {"Regions": [{"RegionName": "eu-south-1"}]}
    aws._scripts.pop(("ec2", "DescribeRegions"))
    aws.answer("ec2", "DescribeRegions", regions)
    account(aws, ("ec2", "ecr", "lambda"))
    [finding] = await judge(INSPECTOR, regions=("eu-south-1",))
    assert finding.status is Status.PASS


async def test_a_denied_read_is_not_a_pass(aws: Any, judge: Judge) -> None:
    aws.denied("inspector2", "BatchGetAccountStatus")
    [finding] = await judge(INSPECTOR)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "inspector2:BatchGetAccountStatus"


@pytest.mark.parametrize(
    ("besides", "words"),
    [
        ((), []),
        (("codeRepository",), ["CODE_REPOSITORY"]),
        (("ami", "codeRepository"), ["CODE_REPOSITORY", "AMI"]),
    ],
)
async def test_scans_that_are_not_required_are_named_when_they_are_on(
    aws: Any, judge: Judge, besides: tuple[str, ...], words: list[str]
) -> None:
    account(aws, ("ec2",), besides=besides)
    [finding] = await judge(INSPECTOR)
    assert (finding.status, finding.evidence["on_besides"]) == (Status.FAIL, words)
