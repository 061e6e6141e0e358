"""Asks for the inputs of a remediation before it is copied, and remembers the answers for the session."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.scan.events import ChoicesListed
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation

READ_ONLY = "a report is open, and AWS is not asked."
LISTING = "choices"
"""The group of the work that lists what the user can choose from."""


async def ask_for_inputs(
    session: Session, host: Host, target: CopyTarget, finding: Finding, remediation: Remediation
) -> Remediation | None:
    """Return the remediation with the values of the user, unchanged if it needs none, None to copy nothing.

    Call it in a worker.
    """
    texts = {CopyTarget.CLI: remediation.cli, CopyTarget.TERRAFORM: remediation.terraform}
    if not texts.get(target):
        return remediation
    language = Language.SHELL if target is CopyTarget.CLI else Language.HCL
    needed = remediation.inputs(language)
    if not needed:
        return remediation
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
    for kind in form.kinds if session.opened is not None else ():
        form.add_choices(ChoicesListed(finding.profile, finding.region, kind, [], READ_ONLY))
    if form.kinds and session.opened is None:
        listing = partial(
            session.scans.list_choices, finding.profile, finding.region, form.kinds, form.add_choices
        )
        host.background(listing, LISTING, exclusive=True)
    try:
        values = await host.push_screen_wait(form)
    finally:
        host.cancel_background(LISTING)
    if not values:
        return None if values is None else remediation
    session.inputs.remember(finding, values)
    return await asyncio.to_thread(_with_values, remediation, values)


def _with_values(remediation: Remediation, values: Mapping[str, str]) -> Remediation:
    """Return a remediation with the user's values whose texts are made."""
    complete = remediation.with_values(values)
    _ = complete.cli, complete.terraform
    return complete


def _about(finding: Finding) -> str:
    name = plain(finding.resource_name or finding.resource_id)
    return " · ".join(part for part in (finding.check_id, name, plain(finding.title)) if part)
