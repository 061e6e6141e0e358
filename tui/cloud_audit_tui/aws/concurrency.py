"""The number of calls of one account, region and service in flight: as many as AWS answers unthrottled.

AWS limits the rate of each API per account and region, does not publish the limit to clients, and counts
other programs of the account too. So a window grows while calls wait for it and AWS answers, first by one per
answer and after the first throttling by one per round, and is halved when AWS throttles, as in TCP: additive
increase, multiplicative decrease.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from typing import Self

BOUNDS = {
    # The S3 guide, "Best practices design patterns": at least 5,500 reads a second for each prefix. AWS
    # states no lower limit for the settings of buckets, so this machine is the limit.
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
"""Services whose largest window is bounded by the CPU of this process."""
WITH_TIME = 2
"""The factor of the largest window while this process has spare CPU time."""
WITH_TWO_PROCESSES = 8
"""The factor of the largest window while a second process computes too."""
MOST_OF_ONE = 4
"""The factor of the largest window of one of two processes while the other is busy."""
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
    """Return the largest number of calls in flight with a factor for the machine's spare CPU time."""
    _, largest = bounds_of(service)
    return times * largest if service in MACHINE_BOUND else largest


class Window:
    """Bounds the calls in flight of one account, region and service: a context manager around each call.

    Waiting calls get their turn in order.
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

        Unless AWS has throttled, a window at its limit gets the new size at once, and any other half of it.
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
                # The turn came together with the cancellation, so the next call gets it.
                self._in_flight -= 1
                self._give_turns()
            else:
                # A call that ended since then has dropped the turns of cancelled calls before it.
                with contextlib.suppress(ValueError):
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
    """The windows of calls in flight, shared by all profiles of an account, and the pending work.

    ``pending_items`` counts by account the items of fetched pages that checks have not taken yet, each of
    which may cause calls.
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
        """Return the number of known pending calls in accounts with a window in which so many calls wait."""
        waiting: Counter[str] = Counter()
        for (account_id, _, _), window in self._windows.items():
            if window.waiting >= at_least:
                waiting[account_id] += window.waiting
        return sum(calls + self.pending_items[account_id] for account_id, calls in waiting.items())

    def widen(self, times: int) -> None:
        """Raise the largest size of the windows by a factor."""
        if times > self._times:
            self._times = times
            for (_, _, service), window in self._windows.items():
                window.widen(widened(service, times))
