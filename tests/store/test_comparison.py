"""What became of findings between two scans, and when that cannot be said."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result
from cloud_audit_tui.scan.jobs import ScanJob, VerifyJob, VerifyTarget
from cloud_audit_tui.store.comparison import Cause, ChangeKind, counts
from cloud_audit_tui.store.retention import Retention
from store.made_scans import CHECKS, DEV, failed, finding_of, finished, listing, reached, scan, started

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.store.store import Store

# A scan's time follows from the length of its id.
FIRST, SECOND, THIRD, FOURTH = "a", "bb", "ccc", "dddd"
BOTH = ["eu-central-1", "us-east-1"]


def passing(name: str = "one") -> Finding:
    return finding_of(name, status=Status.PASS)


def changes(store: Store, older: str, newer: str) -> list[tuple[ChangeKind, str]]:
    result = []
    for change in store.compare(older, newer).changes:
        finding = store.finding(change.row_id)
        assert finding is not None
        result.append((change.kind, finding.resource_name))
    return result


def unknown(store: Store, older: str, newer: str) -> dict[str, tuple[Cause | None, str]]:
    """Return why one of the scans did not look, by the resource's name."""
    result = {}
    for change in store.compare(older, newer).changes:
        finding = store.finding(change.row_id)
        assert finding is not None
        assert change.kind is ChangeKind.NOT_LOOKED
        result[finding.resource_name] = change.cause, change.reason
    return result


def test_an_account_whose_profile_could_not_be_used_says_why(store: Store) -> None:
    other = finding_of("other", profile="dev", account_id=DEV)
    doors = [*reached(), *reached("dev", account_id=DEV)]
    store.apply(scan(FIRST, finding_of("one"), other, doors=doors))
    store.apply(scan(SECOND, finding_of("one"), doors=[*reached(), *failed("dev")]))
    store.apply(scan(THIRD, finding_of("one")))
    reason = "Profile dev could not be used: The session has expired."
    assert unknown(store, FIRST, SECOND) == {"other": (Cause.UNREAD, reason)}
    assert unknown(store, FIRST, THIRD) == {"other": (Cause.OUT_OF_SCOPE, "The account was not scanned.")}


def test_new_reopened_fixed_and_gone(store: Store) -> None:
    store.apply(
        scan(
            FIRST,
            finding_of("stays"),
            finding_of("passes"),
            finding_of("goes"),
            passing("breaks"),
        )
    )
    store.apply(
        scan(
            SECOND,
            finding_of("stays"),
            passing("passes"),
            finding_of("breaks"),
            finding_of("appears"),
        )
    )
    store.apply(
        scan(
            THIRD,
            finding_of("stays", reason="New words."),
            finding_of("passes"),
            finding_of("breaks"),
            finding_of("goes"),
        )
    )
    assert changes(store, FIRST, SECOND) == [
        (ChangeKind.NEW, "breaks"),
        (ChangeKind.NEW, "appears"),
        (ChangeKind.FIXED, "passes"),
        (ChangeKind.GONE, "goes"),
    ]
    assert changes(store, SECOND, THIRD) == [
        (ChangeKind.REOPENED, "passes"),
        (ChangeKind.REOPENED, "goes"),
        (ChangeKind.GONE, "appears"),
    ]
    whole = store.compare(FIRST, THIRD)
    assert changes(store, FIRST, THIRD) == [(ChangeKind.NEW, "breaks")]
    assert whole.unchanged == 3
    assert counts(whole)[ChangeKind.NEW] == 1
    assert store.compare(THIRD, FIRST) == whole, "the older one is the older one, whichever is named first"
    assert changes(store, SECOND, SECOND) == []


def test_what_is_found_from_another_region_is_compared_and_counted(store: Store) -> None:
    trail, other = (finding_of(name, region="us-east-1") for name in ("trail", "other trail"))
    home = msgspec.structs.replace(trail, status=Status.PASS)
    store.apply(scan(FIRST, trail))
    store.apply(scan(SECOND, trail, other))
    store.apply(scan(THIRD, home, doors=reached(regions=["eu-central-1"])))
    assert changes(store, FIRST, SECOND) == [(ChangeKind.NEW, "other trail")]
    assert changes(store, SECOND, THIRD) == [(ChangeKind.FIXED, "trail"), (ChangeKind.GONE, "other trail")]
    failed = {scan_id: sum(each.failed.values()) for scan_id, each in store.scan_counts(["prod"]).items()}
    assert failed == {FIRST: 1, SECOND: 2, THIRD: 0}


