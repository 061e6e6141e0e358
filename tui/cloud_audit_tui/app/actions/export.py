"""Exports findings as a report to a file that the user names."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.save import notify_written
from cloud_audit_tui.app.dialogs.export import Export, ExportDialog, ExportScope
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.reports.format import Format

GROUP = "save"


def export_findings(session: Session, host: Host, view_ids: Sequence[int], marked_ids: Sequence[int]) -> None:
    """Ask for a format and a file, and export the listed rows, the marked rows, or everything."""
    host.background(
        partial(_export, session, host, tuple(view_ids), tuple(marked_ids)), GROUP, exclusive=True
    )


async def _export(session: Session, host: Host, view_ids: Sequence[int], marked_ids: Sequence[int]) -> None:
    formats = await asyncio.to_thread(_formats)
    rows = {ExportScope.MARKED: marked_ids, ExportScope.SHOWN: view_ids, ExportScope.EVERYTHING: None}

    async def write(export: Export) -> str:
        return await asyncio.to_thread(_write, session, export, rows[export.scope])

    scopes = {
        scope: None if ids is None else len(ids)
        for scope, ids in rows.items()
        if ids is None or ids or scope is ExportScope.SHOWN
    }
    push_once(host, ExportDialog(formats, scopes, write), partial(notify_written, host, "Exported"))


def _formats() -> list[Format]:
    # The formats import Jinja2, which is slow, so this runs in a thread.
    from cloud_audit_tui.reports.registry import formats  # noqa: PLC0415

    return list(formats().values())


def _write(session: Session, export: Export, row_ids: Sequence[int] | None) -> str:
    """Write a report to a file that only its owner can read, and return a message about it."""
    from cloud_audit_tui.reports.format import Options  # noqa: PLC0415
    from cloud_audit_tui.reports.stored import stored_report  # noqa: PLC0415

    now = datetime.fromtimestamp(session.clock(), UTC)
    report = stored_report(session.store, session.view.profiles, now=now, row_ids=row_ids)
    if session.opened is None:
        report = report.with_mutes(session.mutes.active)
    else:
        report = report.with_findings(session.findings.own)
    options = Options(environment=dict(session.pasteable), remediation=export.fixes)
    write_private(export.path, export.format.to_text(report, options), replace=export.replace)
    return f"{export.path}\n{formatting.count(len(report.entries), 'result')} as {export.format.name}."
