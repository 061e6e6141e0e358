"""The document that every format writes: the scan, its accounts and its findings in a fixed order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Disposition, Finding, Severity, Status, SubjectKind
from cloud_audit_tui.scan.events import OperationTiming, Outcome, ProfileFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud_audit_tui.config.mutes import ActiveMutes, Mute

_DISPOSITIONS = tuple(Disposition)


@dataclass(frozen=True)
class Entry:
    """A finding with its disposition.

    ``first_seen`` is an ISO 8601 time in UTC, empty where the report does not come from the store. ``mute``
    is the mute of a muted finding, ``None`` if a report that was read does not contain it. ``details`` is the
    description of the resource in another scanner's report; it may contain secrets, and is neither shown nor
    stored.
    """

    finding: Finding
    disposition: Disposition = Disposition.OPEN
    first_seen: str = ""
    mute: Mute | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def reason(self) -> str:
        """The finding's reason, after the acceptance of a muted finding."""
        if self.disposition is not Disposition.MUTED:
            return self.finding.reason
        return f"{self.acceptance} {self.finding.reason}"

    @property
    def acceptance(self) -> str:
        """Who accepted a muted finding, until when and why; empty for any other."""
        if self.disposition is not Disposition.MUTED:
            return ""
        if self.mute is None:
            return "Muted."
        return f"Muted{self.mute.terms}: {self.mute.reason.rstrip('.')}."

    @property
    def is_open_failure(self) -> bool:
        """Whether the finding is a failure that is neither muted nor verified as fixed."""
        return self.finding.status is Status.FAIL and self.disposition is Disposition.OPEN


@dataclass(frozen=True)
class Account:
    """An account that was scanned through ``profile``; all ``profiles`` lead to it."""

    account_id: str
    partition: str
    profile: str
    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    alias: str = ""
    caller_arn: str = ""
    regions_note: str = ""


@dataclass(frozen=True)
class ScanInfo:
    """The identity and the outcome of a scan; ``calls`` and ``elapsed`` (seconds) are 0 if unknown."""

    id: str = ""
    version: str = ""
    started_at: str = ""
    finished_at: str = ""
    outcome: str = Outcome.FAILED.value
    message: str = ""
    checks: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    calls: int = 0
    elapsed: float = 0.0


