"""Since when a finding fails, which scans there are, and how the counts went from scan to scan."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import pytest

from cloud_audit_tui.config.mutes import ActiveMutes, Mute
from cloud_audit_tui.model import PROFILE_ACCESS, Severity, Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.store.history import FindingHistory
from cloud_audit_tui.store.retention import Retention
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Failure
from each_row import each_row
from store.made_scans import (
    CHECKS,
    DEV,
    failed,
    finding_of,
    finished,
    identifying,
    reached,
    ready,
    scan,
    started,
    table_rows,
    unusable,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud_audit_tui.model import Finding

# A scan's time follows from the length of its id.
FIRST, SECOND, THIRD = "a", "bb", "ccc"


def at(scan_id: str) -> str:
    return started(scan_id).started_at


def passing(name: str = "one") -> Finding:
    return finding_of(name, status=Status.PASS)


def history(store: Store, name: str = "one") -> FindingHistory:
    [row] = [row for row in table_rows(store) if row.resource_name == name]
    result = store.history(row.row_id)
    assert result is not None
    return result


def test_a_finding_says_since_when_it_fails_and_when_it_was_seen_last(store: Store) -> None:
    store.apply(scan(FIRST, passing()))
    store.apply(scan(SECOND, finding_of("one")))
    store.apply(scan(THIRD, finding_of("one", reason="Worded otherwise.")))
    assert history(store) == FindingHistory(at(SECOND), SECOND, at(THIRD), THIRD, "", "", 0)
    [row] = table_rows(store)
    assert row.first_seen_at == at(SECOND)


def test_a_finding_that_passes_says_which_scan_closed_it(store: Store) -> None:
    for scan_id, finding in ((FIRST, finding_of("one")), (SECOND, passing()), (THIRD, passing())):
        store.apply(scan(scan_id, finding))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, at(SECOND), SECOND, 0)


def test_a_finding_that_is_gone_says_which_scan_closed_it(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    [row] = table_rows(store)
    store.apply(scan(SECOND))
    closed = FindingHistory(at(FIRST), FIRST, at(FIRST), FIRST, at(SECOND), SECOND, 0)
    assert store.history(row.row_id) == closed


@pytest.mark.parametrize("closed_by", [[], [passing()]], ids=["gone", "passing"])
def test_a_finding_that_fails_again_is_reopened_and_keeps_its_first_day(
    store: Store, closed_by: list[Finding]
) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    store.apply(scan(SECOND, *closed_by))
    store.apply(scan(THIRD, finding_of("one")))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, "", "", 1)


def test_what_was_not_assessed_neither_closes_nor_reopens(store: Store) -> None:
    for scan_id, status in ((FIRST, Status.FAIL), (SECOND, Status.NOT_ASSESSED), (THIRD, Status.FAIL)):
        store.apply(scan(scan_id, finding_of("one", status=status)))
    assert history(store) == FindingHistory(at(FIRST), FIRST, at(THIRD), THIRD, "", "", 0)


def test_a_verification_closes_a_finding(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    target = VerifyTarget(CHECKS[2], "prod", "eu-central-1", "one")
    events: list[AnyEvent] = [started(SECOND, job=VerifyJob([target])), *reached(), Result(passing())]
    store.apply([*events, finished(SECOND)])
    assert history(store).closed_scan_id == SECOND


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
        store.compare(FIRST, "x")
    assert store.history(10**9) is None


def test_a_scan_says_what_it_looked_at(store: Store) -> None:
    doors = [*reached(regions=["eu-central-1", "us-east-1"]), *reached("dev", account_id=DEV)]
    store.apply(scan(FIRST, doors=doors))
    (info,) = store.scans(["prod"])
    assert (info.profiles, info.regions, info.version) == (
        *(["dev", "prod"], ["eu-central-1", "us-east-1"]),
        "0",
    )
    assert (info.checks, info.every_check, info.is_complete) == (CHECKS, True, True)


def test_a_scan_is_counted_as_it_was_and_where_it_looked(store: Store) -> None:
    both = ["eu-central-1", "us-east-1"]
    east = finding_of("east", region="us-east-1")
    store.apply(
        scan(
            FIRST,
            finding_of("one"),
            finding_of("two", severity=Severity.LOW),
            east,
            doors=reached(regions=both),
        )
    )
    store.apply(scan(SECOND, passing("one"), finding_of("two", status=Status.NOT_ASSESSED)))
    counts = store.scan_counts(["prod"])
    assert (counts[FIRST].total_failed, counts[FIRST].passed) == (3, 0)
    assert counts[FIRST].failed[Severity.HIGH] == 2
    second = counts[SECOND]
    assert (second.total_failed, second.passed, second.not_assessed) == (0, 1, 1)


def test_a_scan_counts_the_profiles_that_it_could_not_use(path: Path, store: Store) -> None:
    doors = [*reached(), *failed("dev"), *failed("old")]
    store.apply(scan(FIRST, finding_of("one"), doors=doors))
    assert store.scan_counts(["prod"])[FIRST] == store.counts(["prod", "dev", "old"])
    store.apply(scan(SECOND, finding_of("one"), doors=[*reached(), *failed("old")]))
    store.apply(scan(THIRD, finding_of("one")))
    store.apply(identifying("who", *failed("dev")[:1], ready("old", DEV)))
    store.apply(scan("dddd", finding_of("one"), doors=[*failed("dev"), *reached(), ready("dev", DEV)]))
    with Store.open(path) as again:
        counts = again.scan_counts(["prod"])
        assert {scan_id: each.not_assessed for scan_id, each in counts.items()} == {
            FIRST: 2,
            SECOND: 1,
            THIRD: 0,
            "dddd": 0,
        }
        failure = Failure("credentials", "The session has expired.", "Run aws sso login.")
        assert [info.unusable_profiles for info in again.scans(["prod"])] == [
            {},
            {},
            {"old": failure},
            {"dev": failure, "old": failure},
        ]


def test_a_failure_without_its_finding_is_not_counted_as_in_a_filtered_report(store: Store) -> None:
    store.apply(scan(FIRST, unusable("old"), doors=[*reached(), *failed("dev")[:1]]))
    assert store.scan_counts(["prod"])[FIRST] == store.counts(["prod", "dev", "old"])
    [info] = store.scans(["prod"])
    assert info.unusable_profiles == {"old": Failure("", unusable("old").reason)}


def test_the_failure_of_a_profile_that_was_muted_counts_as_muted(store: Store) -> None:
    store.mute(ActiveMutes([Mute(PROFILE_ACCESS, "A closed account.", resource="dev")], date(2026, 1, 1)))
    store.apply(scan(FIRST, doors=[*reached(), *failed("dev"), *failed("old")]))
    counts = store.scan_counts(["prod"])[FIRST]
    assert (counts.not_assessed, counts.muted) == (1, 1)
    assert counts == store.counts(["prod", "dev", "old"])


def test_the_failures_of_profiles_go_with_their_scan(path: Path, store: Store) -> None:
    for scan_id in (FIRST, SECOND, THIRD):
        store.apply(scan(scan_id, doors=[*reached(), *failed("dev")]))
    store.prune(Retention(scans=2), now="2026-01-22T00:00:00+00:00")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM profile_failure").fetchone() == (2,)


def test_a_scan_that_could_use_no_profile_is_in_the_history_of_the_profile(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    store.apply(scan(SECOND, doors=failed()))
    store.apply(scan(THIRD, finding_of("one")))
    store.apply(scan("dddd", doors=failed("dev")))
    failure = Failure("credentials", "The session has expired.", "Run aws sso login.")
    assert [(info.scan_id, info.accounts, info.unusable_profiles) for info in store.scans(["prod"])] == [
        (THIRD, ["111111111111"], {}),
        (SECOND, [], {"prod": failure}),
        (FIRST, ["111111111111"], {}),
    ]
    assert [info.scan_id for info in store.scans(["dev"])] == ["dddd"]
    assert store.scan_counts(["prod"])[SECOND].total == store.scan_counts(["prod"])[SECOND].not_assessed == 1
    assert [point.at for point in store.trend(["prod"])] == [at(FIRST), at(THIRD)]
    assert (store.scans(["nobody"]), store.scan_counts(["nobody"])) == ([], {})


def test_scans_that_could_use_no_profile_replace_no_other_and_go_with_those_of_their_account(
    store: Store,
) -> None:
    for day in range(1, 6):
        start = msgspec.structs.replace(started(f"s{day}"), started_at=f"2026-01-{day:02}T00:00:00+00:00")
        doors = [*failed(), *failed("old")] if day in {2, 4} else [*reached(), *failed("dev")]
        store.apply([start, *doors, finished(f"s{day}")])
    store.apply(identifying("who", ready("old")))
    assert remaining_scans(store) == ["s5", "s4", "s3", "s2", "s1"]
    later = "2026-02-01T00:00:00+00:00"
    assert store.prune(Retention(scans=2), now=later) == 2
    assert remaining_scans(store) == ["s5", "s4", "s3"]
    assert sorted(store.scans(["prod"])[1].unusable_profiles) == ["old", "prod"]
    assert store.prune(Retention(scans=1), now=later) == 2
    assert [info.accounts for info in store.scans(["prod", "dev"])] == [["111111111111"]]
    assert store.prune(Retention(scans=1, days=1), now=later) == 0


def test_the_failed_scans_of_a_profile_whose_account_is_unknown_are_limited_too(store: Store) -> None:
    for day in range(1, 4):
        start = msgspec.structs.replace(started(f"s{day}"), started_at=f"2026-01-{day:02}T00:00:00+00:00")
        store.apply([start, *failed("new"), finished(f"s{day}")])
    names = ["new"]
    assert store.prune(Retention(scans=2), now="2026-01-04T00:00:00+00:00") == 1
    assert [info.scan_id for info in store.scans(names)] == ["s3", "s2"]
    assert store.prune(Retention(days=1), now="2026-02-01T00:00:00+00:00") == 1
    assert [info.scan_id for info in store.scans(names)] == ["s3"]


def test_a_dropped_scan_of_an_account_does_not_come_back_as_one_that_read_nothing(store: Store) -> None:
    east = finding_of("east", region="us-east-1")
    store.apply(scan(FIRST, east, doors=[*reached(regions=["us-east-1"]), *failed("dev")]))
    store.apply(scan(SECOND, finding_of("one")))
    store.prune(Retention(scans=1), now="2026-01-22T00:00:00+00:00")
    assert [info.scan_id for info in store.scans(["prod", "dev"])] == [SECOND]


def test_a_muted_failure_stays_muted_as_long_as_its_scan_is_kept(store: Store) -> None:
    store.mute(ActiveMutes([Mute(PROFILE_ACCESS, "A closed account.", resource="dev")], date(2026, 1, 1)))
    doors = reached("dev", account_id=DEV)
    store.apply(scan(FIRST, doors=doors))
    store.apply(scan(SECOND, doors=failed("dev")))
    store.apply(scan(THIRD, doors=doors))
    for other in ("dddd", "eeeee", "ffffff"):
        store.apply(scan(other))
    store.prune(Retention(scans=2), now="2026-01-22T00:00:00+00:00")
    failure = store.scan_counts(["dev"])[SECOND]
    assert (failure.not_assessed, failure.muted) == (0, 1)


def test_the_trend_is_what_failed_after_each_complete_scan(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one"), finding_of("two")))
    store.apply(scan(SECOND, finding_of("one"), outcome=Outcome.CANCELLED))
    store.apply(scan(THIRD, finding_of("one"), passing("two")))
    points = store.trend(["prod"])
    assert [(point.at, point.comparable) for point in points] == [(at(FIRST), True), (at(THIRD), True)]
    assert [point.failed and point.failed[Severity.HIGH] for point in points] == [2, 1]


def test_the_trend_is_unknown_before_every_account_was_scanned_and_says_where_less_was(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    store.apply(
        scan(
            SECOND,
            finding_of("other", profile="dev", account_id=DEV),
            doors=reached("dev", account_id=DEV),
        )
    )
    store.apply(scan(THIRD, finding_of("one"), doors=reached(regions=["eu-central-1", "us-east-1"])))
    points = store.trend(["prod", "dev"])
    assert [None if point.failed is None else point.failed[Severity.HIGH] for point in points] == [None, 2, 2]
    assert [point.comparable for point in points] == [False, False, True]
    assert store.trend(["nobody"]) == []


def dated(store: Store, days: list[int]) -> None:
    """Store a scan for each day of January; the finding ``one`` fails in all of them."""
    for day in days:
        start = msgspec.structs.replace(started(f"s{day}"), started_at=f"2026-01-{day:02}T00:00:00+00:00")
        store.apply([start, *reached(), Result(finding_of("one")), Result(finding_of(f"only {day}"))])
        store.apply([finished(f"s{day}")])


def remaining_scans(store: Store) -> list[str]:
    return [info.scan_id for info in store.scans(["prod"])]


def test_pruning_drops_old_scans_and_keeps_since_when_a_finding_stands(
    new_store: Callable[[], Store],
) -> None:
    rows: list[tuple[Retention, list[str]]] = [
        (Retention(scans=2), ["s20", "s10"]),
        (Retention(scans=9, days=12), ["s20", "s10"]),
        (Retention(scans=1, days=300), ["s20"]),
        (Retention(scans=9, days=1), ["s20"]),
        (Retention(scans=9), ["s20", "s10", "s2", "s1"]),
    ]
    with each_row() as one_row:
        for keep, remaining in rows:
            with one_row(keep):
                store = new_store()
                dated(store, [1, 2, 10, 20])
                dropped = store.prune(keep, now="2026-01-22T00:00:00+00:00")
                assert (dropped, remaining_scans(store)) == (4 - len(remaining), remaining)
                assert history(store).first_seen_at == "2026-01-01T00:00:00+00:00"
                names = [finding.resource_name for row in range(1, 99) if (finding := store.finding(row))]
                assert ("only 1" in names) == ("s1" in remaining or "s2" in remaining)
                assert store.prune(keep, now="2026-01-22T00:00:00+00:00") == 0


def test_a_store_that_is_told_how_much_to_keep_prunes_itself(tmp_path: Path) -> None:
    with Store.open(tmp_path / "few.db", keep=Retention(scans=2)) as few:
        dated(few, [1, 2, 10, 20])
        assert remaining_scans(few) == ["s20", "s10"]


@pytest.mark.parametrize("wrong", [{"scans": 0}, {"days": 0}, {"scans": -1}])
def test_nothing_can_be_kept_of_nothing(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="At least one"):
        Retention(**wrong)
