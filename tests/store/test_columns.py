"""What a filter can compare, and that its conditions find the right rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.model import Severity, Status
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
    from cloud_audit_tui.store.store import Store

PROFILES = ("prod", "admin", "dev", "broken")
EVERY = ["broken", "bucket", "one", "two", "us-east-1"]


@dataclass
class Condition:
    sql: str
    parameters: list[str | int | float] = field(default_factory=list)


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


def matching(store: Store, sql: str, *parameters: str) -> list[str]:
    view = View(PROFILES, ALL, Sort.RESOURCE)
    return [row.resource_name for row in store.rows(store.row_ids(view, Condition(sql, [*parameters])))]


EQUAL = {
    "status": ("pass", ["two"]),
    "severity": ("critical", ["broken", "one"]),
    "disposition": ("open", EVERY),
    "check": ("aws-s3-001", ["bucket"]),
    "service": ("s3", ["bucket"]),
    "category": ("security", ["bucket", "one", "two", "us-east-1"]),
    "scope": ("global", ["bucket"]),
    "region": ("eu-west-1", ["two"]),
    "account": (DEV, ["two"]),
    "alias": ("222-alias", ["two"]),
    "profile": ("admin", ["bucket", "one", "us-east-1"]),
    "resource": ("one", ["one"]),
    "resource_id": ("arn:aws:iam::111111111111:root", ["us-east-1"]),
    "type": ("AWS::SageMaker::Endpoint", ["bucket", "one", "two", "us-east-1"]),
    "subject": ("region", ["us-east-1"]),
    "title": ("A bucket is open", ["bucket"]),
    "reason": ("Because.", ["one"]),
    "source": ("scan", EVERY),
    "first_seen": (started("a").started_at, EVERY),
}


def test_each_column_finds_its_rows_and_not_the_others(filled: Store) -> None:
    compliance = explanation("aws-s3-001").about.compliance
    framework, [control, *_] = next(iter(compliance.items()))
    wrong = {}
    for name, (value, expected) in {
        **EQUAL,
        "framework": (framework, None),
        "control": (control, None),
    }.items():
        term = COLUMNS[name].term(f"{COLUMNS[name].sql} = ?")
        result = matching(filled, term, value)
        if result != expected and (expected is not None or "bucket" not in result):
            wrong[name] = result
        if sorted([*result, *matching(filled, f"NOT {term}", value)]) != EVERY:
            wrong[f"NOT {name}"] = result
        if matching(filled, term, "nothing of the kind"):
            wrong[f"{name} = nothing"] = result
    assert wrong == {}
    assert set(EQUAL) | {"framework", "control", "compliance", "text", "new"} == set(COLUMNS)


def test_the_profile_that_cannot_be_used_is_found_by_its_name(filled: Store) -> None:
    column = COLUMNS["profile"]
    assert matching(filled, column.term(f"{column.sql} = ?"), "broken") == ["broken"]


def test_a_framework_and_a_control_can_share_one_term(filled: Store) -> None:
    framework, control = COLUMNS["framework"], COLUMNS["control"]
    [(name, [first, *_]), *_] = explanation("aws-s3-001").about.compliance.items()
    assert framework.within == control.within
    both = framework.term(f"{framework.sql} = ? AND {control.sql} = ?")
    assert "bucket" in matching(filled, both, name, first)
    assert matching(filled, both, name, "no control") == []


def test_a_control_of_a_framework_is_one_text(filled: Store) -> None:
    column = COLUMNS["compliance"]
    [(name, [first, *_]), *_] = explanation("aws-s3-001").about.compliance.items()
    assert "bucket" in matching(filled, column.term(f"{column.sql} = ?"), f"{name} {first}")


def test_the_text_is_that_of_a_search(filled: Store) -> None:
    column = COLUMNS["text"]
    assert matching(filled, column.term(f"{column.sql} LIKE ?"), "%bucket is open%") == ["bucket"]
    assert matching(filled, f"NOT {column.term(f'{column.sql} LIKE ?')}", "%e%") == []


def test_new_is_what_the_last_scan_of_the_account_saw_first(filled: Store) -> None:
    column = COLUMNS["new"]
    assert matching(filled, column.term(column.sql)) == ["bucket", "one", "two", "us-east-1"]
    filled.apply(scan("b", finding_of("one", severity=Severity.CRITICAL), finding_of("three")))
    assert matching(filled, column.term(column.sql)) == ["three", "two"]
    assert "one" in matching(filled, f"NOT {column.term(column.sql)}")
    filled.apply(scan("c", finding_of("one"), finding_of("three")))
    assert matching(filled, column.term(column.sql)) == ["two"]


def test_the_values_of_an_enumeration_are_those_that_rows_have(filled: Store) -> None:
    for name in ("status", "severity", "disposition", "subject"):
        column = COLUMNS[name]
        placeholders = ", ".join("?" * len(column.values))
        assert matching(filled, column.term(f"{column.sql} IN ({placeholders})"), *column.values) == EVERY


def test_the_text_of_a_condition_is_made_storable(filled: Store) -> None:
    column = COLUMNS["title"]
    assert matching(filled, column.term(f"{column.sql} = ?"), "half \ud800") == []


def test_a_new_scan_refreshes_the_facts_of_the_checks(filled: Store) -> None:
    filled._writer.execute("UPDATE check_info SET service = 'old'")
    filled._writer.execute("DELETE FROM check_compliance")
    column, framework = COLUMNS["service"], COLUMNS["framework"]
    assert matching(filled, column.term(f"{column.sql} = ?"), "s3") == []
    filled.apply([started("b", checks=["aws-s3-001", "aws-of-another-version"])])
    assert matching(filled, column.term(f"{column.sql} = ?"), "s3") == ["bucket"]
    assert "bucket" in matching(filled, framework.term(f"{framework.sql} LIKE '%'"))
