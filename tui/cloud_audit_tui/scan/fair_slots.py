"""Slots that are shared fairly, so that an account with many regions does not delay the others."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Hashable


class FairSlots:
    """At most ``size`` holders at a time; waiting owners take turns."""

    def __init__(self, size: int) -> None:
        self._free = size
        # The first owner has the next turn.
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def hold(self, owner: Hashable) -> AsyncGenerator[None, None]:
        """Hold a slot; waits for the owner's turn."""
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait(owner)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, owner: Hashable) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The turn came together with the cancellation.
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            owner, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            del self._waiting[owner]
            if turns:
                self._waiting[owner] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
