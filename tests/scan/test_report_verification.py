"""Our checks look at what a report says, through the profiles that are named, and match nothing by guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import AccountScope, Finding, RegionScope, Resource, Status
from cloud_audit_tui.scan.events import Outcome, ProfileReady, Result, ScanFinished, ScanStarted
from cloud_audit_tui.scan.jobs import VerifyJob
from cloud_audit_tui.scan.report_verification import (
    SEVERAL,
    Reading,
    read_reported,
    reading_job,
    reading_of,
    why_unreadable,
)
from cloud_audit_tui.scan.verification import Verification, VerificationStatus
from each_row import each_row
from reports.made_report import ACCOUNT, finding_of

if TYPE_CHECKING:
    from cloud_audit_tui.model import Subject

ARN = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:notebook-instance/lab"


def reported(**changes: Any) -> Finding:
    return finding_of(**{"source": "prowler", "evidence": {}, "profile": "", **changes})


def verified(*findings: Finding, account: str = ACCOUNT, ended: bool = True) -> Verification:
    ready = ProfileReady("audit", account, "aws", "arn:aws:iam::1:user/me", "", "eu-central-1")
    outcome = Outcome.COMPLETE if ended else Outcome.FAILED
    return Verification(
        [
            ScanStarted("s", "2026-11-26T12:00:00+00:00", "1", VerifyJob([]), [], ["audit"]),
            ready,
            *map(Result, findings),
            ScanFinished("s", outcome, "2026-11-26T12:00:01+00:00", 0, 0, 0, 1, 1.0, ""),
        ]
    )


def read(finding: Finding, *findings: Finding, **options: Any) -> Reading:
    return reading_of(finding, ["audit"], verified(*findings, **options))


def test_a_job_names_a_resource_as_the_report_and_as_our_check_may() -> None:
    job = reading_job([reported()], ["audit", "admin"])
    assert {target.resource for target in job.targets} == {ARN, "lab"}
    assert {target.profile for target in job.targets} == {"audit", "admin"}
    assert {(target.account_id, target.region) for target in job.targets} == {(ACCOUNT, "eu-central-1")}
    # A check of the whole account runs in its home region, wherever the report puts the finding.
    user = reported(check_id="aws-iam-002", region="us-east-1")
    assert {target.region for target in reading_job([user], ["audit"]).targets} == {""}


def test_a_finding_is_matched_by_its_name_where_account_check_and_region_agree() -> None:
    own = finding_of(reason="Ours.", profile="audit")
    assert read(reported(), own).own == own
    by_name = reported(subject=Resource("lab", "lab", "Other"))
    assert read(by_name, own).own == own
    for different in (
        {"account_id": "999988887777"},
        {"region": "eu-west-1"},
        {"check_id": "aws-sagemaker-002"},
        {"subject": Resource(f"{ARN}-2", "lab-2", "Other")},
    ):
        assert read(reported(), msgspec.structs.replace(own, **different)).own is None


def test_a_name_of_several_resources_is_none_of_them() -> None:
    subjects: list[Subject] = [Resource(f"{ARN}/{number}", "same", "Other") for number in (1, 2)]
    findings = [finding_of(subject=subject, profile="audit") for subject in subjects]
    reading = read(reported(subject=Resource("same", "same", "Other")), *findings)
    assert (reading.own, reading.result.reason) == (None, SEVERAL)
    assert read(reported(subject=subjects[1]), *findings).own == findings[1]


def test_a_name_is_not_enough_where_the_report_has_an_arn() -> None:
    def group(number: int) -> Resource:
        return Resource(f"arn:aws:ec2:eu-central-1:{ACCOUNT}:security-group/sg-{number}", "default", "Other")

    other = finding_of(subject=group(2), profile="audit")
    assert read(reported(subject=group(1)), other).own is None
    assert read(reported(subject=group(2)), other).own == other


def test_one_resource_is_known_in_each_form_of_its_identity() -> None:
    forms = {
        f"arn:aws:ec2:eu-central-1:{ACCOUNT}:eip-allocation/eipalloc-1": (
            f"arn:aws:ec2:eu-central-1:{ACCOUNT}:elastic-ip/eipalloc-1"
        ),
        f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:trail:*": (
            f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:trail"
        ),
        "arn:aws:s3:::data": "data",
        "orders": f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders",
        f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:a/db-1": "",
        "arn:aws:sns:eu-central-1:1:data": "",
    }
    different = {
        f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:a/db-1": (
            f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:b/db-1"
        ),
        "arn:aws:sns:eu-central-1:1:data": "arn:aws:s3:::data",
    }
    with each_row() as row:
        for theirs, ours in forms.items():
            with row(theirs):
                identity = ours or different[theirs]
                own = finding_of(subject=Resource(identity, "shown", "Other"), profile="audit")
                same = read(reported(subject=Resource(theirs, "shown", "Other")), own).own
                assert same == (own if ours else None)


def test_a_verdict_on_the_region_is_taken_only_where_the_check_judges_regions() -> None:
    region = finding_of(subject=RegionScope("AWS::GuardDuty::Detector"), profile="audit")
    detector = reported(subject=Resource("arn:aws:guardduty:::detector/unknown", "unknown", "Other"))
    assert read(detector, region).own == region
    account = finding_of(subject=AccountScope(), profile="audit")
    assert read(detector, account).own == account
    # Here the check judges resources, and the reported one is not among them.
    assert read(detector, region, finding_of("another", profile="audit")).own is None


def test_another_account_or_an_unfinished_job_is_no_answer() -> None:
    elsewhere = read(reported(), account="999988887777")
    assert (elsewhere.own, elsewhere.reached) == (None, False)
    assert elsewhere.result.status is VerificationStatus.NOT_ASSESSED
    assert "leads to account 999988887777" in elsewhere.result.reason
    unfinished = read(reported(), ended=False)
    assert unfinished.result.status is VerificationStatus.NOT_ASSESSED
    assert unfinished.reached
    assert read(reported()).result.status is VerificationStatus.GONE


async def test_only_names_that_no_check_knows_are_looked_for_in_the_whole_region() -> None:
    own = finding_of(profile="audit")
    detector = reported(
        check_id="aws-gd-001", subject=Resource("arn:aws:guardduty:::detector/unknown", "unknown", "Other")
    )
    region_finding = finding_of(check_id="aws-gd-001", subject=RegionScope(""), profile="audit")
    jobs: list[VerifyJob] = []

    async def run(job: VerifyJob) -> Verification:
        jobs.append(job)
        return verified(own) if len(jobs) == 1 else verified(region_finding)

    readings = await read_reported([reported(), detector], ["audit"], run)
    assert [each.own for each in readings] == [own, region_finding]
    assert len(jobs) == 2
    assert [{target.check_id for target in job.targets} for job in jobs] == [
        {"aws-sagemaker-001", "aws-gd-001"},
        {"aws-gd-001"},
    ]
    assert {target.resource for target in jobs[1].targets} == {ACCOUNT}


async def test_what_is_not_found_is_gone_only_where_we_have_named_it() -> None:
    async def run(_: VerifyJob) -> Verification:
        return verified()

    [theirs] = await read_reported([reported()], ["audit"], run)
    assert theirs.result.status is VerificationStatus.NOT_ASSESSED
    assert "or the report names it in another way" in theirs.result.reason
    [ours] = await read_reported([finding_of()], ["audit"], run)
    assert ours.result.status is VerificationStatus.GONE


def test_an_access_key_is_known_by_its_id() -> None:
    key = finding_of(
        check_id="aws-iam-004",
        subject=Resource(f"arn:aws:iam::{ACCOUNT}:user/a/access-key/2025", "a", "Other"),
        evidence={"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
        profile="audit",
    )
    identity = "AKIAIOSFODNN7EXAMPLE"
    by_id = reported(check_id="aws-iam-004", subject=Resource(identity, identity, "Other"))
    assert read(by_id, key).own == key


def test_why_a_finding_cannot_be_looked_at() -> None:
    assert why_unreadable(reported()) == ""
    assert "None of our checks" in why_unreadable(reported(check_id="theirs"))
    assert "which account" in why_unreadable(reported(account_id=""))
    assert "which region" in why_unreadable(reported(region=""))
    assert why_unreadable(reported(check_id="aws-iam-002", region="")) == ""
    assert "passed" in why_unreadable(reported(status=Status.PASS))
