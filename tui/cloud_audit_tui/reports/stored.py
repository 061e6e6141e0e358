"""A report from the store: what the last scans found, whichever scan each finding is from."""

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
    """Return the current findings of the accounts that some profiles lead to, those that a filter finds.

    With ``row_ids`` the findings of these rows, whatever the filter says.
    The scan is the last of these accounts. It is complete only if the last scan of each of them is.
    Raises `StoreError`, and `FilterError` for what the store cannot compare.
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
    for (partition, account_id), doors in sorted(by_account.items()):
        door = min(doors, key=lambda info: info.failure is not None)
        yield Account(
            account_id=account_id,
            partition=partition,
            profile=door.profile,
            profiles=tuple(info.profile for info in doors),
            regions=tuple(door.regions),
            alias=door.alias,
            caller_arn=door.caller_arn,
            regions_note=door.regions_note,
        )


def _scan(store: Store, infos: Sequence[ProfileInfo]) -> ScanInfo:
    names = tuple(info.profile for info in infos)
    scans = store.scans(names)
    if not scans:
        return ScanInfo(profiles=names, message="The store holds no scan of these profiles")
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
