"""The second process answers as a client of this process does, and knows no secret but those handed to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import ReadOnlyCredentials

from aws_stub import ACCOUNT, CALLER, REGION, Refusal
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.aws.second_process.connection import NotMadeError, SecondProcess
from cloud_audit_tui.aws.second_process.messages import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aws_stub import AwsStub

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("quick_starts")]

PROFILE = Profile("environment", ProfileKind.ENVIRONMENT)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYHANDEDOVER"
KEYS = ReadOnlyCredentials("AKIAIOSFODNN7EXAMPLE", SECRET, None, None)
IDENTITY = (REGION, "sts", "GetCallerIdentity")
NOTEBOOK = (REGION, "sagemaker", "DescribeNotebookInstance")


@asynccontextmanager
async def second_process() -> AsyncIterator[SecondProcess]:
    process = await SecondProcess.start(["sagemaker:DescribeNotebookInstance"], CallLimits())
    try:
        yield process
    finally:
        await process.close()


async def outcome(process: SecondProcess, where: tuple[str, str, str], **params: Any) -> Any:
    return (await process.request(PROFILE, KEYS, where, params)).outcome


async def test_a_response_and_a_failure_come_back(aws: AwsStub) -> None:
    aws.answer("sagemaker", "DescribeNotebookInstance", Refusal("AccessDeniedException", "no", 403))
    async with second_process() as process:
        identity = await outcome(process, IDENTITY)
        assert (identity["Account"], identity["Arn"]) == (ACCOUNT, CALLER)
        failure = await outcome(process, NOTEBOOK, NotebookInstanceName="a")
        assert isinstance(failure, Failure)
        error = failure.error()
        assert error.kind is Unread.DENIED
        assert error.permission == "sagemaker:DescribeNotebookInstance"
        assert "sagemaker:DescribeNotebookInstance" in error.reason
        assert process.busy > 0


async def test_throttling_and_requests_are_counted_for_the_scanner(aws: AwsStub) -> None:
    aws.answer("sagemaker", "DescribeNotebookInstance", Refusal("ThrottlingException", "slower"))
    async with second_process() as process:
        answer = await process.request(PROFILE, KEYS, NOTEBOOK, {"NotebookInstanceName": "a"})
        assert (answer.calls, answer.throttled) == (1, [(PROFILE.name, REGION, "sagemaker")])
        assert isinstance(answer.outcome, Failure)
        assert answer.outcome.error().transient
        answer = await process.request(PROFILE, KEYS, IDENTITY, {})
        assert (answer.calls, answer.throttled) == (1, [])


@pytest.mark.parametrize(
    ("operation", "params"),
    [("DescribeNotebookInstance", {"NotebookInstanceName": 1}), ("DeleteNotebookInstance", {})],
)
async def test_a_fault_of_the_request_is_left_to_the_scanner(
    aws: AwsStub, operation: str, params: dict[str, Any]
) -> None:
    async with second_process() as process:
        where = (REGION, "sagemaker", operation)
        answer = await outcome(process, where, **params)
        assert answer is None or answer.kind is Unread.BAD_RESPONSE
    assert not [call for call in aws.calls if call.operation == operation]


async def test_a_released_profile_can_be_used_again(aws: AwsStub) -> None:
    async with second_process() as process:
        for _ in range(2):
            assert (await outcome(process, IDENTITY))["Account"] == ACCOUNT
            process.release(PROFILE)


async def test_a_request_after_the_end_was_not_made(aws: AwsStub) -> None:
    async with second_process() as process:
        pass
    assert process.has_ended
    with pytest.raises(NotMadeError):
        await outcome(process, IDENTITY)
    process.release(PROFILE)


async def test_a_request_that_nobody_waits_for_is_dropped(aws: AwsStub) -> None:
    async with second_process() as process:
        task = asyncio.create_task(outcome(process, IDENTITY))
        await asyncio.sleep(0)
        assert process.in_flight == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert process.in_flight == 0
        assert (await outcome(process, IDENTITY))["Account"] == ACCOUNT


@pytest.mark.usefixtures("real_starts")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
async def test_no_secret_is_on_the_command_line_or_in_the_environment(aws: AwsStub) -> None:
    async with second_process() as process:
        await outcome(process, IDENTITY)
        files = [Path(f"/proc/{process.pid}/{name}") for name in ("cmdline", "environ")]
        assert not [
            path.name for path in files if SECRET.encode() in await asyncio.to_thread(path.read_bytes)
        ]
