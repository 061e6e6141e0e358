"""The texts of the header and the profile errors, made from the session; no widgets here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from cloud_audit_tui.app.keymap import first_key
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.header_line import Identity, Status, accounts_text, regions_text
from cloud_audit_tui.scan.events import Outcome, Progress
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.scanning.running_jobs import ScanState
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.store.view import Counts, ProfileInfo

BAR_WIDTH = 8
MAX_SECONDS_SINCE_PROGRESS = 600.0


class ProfileError(NamedTuple):
    """A profile that cannot be scanned."""

    profile: str
    reason: str
    action: str


def identity(session: Session) -> Identity:
    """Return the identity for the left side of the header."""
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


def window_title(session: Session) -> str:
    """Return the title of the terminal's window: the profiles or the report, and whether a scan runs."""
    sources = [session.opened.name] if session.opened is not None else list(session.view.profiles)
    parts = [formatting.some(sources), "scanning" if session.jobs.scanning else ""]
    return " · ".join(["cloud-audit-tui", *filter(None, parts)])


def next_regions(session: Session) -> str:
    """Return the regions of the next scan as text: the chosen ones, or those of the profiles."""
    own = [session.profiles.configured_region(name) for name in session.view.profiles]
    return regions_text(session.view.regions, session.view.profiles, own)


def profile_errors(session: Session) -> tuple[ProfileError, ...]:
    """Return the chosen profiles that cannot be scanned, with the reasons."""
    infos = session.profiles.of_all(session.view.profiles)
    return tuple(
        ProfileError(info.profile, info.failure.reason, info.failure.action) for info in infos if info.failure
    )


def status_line(session: Session, counts: Counts | None, since_progress: float) -> Status:
    """Return the progress of the scan, or the age of the last results.

    ``since_progress`` are the seconds since the scanner's last report.
    """
    if session.opened is not None:
        kind = Content.styled(session.opened.kind[:1].upper() + session.opened.kind[1:], "bold")
        verify = first_key("verify", session.keymap)
        notes = (f", read-only: {verify} reads one resource again", ", read-only")
        if words := session.opened.narrowing_words:
            long = Content.assemble(kind, (f", {words}", "$foreground 70%"))
            return Status(long, Content.styled(words[:1].upper() + words[1:], "$foreground 70%"))
        return Status(*(Content.assemble(kind, (note, "$foreground 70%")) for note in notes))
    state = session.jobs.scan
    stop_key = first_key("cancel", session.keymap)
    verifying = verification_progress(list(session.jobs.verifications.findings.values()))
    paused = session.jobs.questions.profiles
    if state is not None:
        elapsed = state.elapsed + max(0.0, min(since_progress, MAX_SECONDS_SINCE_PROGRESS))
        status = scan_progress(state, elapsed, paused, stop_key)
        if not verifying.plain:
            return status
        return Status(Content.assemble(status.long, " · ", verifying), status.short)
    if paused:
        line = Content.styled(f"Paused {formatting.some(paused, 1)}", "bold $warning")
        return Status(line, line)
    if verifying.plain:
        return Status(verifying + Content.styled(f"  {stop_key} stops", "$foreground 45%"), verifying)
    return _last_results(session, counts)


def _last_results(session: Session, counts: Counts | None) -> Status:
    infos = session.profiles.of_all(session.view.profiles)
    scanned_infos = [info for info in infos if info.scanned_at]
    if not infos:
        return Status()
    failures = sum(info.failure is not None for info in infos)
    reason = plain(session.jobs.failure_of(session.view.profiles))
    if reason and not scanned_infos:
        return Status(
            Content.styled(f"The last scan failed: {reason}", "$text-error"),
            Content.styled(f"The last scan failed ({session.key_name('open_messages')})", "$text-error"),
        )
    if not scanned_infos:
        line = Content.styled("Not scanned yet", "$foreground 70%")
        if failures == len(infos):
            line = Content.styled("Not scanned: no chosen profile can be used", "$text-error")
        return Status(line, line)
    oldest = min(scanned_infos, key=lambda info: info.scanned_at)
    age = [
        ("Tried " if failures == len(infos) else "Scanned ", "$foreground 70%"),
        (formatting.age(oldest.scanned_at, session.clock()), "bold"),
    ]
    regions = list(dict.fromkeys(region for info in scanned_infos for region in info.regions))
    where = [(f" in {formatting.some(regions)}", "$foreground 70%")] if regions else []
    faults = []
    if reason:
        faults.append((" · the last scan failed", "$text-error"))
    if failures:
        faults.append((" · failed" if failures == len(infos) else f" · {failures} failed", "$text-error"))
    if any(_is_incomplete(info) for info in scanned_infos):
        faults.append((" · incomplete", "$warning"))
    unscanned_profiles = sum(not info.scanned_at and info.failure is None for info in infos)
    if unscanned_profiles:
        faults.append((f" · {unscanned_profiles} not scanned yet", "$foreground 70%"))
    number = []
    if counts is not None:
        number.append((f" · {formatting.count(counts.total_failed, 'finding')}", "$foreground 70%"))
    return Status(Content.assemble(*age, *where, *faults, *number), Content.assemble(*age, *faults))


def _is_incomplete(info: ProfileInfo) -> bool:
    """Return whether a scan ended early for a profile; an unusable profile is counted separately."""
    if info.failure is not None:
        return info.outcome == Outcome.CANCELLED
    return bool(info.outcome != Outcome.COMPLETE)


def verification_progress(findings: Sequence[Finding]) -> Content:
    """Return the text about the findings that are being verified; empty for none."""
    if not findings:
        return Content("")
    [name, *others] = [plain(finding.resource_name or finding.resource_id) for finding in findings]
    what = formatting.count(len(findings), "finding") if others or not name else name
    return Content.assemble(("Verifying ", "bold $primary"), what)


def scan_progress(state: ScanState, elapsed: float, paused: Sequence[str], stop_key: str) -> Status:
    """Return the progress of a scan: a bar, finished units, calls, elapsed time and throttled calls.

    The ``paused`` profiles wait for the user, and ``stop_key`` is the name of the key that stops the scan.
    """
    progress = state.events.progress or Progress(0, 0, 0, 0.0)
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    filled = round(share * BAR_WIDTH)
    label = "Stopping" if state.stopping else "Paused" if paused else "Scanning"
    checks = f"{progress.done:,}/{progress.total:,}" if progress.total else "starting"
    calls, time = formatting.count(progress.calls, "call"), formatting.duration(elapsed)
    bar = Content.assemble(
        ("━" * filled, "$primary"),
        ("━" * (BAR_WIDTH - filled), "$foreground 18%"),
        (f" {share:4.0%} ", "bold $primary"),
    )
    throttled = ""
    if state.events.times_throttled:
        throttled = f" · throttled {state.events.times_throttled:,}×"
    hint = "" if state.stopping else f"  {stop_key} stops"
    long = Content.assemble(
        bar,
        (f"{label} {formatting.some(paused or state.job.profiles, 1)}", "bold $warning" if paused else ""),
        (f"  {checks} · {calls} · {time}", "$foreground 70%"),
        (throttled, "$warning"),
        (hint, "$foreground 45%"),
    )
    short = Content.assemble(bar, f"{label} ", (f"{checks} · {time}", "$foreground 70%"))
    if paused:
        short = Content.assemble(bar, (f"{label} {formatting.some(paused, 1)}", "bold $warning"))
    return Status(long, short)
