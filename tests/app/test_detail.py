"""The whole detail is of one finding, however slowly it is made; faults are told in it."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.widgets import Markdown

from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.checks.explanation import parse
from each_row import each_row
from made_fix import MadeFix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual._compositor import CompositorUpdate
    from textual.geometry import Region
    from textual.pilot import Pilot
    from textual.screen import Screen

    from cloud_audit_tui.model import Finding

TALL = (120, 40)
READER = "cloud_audit_tui.app.finding_reader"
SLOWEST = 20.0


class Gates:
    """Doors before each piece of slow work, by name; a test opens them."""

    def __init__(self) -> None:
        self._doors: dict[str, threading.Event] = {}
        self._all_open = False
        self.reached: list[str] = []
        self.mixed: list[str] = []
        """The details that were drawn with more than one check or resource in them."""

    def pass_through(self, name: str) -> None:
        self.reached.append(name)
        door = self._doors.setdefault(name, threading.Event())
        if not self._all_open:
            assert door.wait(SLOWEST)

    def open(self, name: str) -> None:
        self._doors.setdefault(name, threading.Event()).set()

    def close_all(self) -> None:
        self._all_open = False
        self._doors.clear()
        self.reached.clear()

    def open_all(self) -> None:
        self._all_open = True
        for door in list(self._doors.values()):
            door.set()


class Picture:
    """What a terminal shows after the updates that were drawn on it; each character here fills one cell."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], str] = {}

    def draw(self, update: CompositorUpdate, app: App[Any]) -> None:
        x = y = 0
        for segment in update.__rich_console__(app.console, app.console.options):  # type: ignore[attr-defined]
            if segment.control:
                for _kind, *place in segment.control:
                    x, y = place
            elif segment.text != "\n":
                for character in segment.text:
                    self._cells[x, y] = character
                    x += 1

    def of(self, region: Region) -> str:
        lines = (
            "".join(self._cells.get((x, y), " ") for x in region.column_range) for y in region.line_range
        )
        return "\n".join(lines)


@pytest.fixture
def gates(stage: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gates]:
    """Make explanations and fixes say what they are for, and wait until they may.

    Whatever the app draws, the terminal shows at most one check and one resource in the detail. What the
    widgets hold before they are drawn is not looked at: one has its new text before another is hidden.
    """
    gates = Gates()

    def explanation(check_id: str, _scan_key: str) -> str:
        gates.pass_through(check_id)
        return f"Told of {check_id}.\n\n* one\n* two"

    def render(finding: Finding, _environment: Any = None) -> MadeFix:
        gates.pass_through(finding.resource_name)
        return MadeFix(f"# cli {finding.resource_name}\n", f"# terraform {finding.resource_name}\n")

    monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", explanation)
    monkeypatch.setattr(f"{READER}.render", render)
    display, picture = App._display, Picture()

    def drawn(app: Any, screen: Screen[Any], update: Any) -> None:
        display(app, screen, update)
        if update is not None and not app._batch_count and screen.query(Detail):
            picture.draw(update, app)
            text = picture.of(screen.query_one(Detail).region)
            if len(checks_in(text)) > 1 or len(resources_in(text)) > 1:
                gates.mixed.append(text)

    monkeypatch.setattr(App, "_display", drawn)
    yield gates
    assert gates.mixed == []


def detail_of(stage: Any, app: Any) -> str:
    """Return the lines of the detail as they are on the screen."""
    region = app.main.query_one(Detail).region
    return "\n".join(stage.screen_text(app).splitlines()[region.y : region.bottom])


def checks_in(text: str) -> set[str]:
    return set(re.findall(r"aws-sagemaker-\d+", text))


def resources_in(text: str) -> set[str]:
    return set(re.findall(r"(?:endpoint|notebook-instance|training-job)-\d{5}", text))


async def select(stage: Any, pilot: Pilot[None], row: int) -> None:
    """Select a row and wait until the detail has heard of it; what is slow may still be on its way."""
    table = pilot.app.main.query_one(FindingsTable)  # type: ignore[attr-defined]
    table._move(row)
    # A row that no screen has shown is read first.
    await stage.until(pilot, lambda: table.selected_row)
    await stage.until(pilot, lambda: stage.detailed(pilot.app) == stage.selected(pilot.app))


