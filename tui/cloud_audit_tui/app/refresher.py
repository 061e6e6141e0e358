"""Reads again when something changed: at once for a keystroke, a few times a second for a scan."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

REST = 0.25
"""Seconds between two reads while results arrive."""
REST_PER_WORK = 2.0
"""A read that takes long is followed by a pause of this many times its duration."""


class Refresher(Generic[T]):
    """Calls ``read`` and then ``show`` whenever something has changed; calls never overlap."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        show: Callable[[T], Awaitable[None]],
        failed: Callable[[Exception], None],
    ) -> None:
        self._read = read
        self._show = show
        self._failed = failed
        self._stale = asyncio.Event()
        self._urgent = asyncio.Event()
        self.settled = asyncio.Event()

    def changed(self, *, urgent: bool = False) -> None:
        """Ask for another read; ``urgent`` when the user waits for it."""
        self.settled.clear()
        self._stale.set()
        if urgent:
            self._urgent.set()

    async def keep(self) -> None:
        """Read and show until cancelled; a failed read is reported, and the next change reads again."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._urgent.clear()
            began = clock()
            try:
                await self._show(await self._read())
            except Exception as error:
                self._failed(error)
            if not self._stale.is_set():
                self.settled.set()
            with suppress(TimeoutError):
                rest = max(REST, REST_PER_WORK * (clock() - began))
                await asyncio.wait_for(self._urgent.wait(), rest)
