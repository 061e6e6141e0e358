"""``scan --export-fixes FILE``: writes the fixes of all failures to one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.private_file import WriteError, check_writable
from cloud_audit_tui.remediation.export import bundle_of, is_terraform, write_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cloud_audit_tui.model import Finding


def check_export(path: Path, *, overwrite: bool) -> None:
    """Raise `Mistake` before the scan if the file cannot be written."""
    try:
        check_writable(path, replace=overwrite)
    except FileExistsError:
        raise Mistake(_exists(path)) from None
    except WriteError as error:
        raise Mistake(f"{path} cannot be written. {error}") from None


def export_fixes(
    path: Path, findings: Iterable[Finding], environment: Mapping[str, str], *, overwrite: bool
) -> str:
    """Write the fixes and return a message about the file; raises `Mistake` if it cannot be written.

    A name that ends in ``.tf`` produces a Terraform file, any other an executable shell script. The file is
    written atomically, and only when there are fixes.
    """
    terraform = is_terraform(path)
    bundle = bundle_of(findings, environment, terraform=terraform)
    if not bundle.text:
        return f"No finding has a fix to export; {path} was not written."
    try:
        write_bundle(path, bundle, replace=overwrite)
    except FileExistsError:
        raise Mistake(_exists(path)) from None
    except WriteError as error:
        raise Mistake(f"{path} cannot be written. {error}") from None
    if terraform:
        return f"The fixes are in {path}: read it and the output of `terraform plan`."
    return f"The fixes are in {path}: read it, then run it with bash."


def _exists(path: Path) -> str:
    return f"{path} exists already; --force overwrites it."
