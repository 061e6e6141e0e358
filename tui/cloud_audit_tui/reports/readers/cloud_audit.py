"""The JSON of `cloud-audit` 2.5: one account, its failures, and the coverage gaps of each check.

That format does not list passes. A finding has no evidence: the facts of a remediation beyond its names are
entered by the user, or read by our own check.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.model import AccountScope, Finding, Resource, Severity, Status
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.reports.reader import Reader, is_object_with
from cloud_audit_tui.reports.resource_name import last_part
from cloud_audit_tui.scan.events import Outcome

SOURCE = "cloud-audit"
_SEVERITIES = {"info": Severity.LOW} | {severity.value: severity for severity in Severity}
_GLOBAL = "global"


class _Finding(msgspec.Struct):
    title: str
    severity: str
    resource_id: str = ""
    resource_type: str = ""
    region: str = _GLOBAL
    description: str = ""


class _Result(msgspec.Struct):
    check_id: str
    check_name: str = ""
    findings: list[_Finding] = []
    error: str | None = None
    coverage_gaps: list[str] = []


class _Document(msgspec.Struct):
    provider: str
    results: list[_Result]
    account_id: str = ""
    regions: list[str] = []
    timestamp: str = ""
    duration_seconds: float = 0.0


def read(document: Any) -> Report:
    """Return the report; raises `msgspec.ValidationError`."""
    parsed_report = msgspec.convert(document, _Document)
    accounts = [account for account in parsed_report.account_id.split(",") if account]
    return Report(
        scan=ScanInfo(
            finished_at=parsed_report.timestamp,
            outcome=Outcome.COMPLETE.value,
            checks=tuple(result.check_id for result in parsed_report.results),
            elapsed=parsed_report.duration_seconds,
        ),
        accounts=tuple(
            Account(account, "aws", "", regions=tuple(parsed_report.regions)) for account in accounts
        ),
        entries=tuple(
            Entry(finding)
            for result in parsed_report.results
            for finding in _findings(result, accounts[0] if len(accounts) == 1 else "")
        ),
    )


def _findings(result: _Result, account_id: str) -> list[Finding]:
    findings = [
        Finding(
            check_id=result.check_id,
            status=Status.FAIL,
            severity=_severity(finding.severity),
            subject=Resource(finding.resource_id, last_part(finding.resource_id), finding.resource_type),
            profile="",
            account_id=parse_arn(finding.resource_id).account or account_id,
            region="" if finding.region == _GLOBAL else finding.region,
            partition=parse_arn(finding.resource_id).partition or "aws",
            title=finding.title,
            reason=finding.description,
            source=SOURCE,
        )
        for finding in result.findings
    ]
    if gaps := list(dict.fromkeys([*([result.error] if result.error else []), *result.coverage_gaps])):
        findings.append(
            Finding(
                check_id=result.check_id,
                status=Status.NOT_ASSESSED,
                severity=min(
                    (finding.severity for finding in findings),
                    key=lambda severity: severity.order,
                    default=Severity.LOW,
                ),
                subject=AccountScope(),
                profile="",
                account_id=account_id,
                region="",
                partition="aws",
                title=result.check_name,
                reason="; ".join(gaps),
                source=SOURCE,
            )
        )
    return findings


def _severity(name: str) -> Severity:
    if name not in _SEVERITIES:
        raise msgspec.ValidationError(f"{name!r} is not a severity")
    return _SEVERITIES[name]


def recognizes(document: Any) -> bool:
    """Say whether a document is a ``ScanReport``, by its keys."""
    return is_object_with(document, "provider", "results")


READER = Reader("cloud-audit", "a JSON report of cloud-audit", recognizes, read)
