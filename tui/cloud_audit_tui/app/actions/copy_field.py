"""Copies one field of a finding that the user chooses from a list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copy import copy_and_notify
from cloud_audit_tui.app.actions.copyable import Copyable, CopyTarget
from cloud_audit_tui.app.dialogs.field_picker import FieldPicker
from cloud_audit_tui.app.presentation.finding_fields import finding_fields
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session


def copy_field(session: Session, host: Host, row_id: int | None) -> None:
    """List the fields of a row and copy the chosen one."""
    if row_id is None:
        host.notify(
            "Select a finding: there is no field to copy.", title="Field", severity="warning", markup=False
        )
    else:
        host.background(partial(_copy_field, session, host, row_id), "copy")


async def _copy_field(session: Session, host: Host, row_id: int) -> None:
    selected = await session.findings.selected(row_id)
    if selected is None or isinstance(host.screen, FieldPicker):
        return
    finding = selected.finding
    title = finding.resource_name or finding.resource_id or finding.check_id
    fields = finding_fields(selected, of_own_scans=session.opened is None)
    field = await host.push_screen_wait(FieldPicker(title, fields))
    if field is not None:
        name, value = field
        # A line end in a text from AWS would run as a command where it is pasted.
        text = plain(value)
        await copy_and_notify(host, CopyTarget.FIELD, Copyable(text, f"{plain(name)} copied", "field.txt"))
