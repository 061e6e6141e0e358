"""One fold over the events says where a job is; nobody counts again."""

from __future__ import annotations

from cloud_audit_tui.model import Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    Throttled,
)
from cloud_audit_tui.scan.jobs import ScanJob
from scan_runs import state_of


def result(status: Status, severity: Severity) -> Result:
    resource = Resource("arn", "name", "type")
    return Result(
        Finding(
            "aws-s3-001", status, severity, resource, "a", "1" * 12, "eu-west-1", "aws", "title", "reason"
        )
    )


def test_the_state_of_a_job_is_what_its_events_say() -> None:
    events: list[AnyEvent] = [
        ScanStarted("id", "2026-01-01T00:00:00+00:00", "1", ScanJob(), ["aws-s3-001"], ["a", "b"]),
        ProfileReady("a", "1" * 12, "aws", "arn:aws:iam::111111111111:user/a"),
        ProfileFailed("b", "credentials", "expired"),
        AccountReady("1" * 12, "aws", "a", ["a"], ["eu-west-1"]),
        AccountReady("1" * 12, "aws", "a", ["a"], ["eu-west-1", "eu-west-3"]),
        result(Status.FAIL, Severity.CRITICAL),
        result(Status.FAIL, Severity.LOW),
        result(Status.PASS, Severity.LOW),
        result(Status.NOT_ASSESSED, Severity.HIGH),
        Throttled("1" * 12, "eu-west-1", "s3", 1),
        Throttled("1" * 12, "eu-west-1", "s3", 2),
        Throttled("1" * 12, "eu-west-3", "s3", 1),
        Progress(2, 4, 10, 1.0),
    ]
    state = state_of(events)
    assert (state.failed, state.passed, state.not_assessed) == (2, 1, 1)
    assert state.counts == {
        (Status.FAIL, Severity.CRITICAL): 1,
        (Status.FAIL, Severity.LOW): 1,
        (Status.PASS, Severity.LOW): 1,
        (Status.NOT_ASSESSED, Severity.HIGH): 1,
    }
    assert (set(state.ready), set(state.failures)) == ({"a"}, {"b"})
    assert [account.regions for account in state.accounts.values()] == [["eu-west-1", "eu-west-3"]]
    assert state.times_throttled == 3
    assert state.progress == Progress(2, 4, 10, 1.0)
    assert not state.is_complete
    state.apply(ScanFinished("id", Outcome.COMPLETE, "", 2, 1, 1, 10, 1.0))
    assert state.is_complete
