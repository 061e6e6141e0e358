"""The grouping of findings, and the open groups."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Grouping(StrEnum):
    """The property that the findings of a group share."""

    CHECK = "check"
    SERVICE = "service"
    RESOURCE = "resource"
    ACCOUNT = "account"
    REGION = "region"


class Folding(msgspec.Struct, frozen=True):
    """Which groups are open: all but ``others`` if ``open``, else only ``others``, by their keys."""

    open: bool = False
    others: frozenset[str] = frozenset()

    def is_open(self, key: str) -> bool:
        """Return whether the rows of a group are listed."""
        return self.open != (key in self.others)

    def toggled(self, key: str) -> Folding:
        """Return the folding with one group opened or closed."""
        return Folding(self.open, self.others ^ {key})