async def test_a_slow_explanation_never_stands_below_another_finding(stage: Any, gates: Gates) -> None:
    stage.past_scan([stage.make(number) for number in range(8)])
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        gates.open("aws-sagemaker-001")
        await stage.until(pilot, lambda: "Told of aws-sagemaker-001" in detail_of(stage, app))
        # Rows 0 and 1 are of check 001, 2 and 3 of 003, 4 and 5 of 004.
        await select(stage, pilot, 2)
        await stage.until(pilot, lambda: "aws-sagemaker-003" in gates.reached)
        await select(stage, pilot, 4)
        await select(stage, pilot, 1)
        gates.open("aws-sagemaker-003")
        await stage.until(pilot, lambda: "Told of aws-sagemaker-001" in detail_of(stage, app))
        gates.open_all()
        await stage.settled(pilot)
        await stage.until(pilot, lambda: "Told of aws-sagemaker-001" in detail_of(stage, app))
        assert checks_in(detail_of(stage, app)) == {"aws-sagemaker-001"}
        assert "aws-sagemaker-004" not in gates.reached


async def test_an_update_of_the_explanation_is_never_broken_off(
    stage: Any, gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual waits for the widgets that an update removes: to cancel it ends the app without a word."""
    gates.open_all()
    real = Markdown.update
    may_go_on, ended = asyncio.Event(), []

    def slow_update(markdown: Markdown, text: str) -> AwaitComplete:
        async def update() -> None:
            try:
                await may_go_on.wait()
                await real(markdown, text)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            ended.append(text.splitlines()[0])

        return AwaitComplete(update())

    async with stage.opened([stage.make(number) for number in range(8)], size=TALL, notifications=True) as (
        app,
        pilot,
    ):
        monkeypatch.setattr(Markdown, "update", slow_update)
        for row in (2, 4, 6, 0, 3, 5):
            await select(stage, pilot, row)
        may_go_on.set()
        await stage.settled(pilot)
        assert ended == ["Told of aws-sagemaker-003.", "Told of aws-sagemaker-004."]
        assert checks_in(detail_of(stage, app)) == {"aws-sagemaker-004"}
        assert "Told of aws-sagemaker-004" in detail_of(stage, app)
        assert app.is_running


async def test_a_slow_fix_never_stands_below_another_finding(stage: Any, gates: Gates) -> None:
    stage.past_scan([stage.make(number) for number in range(9)])
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        gates.open("aws-sagemaker-001")
        await stage.until(pilot, lambda: stage.detailed(app))
        with each_row() as row:
            # The fix of each of these rows is made once, for both tabs.
            for key, words, rows in (("2", "# cli", (1, 3, 5)), ("3", "# terraform", (2, 4, 6))):
                with row(key):
                    gates.close_all()
                    await pilot.press(key)
                    for number in rows:
                        await select(stage, pilot, number)
                    await stage.until(pilot, lambda: gates.reached)
                    name = stage.selected(app)
                    gates.open(name)
                    await pilot.pause()
                    assert words not in detail_of(stage, app)
                    gates.open_all()
                    await stage.until(
                        pilot, lambda words=words, name=name: f"{words} {name}" in detail_of(stage, app)
                    )
                    await stage.settled(pilot)
                    assert f"{words} {name}" in detail_of(stage, app)
                    assert resources_in(detail_of(stage, app)) == {name}


async def test_what_is_copied_is_the_selected_findings_while_everything_is_slow(
    stage: Any, gates: Gates
) -> None:
    stage.past_scan([stage.make(number) for number in range(8)])
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await pilot.press("2")
        await stage.until(pilot, lambda: gates.reached)
        await pilot.press("j", "j", "c")
        name = stage.selected(app)
        gates.open(name)
        await stage.until(pilot, lambda: stage.copied)
        assert stage.copied == [f"# cli {name}\n"]
        gates.open_all()
        await stage.until(pilot, lambda: f"# cli {name}" in detail_of(stage, app))
        await pilot.press("t", "y")
        await stage.until(pilot, lambda: len(stage.copied) == 3)
        assert f"# terraform {name}\n" in stage.copied
        assert any(copied.startswith("arn:") and copied.endswith(name) for copied in stage.copied)


async def test_rows_that_arrive_while_the_selection_changes_mix_nothing(stage: Any, gates: Gates) -> None:
    app = stage.app(scan_on_open=True)
    gates.open_all()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        from cloud_audit_tui.scan.events import Result

        stage.scan.say(stage.started(), stage.ready(), *(Result(stage.make(number)) for number in range(8)))
        await stage.until(pilot, lambda: stage.detailed(app))
        for batch in range(1, 6):
            stage.scan.say(*(Result(stage.make(8 * batch + number)) for number in range(8)))
            for key in ("j", "j", "j", "G", "k", "home"):
                await pilot.press(key)
                await pilot.pause()
        stage.scan.say(stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await stage.settled(pilot)
        await stage.until(pilot, lambda: "Told of" in detail_of(stage, app))
        assert stage.detailed(app) == stage.selected(app)
        selection = app.main.query_one(Detail).selected
        assert f"Told of {selection.finding.check_id}" in detail_of(stage, app)


# Faults


def _validation_error(_check_id: str) -> Any:
    raise msgspec.ValidationError("Object missing required field `title`")


def _broken_file(_check_id: str) -> Any:
    return parse("+++\nid = \n+++\n")


def _unreadable_file(_check_id: str) -> Any:
    raise PermissionError(13, "Permission denied", "aws-sagemaker-001.md")


def _unexpected(_check_id: str) -> Any:
    raise RuntimeError("[/x] \x1b[2J is no markup")


async def test_an_explanation_that_cannot_be_read_is_told_in_its_place(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {
        _validation_error: "missing required field `title`",
        _broken_file: "TOMLDecodeError",
        _unreadable_file: "Permission denied",
        _unexpected: "[/x]  is no markup",
    }
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        assert "Why it matters" in detail_of(stage, app)
        with each_row() as row:
            for fault, words in faults.items():
                with row(fault.__name__):
                    with monkeypatch.context() as broken:
                        broken.setattr("cloud_audit_tui.app.presentation.finding_text.explanation", fault)
                        await pilot.press("j", "j", "j")
                        await stage.settled(pilot)
                        text = detail_of(stage, app)
                        assert "This cannot be shown:" in text
                        assert " ".join(words.split()) in " ".join(text.split())
                        assert "Why it matters" not in text
                        assert stage.selected(app) in text
                        await pilot.press("4", "1")
                        await stage.settled(pilot)
                        assert app.is_running
                    # Mended on disk, it is there again as soon as a finding is selected.
                    await pilot.press("k", "home")
                    await stage.settled(pilot)
                    assert "Why it matters" in detail_of(stage, app)
                    assert "cannot be shown" not in detail_of(stage, app)


async def test_a_text_that_cannot_be_made_is_told_in_its_tab(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise KeyError("no such fact")

    rows = (
        ("2", f"{READER}.render"),
        ("3", f"{READER}.render"),
        ("2", "cloud_audit_tui.app.widgets.detail.lead"),
        ("3", "cloud_audit_tui.app.presentation.evidence.highlighted"),
        ("4", "cloud_audit_tui.app.presentation.evidence.evidence"),
    )
    findings = [stage.make(4 * number + 1) for number in range(12)]
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for key, broken in rows:
                with row((key, broken)), monkeypatch.context() as patch:
                    patch.setattr(broken, fails)
                    # A finding that has not been read yet.
                    await pilot.press("j", key)
                    await stage.until(
                        pilot, lambda: "This cannot be shown: 'no such fact'" in detail_of(stage, app)
                    )
                    if broken == f"{READER}.render":
                        # That there is no fix is said each time it is to be copied.
                        app.clear_notifications()
                        for times in (1, 2):
                            await pilot.press("c")
                            await stage.until(
                                pilot,
                                lambda times=times: stage.notices(app).count("no such fact") == times,
                            )
                        assert stage.copied == []
                    await pilot.press("1", "j")
                    await stage.settled(pilot)
                    assert stage.detailed(app) == stage.selected(app)
                    assert "Why it matters" in detail_of(stage, app)


async def test_the_detail_names_the_accounts_alias_and_the_service_of_the_check_if_it_is_known(
    stage: Any,
) -> None:
    other = "444455556666"
    stage.past_scan([stage.make(0)])
    stage.past_scan(
        [stage.make(1, profile="prod", account_id=other, check_id="aws-other-042")],
        profile="prod",
        scan_id="scan-p",
        account_id=other,
        alias="acme-prod",
    )
    app = stage.app(selected=["dev", "prod"])
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert "444455556666 acme-prod · eu-central-1 · prod" in detail_of(stage, app)
        assert "There is no explanation of aws-other-042 in this version." in detail_of(stage, app)
        await pilot.press("j")
        await stage.settled(pilot)
        assert "111122223333 acme-dev · eu-central-1 · dev" in detail_of(stage, app)
        assert "aws-sagemaker-003 · sagemaker" in detail_of(stage, app)
