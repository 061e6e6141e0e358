from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

HUB = "aws-sh-001"


async def test_a_hub_passes(aws: Any, judge: Judge) -> None:
    arn = "arn:aws:securityhub:eu-central-1:111122223333:hub/default"
    aws.answer("securityhub", "DescribeHub", {"HubArn": arn, "SubscribedAt": "2024-01-01T00:00:00.000Z"})
    [finding] = await judge(HUB)
    assert finding.status is Status.PASS
    assert finding.evidence["hub_arn"] == arn


@pytest.mark.parametrize("code", ["InvalidAccessException", "ResourceNotFoundException"])
async def test_an_account_that_is_not_subscribed_fails(aws: Any, judge: Judge, code: str) -> None:
    aws.answer("securityhub", "DescribeHub", aws.refusal(code, "Account is not subscribed"))
    aws.answer("config", "DescribeConfigurationRecorders", {"ConfigurationRecorders": []})
    [finding] = await judge(HUB)
    assert finding.status is Status.FAIL
    assert finding.resource_name == "eu-central-1"
    assert finding.evidence["has_recorder"] is False


async def test_a_recorder_that_cannot_be_read_changes_nothing(aws: Any, judge: Judge) -> None:
    aws.answer("securityhub", "DescribeHub", aws.refusal("InvalidAccessException", "none"))
    [finding] = await judge(HUB)
    assert finding.status is Status.FAIL
    assert finding.evidence["has_recorder"] is None


async def test_a_denied_read_is_not_a_pass_and_other_regions_are_judged(aws: Any, judge: Judge) -> None:
    aws.answer("securityhub", "DescribeHub", {"HubArn": "arn"}, region="eu-west-1")
    findings = {
        finding.region: finding for finding in await judge(HUB, regions=("eu-central-1", "eu-west-1"))
    }
    assert findings["eu-central-1"].status is Status.NOT_ASSESSED
    assert findings["eu-central-1"].evidence["missing_permission"] == "securityhub:DescribeHub"
    assert findings["eu-west-1"].status is Status.PASS
