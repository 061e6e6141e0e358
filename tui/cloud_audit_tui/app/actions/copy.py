"""Copying a piece of the selected finding, and saying what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.system.clipboard import copy
from cloud_audit_tui.app.system.private_file import write_private
from cloud_audit_tui.model import Status
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

    from cloud_audit_tui.app.presentation.finding_text import Fix, Shown


LONGEST_SHOWN = 200_000
"""Characters of a text that can be laid open to select it; a longer one only goes to a file."""
TOO_LONG = "The text is too long for a terminal's clipboard. Write it to a file that only you can read?"


class Piece(StrEnum):
    """What can be copied of a finding."""

    CLI = "CLI script"
    TERRAFORM = "Terraform"
    ARN = "ARN"


@dataclass(frozen=True)
class Cutting:
    """A text to copy, what it is, and a file name for it; an empty text comes with the reason.

    ``says`` is what to know of the text before it is used.
    """

    text: str
    title: str
    file_name: str
    reason: str = ""
    says: str = ""


def cut(piece: Piece, shown: Shown, fix: Fix) -> Cutting:
    """Return one piece of a finding."""
    finding = shown.finding
    name = plain(finding.resource_name or finding.resource_id) or finding.check_id
    reason = ""
    if piece is Piece.ARN:
        # A line end in an identifier would run as a command where it is pasted.
        text = plain(finding.resource_id)
        if not text:
            reason = "this finding is about no single resource."
        return Cutting(
            text, f"{'ARN' if text.startswith('arn:') else 'Id'} of {name}", "resource.txt", reason
        )
    cli = piece is Piece.CLI
    text = fix.remediation.cli if cli else fix.remediation.terraform
    if not text:
        if finding.status is Status.PASS:
            reason = "the check passed."
        elif finding.status is Status.NOT_ASSESSED:
            reason = "this could not be assessed, so there is nothing to fix yet."
        else:
            reason = plain(fix.remediation.note) or f"this finding has no {piece}."
    suffix = "sh" if cli else "tf"
    return Cutting(text, f"{piece} for {name}", f"{finding.check_id}.{suffix}", reason)


async def copy_and_say(app: App[Any], piece: Piece, cutting: Cutting) -> None:
    """Copy a text and notify by which route, or show it where no route is known to work."""
    if not cutting.text:
        app.notify(f"Nothing to copy: {cutting.reason}", title=str(piece), severity="warning", markup=False)
        return
    copied = await copy(app, cutting.text)
    app.notify(
        "\n".join(filter(None, (copied.note, cutting.says))),
        title=cutting.title,
        severity="information" if copied.known else "warning",
        markup=False,
    )
    if not copied.known and len(cutting.text) > LONGEST_SHOWN:
        save = partial(_save, cutting.text)
        app.push_screen(
            SaveDialog(cutting.title, TOO_LONG, cutting.file_name, save), partial(_say_saved, app)
        )
    elif not copied.known:
        app.push_screen(CopyText(cutting.title, cutting.text, cutting.file_name))


async def _save(text: str, path: Path, replace: bool) -> str:
    await asyncio.to_thread(write_private, path, text, replace=replace)
    return str(path)


def _say_saved(app: App[Any], said: str | None) -> None:
    if said:
        app.notify(said, title="Written", markup=False)
