"""``scan --export-fixes FILE``: the fixes of everything found, in one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.remediation.export import bundle_of, is_terraform, mode_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cloud_audit_tui.model import Finding

_AT_FIRST = 0o600


def check_free(path: Path, *, force: bool) -> None:
    """Raise `Mistake` when the file cannot be written, before a scan is made for it."""
    existed = path.exists() or path.is_symlink()
    os.close(_opened(path, force=force))
    if not existed:
        path.unlink()


def export_fixes(
    path: Path, findings: Iterable[Finding], environment: Mapping[str, str], *, force: bool
) -> str:
    """Write the fixes and return what to say about it; raises `Mistake` when the file cannot be written.

    A name that ends in ``.tf`` gives a Terraform file, any other a shell script that may be run.
    Without anything to fix no file is written.
    """
    terraform = is_terraform(path)
    text = bundle_of(findings, environment, terraform=terraform).text
    if not text:
        return f"Nothing was found that this could fix; {path} was not written."
    file = _opened(path, force=force)
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        os.ftruncate(file, 0)
        os.fchmod(file, mode_of(path))
        opened.write(text)
    if terraform:
        return f"The fixes are in {path}: read it, and read what `terraform plan` says."
    return f"The fixes are in {path}: read it, then run it with bash."


def _opened(path: Path, *, force: bool) -> int:
    """Open a file without emptying it."""
    # What is written names accounts and their weak points: nobody else may read it, not even at first.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if force else os.O_EXCL)
    try:
        return os.open(path, flags, _AT_FIRST)
    except FileExistsError:
        raise Mistake(f"{path} exists already; --force overwrites it.") from None
    except OSError as error:
        raise Mistake(f"{path} cannot be written: {error.strerror}.") from None
