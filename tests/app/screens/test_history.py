"""The stored scans, and what became of findings between two of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from textual.widget import Widget
from textual.widgets import TabbedContent

from app.conftest import beginning
from app.pictures import EVERY_SIZE, Pictures
from app.screens.every_key import leave_by_each, press_every_key
from cloud_audit_tui.app.keymap import HISTORY_KEYS, LIST_KEYS
from cloud_audit_tui.app.screens.history import HistoryScreen
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.pick_list import Cell
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.store.comparison import ChangeKind
from made_fix import MadeFix
from store import made_scans

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest
    from textual.pilot import Pilot

    from cloud_audit_tui.app.app import CloudAuditApp

SIZE = (120, 40)


def scans(stage: Any) -> None:
    """Store three scans of one account, the last an hour ago."""
    first = [stage.make(number) for number in range(6)]
    second = [stage.make(0, status=Status.PASS), *first[2:], stage.make(8)]
    third = [
        stage.make(0),
        stage.make(2),
        stage.make(3, status=Status.NOT_ASSESSED, reason="Access was denied."),
    ]
    for hours, name, findings in ((50, "first", first), (26, "second", second), (1, "third", third)):
        stage.past_scan(findings, scan_id=name, ago=timedelta(hours=hours))


@asynccontextmanager
async def history(stage: Any) -> AsyncIterator[tuple[CloudAuditApp, Pilot[None], HistoryScreen]]:
    """Open the app on the three scans, and their history."""
    scans(stage)
    app = stage.app()
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        yield app, pilot, await opened(stage, pilot)


async def opened(stage: Any, pilot: Pilot[None]) -> HistoryScreen:
    """Open the history and wait until it compares two scans."""
    await pilot.press("h")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
    screen = pilot.app.screen
    assert isinstance(screen, HistoryScreen)
    await stage.until(pilot, lambda: screen.comparison is not None)
    await pilot.pause()
    return screen


def changes(screen: HistoryScreen) -> list[tuple[str, str]]:
    return [(row.cells[0].text, row.cells[4].text) for row in screen.query_one("#changes", FocusList).rows]


async def compared(stage: Any, pilot: Pilot[None], older: str, newer: str) -> None:
    """Wait until these two scans are compared."""
    screen = pilot.app.screen
    assert isinstance(screen, HistoryScreen)

    def pair() -> tuple[str, str]:
        comparison = screen.comparison
        return (comparison.older.scan_id, comparison.newer.scan_id) if comparison else ("", "")

    await stage.until(pilot, lambda: pair() == (older, newer))
    await pilot.pause()


async def test_scans_are_listed_and_the_newest_is_compared_with_the_one_before_or_any_two(stage: Any) -> None:
    async with history(stage) as (app, pilot, screen):
        rows = screen.query_one("#scans", FocusList).rows
        assert [row.key for row in rows] == ["third", "second", "first"]
        assert [cell.text.strip() for cell in rows[0].cells[1:8]] == [
            "complete",
            "0",
            "1",
            "1",
            "0",
            "1",
            "0",
        ]
        assert changes(screen) == [
            ("reopened", "endpoint-00000"),
            ("gone", "notebook-instance-00005"),
            ("gone", "endpoint-00004"),
            ("gone", "endpoint-00008"),
            ("not scanned", "notebook-instance-00003"),
        ]
        text = stage.screen_text(app).replace("\N{NO-BREAK SPACE}", " ")
        assert "1 reopened" in text
        assert "1 still failing" in text
        assert "Access was denied." in text
        # One kind of change is listed alone.
        await pilot.press("f", "f")
        assert screen.kind is ChangeKind.REOPENED
        assert changes(screen) == [("reopened", "endpoint-00000")]
        await pilot.press("f")
        assert changes(screen) == []
        assert "Nothing is fixed." in stage.screen_text(app)
        await pilot.press("f", "f", "f")
        assert len(changes(screen)) == 5
        # Any two scans are compared by marking one.
        await pilot.press("end", "space", "home")
        await compared(stage, pilot, "first", "third")
        assert [kind for kind, _ in changes(screen)] == ["gone"] * 3 + ["not scanned"]
        await pilot.press("down")
        await compared(stage, pilot, "first", "second")
        assert changes(screen) == [
            ("new", "endpoint-00008"),
            ("fixed", "endpoint-00000"),
            ("gone", "notebook-instance-00001"),
        ]


async def test_what_passes_under_another_rule_of_its_check_is_not_called_fixed(stage: Any) -> None:
    older = [stage.make(0), stage.make(2, status=Status.PASS), stage.make(3)]
    newer = [stage.make(0, status=Status.PASS), stage.make(2), stage.make(3)]
    stage.past_scan(older, scan_id="older", ago=timedelta(hours=5), rule="1")
    stage.past_scan(newer, scan_id="newer", ago=timedelta(hours=1), rule="2")
    app = stage.app()
    async with app.run_test(size=(160, 40)) as pilot:
        await stage.settled(pilot)
        screen = await opened(stage, pilot)
        assert changes(screen) == [("new", "training-job-00002"), ("not scanned", "endpoint-00000")]
        last = [row.cells[-1].text for row in screen.query_one("#changes", FocusList).rows]
        assert last[0].endswith(", check changed")
        assert last[1] == "The check has changed: it may pass now what failed before."
        text = stage.screen_text(app).replace("\N{NO-BREAK SPACE}", " ")
        assert "1 still failing" in text
        assert "checks have changed." in text


async def test_a_change_is_read_even_if_its_resource_is_gone_and_its_fix_is_copied_by_the_keys_it_names(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix = MadeFix("aws sagemaker describe-endpoint\n", "# a file of Terraform\n")
    monkeypatch.setattr("cloud_audit_tui.app.finding_reader.render", lambda *_: fix)
    async with history(stage) as (app, pilot, screen):
        scan_list, change_list = (
            screen.query_one("#scans", FocusList),
            screen.query_one("#changes", FocusList),
        )
        assert scan_list.has_focus
        await pilot.press("tab")
        assert change_list.has_focus
        await pilot.press("shift+tab")
        assert scan_list.has_focus
        await pilot.press("enter", "home", "down", "down", "enter")
        detail = screen.query_one(Detail)
        await stage.until(pilot, lambda: detail.selected is not None)
        assert detail.selected is not None
        assert detail.selected.finding.resource_name == "endpoint-00004"
        await detail.filled()
        await pilot.pause()
        assert "closed 2026-03-14" in stage.screen_text(app)
        for key, tab in (("4", "evidence"), ("3", "terraform"), ("1", "explanation"), ("2", "cli")):
            await pilot.press(key)
            assert detail.tab == tab
        await pilot.press("n")
        await stage.until(pilot, lambda: "c copies this CLI script" in stage.screen_text(app))
        for key, text in (("c", fix.cli), ("t", fix.terraform)):
            await pilot.press(key)
            await stage.until(pilot, lambda text=text: stage.copied[-1:] == [text])
        await pilot.press("escape")
        assert change_list.has_focus
        await pilot.press("escape")
        assert scan_list.has_focus
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main
        # The detail says since when a finding fails and how often it came back.
        await pilot.press("1")
        await stage.settled(pilot)
        assert stage.detailed(app) == "endpoint-00000"
        assert "reopened 1 time" in stage.screen_text(app)
        assert "Since" in stage.screen_text(app)


async def test_a_scan_that_runs_is_not_called_interrupted(stage: Any) -> None:
    scans(stage)
    app = stage.app()
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started("fourth"), stage.ready(), Result(stage.make(0)))
        await stage.until(pilot, lambda: len(app.session.store.scans(["dev"])) == 4)
        screen = await opened(stage, pilot)

        def states() -> list[str]:
            return [row.cells[1].text for row in screen.query_one("#scans", FocusList).rows]

        assert states() == ["running", "complete", "complete", "complete"]
        assert "The newer scan is running." in stage.screen_text(app)
        stage.scan.say(stage.finished("fourth"))
        await stage.until(pilot, lambda: states()[0] == "complete")
        await stage.until(pilot, lambda: "The newer scan" not in stage.screen_text(app))


async def test_every_key_works_and_help_lies_over_the_history(stage: Any) -> None:
    async with history(stage) as (_app, pilot, screen):
        await press_every_key(pilot, [*HISTORY_KEYS, *LIST_KEYS], {"history.leave", "history.open"})
        screen.query_one("#scans", FocusList).focus()
        await leave_by_each(stage, pilot, ("q", "h"), opened)


async def test_history_looks(
    stage: Any, pictures: Pictures, utc: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The detail is on the screen below.
    monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", beginning)
    async with history(stage) as (app, pilot, _):
        app.clear_notifications()
        for name, size in EVERY_SIZE.items():
            await pictures.compare(pilot, {name: size}, settled=stage.settled)
            # Headings are whole words in every width.
            lines = stage.screen_text(app).splitlines()
            heading = next(line for line in lines if "Outcome" in line)
            assert (" Not assessed " if size[0] == 200 else " ? ") in heading, size
            last_heading = "Seen, or reason" if size[0] == 80 else "First seen, or reason"
            changes_heading = next(line for line in lines if "Change" in line and "Title" in line)
            assert f"  {last_heading}" in changes_heading, size


async def test_a_scan_that_could_use_no_profile_is_listed_and_says_why(stage: Any) -> None:
    stage.store.apply(made_scans.scan("night", doors=made_scans.failed("dev")))
    app = stage.app()
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        await pilot.press("h")
        why = "dev could not be used: The session has expired. Run aws sso login."
        await stage.until(pilot, lambda: why in stage.screen_text(app))
        assert "No scan of these profiles" not in stage.screen_text(app)
        (row,) = app.screen.query_one("#scans", FocusList).rows
        assert row.cells[1] == Cell("no account", "warning")


async def test_one_scan_is_compared_with_nothing_and_the_screen_rests(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderings: list[None] = []
    show = HistoryScreen._show_comparison

    def show_and_count(screen: HistoryScreen) -> None:
        renderings.append(None)
        show(screen)

    monkeypatch.setattr(HistoryScreen, "_show_comparison", show_and_count)
    async with stage.opened([stage.make(1)], size=SIZE) as (app, pilot):
        await pilot.press("h")
        await stage.until(
            pilot, lambda: "There is no earlier scan to compare with." in stage.screen_text(app)
        )
        await pilot.pause()
        before = len(renderings)
        await pilot.pause()
        await pilot.pause()
        assert len(renderings) == before


async def test_closing_the_history_before_it_is_laid_out_leaves_no_error(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mount_after_closing(detail: Detail, *widgets: Widget, **place: Any) -> None:
        if isinstance(widgets[0], TabbedContent) and isinstance(detail.screen, HistoryScreen):
            detail.screen.dismiss(None)
            await stage.until(pilot, lambda: not detail.is_running)
        else:
            await Widget.mount(detail, *widgets, **place)

    scans(stage)
    monkeypatch.setattr(Detail, "mount", mount_after_closing)
    app = stage.app()
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        await pilot.press("h")
        await stage.until(pilot, lambda: app.screen is app.main)
        await stage.settled(pilot)
        assert "Unexpected error" not in stage.notices(app)
