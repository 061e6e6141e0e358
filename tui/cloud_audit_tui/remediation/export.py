"""A file of many fixes: what its name says that it is, what stands in it, and who may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.shell.bundle import script_bundle
from cloud_audit_tui.remediation.terraform.bundle import terraform_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import PurePath

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.selection import Bundle

_TERRAFORM_MODE, _SCRIPT_MODE = 0o600, 0o700


def is_terraform(path: PurePath) -> bool:
    """Say whether a file is Terraform, by the end of its name; any other is a shell script."""
    return path.suffix.lower() == ".tf"


def mode_of(path: PurePath) -> int:
    """Return the mode of a file: only its owner may read it, and run it if it is a script."""
    return _TERRAFORM_MODE if is_terraform(path) else _SCRIPT_MODE


def bundle_of(findings: Iterable[Finding], environment: Mapping[str, str], *, terraform: bool) -> Bundle:
    """Return the fixes of findings as Terraform or, for this ``environment``, as a script."""
    return terraform_bundle(findings) if terraform else script_bundle(findings, environment)
