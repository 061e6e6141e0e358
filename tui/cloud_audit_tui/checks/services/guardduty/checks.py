"""Amazon GuardDuty: whether each region has a detector, and whether its findings are handled."""

from __future__ import annotations

import json
import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.model import RegionScope, Resource, Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DETECTOR_TYPE = "AWS::GuardDuty::Detector"
FOUNDATIONAL = frozenset({"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"})
"""Sources that are enabled whenever the detector is."""
RUNTIME, RUNTIME_OF_EKS = "RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"

OLD_DAYS = 30
HIGH_SEVERITY = 7.0
"""The lowest severity that GuardDuty calls high."""
FINDINGS_AT_ONCE = 50
"""The most findings that one GetFindings returns."""
BATCHES_LOOKED_AT = 10
"""The most batches of new or sample findings that are skipped before a filter of the server is used."""


@check("aws-gd-001", reads=["guardduty:ListDetectors", "guardduty:GetDetector"])
async def detector_enabled(region: Region) -> Verdicts:
    """Fail a region without a GuardDuty detector, and a detector that is suspended.

    Source: ListDetectors and GetDetector.Status. A suspended detector (DISABLED) keeps its findings and
    creates no new ones; other scanners count detectors and pass it. Protection plans depend on cost and on
    what the account runs: the evidence and the reason name the disabled ones, and the verdict does not depend
    on them. RUNTIME_MONITORING includes EKS_RUNTIME_MONITORING, and UpdateDetector refuses both together.
    """
    any_found = False
    async for verdict in region.judge(
        region.items("guardduty", "ListDetectors"),
        partial(_detector, region),
        partial(_judge_detector, region),
    ):
        any_found = True
        yield verdict
    if not any_found:
        reason = f"{region.name} has no GuardDuty detector."
        yield Verdict(Status.FAIL, RegionScope(DETECTOR_TYPE), reason, {"detector_id": ""})


@check(
    "aws-gd-002",
    reads=["guardduty:ListDetectors", "guardduty:ListFindings", "guardduty:GetFindings"],
)
def findings_attended_to(region: Region) -> Verdicts:
    """Fail a detector with an unarchived finding that was created more than 30 days ago.

    Source: ListFindings with FindingCriteria on service.archived, sorted by severity, and GetFindings, a
    batch at a time until one has an old finding; the worst comes first, so its severity is the verdict's:
    high from 7 on. Age counts from CreatedAt, as in the catalogue: a finding that GuardDuty keeps updating
    has been unattended just as long. FindingCriteria documents no createdAt, so the server cannot filter by
    it; if ten batches have no old finding, the check lists findings that were last updated more than 30 days
    ago, which are old for certain. Other scanners read the first 50 of all findings and miss the rest. Sample
    findings (service.additionalInfo has ``sample: true``) do not count. A suspended detector keeps its
    findings and is judged too.
    """
    return region.judge(
        region.items("guardduty", "ListDetectors"),
        partial(_detector, region),
        partial(_judge_findings, region),
    )


def _detector(region: Region, detector_id: Any) -> Resource:
    return Resource(region.arn("guardduty", f"detector/{detector_id}"), str(detector_id), DETECTOR_TYPE)


async def _judge_detector(region: Region, detector_id: Any) -> Verdict:
    detector = await region.read("guardduty", "GetDetector", DetectorId=detector_id)
    resource = _detector(region, detector_id)
    states = {str(each.get("Name") or ""): each.get("Status") for each in detector.get("Features") or []}
    included = {RUNTIME_OF_EKS} if states.get(RUNTIME) == "ENABLED" else set()
    off = sorted(
        name
        for name, state in states.items()
        if state != "ENABLED" and name not in FOUNDATIONAL and name not in included
    )
    status = str(detector.get("Status") or "")
    evidence = {"detector_id": resource.name, "detector_status": status, "features_off": off}
    what = f"GuardDuty detector {quoted(resource.name)} of {region.name}"
    if status == "ENABLED":
        also = f" Protection plans that are off: {', '.join(map(quoted, off))}." if off else ""
        return Verdict(Status.PASS, resource, f"{what} is on.{also}", evidence)
    if status == "DISABLED":
        return Verdict(Status.FAIL, resource, f"{what} is suspended: it creates no new findings.", evidence)
    reason = f"{what} has a status that this version does not know: {quoted(status)}."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


