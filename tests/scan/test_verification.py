"""Looking again at one finding: as few calls as it takes, and an answer that is never better than known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_stub import ACCOUNT, REGION, Refusal
from cloud_audit_tui.commands.options import environment_of
from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.scan.engine import scan
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished, ScanStarted
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.process import ScanProcess
from cloud_audit_tui.scan.verification import Now, Verification, is_verifiable, requests_for

if TYPE_CHECKING:
    import pytest

    from aws_stub import AwsStub
    from cloud_audit_tui.demo.embedded import EmbeddedAws

ROOT_ACCESS, INTERNET_ACCESS, HTTPS_ONLY = "aws-sagemaker-001", "aws-sagemaker-002", "aws-s3-006"
TRAIL_BUCKET = "aws-ct-004"
NOTEBOOK = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/"


def found(name: str = "lab", check_id: str = ROOT_ACCESS, **other: Any) -> Finding:
    values = {
        "profile": "environment",
        "account_id": ACCOUNT,
        "region": REGION,
        "resource_id": NOTEBOOK + name,
    }
    return Finding(
        check_id=check_id,
        status=Status.FAIL,
        severity=Severity.HIGH,
        partition="aws",
        resource_name=name,
        resource_type="AWS::SageMaker::NotebookInstance",
        title="",
        reason="",
        **{**values, **other},
    )


def with_notebooks(aws: AwsStub, **root_access: str) -> None:
    listed = [{"NotebookInstanceName": name, "NotebookInstanceArn": NOTEBOOK + name} for name in root_access]
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": listed})

    def describe(params: dict[str, Any]) -> Any:
        name = params["NotebookInstanceName"]
        if root_access[name] == "denied":
            return Refusal("AccessDeniedException", "User is not authorized", 403)
        return {
            "NotebookInstanceName": name,
            "NotebookInstanceArn": NOTEBOOK + name,
            "RootAccess": root_access[name],
            "NotebookInstanceStatus": "InService",
        }

    aws.answer("sagemaker", "DescribeNotebookInstance", describe)


async def verified(*findings: Finding) -> Verification:
    answer = Verification()
    for request in requests_for(findings):
        async for event in scan(request, os.environ):
            answer.add(event)
    return answer


async def test_one_resource_costs_its_account_its_listing_and_itself(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled", other="Enabled", third="Enabled")
    answer = await verified(found("lab"))
    assert [call.operation for call in aws.calls] == [
        "GetCallerIdentity",
        "ListNotebookInstances",
        "DescribeNotebookInstance",
    ]
    assert answer.calls == 3
    assert [each.resource_name for each in answer.findings] == ["lab"]
    assert answer.of_finding(found("lab")).now is Now.FIXED


async def test_the_scan_says_that_it_is_about_this_resource_alone(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled", other="Enabled")
    (request,) = requests_for([found("lab")])
    events = [event async for event in scan(request, os.environ)]
    assert isinstance(events[0], ScanStarted)
    assert events[0].only == [NOTEBOOK + "lab"]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, end.failed, end.passed, end.not_assessed) == (Outcome.COMPLETE, 0, 1, 0)


async def test_what_became_of_several(aws: AwsStub) -> None:
    with_notebooks(aws, fixed="Disabled", failing="Enabled", denied="denied", other="Enabled")
    asked = {name: found(name) for name in ("fixed", "failing", "denied", "deleted")}
    answer = await verified(*asked.values())
    assert {name: answer.of_finding(each).now for name, each in asked.items()} == {
        "fixed": Now.FIXED,
        "failing": Now.FAILING,
        "denied": Now.NOT_ASSESSED,
        "deleted": Now.GONE,
    }
    assert "Add sagemaker:DescribeNotebookInstance" in answer.of_finding(asked["denied"]).reason
    assert len(aws.asked("ListNotebookInstances")) == 1
    assert len(aws.asked("DescribeNotebookInstance")) == 3


async def test_a_listing_that_is_denied_is_not_gone(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances")
    answer = await verified(found("lab"))
    assert answer.of_finding(found("lab")).now is Now.NOT_ASSESSED
    assert "Add sagemaker:ListNotebookInstances" in answer.of_finding(found("lab")).reason


async def test_a_profile_that_leads_elsewhere_now_is_not_gone(aws: AwsStub) -> None:
    with_notebooks(aws)
    answer = await verified(found("lab", account_id="999988887777"))
    result = answer.of_finding(found("lab", account_id="999988887777"))
    assert result.now is Now.NOT_ASSESSED
    assert (
        f"'environment' leads to account {ACCOUNT}: name a profile of account 999988887777" in result.reason
    )


async def test_a_profile_that_fails_and_a_scan_that_breaks_off_are_not_gone(
    aws: AwsStub,
) -> None:
    aws._scripts[("sts", "GetCallerIdentity")].clear()
    aws.answer("sts", "GetCallerIdentity", Refusal("ExpiredToken", "expired", 403))
    assert (await verified(found("lab"))).of_finding(found("lab")).now is Now.NOT_ASSESSED
    cancelled = ScanFinished("x", Outcome.CANCELLED, "", 0, 0, 0, 0, 0.0, "The scan was cancelled.")
    assert Verification([cancelled]).of_finding(found("lab")).reason == "The scan was cancelled."


async def test_a_region_that_could_not_be_listed_brings_its_resources(aws: AwsStub) -> None:
    with_notebooks(aws, a="Enabled", b="Disabled")
    listing = Finding(
        ROOT_ACCESS, Status.NOT_ASSESSED, Severity.HIGH, "environment", ACCOUNT, REGION, "aws", "", REGION,
        "AWS::Region", "", "denied",
    )  # fmt: skip
    answer = await verified(listing)
    assert {each.resource_name for each in answer.findings} == {"a", "b"}
    assert answer.of_finding(listing).now is Now.GONE


def test_the_requests_are_one_for_each_profile_and_region() -> None:
    requests = requests_for(
        [
            found("a"),
            found("b"),
            found("a", INTERNET_ACCESS),
            found("c", region="us-east-1"),
            found("bucket", HTTPS_ONLY, region="eu-west-1", resource_id="arn:aws:s3:::bucket"),
            found("bucket2", HTTPS_ONLY, region="eu-north-1", resource_id="arn:aws:s3:::bucket2"),
            found("a", profile="other"),
        ]
    )
    assert requests == [
        Request(
            ["environment"], [REGION], [ROOT_ACCESS, INTERNET_ACCESS], only=[NOTEBOOK + "a", NOTEBOOK + "b"]
        ),
        Request(["environment"], ["us-east-1"], [ROOT_ACCESS], only=[NOTEBOOK + "c"]),
        Request(["environment"], [], [HTTPS_ONLY], only=["arn:aws:s3:::bucket", "arn:aws:s3:::bucket2"]),
        Request(["other"], [REGION], [ROOT_ACCESS], only=[NOTEBOOK + "a"]),
    ]


def test_a_profile_that_failed_cannot_be_verified() -> None:
    failed = found("environment", region="", resource_id="")
    assert not is_verifiable(failed)
    assert requests_for([failed]) == []


async def test_every_finding_of_the_demo_is_found_again_by_its_id(embedded_aws: EmbeddedAws) -> None:
    """No check may pass over a resource because it is listed under another id than it is judged."""

    async def results(request: Request) -> list[Finding]:
        events = ScanProcess(request, environment_of(embedded_aws)).events()
        return [event.finding async for event in events if isinstance(event, Result)]

    def named(findings: list[Finding]) -> set[tuple[str, str, str, str, str]]:
        return {
            (each.check_id, each.profile, each.region, each.resource_id, each.status.value)
            for each in findings
        }

    whole = await results(Request(profiles=embedded_aws.profiles))
    again = await results(
        Request(profiles=embedded_aws.profiles, only=sorted({each.resource_id for each in whole} - {""}))
    )
    assert len(whole) > 100
    assert named(again) == named(whole)


async def test_one_failure_of_every_check_in_the_demo_still_fails(
    embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is asked for where a person would, so no check may say "gone" of what it has just found."""
    environment = environment_of(embedded_aws)
    failing: dict[str, Finding] = {}
    async for event in ScanProcess(Request(profiles=embedded_aws.profiles), environment).events():
        if isinstance(event, Result) and event.finding.status is Status.FAIL:
            failing.setdefault(event.finding.check_id, event.finding)
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    answer = await verified(*failing.values())
    wrong = {check_id: answer.of_finding(finding) for check_id, finding in failing.items()}
    assert len(failing) > 100
    assert {check_id: said for check_id, said in wrong.items() if said.now is not Now.FAILING} == {}


async def test_the_bucket_of_a_trail_is_looked_for_from_every_region(aws: AwsStub) -> None:
    """Its trail may be homed in any of them, and the finding names the bucket's own."""
    bucket = found("audit", TRAIL_BUCKET, region="eu-west-1", resource_id="arn:aws:s3:::audit")
    assert [request.regions for request in requests_for([bucket])] == [["all"]]
    said: list[Any] = [{"trailList": []}]
    aws.answer("cloudtrail", "DescribeTrails", lambda _params: said[-1])
    answer = await verified(bucket)
    assert answer.of_finding(bucket).now is Now.GONE
    assert len({call.region for call in aws.calls if call.operation == "DescribeTrails"}) > 1
    said.append(Refusal("AccessDeniedException", "User is not authorized", 403))
    answer = await verified(bucket)
    assert answer.of_finding(bucket).now is Now.NOT_ASSESSED
