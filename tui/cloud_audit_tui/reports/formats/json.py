"""JSON: one object with the scan, its results and a summary; `readers.json` reads it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.reports.json_text import json_text

if TYPE_CHECKING:
    from cloud_audit_tui.config.mutes import Mute
    from cloud_audit_tui.reports.document import Entry, Report


def to_text(report: Report, options: Options) -> str:
    """Return the report, passes and remediations included."""
    document: dict[str, Any] = {
        "scan": _scan(report),
        "results": [_result(entry, options) for entry in report.entries],
        "summary": _summary(report),
    }
    if report.narrowing is not None:
        document["narrowing"] = asdict(report.narrowing)
    if report.timings:
        document["timings"] = [msgspec.structs.asdict(timing) for timing in report.timings]
    return json_text(document)


def _scan(report: Report) -> dict[str, Any]:
    scan = report.scan
    return {
        "id": scan.id,
        "version": scan.version,
        "started_at": scan.started_at,
        "finished_at": scan.finished_at,
        "outcome": scan.outcome,
        "message": scan.message,
        "checks": scan.checks,
        "profiles": scan.profiles,
        "accounts": [
            {
                "account_id": account.account_id,
                "alias": account.alias,
                "partition": account.partition,
                "profile": account.profile,
                "profiles": account.profiles,
                "caller_arn": account.caller_arn,
                "regions": account.regions,
                "regions_note": account.regions_note,
            }
            for account in report.accounts
        ],
        "failures": [
            {
                "profile": failure.profile,
                "kind": failure.kind,
                "reason": failure.reason,
                "action": failure.action,
            }
            for failure in report.failures
        ],
    }


def _result(entry: Entry, options: Options) -> dict[str, Any]:
    finding = entry.finding
    fix = options.fix(finding)
    return {
        "check_id": finding.check_id,
        "status": finding.status,
        "severity": finding.severity,
        "disposition": entry.disposition,
        "mute": _mute(entry.mute),
        "profile": finding.profile,
        "account_id": finding.account_id,
        "partition": finding.partition,
        "region": finding.region,
        "subject": finding.subject_kind,
        "resource_id": finding.resource_id,
        "resource_name": finding.resource_name,
        "resource_type": finding.resource_type,
        "title": finding.title,
        "reason": finding.reason,
        "evidence": finding.evidence,
        "source": finding.source,
        "first_seen": entry.first_seen,
        "remediation": {"cli": fix.cli, "terraform": fix.terraform, "note": fix.note},
    }


def _mute(mute: Mute | None) -> dict[str, Any] | None:
    return None if mute is None else {"reason": mute.reason, "owner": mute.owner, "expires": mute.expires}


def _summary(report: Report) -> dict[str, Any]:
    summary = report.summary
    return {
        "failed": summary.failed,
        "passed": summary.passed,
        "not_assessed": summary.not_assessed,
        "fixed": summary.fixed,
        "muted": summary.muted,
        "failed_by_severity": summary.failed_by_severity,
        "calls": report.scan.calls,
        "elapsed_seconds": report.scan.elapsed,
    }


FORMAT = Format("json", ".json", "Everything, for programs", to_text, has_fixes=True, says_narrowing=True)
