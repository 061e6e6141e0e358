"""Verifies findings after a fix: builds the job and derives each finding's verdict."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.checks.selection import is_listing
from cloud_audit_tui.model import AccountScope, Finding, ProfileScope, RegionScope, Resource, Status
from cloud_audit_tui.scan.events import (
    AnyEvent,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget

if TYPE_CHECKING:
    from collections.abc import Iterable


class VerificationStatus(StrEnum):
    """The outcome for a finding. `GONE`: the check no longer finds the resource."""

    FIXED = "fixed"
    FAILING = "still failing"
    GONE = "gone"
    NOT_ASSESSED = "not assessed"


class VerificationResult(msgspec.Struct, frozen=True):
    """The result of verifying one finding, with the reason in one sentence."""

    status: VerificationStatus
    reason: str


def is_verifiable(finding: Finding) -> bool:
    """Say whether a finding can be verified; that of a failed profile cannot."""
    return not isinstance(finding.subject, ProfileScope)


def target_of(finding: Finding) -> VerifyTarget:
    """Return the verification target of a finding."""
    match finding.subject:
        case Resource(id=resource_id, name=name):
            resource = resource_id or name
        case RegionScope():
            resource = finding.region
        case AccountScope():
            resource = finding.account_id
        case ProfileScope(name=name):
            resource = name
    return VerifyTarget(finding.check_id, finding.profile, finding.region, resource, finding.account_id)


def verify_job(findings: Iterable[Finding]) -> VerifyJob:
    """Return the job that verifies these findings, except those that cannot be verified."""
    targets = (target_of(finding) for finding in findings if is_verifiable(finding))
    return VerifyJob(list(dict.fromkeys(targets)))


class Verification:
    """The results of a `VerifyJob` per target, from its events; complete once the job has finished."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self.findings: list[Finding] = []
        self.calls = 0
        self._by_check: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
        self._listings: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
        self._default_profile = ""
        self._ready: dict[str, ProfileReady] = {}
        self._failures: dict[str, ProfileFailed] = {}
        self._interruption = ""
        for event in events:
            self.apply(event)

    def apply(self, event: AnyEvent) -> None:
        """Apply one event."""
        match event:
            case ScanStarted(profiles=profiles):
                # A job lists its default credentials first.
                self._default_profile = profiles[0] if profiles else ""
            case Result(finding=finding):
                key = (finding.check_id, finding.profile)
                if is_listing(finding.status, finding.subject):
                    self._listings[key].append(finding)
                else:
                    self.findings.append(finding)
                self._by_check[key].append(finding)
            case ProfileReady(profile=profile):
                self._ready[profile] = event
            case ProfileFailed(profile=profile):
                self._failures[profile] = event
            case ScanFinished():
                self.calls = event.calls
                if event.outcome is not Outcome.COMPLETE:
                    self._interruption = event.message or "The verification did not finish."
            case _:
                pass

    def profile_of(self, target: VerifyTarget) -> str:
        """Return the name of the profile that reads a target; default credentials resolve to a name."""
        return target.profile or self._default_profile

    def ready(self, target: VerifyTarget) -> ProfileReady | None:
        """Return the identified profile of a target, or None when it is unknown."""
        return self._ready.get(self.profile_of(target))

    def of_finding(self, finding: Finding) -> VerificationResult:
        """Return the outcome for a finding."""
        return self.of(target_of(finding))

    def of(self, target: VerifyTarget) -> VerificationResult:
        """Return the outcome for a target; it is never better than the reads justify."""
        profile = self.profile_of(target)
        ready = self._ready.get(profile)
        if ready is not None and target.account_id not in ("", ready.account_id):
            return VerificationResult(
                VerificationStatus.NOT_ASSESSED,
                f"It belongs to account {target.account_id}, and profile {profile!r} leads to account "
                f"{ready.account_id}: name a profile of account {target.account_id}.",
            )
        key = (target.check_id, profile)
        for finding in self._by_check[key]:
            if _is_in_region(target, finding) and target.resource in _names(finding):
                return result_of(finding)
        if failure := self._failures.get(profile):
            return VerificationResult(VerificationStatus.NOT_ASSESSED, failure.words)
        for listing in self._listings[key]:
            if _is_in_region(target, listing):
                return VerificationResult(VerificationStatus.NOT_ASSESSED, listing.reason)
        if self._interruption:
            return VerificationResult(VerificationStatus.NOT_ASSESSED, self._interruption)
        return VerificationResult(VerificationStatus.GONE, f"{target.check_id} finds no such resource.")


def result_of(finding: Finding) -> VerificationResult:
    """Return the outcome that a verification's result implies."""
    statuses = {
        Status.PASS: VerificationStatus.FIXED,
        Status.FAIL: VerificationStatus.FAILING,
        Status.NOT_ASSESSED: VerificationStatus.NOT_ASSESSED,
    }
    return VerificationResult(statuses[finding.status], finding.reason)


def _names(finding: Finding) -> tuple[str, ...]:
    if isinstance(finding.subject, Resource):
        return finding.subject.id, finding.subject.name
    return (target_of(finding).resource,)


def _is_in_region(target: VerifyTarget, finding: Finding) -> bool:
    """Say whether a result comes from the target's region; some checks assess resources of other regions."""
    about = about_of(target.check_id)
    return (
        not target.region
        or finding.region == target.region
        or (about is not None and about.is_about_any_region)
    )
