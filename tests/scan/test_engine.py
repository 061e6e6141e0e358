"""A scan is a stream of events: the first finding early, one failure never the end of the others."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.profiles import ConfigError, UnknownProfileError
from cloud_audit_tui.checks.catalogue import UnknownCheckError
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.scan.engine import Engine, scan
from cloud_audit_tui.scan.events import (
    AnyEvent,
    InputNeeded,
    Outcome,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    TargetFailed,
    TargetReady,
    Throttled,
)
from cloud_audit_tui.scan.jobs import Request

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

ROOT_ACCESS = "aws-sagemaker-001"
T = TypeVar("T")


def notebook(name: str, region: str = REGION) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:{region}:{ACCOUNT}:notebook-instance/{name}"
    return {"NotebookInstanceName": name, "NotebookInstanceArn": arn}


def with_notebooks(aws: AwsStub, *names: str) -> None:
    aws.answer(
        "sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook(name) for name in names]}
    )
    aws.answer(
        "sagemaker",
        "DescribeNotebookInstance",
        lambda params: {**notebook(params["NotebookInstanceName"]), "RootAccess": "Enabled"},
    )


async def events_of(**request: Any) -> list[AnyEvent]:
    return [event async for event in scan(Request(**request), os.environ)]


def of_type(events: list[AnyEvent], kind: type[T]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


async def test_the_stream_begins_and_ends_with_the_scan(aws: AwsStub) -> None:
    with_notebooks(aws, "a", "b")
    events = await events_of(checks=[ROOT_ACCESS])
    assert isinstance(events[0], ScanStarted)
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, end.failed, end.passed, end.not_assessed) == (Outcome.COMPLETE, 2, 0, 0)
    (ready,) = of_type(events, TargetReady)
    assert (ready.account_id, ready.alias, ready.regions) == (ACCOUNT, "tests", [REGION])
    last = of_type(events, Progress)[-1]
    assert (last.done, last.total) == (1, 1)
    assert last.calls == len(aws.calls)


async def test_the_first_finding_leaves_before_the_last_resource_is_read(aws: AwsStub) -> None:
    read_on = threading.Event()
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook("a"), notebook("slow")]})

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params["NotebookInstanceName"] == "slow":
            assert read_on.wait(30)
        return notebook(params["NotebookInstanceName"])

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)
    names = []
    async for event in scan(Request(checks=[ROOT_ACCESS]), os.environ):
        if isinstance(event, Result):
            names.append(event.finding.resource_name)
            read_on.set()
    assert names == ["a", "slow"]


async def test_every_read_is_made_once_for_all_checks(aws: AwsStub) -> None:
    with_notebooks(aws, "a", "b")
    await events_of(checks=[ROOT_ACCESS, "aws-sagemaker-002"])
    assert len(aws.asked("ListNotebookInstances")) == 1
    assert len(aws.asked("DescribeNotebookInstance")) == 2


async def test_a_region_that_fails_leaves_the_others(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances", region="eu-west-1")
    with_notebooks(aws, "a")
    findings = [
        event.finding
        for event in of_type(await events_of(checks=[ROOT_ACCESS], regions=[REGION, "eu-west-1"]), Result)
    ]
    by_region = {finding.region: finding for finding in findings}
    assert by_region[REGION].status is Status.FAIL
    denied = by_region["eu-west-1"]
    assert (denied.status, denied.resource_name) == (Status.NOT_ASSESSED, "eu-west-1")
    assert "Add sagemaker:ListNotebookInstances" in denied.reason
    assert denied.evidence["missing_permission"] == "sagemaker:ListNotebookInstances"


async def test_a_region_that_is_not_enabled_is_not_assessed_and_not_asked(aws: AwsStub) -> None:
    events = await events_of(checks=[ROOT_ACCESS], regions=["me-south-1"])
    (result,) = of_type(events, Result)
    assert result.finding.status is Status.NOT_ASSESSED
    assert "not enabled" in result.finding.reason
    assert not aws.asked("ListNotebookInstances")


async def test_the_partitions_regions_stand_in_when_the_list_is_denied(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws._scripts[("ec2", "DescribeRegions")].clear()
    aws.denied("ec2", "DescribeRegions")
    events = await events_of(identify_only=True)
    (ready,) = of_type(events, TargetReady)
    assert "us-east-1" in ready.enabled_regions
    assert not any(region.startswith(("us-gov", "cn-")) for region in ready.enabled_regions)
    assert "may not be enabled" in ready.regions_note


async def test_one_profile_that_fails_leaves_the_others(
    aws: AwsStub, tmp_path: Path, monkeypatch: Any
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile good]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n"
        f"region={REGION}\n[profile broken]\ncredential_process=/bin/false\nregion={REGION}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with_notebooks(aws, "a")
    events = await events_of(checks=[ROOT_ACCESS], profiles=["good", "broken"])
    (failed,) = of_type(events, TargetFailed)
    assert (failed.profile, failed.kind) == ("broken", "credentials")
    statuses = {result.finding.profile: result.finding.status for result in of_type(events, Result)}
    assert statuses == {"good": Status.FAIL, "broken": Status.NOT_ASSESSED}
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE


async def test_throttling_is_said_and_survived(aws: AwsStub) -> None:
    aws.throttled("sagemaker", "ListNotebookInstances", times=1)
    with_notebooks(aws, "a")
    events = await events_of(checks=[ROOT_ACCESS])
    (throttled,) = of_type(events, Throttled)
    assert (throttled.region, throttled.service, throttled.times) == (REGION, "sagemaker", 1)
    assert of_type(events, Result)[0].finding.status is Status.FAIL


async def test_a_cancelled_scan_keeps_what_was_said(aws: AwsStub) -> None:
    read_on = threading.Event()
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook("a"), notebook("slow")]})

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params["NotebookInstanceName"] == "slow":
            read_on.wait(30)
        return notebook(params["NotebookInstanceName"])

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)
    engine = Engine(Request(checks=[ROOT_ACCESS]), os.environ)
    events = []
    async for event in engine.events():
        events.append(event)
        if isinstance(event, Result):
            engine.cancel()
    read_on.set()
    assert [result.finding.resource_name for result in of_type(events, Result)] == ["a"]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.CANCELLED


async def test_less_severe_findings_are_left_out_on_request(aws: AwsStub) -> None:
    with_notebooks(aws, "a")
    events = await events_of(checks=[ROOT_ACCESS, "aws-sagemaker-002"], min_severity=Severity.CRITICAL)
    assert {result.finding.check_id for result in of_type(events, Result)} == {ROOT_ACCESS}


async def test_an_mfa_code_is_asked_for_and_a_declined_one_is_said(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n"
        f"[profile mfa]\nrole_arn=arn:aws:iam::{ACCOUNT}:role/r\nsource_profile=base\n"
        f"mfa_serial=arn:aws:iam::{ACCOUNT}:mfa/me\nregion={REGION}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    aws.answer(
        "sts",
        "AssumeRole",
        {
            "Credentials": {
                "AccessKeyId": "ASIAEXAMPLE12345",
                "SecretAccessKey": "x",
                "SessionToken": "y",
                "Expiration": datetime(2099, 1, 1, tzinfo=UTC),
            }
        },
        TokenCode="123456",
    )
    asked = []

    async def answer(needed: InputNeeded) -> str:
        asked.append(needed)
        return "123456"

    engine = Engine(Request(profiles=["mfa"], identify_only=True), os.environ, answer)
    events = [event async for event in engine.events()]
    assert of_type(events, TargetReady)
    assert [needed.profile for needed in asked] == ["mfa"], "one code, asked for once"
    events = await events_of(profiles=["mfa"], identify_only=True)
    (failed,) = of_type(events, TargetFailed)
    assert "MFA code" in failed.reason


def test_a_request_that_cannot_be_meant_is_refused_at_once(aws: AwsStub, monkeypatch: Any) -> None:
    with pytest.raises(UnknownCheckError, match=r"no check 'aws-nonsense-001'.*aws-sagemaker-001"):
        Engine(Request(checks=["aws-nonsense-001"]), os.environ)
    with pytest.raises(UnknownProfileError, match="no AWS profile 'nobody'"):
        Engine(Request(profiles=["nobody"]), os.environ)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigError, match="no AWS credentials"):
        Engine(Request(), os.environ)


async def test_a_check_that_breaks_costs_only_itself(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    with_notebooks(aws, "a")
    aws.answer("sagemaker", "DescribeNotebookInstance", {"RootAccess": "Enabled"})
    engine = Engine(Request(checks=[ROOT_ACCESS, "aws-sagemaker-002"]), os.environ)
    from dataclasses import replace

    def broken(_region: object) -> Any:
        raise KeyError("secret detail")

    engine._checks[1] = replace(engine._checks[1], run=broken)
    events = [event async for event in engine.events()]
    by_check = {result.finding.check_id: result.finding for result in of_type(events, Result)}
    assert by_check[ROOT_ACCESS].status is Status.FAIL
    other = by_check["aws-sagemaker-002"]
    assert other.status is Status.NOT_ASSESSED
    assert "report it" in other.reason
    assert "secret detail" not in other.reason
