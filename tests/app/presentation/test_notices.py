"""The notification at the end of a scan calls nothing complete of which nothing is known."""

from __future__ import annotations

from cloud_audit_tui.app.presentation.notices import scan_notice
from cloud_audit_tui.scan.events import Outcome, ScanFinished


def finished(*, failed: int = 0, passed: int = 0, not_assessed: int = 0) -> ScanFinished:
    return ScanFinished(
        scan_id="scan-1",
        outcome=Outcome.COMPLETE,
        finished_at="2026-03-14T12:00:00+00:00",
        failed=failed,
        passed=passed,
        not_assessed=not_assessed,
        calls=2,
        elapsed=22.0,
    )


def test_a_scan_that_could_assess_nothing_is_not_called_complete() -> None:
    notice = scan_notice(finished(not_assessed=17))
    assert notice.title == "Nothing was assessed"
    assert notice.severity == "warning"
    assert "17 not assessed" in notice.text


def test_a_scan_with_a_verdict_or_without_a_resource_is_complete() -> None:
    for end in (finished(), finished(passed=1, not_assessed=17), finished(failed=1)):
        assert scan_notice(end).title == "Scan complete"
