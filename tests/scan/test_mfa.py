"""MFA codes are asked for beside everything else; a question without an answer delays nothing else."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.role_sessions import RoleSessions
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    InputNeeded,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    to_line,
)
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import IdentifyJob, Job, ScanJob
from scan_runs import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.scan.running_job import RunningJob

ROOT_ACCESS = "aws-sagemaker-001"
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
REGIONS = [REGION, "eu-west-1"]
PROFILES = ["mfa-a", "plain", "mfa-b"]
CODES = {"mfa-a": "111111", "mfa-b": "222222"}
SECRETS = (b"ASIAEXAMPLE12345", *(code.encode() for code in CODES.values()))


def local(job: Job) -> RunningJob:
    return local_job(job, os.environ)


EXECUTORS = pytest.mark.parametrize(
    "start", [local, pytest.param(SubprocessJob, marks=pytest.mark.proof)], indirect=True
)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Callable[[Job], RunningJob]:
    """Where a job runs; a process for it is forked."""
    executor: Callable[[Job], RunningJob] = request.param
    if executor is SubprocessJob:
        request.getfixturevalue("quick_starts")
    return executor


@pytest.fixture(autouse=True)
def profiles(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain profile, and two whose roles want a code each."""
    config = tmp_path / "config"
    keys = "aws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n"
    roles = "".join(
        f"[profile {name}]\nrole_arn=arn:aws:iam::{ACCOUNT}:role/{name}\nsource_profile=base\n"
        f"mfa_serial=arn:aws:iam::{ACCOUNT}:mfa/{name}\nregion={REGION}\n"
        for name in CODES
    )
    config.write_text(f"[profile base]\n{keys}[profile plain]\n{keys}region={REGION}\n{roles}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name, code in CODES.items():
        credentials = {
            "AccessKeyId": "ASIAEXAMPLE12345",
            "SecretAccessKey": "x",
            "SessionToken": "y",
            "Expiration": datetime(2099, 1, 1, tzinfo=UTC),
        }
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/{name}"
        aws.answer("sts", "AssumeRole", {"Credentials": credentials}, TokenCode=code, SerialNumber=serial)
    aws.answer("sts", "AssumeRole", aws.refusal("AccessDenied", WRONG))
    notebook = {
        "NotebookInstanceName": "lab",
        "NotebookInstanceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
    }
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook]})
    aws.answer("sagemaker", "DescribeNotebookInstance", {**notebook, "RootAccess": "Enabled"})


@EXECUTORS
async def test_two_codes_are_asked_for_beside_a_plain_profile(start: Callable[[Job], RunningJob]) -> None:
    job = start(ScanJob(profiles=PROFILES, regions=REGIONS, checks=[ROOT_ACCESS]))
    events: list[AnyEvent] = []
    async for event in job.events():
        events.append(event)
        if isinstance(event, InputNeeded):
            await job.answer(event.id, CODES[event.profile])
    questions = [event.profile for event in events if isinstance(event, InputNeeded)]
    assert sorted(questions) == ["mfa-a", "mfa-b"], "one code each, asked for once"
    assert {event.profile for event in events if isinstance(event, ProfileReady)} == set(PROFILES)
    accounts = [event for event in events if isinstance(event, AccountReady)]
    assert (set(accounts[-1].profiles), accounts[-1].regions) == (set(PROFILES), REGIONS)
    results = [event.finding for event in events if isinstance(event, Result)]
    assert [finding.status for finding in results] == [Status.FAIL, Status.FAIL], "one in each region"
    assert {finding.region for finding in results} == set(REGIONS)
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, end.failed) == (Outcome.COMPLETE, 2)


@EXECUTORS
async def test_the_plain_profile_is_scanned_while_a_person_looks_for_the_device(
    start: Callable[[Job], RunningJob],
) -> None:
    job = start(ScanJob(profiles=PROFILES, regions=REGIONS, checks=[ROOT_ACCESS]))
    questions: list[InputNeeded] = []
    results = 0
    async for event in job.events():
        if isinstance(event, InputNeeded):
            questions.append(event)
        results += isinstance(event, Result)
        if results == 2 and len(questions) == 2:
            for question in questions:
                await job.answer(question.id, CODES[question.profile])
            questions = []
    assert results == 2


@EXECUTORS
async def test_cancelling_ends_a_scan_that_waits_for_a_code_at_once(
    start: Callable[[Job], RunningJob],
) -> None:
    job = start(ScanJob(profiles=PROFILES, regions=REGIONS, checks=[ROOT_ACCESS]))
    events: list[AnyEvent] = []

    async def run() -> None:
        async for event in job.events():
            events.append(event)
            if isinstance(event, InputNeeded):
                await job.cancel()

    async with asyncio.timeout(30):
        await run()
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.CANCELLED


