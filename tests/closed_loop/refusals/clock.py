"""The clock of the embedded AWS, which advances only when a script or a waiter sleeps.

Work that takes an hour is done after the script has waited for an hour by this clock, and no test sleeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Clock:
    """Seconds since the account was emptied, the creation times of resources, and the work that is due later.

    ``work_takes`` is how many seconds AWS needs for long work, such as a snapshot; 0 is none.
    """

    now: float = 0
    work_takes: float = 0
    _creation_times: dict[tuple[str, str], float] = field(default_factory=dict)
    _due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def advance(self, seconds: float) -> None:
        """Let time pass, and finish the work that became due."""
        self.now += seconds
        due = [entry for entry in self._due if entry[0] <= self.now]
        self._due = [entry for entry in self._due if entry[0] > self.now]
        for _, finish in sorted(due, key=lambda entry: entry[0]):
            finish()

    def make(self, kind: str, name: str) -> None:
        """Note that a resource is created now."""
        self._creation_times[kind, name] = self.now

    def age(self, kind: str, name: str) -> float:
        """Return the age of a resource in seconds; infinity if it was created before the rehearsal."""
        return self.now - self._creation_times.get((kind, name), -math.inf)

    def work(self, resource: Any, attribute: str, meanwhile: str, afterwards: str) -> None:
        """Give a resource one status while its long work goes on, and another one when the work is done."""
        if self.work_takes:
            setattr(resource, attribute, meanwhile)
            self.later(lambda: setattr(resource, attribute, afterwards))

    def later(self, finish: Callable[[], None]) -> None:
        """Call a function when the long work that starts now is done."""
        self._due.append((self.now + self.work_takes, finish))
