"""Listing what could be chosen from is no scan: it leaves no trace in what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from made_scans import finished, made, names, scan, started

from cloud_audit_tui.scan.events import AnyEvent, Candidates, Choice

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store


def test_a_list_of_candidates_neither_counts_as_a_scan_nor_ages_one(store: Store) -> None:
    store.apply(scan("a", made("one")))
    before = store.targets(["prod"])["prod"]
    listed: list[AnyEvent] = [
        started("keys", checks=[]),
        Candidates("prod", "eu-central-1", "kms_key", [Choice("arn:aws:kms:x", "alias/app")]),
        finished("keys"),
    ]
    store.apply(listed)
    assert names(store) == ["one"]
    assert store.targets(["prod"])["prod"] == before
