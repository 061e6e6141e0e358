"""How things stand with the chosen profiles, in the words of the header and the failure lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.widgets.audit_header import Identity, account_words, scanning, verifying
from cloud_audit_tui.app.widgets.profile_errors import Failed
from cloud_audit_tui.scan.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.app.session import Acquaintance
    from cloud_audit_tui.store.view import Counts


def identity(audit: CloudAuditApp) -> Identity:
    """Return whose accounts are looked at."""
    profiles = audit.looking.profiles
    known = [audit.acquaintance.of(name) for name in profiles]
    callers = [info.caller_arn for info in known if info.caller_arn]
    return Identity(
        profiles=profiles,
        account=account_words([(info.account_id, info.alias) for info in known]),
        caller=formatting.caller(callers[0]) if len(known) == len(callers) == 1 else "",
        regions=next_regions(audit),
    )


def next_regions(audit: CloudAuditApp) -> str:
    """Return where the next scan looks: the chosen regions, or those that the profiles are configured for."""
    if audit.looking.regions:
        return formatting.regions(audit.looking.regions)
    if not audit.looking.profiles:
        return ""
    own = [profile.region for profile in audit.profiles if profile.name in audit.looking.profiles]
    return formatting.some(list(dict.fromkeys(filter(None, own)))) or "the profile's own region"


def failures(profiles: Sequence[str], acquaintance: Acquaintance) -> tuple[Failed, ...]:
    """Return which of the profiles cannot be scanned."""
    found = [(name, acquaintance.of(name).failure) for name in profiles]
    return tuple(Failed(name, failure.reason, failure.action) for name, failure in found if failure)


def standing(audit: CloudAuditApp, counts: Counts | None, since_news: float, width: int) -> Content:
    """Return the header's second line: the scan that runs, or how old the last results are."""
    state = audit.scans.state
    verified = verifying(list(audit.scans.verifying.values()))
    if state is not None:
        line = scanning(state, state.elapsed + max(0.0, min(since_news, 600.0)), width)
        return Content.assemble(line, " · ", verified) if verified.plain else line
    if verified.plain:
        return verified + Content.styled("  esc stops", "$foreground 45%")
    known = [audit.acquaintance.of(name) for name in audit.looking.profiles]
    scanned = [info for info in known if info.scanned_at]
    if not known:
        return Content("")
    if not scanned:
        return Content.styled("Not scanned yet", "$foreground 70%")
    oldest = min(scanned, key=lambda info: info.scanned_at)
    complete = all(info.outcome == Outcome.COMPLETE for info in scanned)
    age = formatting.age(oldest.scanned_at, audit.clock())
    failed = sum(info.failure is not None for info in known)
    word = "Tried " if failed == len(known) else "Scanned "
    parts = [(word, "$foreground 70%"), (age, "bold")]
    regions = list(dict.fromkeys(region for info in scanned for region in info.regions))
    if regions:
        parts.append((f" in {formatting.some(regions)}", "$foreground 70%"))
    if failed:
        parts.append((" · failed" if failed == len(known) else f" · {failed} failed", "$text-error"))
    elif not complete:
        parts.append((" · incomplete", "$warning"))
    if len(scanned) < len(known):
        parts.append((f" · {len(known) - len(scanned)} not yet", "$foreground 70%"))
    if counts is not None:
        total = sum(counts.failed.values())
        parts.append((f" · {formatting.count(total, 'finding')}", "$foreground 70%"))
    line = Content.assemble(*parts)
    hint = Content.styled("  r scans again", "$foreground 45%")
    return line + hint if line.cell_length + hint.cell_length <= width else line


def region_choice(audit: CloudAuditApp) -> tuple[list[str], str]:
    """Return the regions that can be chosen and where the list comes from."""
    known = [audit.acquaintance.of(name) for name in audit.looking.profiles]
    enabled = sorted({region for info in known for region in info.enabled_regions})
    if enabled:
        note = next((info.regions_note for info in known if info.regions_note), "")
        return enabled, note or "The regions that the account has enabled."
    configured = {
        profile.region
        for profile in audit.profiles
        if profile.name in audit.looking.profiles and profile.region
    }
    return sorted(configured), "Which regions the account has enabled is not known yet; a scan finds out."
