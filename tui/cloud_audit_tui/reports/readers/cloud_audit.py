"""The JSON of `cloud-audit` 2.5: one account, its failures, and the coverage gaps of each check.

That format does not list passes. A finding has no evidence: the facts of a remediation beyond its names are
entered by the user, or read by our own check. A coverage gap is a text: its place is read where it begins as
that program or our own format begins it, and the gaps without a place are one of the account.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
    Subject,
)
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.reports.reader import Reader, is_object_with, profile_failures
from cloud_audit_tui.reports.resource_name import last_part
from cloud_audit_tui.scan.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "cloud-audit"
_SEVERITIES = {"info": Severity.LOW} | {severity.value: severity for severity in Severity}
_GLOBAL = "global"
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)"
_REGION_GAP = re.compile(rf"{_REGION}: (?P<reason>.*)", re.DOTALL)
_OWN_GAP = re.compile(
    rf"(?P<name>.*?) \((?:{_REGION}, )?(?P<account>\d{{12}})(?:, profile [^()]*)?\): (?P<reason>.*)",
    re.DOTALL,
)
_PROFILE_GAP = re.compile(r"(?P<name>.+?): (?P<reason>.*)", re.DOTALL)


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
    entries = tuple(
        Entry(finding)
        for result in parsed_report.results
        for finding in _findings(result, accounts[0] if len(accounts) == 1 else "")
    )
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
        failures=profile_failures(entries),
        entries=entries,
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
    severity = min(
        (finding.severity for finding in findings), key=lambda severity: severity.order, default=Severity.LOW
    )
    return [*findings, *_not_assessed(result, account_id, severity)]


def _not_assessed(result: _Result, account_id: str, severity: Severity) -> Iterator[Finding]:
    """Yield a finding for each place that a check could not look at, with all its reasons."""
    # Our own format repeats the gaps as the error of a check that has assessed nothing.
    is_repeated = result.error == "; ".join(result.coverage_gaps)
    gaps = result.coverage_gaps if is_repeated or not result.error else [result.error, *result.coverage_gaps]
    by_place: dict[tuple[Subject, str, str], list[str]] = {}
    for gap in dict.fromkeys(gaps):
        subject, account, region, reason = _place_and_reason(gap, result.check_id, account_id)
        by_place.setdefault((subject, account, region), []).append(reason)
    for (subject, account, region), reasons in by_place.items():
        profile = subject.name if isinstance(subject, ProfileScope) else ""
        yield Finding(
            check_id=result.check_id,
            status=Status.NOT_ASSESSED,
            severity=Severity.CRITICAL if profile else severity,
            subject=subject,
            profile=profile,
            account_id=account,
            region=region,
            partition="" if profile else "aws",
            title=result.check_name,
            reason="; ".join(reasons),
            source=SOURCE,
        )


def _place_and_reason(gap: str, check_id: str, account_id: str) -> tuple[Subject, str, str, str]:
    """Return the subject of a gap, its account and region, and its reason."""
    if check_id == PROFILE_ACCESS and (profile := _PROFILE_GAP.fullmatch(gap)):
        return ProfileScope(profile["name"]), "", "", profile["reason"]
    if own := _OWN_GAP.fullmatch(gap):
        name, account, region = own["name"], own["account"], own["region"] or ""
        subject: Subject = Resource(name, name, "")
        if name in {account, region}:
            subject = AccountScope() if name == account else RegionScope()
        return subject, account, region, own["reason"]
    if theirs := _REGION_GAP.fullmatch(gap):
        return RegionScope(), account_id, theirs["region"], theirs["reason"]
    return AccountScope(), account_id, "", gap


def _severity(name: str) -> Severity:
    if name.lower() not in _SEVERITIES:
        raise msgspec.ValidationError(f"{name!r} is not a severity")
    return _SEVERITIES[name.lower()]


def recognizes(document: Any) -> bool:
    """Say whether a document is a ``ScanReport``, by its keys."""
    return is_object_with(document, "provider", "results")


READER = Reader("cloud-audit", "a JSON report of cloud-audit", recognizes, read)
