"""Accepts the chosen findings with a reason, or takes that back."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.read_only import refused
from cloud_audit_tui.app.dialogs.mute import Decision, MuteDialog, Reach
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.config.audit_file import AuditFileError
from cloud_audit_tui.config.mutes import Mute, literal, mute_for
from cloud_audit_tui.model import PROFILE_ACCESS, Finding, Status
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session

SECONDS = 10
"""Seconds for which a notification about the file stays."""


def mute_findings(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Ask for a reason and mute the findings of these rows; if all are muted, take their mutes back."""
    if refused(session, host, "Mute"):
        return
    if row_ids:
        host.background(partial(_mute, session, host, row_ids), "mute", exclusive=True)
    else:
        host.notify("There is no finding to mute.", title="Mute", severity="warning", markup=False)


async def load_mutes(session: Session, host: Host) -> None:
    """Read the file of accepted findings and mute what it covers."""
    await _changed(session, host, session.mutes.reload)


async def _mute(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    findings = [each for each in await session.findings.findings(row_ids) if _can_be_muted(each)]
    if not findings:
        reason = "What passes, and a profile that cannot be used, cannot be muted."
        host.notify(reason, title="Nothing to mute", severity="warning", markup=False)
        return
    await _changed(session, host, session.mutes.reload)
    active = session.mutes.active
    mutes = [active.of(finding) for finding in findings]
    if all(mute is not None for mute in mutes):
        await _unmute(session, host, findings, [mute for mute in mutes if mute is not None])
        return
    if isinstance(host.screen, MuteDialog):
        # The key was pressed twice before the dialog opened.
        return
    open_ones = [finding for finding, mute in zip(findings, mutes, strict=True) if mute is None]

    def decided(decision: Decision | None) -> None:
        if decision is not None:
            add = partial(session.mutes.add, mutes_of(open_ones, decision))
            host.background(partial(_changed, session, host, add, "muted"), "mute")

    title = f"Mute {formatting.count(len(open_ones), 'finding')}"
    note = f"Written to {session.mutes.path}, which keeps its comments. m takes a mute back."
    today = datetime.fromtimestamp(session.clock(), UTC).date()
    host.push_screen(MuteDialog(title, note, reaches_of(open_ones), _user(), today), decided)


async def _unmute(session: Session, host: Host, findings: Sequence[Finding], mutes: Sequence[Mute]) -> None:
    wide = [mute for mute in mutes if not mute.is_for_one_resource]
    if wide:
        text = f"{wide[0].check} is muted for more than this finding: change it in {session.mutes.path}."
        host.notify(
            plain(text), title="Muted by a pattern", severity="warning", timeout=SECONDS, markup=False
        )
        return
    remove = partial(session.mutes.remove, list(dict.fromkeys(mutes)))
    await _changed(session, host, remove, "open again")


async def _changed(session: Session, host: Host, change: Callable[[], int], outcome: str = "") -> None:
    """Change the file and the store, then tell every screen; a mistake in the file is a notification."""
    try:
        number = await asyncio.to_thread(change)
    except (AuditFileError, OSError) as error:
        host.notify(plain(str(error)), title="Mutes", severity="error", timeout=SECONDS, markup=False)
        return
    if number or outcome:
        session.tell_mutes_changed()
    if outcome:
        text = f"{formatting.count(number, 'finding')} {outcome}."
        host.notify(text, title="Mutes", markup=False)


def _can_be_muted(finding: Finding) -> bool:
    return finding.status is not Status.PASS and finding.check_id != PROFILE_ACCESS


def reaches_of(findings: Sequence[Finding]) -> dict[Reach, str]:
    """Return how far a mute of these findings may reach, with words for each."""
    if len(findings) > 1:
        return {Reach.FINDING: f"These {len(findings):,} findings"}
    [finding] = findings
    check, account = plain(finding.check_id), plain(finding.account_id)
    reaches = {
        Reach.FINDING: f"This finding of {plain(finding.resource_name) or check}",
        Reach.ACCOUNT: f"Every finding of {check} in account {account}",
        Reach.EVERYWHERE: f"Every finding of {check} in every account",
    }
    if finding.region:
        reaches[Reach.REGION] = f"Every finding of {check} in {plain(finding.region)} of account {account}"
    return {reach: reaches[reach] for reach in Reach if reach in reaches}


def mutes_of(findings: Sequence[Finding], decision: Decision) -> list[Mute]:
    """Return the mutes for findings as the user decided."""
    if decision.reach is Reach.FINDING:
        return [
            mute_for(finding, reason=decision.reason, owner=decision.owner, expires=decision.expires)
            for finding in findings
        ]
    return [
        Mute(
            check=literal(finding.check_id),
            reason=decision.reason,
            account=finding.account_id if decision.reach is not Reach.EVERYWHERE else None,
            region=literal(finding.region) if decision.reach is Reach.REGION else None,
            owner=decision.owner,
            expires=decision.expires,
        )
        for finding in findings
    ]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without an entry in the password database has no name.
        return ""
