"""CSV: one line for each finding, for spreadsheets; no cell is interpreted as a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.reports.document import Entry, Report

COLUMNS = (
    "status",
    "disposition",
    "severity",
    "check_id",
    "title",
    "service",
    "category",
    "account_id",
    "account_alias",
    "region",
    "subject",
    "resource_name",
    "resource_id",
    "resource_type",
    "reason",
    "profile",
    "first_seen",
    "source",
    "compliance",
    "muted",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The characters that begin a formula in spreadsheets, with their full-width forms (OWASP, CSV injection)."""


def to_text(report: Report, options: Options) -> str:
    """Return a line of headings and one line for each finding, passes included."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(map(_cell, _row(report, entry)) for entry in report.entries)
    return file.getvalue()


def _row(report: Report, entry: Entry) -> Iterable[str]:
    finding = entry.finding
    about = about_of(finding.check_id)
    compliance = about.compliance if about else {}
    return (
        finding.status.value,
        entry.disposition.value,
        finding.severity.value,
        finding.check_id,
        finding.title,
        about.service if about else "",
        about.category.value if about else "",
        finding.account_id,
        report.alias(finding.account_id),
        finding.region,
        finding.subject_kind.value,
        finding.resource_name,
        finding.resource_id,
        finding.resource_type,
        finding.reason,
        finding.profile,
        entry.first_seen,
        finding.source,
        "; ".join(
            f"{framework} {control}" for framework, controls in compliance.items() for control in controls
        ),
        entry.acceptance,
    )


def _cell(value: str) -> str:
    """Return a value as text for a spreadsheet: a leading apostrophe prevents its evaluation."""
    value = plain(value)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


FORMAT = Format("csv", ".csv", "One line for each finding, for spreadsheets", to_text)
