"""The lines of the header and the profile errors, made from the session; no widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.scan.events import Outcome, Progress
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.scanning.running_scans import ScanState
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.store.view import Counts, ProfileInfo

BAR_WIDTH = 24
WIDE = 100
"""Cells from which the whole progress bar is drawn; below, a third of it."""
MAX_SECONDS_SINCE_PROGRESS = 600.0


@dataclass(frozen=True)
class Identity:
    """Whose accounts are shown: the first line of the header."""

    profiles: tuple[str, ...] = ()
    account: str = ""
    caller: str = ""
    regions: str = ""
    opened: str = ""
    """The name of a report's file that is shown in place of scans."""


class ProfileError(NamedTuple):
    """A profile that cannot be scanned."""

    profile: str
    reason: str
    action: str


def identity(session: Session) -> Identity:
    """Return whose accounts are shown."""
    infos = session.profiles.of_all(session.view.profiles)
    if session.opened is not None:
        accounts = accounts_text([(info.account_id, info.alias) for info in infos])
        return Identity(account=accounts, opened=plain(session.opened.name))
    callers = [info.caller_arn for info in infos if info.caller_arn]
    return Identity(
        profiles=session.view.profiles,
        account=accounts_text([(info.account_id, info.alias) for info in infos]),
        caller=formatting.caller(callers[0]) if len(infos) == len(callers) == 1 else "",
        regions=next_regions(session),
    )


def accounts_text(accounts: Sequence[tuple[str, str]]) -> str:
    """Return accounts (id, alias) as text: one with its alias, or the first and how many more."""
    identified = list(dict.fromkeys((plain(number), plain(alias)) for number, alias in accounts if number))
    if len(identified) == 1 and identified[0][1]:
        return f"{identified[0][0]} {identified[0][1]}"
    return formatting.some([number for number, _ in identified], 1)


def next_regions(session: Session) -> str:
    """Return the regions of the next scan: the chosen ones, or those that the profiles are configured for."""
    if session.view.regions:
        return formatting.regions(session.view.regions)
    if not session.view.profiles:
        return ""
    own = [session.profiles.configured_region(name) for name in session.view.profiles]
    return formatting.some(list(dict.fromkeys(filter(None, own)))) or "the profile's own region"


def profile_errors(session: Session) -> tuple[ProfileError, ...]:
    """Return which of the chosen profiles cannot be scanned."""
    failures = [(name, session.profiles.of(name).failure) for name in session.view.profiles]
    return tuple(ProfileError(name, failure.reason, failure.action) for name, failure in failures if failure)


def status_line(session: Session, counts: Counts | None, since_progress: float, width: int) -> Content:
    """Return the second line: the progress of the scan, or the age of the last results.

    ``since_progress`` are the seconds since the scanner's last report, ``width`` the cells of the line.
    """
    if session.opened is not None:
        return Content.assemble(
            (session.opened.kind[:1].upper() + session.opened.kind[1:], "bold"),
            (", read-only: nothing is scanned or verified", "$foreground 70%"),
        )
    state = session.scans.state
    verifying = verification_progress(list(session.scans.verifying.values()))
    if state is not None:
        elapsed = state.elapsed + max(0.0, min(since_progress, MAX_SECONDS_SINCE_PROGRESS))
        line = scan_progress(state, elapsed, width)
        return Content.assemble(line, " · ", verifying) if verifying.plain else line
    if verifying.plain:
        return verifying + Content.styled("  esc stops", "$foreground 45%")
    return _last_results(session, counts, width)


def _last_results(session: Session, counts: Counts | None, width: int) -> Content:
    infos = session.profiles.of_all(session.view.profiles)
    scanned = [info for info in infos if info.scanned_at]
    if not infos:
        return Content("")
    failed = sum(info.failure is not None for info in infos)
    if not scanned and failed == len(infos):
        return Content.styled("Not scanned: no chosen profile can be used", "$text-error")
    if not scanned:
        return Content.styled("Not scanned yet", "$foreground 70%")
    oldest = min(scanned, key=lambda info: info.scanned_at)
    parts = [
        ("Tried " if failed == len(infos) else "Scanned ", "$foreground 70%"),
        (formatting.age(oldest.scanned_at, session.clock()), "bold"),
    ]
    regions = list(dict.fromkeys(region for info in scanned for region in info.regions))
    if regions:
        parts.append((f" in {formatting.some(regions)}", "$foreground 70%"))
    if failed:
        parts.append((" · failed" if failed == len(infos) else f" · {failed} failed", "$text-error"))
    if any(_is_incomplete(info) for info in scanned):
        parts.append((" · incomplete", "$warning"))
    unscanned = sum(not info.scanned_at and info.failure is None for info in infos)
    if unscanned:
        parts.append((f" · {unscanned} not scanned yet", "$foreground 70%"))
    if counts is not None:
        parts.append((f" · {formatting.count(counts.total_failed, 'finding')}", "$foreground 70%"))
    line = Content.assemble(*parts)
    hint = Content.styled("  r scans again", "$foreground 45%")
    return line + hint if line.cell_length + hint.cell_length <= width else line


def _is_incomplete(info: ProfileInfo) -> bool:
    """Return whether a scan ended early for a profile; an unusable profile is counted separately."""
    if info.failure is not None:
        return info.outcome == Outcome.CANCELLED
    return bool(info.outcome != Outcome.COMPLETE)


def verification_progress(findings: Sequence[Finding]) -> Content:
    """Return which findings are being verified; empty for none."""
    if not findings:
        return Content("")
    [name, *others] = [plain(finding.resource_name or finding.resource_id) for finding in findings]
    what = formatting.count(len(findings), "finding") if others or not name else name
    return Content.assemble(("Verifying ", "bold $primary"), what)


def scan_progress(state: ScanState, elapsed: float, width: int) -> Content:
    """Return the progress of a scan: a bar, units done, calls, seconds elapsed, and calls throttled."""
    progress = state.events.progress or Progress(0, 0, 0, 0.0)
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    bar_width = BAR_WIDTH if width >= WIDE else BAR_WIDTH // 3
    filled = round(share * bar_width)
    label = "Stopping" if state.stopping else "Scanning"
    facts = [f"{progress.done:,}/{progress.total:,}"] if progress.total else ["starting"]
    facts += [formatting.count(progress.calls, "call"), formatting.duration(elapsed)]
    line = Content.assemble(
        ("━" * filled, "$primary"),
        ("━" * (bar_width - filled), "$foreground 18%"),
        (f" {share:4.0%} ", "bold $primary"),
        f" {label} {formatting.some(state.job.profiles, 1)}",
        ("  " + " · ".join(facts), "$foreground 70%"),
    )
    if state.events.times_throttled:
        line += Content.styled(f" · throttled {state.events.times_throttled:,}×", "$warning")
    hint = Content.styled("  esc stops", "$foreground 45%")
    fits = line.cell_length + hint.cell_length <= width
    return line + hint if fits and not state.stopping else line
