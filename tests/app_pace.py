"""The app's tests wait for what happens, and not for a clock.

Textual's pilot takes an app for idle when the process has used little CPU for 20 ms, which takes up to a
second on a loaded machine. Here an app is idle when its event loop has nothing to run. The pilot also sends a
message to each widget to learn that it has handled those before, which is half of all messages of a test;
here a widget has handled them when it waits for the next. The app itself rests
before it follows a moving cursor, a typing person or a running scan; here it rests for a moment only.
Nothing moves to where it will be: a line below tabs that slides there is drawn forty times.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from textual.pilot import Pilot, WaitForScreenTimeout

from late_layout import rests
from late_painting import paint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.message_pump import MessagePump

FRAME = 1 / 60
"""Seconds after which Textual draws what has changed."""
A_MOMENT = 0.01
A_TURN = 0.001
RESTS = (
    "cloud_audit_tui.app.login_states.KEPT_FOR",
    "cloud_audit_tui.app.refresher.REST",
    "cloud_audit_tui.app.scanning.ingest.BATCH_SECONDS",
    "cloud_audit_tui.app.screens.check_browser.CURSOR_PAUSE",
    "cloud_audit_tui.app.widgets.detail.CURSOR_PAUSE",
    "cloud_audit_tui.app.widgets.filter_bar.TYPING_PAUSE",
)
"""Seconds for which the app waits before it does something, or does not do it again."""
_MOST_TURNS = 20_000


@pytest.fixture(autouse=True)
def quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the clocks out of the pilot and out of the app."""
    monkeypatch.setattr("textual.app.wait_for_idle", laid_out)
    monkeypatch.setattr("textual.pilot.wait_for_idle", idle)
    monkeypatch.setattr("textual.pilot.Pilot._wait_for_screen", every_widget_waits)
    monkeypatch.setattr("textual.pilot.Pilot.press", _painting_after(Pilot.press))
    # A plugin of pytest has imported Textual before any conftest could set the variable for it.
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    for rest in RESTS:
        monkeypatch.setattr(rest, A_MOMENT)


async def every_widget_waits(pilot: Pilot[object], timeout: float = 30.0) -> bool:  # noqa: ASYNC109 - the pilot's own
    """Wait until each widget of the screen waits for a message, and say whether that came about."""
    app = pilot.app
    if not app._screen_stack:
        return False
    pumps = [app, *app.screen.walk_children(with_self=True)]
    end = time.monotonic() + timeout
    await handled()
    while not all(_waits(pump) for pump in pumps):
        if app._exception_event.is_set():
            return False
        if time.monotonic() > end:
            raise WaitForScreenTimeout("A widget handles a message without end.")
        await asyncio.sleep(A_TURN)
        await handled()
    return True


def _waits(pump: MessagePump) -> bool:
    """Return whether a widget has handled all that it was sent, or handles nothing any more."""
    ready: Any = pump._message_queue.ready_event
    is_waiting = bool(ready._waiters) and not ready.is_set()
    return is_waiting or pump._closing or pump._closed


def _painting_after(press: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return a `Pilot.press` that paints once for all keys, as a terminal does for one who types fast."""

    async def pressed(pilot: Pilot[object], *keys: str) -> None:
        await press(pilot, *keys)
        paint()
        await handled()

    return pressed


async def idle(*_: float) -> None:
    """Wait until all that was begun is done and drawn."""
    await laid_out()
    paint()
    await handled()


async def laid_out(*_: float) -> None:
    """Wait until all that was begun is done and has its place: Textual waits so after each key."""
    await handled()
    await asyncio.sleep(FRAME)
    await handled()


async def handled() -> None:
    """Wait until the event loop has nothing to run but this."""
    if not await rests(_MOST_TURNS):
        pytest.fail("The app never rests: something on the screen refreshes itself without end.")
