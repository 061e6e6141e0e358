"""Builds a report from the store: the current findings, whichever scan each is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Status
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.scan.events import Outcome, ProfileFailed
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import ProfileInfo

ROWS_AT_ONCE = 500


def stored_report(
    store: Store,
    profiles: Sequence[str],
    expression: Expression | None = None,
    *,
    now: datetime,
    row_ids: Sequence[int] | None = None,
) -> Report:
    """Return the current findings of the profiles' accounts that match a filter.

    With ``row_ids``, the findings of these rows, whether they match or not. The report names the last scan of
    these accounts, and is complete only if the last scan of each is complete. Raises `StoreError`, and
    `FilterError` for what the store cannot compare.
    """
    view = View(tuple(profiles), statuses=tuple(Status), muted=True)
    where = None if expression is None else condition(expression, COLUMNS, now)
    ids = store.row_ids(view, where) if row_ids is None else row_ids
    infos = list(store.profiles(profiles).values())
    return Report(
        scan=_scan(store, infos),
        accounts=tuple(_accounts(infos)),
        failures=tuple(
            ProfileFailed(info.profile, info.failure.kind, info.failure.reason, info.failure.action)
            for info in infos
            if info.failure is not None
        ),
        entries=tuple(_entries(store, ids)),
    )


def not_assessed(store: Store, profiles: Sequence[str]) -> int:
    """Return how many findings of the profiles' accounts could not be assessed and are not muted."""
    # Not the rows that a view shows as not assessed: a verified one keeps its place there.
    return store.counts(profiles).not_assessed


def _entries(store: Store, row_ids: Sequence[int]) -> Iterator[Entry]:
    for start in range(0, len(row_ids), ROWS_AT_ONCE):
        for row in store.rows(row_ids[start : start + ROWS_AT_ONCE]):
            finding = store.finding(row.row_id)
            if finding is not None:
                yield Entry(finding, row.disposition, row.first_seen_at)


def _accounts(infos: Iterable[ProfileInfo]) -> Iterator[Account]:
    by_account: dict[tuple[str, str], list[ProfileInfo]] = {}
    for info in infos:
        if info.account_id:
            by_account.setdefault((info.partition, info.account_id), []).append(info)
    for (partition, account_id), infos_of_account in sorted(by_account.items()):
        chosen = min(infos_of_account, key=lambda info: info.failure is not None)
        yield Account(
            account_id=account_id,
            partition=partition,
            profile=chosen.profile,
            profiles=tuple(info.profile for info in infos_of_account),
            regions=tuple(chosen.regions),
            alias=chosen.alias,
            caller_arn=chosen.caller_arn,
            regions_note=chosen.regions_note,
        )


def _scan(store: Store, infos: Sequence[ProfileInfo]) -> ScanInfo:
    names = tuple(info.profile for info in infos)
    accounts = {info.account_id for info in infos}
    scans = [scan for scan in store.scans(names) if not accounts.isdisjoint(scan.accounts)]
    if not scans:
        return ScanInfo(profiles=names, message="The store holds no scan that could use these profiles")
    outcomes = {info.account_id: info.outcome for info in infos if info.scan_id}
    wrong = [(account, outcome) for account, outcome in outcomes.items() if outcome != Outcome.COMPLETE.value]
    message = ", ".join(f"the last scan of account {account} is {outcome}" for account, outcome in wrong)
    return ScanInfo(
        id=scans[0].scan_id,
        started_at=scans[0].started_at,
        finished_at=scans[0].finished_at,
        version=scans[0].version,
        outcome=wrong[0][1] if wrong else Outcome.COMPLETE.value,
        message=message,
        profiles=names,
    )
