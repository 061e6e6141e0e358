"""A scan of the scripted AWS through the product's own engine."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from aws_stub import REGION
from check_coverage import PROPERTY, kinds_of_test
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan import engine
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from once_a_run import once_a_run
from recorded_reads import record
from scan_runs import scan
from shared_demo import lead_to

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aws_stub import AwsStub
    from cloud_audit_tui.aws.identity import Identity
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions
    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from recorded_reads import RecordedAccount


@pytest.fixture(scope="session")
def identities() -> dict[tuple[str, str, str], Identity]:
    """What the scanner found out about the usual account of the stub, by profile and regions."""
    return {}


@pytest.fixture
def judge(
    aws: AwsStub,
    identities: dict[tuple[str, str, str], Identity],
    short_rests: None,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Awaitable[list[Finding]]]:
    """Scan the stub with some checks through the whole engine and return the findings.

    The stub gives only answers that AWS can give, so no check may log one as malformed. A worker identifies
    the usual account once: its three calls and clients are a third of the time of a scan with one check.
    """

    async def identified(
        sessions: Sessions, profile: Profile, fallback_region: str, *, briefly: bool
    ) -> Identity:
        if briefly or not aws.is_the_usual_account():
            return await identify(sessions, profile, fallback_region, briefly=briefly)
        key = (profile.name, profile.region or "", fallback_region)
        if key not in identities:
            identities[key] = await identify(sessions, profile, fallback_region)
        return identities[key]

    monkeypatch.setattr(engine, "identify", identified)

    async def run(*checks: str, regions: tuple[str, ...] = (REGION,)) -> list[Finding]:
        # Else a malformed answer in one row of a test would fail the rows after it.
        caplog.clear()
        job = ScanJob(regions=list(regions), checks=list(checks))
        events = [event async for event in scan(job, os.environ)]
        finished = events[-1]
        assert isinstance(finished, ScanFinished)
        assert finished.outcome is Outcome.COMPLETE, finished.message
        findings = [event.finding for event in events if isinstance(event, Result)]
        assert finished.failed == sum(finding.status is Status.FAIL for finding in findings)
        assert not [record.message for record in caplog.records if record.name.endswith("checks.api")]
        request.node.user_properties.append((PROPERTY, kinds_of_test(findings, aws.calls)))
        return findings

    return run


@pytest.fixture(scope="session")
def recorded_accounts(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> list[RecordedAccount]:
    """The answers that every check got from the accounts of the demo."""

    def make() -> list[RecordedAccount]:
        profiles = [name for name in embedded_aws.profiles if name != "demo-expired"]
        with pytest.MonkeyPatch.context() as environment:
            lead_to(embedded_aws, environment)
            return asyncio.run(record(os.environ, profiles))

    return once_a_run(tmp_path_factory, pytestconfig, "recorded-accounts", make)
