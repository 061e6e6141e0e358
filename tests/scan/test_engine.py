"""A job is a stream of events: the first finding early, and one failure never the end of the others."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.profiles import ConfigError, UnknownProfileError, list_profiles
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.checks.catalogue import UnknownCheckError, all_checks
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    Fact,
    FactKind,
    RegionScope,
    Resource,
    Severity,
    Status,
    SubjectKind,
    Target,
    Verdict,
)
from cloud_audit_tui.scan import units
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    CallsTimed,
    FactRecorded,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    Throttled,
)
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.jobs import IdentifyJob, Job, ScanJob, WorkUnit
from cloud_audit_tui.scan.units import UnitProgress, UnitRunner
from scan_runs import notebook, scan, with_notebooks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aws_stub import AwsStub

ROOT_ACCESS, INTERNET_ACCESS = "aws-sagemaker-001", "aws-sagemaker-002"
T = TypeVar("T")


async def events_of(**job: Any) -> list[AnyEvent]:
    return [event async for event in scan(ScanJob(**job))]


def of_type(events: list[AnyEvent], kind: type[T]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def two_profiles(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles with keys, both of the stub's account."""
    config = tmp_path / "config"
    keys = f"aws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\nregion={REGION}\n"
    config.write_text(f"[profile one]\n{keys}[profile two]\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))


async def test_the_stream_begins_and_ends_with_the_scan(aws: AwsStub) -> None:
    with_notebooks(aws, "a", "b")
    events = await events_of(checks=[ROOT_ACCESS])
    assert isinstance(events[0], ScanStarted)
    assert set(events[0].rules.digests) == {ROOT_ACCESS}
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, end.failed, end.passed, end.not_assessed) == (Outcome.COMPLETE, 2, 0, 0)
    (ready,) = of_type(events, ProfileReady)
    assert (ready.account_id, ready.alias, ready.region) == (ACCOUNT, "tests", REGION)
    (account,) = of_type(events, AccountReady)
    assert (account.account_id, account.profile, account.regions) == (ACCOUNT, ready.profile, [REGION])
    last = of_type(events, Progress)[-1]
    assert (last.done, last.total) == (1, 1)
    assert last.calls == len(aws.calls)


async def test_the_times_of_the_calls_come_while_the_scan_runs_and_at_its_end_where_they_are_asked_for(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_audit_tui.scan.engine.TIMES_EVERY", 0.0)
    with_notebooks(aws, "a", "b")
    events = await events_of(checks=[ROOT_ACCESS], timings=True)
    first, *_, last = of_type(events, CallsTimed)
    assert events.index(first) < events.index(of_type(events, Result)[0])
    assert events[-2] is last
    calls = {timing.operation: timing.calls for timing in last.timings}
    assert calls["DescribeNotebookInstance"] == 2
    assert of_type(await events_of(checks=[ROOT_ACCESS]), CallsTimed) == []


async def test_the_first_finding_leaves_before_the_last_resource_is_read(aws: AwsStub) -> None:
    read_on = threading.Event()
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook("a"), notebook("slow")]})

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params["NotebookInstanceName"] == "slow":
            assert read_on.wait(30)
        return notebook(params["NotebookInstanceName"])

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)
    names = []
    async for event in scan(ScanJob(checks=[ROOT_ACCESS])):
        if isinstance(event, Result):
            names.append(event.finding.resource_name)
            read_on.set()
    assert names == ["a", "slow"]


async def test_every_read_is_made_once_for_all_checks(aws: AwsStub) -> None:
    with_notebooks(aws, "a", "b")
    await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS])
    assert len(aws.requests("ListNotebookInstances")) == 1
    assert len(aws.requests("DescribeNotebookInstance")) == 2


async def test_an_answer_is_dropped_after_the_last_check_that_may_ask_for_it(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebooks(aws, "a", "b")
    forget = Reader.forget
    asked_before: dict[str, int] = {}

    def note_and_forget(self: Reader, operations: Iterable[str]) -> None:
        for operation in (names := list(operations)):
            assert operation not in asked_before
            asked_before[operation] = len(aws.requests(operation.partition(":")[2]))
        forget(self, names)

    monkeypatch.setattr(Reader, "forget", note_and_forget)
    await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS], regions=[REGION, "eu-west-1"])
    assert asked_before["sagemaker:ListNotebookInstances"] == 2
    assert asked_before["sagemaker:DescribeNotebookInstance"] == 4
    assert asked_before == {name: len(aws.requests(name.partition(":")[2])) for name in asked_before}


