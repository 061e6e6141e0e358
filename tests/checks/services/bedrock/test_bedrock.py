from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

LOGGING, GUARDRAIL = "aws-bedrock-001", "aws-bedrock-002"
READ = "GetModelInvocationLoggingConfiguration"
BUCKET = {"s3Config": {"bucketName": "model-logs", "keyPrefix": "calls"}}
GROUP = {"cloudWatchConfig": {"logGroupName": "/bedrock", "roleArn": "arn:aws:iam::111122223333:role/logs"}}


async def test_what_is_logged_decides(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any] | None, Status, str]] = [
        (None, Status.FAIL, "logs no call"),
        ({}, Status.FAIL, "logs no call"),
        ({"textDataDeliveryEnabled": True}, Status.FAIL, "logs no call"),
        (BUCKET, Status.PASS, 'bucket "model-logs"'),
        (GROUP, Status.PASS, 'log group "/bedrock"'),
        ({**BUCKET, **GROUP, "textDataDeliveryEnabled": True}, Status.PASS, "and log group"),
        ({**BUCKET, "textDataDeliveryEnabled": False}, Status.FAIL, "without their prompts"),
        (
            {**BUCKET, "textDataDeliveryEnabled": True, "imageDataDeliveryEnabled": False},
            Status.PASS,
            "It leaves out images.",
        ),
        ({**BUCKET, "audioDataDeliveryEnabled": False}, Status.PASS, "It leaves out audio."),
    ]
    with each_row() as row:
        for config, verdict, words in rows:
            with row(config):
                aws.restart()
                aws.answer("bedrock", READ, {} if config is None else {"loggingConfig": config})
                [finding] = await judge(LOGGING)
                assert finding.status is verdict
                assert words in finding.reason
                assert finding.evidence["logging_config"] == (config or {})


async def test_a_denied_read_is_not_a_pass(aws: Any, judge: Judge) -> None:
    aws.denied("bedrock", READ)
    aws.denied("bedrock", "ListGuardrails")
    findings = {finding.check_id: finding for finding in await judge(LOGGING, GUARDRAIL)}
    assert findings[LOGGING].evidence["missing_permission"] == f"bedrock:{READ}"
    assert findings[GUARDRAIL].evidence["missing_permission"] == "bedrock:ListGuardrails"
    assert {finding.status for finding in findings.values()} == {Status.NOT_ASSESSED}


async def test_a_region_without_bedrock_is_told_without_a_call(aws: Any, judge: Judge) -> None:
    aws._scripts.pop(("ec2", "DescribeRegions"))
    aws.answer("ec2", "DescribeRegions", {"Regions": [{"RegionName": "af-south-1"}]})
    findings = await judge(LOGGING, GUARDRAIL, regions=("af-south-1",))
    assert [finding.status for finding in findings] == [Status.NOT_ASSESSED] * 2
    assert {finding.evidence["unread"] for finding in findings} == {"unavailable"}
    assert not [call for call in aws.calls if call.service == "bedrock"]


def guardrail(name: str, status: str = "READY") -> dict[str, Any]:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    return {
        "id": "abc123",
        "arn": "arn:aws:bedrock:eu-central-1:111122223333:guardrail/abc123",
        "status": status,
        "name": name,
        "version": "DRAFT",
        "createdAt": now,
        "updatedAt": now,
    }


async def test_a_guardrail_that_works_passes(aws: Any, judge: Judge) -> None:
    rows: list[tuple[list[dict[str, Any]], Status]] = [
        ([], Status.FAIL),
        ([guardrail("g", "FAILED"), guardrail("h", "DELETING")], Status.FAIL),
        ([guardrail("g", "FAILED"), guardrail("[/red]\x1b")], Status.PASS),
        ([guardrail("g", "UPDATING")], Status.PASS),
    ]
    with each_row() as row:
        for found_there, verdict in rows:
            with row(found_there):
                aws.restart()
                aws.answer("bedrock", "ListGuardrails", {"guardrails": found_there})
                [finding] = await judge(GUARDRAIL)
                assert finding.status is verdict
                assert "\x1b" not in finding.reason


async def test_a_guardrail_on_the_second_page_counts(aws: Any, judge: Judge) -> None:
    aws.pages("bedrock", "ListGuardrails", [guardrail("g", "FAILED")], [guardrail("h")])
    assert [finding.status for finding in await judge(GUARDRAIL)] == [Status.PASS]


@pytest.mark.parametrize(
    ("metrics", "logging", "guardrails", "words"),
    [
        ([], Severity.LOW, Severity.LOW, "no metric of a call through bedrock-runtime"),
        (
            [{"Namespace": "AWS/Bedrock", "MetricName": "Invocations"}],
            Severity.HIGH,
            Severity.MEDIUM,
            "were called there lately",
        ),
        (None, Severity.HIGH, Severity.MEDIUM, "could not be read"),
    ],
)
async def test_a_region_in_which_nobody_calls_models_is_less_severe(
    aws: Any,
    judge: Judge,
    metrics: list[dict[str, Any]] | None,
    logging: Severity,
    guardrails: Severity,
    words: str,
) -> None:
    aws.answer("bedrock", READ, {})
    aws.answer("bedrock", "ListGuardrails", {"guardrails": []})
    if metrics is None:
        aws.denied("cloudwatch", "ListMetrics")
    else:
        aws.answer("cloudwatch", "ListMetrics", {"Metrics": metrics})
    findings = {finding.check_id: finding for finding in await judge(LOGGING, GUARDRAIL)}
    assert {finding.status for finding in findings.values()} == {Status.FAIL}
    assert (findings[LOGGING].severity, findings[GUARDRAIL].severity) == (logging, guardrails)
    assert all(words in finding.reason for finding in findings.values())


@pytest.mark.parametrize(
    ("guardrails", "status"), [([], Status.NOT_ASSESSED), ([guardrail("g")], Status.PASS)]
)
async def test_a_region_that_offers_no_guardrails_is_not_failed(
    aws: Any, judge: Judge, guardrails: list[dict[str, Any]], status: Status
) -> None:
    aws._scripts.pop(("ec2", "DescribeRegions"))
    aws.answer("ec2", "DescribeRegions", {"Regions": [{"RegionName": "ap-southeast-4"}]})
    aws.answer("bedrock", "ListGuardrails", {"guardrails": guardrails})
    [finding] = await judge(GUARDRAIL, regions=("ap-southeast-4",))
    assert finding.status is status


async def test_use_that_is_on_the_second_page_of_metrics_counts(aws: Any, judge: Judge) -> None:
    """ListMetrics can return an empty page before the one that has metrics."""
    aws.answer("bedrock", READ, {})
    aws.pages("cloudwatch", "ListMetrics", [], [{"Namespace": "AWS/Bedrock", "MetricName": "Invocations"}])
    [finding] = await judge(LOGGING)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
