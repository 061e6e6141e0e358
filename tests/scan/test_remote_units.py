"""Units that run elsewhere: their calls count, and one that did not run makes the job incomplete."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.commands.scan import exit_code
from cloud_audit_tui.model import RegionScope, Severity, Status
from cloud_audit_tui.scan.engine import Engine
from cloud_audit_tui.scan.events import (
    CallsTimed,
    OperationTiming,
    Outcome,
    Progress,
    Result,
    ScanFinished,
    Throttled,
)
from cloud_audit_tui.scan.executors.local import LocalExecutor
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.scan.units import RemoteCalls, UnitEvent, UnitLost
from scan_runs import state_of, with_notebooks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from aws_stub import AwsStub
    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.jobs import WorkUnit

CHECKS = ["aws-sagemaker-001", "aws-sagemaker-002"]
LOST_REGION = "eu-west-1"
REASON, ACTION = "The cluster has gone.", "Start it again."


class Elsewhere(LocalExecutor):
    """Runs units here, loses those of one region, and reports calls of another process."""

    async def execute(self, units: Sequence[WorkUnit]) -> AsyncGenerator[UnitEvent, None]:
        async for event in super().execute([unit for unit in units if unit.region != LOST_REGION]):
            yield event
        for unit in units:
            if unit.region == LOST_REGION:
                yield UnitLost(unit, Unread.UNREACHABLE, REASON, ACTION)
            else:
                yield RemoteCalls(
                    5,
                    [Throttled(ACCOUNT, unit.region, "s3", 2)],
                    [OperationTiming("s3", "ListBuckets", 5, 2, 0.5, 1.0, 0.25)],
                )


async def events_of(**job: Any) -> list[AnyEvent]:
    return [event async for event in Engine(ScanJob(**job), os.environ, Elsewhere).events()]


async def test_a_lost_unit_is_not_assessed_with_the_reason_and_the_scan_is_incomplete(aws: AwsStub) -> None:
    with_notebooks(aws, "a")
    events = await events_of(checks=CHECKS, regions=[REGION, LOST_REGION])
    lost = [
        event.finding for event in events if isinstance(event, Result) and event.finding.region == LOST_REGION
    ]
    assert sorted(finding.check_id for finding in lost) == CHECKS
    assert {finding.status for finding in lost} == {Status.NOT_ASSESSED}
    assert {type(finding.subject) for finding in lost} == {RegionScope}
    assert all(REASON in finding.reason for finding in lost)
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.FAILED
    assert end.message == f"1 of 2 regions was not scanned. {REASON} {ACTION}"
    assert end.not_assessed == 2
    progress = [event for event in events if isinstance(event, Progress)][-1]
    assert (progress.done, progress.total) == (4, 4)
    state = state_of(events)
    assert exit_code(state, state.failed) == 2


async def test_a_lost_unit_leaves_out_what_is_less_severe_than_asked_for(aws: AwsStub) -> None:
    events = await events_of(checks=CHECKS, regions=[LOST_REGION], min_severity=Severity.CRITICAL)
    results = [event.finding for event in events if isinstance(event, Result)]
    assert {finding.severity for finding in results} == {Severity.CRITICAL}


async def test_calls_of_another_process_are_counted_throttled_and_timed(aws: AwsStub) -> None:
    with_notebooks(aws, "a")
    events = await events_of(checks=CHECKS, regions=[REGION, "us-east-1"], timings=True)
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE
    assert end.calls == len(aws.calls) + 10
    assert state_of(events).throttled == {(ACCOUNT, REGION, "s3"): 2, (ACCOUNT, "us-east-1", "s3"): 2}
    (timed,) = [event for event in events if isinstance(event, CallsTimed)]
    (timing,) = [one for one in timed.timings if one.operation == "ListBuckets"]
    assert (timing.calls, timing.throttled, timing.waiting, timing.cpu) == (10, 4, 2.0, 0.5)
