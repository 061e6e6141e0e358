"""What was chosen is remembered for the next run, and a file that is not ours is ignored."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.app.remembered_view import NAME, VERSION, RememberedView, load, save
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.store.view import Sort
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path

TALL = (120, 40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


def files(directory: Path) -> dict[str, int]:
    """Return the files of the view in a directory, half-written ones too, with their modes."""
    return {
        each.name: stat.S_IMODE(each.stat().st_mode)
        for each in directory.iterdir()
        if each.name == NAME or each.suffix == ".part"
    }


def break_file(path: Path) -> None:
    path.write_text("{")


def remove(path: Path) -> None:
    path.unlink()


def remembered(stage: Any, path: Path, **options: Any) -> Any:
    """Return an app as the command opens it: with what the file remembers."""
    view, notice = load(path)
    selected = options.pop("selected", view.profiles or ("dev",))
    return stage.app(
        selected=selected,
        regions=options.pop("regions", view.regions),
        remembered=view,
        memory_path=path,
        first_notice=notice,
        **options,
    )


async def test_everything_that_was_chosen_is_there_in_the_next_run(
    stage: Any, sample: Any, path: Path
) -> None:
    stage.past_scan(sample)
    stage.past_scan([stage.make(50, profile="prod")], profile="prod", scan_id="scan-p")
    app = remembered(stage, path)
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        app.session.select_profiles(["dev", "prod"])
        app.session.select_regions(["eu-west-1"])
        await pilot.press("greater_than_sign", "S", "a", "u", "M", "g")
        await pilot.press("C", "down", "plus", "down", "down", "space", "escape")
        app.session.filter_by("severity:high+")
        app.action_use_theme("nord")
        await stage.settled(pilot)
    again = remembered(stage, path)
    async with again.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        view = again.session.view
        assert view.profiles == ("dev", "prod")
        assert view.regions == ("eu-west-1",)
        assert (view.sort, view.descending) == (Sort.CHECK, True)
        assert (view.passes, view.unassessed, view.muted) == (True, True, True)
        assert view.grouping is Grouping.CHECK
        assert view.filter == "severity:high+"
        assert again.theme == "nord"
        placed = {column.sort for column in again.main.query_one(FindingsTable).columns}
        assert Sort.RESOURCE not in placed
        assert view.columns.widths.keys() == {Sort.CHECK}
        assert "severity:high+" in stage.screen_text(again)


async def test_a_broken_file_is_noticed_and_the_next_one_is_private_and_whole(
    stage: Any, sample: Any, path: Path
) -> None:
    stage.past_scan(sample)
    break_file(path)
    app = remembered(stage, path)
    remove(path)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert "the choices of the last run are not used" in stage.notices(app)
        assert files(path.parent) == {}
        break_file(path)
        await pilot.press("a")
        await stage.until(pilot, lambda: load(path)[1] == "")
    assert files(path.parent) == {NAME: 0o600}
    assert load(path)[0].passes


async def test_the_command_line_is_for_its_run(stage: Any, sample: Any, path: Path) -> None:
    stage.past_scan(sample)
    save(path, RememberedView(profiles=("prod",), regions=("eu-west-1",)))
    app = remembered(stage, path, selected=("dev",), regions=("us-east-1",))
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        assert app.session.view.profiles == ("dev",)
        assert app.session.view.regions == ("us-east-1",)
        await pilot.press("a")
        await stage.settled(pilot)
    view, _ = load(path)
    assert (view.profiles, view.regions, view.passes) == (("prod",), ("eu-west-1",), True)


async def test_a_theme_of_the_settings_that_came_later_wins(stage: Any, path: Path) -> None:
    save(path, RememberedView(theme="nord", theme_over="cloud-audit-dark"))
    assert remembered(stage, path).theme == "nord"
    assert remembered(stage, path, theme="dracula").theme == "dracula"
    save(path, RememberedView(theme="no-such-theme", theme_over="cloud-audit-dark"))
    assert remembered(stage, path).theme == "cloud-audit-dark"


BROKEN = {
    "": "is not a file of this program",
    "{": "is not a file of this program",
    "[]": "is not a file of this program",
    '{"sort": "nonsense"}': "is not a file of this program",
    '{"profiles": 3}': "is not a file of this program",
    '{"something": "else"}': "is not a file of this program",
    json.dumps({"version": VERSION + 1}): f"it is of version {VERSION + 1}",
    "[" * 100_000: "is not a file of this program",
    " " * 1_000_001: "it is too large",
}


def test_a_broken_or_foreign_file_is_ignored_with_a_notice(path: Path) -> None:
    with each_row() as row:
        for text, words in BROKEN.items():
            with row(text[:30]):
                path.write_text(text)
                view, notice = load(path)
                assert view == RememberedView()
                assert words in notice
                assert notice.startswith(str(path))
    path.write_bytes(b"\xff\xfe")
    assert load(path)[0] == RememberedView()
    path.unlink()
    path.mkdir()
    assert "cannot be read" in load(path)[1]


def test_a_filter_that_is_not_understood_any_more_is_left_out(path: Path) -> None:
    save(path, RememberedView(filter="sevrity:high", sort=Sort.TITLE))
    view, notice = load(path)
    assert (view.filter, view.sort) == ("", Sort.TITLE)
    assert "is no longer valid" in notice


def test_nothing_is_lost_between_writing_and_reading(path: Path) -> None:
    columns = ColumnChoices(frozenset({Sort.REGION}), frozenset({Sort.ACCOUNT}), {Sort.CHECK: 20})
    view = RememberedView(filter='"a b" -x', grouping=Grouping.REGION, columns=columns, muted=True)
    save(path, view)
    assert load(path) == (view, "")


async def test_a_file_that_cannot_be_written_is_said_and_ends_nothing(
    stage: Any, sample: Any, path: Path
) -> None:
    stage.past_scan(sample)
    app = remembered(stage, path.parent / "no-such-directory" / NAME)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        await pilot.press("a")
        await stage.until(pilot, lambda: "There is no directory" in stage.notices(app))
        await pilot.press("a")
        await stage.settled(pilot)
    assert app.return_code in (0, None)


async def test_without_a_file_nothing_is_remembered(stage: Any, sample: Any, tmp_path: Path) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        await pilot.press("a", "g")
        app.action_use_theme("nord")
        await stage.settled(pilot)
    assert files(tmp_path) == {}
