"""CSV for spreadsheets: every finding a line, and no cell a formula."""

from __future__ import annotations

import csv
import io

from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.csv import to_text
from each_row import each_row
from reports.made_report import finding_of, whole_report


def lines(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_text(report, Options()))))


def test_every_finding_is_one_line_with_its_state() -> None:
    report = whole_report()
    rows = lines(report)
    assert len(rows) == len(report.entries)
    states = {row["resource_name"]: (row["status"], row["disposition"]) for row in rows}
    assert states["accepted"] == ("fail", "muted")
    assert states["repaired"] == ("pass", "fixed")
    assert states["unread"] == ("not_assessed", "open")
    (lab,) = [row for row in rows if row["resource_name"] == "lab"]
    assert (lab["account_alias"], lab["service"]) == ("acme", "sagemaker")
    assert "aws_fsbp SageMaker.3" in lab["compliance"].split("; ")


def test_no_cell_begins_a_formula() -> None:
    starts = ("=", "+", "-", "@", "＝", "\t", "\r")
    with each_row() as one_row:
        for name in ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\r=1", "＝1", "\u200b=1", "\x00=1"):
            with one_row(name):
                (row,) = lines(Report(entries=(Entry(finding_of(name, reason=name)),)))
                assert [row[column][0] for column in ("resource_name", "reason")] != ["=", "="]
                cells = [row[column].lstrip(" ") for column in ("resource_name", "reason")]
                assert [cell for cell in cells if cell.startswith(starts)] == []


def test_an_empty_report_is_the_headings() -> None:
    assert to_text(Report(), Options()).splitlines()[1:] == []
