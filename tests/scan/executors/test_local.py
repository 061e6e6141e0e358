"""A local scan that shares its calls with a second process: the same results, by the same calls."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.scan.events import InputNeeded, Outcome, Result, ScanFinished
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.jobs import ScanJob
from quiet_sessions import ROLE_KEYS
from scan_runs import notebook
from shared_calls import LONGEST, SecondProcesses, eager_sharing

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.scan.events import AnyEvent

pytestmark = pytest.mark.proof

JOB = ScanJob(checks=["aws-sagemaker-001"])
NAMES = [f"notebook-{number:02}" for number in range(40)]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> SecondProcesses:
    return eager_sharing(monkeypatch)


class SlowAws:
    """Describes notebooks once `may_answer` is set."""

    def __init__(self, aws: AwsStub) -> None:
        self.was_asked = threading.Event()
        self.may_answer = threading.Event()
        notebooks = [notebook(name) for name in NAMES]
        aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": notebooks})
        aws.answer("sagemaker", "DescribeNotebookInstance", self._described)

    def _described(self, params: dict[str, Any]) -> dict[str, Any]:
        self.was_asked.set()
        self.may_answer.wait(LONGEST)
        return {**notebook(params["NotebookInstanceName"]), "RootAccess": "Enabled"}


def names_of(events: list[AnyEvent]) -> list[str]:
    return sorted(event.finding.resource_name for event in events if isinstance(event, Result))


def has_exited(processes: SecondProcesses) -> bool:
    process = processes.only._process
    assert isinstance(process, asyncio.subprocess.Process)
    return process.returncode is not None


def calls_of(aws: AwsStub) -> Counter[tuple[str, str, str]]:
    return Counter((call.region, call.operation, str(call.params)) for call in aws.calls)


async def test_the_results_and_the_calls_are_those_of_one_process(
    aws: AwsStub, processes: SecondProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowAws(aws)
    slow.may_answer.set()
    shared = [event async for event in local_job(JOB, os.environ).events()]
    calls = calls_of(aws)
    assert processes.only.answers > 0
    assert has_exited(processes)

    aws.calls.clear()
    monkeypatch.setattr("cloud_audit_tui.scan.executors.local.available_cores", lambda: 1)
    alone = [event async for event in local_job(JOB, os.environ).events()]
    assert len(processes.processes) == 1
    assert calls == calls_of(aws)
    results = [[event for event in events if isinstance(event, Result)] for events in (shared, alone)]
    assert sorted(results[0], key=repr) == sorted(results[1], key=repr)
    ends = [shared[-1], alone[-1]]
    assert all(isinstance(end, ScanFinished) and end.outcome is Outcome.COMPLETE for end in ends)
    assert ends[0].calls == ends[1].calls == len(aws.calls)  # type: ignore[union-attr]


async def test_calls_of_a_killed_process_are_made_at_home_and_each_result_is_there_once(
    aws: AwsStub, processes: SecondProcesses
) -> None:
    slow = SlowAws(aws)
    job = local_job(JOB, os.environ)

    async def kill() -> None:
        await asyncio.to_thread(slow.was_asked.wait, LONGEST)
        assert processes.only.in_flight
        os.kill(processes.only.pid, signal.SIGKILL)
        slow.may_answer.set()

    killing = asyncio.create_task(kill())
    events = [event async for event in job.events()]
    await killing
    assert names_of(events) == NAMES
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.COMPLETE
    assert events[-1].not_assessed == 0


async def test_a_cancelled_scan_ends_the_process(aws: AwsStub, processes: SecondProcesses) -> None:
    slow = SlowAws(aws)
    job = local_job(JOB, os.environ)

    async def cancel() -> None:
        await asyncio.to_thread(slow.was_asked.wait, LONGEST)
        await job.cancel()

    cancelling = asyncio.create_task(cancel())
    events = [event async for event in job.events()]
    await cancelling
    slow.may_answer.set()
    assert isinstance(events[-1], ScanFinished)
    assert events[-1].outcome is Outcome.CANCELLED
    assert has_exited(processes)


async def test_a_profile_that_needs_a_code_is_read_at_home(
    aws: AwsStub, processes: SecondProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowAws(aws)
    slow.may_answer.set()
    config = tmp_path / "config"
    config.write_text(
        "[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
        "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/admin\nsource_profile = keys\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/me\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    job = local_job(ScanJob(profiles=["admin"], checks=JOB.checks), os.environ)
    events = []
    async for event in job.events():
        events.append(event)
        if isinstance(event, InputNeeded):
            await job.answer(event.id, "123456")
    assert names_of(events) == NAMES
    assert processes.only.answers == 0


SCANNER = """
import asyncio, sys
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.second_process.connection import SecondProcess

async def main():
    process = await SecondProcess.start(["sts:GetCallerIdentity"], CallLimits())
    print(process.pid, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a foreign process ends")
async def test_a_process_whose_scanner_was_killed_ends() -> None:
    loop = asyncio.get_running_loop()
    scanner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCANNER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert scanner.stdout is not None
    child = os.pidfd_open(int(await scanner.stdout.readline()))
    has_ended = asyncio.Event()
    loop.add_reader(child, has_ended.set)
    scanner.kill()
    async with asyncio.timeout(LONGEST):
        await has_ended.wait()
    loop.remove_reader(child)
    os.close(child)
    await scanner.communicate()
