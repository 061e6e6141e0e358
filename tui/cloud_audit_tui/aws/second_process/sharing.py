"""Decides when a scan starts a second process, and which calls that process makes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cloud_audit_tui.aws.concurrency import WITH_TIME, WITH_TWO_PROCESSES
from cloud_audit_tui.aws.second_process import spare
from cloud_audit_tui.aws.second_process.connection import SecondProcess
from cloud_audit_tui.aws.second_process.load import BusyTime, Load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.aws.allow_list import AllowList
    from cloud_audit_tui.aws.call_limits import CallLimits
    from cloud_audit_tui.aws.concurrency import Limits, Window
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.timings import CallTimes

LOOK_EVERY = 0.05
"""Seconds between two looks at the load."""
SATURATED = 0.85
"""Share of the time in which a saturated process has work."""
START_COST = 0.4
"""Seconds of CPU that the second process uses until its first answer: imports, sessions, clients."""
SPARE_START_COST = 0.1
"""And one that was forked before the scan, which imports nothing."""
PAYS_FROM = 4
"""Multiple of its start cost that the calls still to make must cost.

The second process makes half of them, and none while it starts; the machine computes its start in addition.
"""
WIDER_FROM = 0.4
"""Seconds of CPU that the calls still to make must cost before the windows are widened for one process."""
WORTH_A_CLIENT = 64
"""Calls waiting for one service and region that are worth a client in the second process."""
BALANCED_OVER = 0.5
"""Seconds of the past, at least, whose work of both processes is balanced."""
FIRST_GUESS = 0.001
"""Seconds of work for a call, until the second process has made some."""


class _Worked(NamedTuple):
    """How many seconds the second process and this one had worked at a time."""

    at: float = 0.0
    away: float = 0.0
    at_home: float = 0.0


class CallSharing:
    """Watches the load of a scan, and hands calls to a second process once that pays.

    It pays when this process is saturated, and when the calls that wait and those that listed resources still
    need will cost several times the start, by the CPU time that calls have cost so far. ``limits`` has the
    windows and the lists. With one of ``cores`` it only widens the windows while this process has time.
    """

    def __init__(self, limits: Limits, cores: int) -> None:
        self._limits = limits
        self._cores = cores
        self._process: SecondProcess | None = None
        self._watching: asyncio.Task[None] | None = None
        self._busy = BusyTime()
        self._earlier = self._later = _Worked()
        self._at_home = 0
        self._clients: set[tuple[str, str, str]] = set()

    def open(self, reads: AllowList, call_limits: CallLimits, times: CallTimes) -> None:
        """Begin to watch the load; the second process may make these reads. ``times`` are of all calls."""
        self._watching = asyncio.create_task(self._watch(reads, call_limits, times))

    async def close(self) -> None:
        """End the second process, or its start."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._process is not None:
            await self._process.close()

    def release(self, profile: Profile) -> None:
        """Close the clients of a profile that makes no call now."""
        self._clients = {key for key in self._clients if key[0] != profile.name}
        if self._process is not None:
            self._process.release(profile)

    def process_for(
        self, profile: Profile, region: str, service: str, window: Window
    ) -> SecondProcess | None:
        """Return the second process if it should make the next call of a client; None for this process."""
        process = self._process
        if process is None or process.has_ended or profile.root.mfa:
            return None
        key = (profile.name, region, service)
        if key not in self._clients:
            if window.waiting < WORTH_A_CLIENT:
                return None
            self._clients.add(key)
        # A process that waits for a core is behind as well, so it is the time with work that is balanced.
        cost = process.busy / process.answers if process.answers else FIRST_GUESS
        busy_away, busy_at_home = self._recently_busy(process)
        away = busy_away + process.in_flight * cost
        at_home = busy_at_home + self._at_home * cost
        return process if away <= at_home else None

    def _recently_busy(self, process: SecondProcess) -> tuple[float, float]:
        """Return how long the second process and this one have had work in the last `BALANCED_OVER` or two.

        What came before does not count: a process that was busier then has a whole core now.
        """
        now, away, at_home = time.monotonic(), process.busy, self._busy.seconds()
        if now - self._later.at >= BALANCED_OVER:
            self._earlier, self._later = self._later, _Worked(now, away, at_home)
        return away - self._earlier.away, at_home - self._earlier.at_home

    @contextmanager
    def made_at_home(self) -> Iterator[None]:
        """Count a call that this process makes."""
        self._at_home += 1
        try:
            yield
        finally:
            self._at_home -= 1

    async def _watch(self, reads: AllowList, call_limits: CallLimits, times: CallTimes) -> None:
        load = Load()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            busy = load.look()
            to_compute = self._limits.pending(WORTH_A_CLIENT) * times.cpu_of_a_call()
            if busy < SATURATED:
                # This process has time for more calls than are in flight.
                if to_compute >= WIDER_FROM:
                    self._limits.widen(WITH_TIME)
                continue
            start_cost = SPARE_START_COST if spare.is_at_hand() else START_COST
            if self._cores > 1 and to_compute >= PAYS_FROM * start_cost:
                break
        # Without a second process the scan takes longer, and that is all.
        with contextlib.suppress(OSError):
            self._process = await SecondProcess.start(reads.names, call_limits)
            self._busy = BusyTime()
            self._earlier = self._later = _Worked(time.monotonic())
            self._limits.widen(WITH_TWO_PROCESSES)
