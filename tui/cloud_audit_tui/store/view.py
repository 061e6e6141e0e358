"""The views of screens and reports, and the rows and counts that the store returns for them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cloud_audit_tui.model import Category, Disposition, Severity, Status, SubjectKind

INTERRUPTED = "interrupted"
"""The outcome of a scan that has not ended: it still runs, or its program was killed."""


class Sort(StrEnum):
    """The order of the rows; equal rows are sorted by severity, check, region and resource name."""

    SEVERITY = "severity"
    CHECK = "check"
    TITLE = "title"
    RESOURCE = "resource"
    REGION = "region"
    ACCOUNT = "account"
    PROFILE = "profile"


class View(msgspec.Struct, frozen=True):
    """The rows to return, and their order.

    The view has the findings of the accounts to which ``profiles`` lead, each finding once, and a row for
    each profile that cannot be used. Without profiles it is empty. ``descending`` reverses the whole order. A
    finding that a verification found fixed stays among the failures until the next whole scan. Muted findings
    are in the view only with ``muted``.
    """

    profiles: tuple[str, ...]
    statuses: tuple[Status, ...] = (Status.FAIL, Status.NOT_ASSESSED)
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    muted: bool = False


class Row(msgspec.Struct, frozen=True):
    """A finding as a row of a table; ``row_id`` and ``key`` identify the whole finding.

    ``profile`` is the one through which the finding was read. ``verified_at`` is the time of a verification
    without a later whole scan, ``first_seen_at`` that of the scan that first saw the failure; both are ISO
    8601 times in UTC. ``service`` and ``category`` are those of the check, empty and ``None`` for a check
    that the catalogue does not have.
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
    account_alias: str = ""
    disposition: Disposition = Disposition.OPEN
    service: str = ""
    category: Category | None = None
    subject_kind: SubjectKind = SubjectKind.RESOURCE
    first_seen_at: str = ""


class Counts(msgspec.Struct, frozen=True):
    """The counts of results; ``failed`` has every severity, worst first.

    A muted finding is counted only in ``muted``.
    """

    failed: dict[Severity, int]
    passed: int = 0
    not_assessed: int = 0
    muted: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of these and of other results."""
        failed = {severity: number + other.failed[severity] for severity, number in self.failed.items()}
        passed, not_assessed = self.passed + other.passed, self.not_assessed + other.not_assessed
        return Counts(failed, passed, not_assessed, self.muted + other.muted)

    @property
    def total_failed(self) -> int:
        """The failures of every severity."""
        return sum(self.failed.values())

    @property
    def total(self) -> int:
        """All results."""
        return self.total_failed + self.passed + self.not_assessed + self.muted


class Failure(msgspec.Struct, frozen=True):
    """Why a profile cannot be used: ``kind`` for programs, ``reason`` and ``action`` for people."""

    kind: str
    reason: str
    action: str = ""

    @property
    def words(self) -> str:
        """The reason and the action."""
        return f"{self.reason} {self.action}".strip()


class ProfileInfo(msgspec.Struct, frozen=True):
    """The stored information about a profile and its account.

    Unknown texts are empty. ``failure`` is set if the last attempt to use the profile failed; its previous
    account stays. The rest is the account's, whichever profile it was read through: ``regions`` are those
    last scanned, ``scanned_at`` is when the last whole scan ended, or began if it has not ended, and
    ``outcome`` is one of `cloud_audit_tui.scan.events.Outcome` or `INTERRUPTED`.
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
