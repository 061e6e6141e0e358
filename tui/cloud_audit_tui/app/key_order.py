"""Keys act in the order in which they were pressed, however fast they come."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Container, Coroutine

    from textual.app import App
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.worker import Worker

RECENT_SECONDS = 5.0
"""After this time the key before counts as handled."""
LONGEST_WAIT = 0.5
"""Seconds for which a key waits at most, so that work in a widget never holds the keys back."""
LOOK_EVERY = 0.005
"""Seconds between two looks for a dialog that is about to open."""
EDITING = {"backspace", "delete", "left", "right"}
"""The keys beside letters that a text field takes."""
ROUNDS = 3
"""A key's message, the message that it causes in the same widget, and the one that this causes."""


class KeyOrder:
    """Holds a key back until the app has done what the key before it does.

    Textual sends a key to the widget that has the focus when the key comes. What the key before it does is
    done later, by the queue of a widget: after ``/`` a quick letter would still go to the table, after Enter
    one to the filter, and a key with priority overtakes the letters that were typed before it. Keys that only
    move or type follow each other at once, since they lead nowhere else.
    """

    def __init__(
        self, app: App[Any], opening: Container[str], moving: Container[str], begun: asyncio.Event
    ) -> None:
        """Hold keys back until the first screen has ``begun``: what is typed ahead meets all its widgets.

        Keys are held back also for work of the groups ``opening``, which opens a dialog after it has read.
        ``moving`` are the keys that only move a cursor or scroll outside of a text field.
        """
        self._app = app
        self._opening = opening
        self._moving = moving
        self._begun = begun
        self._only_moved = False
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._handed: deque[events.Key | events.Paste] = deque()
        self._task: asyncio.Task[None] | None = None
        self._target: DOMNode | None = None
        self._screen: Screen[Any] | None = None
        self._work: Container[Worker[Any]] = ()
        self._at = 0.0

    def holds(self, key: events.Key | events.Paste) -> bool:
        """Return whether the key is held back; if so, the app gets it again when its turn has come."""
        now = time.monotonic()
        is_due = bool(self._handed) and key is self._handed[0]
        is_recent = now - self._at < RECENT_SECONDS
        if not is_due and (self._task is not None or is_recent or not self._begun.is_set()):
            self._waiting.append(key)
            if self._task is None:
                self._task = asyncio.create_task(self._hand_on(), name="key order")
            return True
        if is_due:
            self._handed.popleft()
        self._at = now
        self._only_moved = self._only_moves(key)
        self._target = self._app.focused or self._app.screen
        self._screen = self._app.screen
        self._work = frozenset(self._app.workers)
        return False

    def stop(self) -> None:
        """Hand on no more keys."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _hand_on(self) -> None:
        try:
            await self._begun.wait()
            while self._waiting:
                key = self._waiting[0]
                if not (self._only_moved and self._only_moves(key)):
                    await _at_most(self._settled())
                self._waiting.popleft()
                self._handed.append(key)
                self._app.post_message(key)
                await _at_most(_passed(self._app))
        finally:
            self._task = None

    async def _settled(self) -> None:
        """Wait until the messages that the last key caused are handled, also on a screen that it opened."""
        if self._target is not None:
            await _passed_from(self._target)
        while self._app.screen is self._screen and self._is_opening():  # noqa: ASYNC110 - no event tells both
            await asyncio.sleep(LOOK_EVERY)
        if self._app.screen is not self._screen:
            await _passed_from(self._app.screen)

    def _only_moves(self, key: events.Key | events.Paste) -> bool:
        """Return whether a key changes neither the focus nor the screen: it moves a cursor, or types."""
        if not isinstance(key, events.Key):
            return False
        if isinstance(self._app.focused, Input):
            return key.is_printable or key.key in EDITING
        return key.key in self._moving

    def _is_opening(self) -> bool:
        """Return whether the key has begun work that opens a dialog and has not done so yet."""
        return any(
            worker.group in self._opening and not worker.is_finished and worker not in self._work
            for worker in self._app.workers
        )


async def _at_most(work: Coroutine[Any, Any, None]) -> None:
    """Wait for something, but not so long that keys seem lost: what has the focus by then gets them."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_WAIT):
            await work


async def _passed_from(node: DOMNode) -> None:
    for _ in range(ROUNDS):
        for each in node.ancestors_with_self:
            await _passed(each)


async def _passed(pump: MessagePump) -> None:
    """Wait until a queue has come to a message that is put into it now."""
    passed = asyncio.Event()
    if pump.call_later(passed.set):
        await passed.wait()
