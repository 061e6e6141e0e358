"""A fix whose texts a test chooses, in place of a rendered `Remediation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MadeFix:
    """Two texts without inputs and effects."""

    cli: str
    terraform: str
    note: str = ""
    effects: tuple[tuple[str, str], ...] = ()

    def inputs(self, _language: Any = None) -> list[Any]:
        return []

    def questions(self, _language: Any = None) -> list[Any]:
        return []
