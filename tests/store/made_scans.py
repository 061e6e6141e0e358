"""Streams of events as scans send them to the store, and what a table shows of the result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.rules import Rules
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
)
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import IdentifyJob, Job, ScanJob
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.view import Row, Sort, View

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store

CHECKS = ["aws-sagemaker-001", "aws-sagemaker-002", "aws-sagemaker-003"]
ALL = tuple(Status)
DEV = "222222222222"
"""The account behind the profile ``dev``."""


def finding_of(name: str = "endpoint-1", **other: Any) -> Finding:
    """Return a finding about an endpoint of this name."""
    values: dict[str, Any] = {
        "check_id": "aws-sagemaker-003",
        "status": Status.FAIL,
        "severity": Severity.HIGH,
        "profile": "prod",
        "account_id": "111111111111",
        "region": "eu-central-1",
        "partition": "aws",
        "title": "Endpoints are encrypted",
        "reason": "The configuration names no KMS key.",
        "evidence": {"endpoint_config_name": f"{name}-config"},
        **other,
    }
    where = f"{values['region']}:{values['account_id']}"
    resource_id = values.pop("resource_id", f"arn:aws:sagemaker:{where}:endpoint/{name}")
    values.setdefault("subject", Resource(resource_id, name, "AWS::SageMaker::Endpoint"))
    return Finding(**values)


def listing(region: str = "eu-central-1", *, whole_account: bool = False, **other: Any) -> Finding:
    """Return the finding of a check that could not look at a region or an account."""
    scope = (
        AccountScope("AWS::SageMaker::Endpoint") if whole_account else RegionScope("AWS::SageMaker::Endpoint")
    )
    values = {"status": Status.NOT_ASSESSED, "reason": "Access denied.", "region": region, **other}
    return finding_of(subject=scope, **values)


def unusable(profile: str = "prod", reason: str = "The session has expired. Run aws sso login.") -> Finding:
    """Return the finding of a profile that cannot be used."""
    return finding_of(
        check_id=PROFILE_ACCESS,
        status=Status.NOT_ASSESSED,
        severity=Severity.CRITICAL,
        subject=ProfileScope(profile),
        profile=profile,
        account_id="",
        region="",
        partition="",
        title="Profile cannot be used",
        reason=reason,
        evidence={},
    )


def failed(profile: str = "prod") -> list[AnyEvent]:
    """Return what a scan says of a profile that cannot be used."""
    failure = ProfileFailed(profile, "credentials", "The session has expired.", "Run aws sso login.")
    return [failure, Result(unusable(profile))]


def started(
    scan_id: str,
    profiles: list[str] | None = None,
    checks: list[str] | None = None,
    *,
    job: Job | None = None,
    global_checks: list[str] | None = None,
    rules: dict[str, str] | None = None,
) -> ScanStarted:
    return ScanStarted(
        scan_id,
        f"2026-01-01T00:00:0{len(scan_id)}+00:00",
        "0",
        ScanJob() if job is None else job,
        CHECKS if checks is None else checks,
        ["prod"] if profiles is None else profiles,
        global_checks or [],
        Rules("cpython-311", rules or {}),
    )


def identifying(scan_id: str, *events: AnyEvent) -> list[AnyEvent]:
    """Return the events of a question which accounts profiles lead to."""
    return [started(scan_id, checks=[], job=IdentifyJob()), *events, finished(scan_id)]


def ready(profile: str = "prod", account_id: str = "111111111111", **other: Any) -> ProfileReady:
    values: dict[str, Any] = {
        "alias": f"{account_id[:3]}-alias",
        "region": "eu-central-1",
        "enabled_regions": ["eu-central-1", "us-east-1"],
        **other,
    }
    return ProfileReady(profile, account_id, "aws", f"arn:aws:iam::{account_id}:user/{profile}", **values)


def judging(
    profile: str = "prod", regions: list[str] | None = None, account_id: str = "111111111111"
) -> AccountReady:
    regions = ["eu-central-1"] if regions is None else regions
    return AccountReady(account_id, "aws", profile, [profile], regions)


def reached(
    profile: str = "prod", regions: list[str] | None = None, account_id: str = "111111111111"
) -> list[AnyEvent]:
    """Return what a scan says of a profile that can be used, and of the account that it judges."""
    return [ready(profile, account_id), judging(profile, regions, account_id)]


def finished(scan_id: str, outcome: Outcome = Outcome.COMPLETE) -> ScanFinished:
    return ScanFinished(scan_id, outcome, "2026-01-01T00:09:00+00:00", 0, 0, 0, 0, 1.0)


def scan(
    scan_id: str,
    *findings: Finding,
    outcome: Outcome | None = Outcome.COMPLETE,
    doors: list[AnyEvent] | None = None,
    checks: list[str] | None = None,
    **other: Any,
) -> list[AnyEvent]:
    """Return the events of a scan; without an outcome it never ends."""
    events: list[AnyEvent] = [
        started(scan_id, None, checks, **other),
        *(reached() if doors is None else doors),
    ]
    events += [Result(finding) for finding in findings]
    return events if outcome is None else [*events, finished(scan_id, outcome)]


def table_rows(
    store: Store, *profiles: str, text: str = "", sort: Sort = Sort.RESOURCE, **other: Any
) -> list[Row]:
    """Return the rows that a table would show."""
    view = View(profiles or ("prod",), other.pop("statuses", ALL), sort, **other)
    return store.rows(store.row_ids(view, condition(parse(text), COLUMNS, datetime.now(UTC))))


def names(store: Store, *profiles: str, **other: Any) -> list[str]:
    return [row.resource_name for row in table_rows(store, *profiles, **other)]
