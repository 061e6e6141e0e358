"""Keys that come faster than the app acts on them do what the same keys do one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from cloud_audit_tui.app.widgets.filter_bar import FilterBar
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.scan.events import InputKind, InputNeeded

from .conftest import key_event

if TYPE_CHECKING:
    from cloud_audit_tui.app.app import CloudAuditApp


def type_at_once(app: CloudAuditApp, *keys: str) -> None:
    """Send keys as a terminal does that has them all in one read."""
    for key in keys:
        app.post_message(key_event(key))


async def test_letters_after_the_slash_are_the_filter(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        type_at_once(app, "/", *"bgcaq")
        await stage.until(pilot, lambda: app.main.query_one(FilterBar).text == "bgcaq")
        assert app.screen is app.main
        assert stage.copied == []


async def test_keys_after_enter_go_to_the_table(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        type_at_once(app, "/", *"sagemaker", "enter", "j", "j", "space")
        table = app.main.query_one(FindingsTable)
        await stage.until(pilot, lambda: table.marked)
        assert app.main.query_one(FilterBar).text == "sagemaker"
        assert app.focused is table


async def test_enter_chooses_what_was_typed_before_it(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        type_at_once(app, "p", *"prod", "enter")
        await stage.until(pilot, lambda: app.session.view.profiles == ("prod",))
        await stage.until(pilot, lambda: app.screen is app.main)


async def test_a_device_may_type_a_code_and_enter_at_once(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        app.session.start_scan()
        await stage.until(pilot, lambda: len(stage.scans) == 2)
        stage.scan.say(
            stage.started("new"), InputNeeded("in-1", "locked", InputKind.MFA_CODE, "arn:aws:iam::1:mfa/x")
        )
        await stage.until(pilot, lambda: isinstance(app.screen, MfaPrompt))
        type_at_once(app, *"123456", "enter")
        await stage.until(pilot, lambda: stage.scan.answers == {"in-1": "123456"})


async def test_a_pasted_text_goes_where_the_key_before_it_leads(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        type_at_once(app, "/")
        app.post_message(events.Paste("service:s3"))
        await stage.until(pilot, lambda: app.main.query_one(Input).value == "service:s3")


async def test_keys_after_a_dialog_act_below_it(stage: Any) -> None:
    async with stage.opened([stage.make(number) for number in range(9)]) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        type_at_once(app, *["s", "escape", "j"] * 5)
        await stage.until(pilot, lambda: table.cursor == 5)
        type_at_once(app, "s", "enter", "space")
        await stage.until(pilot, lambda: table.marked)
        assert app.screen is app.main


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
