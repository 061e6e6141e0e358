"""The notifications about the end of a scan and the age of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.app.host import SeverityLevel
    from cloud_audit_tui.scan.events import ScanFinished
    from cloud_audit_tui.store.view import ProfileInfo

MAX_AGES = 3
FAILURE_SECONDS = 15
"""Seconds for which the notification of a failed scan stays."""


class Notice(NamedTuple):
    """The content of a notification; ``timeout`` is in seconds, None for the usual time."""

    title: str
    text: str
    severity: SeverityLevel = "information"
    timeout: float | None = None


def scan_notice(end: ScanFinished) -> Notice:
    """Return how a scan ended, with its numbers."""
    findings = formatting.count(end.failed, "finding")
    numbers = f"{findings}, {end.passed:,} passed, {end.not_assessed:,} not assessed"
    match end.outcome:
        case Outcome.COMPLETE if end.not_assessed and not end.failed + end.passed:
            return Notice(
                "Nothing was assessed", f"{numbers}, in {formatting.duration(end.elapsed)}.", "warning"
            )
        case Outcome.COMPLETE:
            return Notice("Scan complete", f"{numbers}, in {formatting.duration(end.elapsed)}.")
        case Outcome.CANCELLED:
            return Notice("Scan cancelled", f"Results so far are kept: {numbers}.", "warning")
        case Outcome.FAILED:
            reason = plain(end.message) or "The scanner gave no reason."
            return Notice("The scan failed", reason, "error", FAILURE_SECONDS)


def age_notice(profiles: Sequence[ProfileInfo], now: float, key_name: Callable[[str], str]) -> Notice | None:
    """Return the age of the stored results of profiles, None when none of them was scanned.

    ``key_name`` returns the user's key of an action.
    """
    ages = [
        f"{plain(info.profile)}: {age}"
        for info in profiles[:MAX_AGES]
        if (age := formatting.age(info.scanned_at, now))
    ]
    if not ages:
        return None
    return Notice("Results of the last scan", f"{'; '.join(ages)}. Press {key_name('scan')} to scan again.")
