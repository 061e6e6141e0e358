"""Every key of a screen, as its table of keys names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.screens.help import HelpScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from textual.pilot import Pilot

    from cloud_audit_tui.app.keymap import Key


async def press_every_key(pilot: Pilot[Any], keys: Iterable[Key], leaving: Collection[str]) -> None:
    """Press each key but those with an ID of ``leaving``, and assert that the screen stays open."""
    screen = pilot.app.screen
    for key in keys:
        for name in key.keys.split(",") if key.id not in leaving else ():
            await pilot.press(name)
            if isinstance(pilot.app.screen, HelpScreen):
                await pilot.press("escape")
            await pilot.pause()
            assert pilot.app.screen is screen, key.id


async def leave_by_each(
    stage: Any, pilot: Pilot[Any], keys: Iterable[str], opened: Callable[[Any, Pilot[Any]], Awaitable[object]]
) -> None:
    """Press each key, assert that it leads back to the findings, and open the screen again for the next."""
    app: Any = pilot.app
    for number, key in enumerate(keys):
        if number:
            await opened(stage, pilot)
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is app.main, key
