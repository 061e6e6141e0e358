"""The views and the places that the user has left, so that a key goes back to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloud_audit_tui.store.folding import Folding, Grouping


class Place(NamedTuple):
    """The part of a screen that had the focus, by its id, with the row and the column of its cursor."""

    part: str
    row: str
    column: int = 0


class Walk(NamedTuple):
    """A filter that was chosen on a screen, and its place there."""

    filter: str
    place: Place | None = None


@dataclass(frozen=True)
class Step:
    """A view that was left for a filter; ``screen`` and ``place`` are those from which that filter came."""

    filter: str
    grouping: Grouping | None
    folding: Folding
    screen: str
    place: Place | None = None


@dataclass
class Trail:
    """The steps from the first view to the current one."""

    steps: list[Step] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.steps)

    def add(self, step: Step) -> None:
        """Add a view that is left."""
        self.steps.append(step)

    def take(self) -> Step | None:
        """Remove the last view and return it; None if there is none."""
        return self.steps.pop() if self.steps else None

    def clear(self) -> None:
        """Remove every view."""
        self.steps.clear()
