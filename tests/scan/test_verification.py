"""Verifying findings: as few calls as it takes, and an answer that is never better than what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION, Refusal
from cloud_audit_tui.commands.options import environment_of
from cloud_audit_tui.model import AccountScope, Finding, ProfileScope, RegionScope, Resource, Severity, Status
from cloud_audit_tui.scan.events import Outcome, ScanFinished, ScanStarted
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.scan.verification import (
    Verification,
    VerificationStatus,
    is_verifiable,
    target_of,
    verify_job,
)
from scan_runs import scan

if TYPE_CHECKING:
    from aws_stub import AwsStub
    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from demo_scan import DemoScan

ROOT_ACCESS, INTERNET_ACCESS = "aws-sagemaker-001", "aws-sagemaker-002"
TRAIL_BUCKET = "aws-ct-004"
NOTEBOOK = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/"


def finding(name: str = "lab", check_id: str = ROOT_ACCESS, **changes: Any) -> Finding:
    resource_id = changes.pop("resource_id", NOTEBOOK + name)
    values = {
        "subject": Resource(resource_id, name, "AWS::SageMaker::NotebookInstance"),
        "profile": "environment",
        "account_id": ACCOUNT,
        "region": REGION,
        "status": Status.FAIL,
    }
    return Finding(
        check_id=check_id,
        severity=Severity.HIGH,
        partition="aws",
        title="",
        reason="",
        **{**values, **changes},
    )


def with_notebooks(aws: AwsStub, **root_access: str) -> None:
    notebooks = [
        {"NotebookInstanceName": name, "NotebookInstanceArn": NOTEBOOK + name} for name in root_access
    ]
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": notebooks})

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
    verification = Verification()
    async for event in scan(verify_job(findings)):
        verification.apply(event)
    return verification


async def test_one_resource_costs_its_account_its_listing_and_itself(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled", other="Enabled", third="Enabled")
    answer = await verified(finding("lab"))
    assert [call.operation for call in aws.calls] == [
        "GetCallerIdentity",
        "ListNotebookInstances",
        "DescribeNotebookInstance",
    ]
    assert answer.calls == 3
    assert [each.resource_name for each in answer.findings] == ["lab"]
    assert answer.of_finding(finding("lab")).status is VerificationStatus.FIXED


async def test_the_scan_says_that_it_is_about_this_resource_alone(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled", other="Enabled")
    job = verify_job([finding("lab")])
    events = [event async for event in scan(job)]
    assert isinstance(events[0], ScanStarted)
    assert events[0].job == job
    assert job.targets == [VerifyTarget(ROOT_ACCESS, "environment", REGION, NOTEBOOK + "lab", ACCOUNT)]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert (end.outcome, end.failed, end.passed, end.not_assessed) == (Outcome.COMPLETE, 0, 1, 0)


async def test_findings_of_several_regions_are_one_job(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled", other="Enabled")
    findings = [finding("lab"), finding("other", region="eu-west-1"), finding("lab", INTERNET_ACCESS)]
    verification = await verified(*findings)
    assert [verification.of_finding(each).status for each in findings] == [
        VerificationStatus.FIXED,
        VerificationStatus.FAILING,
        VerificationStatus.FAILING,
    ]
    assert len(aws.requests("GetCallerIdentity")) == 1
    assert len(aws.requests("ListNotebookInstances")) == 2


async def test_the_default_credentials_need_no_name(aws: AwsStub) -> None:
    with_notebooks(aws, lab="Disabled")
    target = VerifyTarget(ROOT_ACCESS, "", "", "lab")
    verification = Verification([event async for event in scan(VerifyJob([target]))])
    assert verification.of(target).status is VerificationStatus.FIXED
    assert verification.profile_of(target) == "environment"


async def test_what_became_of_several(aws: AwsStub) -> None:
    with_notebooks(aws, fixed="Disabled", failing="Enabled", denied="denied", other="Enabled")
    findings = {name: finding(name) for name in ("fixed", "failing", "denied", "deleted")}
    answer = await verified(*findings.values())
    assert {name: answer.of_finding(each).status for name, each in findings.items()} == {
        "fixed": VerificationStatus.FIXED,
        "failing": VerificationStatus.FAILING,
        "denied": VerificationStatus.NOT_ASSESSED,
        "deleted": VerificationStatus.GONE,
    }
    assert "Add sagemaker:DescribeNotebookInstance" in answer.of_finding(findings["denied"]).reason
    assert len(aws.requests("ListNotebookInstances")) == 1
    assert len(aws.requests("DescribeNotebookInstance")) == 3


async def test_a_listing_that_is_denied_is_not_gone(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances")
    answer = await verified(finding("lab"))
    assert answer.of_finding(finding("lab")).status is VerificationStatus.NOT_ASSESSED
    assert "Add sagemaker:ListNotebookInstances" in answer.of_finding(finding("lab")).reason


async def test_a_profile_that_leads_elsewhere_now_is_not_gone(aws: AwsStub) -> None:
    with_notebooks(aws)
    answer = await verified(finding("lab", account_id="999988887777"))
    result = answer.of_finding(finding("lab", account_id="999988887777"))
    assert result.status is VerificationStatus.NOT_ASSESSED
    assert (
        f"'environment' leads to account {ACCOUNT}: name a profile of account 999988887777" in result.reason
    )


async def test_a_profile_that_fails_and_a_scan_that_breaks_off_are_not_gone(
    aws: AwsStub,
) -> None:
    aws._scripts[("sts", "GetCallerIdentity")].clear()
    aws.answer("sts", "GetCallerIdentity", Refusal("ExpiredToken", "expired", 403))
    assert (await verified(finding("lab"))).of_finding(
        finding("lab")
    ).status is VerificationStatus.NOT_ASSESSED
    cancelled = ScanFinished("x", Outcome.CANCELLED, "", 0, 0, 0, 0, 0.0, "The scan was cancelled.")
    assert Verification([cancelled]).of_finding(finding("lab")).reason == "The scan was cancelled."


async def test_a_region_that_could_not_be_listed_brings_its_resources(aws: AwsStub) -> None:
    with_notebooks(aws, a="Enabled", b="Disabled")
    listing = finding(subject=RegionScope(), status=Status.NOT_ASSESSED)
    answer = await verified(listing)
    assert {each.resource_name for each in answer.findings} == {"a", "b"}
    assert answer.of_finding(listing).status is VerificationStatus.GONE


def test_each_subject_has_a_name_to_be_looked_for_by() -> None:
    names = {
        target_of(finding(subject=subject)).resource
        for subject in (
            Resource("arn:x", "x", "t"),
            Resource("", "only a name", "t"),
            RegionScope("t"),
            AccountScope("t"),
        )
    }
    assert names == {"arn:x", "only a name", REGION, ACCOUNT}


def test_a_profile_that_failed_cannot_be_verified() -> None:
    failed = finding(subject=ProfileScope("environment"), region="", account_id="")
    assert not is_verifiable(failed)
    assert verify_job([failed, failed]).targets == []


@pytest.mark.usefixtures("quick_starts")
async def test_every_finding_of_the_demo_is_verified_as_it_was_scanned(
    embedded_aws: EmbeddedAws, demo_scan: DemoScan
) -> None:
    """One job for all; no check may pass over a resource since it lists it under another id than it judges.

    What the demo's denials leave unassessed stays so.
    """
    findings = demo_scan.findings
    subjects = [each for each in findings if isinstance(each.subject, Resource)]
    assert len(subjects) > 500
    job = SubprocessJob(verify_job(findings), environment_of(embedded_aws))
    verification = Verification([event async for event in job.events()])
    expected = {
        Status.FAIL: VerificationStatus.FAILING,
        Status.PASS: VerificationStatus.FIXED,
        Status.NOT_ASSESSED: VerificationStatus.NOT_ASSESSED,
    }
    wrong = [
        (each.check_id, each.profile, each.resource_name, each.status, verification.of_finding(each))
        for each in findings
        if is_verifiable(each) and verification.of_finding(each).status is not expected[each.status]
    ]
    assert wrong == []


@pytest.mark.usefixtures("quick_starts")
async def test_one_failure_of_every_check_in_the_demo_still_fails(
    embedded_aws: EmbeddedAws, demo_scan: DemoScan
) -> None:
    """Verified alone, as a person would, without the names of any other finding."""
    failures: dict[str, Finding] = {}
    for each in demo_scan.findings:
        if each.status is Status.FAIL:
            failures.setdefault(each.check_id, each)
    assert len(failures) > 100
    verification = Verification()
    job = SubprocessJob(verify_job(failures.values()), environment_of(embedded_aws))
    async for event in job.events():
        verification.apply(event)
    wrong = {check_id: verification.of_finding(each) for check_id, each in failures.items()}
    still_failing = VerificationStatus.FAILING
    assert {check_id: each for check_id, each in wrong.items() if each.status is not still_failing} == {}


async def test_the_bucket_of_a_trail_is_looked_for_from_every_region(aws: AwsStub) -> None:
    """Its trail may be homed in any of them, and the finding names the bucket's own."""
    bucket = finding("audit", TRAIL_BUCKET, region="eu-west-1", resource_id="arn:aws:s3:::audit")
    answers: list[Any] = [{"trailList": []}]
    aws.answer("cloudtrail", "DescribeTrails", lambda _params: answers[-1])
    answer = await verified(bucket)
    assert answer.of_finding(bucket).status is VerificationStatus.GONE
    assert len({call.region for call in aws.calls if call.operation == "DescribeTrails"}) > 1
    answers.append(Refusal("AccessDeniedException", "User is not authorized", 403))
    answer = await verified(bucket)
    assert answer.of_finding(bucket).status is VerificationStatus.NOT_ASSESSED