async def test_the_facts_of_a_long_list_leave_with_its_results(aws: AwsStub) -> None:
    names = [f"n{number}" for number in range(200)]
    with_notebooks(aws, *names)
    events = await events_of(checks=[ROOT_ACCESS])
    kinds = [type(event) for event in events if isinstance(event, Result | FactRecorded)]
    assert kinds.index(FactRecorded) < len(kinds) - 1 - kinds[::-1].index(Result)
    assert kinds[0] is Result


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
    assert (denied.status, denied.subject) == (Status.NOT_ASSESSED, RegionScope())
    assert "Add sagemaker:ListNotebookInstances" in denied.reason
    assert denied.evidence["missing_permission"] == "sagemaker:ListNotebookInstances"


async def test_a_region_that_is_not_enabled_is_not_assessed_and_not_asked(aws: AwsStub) -> None:
    events = await events_of(checks=[ROOT_ACCESS], regions=["me-south-1"])
    (result,) = of_type(events, Result)
    assert result.finding.status is Status.NOT_ASSESSED
    assert "not enabled" in result.finding.reason
    assert not aws.requests("ListNotebookInstances")


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ("me-south-1", "Enable it under Account > AWS Regions"),
        ("cn-north-1", "cn-north-1 is in the partition aws-cn, and this account is in aws."),
        ("eu-nowhere-9", "if there is such a region. Correct its name"),
    ],
)
async def test_a_region_that_cannot_be_read_says_what_would_change_it(
    aws: AwsStub, region: str, words: str
) -> None:
    (result,) = of_type(await events_of(checks=[ROOT_ACCESS], regions=[region]), Result)
    assert words in result.finding.reason
    assert ("Enable it" in result.finding.reason) is (region == "me-south-1")


async def test_the_partitions_regions_stand_in_when_the_list_is_denied(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws._scripts[("ec2", "DescribeRegions")].clear()
    aws.denied("ec2", "DescribeRegions")
    events = [event async for event in scan(IdentifyJob())]
    (ready,) = of_type(events, ProfileReady)
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
    (failed,) = of_type(events, ProfileFailed)
    assert (failed.profile, failed.kind) == ("broken", "credentials")
    by_profile = {result.finding.profile: result.finding for result in of_type(events, Result)}
    assert by_profile["good"].status is Status.FAIL
    broken = by_profile["broken"]
    assert (broken.check_id, broken.subject_kind) == (PROFILE_ACCESS, SubjectKind.PROFILE)
    assert (broken.status, broken.account_id, broken.region) == (Status.NOT_ASSESSED, "", "")
    assert "credential_process" in broken.reason
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE


async def test_throttling_is_said_and_survived(aws: AwsStub, short_rests: None) -> None:
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
    job = local_job(ScanJob(checks=[ROOT_ACCESS]), os.environ)
    events = []
    async for event in job.events():
        events.append(event)
        if isinstance(event, Result):
            await job.cancel()
    read_on.set()
    assert [result.finding.resource_name for result in of_type(events, Result)] == ["a"]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.CANCELLED


async def test_a_scan_that_is_cancelled_again_while_it_closes_is_closed(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebooks(aws, "a")
    job = local_job(ScanJob(checks=[ROOT_ACCESS]), os.environ)
    is_closed = []
    close = Sessions.__aexit__

    async def close_slowly(sessions: Sessions, *error: object) -> None:
        await job.cancel()
        await asyncio.sleep(0)
        await close(sessions, *error)
        is_closed.append(True)

    monkeypatch.setattr(Sessions, "__aexit__", close_slowly)
    async for event in job.events():
        if isinstance(event, Result):
            await job.cancel()
    assert is_closed


async def test_less_severe_findings_are_left_out_on_request(aws: AwsStub) -> None:
    with_notebooks(aws, "a")
    events = await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS], min_severity=Severity.CRITICAL)
    assert {result.finding.check_id for result in of_type(events, Result)} == {ROOT_ACCESS}


