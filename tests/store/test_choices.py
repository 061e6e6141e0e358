"""Listing what a remediation could name is no scan: it changes nothing in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.scan.events import AnyEvent, Choice, ChoicesListed
from cloud_audit_tui.scan.jobs import ListChoicesJob
from store.made_scans import finding_of, finished, names, scan, started

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store


def test_a_list_of_choices_neither_counts_as_a_scan_nor_ages_one(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    before = store.profiles(["prod"])["prod"]
    accounts: list[AnyEvent] = [
        started("keys", checks=[], job=ListChoicesJob("prod", "eu-central-1", ["kms_key"])),
        ChoicesListed("prod", "eu-central-1", "kms_key", [Choice("arn:aws:kms:x", "alias/app")]),
        finished("keys"),
    ]
    store.apply(accounts)
    assert names(store) == ["one"]
    assert store.profiles(["prod"])["prod"] == before
