"""Drawing that follows what is wanted: one step at a time, and no step broken off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Latest:
    """Takes steps until nothing is left to do, never two at once and never half of one.

    A step does what is wanted by now and returns whether there was anything to do. Textual's own tasks
    wait for the widgets that a step removes, so a step that is cancelled would take the app with it: this
    is why the steps have a task that nobody else waits for directly.
    """

    def __init__(self, step: Callable[[], Awaitable[bool]]) -> None:
        self._step = step
        self._steps: asyncio.Task[None] | None = None

    def begin(self) -> asyncio.Task[None]:
        """Begin to take steps, unless they are being taken already."""
        if self._steps is None or self._steps.done():
            self._steps = asyncio.create_task(self._take_steps())
        return self._steps

    async def done(self) -> None:
        """Return once nothing is left to do; who stops waiting stops no step."""
        await asyncio.shield(self.begin())

    async def _take_steps(self) -> None:
        while await self._step():
            pass
