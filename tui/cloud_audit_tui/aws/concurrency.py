"""How many calls of one account, region and service are in flight: as many as AWS answers without throttling.

AWS limits the rate of each API of an account and a region, tells no client the limit, and other programs of
the account use it up too. So a window grows while calls wait for it and AWS answers, first by one for each
answer and after the first throttling by one for each round, and is halved when AWS throttles, as TCP does:
additive increase, multiplicative decrease.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Self

BOUNDS = {
    # The S3 guide, "Best practices design patterns": at least 5,500 reads a second for each prefix. AWS
    # states no lower limit for the settings of buckets, so what counts is this machine.
    "s3": (48, 64),
    # Global services with low limits, which other programs of the account need as well.
    "account": (2, 4),
    "iam": (4, 8),
    "organizations": (2, 4),
    "sts": (2, 4),
}
"""The first and the largest window of services that differ from the others."""
USUAL_BOUNDS = (8, 24)
MACHINE_BOUND = frozenset({"s3"})
"""Services whose largest window is what a busy process can compute."""
WITH_TIME = 2
"""How many times as many calls may be in flight where that process has time for more."""
WITH_TWO_PROCESSES = 8
"""And how many times where a second process computes as well."""
MOST_OF_ONE = 4
"""How many times as many one of two processes may make while the other one is busy."""
SPARE_CONNECTIONS = 8
"""Connections of a client above its largest window, for hedged calls."""
ROUND = 1.0
"""Seconds in which several throttled calls halve a window once: they were sent before it was smaller."""


def bounds_of(service: str) -> tuple[int, int]:
    """Return the first and the largest number of calls in flight for a service."""
    return BOUNDS.get(service, USUAL_BOUNDS)


def connections_of(service: str) -> int:
    """Return how many connections a client of a service may open."""
    return widened(service, MOST_OF_ONE) + SPARE_CONNECTIONS


def widened(service: str, times: int) -> int:
    """Return the largest number of calls in flight where the machine can compute so many times as many."""
    _, largest = bounds_of(service)
    return times * largest if service in MACHINE_BOUND else largest


class Window:
    """Bounds the calls in flight of one account, region and service: a context manager around each call.

    Calls get their turn in the order in which they wait.
    """

    def __init__(self, first: int, largest: int) -> None:
        self._size = float(first)
        self._largest = largest
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._was_throttled = False
        self._halved_at = -ROUND

    @property
    def size(self) -> int:
        """The number of calls that may be in flight now."""
        return int(self._size)

    @property
    def waiting(self) -> int:
        """The number of calls that wait for their turn."""
        return len(self._waiting)

    def widen(self, largest: int) -> None:
        """Allow a larger size than before.

        While AWS has throttled nothing, a full window gets it at once, and another one half of it.
        """
        was_full = self._size >= self._largest
        self._largest = largest
        if not self._was_throttled:
            self._size = float(largest) if was_full else max(self._size, largest / 2)
            self._give_turns()

    async def __aenter__(self) -> Self:
        if self._in_flight < self.size and not self._waiting:
            self._in_flight += 1
            return self
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The turn came together with the cancellation: the next call takes it.
                self._in_flight -= 1
                self._give_turns()
            else:
                self._waiting.remove(turn)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._in_flight -= 1
        self._give_turns()

    def answered(self) -> None:
        """Grow, if more calls wait: AWS answered one."""
        if self._waiting and self._size < self._largest:
            self._size += 1 / self._size if self._was_throttled else 1
            self._size = min(self._size, self._largest)

    def throttled(self) -> None:
        """Shrink: AWS throttled a call."""
        now = asyncio.get_running_loop().time()
        self._was_throttled = True
        if now - self._halved_at >= ROUND:
            self._halved_at = now
            self._size = max(1.0, self._size / 2)

    def _give_turns(self) -> None:
        while self._waiting and self._in_flight < self.size:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)


class Limits:
    """The windows of calls in flight, shared by all profiles of the same account, and what is still to do.

    ``pending_items`` counts by account the items of fetched pages that their checks have not taken yet: a
    check that pauses makes calls for each of them.
    """

    def __init__(self) -> None:
        self.pending_items: Counter[str] = Counter()
        self._windows: dict[tuple[str, str, str], Window] = {}
        self._times = 1

    def window(self, account_id: str, region: str, service: str) -> Window:
        """Return the window of one account, region and service."""
        key = (account_id, region, service)
        if key not in self._windows:
            window = self._windows[key] = Window(*bounds_of(service))
            if self._times > 1:
                window.widen(widened(service, self._times))
        return self._windows[key]

    def pending(self, at_least: int) -> int:
        """Return how many calls are known to follow in accounts with a window in which so many wait."""
        waiting: Counter[str] = Counter()
        for (account_id, _, _), window in self._windows.items():
            if window.waiting >= at_least:
                waiting[account_id] += window.waiting
        return sum(calls + self.pending_items[account_id] for account_id, calls in waiting.items())

    def widen(self, times: int) -> None:
        """Let the windows grow to so many times what a busy process can compute."""
        if times > self._times:
            self._times = times
            for (_, _, service), window in self._windows.items():
                window.widen(widened(service, times))
