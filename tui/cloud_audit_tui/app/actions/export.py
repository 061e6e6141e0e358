"""Exports findings as a report to a file that the user names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.save import notify_written
from cloud_audit_tui.app.dialogs.export import Export, ExportDialog, ExportScope
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.private_file import check_writable, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.reports.format import Format

GROUP = "save"


@dataclass(frozen=True)
class _Choice:
    """The rows to export, and the filter that they match, empty if a person marked them."""

    row_ids: Sequence[int]
    filter: str


def export_findings(session: Session, host: Host, marked_ids: Sequence[int]) -> None:
    """Ask for a format and a file, and export the listed rows, the marked rows, or everything."""
    host.background(partial(_export, session, host, tuple(marked_ids)), GROUP, exclusive=True)


async def _export(session: Session, host: Host, marked_ids: Sequence[int]) -> None:
    # What is listed may change while the dialog is open.
    listed, query = session.view.filter_of_listed, session.view.query
    condition = query.condition(session.clock())
    # Of a closed group, the table has the header alone.
    view_ids = await asyncio.to_thread(session.store.row_ids, query.view, condition)
    formats = await asyncio.to_thread(_formats)
    shown = _Choice(view_ids, listed) if listed else None
    choices = {ExportScope.MARKED: _Choice(marked_ids, ""), ExportScope.SHOWN: shown}

    async def write(export: Export) -> str:
        return await asyncio.to_thread(_write, session, export, choices.get(export.scope))

    sizes: dict[ExportScope, int | None] = {ExportScope.MARKED: len(marked_ids)} if marked_ids else {}
    sizes |= {ExportScope.SHOWN: len(view_ids), ExportScope.EVERYTHING: None}
    push_once(host, ExportDialog(formats, sizes, write), partial(notify_written, host, "Exported"))


def _formats() -> list[Format]:
    # The formats import Jinja2, which is slow, so this runs in a thread.
    from cloud_audit_tui.reports.format_registry import formats  # noqa: PLC0415

    return list(formats().values())


def _write(session: Session, export: Export, choice: _Choice | None) -> str:
    """Write a report of everything or of a choice to a private file, and return a message about it."""
    from cloud_audit_tui.reports.format import Options  # noqa: PLC0415
    from cloud_audit_tui.reports.stored_report import not_assessed, stored_report  # noqa: PLC0415

    # Before the report is made, which takes seconds.
    check_writable(export.path, replace=export.replace)
    now = datetime.fromtimestamp(session.clock(), UTC)
    profiles = session.view.profiles
    row_ids = None if choice is None else choice.row_ids
    report = stored_report(session.store, profiles, now=now, row_ids=row_ids)
    if session.opened is not None:
        report = replace(report, narrowing=session.opened.narrowing)
    if choice is not None:
        left_out = not_assessed(session.store, profiles) - len(report.not_assessed)
        report = report.with_narrowing(choice.filter, left_out)
    if session.opened is None:
        report = report.with_mutes(session.mutes.active)
    else:
        report = report.with_findings(session.findings.own)
    options = Options(environment=dict(session.pasteable), remediation=export.fixes)
    write_private(export.path, export.format.to_text(report, options), replace=export.replace)
    written = f"{formatting.count(len(report.entries), 'result')} as {export.format.name}."
    return f"{export.path}\n{written} {export.format.unsaid(report)}".rstrip()