def test_a_job_that_cannot_be_run_is_refused_at_once(aws: AwsStub, monkeypatch: Any) -> None:
    def start(job: Job) -> None:
        local_job(job, os.environ)

    with pytest.raises(UnknownCheckError, match="no check 'aws-nonsense-001'"):
        start(ScanJob(checks=["aws-nonsense-001"]))
    with pytest.raises(UnknownProfileError, match="no AWS profile 'nobody'"):
        start(ScanJob(profiles=["nobody"]))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigError, match="no AWS credentials"):
        start(ScanJob())


async def test_a_check_that_breaks_costs_only_itself(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    with_notebooks(aws, "a")

    def broken(_region: object) -> Any:
        raise KeyError("secret detail")

    checks = all_checks()
    monkeypatch.setitem(checks, INTERNET_ACCESS, replace(checks[INTERNET_ACCESS], run=broken))
    events = await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS])
    by_check = {result.finding.check_id: result.finding for result in of_type(events, Result)}
    assert by_check[ROOT_ACCESS].status is Status.FAIL
    other = by_check[INTERNET_ACCESS]
    assert (other.status, other.subject_kind) == (Status.NOT_ASSESSED, SubjectKind.REGION)
    assert "report it" in other.reason
    assert "secret detail" not in other.reason


async def test_evidence_that_cannot_be_written_costs_its_check(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebooks(aws, "a")

    async def unwritable(_region: object) -> Any:
        yield Verdict(Status.FAIL, Resource("x", "x", "x"), "x", {"value": object()})

    checks = all_checks()
    monkeypatch.setitem(checks, INTERNET_ACCESS, replace(checks[INTERNET_ACCESS], run=unwritable))
    events = await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS])
    by_check = {result.finding.check_id: result.finding.status for result in of_type(events, Result)}
    assert by_check == {ROOT_ACCESS: Status.FAIL, INTERNET_ACCESS: Status.NOT_ASSESSED}


async def test_a_profile_that_breaks_costs_only_itself(
    aws: AwsStub, two_profiles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebooks(aws, "a")

    async def breaks(sessions: Any, profile: Any, *rest: Any, **more: Any) -> Any:
        if profile.name == "two":
            raise KeyError("aws-eusc")
        return await identify(sessions, profile, *rest, **more)

    monkeypatch.setattr("cloud_audit_tui.scan.engine.identify", breaks)
    events = await events_of(checks=[ROOT_ACCESS], profiles=["one", "two"])
    (failed,) = of_type(events, ProfileFailed)
    assert failed.profile == "two"
    assert "report it" in failed.action
    assert {event.finding.status for event in of_type(events, Result)} == {Status.FAIL, Status.NOT_ASSESSED}
    assert of_type(events, ScanFinished)[0].outcome is Outcome.COMPLETE


async def test_a_unit_that_breaks_costs_only_itself(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    with_notebooks(aws, "a")
    run = UnitRunner.run

    def breaks(self: UnitRunner, unit: WorkUnit) -> Any:
        if unit.region == "eu-west-1":
            raise RuntimeError("broken")
        return run(self, unit)

    monkeypatch.setattr(UnitRunner, "run", breaks)
    events = await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS], regions=[REGION, "eu-west-1"])
    statuses = {
        (event.finding.region, event.finding.check_id): event.finding.status
        for event in of_type(events, Result)
    }
    assert statuses[REGION, ROOT_ACCESS] is Status.FAIL
    assert statuses["eu-west-1", ROOT_ACCESS] is Status.NOT_ASSESSED
    assert statuses["eu-west-1", INTERNET_ACCESS] is Status.NOT_ASSESSED
    progress = of_type(events, Progress)[-1]
    assert (progress.done, progress.total) == (4, 4)


async def test_an_account_that_names_no_region_is_looked_at_in_all_of_its_partition(aws: AwsStub) -> None:
    aws._scripts["ec2", "DescribeRegions"].clear()
    aws.answer("ec2", "DescribeRegions", {"Regions": []})
    events = await events_of(checks=[ROOT_ACCESS], regions=["all"])
    (ready,) = of_type(events, ProfileReady)
    assert "not what AWS documents" in ready.regions_note
    (account,) = of_type(events, AccountReady)
    assert {"us-east-1", "eu-central-1"} <= set(account.regions)
    assert {result.finding.region for result in of_type(events, Result)} == set(account.regions)


