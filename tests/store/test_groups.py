"""Groups count what the view lists, and the rows of an open group are those of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.filters.sql import Condition
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.folding import Folding, Grouping
from cloud_audit_tui.store.view import Sort, View
from each_row import each_row
from store.made_scans import finding_of, reached, scan

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store

EVERYTHING = (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)
OPEN = Folding(open=True)


@pytest.fixture
def filled(store: Store) -> Store:
    findings = [
        finding_of("one", check_id="aws-a-001", severity=Severity.HIGH, region="eu-west-1"),
        finding_of("two", check_id="aws-a-001", severity=Severity.HIGH),
        finding_of("two", check_id="aws-b-001", severity=Severity.CRITICAL),
        finding_of("three", check_id="aws-c-001", severity=Severity.HIGH),
        finding_of("four", check_id="aws-c-001", severity=Severity.LOW, status=Status.PASS),
        finding_of("five", check_id="aws-d-001", status=Status.NOT_ASSESSED),
    ]
    store.apply(scan("a", *findings, outcome=None, doors=reached()))
    return store


def view(*statuses: Status, sort: Sort = Sort.SEVERITY) -> View:
    return View(("prod",), statuses or EVERYTHING, sort)


def test_the_worst_group_comes_first_then_the_largest(filled: Store) -> None:
    groups = filled.groups(view(), Grouping.CHECK)
    assert [group.key for group in groups] == ["aws-b-001", "aws-a-001", "aws-c-001", "aws-d-001"]
    counts = {group.key: (group.failed, group.not_assessed, group.passed, group.rows) for group in groups}
    assert counts["aws-a-001"] == ((0, 2, 0, 0), 0, 0, 2)
    assert counts["aws-c-001"] == ((0, 1, 0, 0), 0, 1, 2)
    assert counts["aws-d-001"] == ((0, 0, 0, 0), 1, 0, 1)


def test_each_grouping_holds_every_row_of_the_view_once(filled: Store) -> None:
    with each_row() as one_row:
        for grouping in Grouping:
            with one_row(grouping):
                for statuses in (EVERYTHING, (Status.FAIL,)):
                    for sort in Sort:
                        each = view(*statuses, sort=sort)
                        groups = filled.groups(each, grouping)
                        rows = filled.rows_of_groups(each, grouping, OPEN)
                        ids = list(filled.row_ids(each))
                        assert sorted(row for group in rows.values() for row in group) == sorted(ids), sort
                        assert {group.key: group.rows for group in groups} == {
                            key: len(of) for key, of in rows.items()
                        }
                        for of in rows.values():
                            assert list(of) == [row for row in ids if row in set(of)], sort


def test_a_resource_of_several_names_is_called_by_its_id(store: Store) -> None:
    arn = "arn:aws:s3:::one"
    findings = [
        finding_of("one", check_id="aws-a-001", resource_id=arn),
        finding_of("other", check_id="aws-b-001", resource_id=arn),
        finding_of("", check_id="aws-c-001", resource_id="arn:aws:s3:::nameless"),
        finding_of("here", check_id="aws-d-001", resource_id="", region="eu-west-1"),
    ]
    store.apply(scan("a", *findings, outcome=None, doors=reached()))
    groups = store.groups(view(), Grouping.RESOURCE)
    assert {(group.label, group.rows) for group in groups} == {
        (arn, 2),
        ("arn:aws:s3:::nameless", 1),
        ("here", 1),
    }


def test_only_open_groups_are_read(filled: Store) -> None:
    every = filled.rows_of_groups(view(), Grouping.CHECK, OPEN)
    assert filled.rows_of_groups(view(), Grouping.CHECK, Folding()) == {}
    one = Folding().toggled("aws-a-001")
    assert filled.rows_of_groups(view(), Grouping.CHECK, one) == {"aws-a-001": every["aws-a-001"]}
    assert set(filled.rows_of_groups(view(), Grouping.CHECK, OPEN.toggled("aws-a-001"))) == set(every) - {
        "aws-a-001"
    }


def test_a_filter_narrows_the_groups_and_their_counts(filled: Store) -> None:
    condition = Condition("(finding.region = ?)", ["eu-west-1"])
    (group,) = filled.groups(view(), Grouping.CHECK, condition)
    assert (group.key, group.rows) == ("aws-a-001", 1)
    assert len(filled.rows_of_groups(view(), Grouping.CHECK, OPEN, condition)["aws-a-001"]) == 1


def test_the_longest_check_id_is_known_without_reading_the_rows(filled: Store) -> None:
    assert filled.longest_check() == len("aws-a-001")
