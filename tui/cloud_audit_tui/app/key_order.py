"""Makes keys act in the order in which they were pressed, however fast they come."""

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
"""Seconds after which the previous key counts as handled."""
LONGEST_WAIT = 0.5
"""The most seconds that a key waits, so that work in a widget never blocks the keys."""
LONGEST_READ = 10.0
"""The most seconds that a key waits for the marks on which it acts, unless it only moves."""
POLL_SECONDS = 0.005
"""Seconds between two checks of the work that the previous key started."""
EDITING = {"backspace", "delete", "left", "right"}
"""The keys other than characters that edit a text field."""
ROUNDS = 3
"""A key's message, the message that it causes in the same widget, and the message that this one causes."""


class KeyOrder:
    """Holds a key back until the app has handled the previous key.

    Textual sends a key to the widget that has the focus when the key comes. The effect of the previous key
    comes later, through the queue of a widget: after ``/`` a quick letter would still go to the table, after
    Enter to the filter, and a key with priority would overtake letters typed before it. Keys that only move
    or type are not held back, because they change neither the focus nor the screen.
    """

    def __init__(
        self,
        app: App[Any],
        awaited: Container[str],
        marking: str,
        moving: Container[str],
        begun: asyncio.Event,
    ) -> None:
        """Hold keys back until ``begun`` is set, so that keys typed ahead reach the complete first screen.

        Keys also wait for work of the groups ``awaited``, which opens a dialog after a read, and for work of
        the group ``marking``, which sets the marks after one. ``moving`` are the keys that only move a cursor
        or scroll outside of a text field.
        """
        self._app = app
        self._awaited = awaited
        self._marking = marking
        self._moving = moving
        self._begun = begun
        self._only_moved = False
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._released: deque[events.Key | events.Paste] = deque()
        self._task: asyncio.Task[None] | None = None
        self._target: DOMNode | None = None
        self._screen: Screen[Any] | None = None
        self._work: Container[Worker[Any]] = ()
        self._at = 0.0

    def holds(self, key: events.Key | events.Paste) -> bool:
        """Return whether the key is held back; if so, it is posted to the app again when it is due."""
        now = time.monotonic()
        is_due = bool(self._released) and key is self._released[0]
        is_recent = now - self._at < RECENT_SECONDS
        if not is_due and (self._task is not None or is_recent or not self._begun.is_set()):
            self._waiting.append(key)
            if self._task is None:
                self._task = asyncio.create_task(self._release(), name="key order")
            return True
        if is_due:
            self._released.popleft()
        self._at = now
        self._only_moved = self._only_moves(key)
        self._target = self._app.focused or self._app.screen
        self._screen = self._app.screen
        self._work = frozenset(self._app.workers)
        return False

    def stop(self) -> None:
        """Drop the keys that are held back."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _release(self) -> None:
        try:
            await self._begun.wait()
            while self._waiting:
                key = self._waiting[0]
                only_moves = self._only_moves(key)
                if not (self._only_moved and only_moves):
                    await _at_most(LONGEST_WAIT, self._settled())
                if not only_moves:
                    await _at_most(LONGEST_READ, self._marked())
                self._waiting.popleft()
                self._released.append(key)
                self._app.post_message(key)
                await _at_most(LONGEST_WAIT, _passed(self._app))
        finally:
            self._task = None

    async def _settled(self) -> None:
        """Wait until the messages caused by the last key are handled, also on a screen that it opened."""
        if self._target is not None:
            await _passed_from(self._target)
        while self._app.screen is self._screen and self._is_at_work():  # noqa: ASYNC110 - no event covers both
            await asyncio.sleep(POLL_SECONDS)
        if self._app.screen is not self._screen:
            await _passed_from(self._app.screen)

    async def _marked(self) -> None:
        """Wait for all marks that are still read from the store, whichever key asked for them."""
        while any(worker.group == self._marking and not worker.is_finished for worker in self._app.workers):  # noqa: ASYNC110 - a worker has no event
            await asyncio.sleep(POLL_SECONDS)

    def _only_moves(self, key: events.Key | events.Paste) -> bool:
        """Return whether a key changes neither the focus nor the screen: it moves a cursor, or types."""
        if not isinstance(key, events.Key):
            return False
        if isinstance(self._app.focused, Input):
            return key.is_printable or key.key in EDITING
        return key.key in self._moving

    def _is_at_work(self) -> bool:
        """Return whether work that the key has started is not done, and has opened no dialog yet."""
        return any(
            worker.group in self._awaited and not worker.is_finished and worker not in self._work
            for worker in self._app.workers
        )


async def _at_most(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Wait for work, but not so long that keys seem lost: then they go to the focused widget."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


async def _passed_from(node: DOMNode) -> None:
    for _ in range(ROUNDS):
        for each in node.ancestors_with_self:
            await _passed(each)


async def _passed(pump: MessagePump) -> None:
    """Wait until a message pump has handled the messages that are queued now."""
    passed = asyncio.Event()
    if pump.call_later(passed.set):
        await passed.wait()
