"""Texts that findings share are stored once, and a word is found in whichever place it is stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.config.mutes import ActiveMutes, Mute
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.retention import Retention
from cloud_audit_tui.store.view import Counts, View
from each_row import each_row
from store.made_scans import ALL, finding_of, names, scan, table_rows
from store.test_verification import passed, verification

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = [
    "KMS",
    "alpha",
    "endpoint/a",
    "high",
    "fail",
    "sagemaker-003",
    "names no",
    "zzz",
    "crypted",
    "encripted",
]


def rows_of(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def filtered(store: Store, text: str) -> Counts:
    return store.counts(["prod"], condition(parse(text), COLUMNS, NOW))


def test_a_title_is_stored_once_for_all_its_findings(store: Store, path: Path) -> None:
    store.apply(
        scan(
            "a",
            *(finding_of(f"endpoint-{n}") for n in range(5)),
            finding_of("other", title="Another title"),
        )
    )
    titles = rows_of(path, "SELECT title FROM topic ORDER BY title")
    assert titles == [("Another title",), ("Endpoints are encrypted",)]
    assert {row.title for row in table_rows(store)} == {"Another title", "Endpoints are encrypted"}


def test_a_title_that_no_finding_has_any_more_is_dropped(store: Store, path: Path) -> None:
    store.apply(scan("a", finding_of("one", title="Old words")))
    store.apply(scan("b", finding_of("one")))
    assert len(rows_of(path, "SELECT title FROM topic")) == 2, "the version before still has it"
    store.prune(Retention(scans=1), now="2026-01-02T00:00:00+00:00")
    assert rows_of(path, "SELECT title FROM topic") == [("Endpoints are encrypted",)]


def test_a_name_is_found_that_its_id_does_not_contain(store: Store) -> None:
    store.apply(
        scan("a", finding_of("Friendly", resource_id="i-1"), finding_of("nothing", resource_id="i-2"))
    )
    assert names(store, text="FRIENDLY") == ["Friendly"]
    assert names(store, text="i-1") == ["Friendly"]
    assert names(store, text="-friendly") == ["nothing"]


def test_a_word_with_a_line_end_is_found_in_one_text_only(store: Store) -> None:
    store.apply(
        scan("a", finding_of("one", reason="first\nsecond"), finding_of("two", reason="first second"))
    )
    assert names(store, text='"first\nsecond"') == names(store, text='"first second"') == ["one", "two"]
    assert names(store, text='"high\nfail"') == []


def test_what_a_finding_said_before_is_kept_and_not_found(store: Store, path: Path) -> None:
    store.apply(scan("a", finding_of("one", reason="Old words."), finding_of("gone", reason="Old words.")))
    store.apply(scan("b", finding_of("one", reason="New words.")))
    assert names(store, text="old") == []
    assert filtered(store, "old").total_failed == 0
    assert names(store, text="words") == ["one"]
    past = [store.finding(row_id) for (row_id,) in rows_of(path, "SELECT id FROM finding WHERE current = 0")]
    assert {(finding.resource_name, finding.reason) for finding in past if finding is not None} == {
        ("one", "Old words."),
        ("gone", "Old words."),
    }
    assert rows_of(path, "SELECT count(*) FROM own_text") == [(1,)], "a search reads what is current alone"


def test_counts_are_those_of_the_rows_that_a_filter_leaves(store: Store) -> None:
    findings = [
        *(finding_of(f"{name}-{status}", status=status) for name in ("alpha", "beta") for status in ALL),
        finding_of("gamma", severity=Severity.CRITICAL, reason="Nothing at all."),
    ]
    store.apply(scan("a", *findings))
    store.apply(verification("v", [findings[0]], passed(findings[0])))
    store.mute(ActiveMutes([Mute("aws-*", "accepted", resource="beta-fail")], NOW.date()))
    with each_row() as one_row:
        for word in WORDS:
            with one_row(word):
                rows = table_rows(store, text=word, muted=True)
                unmuted = table_rows(store, text=word)
                counts = filtered(store, word)
                assert counts.total_failed == sum(row.status is Status.FAIL for row in unmuted)
                assert counts.passed == sum(row.status is Status.PASS for row in unmuted)
                assert counts.not_assessed == sum(row.status is Status.NOT_ASSESSED for row in unmuted)
                assert counts.muted == len(rows) - len(unmuted)
                filter_condition = condition(parse(word), COLUMNS, NOW)
                each = [store.counts_of_status(["prod"], filter_condition, status) for status in Status]
                assert reduce(add, each) == counts


def test_a_condition_that_has_been_read_means_the_same(store: Store) -> None:
    store.apply(scan("a", finding_of("alpha"), finding_of("beta"), finding_of("gamma", reason="alpha")))
    view = View(("prod",), ALL)
    for text in ("alpha", "-alpha", "reason:*alpha* -beta", "zzz"):
        filter_condition = condition(parse(text), COLUMNS, NOW)
        read = store.read_condition(filter_condition)
        assert store.row_ids(view, read) == store.row_ids(view, filter_condition)
        assert store.counts(["prod"], read) == store.counts(["prod"], filter_condition)
