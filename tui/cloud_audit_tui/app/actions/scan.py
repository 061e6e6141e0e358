"""Starts a scan of the chosen profiles and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.choose import choose_profiles
from cloud_audit_tui.app.actions.read_only import refused

if TYPE_CHECKING:
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session


def scan(session: Session, host: Host) -> None:
    """Scan the chosen profiles and regions; without a profile, let the user choose one first."""
    if refused(session, host, "Scan"):
        return
    if session.jobs.scanning:
        text = f"A scan is running already. {session.key_name('cancel')} stops it."
        host.notify(text, severity="warning", markup=False)
    elif not session.view.profiles:
        choose_profiles(session, host)
    else:
        session.start_scan()
