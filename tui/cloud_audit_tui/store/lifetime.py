"""The lifetime of a finding: when it began to fail, was closed and failed again."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Status

VALID_AT = "since_scan <= {scan} AND (ended_scan IS NULL OR ended_scan > {scan})"
"""The versions of findings that were valid at the end of a scan."""


class Lifetime(msgspec.Struct, frozen=True):
    """The history of a finding in brief.

    ``failures`` counts how often it has begun to fail. ``first_scan`` and ``first_seen_at`` are of the scan
    that first saw it failing, or that first judged it while it has never failed. ``closed_scan`` and
    ``closed_at`` are of the scan that found it passing or gone, ``None`` and empty while it is open.
    """

    failures: int
    first_scan: int
    first_seen_at: str
    closed_scan: int | None = None
    closed_at: str = ""

    @classmethod
    def begin(cls, status: Status, scan: int, at: str) -> Lifetime:
        """Return the lifetime of a finding at its first verdict."""
        return cls(int(status is Status.FAIL), scan, at)

    def after(self, status: Status, scan: int, at: str) -> Lifetime:
        """Return the lifetime after another verdict; one that is not assessed neither opens nor closes it."""
        if status is Status.FAIL:
            if not self.failures:
                return Lifetime(1, scan, at)
            if self.closed_scan is not None:
                return Lifetime(self.failures + 1, self.first_scan, self.first_seen_at)
        elif not self.failures:
            return Lifetime(0, self.first_scan, self.first_seen_at)
        elif status is Status.PASS and self.closed_scan is None:
            return msgspec.structs.replace(self, closed_scan=scan, closed_at=at)
        return self
