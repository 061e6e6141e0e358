"""The state of a job, computed from its events; events are counted only here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    CallsTimed,
    OperationTiming,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    Throttled,
)


@dataclass
class JobState:
    """The state of a job after its events so far.

    ``ready`` and ``failures`` are keyed by profile, ``accounts`` by partition and account id, ``throttled``
    by account id, region and service. ``counts`` counts results by status and severity. ``timings`` are
    empty unless the job asks for them.
    """

    started: ScanStarted | None = None
    ready: dict[str, ProfileReady] = field(default_factory=dict)
    failures: dict[str, ProfileFailed] = field(default_factory=dict)
    accounts: dict[tuple[str, str], AccountReady] = field(default_factory=dict)
    progress: Progress | None = None
    throttled: dict[tuple[str, str, str], int] = field(default_factory=dict)
    counts: Counter[tuple[Status, Severity]] = field(default_factory=Counter)
    timings: list[OperationTiming] = field(default_factory=list)
    finished: ScanFinished | None = None

    def apply(self, event: AnyEvent) -> None:
        """Apply one event."""
        match event:
            case ScanStarted():
                self.started = event
            case ProfileReady(profile=profile):
                self.ready[profile] = event
            case ProfileFailed(profile=profile):
                self.failures[profile] = event
            case AccountReady():
                self.accounts[event.partition, event.account_id] = event
            case Result(finding=finding):
                self.counts[finding.status, finding.severity] += 1
            case Progress():
                self.progress = event
            case Throttled():
                self.throttled[event.account_id, event.region, event.service] = event.times
            case CallsTimed():
                self.timings = event.timings
            case ScanFinished():
                self.finished = event
            case _:
                pass

    def count(self, status: Status) -> int:
        """Return how many results have this status."""
        return sum(number for (each, _), number in self.counts.items() if each is status)

    @property
    def failed(self) -> int:
        """The number of failures."""
        return self.count(Status.FAIL)

    @property
    def passed(self) -> int:
        """The number of passes."""
        return self.count(Status.PASS)

    @property
    def not_assessed(self) -> int:
        """The number of results that could not be assessed."""
        return self.count(Status.NOT_ASSESSED)

    @property
    def times_throttled(self) -> int:
        """The number of throttled calls."""
        return sum(self.throttled.values())

    @property
    def is_complete(self) -> bool:
        """Whether the job is complete; profiles may still have failed."""
        return self.finished is not None and self.finished.outcome is Outcome.COMPLETE
