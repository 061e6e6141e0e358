"""Whoever can create a resource chooses its name: every name is stored, found and returned as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Finding, Resource
from cloud_audit_tui.scan.events import ProfileFailed
from cloud_audit_tui.store.view import Sort, View
from each_row import each_row
from store.made_scans import ALL, finding_of, names, reached, ready, scan, table_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.store.store import Store

HOSTILE = [
    "'; DROP TABLE finding; --",
    'quote"d',
    "back\\slash",
    "nul\0middle",
    "\0",
    "line\nbreak\r\ttab",
    "100%_[*]?",
    "\x1b[31mred\x1b]52;c;eA==\x07",
    "\u202eright to left",
    "[/red] [bold]",
    "é́ñ漢字 😀 ſİß",
    "x" * 10_000,
    "漢" * 10_000,
    "",
    " ",
]
TEXT_FIELDS = [
    "check_id",
    "profile",
    "account_id",
    "region",
    "partition",
    "title",
    "reason",
]
RESOURCE_FIELDS = ["id", "name", "type"]


def test_any_text_in_any_field_comes_back_as_it_was(new_store: Callable[[], Store]) -> None:
    with each_row() as row:
        for hostile in HOSTILE:
            with row(ascii(hostile)[:20]):
                store = new_store()
                findings = [finding_of(f"in {field}", resource_id=field) for field in TEXT_FIELDS]
                findings = [
                    msgspec.structs.replace(finding, **{field: hostile})
                    for finding, field in zip(findings, TEXT_FIELDS, strict=True)
                ]
                for field in RESOURCE_FIELDS:
                    resource = msgspec.structs.replace(Resource(field, field, field), **{field: hostile})
                    findings.append(finding_of(title=f"resource {field}", subject=resource))
                findings.append(finding_of("evidence", evidence={hostile: [hostile, {"deep": hostile}]}))
                # A profile for each account that the findings name, so that a view can hold them all.
                doors = [*reached(), ready(hostile), ready("other", hostile)]
                doors.append(msgspec.structs.replace(ready("third"), partition=hostile))
                store.apply(scan("a", *findings, doors=doors))
                view = View(("prod", hostile, "other", "third"), statuses=ALL, sort=Sort.RESOURCE)
                back = [store.finding(row_id) for row_id in store.row_ids(view)]
                assert sorted(map(repr, back)) == sorted(map(repr, findings))
                for sort in Sort:
                    assert len(store.row_ids(msgspec.structs.replace(view, sort=sort))) == len(findings)
                store.apply(scan("b", *findings, doors=doors))
                assert len(store.row_ids(view)) == len(findings)


def test_what_was_typed_finds_it(new_store: Callable[[], Store]) -> None:
    with each_row() as row:
        for hostile in filter(str.strip, HOSTILE):
            with row(ascii(hostile)[:20]):
                store = new_store()
                findings = finding_of(hostile, resource_id="id"), finding_of("harmless", resource_id="other")
                store.apply(scan("a", *findings))
                filter_text = " ".join(hostile.split())
                assert names(store, text=filter_text) == [hostile]


def test_text_that_no_file_can_hold_is_replaced_and_two_such_names_stay_apart(store: Store) -> None:
    lone = [finding_of(f"bad{half}", evidence={f"k{half}": [half]}) for half in ("\ud800", "\udfff")]
    store.apply(scan("a", *lone, finding_of("pair \ud83d\ude00")))
    rows = table_rows(store)
    assert [row.resource_name for row in rows] == ["bad\ufffd", "bad\ufffd", "pair 😀"]
    assert len({row.key for row in rows}) == 3
    finding = store.finding(rows[0].row_id)
    assert isinstance(finding, Finding)
    assert finding.evidence == {"k\ufffd": ["\ufffd"]}
    store.apply(scan("b", *lone))
    assert len(table_rows(store)) == 2


def test_such_text_in_what_is_known_of_a_profile_is_replaced(store: Store) -> None:
    bad = "p\ud800"
    store.apply(scan(bad, finding_of("one", profile=bad), doors=reached(bad)))
    assert names(store, bad) == ["one"]
    info = store.profiles([bad])[bad]
    assert (info.profile, info.outcome) == ("p\ufffd", "complete")
    assert store.counts([bad]).total_failed == 1
    store.apply([ProfileFailed(bad, "credentials", "No \udc80 more.", "")])
    info = store.profiles([bad])[bad]
    assert info.failure is not None
    assert info.failure.reason == "No \ufffd more."


def test_large_and_nested_evidence_comes_back(store: Store) -> None:
    evidence = {
        "list": list(range(5_000)),
        "big": 2**60,
        "float": 1.5,
        "none": None,
        "nested": {"a": {"b": [{}]}},
    }
    store.apply(scan("a", finding_of("one", evidence=evidence)))
    [row] = table_rows(store)
    finding = store.finding(row.row_id)
    assert finding is not None
    assert finding.evidence == evidence
