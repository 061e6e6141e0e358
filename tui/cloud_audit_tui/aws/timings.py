"""The time of the AWS calls by service and operation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator


MEASURED = 4
"""The first requests of an operation, whose CPU time is all measured."""
SAMPLED = 8
"""The sampling interval of later requests, because reading the clock costs a twentieth of a request."""


@dataclass
class OperationTime:
    """The calls of one operation and their seconds, summed over concurrent calls.

    ``calls`` are HTTP requests, retries and hedged ones included; ``throttled`` those that AWS throttled.
    ``queued`` is the time until a call has its turn, ``waiting`` from then until its answer, including the
    backoff between attempts. ``cpu`` is the CPU time of this process for the requests and their responses; it
    is measured for the first requests and for every `SAMPLED`th of the others.
    """

    calls: int = 0
    throttled: int = 0
    queued: float = 0.0
    waiting: float = 0.0
    cpu: float = 0.0

    async def attempt(self, call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        """Await one request and add it to ``calls`` and its CPU time to ``cpu``."""
        self.calls += 1
        if self.calls <= MEASURED:
            return await _Metered(call, self, 1)
        if self.calls % SAMPLED == 0:
            return await _Metered(call, self, SAMPLED)
        return await call

    def add(self, other: OperationTime) -> None:
        """Add the calls of another process."""
        self.calls += other.calls
        self.throttled += other.throttled
        self.queued += other.queued
        self.waiting += other.waiting
        self.cpu += other.cpu


class CallTimes:
    """The times of the calls of one job."""

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str], OperationTime] = {}

    def of(self, service: str, operation: str) -> OperationTime:
        """Return the times of one operation, which the caller may change."""
        key = (service, operation)
        if key not in self._operations:
            self._operations[key] = OperationTime()
        return self._operations[key]

    def cpu_of_a_call(self) -> float:
        """Return the mean CPU seconds of the calls so far; 0 without any."""
        calls = sum(times.calls for times in self._operations.values())
        return sum(times.cpu for times in self._operations.values()) / calls if calls else 0.0

    def operations(self) -> dict[tuple[str, str], OperationTime]:
        """Return the times of all called operations, by service and operation."""
        return {key: times for key, times in self._operations.items() if times.calls}


class _Metered:
    """An awaitable whose steps between two waits are measured by the CPU clock of this thread."""

    def __init__(self, call: Awaitable[dict[str, Any]], times: OperationTime, stands_for: int) -> None:
        self._call = call
        self._times = times
        self._stands_for = stands_for

    def __await__(self) -> Generator[Any, Any, dict[str, Any]]:
        steps = self._call.__await__()
        error: BaseException | None = None
        while True:
            began = time.thread_time()
            try:
                waited_for = next(steps) if error is None else steps.throw(error)
            except StopIteration as end:
                answer: dict[str, Any] = end.value
                return answer
            finally:
                self._times.cpu += (time.thread_time() - began) * self._stands_for
            error = None
            try:
                yield waited_for
            except BaseException as thrown:
                error = thrown
