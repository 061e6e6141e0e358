"""Merges the items of concurrent tasks into one stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

T = TypeVar("T")


async def streamed(
    fill: Callable[[Channel[T]], Coroutine[Any, Any, None]], size: int
) -> AsyncGenerator[T, None]:
    """Yield what ``fill`` puts into a channel of a size; raises at the end what ``fill`` raised."""
    channel: Channel[T] = Channel(size)
    work = asyncio.create_task(fill(channel))
    async with aclosing(channel.drain(work)) as items:
        async for item in items:
            yield item
    await work


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
            # A task that is cancelled already is closing what it opened.
            if not work.cancelling():
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
