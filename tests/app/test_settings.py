"""The user's theme and keys hold in the app and in its help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.app.presentation.themes import OWN_THEMES, theme_names
from each_row import each_row

if TYPE_CHECKING:
    import pytest

    from app.conftest import Stage


async def test_a_key_of_the_user_takes_the_place_of_ours(stage: Stage) -> None:
    async with stage.app(keymap={"open_help": "f1"}).run_test(size=(120, 60)) as pilot:
        await pilot.press("question_mark")
        assert "Keys" not in stage.screen_text(pilot.app)
        await pilot.press("f1")
        await stage.settled(pilot)
        assert "Show every key" in stage.screen_text(pilot.app)
        assert "f1" in stage.screen_text(pilot.app)


async def test_each_theme_of_ours_can_be_set(stage: Stage) -> None:
    with each_row() as row:
        for theme in OWN_THEMES:
            with row(theme.name):
                assert stage.app(theme=theme.name).current_theme.name == theme.name
    assert len(theme_names()) == len(set(theme_names()))


async def test_the_bell_rings_at_the_end_of_a_long_scan_when_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with each_row() as row:
        for bell, ends in ((True, ((31.0, 1), (29.0, 0))), (False, ((31.0, 0),))):
            app = stage.app(bell=bell)
            bells: list[None] = []
            monkeypatch.setattr(app, "bell", partial(bells.append, None))
            async with app.run_test() as pilot:
                for elapsed, rung in ends:
                    with row((bell, elapsed)):
                        bells.clear()
                        app.clear_notifications()
                        before = len(stage.scans)
                        await pilot.press("r")
                        await stage.until(pilot, lambda: len(stage.scans) > before)  # noqa: B023
                        await stage.until(pilot, lambda: app.session.jobs.scanning)  # noqa: B023
                        end = msgspec.structs.replace(stage.finished("s"), elapsed=elapsed)
                        stage.scan.say(stage.started("s"), stage.ready(), end)
                        await stage.until(pilot, lambda: "Scan" in stage.notices(app))  # noqa: B023
                        assert len(bells) == rung
