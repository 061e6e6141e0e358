"""A job in a child process: its events arrive, its commands are obeyed, and it never stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished, ScanStarted
from cloud_audit_tui.scan.executors import subprocess
from cloud_audit_tui.scan.executors.subprocess import SpareScanner, SubprocessJob
from cloud_audit_tui.scan.jobs import IdentifyJob, ScanJob
from scan_runs import notebook

if TYPE_CHECKING:
    from aws_stub import AwsStub

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("quick_starts")]

JOB = ScanJob(checks=["aws-sagemaker-001"])


def a_slow_aws(aws: AwsStub) -> threading.Event:
    read_on = threading.Event()
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook("a"), notebook("slow")]})

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params["NotebookInstanceName"] == "slow":
            read_on.wait(30)
        return notebook(params["NotebookInstanceName"])

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)
    return read_on


def ended(process: SubprocessJob) -> bool:
    assert process._process is not None
    return process._process.returncode is not None


@pytest.mark.usefixtures("real_starts")
async def test_the_childs_events_are_those_of_the_scan(aws: AwsStub) -> None:
    a_slow_aws(aws).set()
    process = SubprocessJob(JOB)
    events = [event async for event in process.events()]
    assert isinstance(events[0], ScanStarted)
    assert sorted(event.finding.resource_name for event in events if isinstance(event, Result)) == [
        "a",
        "slow",
    ]
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.COMPLETE
    assert ended(process)


async def test_a_cancelled_child_says_so_and_ends(aws: AwsStub) -> None:
    read_on = a_slow_aws(aws)
    process = SubprocessJob(JOB)
    events = []
    async for event in process.events():
        events.append(event)
        if isinstance(event, Result):
            await process.cancel()
    read_on.set()
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.CANCELLED
    assert ended(process)


async def test_a_killed_child_is_a_message_and_no_exception(aws: AwsStub) -> None:
    read_on = a_slow_aws(aws)
    process = SubprocessJob(JOB)
    events = []
    async for event in process.events():
        events.append(event)
        if isinstance(event, Result):
            assert process._process is not None
            os.kill(process._process.pid, signal.SIGKILL)
    read_on.set()
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.FAILED
    assert "SIGKILL" in events[-1].message


async def test_a_child_that_is_killed_as_it_writes_an_event_is_said_to_be_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def start(*_: object) -> subprocess.Scanner:
        program = "import os; os.write(1, b'{\"type\": '); os.kill(os.getpid(), 9)"
        ours, theirs = socket.socketpair()
        theirs.close()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return subprocess.Scanner(process, ours)

    monkeypatch.setattr(subprocess, "start_scanner", start)
    (end,) = [event async for event in SubprocessJob(JOB).events()]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, "SIGKILL" in end.message) == (Outcome.FAILED, True), end.message


async def test_a_child_without_a_parent_ends(aws: AwsStub) -> None:
    read_on = a_slow_aws(aws)
    process = SubprocessJob(JOB)
    async for event in process.events():
        if isinstance(event, Result):
            assert process._process is not None
            assert process._process.stdin is not None
            process._process.stdin.close()
            break
    read_on.set()
    assert process._process is not None
    async with asyncio.timeout(30):
        await process._process.wait()


async def test_a_job_that_cannot_be_run_comes_back_in_words(aws: AwsStub) -> None:
    (end,) = [event async for event in SubprocessJob(ScanJob(profiles=["nobody"])).events()]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.FAILED
    assert end.message.startswith("There is no AWS profile 'nobody'")


async def test_a_cancelled_job_that_has_not_begun_starts_no_child(aws: AwsStub) -> None:
    process = SubprocessJob(JOB)
    await process.cancel()
    (end,) = [event async for event in process.events()]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.CANCELLED
    assert process._process is None


async def test_a_crash_keeps_the_counts_of_what_was_said(aws: AwsStub) -> None:
    read_on = a_slow_aws(aws)
    process = SubprocessJob(JOB)
    events = []
    async for event in process.events():
        events.append(event)
        if isinstance(event, Result):
            assert process._process is not None
            os.kill(process._process.pid, signal.SIGKILL)
    read_on.set()
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.failed + end.passed + end.not_assessed == 1


async def test_a_scan_takes_the_scanner_that_waits_and_an_identification_leaves_it(aws: AwsStub) -> None:
    a_slow_aws(aws).set()
    spare = SpareScanner()
    await spare.prepare({})
    await spare.prepare({})
    assert spare._scanner is not None
    waiting = spare._scanner.process
    identification = SubprocessJob(IdentifyJob(), spare=spare)
    assert isinstance([event async for event in identification.events()][-1], ScanFinished)
    assert waiting.returncode is None
    scan = SubprocessJob(JOB, spare=spare)
    events = [event async for event in scan.events()]
    assert scan._process is waiting
    assert ended(scan)
    assert sum(isinstance(event, Result) for event in events) == 2
    assert spare.take({}) is None


async def test_a_scanner_waits_only_for_its_own_environment_and_not_after_the_end() -> None:
    spare = SpareScanner()
    await spare.prepare({"AWS_PROFILE": "one"})
    assert spare.take({}) is None
    assert spare._scanner is not None
    other = spare._scanner.process
    await spare.prepare({})
    assert other.returncode is not None
    scanner = spare._scanner.process
    await spare.close()
    assert scanner.returncode is not None
    await spare.prepare({})
    assert spare.take({}) is None


async def test_a_scanner_that_died_while_it_waited_is_not_taken(aws: AwsStub) -> None:
    a_slow_aws(aws).set()
    spare = SpareScanner()
    await spare.prepare({})
    assert spare._scanner is not None
    spare._scanner.process.kill()
    await spare._scanner.process.wait()
    events = [event async for event in SubprocessJob(JOB, spare=spare).events()]
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.COMPLETE
    await spare.close()
