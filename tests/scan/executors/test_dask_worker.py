"""A worker's end of a unit: the same events as here, or words that say why not; never an exception."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui import __version__
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.executors import dask_worker
from cloud_audit_tui.scan.executors.dask_worker import (
    NotRun,
    Reply,
    UnitRequest,
    read_reply,
    run_unit,
    stop_units,
)
from cloud_audit_tui.scan.jobs import WorkUnit
from cloud_audit_tui.scan.units import RemoteCalls, UnitProgress
from scan_runs import notebook, with_notebooks

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from aws_stub import AwsStub

CHECK = "aws-sagemaker-001"
UNIT = WorkUnit(ACCOUNT, "aws", "environment", REGION, [CHECK], home_region="us-east-1")
SECRET = "wJalrXUtnFEMI"


def reply_to(unit: WorkUnit = UNIT, version: str = __version__) -> Reply:
    return read_reply(run_unit(msgspec.json.encode(UnitRequest(version, "scan", unit))))


def not_run(unit: WorkUnit = UNIT, version: str = __version__) -> NotRun:
    reply = reply_to(unit, version)
    assert isinstance(reply, NotRun)
    return reply


def events(unit: WorkUnit = UNIT) -> list[Any]:
    reply = reply_to(unit)
    assert isinstance(reply, list)
    return reply


def configured(directory: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (directory / "config").write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(directory / "config"))


def test_the_reply_has_the_results_the_progress_and_the_calls(aws: AwsStub) -> None:
    with_notebooks(aws, "a", "b")
    unit_events = events()
    results = [event.finding for event in unit_events if isinstance(event, Result)]
    assert sorted(finding.resource_name for finding in results) == ["a", "b"]
    assert {finding.status for finding in results} == {Status.FAIL}
    assert sum(event.checks for event in unit_events if isinstance(event, UnitProgress)) == 1
    (calls,) = [event for event in unit_events if isinstance(event, RemoteCalls)]
    assert calls.calls == len(aws.calls)
    assert sum(timing.calls for timing in calls.timings) == calls.calls


def test_a_denied_read_is_not_assessed_as_it_is_here(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances")
    (result,) = [event for event in events() if isinstance(event, Result)]
    assert result.finding.status is Status.NOT_ASSESSED


def test_throttling_is_counted_by_service(aws: AwsStub, short_rests: None) -> None:
    aws.throttled("sagemaker", "ListNotebookInstances", times=1)
    with_notebooks(aws, "a")
    (calls,) = [event for event in events() if isinstance(event, RemoteCalls)]
    (throttled,) = calls.throttled
    assert (throttled.account_id, throttled.region, throttled.service, throttled.times) == (
        ACCOUNT,
        REGION,
        "sagemaker",
        1,
    )


def test_a_worker_of_another_version_runs_nothing(aws: AwsStub) -> None:
    reply = not_run(version="0.0.1")
    assert reply.kind is Unread.REFUSED
    assert __version__ in reply.reason
    assert "0.0.1" in reply.reason
    assert "same version" in reply.action
    assert aws.calls == []


def test_a_request_of_an_unknown_shape_is_answered_by_the_version_alone(aws: AwsStub) -> None:
    reply = read_reply(run_unit(b'{"version": "9.9", "units": [1, 2]}'))
    assert isinstance(reply, NotRun)
    assert "9.9" in reply.reason


def test_a_profile_of_another_account_is_not_read(aws: AwsStub) -> None:
    reply = not_run(msgspec.structs.replace(UNIT, account_id="999988887777"))
    assert reply.kind is Unread.CREDENTIALS
    assert ACCOUNT in reply.reason
    assert "999988887777" in reply.reason
    assert [call.operation for call in aws.calls] == ["GetCallerIdentity"]


def test_a_profile_that_the_worker_lacks_is_words_without_its_other_profiles(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path, monkeypatch, "[profile private]\nregion=eu-central-1\n")
    reply = not_run(msgspec.structs.replace(UNIT, profile="prod"))
    assert reply.kind is Unread.CREDENTIALS
    assert "'prod'" in reply.reason
    assert "private" not in reply.reason
    assert "every worker" in reply.action


def test_a_profile_that_needs_a_code_on_the_worker_only_is_words(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id=AKIAEXAMPLE\naws_secret_access_key={SECRET}\n"
    role = f"role_arn=arn:aws:iam::{ACCOUNT}:role/x\nsource_profile=base\nmfa_serial=arn:aws:iam::1:mfa/x\n"
    configured(tmp_path, monkeypatch, f"[profile base]\n{keys}[profile prod]\n{role}region={REGION}\n")
    reply = not_run(msgspec.structs.replace(UNIT, profile="prod"))
    assert "MFA code" in reply.reason
    assert SECRET not in str(reply)


def test_an_unreadable_configuration_is_words_without_its_content(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path, monkeypatch, f"aws_secret_access_key {SECRET}\n")
    reply = not_run(msgspec.structs.replace(UNIT, profile="prod"))
    assert "cannot be read" in reply.reason
    assert SECRET not in str(reply)


def test_a_check_that_the_worker_lacks_is_words(aws: AwsStub) -> None:
    reply = not_run(msgspec.structs.replace(UNIT, checks=["aws-new-001"]))
    assert reply.kind is Unread.REFUSED
    assert "aws-new-001" in reply.reason


def test_a_fault_is_told_by_its_type(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(dask_worker, "identify", breaks)
    reply = not_run()
    assert "KeyError" in reply.reason
    assert "report it" in reply.action
    assert SECRET not in str(reply)


async def test_a_stopped_scan_ends_its_units_and_no_others(aws: AwsStub) -> None:
    reached, read_on = threading.Event(), threading.Event()
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook("slow")]})

    def describe(_params: dict[str, Any]) -> dict[str, Any]:
        reached.set()
        assert read_on.wait(30)
        return notebook("slow")

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)
    running = asyncio.create_task(asyncio.to_thread(reply_to))
    assert await asyncio.to_thread(reached.wait, 30)
    stop_units("another scan")
    stop_units("scan")
    reply = await running
    read_on.set()
    assert isinstance(reply, NotRun)
    assert "cancelled" in reply.reason
