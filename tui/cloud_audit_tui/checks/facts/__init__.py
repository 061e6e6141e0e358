"""Facts about an account, extracted from the responses that checks read anyway.

An extractor is declared beside its service, in a module of this package, for one operation. It gets each
response of that operation (each page of a paged one) with the parameters of the call.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from cloud_audit_tui.model import Fact, Target

Item = dict[str, Any]

Extractor = Callable[[Item, Target, Item], Iterable[Fact]]
"""Takes a response, the target of the read, and the parameters of the call."""

_extractors: defaultdict[str, list[Extractor]] = defaultdict(list)


def facts_of(operation: str) -> Callable[[Extractor], Extractor]:
    """Declare an extractor for an operation, as ``service:Operation``."""

    def declare(extractor: Extractor) -> Extractor:
        _extractors[operation].append(extractor)
        return extractor

    return declare


def extractors_of(operation: str) -> list[Extractor]:
    """Return the extractors of an operation."""
    _load()
    return _extractors.get(operation, [])


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