@dataclass(frozen=True)
class Summary:
    """The numbers of findings. Each is counted once: fixed and muted findings only as fixed or muted."""

    failed: int = 0
    passed: int = 0
    not_assessed: int = 0
    fixed: int = 0
    muted: int = 0
    failed_by_severity: dict[Severity, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The counts in one line."""
        severities = ", ".join(
            f"{number} {severity.value}" for severity, number in self.failed_by_severity.items() if number
        )
        parts = [f"{self.failed} failed" + (f" ({severities})" if severities else "")]
        parts += [f"{self.passed} passed", f"{self.not_assessed} not assessed"]
        parts += [f"{self.fixed} fixed"] if self.fixed else []
        parts += [f"{self.muted} muted"] if self.muted else []
        return " · ".join(parts)


@dataclass(frozen=True)
class Narrowing:
    """How the findings of a report were chosen, and how many of the others could not be assessed.

    All of them match ``filter``, which may be empty, and with ``is_marked`` a person marked them. The
    findings of profiles that cannot be used are among those that could not be assessed.
    """

    filter: str
    not_assessed: int = 0
    is_marked: bool = False

    @property
    def words(self) -> str:
        """What the report leaves out, so that no finding does not mean a pass."""
        rest = f", which leaves out {self.not_assessed} not assessed" if self.not_assessed else ""
        if not self.is_marked:
            return f"only what matches {self.filter}{rest}"
        matching = f" that match {self.filter}" if self.filter else ""
        return f"only the marked findings{matching}{rest}"


@dataclass(frozen=True)
class Report:
    """The findings of scans, in an order that does not depend on the order of AWS's responses.

    ``failures`` are the profiles that cannot be used; each also has a finding with a `ProfileScope`.
    ``timings`` are empty unless the scan was started with them. ``narrowing`` is None for all findings.
    """

    scan: ScanInfo = field(default_factory=ScanInfo)
    accounts: tuple[Account, ...] = ()
    failures: tuple[ProfileFailed, ...] = ()
    entries: tuple[Entry, ...] = ()
    timings: tuple[OperationTiming, ...] = ()
    narrowing: Narrowing | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=_order)))

    @property
    def open_findings(self) -> list[Finding]:
        """The findings that are neither muted nor verified as fixed."""
        return [entry.finding for entry in self.entries if entry.disposition is Disposition.OPEN]

    @property
    def failed(self) -> list[Entry]:
        """The open failures."""
        return [entry for entry in self.entries if entry.is_open_failure]

    @property
    def not_assessed(self) -> list[Entry]:
        """The open entries that could not be assessed, each with its reason."""
        return [
            entry
            for entry in self.entries
            if entry.finding.status is Status.NOT_ASSESSED and entry.disposition is Disposition.OPEN
        ]

    @property
    def muted(self) -> list[Entry]:
        """The findings that the user accepted."""
        return [entry for entry in self.entries if entry.disposition is Disposition.MUTED]

    def with_mutes(self, mutes: ActiveMutes) -> Report:
        """Return the report with these mutes and no others applied; passes and fixed findings stay."""
        return replace(self, entries=tuple(_muted(entry, mutes) for entry in self.entries))

    def with_findings(self, changed: Callable[[Finding], Finding]) -> Report:
        """Return the report with each finding replaced by ``changed(finding)``."""
        return replace(
            self, entries=tuple(replace(each, finding=changed(each.finding)) for each in self.entries)
        )

    def with_narrowing(self, text: str, not_assessed: int) -> Report:
        """Return the report with a `Narrowing`, besides an earlier one; no ``text`` stands for marks."""
        earlier = self.narrowing or Narrowing("")
        narrowing = Narrowing(
            f"{earlier.filter} {text}".strip(),
            earlier.not_assessed + not_assessed,
            earlier.is_marked or not text,
        )
        return replace(self, narrowing=narrowing)

    @property
    def narrowing_words(self) -> str:
        """Which findings alone the report has; empty for all."""
        return "" if self.narrowing is None else self.narrowing.words

    @cached_property
    def summary(self) -> Summary:
        """The numbers of findings."""
        open_ones = self.open_findings
        by_status = Counter(finding.status for finding in open_ones)
        by_disposition = Counter(entry.disposition for entry in self.entries)
        by_severity = Counter(finding.severity for finding in open_ones if finding.status is Status.FAIL)
        return Summary(
            failed=by_status[Status.FAIL],
            passed=by_status[Status.PASS],
            not_assessed=by_status[Status.NOT_ASSESSED],
            fixed=by_disposition[Disposition.FIXED],
            muted=by_disposition[Disposition.MUTED],
            failed_by_severity={severity: by_severity[severity] for severity in Severity},
        )

    @property
    def incomplete(self) -> str:
        """Why part of the scan is missing, so that no finding does not mean a pass; empty if complete."""
        if self.scan.outcome != Outcome.COMPLETE.value:
            reason = self.scan.message or self.scan.outcome
            return f"The scan did not complete: {reason.removesuffix('.')}."
        return "" if self.accounts else "No account could be read."

    def alias(self, account_id: str) -> str:
        """Return an account's alias, empty where there is none."""
        return self._aliases.get(account_id, "")

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return {account.account_id: account.alias for account in self.accounts}


def _muted(entry: Entry, mutes: ActiveMutes) -> Entry:
    if entry.finding.status is Status.PASS or entry.disposition is Disposition.FIXED:
        return entry
    mute = mutes.of(entry.finding)
    disposition = Disposition.OPEN if mute is None else Disposition.MUTED
    return replace(entry, disposition=disposition, mute=mute)


def place(finding: Finding, alias: str = "") -> str:
    """Return a finding's location: its region, its account and the profile through which it was read."""
    account = f"{alias} ({finding.account_id})" if alias and finding.account_id else finding.account_id
    parts = [finding.region, account]
    if finding.profile and finding.subject_kind is not SubjectKind.PROFILE:
        parts.append(f"profile {finding.profile}")
    return ", ".join(part for part in parts if part)


def _order(entry: Entry) -> tuple[int | str, ...]:
    finding = entry.finding
    return (
        finding.status.order,
        finding.severity.order,
        _DISPOSITIONS.index(entry.disposition),
        finding.check_id,
        finding.account_id,
        finding.region,
        finding.resource_name,
        finding.resource_id,
        finding.subject_kind.value,
        finding.profile,
        finding.reason,
    )