def test_what_failed_and_was_closed_before_the_older_scan_is_reopened_and_later_news_are_new(
    store: Store,
) -> None:
    store.apply(scan(FIRST))
    for scan_id, findings in (
        (SECOND, [finding_of("one")]),
        (THIRD, []),
        (FOURTH, [finding_of("one")]),
    ):
        store.apply(scan(scan_id, *findings))
    assert changes(store, THIRD, FOURTH) == [(ChangeKind.REOPENED, "one")]
    assert changes(store, FIRST, FOURTH) == [(ChangeKind.NEW, "one")]


def test_what_was_not_assessed_is_neither_fixed_nor_new(store: Store) -> None:
    for scan_id, status in ((FIRST, Status.FAIL), (SECOND, Status.NOT_ASSESSED), (THIRD, Status.FAIL)):
        store.apply(scan(scan_id, finding_of("one", status=status, reason="Denied.")))
    assert unknown(store, FIRST, SECOND) == {"one": (Cause.UNREAD, "Denied.")}
    assert unknown(store, SECOND, THIRD) == {"one": (Cause.UNREAD, "Older scan: Denied.")}


def test_where_a_check_could_not_look_nothing_is_fixed_gone_or_new(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    store.apply(scan(SECOND, listing()))
    store.apply(scan(THIRD, finding_of("one"), finding_of("two")))
    assert unknown(store, FIRST, SECOND) == {"one": (Cause.UNREAD, "Access denied.")}
    assert unknown(store, SECOND, THIRD) == {"two": (Cause.UNREAD, "Older scan: Access denied.")}


@pytest.mark.parametrize("ended", [Outcome.CANCELLED, None])
def test_a_scan_that_did_not_finish_closes_nothing(store: Store, ended: Outcome | None) -> None:
    store.apply(scan(FIRST, finding_of("one"), finding_of("two")))
    store.apply(scan(SECOND, finding_of("one"), outcome=ended))
    (reason,) = unknown(store, FIRST, SECOND).values()
    assert reason[0] is Cause.UNREAD
    assert "did not finish" in reason[1]


def test_what_appeared_after_a_scan_that_did_not_finish_may_have_been_there(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one"), outcome=Outcome.CANCELLED))
    store.apply(scan(SECOND, finding_of("one"), finding_of("two")))
    assert unknown(store, FIRST, SECOND) == {
        "two": (Cause.UNREAD, "Older scan: The scan did not finish: cancelled.")
    }


def test_regions_accounts_and_checks_that_one_scan_left_out_are_not_compared(store: Store) -> None:
    wide = [*reached(regions=BOTH), *reached("dev", account_id=DEV)]
    others = [
        finding_of("east", region="us-east-1"),
        finding_of("check", check_id=CHECKS[0]),
        finding_of("account", profile="dev", account_id=DEV),
    ]
    store.apply(scan(FIRST, finding_of("one"), *others, doors=wide))
    narrower_job = ScanJob(checks=[CHECKS[2]])
    store.apply(scan(SECOND, finding_of("one"), checks=[CHECKS[2]], job=narrower_job))
    assert unknown(store, FIRST, SECOND) == {
        "east": (Cause.OUT_OF_SCOPE, "us-east-1 was not scanned."),
        "check": (Cause.OUT_OF_SCOPE, "The check was not chosen."),
        "account": (Cause.OUT_OF_SCOPE, "The account was not scanned."),
    }
    store.apply(scan(THIRD, finding_of("one"), *others, doors=wide))
    assert set(unknown(store, SECOND, THIRD)) == {"east", "check", "account"}
    assert changes(store, FIRST, THIRD) == []


def test_a_check_that_another_version_does_not_have_has_changed(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one", check_id=CHECKS[0])))
    start = msgspec.structs.replace(started(SECOND, checks=[CHECKS[2]]), version="9")
    store.apply([start, *reached(), finished(SECOND)])
    assert unknown(store, FIRST, SECOND) == {
        "one": (Cause.CHECK_CHANGED, "Version 9 does not have this check.")
    }
    note = store.compare(FIRST, SECOND).note_on_checks
    assert note == "Versions 0 and 9 scanned: a check may judge differently than before."


OLD, NEW = {CHECKS[2]: "1", CHECKS[0]: "1"}, {CHECKS[2]: "2", CHECKS[0]: "1"}


def test_what_passes_or_is_gone_under_another_rule_is_not_called_fixed_or_gone(store: Store) -> None:
    same = {"check_id": CHECKS[0]}
    store.apply(
        scan(
            FIRST,
            finding_of("one"),
            finding_of("two"),
            finding_of("three", **same),
            finding_of("four", **same),
            rules=OLD,
        )
    )
    store.apply(scan(SECOND, passing(), finding_of("three", status=Status.PASS, **same), rules=NEW))
    causes = {
        (kind, name): change
        for (kind, name), change in zip(
            changes(store, FIRST, SECOND), store.compare(FIRST, SECOND).changes, strict=True
        )
    }
    assert set(causes) == {
        (ChangeKind.FIXED, "three"),
        (ChangeKind.GONE, "four"),
        (ChangeKind.NOT_LOOKED, "one"),
        (ChangeKind.NOT_LOOKED, "two"),
    }
    one, two = (causes[ChangeKind.NOT_LOOKED, name] for name in ("one", "two"))
    assert one.cause is two.cause is Cause.CHECK_CHANGED
    assert one.reason == "The check has changed: it may pass now what failed before."
    assert two.reason == "The check has changed: it may leave out now what failed before."
    assert store.compare(FIRST, SECOND).note_on_checks == f"{CHECKS[2]} has changed."


def test_what_fails_under_another_rule_is_new_with_a_note(store: Store) -> None:
    store.apply(
        scan(FIRST, passing(), finding_of("other", check_id=CHECKS[0], status=Status.PASS), rules=OLD)
    )
    store.apply(scan(SECOND, finding_of("one"), finding_of("other", check_id=CHECKS[0]), rules=NEW))
    first, second = store.compare(FIRST, SECOND).changes
    assert {first.kind, second.kind} == {ChangeKind.NEW}
    assert {first.cause, second.cause} == {Cause.CHECK_CHANGED, None}
    assert "The check has changed: its older rule may have passed this." in {first.reason, second.reason}


def test_what_fails_under_both_rules_still_fails(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one"), rules=OLD))
    store.apply(scan(SECOND, finding_of("one"), rules=NEW))
    assert changes(store, FIRST, SECOND) == []
    assert store.compare(FIRST, SECOND).unchanged == 1


@pytest.mark.parametrize("rules", [(None, NEW), (OLD, None), (OLD, OLD)])
def test_without_a_rule_that_is_known_to_have_changed_what_passes_is_fixed(
    store: Store, rules: tuple[dict[str, str] | None, dict[str, str] | None]
) -> None:
    store.apply(scan(FIRST, finding_of("one"), rules=rules[0]))
    store.apply(scan(SECOND, passing(), rules=rules[1]))
    assert changes(store, FIRST, SECOND) == [(ChangeKind.FIXED, "one")]


def test_rules_are_stored_once_for_all_scans_that_ran_them(store: Store, path: Path) -> None:
    for scan_id, rules in ((FIRST, OLD), (SECOND, OLD), (THIRD, NEW)):
        store.apply(scan(scan_id, rules=rules))
    with closing(sqlite3.connect(path)) as connection:
        statement = "SELECT count(*), count(DISTINCT digests) FROM rules"
        assert connection.execute(statement).fetchone() == (2, 2)
        store.prune(Retention(scans=1), now="2026-01-02T00:00:00+00:00")
        assert connection.execute(statement).fetchone() == (1, 1)


def test_a_global_check_is_compared_whatever_regions_were_scanned(store: Store) -> None:
    run: dict[str, Any] = {"global_checks": [CHECKS[2]]}
    store.apply(scan(FIRST, doors=reached(regions=["eu-central-1"]), **run))
    store.apply(
        scan(SECOND, finding_of("one", region="us-east-1"), doors=reached(regions=["eu-west-1"]), **run)
    )
    assert changes(store, FIRST, SECOND) == [(ChangeKind.NEW, "one")]
    store.apply(scan(THIRD, listing("eu-west-1"), doors=reached(regions=["eu-west-1"]), **run))
    assert set(unknown(store, SECOND, THIRD)) == {"one"}


def test_a_verification_between_two_scans_counts_as_assessed(store: Store) -> None:
    store.apply(scan(FIRST, finding_of("one")))
    target = VerifyTarget(CHECKS[2], "prod", "eu-central-1", "one")
    events: list[AnyEvent] = [started(SECOND, job=VerifyJob([target])), *reached(), Result(passing())]
    store.apply([*events, finished(SECOND)])
    store.apply(scan(THIRD, passing()))
    assert changes(store, FIRST, THIRD) == [(ChangeKind.FIXED, "one")]
    with pytest.raises(LookupError, match="no scan 'bb'"):
        store.compare(FIRST, SECOND)
