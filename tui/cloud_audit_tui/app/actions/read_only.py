"""Refuses actions that need AWS while a report is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session


def refused(session: Session, host: Host, title: str) -> bool:
    """Return whether the app shows a report; if so, notify that the action needs a scan."""
    if session.opened is None:
        return False
    host.notify(
        f"{plain(session.opened.name)} is open read-only. Start cloud-audit-tui without a file to scan.",
        title=title,
        severity="warning",
        markup=False,
    )
    return True
