"""Since when a finding fails, and what is new, closed and reopened between two scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_scans import (
    CHECKS,
    DEV,
    finished,
    identifying,
    listing,
    made,
    reached,
    ready,
    scan,
    shown,
    started,
)

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.store.history import ChangeKind, FindingHistory

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.store.store import Store

# A scan's time follows from the length of its id.
FIRST, SECOND, THIRD, FOURTH = "a", "bb", "ccc", "dddd"


def at(scan_id: str) -> str:
    return started(scan_id).started_at


def passing(name: str = "one") -> Finding:
    return made(name, status=Status.PASS)


def history(store: Store, name: str = "one") -> FindingHistory:
    [row] = [row for row in shown(store) if row.resource_name == name]
    result = store.history(row.row_id)
    assert result is not None
    return result


def changes(store: Store, older: str, newer: str) -> list[tuple[ChangeKind, str]]:
    result = []
    for change in store.changes(older, newer):
        finding = store.finding(change.row_id)
        assert finding is not None
        result.append((change.kind, finding.resource_name))
    return sorted(result)


def test_a_finding_says_since_when_it_fails_and_when_it_was_seen_last(store: Store) -> None:
    store.apply(scan(FIRST, passing()))
    store.apply(scan(SECOND, made("one")))
    store.apply(scan(THIRD, made("one", reason="Worded otherwise.")))
    assert history(store) == FindingHistory(at(SECOND), SECOND, at(THIRD), THIRD, "", "", 0)
    [row] = shown(store)
    assert row.first_seen_at == at(SECOND)


def test_a_finding_that_passes_says_which_scan_closed_it(store: Store) -> None:
    for scan_id, finding in ((FIRST, made("one")), (SECOND, passing()), (THIRD, passing())):
        store.apply(scan(scan_id, finding))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, at(SECOND), SECOND, 0)


def test_a_finding_that_is_gone_says_which_scan_closed_it(store: Store) -> None:
    store.apply(scan(FIRST, made("one")))
    [row] = shown(store)
    store.apply(scan(SECOND))
    closed = FindingHistory(at(FIRST), FIRST, at(FIRST), FIRST, at(SECOND), SECOND, 0)
    assert store.history(row.row_id) == closed


@pytest.mark.parametrize("closed_by", [[], [passing()]], ids=["gone", "passing"])
def test_a_finding_that_fails_again_is_reopened_and_keeps_its_first_day(
    store: Store, closed_by: list[Finding]
) -> None:
    store.apply(scan(FIRST, made("one")))
    store.apply(scan(SECOND, *closed_by))
    store.apply(scan(THIRD, made("one")))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, "", "", 1)


def test_what_was_not_assessed_neither_closes_nor_reopens(store: Store) -> None:
    for scan_id, status in ((FIRST, Status.FAIL), (SECOND, Status.NOT_ASSESSED), (THIRD, Status.FAIL)):
        store.apply(scan(scan_id, made("one", status=status)))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, "", "", 0)
    assert changes(store, FIRST, SECOND) == changes(store, SECOND, THIRD) == []


def test_changes_between_two_scans(store: Store) -> None:
    store.apply(scan(FIRST, made("stays"), made("passes"), made("goes"), passing("breaks")))
    store.apply(
        scan(SECOND, made("stays"), passing("passes"), made("breaks"), made("appears"), made("briefly"))
    )
    store.apply(scan(THIRD, made("stays", reason="New words."), made("passes"), made("breaks"), made("goes")))
    assert changes(store, FIRST, SECOND) == [
        (ChangeKind.CLOSED, "goes"),
        (ChangeKind.CLOSED, "passes"),
        (ChangeKind.NEW, "appears"),
        (ChangeKind.NEW, "breaks"),
        (ChangeKind.NEW, "briefly"),
    ]
    assert changes(store, SECOND, THIRD) == [
        (ChangeKind.CLOSED, "appears"),
        (ChangeKind.CLOSED, "briefly"),
        (ChangeKind.REOPENED, "goes"),
        (ChangeKind.REOPENED, "passes"),
    ]
    assert changes(store, FIRST, THIRD) == [(ChangeKind.NEW, "breaks")]
    assert changes(store, SECOND, SECOND) == []


def test_only_what_both_scans_looked_for_is_compared(store: Store) -> None:
    store.apply(scan(FIRST, made("one"), checks=[CHECKS[2]]))
    other_region, other_check = made("east", region="us-east-1"), made("check", check_id=CHECKS[0])
    other_account = made("account", profile="dev", account_id=DEV)
    doors = [*reached(regions=["eu-central-1", "us-east-1"]), *reached("dev", account_id=DEV)]
    store.apply(scan(SECOND, made("one"), made("new"), other_region, other_check, other_account, doors=doors))
    assert changes(store, FIRST, SECOND) == [(ChangeKind.NEW, "new")]


def test_a_global_check_is_compared_whatever_regions_were_scanned(store: Store) -> None:
    run = {"global_checks": [CHECKS[2]]}
    store.apply(scan(FIRST, doors=reached(regions=["eu-central-1"]), **run))
    store.apply(scan(SECOND, made("one", region="us-east-1"), doors=reached(regions=["eu-west-1"]), **run))
    assert changes(store, FIRST, SECOND) == [(ChangeKind.NEW, "one")]


def test_where_a_check_could_not_look_nothing_is_closed(store: Store) -> None:
    store.apply(scan(FIRST, made("one")))
    store.apply(scan(SECOND, listing()))
    assert changes(store, FIRST, SECOND) == []


def test_a_verification_closes_a_finding(store: Store) -> None:
    store.apply(scan(FIRST, made("one")))
    target = VerifyTarget(CHECKS[2], "prod", "eu-central-1", "one")
    events: list[AnyEvent] = [started(SECOND, job=VerifyJob([target])), *reached(), Result(passing())]
    store.apply([*events, finished(SECOND)])
    assert history(store).closed_scan_id == SECOND
    store.apply(scan(THIRD, passing()))
    assert changes(store, FIRST, THIRD) == [(ChangeKind.CLOSED, "one")]


def test_the_scans_of_profiles_are_listed_newest_first(store: Store) -> None:
    doors = [*reached(), *reached("dev", account_id=DEV)]
    store.apply(scan(FIRST, doors=doors))
    store.apply(scan(SECOND, outcome=Outcome.CANCELLED))
    store.apply(identifying("who", ready("dev", DEV)))
    store.apply(scan(THIRD, doors=reached("dev", account_id=DEV), outcome=None))
    assert [(info.scan_id, info.outcome, info.accounts) for info in store.scans(["prod"])] == [
        (SECOND, "cancelled", ["111111111111"]),
        (FIRST, "complete", ["111111111111", DEV]),
    ]
    newest = store.scans(["dev", "prod"])[0]
    assert (newest.scan_id, newest.started_at, newest.finished_at, newest.outcome) == (
        *(THIRD, at(THIRD)),
        *("", "interrupted"),
    )
    assert store.scans(["nobody"]) == []


def test_a_scan_or_row_that_is_not_there_has_no_history(store: Store) -> None:
    store.apply(scan(FIRST))
    with pytest.raises(LookupError, match="no scan 'x'"):
        store.changes(FIRST, "x")
    assert store.history(10**9) is None
