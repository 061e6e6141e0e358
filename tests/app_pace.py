"""The app's tests wait for what happens, and not for a clock.

Textual's pilot takes an app for idle when the process has used little CPU for 20 ms, which takes up to a
second on a loaded machine. Here an app is idle when its event loop has nothing to run. The app itself rests
before it follows a moving cursor, a typing person or a running scan; here it rests for a moment only.
"""

from __future__ import annotations

import asyncio

import pytest

FRAME = 1 / 60
"""Seconds after which Textual draws what has changed."""
A_MOMENT = 0.01
RESTS = (
    "cloud_audit_tui.app.refresher.REST",
    "cloud_audit_tui.app.scanning.ingest.BATCH_SECONDS",
    "cloud_audit_tui.app.screens.check_browser.CURSOR_PAUSE",
    "cloud_audit_tui.app.widgets.detail.CURSOR_PAUSE",
    "cloud_audit_tui.app.widgets.filter_bar.TYPING_PAUSE",
)
"""Seconds for which the app waits before it does something."""
_QUIET_TURNS = 2
_MOST_TURNS = 20_000


@pytest.fixture(autouse=True)
def quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the clocks out of the pilot and out of the app."""
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", idle)
    for rest in RESTS:
        monkeypatch.setattr(rest, A_MOMENT)


async def idle(*_: float) -> None:
    """Wait until all that was begun is done and drawn."""
    await _quiet()
    await asyncio.sleep(FRAME)
    await _quiet()


async def _quiet() -> None:
    """Wait until the event loop has nothing to run but this."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    for _ in range(_MOST_TURNS):
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
        if quiet == _QUIET_TURNS:
            return
    pytest.fail("The app never rests: something on the screen refreshes itself without end.")
