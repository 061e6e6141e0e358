"""Every key of a screen, as its table of keys names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.screens.help import HelpScreen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

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
