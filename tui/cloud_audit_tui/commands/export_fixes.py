"""``scan --export-fixes FILE``: the fixes of all findings, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.commands.output import check_writable, write_file
from cloud_audit_tui.remediation.export import bundle_of, is_terraform, mode_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cloud_audit_tui.model import Finding


def check_export(path: Path, *, overwrite: bool) -> None:
    """Raise `Mistake` when the file cannot be written, before a scan is made for it."""
    # Fixes are run, so a link that somebody else may have made is not followed.
    if path.is_symlink():
        raise Mistake(f"{path} is a symbolic link; name the file that it leads to.")
    if path.exists() and not overwrite:
        raise Mistake(f"{path} exists already; --force overwrites it.")
    check_writable(path)


def export_fixes(
    path: Path, findings: Iterable[Finding], environment: Mapping[str, str], *, overwrite: bool
) -> str:
    """Write the fixes and return a sentence about it; raises `Mistake` when the file cannot be written.

    A name that ends in ``.tf`` gives a Terraform file, any other an executable shell script. Without a fix no
    file is written.
    """
    terraform = is_terraform(path)
    text = bundle_of(findings, environment, terraform=terraform).text
    if not text:
        return f"There is nothing to fix; {path} was not written."
    check_export(path, overwrite=overwrite)
    write_file(path, text.encode(), mode_of(path))
    if terraform:
        return f"The fixes are in {path}: read it, and read what `terraform plan` says."
    return f"The fixes are in {path}: read it, then run it with bash."
