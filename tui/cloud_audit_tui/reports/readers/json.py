"""Our own JSON report, as `formats.json` writes it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from cloud_audit_tui.config.mutes import Mute
from cloud_audit_tui.model import (
    OWN_SCAN,
    AccountScope,
    Disposition,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
    Subject,
    SubjectKind,
)
from cloud_audit_tui.reports.document import Account, Entry, Narrowing, Report, ScanInfo
from cloud_audit_tui.reports.reader import Reader, is_object_with
from cloud_audit_tui.scan.events import ProfileFailed

_NO_TYPE = "AWS::Account"
"""The type that is written for a scope without a type."""


class _Account(msgspec.Struct):
    account_id: str
    partition: str = "aws"
    profile: str = ""
    profiles: list[str] = []
    regions: list[str] = []
    alias: str = ""
    caller_arn: str = ""
    regions_note: str = ""


class _Failure(msgspec.Struct):
    profile: str
    kind: str = ""
    reason: str = ""
    action: str = ""


class _Scan(msgspec.Struct):
    id: str = ""
    version: str = ""
    started_at: str = ""
    finished_at: str = ""
    outcome: str = ""
    message: str = ""
    checks: list[str] = []
    profiles: list[str] = []
    accounts: list[_Account] = []
    failures: list[_Failure] = []


class _Mute(msgspec.Struct):
    reason: str = ""
    owner: str = ""
    expires: date | None = None


class _Result(msgspec.Struct):
    check_id: str
    status: Status
    severity: Severity
    title: str
    reason: str
    profile: str = ""
    account_id: str = ""
    partition: str = ""
    region: str = ""
    subject: SubjectKind = SubjectKind.RESOURCE
    resource_id: str = ""
    resource_name: str = ""
    resource_type: str = ""
    disposition: Disposition = Disposition.OPEN
    mute: _Mute | None = None
    evidence: dict[str, Any] = {}
    source: str = OWN_SCAN
    first_seen: str = ""


class _Summary(msgspec.Struct):
    calls: int = 0
    elapsed_seconds: float = 0.0


class _Narrowing(msgspec.Struct):
    filter: str = ""
    not_assessed: int = 0
    is_marked: bool = False


class _Document(msgspec.Struct):
    scan: _Scan
    results: list[_Result]
    summary: _Summary
    narrowing: _Narrowing | None = None


def read(document: Any) -> Report:
    """Return the report; raises `msgspec.ValidationError`."""
    parsed_report = msgspec.convert(document, _Document)
    scan, narrowing = parsed_report.scan, parsed_report.narrowing
    return Report(
        scan=ScanInfo(
            id=scan.id,
            version=scan.version,
            started_at=scan.started_at,
            finished_at=scan.finished_at,
            outcome=scan.outcome,
            message=scan.message,
            checks=tuple(scan.checks),
            profiles=tuple(scan.profiles),
            calls=parsed_report.summary.calls,
            elapsed=parsed_report.summary.elapsed_seconds,
        ),
        accounts=tuple(_account(account) for account in scan.accounts),
        failures=tuple(
            ProfileFailed(failure.profile, failure.kind, failure.reason, failure.action)
            for failure in scan.failures
        ),
        entries=tuple(
            Entry(_finding(result), result.disposition, result.first_seen, _mute(result))
            for result in parsed_report.results
        ),
        narrowing=None if narrowing is None else Narrowing(**msgspec.structs.asdict(narrowing)),
    )


def _mute(result: _Result) -> Mute | None:
    if result.mute is None:
        return None
    return Mute(
        check=result.check_id,
        reason=result.mute.reason,
        owner=result.mute.owner,
        expires=result.mute.expires,
    )


def _account(account: _Account) -> Account:
    return Account(
        account_id=account.account_id,
        partition=account.partition,
        profile=account.profile,
        profiles=tuple(account.profiles),
        regions=tuple(account.regions),
        alias=account.alias,
        caller_arn=account.caller_arn,
        regions_note=account.regions_note,
    )


def _finding(result: _Result) -> Finding:
    return Finding(
        check_id=result.check_id,
        status=result.status,
        severity=result.severity,
        subject=_subject(result),
        profile=result.profile,
        account_id=result.account_id,
        region=result.region,
        partition=result.partition,
        title=result.title,
        reason=result.reason,
        evidence=result.evidence,
        source=result.source,
    )


def _subject(result: _Result) -> Subject:
    scope_type = "" if result.resource_type == _NO_TYPE else result.resource_type
    match result.subject:
        case SubjectKind.RESOURCE:
            return Resource(result.resource_id, result.resource_name, result.resource_type)
        case SubjectKind.REGION:
            return RegionScope(scope_type)
        case SubjectKind.ACCOUNT:
            return AccountScope(scope_type)
        case SubjectKind.PROFILE:
            return ProfileScope(result.resource_name)


def recognizes(document: Any) -> bool:
    """Say whether a document is one of our reports, by its keys."""
    return is_object_with(document, "scan", "results", "summary")


READER = Reader("json", "a JSON report of cloud-audit-tui", recognizes, read)
