"""The JSON report: one object with the scan, its results and a summary."""

from __future__ import annotations

from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.reports.document import Collected


def write_json(collected: Collected, file: IO[str], environment: Mapping[str, str]) -> None:
    """Write the report; ``environment`` is what a pasted remediation has to export."""
    report = {
        "scan": _scan(collected),
        "results": [_result(finding, environment) for finding in collected.findings],
        "summary": _summary(collected),
    }
    file.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")


def _scan(collected: Collected) -> dict[str, Any]:
    started, finished = collected.started, collected.finished
    return {
        "id": started.scan_id if started else "",
        "version": started.version if started else "",
        "started_at": started.started_at if started else "",
        "finished_at": finished.finished_at if finished else "",
        "outcome": finished.outcome if finished else "failed",
        "message": finished.message if finished else "",
        "checks": started.checks if started else [],
        "profiles": started.profiles if started else [],
        "targets": [
            {
                "profile": target.profile,
                "account_id": target.account_id,
                "alias": target.alias,
                "caller_arn": target.caller_arn,
                "partition": target.partition,
                "regions": _regions(collected, target.profile),
                "regions_note": target.regions_note,
            }
            for target in collected.targets
        ],
        "failures": [
            {
                "profile": failure.profile,
                "kind": failure.kind,
                "reason": failure.reason,
                "action": failure.action,
            }
            for failure in collected.failures
        ],
    }


def _regions(collected: Collected, profile: str) -> list[str]:
    return next((account.regions for account in collected.accounts if profile in account.profiles), [])


def _result(finding: Finding, environment: Mapping[str, str]) -> dict[str, Any]:
    fix = render(finding, environment)
    return {
        "check_id": finding.check_id,
        "status": finding.status,
        "severity": finding.severity,
        "profile": finding.profile,
        "account_id": finding.account_id,
        "region": finding.region,
        "resource_id": finding.resource_id,
        "resource_name": finding.resource_name,
        "resource_type": finding.resource_type,
        "title": finding.title,
        "reason": finding.reason,
        "evidence": finding.evidence,
        "remediation": {"cli": fix.cli, "terraform": fix.terraform, "note": fix.note},
    }


def _summary(collected: Collected) -> dict[str, Any]:
    by_status = Counter(finding.status for finding in collected.findings)
    by_severity = Counter(finding.severity for finding in collected.findings if finding.status is Status.FAIL)
    finished = collected.finished
    return {
        "failed": by_status[Status.FAIL],
        "passed": by_status[Status.PASS],
        "not_assessed": by_status[Status.NOT_ASSESSED],
        "failed_by_severity": {severity.value: by_severity[severity] for severity in Severity},
        "calls": finished.calls if finished else 0,
        "elapsed_seconds": finished.elapsed if finished else 0.0,
    }
