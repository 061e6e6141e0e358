"""A failure that nobody foresaw, beside the keys or in a handler, is told and leaves the app at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from textual.screen import Screen
from textual.widgets import Input, Static, Tab, Tabs

from app.senseless import fails
from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.export import ExportDialog
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.screens.mutes import MutesScreen
from each_row import each_row
from single_screen import host, text_of  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult

    from app.conftest import Stage
    from cloud_audit_tui.model import Finding

SIZE = (120, 40)


@pytest.fixture
def removed_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory that has been removed."""
    directory = tmp_path / "removed"
    directory.mkdir()
    monkeypatch.chdir(directory)
    directory.rmdir()


async def test_a_failure_behind_a_screen_a_dialog_or_the_filter_is_told_and_leaves_it_open(
    stage: Stage, sample: Sequence[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    app_room = "cloud_audit_tui.app"
    async with stage.opened(sample, size=SIZE, notifications=True) as (app, pilot):

        async def is_told(times: int = 1) -> None:
            words = "these data [/x] make no sense"
            await stage.until(pilot, lambda: stage.notices(app).count(words) == times)

        with each_row() as row:
            with row("a screen that cannot read"), monkeypatch.context() as patch:
                patch.setattr(f"{app_room}.screens.mutes.review", fails)
                await pilot.press("ctrl+o")
                await is_told()
                assert isinstance(app.screen, MutesScreen)
                await pilot.press("escape")
            app.clear_notifications()
            with row("a dialog that cannot write"), monkeypatch.context() as patch:
                patch.setattr(f"{app_room}.actions.save.check_writable", fails)
                await pilot.press("w")
                await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
                for times in (1, 2):
                    await pilot.press("enter")
                    await is_told(times)
                assert isinstance(app.screen, SaveDialog)
                await pilot.press("escape")
            app.clear_notifications()
            with row("a screen that cannot open"), monkeypatch.context() as patch:
                patch.setattr(f"{app_room}.app._screens", fails)
                await pilot.press("h")
                await is_told()
                assert app.main.is_current
            app.clear_notifications()
            with row("a scan that is dropped while the history is read"), monkeypatch.context() as patch:
                patch.setattr(stage.store, "scan_counts", lambda _profiles: {})
                await pilot.press("h")
                await stage.until(pilot, lambda: "2026-03-14" in stage.screen_text(app))
                assert "111122223333" in stage.screen_text(app)
                assert "IndexError" not in stage.notices(app)
                await pilot.press("escape")
            with row("a filter whose end cannot be suggested"), monkeypatch.context() as patch:
                patch.setattr(f"{app_room}.widgets.filter_bar.completions", fails)
                await pilot.press("slash", *"sev")
                await stage.until(pilot, lambda: app.session.view.filter == "sev")
            assert app.crash is None


async def test_a_long_scan_whose_end_cannot_be_described(
    stage: Stage, sample: Sequence[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.past_scan(sample)
    app = stage.app(scan_on_open=True, desktop_notifications=True)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        await stage.settled(pilot)
        monkeypatch.setattr("cloud_audit_tui.app.presentation.notices.scan_notice", fails)
        stage.scan.say(stage.started(), msgspec.structs.replace(stage.finished(), elapsed=60.0))
        await stage.until(pilot, lambda: "make no sense" in stage.notices(app))
        await stage.settled(pilot)
        assert app.crash is None


@pytest.mark.usefixtures("removed_directory")
async def test_a_dialog_for_a_file_opens_where_the_directory_is_gone(
    stage: Stage, sample: Sequence[Finding]
) -> None:
    async with stage.opened(sample, size=SIZE) as (app, pilot):
        with each_row() as row:
            for key, dialog in (("w", SaveDialog), ("x", ExportDialog)):
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda: isinstance(app.screen, dialog))  # noqa: B023
                    await stage.until(pilot, lambda: app.screen.is_mounted)
                    await pilot.pause()
                    assert app.screen.query_one("#path", Input).value.startswith("~/cloud-audit-")
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)


@pytest.mark.usefixtures("removed_directory")
async def test_a_text_can_be_written_where_the_directory_is_gone(host: Callable[..., Any]) -> None:  # noqa: F811
    app = host(CopyText("A script", "true\n", "fix.sh"))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("w")
        assert app.subject.query_one("#path", Input).value == "~/fix.sh"


async def test_what_mounts_while_the_app_exits_is_no_fault(stage: Stage, sample: Sequence[Finding]) -> None:
    class Late(Screen[None]):
        def compose(self) -> ComposeResult:
            yield Static("late")

        def on_mount(self) -> None:
            self.query_one(Static)

    async with stage.opened(sample, size=SIZE) as (app, _):
        # The active tab is looked for as they mount, and is not there.
        app.screen.mount(Tabs(Tab("late", id="late"), active="late"))
        app.exit()
        app.push_screen(Late())
    assert (app.crash, app.return_code) == (None, 0)
