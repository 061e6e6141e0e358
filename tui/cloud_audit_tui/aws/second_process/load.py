"""The load of a thread, and the number of cores that this process may use."""

from __future__ import annotations

import os
import time
from pathlib import Path

_SCHEDULER = Path("/proc/thread-self/schedstat")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_NANOSECOND = 1e-9
ASK_EVERY = 0.01
"""Seconds between two reads of the system's clocks by `BusyTime`."""


class Load:
    """The load of the calling thread.

    A thread that waits for a core is as busy as one that runs. If the system does not report the wait, only
    the running time counts.
    """

    def __init__(self) -> None:
        self._last = self._times()

    def look(self) -> float:
        """Return the share of the time since the last call in which the thread had work."""
        before, self._last = self._last, self._times()
        wall, busy = (now - then for now, then in zip(self._last, before, strict=True))
        return busy / wall if wall > 0 else 0.0

    def _times(self) -> tuple[float, float]:
        return time.monotonic(), busy_seconds()


class BusyTime:
    """The busy seconds of this thread since the creation, cheap enough to read for every call.

    Reading the system's clocks takes as long as reading a small response, so they are read at intervals.
    """

    def __init__(self) -> None:
        self._began = self._latest = busy_seconds()
        self._asked_at = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds, at most `ASK_EVERY` old."""
        if (now := time.monotonic()) - self._asked_at >= ASK_EVERY:
            self._asked_at = now
            self._latest = busy_seconds()
        return self._latest - self._began


def busy_seconds() -> float:
    """Return the seconds in which this thread has had work."""
    return time.thread_time() + _waited_for_a_core()


def _waited_for_a_core() -> float:
    try:
        return int(_SCHEDULER.read_text().split()[1]) * _NANOSECOND
    except (OSError, ValueError, IndexError):
        return 0.0


def available_cores() -> int:
    """Return the number of cores that this process may use: its affinity, within its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        # There is no quota, or it is "max".
        return cores
