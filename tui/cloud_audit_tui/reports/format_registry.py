"""The formats that reports are written in, one for each module of `formats`."""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from cloud_audit_tui.reports import formats as modules
from cloud_audit_tui.reports.declarations import declarations

if TYPE_CHECKING:
    from pathlib import PurePath

    from cloud_audit_tui.reports.format import Format


def names() -> list[str]:
    """Return the names of the formats, derived from their modules without importing them."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(modules.__path__))


@cache
def formats() -> dict[str, Format]:
    """Return every format by its name, in the order of the names."""
    return declarations(modules, "FORMAT")


def format_of(path: PurePath) -> Format | None:
    """Return the format with the longest suffix that a file's name ends with, None if there is none."""
    name = path.name.lower()
    fitting = [each for each in formats().values() if name.endswith(each.suffix)]
    return max(fitting, key=lambda each: len(each.suffix), default=None)
