"""Every screen that a key opens comes by its key, once, and goes by Esc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.app.screens.history import HistoryScreen
from cloud_audit_tui.app.screens.mutes import MutesScreen
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.screens.timings import TimingsScreen
from each_row import each_row

if TYPE_CHECKING:
    from app.conftest import Stage
    from cloud_audit_tui.model import Finding


async def test_a_key_opens_its_screen_and_esc_leaves_it(stage: Stage, sample: list[Finding]) -> None:
    screens = {"0": OverviewScreen, "h": HistoryScreen, "ctrl+o": MutesScreen, "T": TimingsScreen}
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        with each_row() as row:
            for key, screen in screens.items():
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda: isinstance(app.screen, screen))  # noqa: B023
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
