"""The text that replaces a table without rows: the reason, and the key to press next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.status_line import next_regions, profile_errors
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.opened_file import OpenedFile
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.store.view import Counts


MOST_REASONS = 4
"""The reasons that fit where no profile can be scanned."""


class EmptyTable(Static):
    """A few centered lines."""


def _lines(title: str, *rest: str, style: str = "bold") -> Content:
    first = Content.styled(title, style)
    return Content("\n\n").join([first, *(Content.styled(line, "$foreground 70%") for line in rest if line)])


def empty_text(session: Session, counts: Counts, matches: Counts) -> Content:
    """Return why the view has no rows and what to do about it.

    ``counts`` are those of its profiles, ``matches`` those of its filter.
    """
    profiles = session.view.profiles
    errors = profile_errors(session)
    key = session.key_name
    if session.opened is None and not profiles:
        return _without_profile(session)
    if session.view.filter:
        return _without_match(session, matches)
    if session.opened is not None:
        return _opened_text(session, session.opened, counts)
    if session.jobs.scans_any_of(profiles):
        return _lines("Scanning…", "Findings appear here as they arrive.")
    if {error.profile for error in errors}.issuperset(profiles):
        reasons = [f"{error.profile}: {error.reason} {error.action}".strip() for error in errors]
        which = "The chosen profile cannot" if len(profiles) == 1 else "None of the chosen profiles can"
        rest = len(reasons) - MOST_REASONS
        more = f"and {rest} more: press {key('toggle_unassessed')} to see them all" if rest > 0 else ""
        return _lines(
            f"{which} be scanned", *map(plain, reasons[:MOST_REASONS]), more, style="bold $text-error"
        )
    if reason := session.jobs.failure_of(profiles):
        return _lines(
            "The scan failed", plain(reason), f"Press {key('scan')} to scan again.", style="bold $text-error"
        )
    if not any(info.scanned_at for info in session.profiles.of_all(profiles)):
        where = f"{formatting.some(profiles)} in {next_regions(session)}"
        return _lines(
            "No scan yet", f"Press {key('scan')} to scan {where}, or {key('pick_regions')} for other regions."
        )
    if counts.not_assessed or counts.passed:
        return _without_failure(session, counts, f", {key('scan')} to scan again")
    return _lines(
        "Nothing to assess",
        "There was no resource to assess. "
        f"Press {key('pick_regions')} for other regions, {key('scan')} to scan again.",
    )


def _without_match(session: Session, matches: Counts) -> Content:
    """Return that nothing matches the filter, or what does and is hidden."""
    key = session.key_name
    clear = f"Press {key('cancel')} to clear it."
    hidden = [
        f"{number:,} {words} ({key(action)})"
        for number, words, action in (
            (matches.not_assessed, "not assessed", "toggle_unassessed"),
            (matches.passed, "passed", "toggle_passes"),
            (matches.muted, "muted", "toggle_muted"),
        )
        if number
    ]
    if not hidden:
        return _lines("Nothing matches the filter", clear)
    return _lines("No failure matches the filter", f"What matches is hidden: {', '.join(hidden)}.", clear)


def _without_profile(session: Session) -> Content:
    key = session.key_name("pick_profiles")
    if session.profiles.configured:
        return _lines("No profile is chosen", f"Press {key} to choose one.")
    return _lines(
        "No AWS credentials on this machine", f"Press {key} to see how to configure some, and the demo."
    )


def _opened_text(session: Session, opened: OpenedFile, counts: Counts) -> Content:
    """Return why a report that is open has no rows to show."""
    if opened.narrowing_words:
        return _lines("No failure is in the report", f"It has {opened.narrowing_words}.")
    if counts.not_assessed or counts.passed:
        return _without_failure(session, counts)
    return _lines("No result is in the report", "It does not say what was assessed.")


def _without_failure(session: Session, counts: Counts, again: str = "") -> Content:
    """Return what there is in place of a failure; ``again`` ends the sentence about what passed."""
    key = session.key_name
    if not counts.not_assessed:
        return _lines(
            f"✓ No failures: {counts.passed:,} passed",
            f"Press {key('toggle_passes')} to see what passed{again}.",
            style="bold $severity-pass",
        )
    number = formatting.count(counts.not_assessed, "result")
    passed = f", {counts.passed:,} passed" if counts.passed else ""
    return _lines(
        f"No failure, but {number} could not be assessed{passed}",
        f"Press {key('toggle_unassessed')} to see what was not assessed, and why; "
        f"{key('toggle_passes')} to see what passed.",
        style="bold $severity-unknown",
    )
