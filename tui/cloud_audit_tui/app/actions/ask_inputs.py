"""Asking for what a remediation needs before it is copied, and remembering the answers for this session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copy import Piece
from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.remediation.input_kinds import ABOUT_ITS_RESOURCE, SAME_AS
from cloud_audit_tui.remediation.inputs import inputs
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.app.presentation.finding_text import Fix
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.inputs import Input

LISTING = "candidates"
"""The group of the work that reads what there is to choose from."""


class Given:
    """What the person has said in this session, for a profile's region; never on the disk."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str, str], str] = {}

    def keep(self, finding: Finding, values: Mapping[str, str]) -> None:
        """Remember values, but for what is about this one resource."""
        for variable, value in values.items():
            if variable not in ABOUT_ITS_RESOURCE:
                self._values[_place(finding, variable)] = value

    def known(self, finding: Finding, needed: Iterable[Input]) -> dict[str, str]:
        """Return what was said before for these inputs and can be used for them."""
        before = {each.variable: self._values.get(_place(finding, each.variable), "") for each in needed}
        return {
            each.variable: value
            for each in needed
            if (value := before[each.variable]) and not each.kind.fault(value, finding.partition)
        }


async def asked(app: CloudAuditApp, piece: Piece, finding: Finding, fix: Fix) -> Fix | None:
    """Return the fix with what the person says for its inputs, as it is if it has none, None to copy nothing.

    To be called in a worker.
    """
    text = {Piece.CLI: fix.remediation.cli, Piece.TERRAFORM: fix.remediation.terraform}.get(piece, "")
    if not text:
        return fix
    language = Language.SHELL if piece is Piece.CLI else Language.HCL
    needed = await asyncio.to_thread(inputs, finding, language)
    if not needed:
        return fix
    if isinstance(app.screen, InputForm):
        # The key was pressed twice before the form came.
        return None
    form = InputForm(
        f"Copy the {piece}",
        needed,
        about=_about(finding),
        where=", ".join(part for part in (finding.profile, finding.region) if part),
        partition=finding.partition,
        known=app.given.known(finding, needed),
        in_terraform=language is Language.HCL,
    )
    if form.kinds:
        listing = partial(app.scans.list_candidates, finding.profile, finding.region, form.kinds, form.hear)
        app.background(listing, LISTING, exclusive=True)
    try:
        values = await app.push_screen_wait(form)
    finally:
        app.workers.cancel_group(app, LISTING)
    if not values:
        return None if values is None else fix
    app.given.keep(finding, values)
    return replace(fix, remediation=await asyncio.to_thread(render, finding, app.pasteable, values))


def _about(finding: Finding) -> str:
    name = plain(finding.resource_name or finding.resource_id)
    return " · ".join(part for part in (finding.check_id, name, plain(finding.title)) if part)


def _place(finding: Finding, variable: str) -> tuple[str, str, str, str]:
    return finding.profile, finding.account_id, finding.region, SAME_AS.get(variable, variable)
