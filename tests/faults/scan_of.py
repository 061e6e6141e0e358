"""A scan of an AWS behind the fault proxy, reduced to its verdicts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.events import Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from scan_runs import scan

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Scanned:
    """What a scan found: the status of each resource in each check, the seconds and the calls."""

    verdicts: dict[Key, Status]
    findings: list[Finding]
    seconds: float
    calls: int

    def changed(self, clean: Scanned) -> list[Key]:
        """Return the verdicts that are another pass or fail than in a clean scan."""
        return [
            key
            for key, status in self.verdicts.items()
            if status is not Status.NOT_ASSESSED and clean.verdicts.get(key, status) is not status
        ]

    def lost_keys(self, clean: Scanned) -> list[Key]:
        """Return the verdicts of a clean scan that are missing or not assessed here."""
        return [
            key
            for key, status in clean.verdicts.items()
            if status is not Status.NOT_ASSESSED
            and self.verdicts.get(key, Status.NOT_ASSESSED) is Status.NOT_ASSESSED
        ]

    def appeared(self, clean: Scanned) -> list[Key]:
        """Return the passes and fails that a clean scan does not have."""
        return [
            key
            for key, status in self.verdicts.items()
            if status is not Status.NOT_ASSESSED and key not in clean.verdicts
        ]


async def scanned(
    profiles: Sequence[str] = (), regions: Sequence[str] = (), checks: Sequence[str] = ()
) -> Scanned:
    """Scan the AWS of the environment."""
    job = ScanJob(profiles=list(profiles), regions=list(regions), checks=list(checks))
    began = time.monotonic()
    events = [event async for event in scan(job)]
    findings = [event.finding for event in events if isinstance(event, Result)]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    verdicts = {
        (each.check_id, each.profile, each.region, each.resource_id or each.resource_name): each.status
        for each in findings
    }
    return Scanned(verdicts, findings, time.monotonic() - began, end.calls)
