"""The fixes of several findings as one text, and a description of its contents."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copyable import Copyable, CopyTarget
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.private_file import WriteError
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.selection import Bundle

FILE_NAME = "cloud-audit-fixes"
MAX_REASONS = 2


def copyable_ids(findings: Sequence[Finding]) -> Copyable:
    """Return the resource ids of several findings, one per line."""
    ids = [plain(finding.resource_id) for finding in findings if finding.resource_id]
    reason = "" if ids else "none of these findings is about a single resource."
    title = _title(CopyTarget.ARN, len(findings))
    return Copyable("\n".join(dict.fromkeys(ids)), title, "resources.txt", reason)


def copyable_bundle(bundle: Bundle, target: CopyTarget, findings: int) -> Copyable:
    """Return the text of a bundle made from this number of findings."""
    suffix = "tf" if target is CopyTarget.TERRAFORM else "sh"
    description = describe(bundle, findings)
    return Copyable(
        bundle.text,
        _title(target, findings),
        f"{FILE_NAME}.{suffix}",
        reason=description,
        note=description,
    )


def _title(target: CopyTarget, findings: int) -> str:
    return f"{target} for {formatting.count(findings, 'finding')}"


def write_fixes(path: Path, bundle: Bundle, findings: int, *, replace: bool) -> str:
    """Write a bundle to a file that only its owner can read, and return a message about it.

    ``findings`` is the number of findings that the bundle was made from. A script is executable. Raises what
    `write_bundle` raises, and `WriteError` when there is nothing to write.
    """
    # The first paint does not wait for the import of the templates' engine.
    from cloud_audit_tui.remediation.export import is_terraform, write_bundle  # noqa: PLC0415

    terraform = is_terraform(path)
    description = describe(bundle, findings)
    if not bundle.text:
        raise WriteError(f"Nothing to write: {description}")
    write_bundle(path, bundle, replace=replace)
    use = "Read the output of `terraform plan`." if terraform else "Read it, then run it with bash."
    return f"{path}\n{description} {use}"


def describe(bundle: Bundle, findings: int) -> str:
    """Return what a bundle made from this number of findings contains and leaves out, in a few sentences."""
    sentences = [f"{formatting.count(bundle.fixes, 'fix', 'fixes')}."] if bundle.fixes else []
    if bundle.asks_first:
        risks = (
            "asks before it interrupts a workload, adds a cost or deletes something"
            if bundle.asks_first == 1
            else "ask before they interrupt a workload, add a cost or delete something"
        )
        sentences.append(f"{bundle.asks_first:,} {risks}.")
    if bundle.inputs:
        sentences.append(f"Set {formatting.some(bundle.inputs)} in it.")
    if bundle.left_out:
        reasons = Counter(_first_sentence(plain(each.why)) for each in bundle.left_out).most_common()
        first = "; ".join(f"{reason} ({number:,})" for reason, number in reasons[:MAX_REASONS])
        more = "; and for other reasons" if len(reasons) > MAX_REASONS else ""
        sentences.append(f"Left out: {first}{more}.")
    nothing = findings - bundle.fixes - len(bundle.left_out)
    if nothing > 0:
        sentences.append(f"{nothing:,} of {findings:,} need no fix: they do not fail.")
    return " ".join(sentences)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
