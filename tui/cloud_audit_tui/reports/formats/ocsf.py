"""OCSF 1.3 detection findings (class 2004), one array, for security lakes and SIEMs.

Failures, subjects not assessed, and fixed or muted findings; a pass is not a detection. A subject that was
not assessed has the severity 0 (unknown) and the status 99 (other). ``unmapped`` has what the class has no
attribute for: the kind of subject, the profile, the severity of the check, and what the finding bears on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloud_audit_tui import __version__
from cloud_audit_tui.checks.explanation import about_of, explanation
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.reports.fingerprint import fingerprint
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.reports.json_text import json_text
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.reports.document import Entry, Report

SCHEMA_VERSION = "1.3.0"
CATEGORY, CLASS = 2, 2004
CREATE, CLOSE = 1, 3

_SEVERITIES = {
    Severity.CRITICAL: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
}
_UNKNOWN_SEVERITY = (0, "Unknown")
_NEW, _SUPPRESSED, _RESOLVED = (1, "New"), (3, "Suppressed"), (4, "Resolved")
_NOT_ASSESSED = (99, "Not assessed")


def to_text(report: Report, options: Options) -> str:
    """Return the findings as a JSON array of events."""
    scan_time = _milliseconds(report.scan.finished_at or report.scan.started_at)
    return json_text(
        [_event(entry, report, scan_time, options) for entry in report.entries if _is_detection(entry)]
    )


def _is_detection(entry: Entry) -> bool:
    return entry.finding.status is not Status.PASS or entry.disposition is Disposition.FIXED


def _event(entry: Entry, report: Report, scan_time: int, options: Options) -> dict[str, Any]:
    finding = entry.finding
    status_id, status = _status(entry)
    not_assessed = finding.status is Status.NOT_ASSESSED
    severity_id, severity = _UNKNOWN_SEVERITY if not_assessed else _SEVERITIES[finding.severity]
    activity, activity_name = (CLOSE, "Close") if status_id == _RESOLVED[0] else (CREATE, "Create")
    event: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": activity_name,
        "category_name": "Findings",
        "category_uid": CATEGORY,
        "class_name": "Detection Finding",
        "class_uid": CLASS,
        "type_name": f"Detection Finding: {activity_name}",
        "type_uid": CLASS * 100 + activity,
        "time": scan_time,
        "message": plain(finding.reason),
        "severity": severity,
        "severity_id": severity_id,
        "status": status,
        "status_id": status_id,
        "status_code": finding.status.value.upper(),
        "status_detail": plain(finding.reason),
        "metadata": {
            "event_code": plain(finding.check_id),
            "product": {
                "name": "cloud-audit-tui",
                "vendor_name": "cloud-audit-tui",
                "version": report.scan.version or __version__,
            },
            "profiles": ["cloud"],
            "version": SCHEMA_VERSION,
        },
        "finding_info": _finding_info(entry, scan_time),
        "cloud": _cloud(finding, report),
        "resources": [_resource(finding)],
    }
    if entry.disposition is Disposition.MUTED:
        event["comment"] = plain(entry.acceptance)
    if finding.status is Status.FAIL:
        event["remediation"] = _remediation(finding, options)
    return event | _unmapped(finding)


def _status(entry: Entry) -> tuple[int, str]:
    if entry.disposition is Disposition.MUTED:
        return _SUPPRESSED
    if entry.disposition is Disposition.FIXED:
        return _RESOLVED
    return _NOT_ASSESSED if entry.finding.status is Status.NOT_ASSESSED else _NEW


def _finding_info(entry: Entry, scan_time: int) -> dict[str, Any]:
    first_seen = _milliseconds(entry.first_seen)
    return {
        "uid": fingerprint(entry.finding),
        "title": plain(entry.finding.title),
        "desc": plain(entry.finding.reason),
        "created_time": scan_time,
        "last_seen_time": scan_time,
        **({"first_seen_time": first_seen} if first_seen else {}),
        "analytic": {
            "uid": plain(entry.finding.check_id),
            "name": plain(entry.finding.title),
            "type": "Rule",
            "type_id": 1,
        },
    }


def _cloud(finding: Finding, report: Report) -> dict[str, Any]:
    cloud: dict[str, Any] = {"provider": "AWS"}
    if finding.region:
        cloud["region"] = finding.region
    if finding.account_id:
        name = plain(report.alias(finding.account_id))
        account = {"uid": finding.account_id, "type": "AWS Account", "type_id": 10}
        cloud["account"] = account | ({"name": name} if name else {})
    return cloud


def _resource(finding: Finding) -> dict[str, Any]:
    texts = {
        "type": plain(finding.resource_type),
        "region": finding.region,
        "cloud_partition": finding.partition,
    }
    return {
        "uid": plain(finding.resource_id or finding.resource_name),
        "name": plain(finding.resource_name),
        **{key: value for key, value in texts.items() if value},
        "data": finding.evidence,
    }


def _remediation(finding: Finding, options: Options) -> dict[str, Any]:
    fix = options.fix(finding)
    parts = [("AWS CLI", fix.cli), ("Terraform", fix.terraform), ("Note", fix.note)]
    words = "\n\n".join(
        f"{label}:\n{plain(text, keep_newlines=True).rstrip()}" for label, text in parts if text
    )
    is_ours = about_of(finding.check_id) is not None
    references = {"references": explanation(finding.check_id).references} if is_ours else {}
    return {"desc": words or "There is no automatic remediation."} | references


def _unmapped(finding: Finding) -> dict[str, Any]:
    unmapped: dict[str, Any] = {
        "subject": finding.subject_kind.value,
        "profile": plain(finding.profile),
        "severity": finding.severity.value,
    }
    if about := about_of(finding.check_id):
        unmapped |= {
            "service": about.service,
            "categories": [about.category.value],
            "compliance": about.compliance,
        }
    return {"unmapped": unmapped}


def _milliseconds(time: str) -> int:
    """Return an ISO 8601 time as milliseconds since 1970, 0 for none."""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


FORMAT = Format("ocsf", ".ocsf.json", "OCSF detection findings, for SIEMs", to_text, has_fixes=True)
