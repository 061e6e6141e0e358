"""The way to a view is shown, and keys go back on it."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.widgets.breadcrumbs import Breadcrumbs
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.store.folding import Grouping
from each_row import each_row

TALL = (120, 40)


def way(app: Any) -> str:
    crumbs = app.main.query_one(Breadcrumbs)
    return str(crumbs.render()).strip() if crumbs.display else ""


async def walk_from_overview(stage: Any, pilot: Any) -> None:
    """Open the findings of the first row of what to fix first."""
    await pilot.press("0")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, OverviewScreen))
    await stage.until(pilot, lambda: pilot.app.screen.sums.risks)
    await pilot.pause()
    pilot.app.screen.query_one("#risks").focus()
    await pilot.press("enter")
    await stage.until(pilot, lambda: pilot.app.screen is pilot.app.main)
    await stage.settled(pilot)


async def test_the_way_is_there_only_where_it_says_something(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        assert way(app) == ""
        await pilot.press("g")
        await stage.settled(pilot)
        assert way(app) == "dev › by check"
        app.session.filter_by("severity:high+")
        await stage.settled(pilot)
        assert way(app) == "dev › severity:high+ › by check"
        assert "dev › severity:high+ › by check" in stage.screen_text(app)
        # Hostile text in it is plain.
        app.session.filter_by('"[/x]\x1b[31m"')
        await stage.settled(pilot)
        assert '"[/x]"' in way(app)
        # A short terminal keeps its lines until the way leads somewhere.
        app.session.filter_by("")
        with each_row() as row:
            for size, is_visible in (((80, 24), False), ((80, 40), True)):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await stage.settled(pilot)
                    assert bool(way(app)) is is_visible
        app.session.walk_to("severity:high", "overview")
        with each_row() as row:
            for size in ((80, 40), (80, 24)):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await stage.settled(pilot)
                    assert way(app).endswith("⌫ goes back")
        # Where there is no room for the key, the whole place is for the way.
        app.session.walk_to("severity:critical,high status:fail", "overview")
        await stage.settled(pilot)
        assert way(app).endswith("status:fail › by check")


async def test_a_key_goes_back_to_where_the_filter_came_from(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        with each_row() as row:
            for key in ("escape", "backspace"):
                with row(key):
                    app.session.filter_by("region:eu-*")
                    app.session.group_by(Grouping.REGION)
                    await stage.settled(pilot)
                    await walk_from_overview(stage, pilot)
                    assert way(app).startswith("dev › region:eu-* › Overview: check:")
                    assert "⌫ goes back" in way(app)
                    await pilot.press(key)
                    await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen))
                    assert (app.session.view.filter, app.session.view.grouping) == (
                        "region:eu-*",
                        Grouping.REGION,
                    )
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    await stage.settled(pilot)
                    assert way(app) == "dev › region:eu-* › by region"
                    await pilot.press(key)
                    await stage.settled(pilot)
                    assert app.session.view.filter == ""


async def test_two_steps_are_walked_back_one_by_one_and_a_cleared_filter_ends_the_way(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        await walk_from_overview(stage, pilot)
        first = app.session.view.filter
        await pilot.press("b")
        await stage.until(pilot, lambda: isinstance(app.screen, CheckBrowser))
        await stage.until(pilot, lambda: app.screen.query_one("PickList").rows)
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen is app.main)
        await stage.settled(pilot)
        assert way(app).count("›") == 2
        assert "› Checks: check:" in way(app)
        await pilot.press("backspace")
        await stage.until(pilot, lambda: isinstance(app.screen, CheckBrowser))
        assert app.session.view.filter == first
        # Esc clears marks before it goes back.
        await pilot.press("escape", "space", "escape")
        assert app.screen is app.main
        assert not app.main.query_one(FindingsTable).marked.ids
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen))
        assert app.session.view.filter == ""
        await pilot.press("escape")
        await walk_from_overview(stage, pilot)
        await pilot.press("slash", "escape")
        await stage.settled(pilot)
        assert way(app) == ""
        await pilot.press("backspace")
        await stage.settled(pilot)
        assert app.screen is app.main
