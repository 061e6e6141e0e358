"""The views that the user has walked through, so that a key goes back to the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloud_audit_tui.store.folding import Folding, Grouping


@dataclass(frozen=True)
class Step:
    """A view that was left for one with a filter; ``screen`` is where that filter was chosen."""

    filter: str
    grouping: Grouping | None
    folding: Folding
    screen: str


@dataclass
class Trail:
    """The steps from the first view to the current one."""

    steps: list[Step] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.steps)

    def add(self, step: Step) -> None:
        """Remember a view that is left."""
        self.steps.append(step)

    def take(self) -> Step | None:
        """Return the last view that was left, and forget it; None at the beginning."""
        return self.steps.pop() if self.steps else None

    def clear(self) -> None:
        """Begin anew."""
        self.steps.clear()
