"""Which failures of other scanners' reports get our fix: one of each kind, from scans of one account.

The reports are cut to what a reader reads; the texts of the other programs are not in them.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render, scan_command
from cloud_audit_tui.reports.opened_report import opened_report, twin_of, twins
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.report_verification import why_unreadable
from each_row import each_row
from given_answers import answers
from reports.made_report import ACCOUNT, prowler_event
from reports.read_report import read_report

RECORDED = Path(__file__).parent / "recorded"
PROWLER, CLOUD_AUDIT = "prowler-5.46.0.ocsf.json", "cloud-audit-2.5.0.json"
BOTH, SCRIPT, FILE, WORDS = "script and file", "script", "file", "in words"
ANSWERS, FACTS, NO_TWIN = "after answers", "facts are missing", "no twin"
ONLY_BY_ROOT = {"aws-iam-001", "aws-iam-008", "aws-iam-015"}
"""Checks whose fix only the root user can make, by hand."""


def failures(name: str) -> list[Finding]:
    return failures_in((RECORDED / name).read_bytes())


def failures_in(content: bytes) -> list[Finding]:
    events = [event for event in opened_report(read_report(content)).events if isinstance(event, Result)]
    return [event.finding for event in events if event.finding.status is Status.FAIL]


def outcome(finding: Finding) -> str:
    if not twin_of(finding.check_id):
        return NO_TWIN
    fix = render(finding, {})
    if fix.cli:
        return BOTH if fix.terraform else SCRIPT
    if fix.terraform:
        return FILE
    if any(fix.questions(language) for language in Language):
        return ANSWERS
    return FACTS if "lacks facts" in "".join(fix.notes(Language.SHELL)) else WORDS


@pytest.mark.parametrize(
    ("report", "counts"),
    [
        (PROWLER, {BOTH: 19, SCRIPT: 8, ANSWERS: 18, FACTS: 7, NO_TWIN: 3}),
        (CLOUD_AUDIT, {BOTH: 8, SCRIPT: 14, FILE: 1, ANSWERS: 33, WORDS: 1, FACTS: 10, NO_TWIN: 1}),
    ],
)
def test_the_reasons_for_which_a_failure_has_a_fix_or_none(report: str, counts: dict[str, int]) -> None:
    assert Counter(map(outcome, failures(report))) == counts


def test_what_prowler_says_of_resources_adds_to_what_their_names_give() -> None:
    events = json.loads((RECORDED / PROWLER).read_bytes())
    for event in events:
        del event["resources"][0]["data"]
    counts = Counter(map(outcome, failures_in(json.dumps(events).encode())))
    assert counts == {BOTH: 6, SCRIPT: 12, FILE: 1, ANSWERS: 25, FACTS: 8, NO_TWIN: 3}


@pytest.mark.parametrize(
    ("report", "fixed"),
    [
        (
            PROWLER,
            "bedrock-001 bedrock-002 cfg-001 ct-002 ct-004 ct-005 ct-008 ddb-001 ddb-002 ec2-004 ec2-006 "
            "eip-001 gd-001 iam-010 iam-011 iam-012 iam-016 kms-001 rds-003 s3-003 s3-005 s3-006 s3-007 "
            "sh-001 sm-001 ssm-001 vpc-005",
        ),
        (
            CLOUD_AUDIT,
            "account-001 bedrock-002 cfg-001 ct-003 ddb-001 ddb-002 ec2-004 ec2-005 ec2-006 eip-001 gd-001 "
            "iam-002 iam-011 iam-012 iam-016 kms-001 s3-001 s3-003 s3-007 sh-001 vpc-001 vpc-003 vpc-005",
        ),
    ],
)
def test_the_checks_whose_failures_are_fixed(report: str, fixed: str) -> None:
    checks = {one.check_id for one in failures(report) if outcome(one) in (BOTH, SCRIPT, FILE)}
    assert sorted(checks) == [f"aws-{name}" for name in fixed.split()]


def synthetic() -> list[Finding]:
    """Return a failure of each of Prowler's checks with a twin, of which the report says nothing."""
    return [
        finding
        for theirs in twins()
        for finding in failures_in(
            json.dumps(
                [
                    prowler_event(
                        metadata={"event_code": theirs, "product": {"name": "Prowler"}},
                        cloud={"region": "eu-west-1", "account": {"uid": ACCOUNT}},
                        resources=[
                            {
                                "uid": f"arn:aws:x:eu-west-1:{ACCOUNT}:x/abc",
                                "name": "abc",
                                "region": "eu-west-1",
                            }
                        ],
                    )
                ]
            ).encode()
        )
    ]


def test_every_failure_with_a_twin_has_a_fix_at_once_or_after_answers_or_the_command_that_makes_it() -> None:
    with each_row() as row:
        for finding in [*failures(PROWLER), *failures(CLOUD_AUDIT), *synthetic()]:
            if not twin_of(finding.check_id):
                continue
            with row((finding.source, finding.check_id)):
                fix = render(finding, {})
                if fix.cli or fix.terraform:
                    continue
                trail = finding.evidence.get("trail_name", "all")
                values = answers(finding.account_id, finding.region or "us-east-1", trail)
                whole = fix.with_values(values)
                if any(fix.questions(language) for language in Language):
                    assert whole.cli or whole.terraform, whole.note
                elif finding.check_id not in ONLY_BY_ROOT:
                    assert scan_command(finding) in fix.note
                    assert f"--checks {finding.check_id}" in scan_command(finding)
                    assert "a verification reads them" in fix.note
                    assert why_unreadable(finding) == ""


@pytest.mark.parametrize("report", [PROWLER, CLOUD_AUDIT])
def test_every_note_on_missing_facts_names_them_and_what_reads_them(report: str) -> None:
    notes = [
        note
        for finding in failures(report)
        for language in Language
        for note in render(finding, {}).notes(language)
        if "lacks facts" in note
    ]
    assert notes
    assert [note for note in notes if "through a profile of account 123456789012" not in note] == []
    assert [note for note in notes if "--export-fixes fixes.sh" not in note] == []
