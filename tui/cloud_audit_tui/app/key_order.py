"""Keys act in the order in which they were pressed, however fast they come."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual import events
    from textual.app import App
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

RECENT_SECONDS = 1.0
"""After this time the key before counts as handled."""
LONGEST_WAIT = 0.5
"""Seconds for which a key waits at most, so that work in a widget never holds the keys back."""
ROUNDS = 3
"""A key's message, the message that it causes in the same widget, and the one that this causes."""


class KeyOrder:
    """Holds a key back until the app has done what the key before it does.

    Textual sends a key to the widget that has the focus when the key comes. What the key before it does is
    done later, by the queue of a widget: after ``/`` a quick letter would still go to the table, after Enter
    one to the filter, and a key with priority overtakes the letters that were typed before it.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._handed: deque[events.Key | events.Paste] = deque()
        self._task: asyncio.Task[None] | None = None
        self._target: DOMNode | None = None
        self._at = 0.0

    def holds(self, key: events.Key | events.Paste) -> bool:
        """Return whether the key is held back; if so, the app gets it again when its turn has come."""
        now = time.monotonic()
        is_due = bool(self._handed) and key is self._handed[0]
        if not is_due and (self._task is not None or now - self._at < RECENT_SECONDS):
            self._waiting.append(key)
            if self._task is None:
                self._task = asyncio.create_task(self._hand_on(), name="key order")
            return True
        if is_due:
            self._handed.popleft()
        self._at = now
        self._target = self._app.focused or self._app.screen
        return False

    def stop(self) -> None:
        """Hand on no more keys."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _hand_on(self) -> None:
        try:
            while self._waiting:
                await self._settled()
                key = self._waiting.popleft()
                self._handed.append(key)
                self._app.post_message(key)
                await self._settled(self._app)
        finally:
            self._task = None

    async def _settled(self, start: DOMNode | None = None) -> None:
        """Wait until the messages that the last key caused are handled, also on a screen that it opened."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                if start is not None:
                    await _passed(start)
                    return
                target = self._target
                if target is not None:
                    await _passed_from(target)
                screen = self._app.screen
                if target is None or screen not in target.ancestors_with_self:
                    await _passed_from(screen)
        except TimeoutError:
            # The key goes to what has the focus now.
            return


async def _passed_from(node: DOMNode) -> None:
    for _ in range(ROUNDS):
        for each in node.ancestors_with_self:
            await _passed(each)


async def _passed(pump: MessagePump) -> None:
    """Wait until a queue has come to a message that is put into it now."""
    passed = asyncio.Event()
    if pump.is_running and pump.call_later(passed.set):
        await passed.wait()
