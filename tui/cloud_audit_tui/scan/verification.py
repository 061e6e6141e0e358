"""Looking again at single findings: the requests that do it, and what their events say of each."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.checks.selection import is_listing
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result, ScanFinished, TargetFailed, TargetReady
from cloud_audit_tui.scan.jobs import ALL_REGIONS, Request

if TYPE_CHECKING:
    from collections.abc import Iterable


class Now(StrEnum):
    """What has become of a finding."""

    FIXED = "fixed"
    FAILING = "still failing"
    GONE = "gone"
    NOT_ASSESSED = "not assessed"


class Verified(msgspec.Struct, frozen=True):
    """What a verification says of one finding: in one word, and why in one sentence."""

    now: Now
    reason: str


class Asked(msgspec.Struct, frozen=True):
    """What is looked at again. ``resource`` is an id or a name; an empty account is not compared."""

    check_id: str
    profile: str
    region: str
    resource: str
    account_id: str = ""


def is_verifiable(finding: Finding) -> bool:
    """Say whether there is a resource or a region to look at again: a failed profile has neither."""
    return bool(finding.resource_id or finding.region)


def regions_for(check_id: str, region: str) -> list[str]:
    """Return the regions to ask for, to look again at what a check found in one; none is the profile's own.

    A check of the whole account runs where it always does, and some find a resource from elsewhere.
    """
    about = about_of(check_id)
    if about is not None and about.is_global:
        return []
    if about is not None and about.found_from_elsewhere:
        return [ALL_REGIONS]
    return [region] if region else []


def requests_for(findings: Iterable[Finding]) -> list[Request]:
    """Return the requests that look at these findings again, one for each profile and region.

    Checks of the whole account are asked for once a profile. What is not verifiable is left out.
    """
    groups: defaultdict[tuple[str, tuple[str, ...]], tuple[dict[str, None], dict[str, None]]]
    groups = defaultdict(lambda: ({}, {}))
    for finding in filter(is_verifiable, findings):
        checks, only = groups[finding.profile, tuple(regions_for(finding.check_id, finding.region))]
        checks[finding.check_id] = None
        only[_resource(finding)] = None
    return [
        Request(profiles=[profile], regions=list(regions), checks=list(checks), only=list(only))
        for (profile, regions), (checks, only) in groups.items()
    ]


class Verification:
    """What the events of such requests say, whichever request they belong to."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self.findings: list[Finding] = []
        self.calls = 0
        self._listings: list[Finding] = []
        self._accounts: dict[str, str] = {}
        self._failures: dict[str, TargetFailed] = {}
        self._broken_off = ""
        for event in events:
            self.add(event)

    def add(self, event: AnyEvent) -> None:
        """Take one event in."""
        match event:
            case Result(finding=finding):
                listing = is_listing(finding.status, finding.resource_id, finding.resource_type)
                (self._listings if listing else self.findings).append(finding)
            case TargetReady():
                self._accounts[event.profile] = event.account_id
            case TargetFailed():
                self._failures[event.profile] = event
            case ScanFinished():
                self.calls += event.calls
                if event.outcome is not Outcome.COMPLETE:
                    self._broken_off = event.message or "The verification did not come to its end."
            case _:
                pass

    def of_finding(self, finding: Finding) -> Verified:
        """Return what has become of a finding, once the requests for it have ended."""
        asked = Asked(
            finding.check_id, finding.profile, finding.region, _resource(finding), finding.account_id
        )
        return self.of(asked)

    def of(self, asked: Asked) -> Verified:
        """Return what has become of what was asked about, once the requests for it have ended."""
        account = self._accounts.get(asked.profile, "")
        if asked.account_id and account and account != asked.account_id:
            return Verified(
                Now.NOT_ASSESSED,
                f"It belongs to account {asked.account_id}, and profile {asked.profile!r} leads to account "
                f"{account}: name a profile of account {asked.account_id}.",
            )
        for finding in self.findings:
            if _is_about(asked, finding) and asked.resource in (finding.resource_id, finding.resource_name):
                return verified(finding)
        if failure := self._failures.get(asked.profile):
            return Verified(Now.NOT_ASSESSED, f"{failure.reason} {failure.action}".rstrip())
        for listing in self._listings:
            if _is_about(asked, listing):
                return Verified(Now.NOT_ASSESSED, listing.reason)
        if self._broken_off:
            return Verified(Now.NOT_ASSESSED, self._broken_off)
        return Verified(Now.GONE, f"{asked.check_id} finds no such resource.")


def verified(finding: Finding) -> Verified:
    """Return what a result of a verification says of its resource."""
    words = {Status.PASS: Now.FIXED, Status.FAIL: Now.FAILING, Status.NOT_ASSESSED: Now.NOT_ASSESSED}
    return Verified(words[finding.status], finding.reason)


def _resource(finding: Finding) -> str:
    return finding.resource_id or finding.resource_name


def _is_about(asked: Asked, finding: Finding) -> bool:
    """Say whether a result comes from where the question is about; a global check has many regions."""
    return (finding.check_id, finding.profile) == (asked.check_id, asked.profile) and (
        not asked.region or finding.region == asked.region or _is_about_any_region(asked.check_id)
    )


def _is_about_any_region(check_id: str) -> bool:
    about = about_of(check_id)
    return about is not None and about.is_about_any_region
