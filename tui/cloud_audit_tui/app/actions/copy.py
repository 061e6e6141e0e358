"""Copies the fix or the ARN of the chosen findings, and notifies by which route."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.ask_inputs import ask_for_bundle_inputs, ask_for_inputs
from cloud_audit_tui.app.actions.bundle import copyable_bundle, copyable_ids
from cloud_audit_tui.app.actions.copyable import CopyTarget, copyable_of
from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.large_copy import LargeCopy, LargeCopyAnswer
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.system.clipboard import copy
from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud_audit_tui.app.actions.copyable import Copyable
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session

LONGEST_SHOWN = 200_000
"""The most characters of a text that is shown for selecting; a longer one can only go to a file."""
ASKED_FROM = 100_000
"""The length from which copying asks for confirmation; a long script of one fix has 10,000 characters."""
TOO_LONG = "The text is too long for a terminal's clipboard. Write it to a file that only you can read?"
TO_A_FILE = "Write the text to a file that only you can read."
GROUP = "copy"


def copy_findings(
    session: Session, host: Host, target: CopyTarget, row_ids: Sequence[int], *, marked: bool
) -> None:
    """Copy a text of these rows, even if the cursor moves meanwhile.

    ``marked`` findings become one text. The inputs of the fixes are asked for first.
    """
    if not row_ids:
        host.notify("There is no finding to copy from.", title=str(target), severity="warning", markup=False)
    elif marked:
        host.background(partial(_copy_all, session, host, target, row_ids), GROUP)
    else:
        host.background(partial(_copy_one, session, host, target, row_ids[0]), GROUP)


def copy_plain_text(host: Host, text: str) -> None:
    """Copy a text that was selected with the mouse."""
    host.background(partial(_copy_plain_text, host, text), GROUP)


async def _copy_one(session: Session, host: Host, target: CopyTarget, row_id: int) -> None:
    selected = await session.findings.selected(row_id)
    if selected is None:
        return
    finding = selected.finding
    fix = await session.findings.fix(finding)
    remediation = await ask_for_inputs(session, host, target, finding, fix)
    if remediation is not None:
        await copy_and_notify(host, target, copyable_of(target, finding, remediation))


async def _copy_all(session: Session, host: Host, target: CopyTarget, row_ids: Sequence[int]) -> None:
    findings = await session.findings.findings(row_ids)
    if target is CopyTarget.ARN:
        copyable = copyable_ids(findings)
    else:
        bundle = await ask_for_bundle_inputs(session, host, target, findings)
        if bundle is None:
            return
        copyable = copyable_bundle(bundle, target, len(findings))
    if len(copyable.text) < ASKED_FROM:
        await copy_and_notify(host, target, copyable)
    elif not isinstance(host.screen, LargeCopy):
        answer = await host.push_screen_wait(LargeCopy(copyable.title, len(copyable.text)))
        if answer is LargeCopyAnswer.COPY:
            await copy_and_notify(host, target, copyable)
        elif answer is LargeCopyAnswer.WRITE:
            _write_to_file(host, copyable, TO_A_FILE)


async def _copy_plain_text(host: Host, text: str) -> None:
    outcome = await copy(host, text)
    host.notify(
        outcome.note,
        title="Selected text",
        severity="information" if outcome.confirmed else "warning",
        markup=False,
    )


async def copy_and_notify(host: Host, target: CopyTarget, copyable: Copyable) -> None:
    """Copy a text and notify by which route; show the text if no route is known to have worked."""
    if not copyable.text:
        host.notify(
            f"Nothing to copy: {copyable.reason}", title=str(target), severity="warning", markup=False
        )
        return
    outcome = await copy(host, copyable.text)
    host.notify(
        "\n".join(filter(None, (outcome.note, copyable.note))),
        title=copyable.title,
        severity="information" if outcome.confirmed else "warning",
        markup=False,
    )
    if not outcome.confirmed and len(copyable.text) > LONGEST_SHOWN:
        _write_to_file(host, copyable, TOO_LONG)
    elif not outcome.confirmed:
        host.push_screen(CopyText(copyable.title, copyable.text, copyable.file_name))


def _write_to_file(host: Host, copyable: Copyable, note: str) -> None:
    write = partial(_write, copyable.text)
    host.push_screen(
        SaveDialog(copyable.title, note, copyable.file_name, write), partial(_notify_written, host)
    )


async def _write(text: str, path: Path, replace: bool) -> str:
    await asyncio.to_thread(write_private, path, text, replace=replace)
    return str(path)


def _notify_written(host: Host, message: str | None) -> None:
    if message:
        host.notify(message, title="Written", markup=False)
