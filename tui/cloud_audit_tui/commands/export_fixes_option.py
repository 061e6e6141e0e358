"""``--export-fixes`` and ``--force``: the file of the fixes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cloud_audit_tui.commands.options import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
_STDOUT = Path("-")


def _path(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    if value == _STDOUT:
        raise click.BadParameter(
            "The fixes are written to a file only, to be read before they run. Name one, such as fixes.sh."
        )
    return value


def export_fixes_options(what: str) -> Callable[[F], F]:
    """Return the decorator that adds both options to a command; ``what`` begins the help of the first."""

    def add(function: F) -> F:
        force = click.option("--force", is_flag=True, help="Overwrite the file of --export-fixes.")
        fixes = click.option(
            "--export-fixes",
            "fixes",
            type=click.Path(dir_okay=False, path_type=Path),
            callback=_path,
            help=f"{what}: Terraform if its name ends in .tf, else a shell script.",
        )
        return fixes(force(function))

    return add


def check_force(fixes: Path | None, *, force: bool) -> None:
    """Raise `Mistake` for ``--force`` without a file that it could overwrite."""
    if force and fixes is None:
        raise Mistake("--force overwrites only the file of --export-fixes: add that, or omit --force.")
