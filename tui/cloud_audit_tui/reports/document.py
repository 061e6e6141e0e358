"""A whole scan gathered from its events, for the reports that need it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Result,
    ScanFinished,
    ScanStarted,
    ProfileFailed,
    ProfileReady,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUS_ORDER = (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)


class Collected:
    """What a scan said, in an order that does not depend on which answer came first."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self.started: ScanStarted | None = None
        self.finished: ScanFinished | None = None
        self.targets: list[ProfileReady] = []
        self.failures: list[ProfileFailed] = []
        self.accounts: list[AccountReady] = []
        self._findings: list[Finding] = []
        for event in events:
            self.add(event)

    def add(self, event: AnyEvent) -> None:
        """Take one event in."""
        match event:
            case ScanStarted():
                self.started = event
            case ProfileReady():
                self.targets.append(event)
            case ProfileFailed():
                self.failures.append(event)
            case AccountReady():
                self.accounts.append(event)
            case Result(finding=finding):
                self._findings.append(finding)
            case ScanFinished():
                self.finished = event
            case _:
                pass

    @property
    def findings(self) -> list[Finding]:
        """Every result: failures first, worst first, then by check and place."""
        return sorted(self._findings, key=_place)


def _place(finding: Finding) -> tuple[int, int, str, str, str, str, str]:
    return (
        STATUS_ORDER.index(finding.status),
        list(Severity).index(finding.severity),
        finding.check_id,
        finding.profile,
        finding.region,
        finding.resource_name,
        finding.resource_id,
    )
