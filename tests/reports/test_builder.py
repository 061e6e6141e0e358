"""A report from the events of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Severity
from cloud_audit_tui.reports.builder import ReportBuilder
from cloud_audit_tui.scan.events import (
    AccountReady,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from reports.made_report import ACCOUNT, finding_of, profile_failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.reports.document import Report
    from cloud_audit_tui.scan.events import AnyEvent


def report_of(events: Iterable[AnyEvent]) -> Report:
    builder = ReportBuilder()
    for event in events:
        builder.apply(event)
    return builder.report()


def test_the_events_of_a_scan_are_folded_into_a_report() -> None:
    report = report_of(
        [
            ScanStarted(
                "s1", "2026-01-01T00:00:00+00:00", "1", ScanJob(), ["aws-sagemaker-001"], ["a", "b", "c"]
            ),
            ProfileReady("b", ACCOUNT, "aws", "arn:b", "acme"),
            AccountReady(ACCOUNT, "aws", "b", ["b"], ["eu-central-1"]),
            ProfileFailed("c", "expired", "The session has ended.", "Log in."),
            Result(profile_failure("c")),
            Result(finding_of("z")),
            AccountReady(ACCOUNT, "aws", "b", ["a", "b"], ["eu-central-1", "eu-west-1"]),
            Result(finding_of("a", severity=Severity.LOW)),
            ScanFinished("s1", Outcome.COMPLETE, "2026-01-01T00:01:00+00:00", 2, 0, 1, 7, 60.0),
        ]
    )
    (account,) = report.accounts
    assert (account.profiles, account.regions, account.alias) == (
        ("a", "b"),
        ("eu-central-1", "eu-west-1"),
        "acme",
    )
    assert [entry.finding.resource_name for entry in report.entries] == ["z", "a", "c"]
    assert report.summary.words == "2 failed (1 critical, 1 low) · 0 passed · 1 not assessed"
    assert (report.scan.outcome, report.scan.calls) == ("complete", 7)


def test_a_scan_without_an_end_is_no_complete_one() -> None:
    report = report_of([ScanStarted("s1", "2026-01-01T00:00:00+00:00", "1", ScanJob(), [], [])])
    assert report.scan.outcome == "failed"
