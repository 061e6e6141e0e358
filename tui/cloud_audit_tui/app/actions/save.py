"""Writes the fixes of the chosen findings to a file that the user names."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.ask_inputs import ask_for_bundle_inputs
from cloud_audit_tui.app.actions.bundle import FILE_NAME, write_fixes
from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.host import is_open, push_once
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.private_file import check_writable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session

FILE_KINDS = "A name that ends in .tf gives Terraform, any other a script for bash. Only you can read it."
WRITTEN_SECONDS = 10
"""Seconds for which the notification about a written file stays."""


def save_findings(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Ask for a file and write the fixes of these rows to it."""
    if row_ids:
        host.background(partial(_save, session, host, row_ids), "save", exclusive=True)
    else:
        host.notify("There is no finding to save.", title="Save", severity="warning", markup=False)


async def _save(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    findings = await session.findings.findings(row_ids)

    async def write(path: Path, replace: bool) -> str | None:
        target = await asyncio.to_thread(_checked_target, path, replace=replace)
        if not is_open(dialog):
            return None
        bundle = await ask_for_bundle_inputs(session, host, target, findings, verb="Save")
        if bundle is None:
            return None
        return await asyncio.to_thread(write_fixes, path, bundle, len(findings), replace=replace)

    title = f"Save the fixes of {formatting.count(len(findings), 'finding')}"
    dialog = SaveDialog(title, FILE_KINDS, f"{FILE_NAME}.sh", write)
    push_once(host, dialog, partial(notify_written, host, "Written"))


def _checked_target(path: Path, *, replace: bool) -> CopyTarget:
    """Return the kind of fixes that a file gets; raises what `check_writable` raises."""
    # This imports the templates' engine, which is slow, so it runs in a thread.
    from cloud_audit_tui.remediation.export import is_terraform  # noqa: PLC0415

    check_writable(path, replace=replace)
    return CopyTarget.TERRAFORM if is_terraform(path) else CopyTarget.CLI


def notify_written(host: Host, title: str, message: str | None) -> None:
    """Notify about a file that a dialog has written; no message means that it has written none."""
    if message:
        host.notify(message, title=title, timeout=WRITTEN_SECONDS, markup=False)
