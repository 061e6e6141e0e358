"""Scans as the store hears of them, and what a table shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.scan.events import (
    AnyEvent,
    Outcome,
    Result,
    ScanFinished,
    ScanStarted,
    TargetReady,
)
from cloud_audit_tui.store.view import Row, Sort, View

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store

CHECKS = ["aws-sagemaker-001", "aws-sagemaker-002", "aws-sagemaker-003"]
ALL = tuple(Status)


def made(name: str = "endpoint-1", **other: Any) -> Finding:
    """Return a finding about an endpoint of this name."""
    values: dict[str, Any] = {
        "check_id": "aws-sagemaker-003",
        "status": Status.FAIL,
        "severity": Severity.HIGH,
        "profile": "prod",
        "account_id": "111111111111",
        "region": "eu-central-1",
        "partition": "aws",
        "resource_name": name,
        "resource_type": "AWS::SageMaker::Endpoint",
        "title": "Endpoints are encrypted",
        "reason": "The configuration names no KMS key.",
        "evidence": {"endpoint_config_name": f"{name}-config"},
        **other,
    }
    where = f"{values['region']}:{values['account_id']}"
    values.setdefault("resource_id", f"arn:aws:sagemaker:{where}:endpoint/{name}")
    return Finding(**values)


def started(scan_id: str, profiles: list[str] | None = None, checks: list[str] | None = None) -> ScanStarted:
    return ScanStarted(
        scan_id, f"2026-01-01T00:00:0{len(scan_id)}+00:00", "0", CHECKS if checks is None else checks,
        ["prod"] if profiles is None else profiles, [],
    )  # fmt: skip


def ready(
    profile: str = "prod", regions: list[str] | None = None, account_id: str = "111111111111"
) -> TargetReady:
    return TargetReady(
        profile,
        account_id,
        f"{profile}-alias",
        f"arn:aws:iam::{account_id}:user/me",
        "aws",
        ["eu-central-1"] if regions is None else regions,
        ["eu-central-1", "us-east-1"],
    )


def finished(scan_id: str, outcome: Outcome = Outcome.COMPLETE) -> ScanFinished:
    return ScanFinished(scan_id, outcome, "2026-01-01T00:09:00+00:00", 0, 0, 0, 0, 1.0)


def scan(
    scan_id: str,
    *found: Finding,
    outcome: Outcome | None = Outcome.COMPLETE,
    targets: list[TargetReady] | None = None,
    checks: list[str] | None = None,
) -> list[AnyEvent]:
    """Return the events of a scan; without an outcome it never ends."""
    targets = [ready()] if targets is None else targets
    events: list[AnyEvent] = [started(scan_id, [target.profile for target in targets], checks), *targets]
    events += [Result(finding) for finding in found]
    return events if outcome is None else [*events, finished(scan_id, outcome)]


def shown(
    store: Store, *profiles: str, text: str = "", sort: Sort = Sort.RESOURCE, **other: Any
) -> list[Row]:
    """Return the rows that a table would show."""
    view = View(profiles or ("prod",), text, other.pop("statuses", ALL), sort, **other)
    return store.rows(store.row_ids(view))


def names(store: Store, *profiles: str, **other: Any) -> list[str]:
    return [row.resource_name for row in shown(store, *profiles, **other)]
