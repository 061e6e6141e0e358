"""Merges the items of concurrent tasks into one stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")


class _End:
    """Marks the end of a channel."""


_END = _End()


class Channel(Generic[T]):
    """A queue whose stream ends with the task that fills it.

    ``size`` items may wait for the consumer before `put` waits too.
    """

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[tuple[T, bool] | _End] = asyncio.Queue()
        self._slots = asyncio.Semaphore(size)

    async def put(self, item: T) -> None:
        """Add an item; waits while the channel is full."""
        await self._slots.acquire()
        self._queue.put_nowait((item, True))

    def put_now(self, item: T) -> None:
        """Add an item without waiting, even beyond the size; for callbacks and rare items."""
        self._queue.put_nowait((item, False))

    async def drain(self, work: asyncio.Task[None]) -> AsyncGenerator[T, None]:
        """Yield every item until ``work`` is done; never raises exceptions of ``work``.

        A consumer that closes the stream early cancels ``work`` and waits for its end.
        """
        work.add_done_callback(lambda _: self._queue.put_nowait(_END))
        try:
            while not isinstance(entry := await self._queue.get(), _End):
                item, has_slot = entry
                if has_slot:
                    self._slots.release()
                yield item
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
