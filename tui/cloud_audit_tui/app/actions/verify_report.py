"""Runs our own checks on the resources of a report's findings, with profiles that the user chooses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.scan.report_verification import why_unreadable
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding

NO_PROFILE = (
    "There is no AWS profile on this machine. Configure one for the report's account, then open it again."
)


class ReadingProfilePicker(ProfilePicker):
    """Chooses the profiles with which the resources of a report are read."""

    title_text = "Read with these profiles"


def read_reported(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Check the findings of these rows; the profiles are asked for once."""
    host.background(partial(_read, session, host, row_ids), "pick", exclusive=True)


async def _read(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    reported = await session.findings.reported(row_ids)
    findings = [finding for finding in reported if not why_unreadable(finding)]
    reason = next((why for finding in reported if (why := why_unreadable(finding))), "There is no finding.")
    if busy := session.why_busy(findings):
        findings, reason = [], busy
    if not findings:
        _refuse(host, plain(reason))
    elif session.reading_profiles:
        session.read_reported(findings)
    elif not session.profiles.configured:
        _refuse(host, NO_PROFILE)
    else:
        _ask(session, host, findings)


def _ask(session: Session, host: Host, findings: Sequence[Finding]) -> None:
    accounts = {finding.account_id for finding in findings}
    profiles = session.profiles.configured
    leading = [profile.name for profile in profiles if profile.account_id in accounts]

    def use_choice(names: list[str] | None) -> None:
        if names:
            session.reading_profiles = tuple(names)
            session.read_reported(findings)

    states = {info.profile: info for info in session.profiles.of_all(session.profiles.names)}
    push_once(host, ReadingProfilePicker(profiles, states, leading), use_choice)


def _refuse(host: Host, reason: str) -> None:
    host.notify(reason, title="Nothing to read", severity="warning", markup=False)
