"""A scan or a verification that fails in an unforeseen way ends all the same, and is reported as failed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.conftest import FakeScan, finished, make_finding, started
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.scan.verification import VerificationStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.message import Message

    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.jobs import Job
    from cloud_audit_tui.store.store import Store


class MemoryStore:
    """A store that keeps nothing."""

    def apply(self, _batch: Sequence[AnyEvent], *, scan_id: str) -> None:
        pass


class BrokenStore:
    """A store that raises what no store should."""

    def apply(self, _batch: Sequence[AnyEvent], *, scan_id: str) -> None:
        raise TypeError(f"{scan_id} makes no sense")


def _start(job: Job, environment: Mapping[str, str | None]) -> FakeScan:
    scan = FakeScan(job, environment)
    scan.say(started("scan-1", job=job))
    return scan


def _complete(job: Job, environment: Mapping[str, str | None]) -> FakeScan:
    scan = _start(job, environment)
    scan.say(finished("scan-1"))
    return scan


def _not_startable(_job: Job, _environment: Mapping[str, str | None]) -> FakeScan:
    raise TypeError("it makes no sense")


def _not_closable(job: Job, environment: Mapping[str, str | None]) -> FakeScan:
    class NotClosable(FakeScan):
        async def close(self) -> None:
            raise ProcessLookupError("the process is gone")

    scan = NotClosable(job, environment)
    scan.say(started("scan-1", job=job), finished("scan-1"))
    return scan


def _running_jobs(
    start_job: Callable[[Job, Mapping[str, str | None]], FakeScan], store: Any
) -> tuple[RunningJobs, list[Message]]:
    messages: list[Message] = []
    return RunningJobs(cast("Store", store), start_job, {}, messages.append), messages


@pytest.mark.parametrize(("start_job", "store"), [(_start, BrokenStore()), (_not_startable, MemoryStore())])
async def test_a_scan_that_fails_unforeseen_ends_as_failed(start_job: Any, store: Any) -> None:
    running, messages = _running_jobs(start_job, store)
    await running.run_scan(ScanJob(profiles=["dev"]))
    assert not running.scanning
    ends = [each.end for each in messages if isinstance(each, RunningJobs.ScanEnded)]
    assert [end.outcome for end in ends] == [Outcome.FAILED]
    assert "makes no sense" in ends[0].message
    assert "makes no sense" in running.failure_of(["dev"])


@pytest.mark.parametrize(("start_job", "store"), [(_start, BrokenStore()), (_not_startable, MemoryStore())])
async def test_a_verification_that_fails_unforeseen_leaves_the_finding_unassessed(
    start_job: Any, store: Any
) -> None:
    running, messages = _running_jobs(start_job, store)
    await running.verify([make_finding()])
    assert not running.verifications.findings
    [results] = [each.results for each in messages if isinstance(each, RunningJobs.FindingsVerified)]
    assert [result.status for _, result in results] == [VerificationStatus.NOT_ASSESSED]
    assert "makes no sense" in results[0][1].reason


async def test_a_complete_scan_whose_process_cannot_be_ended_is_complete() -> None:
    running, messages = _running_jobs(_not_closable, MemoryStore())
    await running.run_scan(ScanJob(profiles=["dev"]))
    assert not running.scanning
    ends = [each.end.outcome for each in messages if isinstance(each, RunningJobs.ScanEnded)]
    assert ends == [Outcome.COMPLETE]


async def test_a_job_that_cannot_be_ended_leaves_no_other_running() -> None:
    jobs: list[FakeScan] = []

    def start_job(job: Job, environment: Mapping[str, str | None]) -> FakeScan:
        class OnceNotClosable(FakeScan):
            async def close(self) -> None:
                await super().close()
                if jobs[0] is self:
                    raise ProcessLookupError("the process is gone")

        jobs.append(OnceNotClosable(job, environment))
        return jobs[-1]

    running, _ = _running_jobs(start_job, MemoryStore())
    tasks = [
        asyncio.create_task(running.run_scan(ScanJob(profiles=["dev"]))),
        asyncio.create_task(running.verify([make_finding()])),
    ]
    # Each task starts its job in its first step.
    await asyncio.sleep(0)
    assert len(jobs) == len(tasks)
    with pytest.raises(ProcessLookupError):
        await running.close()
    assert [job.closed for job in jobs] == [True, True]
    await asyncio.gather(*tasks)
