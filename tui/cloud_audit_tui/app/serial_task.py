"""A task that takes steps one at a time and is never cancelled in the middle of one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class SerialTask:
    """Calls ``step`` until it returns False; steps never overlap.

    A step does the newest work and returns whether there was any. Textual's own tasks wait for the widgets
    that a step removes, so a cancelled step would end the app; the steps therefore run in a task of their
    own, which nothing else awaits directly.
    """

    def __init__(self, step: Callable[[], Awaitable[bool]]) -> None:
        self._step = step
        self._steps: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Start to take steps, unless they are running; returns their task."""
        if self._steps is None or self._steps.done():
            self._steps = asyncio.create_task(self._take_steps())
        return self._steps

    async def wait(self) -> None:
        """Return once nothing is left to do; cancelling this wait cancels no step."""
        await asyncio.shield(self.start())

    async def _take_steps(self) -> None:
        while await self._step():
            pass
