"""What a scan of the demo shows: every service at its good and its bad, and no strange errors."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.demo.accounts import ASSUMED, DENIALS, EXPIRED
from cloud_audit_tui.model import PROFILE_ACCESS
from cloud_audit_tui.reports.builder import ReportBuilder
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats

if TYPE_CHECKING:
    from demo_scan import DemoScan

Row = dict[str, Any]

WITHOUT_PASS: dict[str, str] = {}
"""Services of which nothing passes in the demo, with the reason."""
WITHOUT_FAIL: dict[str, str] = {}
"""Services of which nothing fails in the demo, with the reason."""

GONE_CONFIGURATION = "demand-forecast-legacy"
"""The one endpoint whose configuration was deleted behind it."""

SAGEMAKER = {f"aws-sagemaker-00{number}" for number in (1, 2, 3)}


@pytest.fixture(scope="module")
def rows(demo_scan: DemoScan) -> list[Row]:
    """The findings of one scan of all profiles in their own regions, as its report has them."""
    builder = ReportBuilder()
    for event in demo_scan.events:
        builder.apply(event)
    rows: list[Row] = json.loads(formats()["json"].to_text(builder.report(), Options()))["results"]
    return rows


def service_of(check_id: str) -> str:
    """Return the middle of a check's ID: ``iam`` of ``aws-iam-001``."""
    return check_id.split("-")[1]


def services_with(rows: list[Row], status: str) -> set[str]:
    return {service_of(row["check_id"]) for row in rows if row["status"] == status}


def test_every_service_passes_and_fails_somewhere(rows: list[Row]) -> None:
    services = {service_of(check_id) for check_id in all_checks()}
    assert services - services_with(rows, "pass") == set(WITHOUT_PASS)
    assert services - services_with(rows, "fail") == set(WITHOUT_FAIL)


def test_nearly_every_check_has_something_to_say(rows: list[Row]) -> None:
    assessed = {row["check_id"] for row in rows if row["status"] != "not_assessed"}
    # Nobody stores certificates in IAM or makes code interpreters here.
    assert set(all_checks()) - assessed == {"aws-agc-001", "aws-iam-013"}


def test_what_is_not_assessed_was_seeded_so(rows: list[Row]) -> None:
    denied = {(denial.account_id, denial.region, denial.action) for denial in DENIALS}
    strange = [
        row
        for row in rows
        if row["status"] == "not_assessed"
        and row["profile"] != EXPIRED.profile
        and row["resource_name"] != GONE_CONFIGURATION
        and (row["account_id"], row["region"], row["evidence"].get("missing_permission")) not in denied
    ]
    assert [(row["check_id"], row["profile"], row["region"], row["reason"]) for row in strange] == []


def test_denials_come_from_many_services(rows: list[Row]) -> None:
    permissions = {row["evidence"].get("missing_permission", "") for row in rows}
    services = {permission.partition(":")[0] for permission in permissions - {""}}
    # Of these sagemaker speaks JSON, backup REST, iam the query protocol, and ec2 and s3 XML of their own.
    assert services >= {"sagemaker", "backup", "iam", "ec2", "s3"}


def test_the_accounts_differ_in_maturity(rows: list[Row]) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row["check_id"] not in SAGEMAKER:
            counts[row["profile"]][row["status"]] += 1
    production, staging, research = (
        counts[account.profile]["fail"] / (counts[account.profile]["fail"] + counts[account.profile]["pass"])
        for account in ASSUMED
    )
    assert production < staging < research


def test_the_sagemaker_checks_pass_fail_and_cannot_look(rows: list[Row]) -> None:
    statuses: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["check_id"] in SAGEMAKER:
            statuses[row["check_id"]].add(row["status"])
    assert statuses == {check_id: {"pass", "fail", "not_assessed"} for check_id in SAGEMAKER}


def test_the_expired_profile_is_one_row_that_says_what_to_do(rows: list[Row]) -> None:
    [own] = [row for row in rows if row["profile"] == EXPIRED.profile]
    assert (own["check_id"], own["subject"], own["status"]) == (PROFILE_ACCESS, "profile", "not_assessed")
    assert "aws sso login" in own["reason"]
