"""Caches the counts of profiles, which every key press needs and only a commit changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.store.view import Counts


class RememberedCounts:
    """Counts by profiles, dropped at the next commit by any process."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """``connect`` opens a separate connection, because SQLite counts versions per connection."""
        self._connect = connect
        self._watcher: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._version = -1
        self._counts: dict[tuple[str, ...], Counts] = {}

    def of(self, profiles: Sequence[str], read: Callable[[], Counts]) -> Counts:
        """Return the counts of profiles, read again if the file has changed."""
        names = tuple(profiles)
        # The version is read before the counts, so a commit in between makes the next call read again.
        version, counts = self._look(names)
        if counts is None:
            counts = read()
            with self._lock:
                if version == self._version:
                    self._counts[names] = counts
        return counts

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

    def _look(self, names: tuple[str, ...]) -> tuple[int, Counts | None]:
        with self._lock:
            if self._watcher is None:
                self._watcher = self._connect()
            [(version,)] = self._watcher.execute("PRAGMA data_version")
            if version != self._version:
                self._version = version
                self._counts.clear()
            return version, self._counts.get(names)
