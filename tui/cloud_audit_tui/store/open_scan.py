"""The state of a scan between its first and its last event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Severity
from cloud_audit_tui.scan.jobs import ScanJob, VerifyJob, VerifyTarget

if TYPE_CHECKING:
    from cloud_audit_tui.scan.events import ScanStarted


WHOLE_SCAN = ScanJob.__struct_config__.tag
"""The kind of a scan that assesses accounts, in the table of scans."""


class OpenScan(msgspec.Struct, frozen=True):
    """A scan that has begun and has not ended.

    ``whole`` is true for a `ScanJob`; ``targets`` are those of a `VerifyJob`. ``regions`` maps the row ids of
    its accounts to their regions, and ``usable_profiles`` the profiles to their accounts and own regions.
    ``blind`` has the checks whose listing failed, each with the account's row id and the region.
    """

    number: int
    scan_id: str
    started_at: str
    checks: list[str]
    global_checks: frozenset[str]
    whole: bool
    every_check: bool
    min_severity: Severity = Severity.LOW
    targets: tuple[VerifyTarget, ...] = ()
    regions: dict[int, list[str]] = {}
    usable_profiles: dict[str, tuple[int, str]] = {}
    blind: frozenset[tuple[int, str, str]] = frozenset()

    @classmethod
    def begin(cls, event: ScanStarted, number: int) -> OpenScan:
        """Return the scan that an event begins."""
        job = event.job
        whole = isinstance(job, ScanJob)
        min_severity = job.min_severity if isinstance(job, ScanJob) else Severity.LOW
        return cls(
            number,
            event.scan_id,
            event.started_at,
            event.checks,
            frozenset(event.global_checks),
            whole,
            every_check=isinstance(job, ScanJob)
            and not job.checks
            and not job.categories
            and min_severity is Severity.LOW,
            min_severity=min_severity,
            targets=tuple(job.targets) if isinstance(job, VerifyJob) else (),
        )

    @property
    def judges(self) -> bool:
        """Whether results may follow."""
        return self.whole or bool(self.targets)
