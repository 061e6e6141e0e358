"""Keys that come faster than the app acts on them do what the same keys do one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.widgets import Input

from cloud_audit_tui.app.widgets.filter_bar import FilterBar
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from each_row import each_row

from .conftest import key_event

if TYPE_CHECKING:
    from cloud_audit_tui.app.app import CloudAuditApp


def type_at_once(app: CloudAuditApp, *keys: str) -> None:
    """Send keys as a terminal does that has them all in one read."""
    for key in keys:
        app.post_message(key_event(key))


async def test_keys_go_where_the_keys_before_them_lead(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        table, field = app.main.query_one(FindingsTable), app.main.query_one(FilterBar)

        async def starts_anew() -> None:
            # What was typed last would come back.
            await stage.until(pilot, lambda: app.session.view.filter == field.text)
            table.marked.clear()
            app.session.filter_by("")
            table.focus()
            table._move(0)
            await stage.settled(pilot)

        with each_row() as row:
            with row("letters after the slash are the filter"):
                type_at_once(app, "/", *"bgcaq")
                await stage.until(pilot, lambda: field.text == "bgcaq")
                assert app.screen is app.main
                assert stage.copied == []
            await starts_anew()
            with row("keys after Enter go to the table"):
                type_at_once(app, "/", *"sage", "enter", "j", "j", "space")
                await stage.until(pilot, lambda: table.marked)
                assert field.text == "sage"
                assert app.focused is table
            await starts_anew()
            with row("a pasted text goes where the key before it leads"):
                type_at_once(app, "/")
                app.post_message(events.Paste("service:s3"))
                await stage.until(pilot, lambda: app.main.query_one(Input).value == "service:s3")
            await starts_anew()
            with row("keys after a dialog act below it"):
                type_at_once(app, *["s", "escape", "j"] * 5)
                await stage.until(pilot, lambda: table.cursor == 5)
                type_at_once(app, "s", "enter", "space")
                await stage.until(pilot, lambda: table.marked)
                assert app.screen is app.main
            await starts_anew()
            with row("Enter chooses what was typed before it"):
                type_at_once(app, "p", *"prod", "enter")
                await stage.until(pilot, lambda: app.session.view.profiles == ("prod",))
                await stage.until(pilot, lambda: app.screen is app.main)


async def test_a_key_that_is_held_down_moves_once_for_each_time(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(200)], size=(120, 40)) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        type_at_once(app, *["j"] * 150, "k", "k", "space")
        await stage.until(pilot, lambda: table.marked)
        assert table.cursor in (148, 149)
        assert len(table.marked) == 1


async def test_keys_that_come_before_the_widgets_wait_for_them(stage: Any) -> None:
    stage.past_scan([stage.make(number) for number in range(9)])
    app = stage.app()
    async with app.run_test() as pilot:
        await app._begun.wait()
        app._begun.clear()
        type_at_once(app, "/", *"bgcaq")
        await pilot.pause()
        assert app.main.query_one(FilterBar).text == ""
        app._begun.set()
        await stage.until(pilot, lambda: app.main.query_one(FilterBar).text == "bgcaq")
        assert stage.copied == []
