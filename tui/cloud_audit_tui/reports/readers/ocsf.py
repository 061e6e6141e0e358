"""OCSF findings as Prowler writes them (``--output-formats json-ocsf``), and our own.

One array of detection findings (class 2004). ``metadata.event_code`` is the check, ``status_code`` is PASS,
FAIL or MANUAL, and a finding that is muted has the status 3 (suppressed). ``resources[].data`` contains our
own evidence or, under ``metadata``, Prowler's description of the resource.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
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
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.reports.reader import Reader, profile_failures
from cloud_audit_tui.reports.resource_name import last_part
from cloud_audit_tui.scan.events import Outcome

DETECTION_FINDING = 2004
OURS = "cloud-audit-tui"
_SUPPRESSED, _RESOLVED = 3, 4
_STATUSES = {"FAIL": Status.FAIL, "PASS": Status.PASS}
"""Any other code, such as MANUAL, means that the check was not assessed."""
_SEVERITIES = {
    "fatal": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
}
"""Low, informational, unknown and other are `Severity.LOW`."""
_SEVERITY_NAMES = {3: "medium", 4: "high", 5: "critical", 6: "fatal"}
"""The names of ``severity_id``, which an event must have, while the name may be absent."""

_MOST_SECONDS = 100_000_000_000
"""A larger number is a time in milliseconds: in seconds it would be after the year 5000."""


class _Product(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Metadata(msgspec.Struct):
    event_code: str = ""
    product: _Product = msgspec.field(default_factory=_Product)


class _FindingInfo(msgspec.Struct):
    title: str = ""
    desc: str = ""
    first_seen_time: Any = 0


class _CloudAccount(msgspec.Struct):
    uid: str = ""
    name: str = ""


class _Cloud(msgspec.Struct):
    provider: str = ""
    region: str = ""
    account: _CloudAccount = msgspec.field(default_factory=_CloudAccount)


class _Resource(msgspec.Struct):
    uid: str = ""
    name: str = ""
    type: str = ""
    region: str = ""
    cloud_partition: str = ""
    data: Any = None


class _Event(msgspec.Struct):
    class_uid: int
    metadata: _Metadata
    finding_info: _FindingInfo
    severity: str = ""
    severity_id: int = 0
    status_id: int = 0
    status_code: str = ""
    status_detail: str = ""
    message: str = ""
    time: Any = 0
    cloud: _Cloud = msgspec.field(default_factory=_Cloud)
    resources: list[_Resource] = []
    unmapped: Any = None

    @property
    def source(self) -> str:
        """The scanner that wrote the event."""
        return self.metadata.product.name.lower() or "ocsf"

    def own(self, key: str) -> str:
        """Return a text of ``unmapped`` in an event of ours, empty for any other."""
        value = self.unmapped.get(key) if self.source == OURS and isinstance(self.unmapped, dict) else ""
        return value if isinstance(value, str) else ""


def read(document: Any) -> Report:
    """Return the report; events that are not detection findings are ignored among others that are.

    Raises `msgspec.ValidationError`, also for events none of which is a detection finding.
    """
    every = msgspec.convert(document, list[_Event])
    events = [event for event in every if event.class_uid == DETECTION_FINDING]
    if every and not events:
        raise msgspec.ValidationError(
            f"no event is a detection finding (class_uid {DETECTION_FINDING}), the first is of class_uid "
            f"{every[0].class_uid}"
        )
    entries = tuple(_entry(event) for event in events)
    regions: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        key = (entry.finding.partition, entry.finding.account_id)
        regions.setdefault(key, set()).update({entry.finding.region} - {""})
    names = {event.cloud.account.uid: event.cloud.account.name for event in events}
    profiles = {entry.finding.account_id: entry.finding.profile for entry in entries if entry.finding.profile}
    return Report(
        scan=ScanInfo(
            finished_at=max((_time(event.time) for event in events), default=""),
            version=events[0].metadata.product.version if events else "",
            outcome=Outcome.COMPLETE.value,
            checks=tuple(sorted({entry.finding.check_id for entry in entries})),
        ),
        accounts=tuple(
            Account(
                account_id,
                partition,
                profiles.get(account_id, ""),
                regions=tuple(sorted(codes)),
                alias=names.get(account_id, ""),
            )
            for (partition, account_id), codes in sorted(regions.items())
            if account_id
        ),
        failures=profile_failures(entries),
        entries=entries,
    )


def _entry(event: _Event) -> Entry:
    resource = event.resources[0] if event.resources else _Resource()
    data = resource.data if isinstance(resource.data, dict) else {}
    details = data.get("metadata")
    finding = Finding(
        check_id=event.metadata.event_code,
        status=_STATUSES.get(event.status_code.upper(), Status.NOT_ASSESSED),
        severity=_SEVERITIES.get(_severity_name(event).lower(), Severity.LOW),
        subject=_subject(event, resource),
        profile=resource.name if event.metadata.event_code == PROFILE_ACCESS else event.own("profile"),
        account_id=event.cloud.account.uid,
        region=resource.region or event.cloud.region,
        partition=resource.cloud_partition or parse_arn(resource.uid).partition or "aws",
        title=event.finding_info.title,
        reason=event.status_detail or event.message or event.finding_info.desc,
        evidence=data if event.source == OURS else {},
        source=event.source,
    )
    return Entry(
        finding,
        _disposition(event.status_id),
        _time(event.finding_info.first_seen_time),
        details=details if isinstance(details, dict) else {},
    )


def _time(number: Any) -> str:
    """Return a time as ISO 8601 in UTC, empty for what is none.

    A time of OCSF has milliseconds since 1970; Prowler writes seconds.
    """
    if not isinstance(number, int | float) or not 0 < number <= _MOST_SECONDS * 1000:
        return ""
    return datetime.fromtimestamp(number / 1000 if number > _MOST_SECONDS else number, UTC).isoformat()


def _severity_name(event: _Event) -> str:
    return event.own("severity") or event.severity or _SEVERITY_NAMES.get(event.severity_id, "")


def _subject(event: _Event, resource: _Resource) -> Subject:
    if event.metadata.event_code == PROFILE_ACCESS:
        return ProfileScope(resource.name)
    kind = event.own("subject")
    if kind == SubjectKind.REGION.value:
        return RegionScope(resource.type)
    if kind == SubjectKind.ACCOUNT.value or (not resource.uid and not resource.name):
        return AccountScope(resource.type)
    return Resource(resource.uid or resource.name, resource.name or last_part(resource.uid), resource.type)


def _disposition(status_id: int) -> Disposition:
    if status_id == _SUPPRESSED:
        return Disposition.MUTED
    return Disposition.FIXED if status_id == _RESOLVED else Disposition.OPEN


def recognizes(document: Any) -> bool:
    """Say whether a document is a list of OCSF events, by the first of them."""
    return isinstance(document, list) and (
        not document or (isinstance(document[0], dict) and "class_uid" in document[0])
    )


READER = Reader("ocsf", "OCSF findings of Prowler or cloud-audit-tui", recognizes, read)
