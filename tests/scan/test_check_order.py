"""The checks that end last begin first, by what the checks declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks, select
from cloud_audit_tui.scan import check_order

if TYPE_CHECKING:
    import pytest


def order_of(*check_ids: str) -> tuple[list[str], list[str]]:
    short, long = check_order.short_and_long(select(check_ids))
    return [check.id for check in long], [check.id for check in short]


def test_checks_of_many_calls_begin_before_those_of_few_and_before_regional_ones() -> None:
    ids = ("aws-account-001", "aws-ct-001", "aws-iam-001", "aws-s3-003", "aws-ecs-001", "aws-dp-001")
    assert order_of(*ids) == (
        ["aws-iam-001", "aws-s3-003", "aws-dp-001"],
        ["aws-account-001", "aws-ct-001", "aws-ecs-001"],
    )


def test_a_service_whose_global_checks_declare_many_reads_needs_no_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = tuple(f"account:Read{number}" for number in range(check_order.MANY_READS))
    checks = all_checks() | {"aws-account-001": replace(all_checks()["aws-account-001"], reads=reads)}
    monkeypatch.setattr(check_order, "all_checks", lambda: checks)
    assert order_of("aws-ct-001", "aws-account-001") == (["aws-account-001"], ["aws-ct-001"])


def test_the_reads_of_checks_that_are_not_in_the_unit_count() -> None:
    assert order_of("aws-account-001", "aws-s3-003") == (["aws-s3-003"], ["aws-account-001"])
