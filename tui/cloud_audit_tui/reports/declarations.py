"""What the modules of a package declare: a new format or reader is a new module, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def declarations(package: ModuleType, attribute: str) -> dict[str, Any]:
    """Return the values of an attribute of a package's modules by their names, in the order of the names."""
    values = [
        getattr(importlib.import_module(f"{package.__name__}.{module.name}"), attribute)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return {each.name: each for each in sorted(values, key=lambda each: each.name)}
