"""Notifications cover nothing, go by a key, and can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets._toast import Toast

from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.message_log import KEPT, MessageLog, PastNotice
from cloud_audit_tui.app.screens.messages import MessagesScreen
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from each_row import each_row

if TYPE_CHECKING:
    from textual.pilot import Pilot

LONG = "A notification with a long text. " * 8


async def say(stage: Any, pilot: Any, *texts: str) -> None:
    for number, text in enumerate(texts):
        pilot.app.notify(text, title=f"Title {number}", severity="warning", timeout=60, markup=False)
    await stage.until(pilot, lambda: len(pilot.app.screen.query(Toast)) == len(texts))
    await pilot.pause()


async def test_no_notification_covers_what_is_read(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=(60, 15), notifications=True) as (app, pilot):
        with each_row() as row:
            for size in ((60, 15), (80, 24), (120, 40), (200, 50)):
                with row(size):
                    app.clear_notifications()
                    await pilot.resize_terminal(*size)
                    await pilot.pause()
                    await say(stage, pilot, "one", LONG)
                    regions = [toast.region for toast in app.screen.query(Toast) if toast.region.height]
                    assert regions
                    for part in (FindingsTable, Detail, KeyBar):
                        region = app.main.query_one(part).region
                        assert not any(region.overlaps(each) for each in regions), part
                    assert app.main.query_one(FindingsTable).size.height >= 1
                    assert "A notification with a long text." in stage.screen_text(app)


async def test_a_key_removes_them(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=(120, 40), notifications=True) as (app, pilot):
        app.clear_notifications()
        await pilot.pause()
        before = app.main.query_one(Detail).region
        with each_row() as row:
            for key in ("z", "f8"):
                with row(key):
                    await say(stage, pilot, "one", "two")
                    assert app.main.query_one(Detail).region != before
                    await pilot.press(key)
                    await stage.until(pilot, lambda: not app.screen.query(Toast))
                    await stage.until(pilot, lambda: app.main.query_one(Detail).region == before)
            with row("f8 in a dialog"):
                await pilot.resize_terminal(80, 24)
                await pilot.press("s")
                await stage.until(pilot, lambda: isinstance(app.screen, SortPicker))
                await say(stage, pilot, "one")
                (toast,) = app.screen.query(Toast)
                assert not toast.region.overlaps(app.screen.query_one(".frame").region)
                await pilot.press("f8")
                await stage.until(pilot, lambda: not app.screen.query(Toast))


async def test_without_any_it_says_so(stage: Any) -> None:
    async with stage.app().run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pilot.app.session.messages._notices.clear()
        await pilot.press("N")
        await stage.until(pilot, lambda: "There was no notification" in stage.screen_text(pilot.app))


def test_only_so_many_are_kept() -> None:
    log = MessageLog()
    for number in range(KEPT + 5):
        log.add(PastNotice(float(number), "", str(number), "information"))
    assert len(list(log.newest_first())) == KEPT
    assert next(log.newest_first()).text == str(KEPT + 4)


async def test_capital_n_shows_them_again_newest_first_and_every_key_works(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=(80, 24), notifications=True) as (app, pilot):
        for number in range(60):
            app.session.messages.add(PastNotice(float(number), "", f"number {number}", "information"))
        app.clear_notifications()
        await pilot.pause()
        await say(stage, pilot, "the older", "the newer [/x]")
        for close in ("escape", "q", "N"):
            await pilot.press("N")
            await stage.until(pilot, lambda: isinstance(app.screen, MessagesScreen))
            # A notification takes lines from the page until it goes.
            app.clear_notifications()
            await stage.until(pilot, lambda: not app.screen.query(Toast))
            await pilot.pause()
            if close == "escape":
                text = stage.screen_text(app)
                assert text.index("the newer [/x]") < text.index("the older")
                assert "Title 1" in text
                await press_every_key(pilot)
            await pilot.press(close)
            await stage.until(pilot, lambda: app.screen is app.main)


async def press_every_key(pilot: Pilot[None]) -> None:
    """Press each key that scrolls, and assert where the page is."""
    scroll = pilot.app.screen.query_one("#messages")
    for key, top in (
        ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("pagedown", "page"), ("ctrl+u", 0),
        ("ctrl+d", "page"), ("pageup", 0), ("space", "page"), ("home", 0), ("end", "end"),
        ("G", "end"),
    ):  # fmt: skip
        await pilot.press(key)
        await pilot.pause()
        tops: dict[int | str, int] = {"page": scroll.size.height, "end": scroll.max_scroll_y}
        assert scroll.scroll_y == (tops[top] if isinstance(top, str) else top), key
