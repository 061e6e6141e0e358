"""Reports of ours and of others as the store of the app holds them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.explanation import sources
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Disposition, Finding, Severity, Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from cloud_audit_tui.reports.formats.json import to_text
from cloud_audit_tui.reports.opened_report import UNKNOWN_ACCOUNT, opened_report, twin_of, twins
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Row, View
from reports.made_report import ACCOUNT, NOW, finding_of, prowler_event, whole_report
from reports.read_report import read_report

if TYPE_CHECKING:
    from pathlib import Path


def table_rows(report: Report, path: Path, text: str = "") -> list[tuple[Row, Finding]]:
    """Return what the app shows of a report."""
    content = opened_report(report)
    with Store.open(path / "report.db") as store:
        store.apply(content.events)
        store.amend(content.amendments)
        where = condition(parse(text), COLUMNS, NOW)
        rows = store.rows(store.row_ids(View(content.profiles, tuple(Status), muted=True), where))
        return [(row, finding) for row in rows if (finding := store.finding(row.row_id)) is not None]


def test_ours_comes_whole_with_what_was_done_and_since_when_it_stands(tmp_path: Path) -> None:
    report = read_report(to_text(whole_report(), Options()).encode())
    rows = table_rows(report, tmp_path)
    assert len(rows) == len(report.entries)
    by_name = {row.resource_name: row for row, _ in rows}
    assert by_name["accepted"].disposition is Disposition.MUTED
    assert by_name["repaired"].disposition is Disposition.FIXED
    assert by_name["repaired"].verified_at
    assert by_name["lab"].first_seen_at == "2026-11-01T00:00:00+00:00"
    assert by_name["lab"].account_alias == "acme"
    assert "expired" in by_name, "a profile that could not be used"


def test_a_fix_of_our_own_report_is_that_of_the_scan(tmp_path: Path) -> None:
    report = read_report(to_text(Report(entries=(Entry(finding_of()),)), Options()).encode())
    [(_, finding)] = table_rows(report, tmp_path)
    assert render(finding, {}).cli == render(finding_of(), {}).cli != ""


def test_cloud_audits_report_has_our_fix_where_the_facts_are_enough(tmp_path: Path) -> None:
    document = {
        "provider": "aws",
        "account_id": ACCOUNT,
        "results": [
            {
                "check_id": "aws-s3-001",
                "findings": [
                    {
                        "title": "Public",
                        "severity": "high",
                        "resource_id": "arn:aws:s3:::open",
                        "description": "One.",
                    },
                    {
                        "title": "Public",
                        "severity": "low",
                        "resource_id": "arn:aws:s3:::open",
                        "description": "Two.",
                    },
                ],
                "coverage_gaps": ["Denied."],
            },
            {
                "check_id": "aws-unknown-9",
                "findings": [{"title": "Odd", "severity": "low", "resource_id": "i-1"}],
            },
        ],
    }
    rows = {
        row.resource_name: (row, finding)
        for row, finding in table_rows(read_report(json.dumps(document).encode()), tmp_path)
    }
    row, finding = rows["open"]
    assert (row.severity, finding.reason) == (Severity.HIGH, "One. Two."), "nothing of either is lost"
    assert "--bucket=open" in render(finding, {}).cli
    assert render(rows["i-1"][1], {}).cli == ""
    assert rows[ACCOUNT][0].status is Status.NOT_ASSESSED


def test_prowlers_checks_become_ours_where_they_look_for_the_same(tmp_path: Path) -> None:
    report = read_report(json.dumps([prowler_event(), prowler_event(status_code="PASS")]).encode())
    [(row, finding)] = table_rows(report, tmp_path, "service:iam source:prowler")
    assert (row.check_id, row.status) == ("aws-iam-002", Status.FAIL)
    assert finding.evidence == {"user_name": "a", "prowler_check": "iam_user_mfa_enabled_console_access"}
    assert "--user-name=a" in render(finding, {}).cli
    assert finding.reason == "User a has a password and no MFA."


def test_every_twin_is_a_check_of_ours() -> None:
    assert [check_id for check_id in twins().values() if check_id not in sources()] == []
    assert twin_of("aws-s3-001") == "aws-s3-001"
    assert twin_of("something_else") == ""


def test_findings_of_no_account_are_shown_as_well(tmp_path: Path) -> None:
    report = Report(entries=(Entry(finding_of("lost", account_id="", source="other")),))
    assert opened_report(report).profiles == (UNKNOWN_ACCOUNT,)
    assert [row.resource_name for row, _ in table_rows(report, tmp_path)] == ["lost"]


def test_what_is_exported_from_an_opened_report_is_the_report(tmp_path: Path) -> None:
    from cloud_audit_tui.reports.stored_report import stored_report

    report = read_report(to_text(whole_report(), Options()).encode())
    content = opened_report(report)
    with Store.open(tmp_path / "report.db") as store:
        store.apply(content.events)
        store.amend(content.amendments)
        again = stored_report(store, content.profiles, now=NOW)
    assert again.summary == report.summary
    for name in ("csv", "ocsf"):
        assert formats()[name].to_text(again, Options()).count(ACCOUNT) == formats()[name].to_text(
            report, Options()
        ).count(ACCOUNT)
