"""The command palette lists what the keys of a screen would do, and does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.dialogs.palette import CommandPalette, commands_of
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.keymap import APP_KEYS, GROUP_COMMANDS, MAIN_KEYS, TABLE_KEYS
from cloud_audit_tui.app.presentation.themes import theme_names
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.pick_list import PickList
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

TALL = (120, 40)


async def opened(stage: Any, pilot: Any) -> PickList:
    await pilot.press("ctrl+p")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await stage.until(pilot, lambda: pilot.app.screen.query(PickList))
    pick_list: PickList = pilot.app.screen.query_one(PickList)
    return pick_list


async def test_it_lists_every_key_but_its_own_and_keys_move_while_the_filter_takes_letters(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        command_ids = {command.id for command in commands_of(app.screen)}
        keys = (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS, *GROUP_COMMANDS)
        assert command_ids == {key.id for key in keys} - {"palette", "app.help"}
        rows = await opened(stage, pilot)
        assert {row.key for row in rows.rows if ":" not in row.key} == command_ids
        themes = {row.key.removeprefix("theme:") for row in rows.rows if row.key.startswith("theme:")}
        assert themes == set(theme_names())
        await pilot.press("down", "down", "up")
        assert rows.cursor == 1
        await pilot.press("pagedown")
        assert rows.cursor > 5
        await pilot.press("pageup")
        assert rows.cursor <= 1
        # Enter without a match leaves it open.
        await pilot.press(*"zzz", "enter")
        assert isinstance(app.screen, CommandPalette)
        assert "No command matches." in stage.screen_text(app)


async def test_it_runs_the_command_that_was_searched_for(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_audit_tui.app.screens.check_browser.whole_explanation", str)
    rows: dict[str, Callable[[Any], bool]] = {
        "browse checks": lambda app: isinstance(app.screen, CheckBrowser),
        "regions to scan": lambda app: isinstance(app.screen, RegionPicker),
        "evidence": lambda app: app.main.query_one(Detail).tab == "evidence",
        "last finding": lambda app: app.main.query_one(FindingsTable).cursor > 1,
        "dark and light": lambda app: not app.current_theme.dark,
        "theme nord": lambda app: app.theme == "nord",
        "color-blind": lambda app: app.theme == "cloud-audit-color-blind",
    }
    async with stage.opened(sample, size=TALL) as (app, pilot):
        with each_row() as row:
            for words, is_changed in rows.items():
                with row(words):
                    assert not is_changed(app)
                    await opened(stage, pilot)
                    if words == "last finding":
                        await pilot.press(*(key if key != " " else "space" for key in words))
                    else:
                        await stage.paste(pilot, words)
                    await pilot.press("enter")
                    await stage.until(pilot, lambda is_changed=is_changed: is_changed(app))
                while app.screen is not app.main:
                    await pilot.press("escape")


async def test_it_opens_once_and_the_same_key_closes_it(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        with each_row() as row:
            for key in ("ctrl+p", "escape"):
                with row(key):
                    app.action_command_palette()
                    app.action_command_palette()
                    await stage.until(pilot, lambda: isinstance(app.screen, CommandPalette))
                    assert sum(isinstance(screen, CommandPalette) for screen in app.screen_stack) == 1
                    await pilot.press(key)
                    await stage.until(pilot, lambda: app.screen is app.main)


async def test_a_group_of_profiles_is_chosen_by_name(stage: Any, sample: Any) -> None:
    stage.past_scan(sample)
    groups = {"all [/x]\x1b[31m": ["dev", "prod"], "team-b": ["prod", "gone"], "team-c": ["gone"]}
    app = stage.app(profile_groups=groups)
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        await opened(stage, pilot)
        await stage.paste(pilot, "[/x]")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.session.view.profiles == ("dev", "prod"))
        await opened(stage, pilot)
        await stage.paste(pilot, "team-b")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.session.view.profiles == ("prod",))
        assert "There is no profile gone" in stage.notices(app)
        await opened(stage, pilot)
        await stage.paste(pilot, "team-c")
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.notices(app).count("There is no profile gone") == 2)
        assert app.session.view.profiles == ("prod",)
