"""What a table shows while single findings are verified: they change where they stand, nothing else does."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.model import Disposition, Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Result
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.store.finding_texts import REASON
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.store.view import Sort, View
from each_row import each_row
from store.made_scans import (
    CHECKS,
    DEV,
    failed,
    finding_of,
    finished,
    judging,
    listing,
    names,
    reached,
    ready,
    scan,
    started,
    table_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.store.store import Store

WORST_FIRST: dict[str, Any] = {"sort": Sort.SEVERITY, "statuses": (Status.FAIL, Status.NOT_ASSESSED)}


def verification(
    scan_id: str,
    targets: list[Finding],
    *findings: Finding,
    outcome: Outcome | None = Outcome.COMPLETE,
    doors: list[AnyEvent] | None = None,
    by_name: bool = False,
) -> list[AnyEvent]:
    """Return the events of looking at some findings again."""
    job = VerifyJob(
        [
            VerifyTarget(
                each.check_id,
                each.profile,
                each.region,
                each.resource_name if by_name or not isinstance(each.subject, Resource) else each.resource_id,
                each.account_id,
            )
            for each in targets
        ]
    )
    start = msgspec.structs.replace(
        started(scan_id, checks=sorted({each.check_id for each in targets}), job=job),
        started_at="2026-01-01T21:10:00+00:00",
    )
    answers = [ready(alias="", enabled_regions=[]), judging()] if doors is None else doors
    events: list[AnyEvent] = [start, *answers, *map(Result, findings)]
    return events if outcome is None else [*events, finished(scan_id, outcome)]


def passed(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, status=Status.PASS, reason="It names a KMS key.")


def test_a_group_counts_a_fixed_finding_as_passed_and_stays_where_it_stands(store: Store) -> None:
    fixed = finding_of("a", severity=Severity.CRITICAL)
    store.apply(scan("a", fixed, finding_of("b", severity=Severity.LOW)))
    store.apply(verification("v", [fixed], passed(fixed)))
    view = View(("prod",), (Status.FAIL, Status.NOT_ASSESSED))
    with each_row() as row:
        for grouping in Grouping:
            with row(grouping):
                groups = store.groups(view, grouping)
                assert sum(group.rows for group in groups) == 2
                assert groups[0].worst == 0
                assert groups[0].passed == 1
                assert groups[0].failed[0] == 0
                assert sum(group.failed[3] for group in groups) == 1
                if grouping is Grouping.RESOURCE:
                    assert [group.label for group in groups] == ["a", "b"]


def test_a_fixed_finding_stays_where_it_stands_and_says_when(store: Store) -> None:
    findings = [finding_of("a"), finding_of("b", severity=Severity.CRITICAL), finding_of("c")]
    store.apply(scan("a", *findings))
    before = table_rows(store, **WORST_FIRST)
    assert [row.resource_name for row in before] == ["b", "a", "c"]
    store.apply(verification("v", findings[:1], passed(findings[0])))
    after = table_rows(store, **WORST_FIRST)
    assert [row.row_id for row in after] == [row.row_id for row in before]
    assert [(row.status, row.disposition, row.verified_at) for row in after] == [
        (Status.FAIL, Disposition.OPEN, ""),
        (Status.PASS, Disposition.FIXED, "2026-01-01T21:10:00+00:00"),
        (Status.FAIL, Disposition.OPEN, ""),
    ]
    assert store.counts(["prod"]).total_failed == 2
    assert store.counts(["prod"]).passed == 1


def test_what_it_said_before_is_kept(store: Store, path: Path) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))))
    with sqlite3.connect(path) as connection:
        records = connection.execute(f"SELECT current, {REASON} FROM finding ORDER BY current").fetchall()
    connection.close()
    assert records == [
        (0, "The configuration names no KMS key."),
        (1, "It names a KMS key."),
    ]


def test_one_that_still_fails_says_when_too(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], finding_of("one")))
    [row] = table_rows(store)
    assert (row.status, row.verified_at) == (Status.FAIL, "2026-01-01T21:10:00+00:00")


def test_one_that_is_gone_is_retired_and_no_other(store: Store) -> None:
    store.apply(
        scan(
            "a",
            finding_of("gone"),
            finding_of("stays"),
            finding_of("gone", check_id=CHECKS[0]),
            finding_of("gone", region="us-east-1", resource_id=finding_of("gone").resource_id),
            doors=reached(regions=["eu-central-1", "us-east-1"]),
        )
    )
    elsewhere = finding_of("gone", profile="dev", account_id=DEV)
    store.apply(scan("o", elsewhere, doors=reached("dev", account_id=DEV)))
    store.apply(verification("v", [finding_of("gone")]))
    assert sorted((row.resource_name, row.check_id, row.region) for row in table_rows(store)) == [
        ("gone", CHECKS[0], "eu-central-1"),
        ("gone", CHECKS[2], "us-east-1"),
        ("stays", CHECKS[2], "eu-central-1"),
    ]
    assert names(store, "dev") == ["gone"]


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.FAILED, None])
def test_a_verification_that_did_not_end_well_retires_nothing(store: Store, outcome: Outcome | None) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], outcome=outcome))
    assert names(store) == ["one"]


def test_a_listing_that_failed_retires_nothing_and_adds_no_row(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], listing()))
    assert [(row.resource_name, row.status, row.verified_at) for row in table_rows(store)] == [
        ("one", Status.FAIL, "")
    ]


def test_a_profile_that_failed_retires_nothing_and_is_told(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], doors=failed()))
    assert names(store) == ["one", "prod"]
    failure = store.profiles(["prod"])["prod"].failure
    assert failure is not None
    assert failure.reason == "The session has expired."


def test_a_profile_in_another_account_now_retires_nothing(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], doors=reached(account_id="999999999999")))
    assert names(store) == ["one"]


def test_one_job_verifies_through_several_profiles_and_in_several_regions(store: Store) -> None:
    here, there = finding_of("here"), finding_of("there", region="us-east-1")
    other = finding_of("other", profile="dev", account_id=DEV)
    doors = [*reached(regions=["eu-central-1", "us-east-1"]), *reached("dev", account_id=DEV)]
    store.apply(scan("a", here, there, other, finding_of("untouched"), doors=doors))
    store.apply(verification("v", [here, there, other], passed(there), doors=doors))
    assert [(row.resource_name, row.disposition) for row in table_rows(store, "prod", "dev")] == [
        ("there", Disposition.FIXED),
        ("untouched", Disposition.OPEN),
    ]


def test_a_target_can_be_named_by_its_name(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    store.apply(verification("v", [finding_of("one")], by_name=True))
    assert names(store) == ["two"]


def test_an_account_that_was_not_reached_keeps_its_rows(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], doors=[ready()]))
    assert names(store) == ["one"]


def test_a_setting_of_a_region_that_passes_is_fixed(store: Store) -> None:
    failing = listing(status=Status.FAIL, reason="It is off.")
    store.apply(scan("a", failing))
    store.apply(verification("v", [failing], passed(failing)))
    [row] = table_rows(store, **WORST_FIRST)
    assert (row.resource_name, row.disposition) == ("eu-central-1", Disposition.FIXED)


def test_a_listing_that_works_now_makes_room_for_what_it_lists(store: Store) -> None:
    denied = listing()
    store.apply(scan("a", denied))
    store.apply(verification("v", [denied], finding_of("one"), finding_of("two")))
    assert names(store) == ["one", "two"]


def test_it_is_no_scan_of_the_profile(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    before = store.profiles(["prod"])["prod"]
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))))
    assert store.profiles(["prod"])["prod"] == before


def test_the_next_whole_scan_puts_a_fixed_row_where_it_belongs(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))))
    store.apply(scan("b", passed(finding_of("one")), finding_of("two")))
    assert names(store, **WORST_FIRST) == ["two"]
    assert [(row.verified_at, row.disposition) for row in table_rows(store)] == [("", Disposition.OPEN)] * 2


def test_a_whole_scan_finds_it_failing_again(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))))
    store.apply(scan("b", finding_of("one")))
    [row] = table_rows(store, **WORST_FIRST)
    assert (row.status, row.verified_at) == (Status.FAIL, "")


def test_a_verification_during_a_scan_is_not_undone_by_its_end(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    store.apply(scan("b", finding_of("two"), outcome=None))
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))), scan_id="v")
    store.apply([finished("b")])
    assert [(row.resource_name, row.status) for row in table_rows(store)] == [
        ("one", Status.PASS),
        ("two", Status.FAIL),
    ]


def test_a_global_check_that_names_another_region_now_keeps_the_place(store: Store) -> None:
    failing = finding_of("root", check_id="aws-ct-001", region="eu-west-1", resource_id="arn:aws:iam::1:root")
    store.apply(scan("a", failing))
    store.apply(verification("v", [failing], passed(msgspec.structs.replace(failing, region="us-east-1"))))
    assert [(row.region, row.status) for row in table_rows(store, **WORST_FIRST)] == [
        ("us-east-1", Status.PASS)
    ]


def test_a_denied_listing_of_the_whole_account_retires_no_region(store: Store) -> None:
    """A check of the whole account lists in one region what lives in others."""
    bucket = finding_of("logs", check_id="aws-s3-006", region="eu-west-1", resource_id="arn:aws:s3:::logs")
    run: dict[str, Any] = {"checks": ["aws-s3-006"], "global_checks": ["aws-s3-006"]}
    store.apply(scan("a", bucket, **run))
    denied = listing("us-east-1", whole_account=True, check_id="aws-s3-006")
    store.apply(scan("b", denied, **run))
    assert names(store) == ["111111111111", "logs"]
    store.apply(verification("v", [bucket], denied))
    assert names(store) == ["111111111111", "logs"]


def test_a_passing_finding_that_is_verified_is_not_called_fixed(store: Store) -> None:
    store.apply(scan("a", passed(finding_of("one"))))
    store.apply(verification("v", [finding_of("one")], passed(finding_of("one"))))
    [row] = table_rows(store)
    assert (row.status, row.disposition) == (Status.PASS, Disposition.OPEN)
