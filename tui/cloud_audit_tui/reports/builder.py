"""Builds a report from the events of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.scan.events import AnyEvent, Result
from cloud_audit_tui.scan.progress import JobState

if TYPE_CHECKING:
    from cloud_audit_tui.scan.events import AccountReady


class ReportBuilder:
    """Collects the events of a scan; `report` returns the report of the events so far."""

    def __init__(self) -> None:
        self.state = JobState()
        self._entries: list[Entry] = []

    def apply(self, event: AnyEvent) -> None:
        """Add one event to the report."""
        self.state.apply(event)
        if isinstance(event, Result):
            self._entries.append(Entry(event.finding))

    def report(self) -> Report:
        """Return the report of the events so far."""
        return Report(
            scan=self._scan(),
            accounts=tuple(
                self._account(account) for account in sorted(self.state.accounts.values(), key=_account_order)
            ),
            failures=tuple(failure for _, failure in sorted(self.state.failures.items())),
            entries=tuple(self._entries),
            timings=tuple(self.state.timings),
        )

    def _scan(self) -> ScanInfo:
        started, finished = self.state.started, self.state.finished
        info: dict[str, object] = {}
        if started is not None:
            info |= {
                "id": started.scan_id,
                "version": started.version,
                "started_at": started.started_at,
                "checks": tuple(started.checks),
                "profiles": tuple(started.profiles),
            }
        if finished is not None:
            info |= {
                "finished_at": finished.finished_at,
                "outcome": finished.outcome.value,
                "message": finished.message,
                "calls": finished.calls,
                "elapsed": finished.elapsed,
            }
        return ScanInfo(**info)  # type: ignore[arg-type]

    def _account(self, account: AccountReady) -> Account:
        ready = self.state.ready.get(account.profile)
        return Account(
            account_id=account.account_id,
            partition=account.partition,
            profile=account.profile,
            profiles=tuple(account.profiles),
            regions=tuple(account.regions),
            alias=ready.alias if ready else "",
            caller_arn=ready.caller_arn if ready else "",
            regions_note=ready.regions_note if ready else "",
        )


def _account_order(account: AccountReady) -> tuple[str, str]:
    return account.partition, account.account_id
