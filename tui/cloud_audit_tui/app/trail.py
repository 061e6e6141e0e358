"""The views that the user has left through a filter from a screen, so that a key goes back to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloud_audit_tui.store.folding import Folding, Grouping


@dataclass(frozen=True)
class Step:
    """A view that was left for a filter; ``screen`` is the screen from which that filter came."""

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
        """Add a view that is left."""
        self.steps.append(step)

    def take(self) -> Step | None:
        """Remove the last view and return it; None if there is none."""
        return self.steps.pop() if self.steps else None

    def clear(self) -> None:
        """Remove every view."""
        self.steps.clear()