async def test_two_profiles_of_one_account_are_one_scan(aws: AwsStub, two_profiles: None) -> None:
    with_notebooks(aws, "a")
    events = await events_of(checks=[ROOT_ACCESS], profiles=["one", "two"])
    (account,) = of_type(events, AccountReady)
    assert (account.profile, account.profiles) == ("one", ["one", "two"])
    assert {ready.profile for ready in of_type(events, ProfileReady)} == {"one", "two"}
    (result,) = of_type(events, Result)
    assert result.finding.profile == "one"
    assert len(aws.requests("ListNotebookInstances")) == 1


async def test_a_fact_is_said_once_and_a_broken_extractor_costs_its_facts(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_notebooks(aws, "a", "b")

    def notebooks(response: dict[str, Any], target: Target, _params: dict[str, Any]) -> Any:
        for item in [*response["NotebookInstances"], *response["NotebookInstances"]]:
            yield Fact(
                FactKind.RESOURCE, target.account_id, target.partition, target.region, "t",
                item["NotebookInstanceArn"],
            )  # fmt: skip

    def broken(_response: Any, _target: Target, _params: Any) -> Any:
        raise KeyError("x")

    extractors = {"sagemaker:ListNotebookInstances": [broken, notebooks]}
    monkeypatch.setattr(units, "extractors_of", lambda operation: extractors.get(operation, []))
    events = await events_of(checks=[ROOT_ACCESS, INTERNET_ACCESS])
    facts = [event.fact for event in of_type(events, FactRecorded)]
    assert sorted(fact.id.rpartition("/")[2] for fact in facts) == ["a", "b"]
    assert {fact.region for fact in facts} == {REGION}
    assert of_type(events, ScanFinished)[0].failed == 4


async def test_a_unit_runs_alone_elsewhere_with_the_same_results(aws: AwsStub) -> None:
    """What an executor on another machine does: a unit from JSON, sessions of its own, events to JSON."""
    with_notebooks(aws, "a", "b")
    here = [event.finding for event in of_type(await events_of(checks=[ROOT_ACCESS]), Result)]
    unit = WorkUnit(ACCOUNT, "aws", "environment", REGION, [ROOT_ACCESS], home_region="us-east-1")
    unit_over_wire = msgspec.json.decode(msgspec.json.encode(unit), type=WorkUnit)

    async def nobody(_profile: str, _prompt: str) -> str:
        return ""

    profiles = {profile.name: profile for profile in list_profiles(os.environ)}
    async with (
        Sessions(nobody, lambda *_: None, reads=all_checks()[ROOT_ACCESS].reads) as sessions,
        UnitRunner(sessions, profiles, Limits()) as runner,
    ):
        lines = [msgspec.json.encode(event) async for event in runner.run(unit_over_wire)]
    back = [msgspec.json.decode(line, type=Result | FactRecorded | UnitProgress) for line in lines]
    there = [event.finding for event in of_type(back, Result)]
    assert sorted(there, key=str) == sorted(here, key=str)
    assert sum(event.checks for event in of_type(back, UnitProgress)) == 1


@pytest.mark.parametrize("name", ["a\ud800b"])
async def test_a_name_that_no_encoding_has_breaks_nothing(aws: AwsStub, name: str) -> None:
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook(name)]})
    aws.answer("sagemaker", "DescribeNotebookInstance", {**notebook(name), "RootAccess": "Enabled"})
    (result,) = of_type(await events_of(checks=[ROOT_ACCESS]), Result)
    assert (result.finding.status, result.finding.resource_name) == (Status.FAIL, "a�b")


async def test_a_cancelled_scan_is_incomplete_also_when_a_profile_failed(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile good]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\nregion={REGION}\n"
        f"[profile broken]\ncredential_process=/bin/false\nregion={REGION}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with_notebooks(aws, "a")
    job = local_job(ScanJob(profiles=["good", "broken"], checks=[ROOT_ACCESS]), os.environ)
    events = []
    async for event in job.events():
        events.append(event)
        if isinstance(event, ProfileFailed):
            await job.cancel()
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.CANCELLED
