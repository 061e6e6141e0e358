"""Small frictions of a first user: keys lead somewhere, and what failed is said."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.welcome import Welcome
from cloud_audit_tui.app.screens.help import HelpScreen
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.scan.events import Outcome
from each_row import each_row

TALL = (120, 40)


async def test_escape_goes_from_the_detail_to_the_table_and_the_help_says_so(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        table, detail = app.main.query_one(FindingsTable), app.main.query_one(Detail)
        assert table.has_focus
        for key in ("tab", "shift+tab"):
            await pilot.press(key)
            assert detail.has_focus_within
            await pilot.press(key)
            assert table.has_focus
        await pilot.press("enter")
        assert detail.has_focus_within
        await pilot.press("f1")
        await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause()
        text = stage.screen_text(app)
        assert "Detail · here" in text.splitlines()[3]
        assert "Back to the table" in text
        await pilot.press("escape", "escape")
        assert table.has_focus


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


async def test_a_failed_scan_is_not_just_no_scan_and_is_of_its_profile(stage: Any) -> None:
    app = stage.app()
    reason = "The checks could not be read: [/x] no space left."
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert "Not scanned yet" in stage.screen_text(app)
        await pilot.press("r")
        await stage.until(pilot, lambda: len(stage.scans) > 1)
        stage.scan.say(stage.started("s"), stage.finished("s", Outcome.FAILED, message=reason))
        await stage.until(pilot, lambda: "The scan failed" in stage.notices(app))
        app.clear_notifications()
        await stage.settled(pilot)
        text = stage.screen_text(app)
        assert "Not scanned yet" not in text
        assert "The last scan failed" in text.splitlines()[0]
        assert reason in text
        assert "Press r to scan again." in text
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        assert "The last scan failed" not in stage.screen_text(app)
        # A narrow terminal says so too.
        await pilot.resize_terminal(60, 20)
        stage.scan.say(stage.started("s"), stage.finished("s", Outcome.FAILED, message="x" * 90))
        await stage.until(pilot, lambda: "The last scan failed" in stage.screen_text(app))
        app.session.select_profiles(["prod"])
        await stage.settled(pilot)
        assert "The last scan failed" not in stage.screen_text(app)
