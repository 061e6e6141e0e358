"""What a table shows while single findings are verified: they change where they stand, nothing else does."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec
import pytest
from made_scans import CHECKS, finished, made, names, ready, scan, shown, started

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result, TargetFailed
from cloud_audit_tui.store import schema
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from pathlib import Path

WORST_FIRST = {"sort": Sort.SEVERITY, "statuses": (Status.FAIL, Status.NOT_ASSESSED)}


def verification(
    scan_id: str,
    only: list[Finding],
    *found: Finding,
    outcome: Outcome | None = Outcome.COMPLETE,
    checks: list[str] | None = None,
) -> list[AnyEvent]:
    """Return the events of looking at some findings again."""
    begun = msgspec.structs.replace(
        started(scan_id, checks=checks or sorted({each.check_id for each in only})),
        only=[each.resource_id or each.resource_name for each in only],
        started_at="2026-01-01T21:10:00+00:00",
    )
    events: list[AnyEvent] = [begun, msgspec.structs.replace(ready(), alias="", enabled_regions=["x"])]
    events += [Result(finding) for finding in found]
    return events if outcome is None else [*events, finished(scan_id, outcome)]


def passed(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, status=Status.PASS, reason="It names a KMS key.")


def test_a_fixed_finding_stays_where_it_stands_and_says_when(store: Store) -> None:
    findings = [made("a"), made("b", severity=Severity.CRITICAL), made("c")]
    store.apply(scan("a", *findings))
    before = shown(store, **WORST_FIRST)
    assert [row.resource_name for row in before] == ["b", "a", "c"]
    store.apply(verification("v", findings[:1], passed(findings[0])))
    after = shown(store, **WORST_FIRST)
    assert [row.row_id for row in after] == [row.row_id for row in before]
    assert [(row.status, row.verified_at) for row in after] == [
        (Status.FAIL, ""),
        (Status.PASS, "2026-01-01T21:10:00+00:00"),
        (Status.FAIL, ""),
    ]
    assert store.counts(["prod"]).total_failed == 2
    assert store.counts(["prod"]).passed == 1


def test_what_it_said_before_is_kept(store: Store, path: Path) -> None:
    store.apply(scan("a", made("one")))
    store.apply(verification("v", [made("one")], passed(made("one"))))
    with sqlite3.connect(path) as connection:
        kept = connection.execute("SELECT current, rank, reason FROM finding ORDER BY current").fetchall()
    connection.close()
    assert [(current, reason) for current, _, reason in kept] == [
        (0, "The configuration names no KMS key."),
        (1, "It names a KMS key."),
    ]


def test_one_that_still_fails_says_when_too(store: Store) -> None:
    store.apply(scan("a", made("one")))
    store.apply(verification("v", [made("one")], made("one")))
    [row] = shown(store)
    assert (row.status, row.verified_at) == (Status.FAIL, "2026-01-01T21:10:00+00:00")


def test_one_that_is_gone_is_retired_and_no_other(store: Store) -> None:
    store.apply(
        scan(
            "a",
            made("gone"),
            made("stays"),
            made("gone", check_id=CHECKS[0]),
            made("gone", region="us-east-1", resource_id=made("gone").resource_id),
            targets=[ready(regions=["eu-central-1", "us-east-1"])],
        )
    )
    store.apply([*scan("o", made("gone", profile="dev"), targets=[ready("dev")])])
    store.apply(verification("v", [made("gone")]))
    assert sorted((row.resource_name, row.check_id, row.region) for row in shown(store)) == [
        ("gone", CHECKS[0], "eu-central-1"),
        ("gone", CHECKS[2], "us-east-1"),
        ("stays", CHECKS[2], "eu-central-1"),
    ]
    assert names(store, "dev") == ["gone"]


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.FAILED, None])
def test_a_verification_that_did_not_end_well_retires_nothing(store: Store, outcome: Outcome | None) -> None:
    store.apply(scan("a", made("one")))
    store.apply(verification("v", [made("one")], outcome=outcome))
    assert names(store) == ["one"]


def test_a_listing_that_failed_retires_nothing_and_adds_no_row(store: Store) -> None:
    store.apply(scan("a", made("one")))
    denied = made(
        "eu-central-1",
        status=Status.NOT_ASSESSED,
        resource_id="",
        resource_type="AWS::Region",
        reason="Denied.",
    )
    store.apply(verification("v", [made("one")], denied))
    assert [(row.resource_name, row.status, row.verified_at) for row in shown(store)] == [
        ("one", Status.FAIL, "")
    ]


def test_a_profile_that_failed_retires_nothing_and_is_said(store: Store) -> None:
    store.apply(scan("a", made("one")))
    begun, *_ = verification("v", [made("one")])
    nowhere = made(
        "prod", status=Status.NOT_ASSESSED, region="", resource_id="", resource_type="AWS::Account"
    )
    store.apply(
        [begun, TargetFailed("prod", "credentials", "Expired.", "Sign in."), Result(nowhere), finished("v")]
    )
    assert names(store) == ["one"]
    failure = store.targets(["prod"])["prod"].failure
    assert failure is not None
    assert failure.reason == "Expired."


def test_a_profile_in_another_account_now_retires_nothing(store: Store) -> None:
    store.apply(scan("a", made("one")))
    begun, _, end = verification("v", [made("one")])
    store.apply([begun, ready(account_id="999999999999"), end])
    assert names(store) == ["one"]


def test_a_listing_that_works_now_makes_room_for_what_it_lists(store: Store) -> None:
    denied = made("eu-central-1", status=Status.NOT_ASSESSED, resource_id="", resource_type="AWS::Region")
    store.apply(scan("a", denied))
    store.apply(verification("v", [denied], made("one"), made("two")))
    assert names(store) == ["one", "two"]


def test_it_is_no_scan_of_the_profile(store: Store) -> None:
    store.apply(scan("a", made("one")))
    before = store.targets(["prod"])
    store.apply(verification("v", [made("one")], passed(made("one"))))
    assert store.targets(["prod"]) == before


def test_the_next_whole_scan_puts_a_fixed_row_where_it_belongs(store: Store) -> None:
    store.apply(scan("a", made("one"), made("two")))
    store.apply(verification("v", [made("one")], passed(made("one"))))
    store.apply(scan("b", passed(made("one")), made("two")))
    assert names(store, **WORST_FIRST) == ["two"]
    assert [row.verified_at for row in shown(store)] == ["", ""]


def test_a_whole_scan_finds_it_failing_again(store: Store) -> None:
    store.apply(scan("a", made("one")))
    store.apply(verification("v", [made("one")], passed(made("one"))))
    store.apply(scan("b", made("one")))
    [row] = shown(store, **WORST_FIRST)
    assert (row.status, row.verified_at) == (Status.FAIL, "")


def test_a_verification_during_a_scan_is_not_undone_by_its_end(store: Store) -> None:
    store.apply(scan("a", made("one"), made("two")))
    store.apply(scan("b", made("two"), outcome=None))
    store.apply(verification("v", [made("one")], passed(made("one"))), scan_id="v")
    store.apply([finished("b")])
    assert [(row.resource_name, row.status) for row in shown(store)] == [
        ("one", Status.PASS),
        ("two", Status.FAIL),
    ]


def test_a_global_check_that_names_another_region_now_keeps_the_place(store: Store) -> None:
    failing = made("root", check_id="aws-ct-001", region="eu-west-1", resource_id="arn:aws:iam::1:root")
    store.apply(scan("a", failing))
    store.apply(verification("v", [failing], passed(msgspec.structs.replace(failing, region="us-east-1"))))
    assert [(row.region, row.status) for row in shown(store, **WORST_FIRST)] == [("us-east-1", Status.PASS)]


def test_a_denied_listing_of_the_whole_account_retires_no_region(store: Store) -> None:
    """A check of the whole account lists in one region what lives in others."""
    bucket = made("logs", check_id="aws-s3-006", region="eu-west-1", resource_id="arn:aws:s3:::logs")
    store.apply(scan("a", bucket, checks=["aws-s3-006"]))
    denied = made(
        "us-east-1", check_id="aws-s3-006", region="us-east-1", status=Status.NOT_ASSESSED, resource_id=""
    )
    store.apply(scan("b", denied, checks=["aws-s3-006"]))
    assert names(store) == ["logs", "us-east-1"]
    store.apply(verification("v", [bucket], denied))
    assert names(store) == ["logs", "us-east-1"]


def test_a_store_of_the_first_version_keeps_what_it_holds(path: Path) -> None:
    """The tables are made as version 1 made them, filled by it, and opened by this one."""
    with Store.open(path) as store:
        store.apply(scan("a", made("one"), made("two", severity=Severity.CRITICAL), passed(made("three"))))
    connection = sqlite3.connect(path, isolation_level=None)
    for sort, columns in schema.SORT_COLUMNS.items():
        old = ", ".join(
            "rank" if column == "place" else schema.ordered(column) for column in (*columns, "target")
        )
        connection.execute(f"DROP INDEX {schema.sort_index(sort)}")
        connection.execute(f"CREATE INDEX {schema.sort_index(sort)} ON finding ({old}) WHERE current = 1")
    connection.execute("DROP TABLE verified")
    connection.execute("ALTER TABLE finding DROP COLUMN place")
    connection.execute("ALTER TABLE scan DROP COLUMN only")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        with Store.open(path) as store:
            assert names(store, **WORST_FIRST) == ["two", "one"]
            assert names(store) == ["one", "three", "two"]
    with Store.open(path) as store:
        store.apply(verification("v", [made("one")], passed(made("one"))))
        assert names(store, **WORST_FIRST) == ["two", "one"]
