"""``scan --export-fixes FILE``: the fixes of everything that fails, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.remediation.export import (
    WriteError,
    bundle_of,
    check_writable,
    is_terraform,
    write_bundle,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cloud_audit_tui.model import Finding


def check_export(path: Path, *, overwrite: bool) -> None:
    """Raise `Mistake` when the file cannot be written, before a scan is made for it."""
    try:
        check_writable(path, replace=overwrite)
    except FileExistsError:
        raise Mistake(_exists(path)) from None
    except WriteError as error:
        raise Mistake(f"{path} cannot be written. {error}") from None


def export_fixes(
    path: Path, findings: Iterable[Finding], environment: Mapping[str, str], *, overwrite: bool
) -> str:
    """Write the fixes and return a message about the file; raises `Mistake` when it cannot be written.

    A name that ends in ``.tf`` gives a Terraform file, any other an executable shell script. The file is
    written whole or not at all; without anything to fix there is none.
    """
    terraform = is_terraform(path)
    bundle = bundle_of(findings, environment, terraform=terraform)
    if not bundle.text:
        return f"Nothing was found that this could fix; {path} was not written."
    try:
        write_bundle(path, bundle, replace=overwrite)
    except FileExistsError:
        raise Mistake(_exists(path)) from None
    except WriteError as error:
        raise Mistake(f"{path} cannot be written. {error}") from None
    if terraform:
        return f"The fixes are in {path}: read it, and read what `terraform plan` says."
    return f"The fixes are in {path}: read it, then run it with bash."


def _exists(path: Path) -> str:
    return f"{path} exists already; --force overwrites it."
