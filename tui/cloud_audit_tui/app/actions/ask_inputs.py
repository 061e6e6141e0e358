"""Asks for the inputs of a remediation before it is copied, and remembers the answers for the session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.remediation.inputs import inputs
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.presentation.finding_text import Fix
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding

LISTING = "choices"
"""The group of the work that lists what the user can choose from."""


async def ask_for_inputs(
    session: Session, host: Host, target: CopyTarget, finding: Finding, fix: Fix
) -> Fix | None:
    """Return the fix with the values of the user, unchanged if it needs none, None to copy nothing.

    Call it in a worker.
    """
    text = {CopyTarget.CLI: fix.remediation.cli, CopyTarget.TERRAFORM: fix.remediation.terraform}.get(
        target, ""
    )
    if not text:
        return fix
    language = Language.SHELL if target is CopyTarget.CLI else Language.HCL
    needed = await asyncio.to_thread(inputs, finding, language)
    if not needed:
        return fix
    if isinstance(host.screen, InputForm):
        # The key was pressed twice before the form opened.
        return None
    form = InputForm(
        f"Copy the {target}",
        needed,
        about=_about(finding),
        where=", ".join(part for part in (finding.profile, finding.region) if part),
        partition=finding.partition,
        values=session.inputs.values_for(finding, needed),
        in_terraform=language is Language.HCL,
    )
    if form.kinds:
        listing = partial(
            session.scans.list_choices, finding.profile, finding.region, form.kinds, form.add_choices
        )
        host.background(listing, LISTING, exclusive=True)
    try:
        values = await host.push_screen_wait(form)
    finally:
        host.cancel_background(LISTING)
    if not values:
        return None if values is None else fix
    session.inputs.remember(finding, values)
    remediation = await asyncio.to_thread(render, finding, dict(session.pasteable), values)
    return replace(fix, remediation=remediation)


def _about(finding: Finding) -> str:
    name = plain(finding.resource_name or finding.resource_id)
    return " · ".join(part for part in (finding.check_id, name, plain(finding.title)) if part)
