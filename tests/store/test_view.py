"""What a table asks: which rows, in which order, how many."""

from __future__ import annotations

import itertools
import random
import sqlite3
from array import array
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Category, Disposition, Finding, RegionScope, Severity, Status, SubjectKind
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.store.view import Counts, Row, Sort, View
from each_row import each_row
from store.made_scans import (
    ALL,
    CHECKS,
    DEV,
    failed,
    finding_of,
    listing,
    names,
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

    from cloud_audit_tui.store.store import Store

FIELDS = {
    "check_id": "aws-needle-001",
    "title": "The needle is encrypted",
    "resource_id": "arn:aws:sagemaker:x:1:endpoint/needle",
    "region": "needle-east-1",
    "account_id": "needle",
    "severity": Severity.CRITICAL,
    "status": Status.NOT_ASSESSED,
    "reason": "There is a needle in it.",
}


def store_findings(store: Store, *findings: Finding) -> None:
    doors = [*reached(), *reached("dev", account_id=DEV)]
    store.apply(scan("a", *findings, outcome=None, doors=doors))


def test_a_word_is_looked_for_in_every_field(new_store: Callable[[], Store]) -> None:
    with each_row() as row:
        for field, value in FIELDS.items():
            with row(field):
                store = new_store()
                word = value if field in {"severity", "status"} else "NEEDLE"
                store_findings(store, finding_of("hay"), finding_of(**{"name": "found", field: value}))
                if field == "account_id":
                    store.apply([ready("dev", "needle", alias="")])
                assert names(store, "prod", "dev", text=word) == ["found"]
                assert names(store, "prod", "dev", text=f"!{word}") == ["hay"]
                assert names(store, "prod", "dev", text=f"{word} hay") == []


def test_every_word_must_occur_and_no_excluded_one(store: Store) -> None:
    store_findings(
        store,
        finding_of("alpha-live"),
        finding_of("beta-live"),
        finding_of("alpha-dev"),
        finding_of("gamma", region="us-east-1"),
    )
    assert names(store, text="alpha -LIVE") == ["alpha-dev"]
    assert names(store, text='"-live" ALPHA') == ["alpha-live"]
    assert names(store, text='alpha !"-LIVE"') == ["alpha-dev"]
    assert names(store, text="!alpha !us-east-1 high") == ["beta-live"]
    assert names(store, text="alpha beta") == []
    assert names(store, text="   ") == names(store)
    assert names(store, text="alpha !") == ["alpha-dev", "alpha-live"]


def test_wildcards_and_quotes_in_a_filter_are_themselves(store: Store) -> None:
    odd = ["100%", "under_score", "back\\slash", "o'clock", 'say "x"', "[a-c]", "a*b", "plain", "ünïcode"]
    store_findings(store, *map(finding_of, odd))
    for name in odd[:-2]:
        word = name.split()[-1]
        assert names(store, text=word) == [name]
    assert names(store, text="r_s") == ["under_score"]
    assert names(store, text="e%n") == []
    assert names(store, text="p_ain") == []
    assert names(store, text="ÜNÏ") == ["ünïcode"]
    assert names(store, text="'; DROP TABLE finding; --") == []
    assert len(names(store)) == len(odd)


def test_a_word_never_spans_two_fields(store: Store) -> None:
    store_findings(store, finding_of("one", region="east", account_id="west", resource_id="x"))
    assert names(store, text="eastwest") == names(store, text="westeast") == []


def test_a_filter_finds_what_the_row_says_now(store: Store) -> None:
    store_findings(store, finding_of("one", reason="before"))
    store.apply(scan("b", finding_of("one", reason="after")))
    assert names(store, text="before") == []
    assert names(store, text="after") == ["one"]


def test_very_long_filters_are_answered(store: Store) -> None:
    store_findings(store, finding_of("x" * 60_000), finding_of("short"))
    assert names(store, text="x" * 9_000) == ["x" * 60_000]
    assert names(store, text="!" + "x" * 9_000) == ["short"]
    assert names(store, text=" ".join(f"!word{n}x" for n in range(190)) + " short") == ["short"]
    assert names(store, text="short \x00 \ud800") == []


def test_failures_by_severity_then_not_assessed_then_passes(store: Store) -> None:
    everything = [
        finding_of(f"{status}-{severity}", status=status, severity=severity)
        for status in ALL
        for severity in Severity
    ]
    random.Random(1).shuffle(everything)
    store_findings(store, *everything)
    rows = table_rows(store, sort=Sort.SEVERITY)
    assert [(row.status, row.severity) for row in rows] == [
        (status, severity)
        for status in (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)
        for severity in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
    ]


SORTED_BY: dict[Sort, Any] = {
    Sort.SEVERITY: lambda row: (
        ALL.index(row.status) != 0,
        row.status == Status.PASS,
        list(Severity).index(row.severity),
    ),
    Sort.CHECK: lambda row: row.check_id,
    Sort.TITLE: lambda row: row.title.lower(),
    Sort.RESOURCE: lambda row: row.resource_name.lower(),
    Sort.REGION: lambda row: row.region,
    Sort.ACCOUNT: lambda row: row.account_id,
    Sort.PROFILE: lambda row: row.profile,
}


def test_an_order_is_total_and_descending_turns_it_around(store: Store) -> None:
    dice = random.Random(7)
    findings = [
        finding_of(
            dice.choice(["alpha", "Beta", "gamma"]),
            check_id=dice.choice(CHECKS),
            title=dice.choice(["Same", "other"]),
            region=dice.choice(["eu-central-1", "us-east-1"]),
            account_id=dice.choice(["111111111111", DEV]),
            severity=dice.choice(list(Severity)),
            status=dice.choice(ALL),
            resource_id=f"arn:{n}",
        )
        for n in range(300)
    ]
    store_findings(store, *findings)
    with each_row() as row:
        for sort in Sort:
            with row(sort):
                rows = table_rows(store, "prod", "dev", sort=sort)
                assert len(rows) == 300
                assert rows == sorted(rows, key=SORTED_BY[sort])
                for before, after in itertools.pairwise(rows):
                    if all(
                        getattr(before, name) == getattr(after, name)
                        for name in ("status", "severity", "title", "account_id")
                    ):
                        assert _tie(before) < _tie(after) or SORTED_BY[sort](before) < SORTED_BY[sort](after)
                assert table_rows(store, "dev", "prod", sort=sort, descending=True) == rows[::-1]
                assert table_rows(store, "prod", "dev", sort=sort) == rows


def _tie(row: Row) -> tuple[str, str, str, int]:
    return row.check_id, row.region, row.resource_name.lower(), row.row_id


def test_a_filtered_view_keeps_the_order(store: Store) -> None:
    store_findings(store, *[finding_of(f"n{n % 17}-{n}", severity=list(Severity)[n % 4]) for n in range(200)])
    for sort in Sort:
        everything = table_rows(store, sort=sort)
        assert table_rows(store, sort=sort, text="n3-") == [
            row for row in everything if "n3-" in row.resource_name
        ]


def test_passes_are_left_out_unless_asked_for(store: Store) -> None:
    store_findings(
        store,
        finding_of("bad"),
        finding_of("good", status=Status.PASS),
        finding_of("unseen", status=Status.NOT_ASSESSED),
    )
    default = store.rows(store.row_ids(View(("prod",), sort=Sort.RESOURCE)))
    assert [row.resource_name for row in default] == ["bad", "unseen"]
    assert names(store, statuses=(Status.PASS,)) == ["good"]
    assert names(store, statuses=()) == []


def test_rows_come_in_the_order_asked_and_unknown_ones_are_left_out(store: Store) -> None:
    store_findings(store, *[finding_of(f"{n:04}") for n in range(1_200)])
    ids = store.row_ids(View(("prod",), sort=Sort.RESOURCE))
    assert isinstance(ids, array)
    backwards = ids[::-1]
    assert [row.row_id for row in store.rows(backwards)] == list(backwards)
    assert [row.row_id for row in store.rows([ids[5], 10**9, ids[2], ids[5]])] == [ids[5], ids[2], ids[5]]
    assert store.rows([]) == []
    assert store.finding(10**9) is None


def test_counts_are_of_the_current_rows_of_the_profiles(store: Store) -> None:
    assert store.counts(["prod"]) == Counts(dict.fromkeys(Severity, 0))
    store_findings(
        store,
        finding_of("a", severity=Severity.CRITICAL),
        finding_of("b", severity=Severity.LOW),
        finding_of("c", severity=Severity.LOW),
        finding_of("d", status=Status.PASS),
        finding_of("e", status=Status.NOT_ASSESSED),
        finding_of("f", profile="dev", account_id=DEV),
    )
    counts = store.counts(["prod"])
    assert list(counts.failed.items()) == [
        (Severity.CRITICAL, 1),
        (Severity.HIGH, 0),
        (Severity.MEDIUM, 0),
        (Severity.LOW, 2),
    ]
    assert (counts.passed, counts.not_assessed, counts.total_failed) == (1, 1, 3)
    assert store.counts(["prod", "dev"]).total_failed == 4
    store.apply(scan("b", finding_of("a", severity=Severity.HIGH)))
    counts = store.counts(["prod"])
    assert (counts.total_failed, counts.failed[Severity.HIGH], counts.passed) == (1, 1, 0)


def test_profiles_answers_for_every_profile_asked(store: Store) -> None:
    store.apply(scan("a"))
    infos = store.profiles(["prod", "nobody"])
    assert list(infos) == ["prod", "nobody"]
    prod = infos["prod"]
    assert (prod.account_id, prod.partition, prod.caller_arn) == (
        "111111111111",
        "aws",
        "arn:aws:iam::111111111111:user/prod",
    )
    assert (prod.regions, prod.enabled_regions) == (["eu-central-1"], ["eu-central-1", "us-east-1"])
    assert (prod.outcome, prod.scanned_at) == ("complete", "2026-01-01T00:09:00+00:00")
    nobody = infos["nobody"]
    assert (nobody.profile, nobody.account_id, nobody.scanned_at, nobody.failure) == ("nobody", "", "", None)


def test_a_key_is_short_stable_and_about_the_subject_alone() -> None:
    assert finding_key(finding_of()) == "e2d7231c9a2288efa5dc73cb79993043"
    unrelated: dict[str, Any] = {
        "severity": Severity.LOW,
        "title": "x",
        "reason": "x",
        "evidence": {},
        "partition": "x",
    }
    same = finding_of(status=Status.PASS, profile="x", **unrelated)
    assert finding_key(same) == finding_key(finding_of())
    others = [finding_of(**{field: "other"}) for field in ("check_id", "account_id", "region", "resource_id")]
    scopes = [listing(), listing(whole_account=True), listing("us-east-1")]
    profiles = [unusable("prod"), unusable("dev")]
    every = [*others, *scopes, *profiles, finding_of()]
    assert len({finding_key(finding) for finding in every}) == len(every)
    shifted = finding_of(account_id="ab", region="c"), finding_of(account_id="a", region="bc")
    assert finding_key(shifted[0]) != finding_key(shifted[1])


def test_a_key_of_a_scope_or_a_profile_does_not_depend_on_how_it_is_described() -> None:
    described = msgspec.structs.replace(listing(), subject=RegionScope())
    assert finding_key(described) == finding_key(listing())
    elsewhere = msgspec.structs.replace(unusable(), account_id="1", region="x", profile="")
    assert finding_key(elsewhere) == finding_key(unusable())


def test_several_profiles_of_an_account_show_each_finding_once(store: Store) -> None:
    doors = [*reached(), ready("admin"), ready("audit")]
    store.apply(scan("a", finding_of("one"), finding_of("two", status=Status.PASS), doors=doors))
    every = ("prod", "admin", "audit")
    assert names(store, *every) == names(store, "audit") == ["one", "two"]
    assert store.counts(every) == store.counts(["admin"])
    assert store.counts(every).total_failed == 1
    for info in store.profiles(every).values():
        assert (info.account_id, info.alias, info.scan_id) == ("111111111111", "111-alias", "a")
    assert {row.profile for row in table_rows(store, "audit")} == {"prod"}


def test_another_door_into_the_account_changes_the_door_alone(store: Store, path: Path) -> None:
    store.apply(scan("a", finding_of("one")))
    before = table_rows(store)
    store.apply(scan("b", finding_of("one", profile="admin"), doors=reached("admin")))
    assert [(row.row_id, row.profile) for row in table_rows(store)] == [(before[0].row_id, "admin")]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM finding").fetchone() == (1,)


def test_a_word_finds_rows_by_every_profile_of_their_account_and_by_the_alias(store: Store) -> None:
    doors = [*reached(), ready("admin"), *reached("dev", account_id=DEV)]
    store.apply(scan("a", finding_of("one"), finding_of("two", profile="dev", account_id=DEV), doors=doors))
    assert names(store, "prod", "dev", text="PROD") == ["one"]
    assert names(store, "admin", "dev", text="admin") == ["one"]
    assert names(store, "admin", "dev", text="!admin") == ["two"]
    assert names(store, "prod", "dev", text="admin") == ["one"]
    assert names(store, "prod", "dev", text="222-alias two") == ["two"]
    assert names(store, "prod", "dev", text="!222-alias") == ["one"]


def test_a_word_excludes_no_row_of_a_profile_that_cannot_be_used(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), doors=[*reached(), *failed("broken")]))
    assert names(store, "prod", "broken", text="!prod") == ["broken"]
    assert names(store, "prod", "broken", text="broken") == ["broken"]


def test_a_row_says_what_is_known_of_its_check_and_account(store: Store) -> None:
    store_findings(store, finding_of("one"), listing("us-east-1"))
    row, scope = table_rows(store)
    assert (row.account_alias, row.service, row.category) == ("111-alias", "sagemaker", Category.SECURITY)
    assert (row.disposition, row.first_seen_at) == (Disposition.OPEN, started("a").started_at)
    assert (row.subject_kind, scope.subject_kind) == (SubjectKind.RESOURCE, SubjectKind.REGION)
    assert (scope.resource_name, scope.resource_id) == ("us-east-1", "arn:aws:iam::111111111111:root")


def test_a_key_that_is_none_has_no_row(store: Store) -> None:
    for key in ("", "zz", "00", "not a key", "\ud800"):
        assert store.row_id_of(key) is None
