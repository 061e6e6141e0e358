"""The fixes of several findings as one text, what is in it in words, and where it is written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copy import Cutting, Piece
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.system.private_file import WriteError
from cloud_audit_tui.remediation.export import bundle_of, is_terraform, write_bundle
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.selection import Bundle

FILE_NAME = "cloud-audit-fixes"
REASONS_SHOWN = 2


def cut_all(findings: Sequence[Finding], piece: Piece, environment: Mapping[str, str]) -> Cutting:
    """Return one piece of several findings as one text; takes a while, so call it in a thread."""
    title = f"{piece} for {formatting.count(len(findings), 'finding')}"
    if piece is Piece.ARN:
        ids = [plain(finding.resource_id) for finding in findings if finding.resource_id]
        reason = "" if ids else "these findings are about no single resource."
        return Cutting("\n".join(dict.fromkeys(ids)), title, "resources.txt", reason)
    terraform = piece is Piece.TERRAFORM
    bundle = bundle_of(findings, environment, terraform=terraform)
    suffix = "tf" if terraform else "sh"
    said = contents(bundle, len(findings))
    return Cutting(bundle.text, title, f"{FILE_NAME}.{suffix}", reason=said, says=said)


def write_fixes(
    path: Path, findings: Sequence[Finding], environment: Mapping[str, str], *, replace: bool
) -> str:
    """Write the fixes of findings to a file that only its owner can read, and return what to say of it.

    A name that ends in ``.tf`` gives Terraform, any other a script that may be run. Raises as
    `write_private` does, also when there is nothing to write.
    """
    terraform = is_terraform(path)
    bundle = bundle_of(findings, environment, terraform=terraform)
    said = contents(bundle, len(findings))
    if not bundle.text:
        raise WriteError(f"Nothing to write: {said}")
    write_bundle(path, bundle, replace=replace)
    use = "Read what `terraform plan` says." if terraform else "Read it, then run it with bash."
    return f"{path}\n{said} {use}"


def contents(bundle: Bundle, findings: int) -> str:
    """Return what is in a text for so many findings, in a few sentences."""
    said = [f"{formatting.count(bundle.fixes, 'fix', 'fixes')}."] if bundle.fixes else []
    if bundle.asks_first:
        verb = "asks" if bundle.asks_first == 1 else "ask"
        said.append(f"{bundle.asks_first:,} {verb} first: what interrupts, costs or deletes.")
    if bundle.inputs:
        said.append(f"Set {formatting.some(bundle.inputs)} in it.")
    if bundle.left_out:
        reasons = Counter(_first_sentence(plain(each.why)) for each in bundle.left_out).most_common()
        told = "; ".join(f"{reason} ({number:,})" for reason, number in reasons[:REASONS_SHOWN])
        more = "; and for other reasons" if len(reasons) > REASONS_SHOWN else ""
        said.append(f"Left out: {told}{more}.")
    nothing = findings - bundle.fixes - len(bundle.left_out)
    if nothing > 0:
        said.append(f"{nothing:,} of {findings:,} need no fix: they do not fail.")
    return " ".join(said)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
