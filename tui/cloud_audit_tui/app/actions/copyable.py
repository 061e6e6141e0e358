"""The texts of findings that can be copied."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cloud_audit_tui.model import Status
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation


class CopyTarget(StrEnum):
    """The texts of a finding that can be copied; the value is the name on the screen."""

    CLI = "CLI script"
    TERRAFORM = "Terraform file"
    ARN = "ARN"
    STATEMENT = "IAM statement"
    FIELD = "field"


@dataclass(frozen=True)
class Copyable:
    """A text to copy with its title and a file name; without text, ``reason`` says why there is none.

    ``note`` is what the user must know before using the text.
    """

    text: str
    title: str
    file_name: str
    reason: str = ""
    note: str = ""


def copyable_of(target: CopyTarget, finding: Finding, remediation: Remediation) -> Copyable:
    """Return a text of one finding."""
    name = plain(finding.resource_name or finding.resource_id) or finding.check_id
    reason = ""
    if target is CopyTarget.ARN:
        # A line end in an identifier would run as a command where it is pasted.
        text = plain(finding.resource_id)
        if not text:
            reason = "this finding is not about a single resource."
        return Copyable(
            text, f"{'ARN' if text.startswith('arn:') else 'Id'} of {name}", "resource.txt", reason
        )
    cli = target is CopyTarget.CLI
    text = remediation.cli if cli else remediation.terraform
    if not text:
        if finding.status is Status.PASS:
            reason = "the check passed."
        elif finding.status is Status.NOT_ASSESSED:
            reason = "this was not assessed, so there is nothing to fix yet."
        else:
            reason = plain(remediation.note) or f"this finding has no {target}."
    suffix = "sh" if cli else "tf"
    return Copyable(text, f"{target} for {name}", f"{finding.check_id}.{suffix}", reason)
