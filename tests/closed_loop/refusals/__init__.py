"""What AWS refuses and moto accepts: modules of rules. A new module needs no entry anywhere."""

from importlib import import_module
from pkgutil import iter_modules

_SERVER_ONLY = frozenset({"call", "layer"})
"""Modules that import moto, which only the server's process does."""

for _module in iter_modules(__path__):
    if _module.name not in _SERVER_ONLY:
        import_module(f"{__name__}.{_module.name}")
