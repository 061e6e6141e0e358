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
"""Seconds between two measurements of the load."""
SATURATED = 0.85
"""The share of the time from which a process counts as saturated."""
START_COST = 0.4
"""CPU seconds that the second process uses until its first answer: imports, sessions, clients."""
SPARE_START_COST = 0.1
"""The same for a process that was forked before the scan, which imports nothing."""
PAYS_FROM = 4
"""The multiple of its start cost that the pending calls must cost.

The second process makes half of them, but none while it starts, and its start costs CPU time too.
"""
WIDER_FROM = 0.4
"""CPU seconds that the pending calls must cost before the windows are widened for one process."""
WORTH_A_CLIENT = 64
"""The least calls waiting for one service and region for which the second process creates a client."""
BALANCED_OVER = 0.5
"""The least period in seconds over which the work of both processes is balanced."""
FIRST_GUESS = 0.001
"""The assumed seconds of work for a call until the second process has made some."""


class _BusyTimes(NamedTuple):
    """The busy seconds of the second process and of this one at a time."""

    at: float = 0.0
    remote: float = 0.0
    local: float = 0.0


class CallSharing:
    """Watches the load of a scan, and hands calls to a second process once that pays.

    It pays if this process is saturated and the pending calls, by the CPU time of the calls so far, will cost
    several times the start. ``limits`` has the windows and the pending calls. With one core it only widens
    the windows while this process has spare time.
    """

    def __init__(self, limits: Limits, cores: int) -> None:
        self._limits = limits
        self._cores = cores
        self._process: SecondProcess | None = None
        self._watching: asyncio.Task[None] | None = None
        self._busy = BusyTime()
        self._earlier = self._later = _BusyTimes()
        self._local_calls = 0
        self._clients: set[tuple[str, str, str]] = set()

    def open(self, reads: AllowList, call_limits: CallLimits, times: CallTimes) -> None:
        """Begin to watch the load; the second process may make ``reads``. ``times`` are of all calls."""
        self._watching = asyncio.create_task(self._watch(reads, call_limits, times))

    async def close(self) -> None:
        """End the second process, or its start."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._process is not None:
            await self._process.close()

    def release(self, profile: Profile) -> None:
        """Close the clients of a profile that makes no calls for now."""
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
        # A process that waits for a core falls behind too, so busy time is balanced, not CPU time.
        cost = process.busy / process.answers if process.answers else FIRST_GUESS
        busy_remote, busy_local = self._recently_busy(process)
        remote = busy_remote + process.in_flight * cost
        local = busy_local + self._local_calls * cost
        return process if remote <= local else None

    def _recently_busy(self, process: SecondProcess) -> tuple[float, float]:
        """Return the busy seconds of both processes, the second one's first, in one or two `BALANCED_OVER`.

        Earlier work does not count, because a process that was busier then may have a whole core now.
        """
        now, remote, local = time.monotonic(), process.busy, self._busy.seconds()
        if now - self._later.at >= BALANCED_OVER:
            self._earlier, self._later = self._later, _BusyTimes(now, remote, local)
        return remote - self._earlier.remote, local - self._earlier.local

    @contextmanager
    def made_locally(self) -> Iterator[None]:
        """Count a call that this process makes."""
        self._local_calls += 1
        try:
            yield
        finally:
            self._local_calls -= 1

    async def _watch(self, reads: AllowList, call_limits: CallLimits, times: CallTimes) -> None:
        load = Load()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            busy = load.look()
            to_compute = self._limits.pending(WORTH_A_CLIENT) * times.cpu_of_a_call()
            if busy < SATURATED:
                # This process has spare time for more calls in flight.
                if to_compute >= WIDER_FROM:
                    self._limits.widen(WITH_TIME)
                continue
            start_cost = SPARE_START_COST if spare.is_at_hand() else START_COST
            if self._cores > 1 and to_compute >= PAYS_FROM * start_cost:
                break
        # Without a second process the scan only takes longer.
        with contextlib.suppress(OSError):
            self._process = await SecondProcess.start(reads.names, call_limits)
            self._busy = BusyTime()
            self._earlier = self._later = _BusyTimes(time.monotonic())
            self._limits.widen(WITH_TWO_PROCESSES)
