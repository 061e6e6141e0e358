"""Muted findings are out of the table and of the counts, until their mute ends or they pass."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cloud_audit_tui.config.mutes import ActiveMutes, Mute
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.store.view import Counts, View
from store.made_scans import finding_of, scan, table_rows
from store.test_verification import passed, verification

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store

TODAY = date(2026, 1, 1)
PROD = ["prod"]
NO_MUTES = ActiveMutes([], TODAY)


def mutes(*resources: str, expires: date | None = None) -> ActiveMutes:
    return ActiveMutes(
        [Mute("aws-sagemaker-*", "accepted", resource=name, expires=expires) for name in resources], TODAY
    )


def in_table(store: Store, *, muted: bool = False) -> list[str]:
    return [row.resource_name for row in store.rows(store.row_ids(View(("prod",), muted=muted)))]


def test_a_muted_finding_leaves_table_and_counts(store: Store) -> None:
    store.apply(scan("a", finding_of("a"), finding_of("b"), finding_of("c", status=Status.NOT_ASSESSED)))
    assert store.mute(mutes("b", "c", "nothing")) == 2
    assert (in_table(store), in_table(store, muted=True)) == (["a"], ["a", "b", "c"])
    counts = store.counts(PROD)
    assert (counts.failed[Severity.HIGH], counts.not_assessed, counts.muted) == (1, 0, 2)
    rows = store.rows(store.row_ids(View(("prod",), muted=True)))
    assert [row.disposition for row in rows] == [Disposition.OPEN, Disposition.MUTED, Disposition.MUTED]
    assert store.mute(NO_MUTES) == 2
    assert in_table(store) == ["a", "b", "c"]
    assert store.counts(PROD) == Counts({**dict.fromkeys(Severity, 0), Severity.HIGH: 2}, not_assessed=1)


def test_a_mute_that_has_expired_mutes_nothing(store: Store) -> None:
    store.apply(scan("a", finding_of("a")))
    assert store.mute(mutes("a", expires=date(2025, 12, 31))) == 0


def test_what_a_later_scan_finds_is_muted_as_it_comes(store: Store) -> None:
    store.mute(mutes("b"))
    store.apply(scan("a", finding_of("a"), finding_of("b")))
    assert in_table(store) == ["a"]
    store.apply(scan("b", finding_of("a"), finding_of("b", reason="Something else.")))
    assert (in_table(store), store.counts(PROD).muted) == (["a"], 1)


def test_what_passes_is_not_muted(store: Store) -> None:
    store.mute(mutes("a", "b"))
    store.apply(scan("a", finding_of("a"), finding_of("b", status=Status.PASS)))
    assert (store.counts(PROD).passed, store.counts(PROD).muted) == (1, 1)
    store.apply(scan("b", passed(finding_of("a")), finding_of("b", status=Status.PASS)))
    assert (store.counts(PROD).passed, store.counts(PROD).muted) == (2, 0)


def test_a_muted_finding_that_is_verified_as_fixed_says_so(store: Store) -> None:
    store.mute(mutes("a"))
    store.apply(scan("a", finding_of("a")))
    store.apply(verification("v", [finding_of("a")], passed(finding_of("a"))))
    [row] = table_rows(store)
    assert row.disposition is Disposition.FIXED
    assert store.mute(mutes("a")) == 0


def test_a_retired_finding_is_not_counted_as_muted(store: Store) -> None:
    store.mute(mutes("a"))
    store.apply(scan("a", finding_of("a"), finding_of("b")))
    store.apply(scan("b", finding_of("b")))
    assert store.counts(PROD).muted == 0
