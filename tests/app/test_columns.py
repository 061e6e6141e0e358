"""Columns are sorted, resized, hidden and shown from keys and by the mouse; the account is among several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.dialogs.column_picker import ColumnPicker
from cloud_audit_tui.app.presentation.column_choices import NARROWEST, ColumnChoices
from cloud_audit_tui.app.widgets.column_headings import ColumnHeadings
from cloud_audit_tui.app.widgets.columns import LEAST_TITLE, TITLE_BESIDE_PROFILE, Contents, columns, resized
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.store.view import Sort
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.app.widgets.columns import Column

TALL = (120, 40)
OTHER_ACCOUNT = "444455556666"


def placed(app: Any) -> Mapping[Sort, Column]:
    return {column.sort: column for column in app.main.query_one(FindingsTable).columns}


async def opened(stage: Any, pilot: Any) -> None:
    await pilot.press("C")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, ColumnPicker))
    await pilot.pause()


async def test_angle_brackets_walk_the_sort_through_the_columns(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        sorts = []
        for _ in placed(app):
            await pilot.press("greater_than_sign")
            await stage.settled(pilot)
            sorts.append(app.session.view.sort)
        assert sorts == [Sort.CHECK, Sort.TITLE, Sort.RESOURCE, Sort.REGION, Sort.SEVERITY]
        await pilot.press("less_than_sign")
        await stage.settled(pilot)
        assert app.session.view.sort is Sort.REGION
        assert "Region ↑" in stage.screen_text(app)
        # So does a click on a heading.
        with each_row() as row:
            for sort, column in reversed(list(placed(app).items())):
                with row(sort):
                    await pilot.click(ColumnHeadings, offset=(column.start + 1, 0))
                    await stage.settled(pilot)
                    assert app.session.view.sort is sort
        # Capital S reverses the order.
        app.session.sort_by(Sort.SEVERITY, descending=False)
        await pilot.press("home", "S")
        await stage.settled(pilot)
        assert "Severity ↓" in stage.screen_text(app)
        assert "▲" not in stage.screen_text(app).splitlines()[2], "the arrow is not the sign of a severity"
        await pilot.press("home")
        await stage.settled(pilot)
        assert stage.selected(app) == "notebook-instance-00007"
        await pilot.press("S")
        await stage.settled(pilot)
        assert "Severity ↑" in stage.screen_text(app)


async def test_a_column_is_hidden_and_shown_and_a_key_closes_the_list(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        await opened(stage, pilot)
        await pilot.press("down", "space")
        await stage.until(pilot, lambda: Sort.CHECK not in placed(app))
        await stage.until(pilot, lambda: "hidden" in stage.screen_text(app))
        last = max(placed(app).values(), key=lambda column: column.start)
        assert last.start + last.width + last.gap == app.main.query_one(FindingsTable).size.width
        await pilot.press("space")
        await stage.until(pilot, lambda: Sort.CHECK in placed(app))
        # The profile is there only if it is shown.
        assert Sort.PROFILE not in placed(app)
        await pilot.press(*["down"] * 5, "space")
        await stage.until(pilot, lambda: Sort.PROFILE in placed(app))
        before = placed(app)[Sort.PROFILE].width
        await pilot.press("plus")
        await stage.until(pilot, lambda: placed(app)[Sort.PROFILE].width == before + 1)
        await pilot.press("space")
        await stage.until(pilot, lambda: Sort.PROFILE not in placed(app))
        with each_row() as row:
            for key in ("escape", "enter", "q", "C"):
                with row(key):
                    if app.screen is app.main:
                        await opened(stage, pilot)
                    await pilot.press("j", "down", "k", "up", key)
                    await stage.until(pilot, lambda: app.screen is app.main)


async def test_a_column_is_shown_and_resized_from_keys(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        before = placed(app)
        with each_row() as row:
            for wider, narrower in (("plus", "minus"), ("right", "left")):
                with row((wider, narrower)):
                    await opened(stage, pilot)
                    await pilot.press("down", wider, wider)
                    await stage.until(
                        pilot, lambda: placed(app)[Sort.CHECK].width == before[Sort.CHECK].width + 2
                    )
                    assert placed(app)[Sort.TITLE].width < before[Sort.TITLE].width
                    await pilot.press(narrower, narrower, narrower)
                    await stage.until(
                        pilot, lambda: placed(app)[Sort.CHECK].width == before[Sort.CHECK].width - 1
                    )
                    await pilot.press("r")
                    await stage.until(pilot, lambda: placed(app) == before)
                await pilot.press("escape")
            with row("a title is resized against the resource"):
                await opened(stage, pilot)
                await pilot.press("down", "down", "plus")
                await stage.until(
                    pilot, lambda: placed(app)[Sort.TITLE].width == before[Sort.TITLE].width + 1
                )
                assert placed(app)[Sort.RESOURCE].width == before[Sort.RESOURCE].width - 1
                await pilot.press("escape")
            with row("the title stays"):
                await opened(stage, pilot)
                await pilot.press("down", "down", "space")
                await stage.until(pilot, lambda: "The title is always shown" in stage.screen_text(app))
                assert Sort.TITLE in placed(app)
                await pilot.press("escape")
            with row("the account can be shown where there is one"):
                assert Sort.ACCOUNT not in placed(app)
                await opened(stage, pilot)
                await pilot.press("up", *["down"] * 5, "space")
                await stage.until(pilot, lambda: Sort.ACCOUNT in placed(app))


async def test_a_heading_is_dragged_and_that_is_no_click(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        await pilot.press("s", "escape")
        before = placed(app)
        edge = before[Sort.CHECK].start + before[Sort.CHECK].width
        await pilot.mouse_down(ColumnHeadings, offset=(edge, 0))
        await pilot.hover(ColumnHeadings, offset=(edge + 6, 0))
        await pilot.mouse_up(ColumnHeadings, offset=(edge + 6, 0))
        await stage.until(pilot, lambda: placed(app)[Sort.CHECK].width == before[Sort.CHECK].width + 6)
        assert app.session.view.sort is Sort.SEVERITY


def test_no_width_pushes_a_column_out_of_the_table() -> None:
    choices = ColumnChoices(widths=dict.fromkeys(Sort, 60))
    with each_row() as row:
        for width in range(60, 220, 7):
            for contents in (Contents(), Contents(accounts=False), Contents(sort=Sort.PROFILE, profile=60)):
                with row(f"{width} {contents}"):
                    placed_columns = columns(width, contents, choices)
                    assert placed_columns[-1].start + placed_columns[-1].width <= width
                    assert (
                        next(each.width for each in placed_columns if each.sort is Sort.TITLE) >= LEAST_TITLE
                    )
                    sorts = {each.sort for each in placed_columns}
                    assert (Sort.ACCOUNT in sorts) is contents.accounts


def test_a_column_is_never_narrower_than_it_can_be_read() -> None:
    placed_columns = columns(120)
    choices = resized(placed_columns, ColumnChoices(), Sort.REGION, -50)
    assert choices is not None
    assert choices.widths[Sort.REGION] == NARROWEST
    assert resized(placed_columns, ColumnChoices(), Sort.REGION, 500) is None


async def test_the_account_is_there_in_every_width_whenever_there_are_several(
    stage: Any, sample: Any
) -> None:
    app = of_two_profiles(stage, sample, account_id=OTHER_ACCOUNT)
    async with app.run_test(size=(60, 40)) as pilot:
        with each_row() as row:
            for profiles, widths in (
                (["dev", "prod"], (60, 80, 109, 110, 160, 200)),
                (["dev"], (200, TALL[0], 60)),
            ):
                app.session.select_profiles(profiles)
                is_there = len(profiles) > 1
                for width in widths:
                    with row((profiles, width)):
                        await pilot.resize_terminal(width, 40)
                        await stage.settled(pilot)
                        text = stage.screen_text(app)
                        assert (Sort.ACCOUNT in placed(app)) is is_there
                        assert (" Accou" in text.splitlines()[2]) is is_there
                        assert (OTHER_ACCOUNT[-5:] in text) is is_there
                        if is_there:
                            assert "22233333"[-5:] in text.replace(" ", "") or "23333" in text
                        elif width == TALL[0]:
                            assert placed(app)[Sort.TITLE].width >= 42


def of_two_profiles(stage: Any, sample: Any, *, account_id: str) -> Any:
    """Return the app on the findings of two profiles, of which the second leads to an account."""
    stage.past_scan(sample)
    theirs = stage.make(50, profile="prod", account_id=account_id, name="theirs")
    stage.past_scan([theirs], profile="prod", scan_id="scan-p", account_id=account_id, alias="acme-prod")
    return stage.app(selected=("dev", "prod"))


async def test_two_profiles_of_one_account_have_each_finding_once_and_a_profile_column(
    stage: Any, sample: Any
) -> None:
    stage.past_scan(sample)
    app = stage.app(selected=("dev", "prod"))
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        await stage.until(pilot, lambda: len(app.session.profiles.accounts_of(["dev", "prod"])) == 1)
        assert app.main.query_one(FindingsTable).row_count == 8
        assert "◆ 2 critical" in stage.screen_text(app)
        assert "111122223333 acme-dev" in stage.screen_text(app)
        app.session.select_profiles(["dev"])
        await stage.settled(pilot)
        assert Sort.PROFILE not in placed(app)
        # What the second has found.
        stage.past_scan([stage.make(50, profile="prod", name="theirs")], profile="prod", scan_id="scan-p")
        app.session.select_profiles(["dev", "prod"])
        await stage.settled(pilot)
        assert Sort.PROFILE in placed(app)
        assert Sort.ACCOUNT not in placed(app)
        assert "Profile" in stage.screen_text(app)


async def test_the_profile_is_left_out_where_the_title_needs_its_cells_unless_it_sorts(
    stage: Any, sample: Any
) -> None:
    app = of_two_profiles(stage, sample, account_id=OTHER_ACCOUNT)
    async with app.run_test(size=(110, 40)) as pilot:
        with each_row() as row:
            for width in (110, 80):
                with row(width):
                    await pilot.resize_terminal(width, 40)
                    await stage.settled(pilot)
                    assert Sort.ACCOUNT in placed(app)
                    assert Sort.PROFILE not in placed(app)
                    assert placed(app) == {each.sort: each for each in columns(width, Contents(check=17))}
        await pilot.press("s", *["down"] * 6, "enter")
        await stage.settled(pilot)
        assert app.session.view.sort is Sort.PROFILE
        assert placed(app)[Sort.TITLE].width >= LEAST_TITLE
        await pilot.press("S")
        await stage.settled(pilot)
        assert stage.selected(app) == "theirs"
        await pilot.press("slash")
        await stage.paste(pilot, "profile:dev")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.main.query_one(FindingsTable).row_count == len(sample[:8]))


def test_a_long_profile_leaves_the_title_its_cells() -> None:
    with each_row() as row:
        for width in range(60, 220, 3):
            with row(width):
                contents = Contents(profiles=True, profile=64)
                placed_columns = {each.sort: each for each in columns(width, contents)}
                assert (
                    Sort.PROFILE not in placed_columns
                    or placed_columns[Sort.TITLE].width >= TITLE_BESIDE_PROFILE
                )


def test_several_profiles_of_one_account_have_a_column_in_every_width() -> None:
    with each_row() as row:
        for width in range(60, 220, 3):
            with row(width):
                contents = Contents(accounts=False, profiles=True, profile=64)
                placed_columns = {each.sort: each for each in columns(width, contents)}
                assert Sort.PROFILE in placed_columns
                assert placed_columns[Sort.TITLE].width >= LEAST_TITLE
                assert sum(each.width + each.gap for each in placed_columns.values()) + 2 == width


async def test_the_check_column_fits_the_checks_that_have_findings(stage: Any) -> None:
    async with stage.opened([stage.make(0, check_id="aws-s3-001")], size=(120, 40)) as (app, _pilot):
        widths = {column.sort: column.width for column in app.main.query_one(FindingsTable).columns}
        assert widths[Sort.CHECK] == len("s3-001")
