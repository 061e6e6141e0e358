"""The clock of the embedded AWS, which goes on only when a script or a waiter sleeps.

Work that takes an hour is then done after an hour of the script's own waiting, and no test sleeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Clock:
    """Seconds since the account was emptied, when things were made, and what is due later.

    ``work_takes`` is how many seconds AWS needs for long work, such as a snapshot; 0 is none.
    """

    now: float = 0
    work_takes: float = 0
    _made: dict[tuple[str, str], float] = field(default_factory=dict)
    _due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def advance(self, seconds: float) -> None:
        """Let time pass, and do what became due."""
        self.now += seconds
        due = [entry for entry in self._due if entry[0] <= self.now]
        self._due = [entry for entry in self._due if entry[0] > self.now]
        for _, finish in sorted(due, key=lambda entry: entry[0]):
            finish()

    def make(self, kind: str, name: str) -> None:
        """Note that something is made now."""
        self._made[kind, name] = self.now

    def age(self, kind: str, name: str) -> float:
        """Return how many seconds ago something was made, infinity where that was before the rehearsal."""
        return self.now - self._made.get((kind, name), -math.inf)

    def work(self, resource: Any, attribute: str, meanwhile: str, afterwards: str) -> None:
        """Give a resource one status while long work goes on, and another one when it is done."""
        if self.work_takes:
            setattr(resource, attribute, meanwhile)
            self.later(lambda: setattr(resource, attribute, afterwards))

    def later(self, finish: Callable[[], None]) -> None:
        """Do something when the long work of now is done."""
        self._due.append((self.now + self.work_takes, finish))
