"""What is looked at: whose findings, where, in which order; and what is known of those profiles."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import TargetFailed, TargetReady
from cloud_audit_tui.store.view import Failure, Sort, TargetInfo, View

PROBLEMS = (Status.FAIL, Status.NOT_ASSESSED)
EVERYTHING = (*PROBLEMS, Status.PASS)


@dataclass
class Looking:
    """The choices of the person in front of the screen."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    text: str = ""
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    passes: bool = False

    @property
    def view(self) -> View:
        """The same as a question to the store."""
        return View(
            profiles=self.profiles,
            text=self.text,
            statuses=EVERYTHING if self.passes else PROBLEMS,
            sort=self.sort,
            descending=self.descending,
        )


@dataclass
class Acquaintance:
    """What is known of profiles: from the store, and newer than that from the scanners of this session."""

    stored: dict[str, TargetInfo] = field(default_factory=dict)
    heard: dict[str, TargetReady | TargetFailed] = field(default_factory=dict)

    def of(self, profile: str) -> TargetInfo:
        """Return what is known of a profile."""
        info = self.stored.get(profile) or TargetInfo(profile)
        match self.heard.get(profile):
            case TargetReady() as ready:
                return msgspec.structs.replace(
                    info,
                    account_id=ready.account_id,
                    alias=ready.alias,
                    caller_arn=ready.caller_arn,
                    partition=ready.partition,
                    enabled_regions=ready.enabled_regions,
                    regions_note=ready.regions_note,
                    failure=None,
                )
            case TargetFailed() as failed:
                return msgspec.structs.replace(
                    info, failure=Failure(failed.kind, failed.reason, failed.action)
                )
            case _:
                return info

    def is_asked(self, profile: str) -> bool:
        """Return whether AWS has been asked about a profile in this session."""
        return profile in self.heard
