"""Small frictions of a first user: without a profile, keys lead somewhere."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.welcome import Welcome
from each_row import each_row

TALL = (120, 40)


async def test_without_any_profile_a_key_leads_to_what_to_do(stage: Any) -> None:
    app = stage.app(selected=(), profiles=[])
    async with app.run_test(size=TALL) as pilot:
        with each_row() as row:
            for key in ("p", "r"):
                with row(key):
                    await stage.until(pilot, lambda: isinstance(app.screen, Welcome))
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    await stage.settled(pilot)
                    assert "No AWS credentials on this machine" in stage.screen_text(app)
                    await pilot.press(key, key)
                    await stage.until(pilot, lambda: isinstance(app.screen, Welcome))
                    await pilot.pause()
                    assert "aws configure sso" in stage.screen_text(app)
                    assert len(app.screen_stack) == 3


async def test_with_profiles_and_none_chosen_a_key_lists_them(stage: Any) -> None:
    app = stage.app(selected=())
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        with each_row() as row:
            for key in ("p", "r"):
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
