"""Files of many fixes: the language by the name, the text, the mode, and the write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.private_file import PRIVATE, write_private
from cloud_audit_tui.remediation.shell.bundle import script_bundle
from cloud_audit_tui.remediation.terraform.bundle import terraform_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path, PurePath

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.selection import Bundle

_SCRIPT_MODE = 0o700
_SHEBANG = "#!/usr/bin/env bash\n"


def is_terraform(path: PurePath) -> bool:
    """Return whether a file is Terraform by its suffix ``.tf``; any other file is a shell script."""
    return path.suffix.lower() == ".tf"


def mode_of(path: PurePath) -> int:
    """Return the mode of a file of fixes: only its owner may read it, and run it if it is a script."""
    return PRIVATE if is_terraform(path) else _SCRIPT_MODE


def bundle_of(
    findings: Iterable[Finding],
    environment: Mapping[str, str],
    *,
    terraform: bool,
    values: Mapping[str, str] | None = None,
) -> Bundle:
    """Return the fixes of findings as Terraform or as a script for this ``environment``.

    ``values`` are the user's values by `BundleInput.name`. Raises `QuotingError` for one that the text
    cannot hold.
    """
    if terraform:
        return terraform_bundle(findings, values)
    return script_bundle(findings, environment, values)


def write_bundle(path: Path, bundle: Bundle, *, replace: bool) -> None:
    """Write a bundle to a file with the mode of its kind; raises what `write_private` raises.

    A script gets an interpreter line; the text to paste has none, because zsh would expand its ``!``.
    """
    text = bundle.text if is_terraform(path) else _SHEBANG + bundle.text
    write_private(path, text, replace=replace, mode=mode_of(path))