async def test_a_declined_code_fails_its_profile_in_words() -> None:
    events = [event async for event in scan(ScanJob(profiles=["mfa-a", "plain"], checks=[ROOT_ACCESS]))]
    (failed,) = [event for event in events if isinstance(event, ProfileFailed)]
    assert failed.profile == "mfa-a"
    assert "needs an MFA code, and none was given" in failed.reason
    statuses = {event.finding.profile: event.finding.status for event in events if isinstance(event, Result)}
    assert statuses == {"plain": Status.FAIL, "mfa-a": Status.NOT_ASSESSED}


async def events_with_codes(job: RunningJob, *codes: str) -> list[Any]:
    """Run a job whose questions get these answers in their order."""
    remaining_codes = iter(codes)
    events: list[Any] = []
    async for event in job.events():
        events.append(event)
        if isinstance(event, InputNeeded):
            await job.answer(event.id, next(remaining_codes))
    return events


def of(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@EXECUTORS
@pytest.mark.parametrize("wrong", [1, 2])
async def test_a_wrong_code_can_be_corrected(start: Callable[[Job], RunningJob], wrong: int) -> None:
    events = await events_with_codes(start(IdentifyJob(profiles=["mfa-a"])), *["999999"] * wrong, "111111")
    questions = of(events, InputNeeded)
    assert [event.profile for event in questions] == ["mfa-a"] * (wrong + 1)
    assert WRONG in questions[1].prompt, "what AWS said"
    assert of(events, ProfileReady)


async def test_three_wrong_codes_fail_their_profile_alone() -> None:
    job = local_job(IdentifyJob(profiles=["mfa-a", "plain"]), os.environ)
    events = await events_with_codes(job, "999999", "999998", "999997")
    (failed,) = of(events, ProfileFailed)
    assert failed.profile == "mfa-a"
    assert WRONG in failed.reason
    assert [event.profile for event in of(events, ProfileReady)] == ["plain"]


async def test_a_denied_role_does_not_ask_for_another_code(aws: AwsStub) -> None:
    aws._scripts.pop(("sts", "AssumeRole"))
    aws.denied("sts", "AssumeRole")
    events = await events_with_codes(local_job(IdentifyJob(profiles=["mfa-a"]), os.environ), "111111")
    (failed,) = of(events, ProfileFailed)
    assert failed.kind == "access_denied"


@pytest.mark.proof
@pytest.mark.usefixtures("quick_starts")
async def test_a_session_serves_the_next_scanners_too(aws: AwsStub) -> None:
    sessions = RoleSessions()

    def next_job() -> RunningJob:
        return SubprocessJob(ScanJob(profiles=PROFILES, checks=[ROOT_ACCESS]), role_sessions=sessions)

    job = next_job()
    async for event in job.events():
        if isinstance(event, InputNeeded):
            await job.answer(event.id, CODES[event.profile])
    assert sessions.lasts("mfa-a")
    for _ in range(2):
        events = await events_with_codes(next_job())
        assert not of(events, InputNeeded)
        assert not any(secret in b"".join(map(to_line, events)) for secret in SECRETS)
        assert {event.profile for event in of(events, ProfileReady)} == set(PROFILES)
    assert sum(call.operation == "AssumeRole" for call in aws.calls) == len(CODES)


async def test_a_session_that_ends_soon_serves_no_more(aws: AwsStub) -> None:
    sessions = RoleSessions()
    soon = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    session = {"Credentials": {"AccessKeyId": "x", "SecretAccessKey": "x", "SessionToken": "y"}}
    session["Credentials"]["Expiration"] = soon
    sessions.of("mfa-a")["key"] = session
    assert not sessions.lasts("mfa-a")
    job = local_job(IdentifyJob(profiles=["mfa-a"]), os.environ, sessions)
    assert len(of(await events_with_codes(job, "111111"), InputNeeded)) == 1


def test_sessions_are_handed_on_as_lines_and_dropped_together() -> None:
    theirs = RoleSessions()
    ours = RoleSessions(theirs.add)
    end = datetime(2099, 1, 1, tzinfo=UTC)
    ours.of("a")["key"] = {"Credentials": {"AccessKeyId": "x", "Expiration": end}, "AssumedRoleUser": {}}
    assert theirs.lasts("a")
    assert [*theirs.lines()] == [*ours.lines()]
    ours.forget("a")
    assert not theirs.lasts("a")
    for line in (b"{}", b"[]", b"no", b'{"profile": "a", "key": "k", "session": {}}'):
        with pytest.raises(ValueError):
            ours.add(line)


async def test_only_mfa_profiles_do_not_wait_for_each_other() -> None:
    job = local_job(ScanJob(profiles=["mfa-a", "mfa-b"], checks=[ROOT_ACCESS]), os.environ)
    questions: list[InputNeeded] = []
    async for event in job.events():
        if isinstance(event, InputNeeded):
            questions.append(event)
            if len(questions) == 2:
                await job.answer(questions[0].id, CODES[questions[0].profile])
        if isinstance(event, Result) and event.finding.status is Status.FAIL:
            await job.answer(questions[1].id, "")
    assert len(questions) == 2
