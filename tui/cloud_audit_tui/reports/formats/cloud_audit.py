"""The JSON of `cloud-audit` 2.5, so that its ``diff`` and ``simulate`` accept our findings.

That format contains one account and only failures, and requires an effort for each remediation. Several
accounts are joined by commas, a subject that was not assessed is a coverage gap of its check, a profile
that cannot be used is one of a check of its own, and the effort is always ``medium`` because it is not
estimated here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.checks.explanation import about_of, explanation
from cloud_audit_tui.model import PROFILE_ACCESS, Category, RegionScope, Severity, Status
from cloud_audit_tui.reports.document import place
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.reports.json_text import json_text
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.reports.document import Entry, Report

_PENALTIES = {Severity.CRITICAL: 20, Severity.HIGH: 10, Severity.MEDIUM: 5, Severity.LOW: 2}
"""The points that a failure subtracts from the score of 100 in that format."""
_EPOCH = "1970-01-01T00:00:00+00:00"


def to_text(report: Report, options: Options) -> str:
    """Return one object with a result for each check."""
    # A check whose findings a filter left out has not passed.
    checks = report.scan.checks if report.narrowing is None else ()
    by_check: dict[str, list[Entry]] = {check_id: [] for check_id in checks}
    for entry in report.entries:
        by_check.setdefault(entry.finding.check_id, []).append(entry)
    results = [
        _result(check_id, entries, report.incomplete, options)
        for check_id, entries in sorted(by_check.items())
    ]
    regions = sorted({region for account in report.accounts for region in account.regions})
    document = {
        "provider": "aws",
        "account_id": ",".join(sorted({account.account_id for account in report.accounts})),
        "regions": regions,
        "timestamp": report.scan.finished_at or report.scan.started_at or _EPOCH,
        "duration_seconds": report.scan.elapsed,
        "summary": _summary(results),
        "results": results,
        "attack_chains": [],
        "root_causes": [],
        "escalation_paths": [],
    }
    return json_text(document)


def _result(check_id: str, entries: Sequence[Entry], incomplete: str, options: Options) -> dict[str, Any]:
    about = about_of(check_id)
    title = about.title if about else entries[0].finding.title if entries else check_id
    assessed = [entry for entry in entries if entry.finding.status is not Status.NOT_ASSESSED]
    gaps = [_gap(entry.finding) for entry in entries if entry.finding.status is Status.NOT_ASSESSED]
    # `cloud-audit` counts a result without findings and without an error as a pass.
    error = None if assessed else "; ".join(gaps) or plain(incomplete) or None
    return {
        "check_id": plain(check_id),
        "check_name": plain(title),
        "findings": [_finding(entry.finding, options) for entry in entries if entry.is_open_failure],
        "resources_scanned": len(assessed),
        "error": error,
        "coverage_gaps": gaps,
    }


def _gap(finding: Finding) -> str:
    """Return where nothing was assessed, and why, as the reader of this format recognizes it."""
    where = place(finding)
    name = f"{finding.resource_name} ({where})" if where else finding.resource_name
    return plain(f"{name}: {finding.reason}" if name else finding.reason)


def _finding(finding: Finding, options: Options) -> dict[str, Any]:
    fix = options.fix(finding)
    about = about_of(finding.check_id)
    references = explanation(finding.check_id).references if about else []
    compliance = about.compliance if about else {}
    return {
        "check_id": plain(finding.check_id),
        "title": plain(finding.title),
        "severity": finding.severity.value,
        "category": (about.category if about else Category.SECURITY).value,
        "resource_type": plain(finding.resource_type),
        "resource_id": plain(_identity(finding)),
        "region": finding.region or "global",
        "description": plain(finding.reason),
        "recommendation": about.effect.changes if about else plain(fix.note),
        "remediation": {
            "cli": fix.cli,
            "terraform": fix.terraform,
            "doc_url": references[0] if references else "",
            "effort": "medium",
        },
        "compliance_refs": [
            f"CIS {control}" if framework == "cis_aws_v3" else f"{framework} {control}"
            for framework, controls in compliance.items()
            for control in controls
        ],
        "references": references,
    }


def _identity(finding: Finding) -> str:
    """Return the id, made unique where regions or accounts share it: ``diff`` compares only the id."""
    if isinstance(finding.subject, RegionScope):
        return f"{finding.resource_id} in {finding.region}"
    if parse_arn(finding.resource_id).account == "aws":
        return f"{finding.resource_id} in {finding.account_id}"
    return finding.resource_id


def _summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    findings = [finding for result in results for finding in result["findings"]]
    checks = [result for result in results if result["check_id"] != PROFILE_ACCESS]
    by_severity = Counter(finding["severity"] for finding in findings)
    penalty = sum(number * _PENALTIES[Severity(severity)] for severity, number in by_severity.items())
    return {
        "total_findings": len(findings),
        "by_severity": dict(sorted(by_severity.items())),
        "by_category": dict(sorted(Counter(finding["category"] for finding in findings).items())),
        "resources_scanned": sum(result["resources_scanned"] for result in results),
        "checks_passed": sum(not result["findings"] and not result["error"] for result in checks),
        "checks_failed": sum(bool(result["findings"]) for result in checks),
        "checks_errored": sum(bool(result["error"]) for result in results),
        "coverage_gaps": sum(len(result["coverage_gaps"]) for result in results),
        "score": max(0, 100 - penalty),
    }


FORMAT = Format(
    "cloud-audit",
    ".cloud-audit.json",
    "JSON of cloud-audit 2.5, for its diff",
    to_text,
    has_fixes=True,
)
