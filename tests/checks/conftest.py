"""A scan of the scripted AWS through the product's own engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_stub import REGION
from check_coverage import PROPERTY, kinds_seen
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.engine import scan
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aws_stub import AwsStub


@pytest.fixture
def judge(aws: AwsStub, request: pytest.FixtureRequest) -> Callable[..., Awaitable[list[Finding]]]:
    """Scan the stub with some checks through the whole engine and return what was found."""

    async def run(*checks: str, regions: tuple[str, ...] = (REGION,)) -> list[Finding]:
        import os

        wanted = Request(regions=list(regions), checks=list(checks))
        events = [event async for event in scan(wanted, os.environ)]
        finished = events[-1]
        assert isinstance(finished, ScanFinished)
        assert finished.outcome is Outcome.COMPLETE, finished.message
        findings = [event.finding for event in events if isinstance(event, Result)]
        assert finished.failed == sum(found.status is Status.FAIL for found in findings)
        request.node.user_properties.append((PROPERTY, kinds_seen(findings, aws.calls)))
        return findings

    return run
