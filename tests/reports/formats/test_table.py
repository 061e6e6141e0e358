"""The table for a person at a terminal."""

from __future__ import annotations

import pytest

from cloud_audit_tui.reports.document import Report, ScanInfo
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.table import to_text
from reports.made_report import whole_report


def test_open_failures_and_what_was_not_assessed_are_listed_and_all_else_counted() -> None:
    text = to_text(whole_report(), Options())
    assert "CRITICAL      aws-sagemaker-001  lab  eu-central-1 111122223333 prod" in text
    assert "not assessed  profile-access  expired  - - expired" in text
    assert "accepted" not in text
    assert "repaired" not in text
    assert text.endswith(
        "4 failed (3 critical, 1 low) · 1 passed · 3 not assessed · 1 fixed · 1 muted · "
        "12 AWS calls in 5.2 s\n"
    )
    assert "update-notebook-instance" not in text


@pytest.mark.parametrize(
    ("calls", "elapsed", "words"),
    [(1, 2.5, "1 AWS call in 2.5 s"), (3, 0, "3 AWS calls"), (0, 28.1, "28.1 s")],
)
def test_only_what_the_report_knows_of_its_scan_is_said(calls: int, elapsed: float, words: str) -> None:
    report = Report(scan=ScanInfo(calls=calls, elapsed=elapsed))
    assert to_text(report, Options()) == f"0 failed · 0 passed · 0 not assessed · {words}\n"


def test_the_fixes_are_printed_on_request() -> None:
    text = to_text(whole_report(), Options(remediation=True))
    assert "\naws sagemaker update-notebook-instance" in text.replace("    ", "")


def test_color_and_width_are_the_callers() -> None:
    text = to_text(whole_report(), Options(color=True, width=40))
    assert "\x1b[91m" in text
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    assert max(map(len, lines)) <= 40


def test_an_empty_report_is_one_line() -> None:
    assert to_text(Report(), Options()) == "0 failed · 0 passed · 0 not assessed\n"
