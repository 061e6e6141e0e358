"""A screen is laid out when the app has nothing else to do, and not again for the size that it has.

Textual lays a screen out a sixtieth of a second after a widget asks for it. What a busy app does next asks
again: an app that opens would be laid out sixteen times.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.screen import UPDATE_PERIOD, Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from textual.geometry import Size
    from textual.timer import Timer

_MOST_TURNS = 50
"""How often the event loop may turn before a screen is laid out all the same."""
_QUIET_TURNS = 2

_waiting: set[asyncio.Task[Any] | None] = set()
"""The tasks that wait for rest, which keep the event loop busy themselves."""


def lay_out_late(patch: pytest.MonkeyPatch) -> None:
    """Let screens wait with their layout."""
    patch.setattr(Screen, "_update_timer", property(_update_timer))
    patch.setattr(Screen, "_screen_resized", _resizing(Screen._screen_resized))


async def rests(most_turns: int) -> bool:
    """Wait until the event loop runs only those that wait for it, and say whether that came about."""
    ready: Any = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    task = asyncio.current_task()
    _waiting.add(task)
    try:
        quiet = 0
        for _ in range(most_turns):
            await asyncio.sleep(0)
            quiet = 0 if len(ready) >= len(_waiting) else quiet + 1
            if quiet == _QUIET_TURNS:
                return True
    finally:
        _waiting.discard(task)
    return False


def _update_timer(screen: Any) -> Timer:
    async def update() -> None:
        await rests(_MOST_TURNS)
        screen._on_timer_update()

    if screen._Screen__update_timer is None:
        screen._Screen__update_timer = screen.set_interval(
            UPDATE_PERIOD, update, name="screen_update", pause=True
        )
    timer: Timer = screen._Screen__update_timer
    return timer


def _resizing(resize: Callable[[Any, Size], None]) -> Callable[[Any, Size], None]:
    def resized(screen: Any, size: Size) -> None:
        if size != screen._size or size != screen._compositor.size:
            resize(screen, size)

    return resized
