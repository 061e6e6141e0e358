"""A scan of the scripted AWS through the product's own engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_stub import REGION
from check_coverage import PROPERTY, kinds_seen
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from scan_runs import scan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aws_stub import AwsStub


@pytest.fixture
def judge(
    aws: AwsStub, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Callable[..., Awaitable[list[Finding]]]:
    """Scan the stub with some checks through the whole engine and return the findings.

    No check may stumble over an answer that AWS can give, which it logs as malformed.
    """

    async def run(*checks: str, regions: tuple[str, ...] = (REGION,)) -> list[Finding]:
        import os

        job = ScanJob(regions=list(regions), checks=list(checks))
        events = [event async for event in scan(job, os.environ)]
        finished = events[-1]
        assert isinstance(finished, ScanFinished)
        assert finished.outcome is Outcome.COMPLETE, finished.message
        findings = [event.finding for event in events if isinstance(event, Result)]
        assert finished.failed == sum(found.status is Status.FAIL for found in findings)
        assert not [record.message for record in caplog.records if record.name.endswith("checks.api")]
        request.node.user_properties.append((PROPERTY, kinds_seen(findings, aws.calls)))
        return findings

    return run
