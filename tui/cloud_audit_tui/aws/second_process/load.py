"""How busy a thread is, and how many cores this process may use."""

from __future__ import annotations

import os
import time
from pathlib import Path

_SCHEDULER = Path("/proc/thread-self/schedstat")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_NANOSECOND = 1e-9
ASK_EVERY = 0.01
"""Seconds between two questions of `BusyTime` to the system."""


class Load:
    """Tells how busy the thread that asks is.

    A thread that waits for a core is as busy as one that runs: other programs have the core. Where the system
    does not say how long it waits, only its running counts.
    """

    def __init__(self) -> None:
        self._last = self._times()

    def look(self) -> float:
        """Return the share of the time since the last look in which the thread had work."""
        before, self._last = self._last, self._times()
        wall, busy = (now - then for now, then in zip(self._last, before, strict=True))
        return busy / wall if wall > 0 else 0.0

    def _times(self) -> tuple[float, float]:
        return time.monotonic(), busy_seconds()


class BusyTime:
    """How long this thread has had work since the first look, good for a decision at every call.

    Asking the system takes as long as reading a small response, so it is asked now and then.
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
    """Return how long this thread has had work until now."""
    return time.thread_time() + _waited_for_a_core()


def _waited_for_a_core() -> float:
    try:
        return int(_SCHEDULER.read_text().split()[1]) * _NANOSECOND
    except (OSError, ValueError, IndexError):
        return 0.0


def available_cores() -> int:
    """Return the cores that this process may use: its affinity, within the quota of its container."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        # There is no quota, or it is "max".
        return cores
