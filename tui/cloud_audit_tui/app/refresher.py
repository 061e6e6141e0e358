"""Repeats a read after changes: at once for a keystroke, a few times a second during a scan."""

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
"""The pause after a slow read, as a multiple of its duration."""


class Refresher(Generic[T]):
    """Calls ``read`` and then ``show`` whenever something has changed; calls never overlap."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        show: Callable[[T], Awaitable[None]],
        report: Callable[[Exception], None],
    ) -> None:
        self._read = read
        self._show = show
        self._report = report
        self._stale = asyncio.Event()
        self._urgent = asyncio.Event()
        self.settled = asyncio.Event()

    def changed(self, *, urgent: bool = False) -> None:
        """Request another read; ``urgent`` if the user waits for it."""
        self.settled.clear()
        self._stale.set()
        if urgent:
            self._urgent.set()

    async def keep(self) -> None:
        """Read and show until cancelled; a failure is reported, and the next change reads again."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._urgent.clear()
            began = clock()
            try:
                await self._show(await self._read())
            except Exception as error:
                self._report(error)
            if not self._stale.is_set():
                self.settled.set()
            with suppress(TimeoutError):
                rest = max(REST, REST_PER_WORK * (clock() - began))
                async with asyncio.timeout(rest):
                    await self._urgent.wait()
