"""What a filter can compare, and that its conditions find the right rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.filters.expression import Flag, Like, Not, OneOf, Pattern, Text
from cloud_audit_tui.filters.fields import Field
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.view import Sort, View
from store.made_scans import (
    ALL,
    DEV,
    failed,
    finding_of,
    listing,
    reached,
    ready,
    scan,
    started,
)

if TYPE_CHECKING:
    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.store.store import Store

PROFILES = ("prod", "admin", "dev", "broken")
EVERY = ["broken", "bucket", "one", "two", "us-east-1"]


@pytest.fixture
def filled(store: Store) -> Store:
    doors = [*reached(), ready("admin"), *reached("dev", account_id=DEV), *failed("broken")]
    findings = [
        finding_of("one", severity=Severity.CRITICAL, reason="Because."),
        finding_of("two", status=Status.PASS, profile="dev", account_id=DEV, region="eu-west-1"),
        finding_of("bucket", check_id="aws-s3-001", title="A bucket is open"),
        listing("us-east-1"),
    ]
    store.apply(scan("a", *findings, doors=doors, checks=["aws-sagemaker-003", "aws-s3-001"]))
    return store


def matching(store: Store, expression: Expression) -> list[str]:
    view = View(PROFILES, ALL, Sort.RESOURCE)
    where = condition(expression, COLUMNS, datetime.now(UTC))
    return [row.resource_name for row in store.rows(store.row_ids(view, where))]


def equal(field: Field, value: str) -> OneOf:
    return OneOf(field, (value,))


def within(field: Field, text: str) -> Like:
    return Like((field,), Pattern(("", text, "")))


EQUAL = {
    Field.STATUS: ("pass", ["two"]),
    Field.SEVERITY: ("critical", ["broken", "one"]),
    Field.DISPOSITION: ("open", EVERY),
    Field.CHECK: ("aws-s3-001", ["bucket"]),
    Field.SERVICE: ("s3", ["bucket"]),
    Field.CATEGORY: ("security", ["bucket", "one", "two", "us-east-1"]),
    Field.REGION: ("eu-west-1", ["two"]),
    Field.ACCOUNT: (DEV, ["two"]),
    Field.ALIAS: ("222-alias", ["two"]),
    Field.PROFILE: ("admin", ["bucket", "one", "us-east-1"]),
    Field.RESOURCE: ("one", ["one"]),
    Field.RESOURCE_ID: ("arn:aws:iam::111111111111:root", ["us-east-1"]),
    Field.TYPE: ("AWS::SageMaker::Endpoint", ["bucket", "one", "two", "us-east-1"]),
    Field.TITLE: ("A bucket is open", ["bucket"]),
    Field.REASON: ("Because.", ["one"]),
    Field.SOURCE: ("scan", EVERY),
    Field.FIRST_SEEN: (started("a").started_at, EVERY),
}


def test_each_column_finds_its_rows_and_not_the_others(filled: Store) -> None:
    wrong = {}
    for field, (value, expected) in EQUAL.items():
        result = matching(filled, equal(field, value))
        if result != expected:
            wrong[field.value] = result
        if sorted([*result, *matching(filled, Not(equal(field, value)))]) != EVERY:
            wrong[f"NOT {field.value}"] = result
        if matching(filled, equal(field, "nothing of the kind")):
            wrong[f"{field.value} = nothing"] = result
    assert wrong == {}
    assert {*EQUAL, Field.COMPLIANCE, Field.TEXT, Field.NEW} == set(Field) == set(COLUMNS)


def test_the_profile_that_cannot_be_used_is_found_by_its_name(filled: Store) -> None:
    assert matching(filled, equal(Field.PROFILE, "broken")) == ["broken"]


def test_a_control_of_a_framework_is_one_text(filled: Store) -> None:
    [(name, [first, *_]), *_] = explanation("aws-s3-001").about.compliance.items()
    control = equal(Field.COMPLIANCE, f"{name} {first}")
    result = matching(filled, control)
    assert "bucket" in result
    assert sorted([*result, *matching(filled, Not(control))]) == EVERY
    assert matching(filled, equal(Field.COMPLIANCE, f"{name} no control")) == []


def test_the_text_is_that_of_a_search(filled: Store) -> None:
    assert matching(filled, Text("bucket is open")) == ["bucket"]
    assert matching(filled, Not(Text("e"))) == []


def test_new_is_what_the_last_scan_of_the_account_saw_first(filled: Store) -> None:
    new = Flag(Field.NEW)
    assert matching(filled, new) == ["bucket", "one", "two", "us-east-1"]
    filled.apply(scan("b", finding_of("one", severity=Severity.CRITICAL), finding_of("three")))
    assert matching(filled, new) == ["three", "two"]
    assert "one" in matching(filled, Not(new))
    filled.apply(scan("c", finding_of("one"), finding_of("three")))
    assert matching(filled, new) == ["two"]


def test_the_values_of_an_enumeration_are_those_that_rows_have(filled: Store) -> None:
    for field, values in {
        Field.STATUS: Status,
        Field.SEVERITY: Severity,
        Field.DISPOSITION: Disposition,
    }.items():
        assert matching(filled, OneOf(field, tuple(values))) == EVERY


def test_the_text_of_a_condition_is_made_storable(filled: Store) -> None:
    assert matching(filled, equal(Field.TITLE, "half \ud800")) == []


def test_a_new_scan_refreshes_the_facts_of_the_checks(filled: Store) -> None:
    filled._writer.execute("UPDATE check_info SET service = 'old'")
    filled._writer.execute("DELETE FROM check_compliance")
    assert matching(filled, equal(Field.SERVICE, "s3")) == []
    filled.apply([started("b", checks=["aws-s3-001", "aws-of-another-version"])])
    assert matching(filled, equal(Field.SERVICE, "s3")) == ["bucket"]
    assert "bucket" in matching(filled, within(Field.COMPLIANCE, " "))
