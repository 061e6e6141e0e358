"""SARIF 2.1.0 (OASIS standard), for code scanning: failures, suppressions, and the subjects not assessed.

A rule is a check, a result is a failure. A resource is a logical location. A subject that could not be
assessed is a result of the kind ``open``: "the specified rule was evaluated, and the tool concluded that
there was insufficient information to decide" (3.27.9). A profile that cannot be used is a notification of the
run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.model import PROFILE_ACCESS, Disposition, Severity, Status
from cloud_audit_tui.reports.document import place
from cloud_audit_tui.reports.fingerprint import fingerprint
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.reports.json_text import json_text
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.reports.document import Entry, Report
    from cloud_audit_tui.scan.events import ProfileFailed

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "cloudAuditTui/v1"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SECURITY_SEVERITIES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
}
"""GitHub's ``security-severity``: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low."""


def to_text(report: Report, options: Options) -> str:
    """Return one run with a rule for each check that has a result."""
    entries = [
        entry
        for entry in report.entries
        if entry.finding.status is not Status.PASS
        and entry.disposition is not Disposition.FIXED
        and entry.finding.check_id != PROFILE_ACCESS
    ]
    rules = list(dict.fromkeys(entry.finding.check_id for entry in entries))
    numbers = {check_id: number for number, check_id in enumerate(rules)}
    titles = {entry.finding.check_id: entry.finding for entry in reversed(entries)}
    driver: dict[str, Any] = {"name": "cloud-audit-tui"}
    if report.scan.version:
        driver["version"] = report.scan.version
    driver["rules"] = [_rule(titles[check_id]) for check_id in rules]
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "results": [_result(entry, numbers[entry.finding.check_id], report) for entry in entries],
        "columnKind": "unicodeCodePoints",
    }
    if report.scan.id:
        run["automationDetails"] = {"id": f"cloud-audit-tui/{report.scan.id}"}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": plain(finding.check_id), "shortDescription": _message(finding.title)}
    try:
        explained = explanation(finding.check_id)
    except LookupError:
        rule["defaultConfiguration"] = {"level": _LEVELS[finding.severity]}
        return rule
    about = explained.about
    tags = [about.category.value, about.service]
    tags += [
        f"{framework}:{control}" for framework, controls in about.compliance.items() for control in controls
    ]
    return rule | {
        "shortDescription": _message(about.title),
        "fullDescription": _message(" ".join(explained.summary.split())),
        "help": {
            "text": plain(explained.sections["Why it matters"], keep_newlines=True),
            "markdown": plain(explained.sections["Why it matters"], keep_newlines=True),
        },
        **({"helpUri": explained.references[0]} if explained.references else {}),
        "defaultConfiguration": {"level": _LEVELS[about.severity]},
        "properties": {
            "security-severity": _SECURITY_SEVERITIES[about.severity],
            "tags": list(dict.fromkeys(tags)),
        },
    }


def _result(entry: Entry, rule: int, report: Report) -> dict[str, Any]:
    finding = entry.finding
    where = place(finding, report.alias(finding.account_id))
    is_failure = finding.status is Status.FAIL
    name = finding.resource_name or finding.resource_id
    result: dict[str, Any] = {
        "ruleId": plain(finding.check_id),
        "ruleIndex": rule,
        "kind": "fail" if is_failure else "open",
        "level": _LEVELS[finding.severity] if is_failure else "none",
        "message": _message(f"{name}: {finding.reason}" + (f" ({where})" if where else "")),
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: fingerprint(finding)},
        "properties": {
            "severity": finding.severity.value,
            "accountId": finding.account_id,
            "region": finding.region,
            "profile": plain(finding.profile),
            "resourceType": plain(finding.resource_type),
        },
    }
    if entry.disposition is Disposition.MUTED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": plain(entry.acceptance)}
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    """Return a resource as a location; GitHub requires a file, so the path is artificial but stable."""
    identity = finding.resource_id or finding.resource_name
    parts = (finding.account_id or "no-account", finding.region or "global", finding.check_id, identity)
    path = "/".join(quote(plain(part), safe="") for part in parts)
    return {
        "physicalLocation": {"artifactLocation": {"uri": f"aws/{path}"}, "region": {"startLine": 1}},
        "logicalLocations": [
            {
                "name": plain(finding.resource_name),
                "fullyQualifiedName": plain(identity),
                "kind": "resource",
            }
        ],
    }


def _invocation(report: Report) -> dict[str, Any]:
    scan = report.scan
    invocation: dict[str, Any] = {"executionSuccessful": scan.outcome == Outcome.COMPLETE.value}
    for key, value in (("startTimeUtc", scan.started_at), ("endTimeUtc", scan.finished_at)):
        if value:
            invocation[key] = value.replace("+00:00", "Z")
    notifications = [_notification(failure) for failure in report.failures]
    if scan.message:
        notifications.append({"level": "error", "message": _message(scan.message)})
    if report.narrowing is not None:
        notifications.append({"level": "note", "message": _message(f"Findings: {report.narrowing_words}.")})
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notification(failure: ProfileFailed) -> dict[str, Any]:
    return {
        "level": "error",
        "descriptor": {"id": PROFILE_ACCESS},
        "message": _message(f"Profile {failure.profile} cannot be used: {failure.words}"),
    }


def _message(text: str) -> dict[str, str]:
    return {"text": plain(text)}


FORMAT = Format("sarif", ".sarif", "SARIF 2.1.0, for code scanning", to_text, says_narrowing=True)
