"""What is asked of the store for a screen, and what it answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cloud_audit_tui.model import Severity, Status

INTERRUPTED = "interrupted"
"""The outcome of a scan that has not ended: it still runs, or its program was killed."""


class Sort(StrEnum):
    """What the rows are ordered by; equal ones then by rank, check, region and resource name."""

    SEVERITY = "severity"
    CHECK = "check"
    TITLE = "title"
    RESOURCE = "resource"
    REGION = "region"
    ACCOUNT = "account"


class View(msgspec.Struct, frozen=True):
    """Which rows are wanted, and in which order.

    ``profiles`` are those whose rows are shown: none, no rows. Every word of ``text`` must occur in a
    row, in any letter case, and none of those that begin with ``!``. ``descending`` turns the whole
    order around. A finding that a verification found fixed stays where it was, among the failures, until
    the next whole scan.
    """

    profiles: tuple[str, ...]
    text: str = ""
    statuses: tuple[Status, ...] = (Status.FAIL, Status.NOT_ASSESSED)
    sort: Sort = Sort.SEVERITY
    descending: bool = False


class Row(msgspec.Struct, frozen=True):
    """What a table shows of a finding; ``row_id`` and ``key`` lead to the whole of it.

    ``verified_at`` is the ISO 8601 time in UTC of a verification, if no whole scan has looked since:
    with the status PASS, the finding is fixed.
    """

    row_id: int
    key: str
    check_id: str
    status: Status
    severity: Severity
    title: str
    resource_name: str
    resource_id: str
    region: str
    account_id: str
    profile: str
    verified_at: str = ""


class Counts(msgspec.Struct, frozen=True):
    """How many current results there are; ``failed`` has every severity, worst first."""

    failed: dict[Severity, int]
    passed: int = 0
    not_assessed: int = 0

    @property
    def total_failed(self) -> int:
        """The failures of every severity."""
        return sum(self.failed.values())


class Failure(msgspec.Struct, frozen=True):
    """Why a profile could not be scanned: ``kind`` for programs, ``reason`` and ``action`` for people."""

    kind: str
    reason: str
    action: str = ""


class TargetInfo(msgspec.Struct, frozen=True):
    """What is known of a profile: who it was when last asked, and its last scan.

    Every text is empty where nothing is known. ``failure`` is set while the last attempt to use the
    profile failed; the identity from before stays beside it. ``regions`` are those last scanned.
    ``scanned_at`` is when the last scan ended, or began if it has not ended; ``outcome`` is one of
    `cloud_audit_tui.scan.events.Outcome` or `INTERRUPTED`.
    """

    profile: str
    account_id: str = ""
    alias: str = ""
    caller_arn: str = ""
    partition: str = ""
    regions: list[str] = []
    enabled_regions: list[str] = []
    regions_note: str = ""
    failure: Failure | None = None
    scan_id: str = ""
    scanned_at: str = ""
    outcome: str = ""
