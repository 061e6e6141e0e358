"""A fault behind a handler, a timer or a query is a notification, and the keys go on to work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.scan.events import Progress, Result
from cloud_audit_tui.store.store import StoreError
from each_row import each_row

if TYPE_CHECKING:
    from textual.pilot import Pilot

pytestmark = pytest.mark.proof

TALL = (120, 40)


def fails(*_: Any, **__: Any) -> Any:
    raise TypeError("these data [/x] make no sense")


def fails_in(place: str, *_: Any, **__: Any) -> Any:
    raise TypeError(f"these data [/x] make no sense in {place}")


def corrupt(query: str, *_: Any, **__: Any) -> Any:
    raise StoreError(f"{query}: database disk image is malformed")


async def works(stage: Any, pilot: Pilot[None]) -> None:
    """See that the app lives and that its keys move what they moved before."""
    app: Any = pilot.app
    table = app.main.query_one(FindingsTable)
    await pilot.press("end")
    await stage.until(pilot, lambda: table.cursor == table.row_count - 1)
    await pilot.press("s")
    await stage.until(pilot, lambda: isinstance(app.screen, SortPicker))
    await pilot.press("escape")
    await stage.until(pilot, lambda: app.screen is app.main)


async def test_a_fault_in_what_is_drawn(stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for broken in (
                "widgets.audit_header.status_line",
                "widgets.audit_header.identity",
                "screens.main.profile_errors",
            ):
                app.clear_notifications()
                with row(broken), monkeypatch.context() as patch:
                    # The same text is not said twice in a row.
                    patch.setattr(f"cloud_audit_tui.app.{broken}", partial(fails_in, broken))
                    app.session.toggle_passes()
                    await stage.until(pilot, lambda: "make no sense" in stage.notices(app))
                    await pilot.press("r")
                    await stage.until(pilot, lambda: app.session.jobs.scanning)
                    stage.scan.say(
                        stage.started(),
                        stage.ready(),
                        Result(stage.make(20)),
                        Progress(1, 2, 3, 4.0),
                        stage.finished(),
                    )
                    await stage.until(pilot, lambda: "these data [/x] make no sense" in stage.notices(app))
                    await stage.until(pilot, lambda: "Scan complete" in stage.notices(app))
                    # Once before the scan and once in it, and not a hundred times.
                    assert stage.notices(app).count("make no sense") == 2
                    await works(stage, pilot)


async def test_a_fault_in_the_last_words_of_a_scan(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for broken in ("duration", "count"):
                app.clear_notifications()
                with row(broken), monkeypatch.context() as patch:
                    await pilot.press("r")
                    await stage.until(pilot, lambda: app.session.jobs.scanning)
                    await stage.settled(pilot)
                    patch.setattr(f"cloud_audit_tui.app.presentation.formatting.{broken}", fails)
                    stage.scan.say(stage.started(), stage.ready(), Result(stage.make(20)), stage.finished())
                    await stage.until(pilot, lambda: "make no sense" in stage.notices(app))
                    await works(stage, pilot)
                await stage.until(pilot, lambda: not app.session.jobs.scanning)


async def test_a_query_that_fails(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage.opened([stage.make(number) for number in range(300)], size=TALL, notifications=True) as (
        app,
        pilot,
    ):
        table = app.main.query_one(FindingsTable)
        queries = ("profiles", "rows", "finding", "row_ids", "counts", "row_id_of")
        with each_row() as row:
            for number, query in enumerate(queries):
                app.clear_notifications()
                if not app.main.is_current:
                    await pilot.press("escape")
                with row(query):
                    # Findings that have not been read yet.
                    table._move(40 * number)
                    await stage.settled(pilot)
                    with monkeypatch.context() as broken:
                        broken.setattr(stage.store, query, partial(corrupt, query))
                        await pilot.press("j", "a", "j", "end", "c", "p")
                        text = f"{query}: database disk image is malformed"
                        await stage.until(pilot, lambda text=text: text in stage.notices(app))
                        if query != "profiles":
                            await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
                        await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    app.main.query_one(FindingsPane).refresher.changed(urgent=True)
                    await works(stage, pilot)
                    await stage.settled(pilot)
                    assert stage.detailed(app) == stage.selected(app)


async def test_profiles_whose_states_cannot_be_read_and_regions_that_cannot_be_listed(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        with monkeypatch.context() as broken:
            broken.setattr("cloud_audit_tui.app.dialogs.profile_picker._state_cell", fails)
            await pilot.press("p")
            await stage.until(pilot, lambda: "make no sense" in stage.notices(app))
            await pilot.press("p")
            await stage.until(pilot, lambda: stage.notices(app).count("make no sense") == 2)
        await pilot.press("p")
        await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
        with monkeypatch.context() as broken:
            broken.setattr("cloud_audit_tui.app.dialogs.profile_picker._state_cell", fails)
            from cloud_audit_tui.app.session import Session

            app.screen.post_message(Session.ProfilesLearned(("prod",)))
            await stage.until(pilot, lambda: stage.notices(app).count("make no sense") == 2)
            await pilot.pause()
        await pilot.press("escape")
        await works(stage, pilot)
        app.clear_notifications()
        with monkeypatch.context() as broken:
            broken.setattr("cloud_audit_tui.app.actions.choose.region_choices", fails)
            await pilot.press("R")
            await stage.until(pilot, lambda: "make no sense" in stage.notices(app))
            await works(stage, pilot)