async def _judge_findings(region: Region, detector_id: Any) -> Verdict:
    resource = _detector(region, detector_id)
    before = _days_ago(OLD_DAYS)
    evidence: Item = {"detector_id": resource.name, "days": OLD_DAYS}
    what = f"GuardDuty detector {quoted(resource.name)} of {region.name}"
    old, all_seen = await _first_old(region, detector_id, before, {})
    if not old and all_seen:
        reason = f"{what} has no unarchived finding that is older than {OLD_DAYS} days."
        return Verdict(Status.PASS, resource, reason, evidence)
    if not old:
        old, _ = await _first_old(region, detector_id, before, {"updatedAt": {"LessThan": before}})
    if old:
        return _old_findings(resource, what, old, all_seen, evidence)
    reason = (
        f"{what} has more than {BATCHES_LOOKED_AT * FINDINGS_AT_ONCE} unarchived findings; none of those "
        f"read is older than {OLD_DAYS} days, and the rest was not read."
    )
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


async def _first_old(
    region: Region, detector_id: Any, before: int, criteria: Item
) -> tuple[list[Item], bool]:
    """Return the old findings of the first batch that has any, and whether all findings were read."""
    batches = 0
    async for ids in _batches(_unarchived(region, detector_id, criteria)):
        if batches == BATCHES_LOOKED_AT:
            return [], False
        batches += 1
        answer = await region.read("guardduty", "GetFindings", DetectorId=detector_id, FindingIds=ids)
        if old := [finding for finding in answer.get("Findings") or [] if _is_left(finding, before)]:
            return old, len(ids) < FINDINGS_AT_ONCE
    return [], True


def _unarchived(region: Region, detector_id: Any, criteria: Item) -> AsyncIterator[Any]:
    """Yield the ids of unarchived findings that also meet some criteria, worst first."""
    return region.items(
        "guardduty",
        "ListFindings",
        DetectorId=detector_id,
        FindingCriteria={"Criterion": {"service.archived": {"Equals": ["false"]}, **criteria}},
        SortCriteria={"AttributeName": "severity", "OrderBy": "DESC"},
    )


def _is_left(finding: Item, before: int) -> bool:
    """Say whether an unarchived finding is older than ``before``, in milliseconds since the epoch."""
    if (finding.get("Service") or {}).get("Archived") or _is_sample(finding):
        return False
    try:
        created = datetime.fromisoformat(str(finding.get("CreatedAt") or finding.get("UpdatedAt") or ""))
    except ValueError:
        return True
    return created.timestamp() * 1000 < before


def _old_findings(
    resource: Resource, what: str, findings: list[Item], all_seen: bool, evidence: Item
) -> Verdict:
    worst = max(findings, key=lambda finding: float(finding.get("Severity") or 0))
    severity = float(worst.get("Severity") or 0)
    evidence |= {
        "old_findings": len(findings),
        "may_be_more": not all_seen,
        "finding_ids": [str(finding.get("Id") or "") for finding in findings],
        "worst_severity": severity,
        "worst_type": str(worst.get("Type") or ""),
        "types": sorted({str(finding.get("Type") or "") for finding in findings}),
    }
    count = str(len(findings)) if all_seen else f"at least {len(findings)}"
    reason = (
        f"{what} has {count} unarchived finding{'s' if len(findings) > 1 else ''} older than {OLD_DAYS} "
        f"days; the worst is {quoted(evidence['worst_type'])} (severity {severity:g})."
    )
    level = Severity.HIGH if severity >= HIGH_SEVERITY else Severity.MEDIUM
    return Verdict(Status.FAIL, resource, reason, evidence, level)


async def _batches(ids: AsyncIterator[Any]) -> AsyncIterator[list[str]]:
    batch: list[str] = []
    async for finding_id in ids:
        batch.append(str(finding_id))
        if len(batch) == FINDINGS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_sample(finding: Item) -> bool:
    """Say whether a finding was created by "generate sample findings", which its details say in JSON."""
    information = (finding.get("Service") or {}).get("AdditionalInfo") or {}
    try:
        value = json.loads(information.get("Value") or "{}")
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("sample") is True


def _days_ago(days: int) -> int:
    """Return the first instant of a day in UTC, in milliseconds, so that two reads of a scan are equal."""
    today = int(time.time()) // 86_400
    return (today - days) * 86_400_000
