"""The fixes of several findings as one text, and a description of what is in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copyable import Copyable, CopyTarget
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
MAX_REASONS = 2


def copyable_of_all(
    findings: Sequence[Finding], target: CopyTarget, environment: Mapping[str, str]
) -> Copyable:
    """Return one text for several findings; it takes a while, so call it in a thread."""
    title = f"{target} for {formatting.count(len(findings), 'finding')}"
    if target is CopyTarget.ARN:
        ids = [plain(finding.resource_id) for finding in findings if finding.resource_id]
        reason = "" if ids else "these findings are about no single resource."
        return Copyable("\n".join(dict.fromkeys(ids)), title, "resources.txt", reason)
    terraform = target is CopyTarget.TERRAFORM
    bundle = bundle_of(findings, environment, terraform=terraform)
    suffix = "tf" if terraform else "sh"
    description = describe(bundle, len(findings))
    return Copyable(bundle.text, title, f"{FILE_NAME}.{suffix}", reason=description, note=description)


def write_fixes(
    path: Path, findings: Sequence[Finding], environment: Mapping[str, str], *, replace: bool
) -> str:
    """Write the fixes of findings to a file that only its owner can read; returns a message about it.

    A name that ends in ``.tf`` gives Terraform, any other an executable script. Raises what
    `write_bundle` raises, and `WriteError` when there is nothing to write.
    """
    terraform = is_terraform(path)
    bundle = bundle_of(findings, environment, terraform=terraform)
    description = describe(bundle, len(findings))
    if not bundle.text:
        raise WriteError(f"Nothing to write: {description}")
    write_bundle(path, bundle, replace=replace)
    use = "Read the output of `terraform plan`." if terraform else "Read it, then run it with bash."
    return f"{path}\n{description} {use}"


def describe(bundle: Bundle, findings: int) -> str:
    """Return what a bundle made of so many findings contains and leaves out, in a few sentences."""
    sentences = [f"{formatting.count(bundle.fixes, 'fix', 'fixes')}."] if bundle.fixes else []
    if bundle.asks_first:
        verb = "asks" if bundle.asks_first == 1 else "ask"
        sentences.append(f"{bundle.asks_first:,} {verb} before interrupting, costing or deleting something.")
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
