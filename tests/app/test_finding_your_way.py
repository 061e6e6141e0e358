"""Groups, what is hidden, counts to click, and matches: from many rows to those that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.app.dialogs.palette import CommandPalette
from cloud_audit_tui.app.keymap import GROUP_COMMANDS
from cloud_audit_tui.app.widgets.filter_bar import FilterBar
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.remediation.selection import Bundle
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.store.view import Sort
from each_row import each_row

from .copied_findings import copy_findings

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

TALL = (120, 40)


@pytest.fixture
def findings(stage: Any) -> list[Finding]:
    """Twelve failures of four checks in two regions, two passes, and one that was not assessed."""
    failed = [stage.make(number, region="eu-west-1" if number % 3 else "us-east-1") for number in range(12)]
    return [
        *failed,
        *(stage.make(number, status=Status.PASS) for number in (20, 21)),
        stage.make(30, status=Status.NOT_ASSESSED),
    ]


@pytest.fixture
def named_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fix of several findings name their resources."""

    def bundle(findings: list[Finding], _environment: Any, **_options: Any) -> Bundle:
        return Bundle(" ".join(each.resource_name for each in findings), len(findings), [], [])

    monkeypatch.setattr("cloud_audit_tui.remediation.export.bundle_of", bundle)


def table_of(app: Any) -> FindingsTable:
    table: FindingsTable = app.main.query_one(FindingsTable)
    return table


def selected(table: FindingsTable) -> str:
    assert table.selected_group is not None
    return table.selected_group.key


def table_lines(stage: Any, app: Any) -> list[str]:
    """Return the lines of the table that are not empty."""
    region = table_of(app).region
    lines = stage.screen_text(app).splitlines()[region.y : region.bottom]
    return [line.strip() for line in (row[: region.right - 1] for row in lines) if line.strip()]


async def press(stage: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()
    await stage.settled(pilot)


async def test_failures_only_and_what_is_hidden_is_counted(stage: Any, findings: Any) -> None:
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        assert table.row_count == 12
        assert "? 1 not assessed hidden (u)   ✓ 2 passed hidden (a)" in stage.screen_text(app)
        await press(stage, pilot, "u")
        assert table.row_count == 13
        assert "? 1 not assessed   ✓ 2 passed hidden (a)" in stage.screen_text(app)
        # What was not assessed says so in its row.
        with each_row() as row:
            for size in ((80, 24), TALL):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await press(stage, pilot, "end")
                    assert stage.selected(app) == "training-job-00030"
                    line = next(line for line in table_lines(stage, app) if line.startswith("▌"))
                    assert "Not assessed" in line
                    assert "training" in line
                    assert "n/a" not in stage.screen_text(app)
        assert "? Not assessed" in stage.screen_text(app)
        await press(stage, pilot, "a")
        assert table.row_count == 15
        assert "✓ Pass" in stage.screen_text(app)
        assert "hidden" not in stage.screen_text(app)
        await press(stage, pilot, "a", "u")
        assert table.row_count == 12


async def test_g_groups_by_each_property_in_turn_with_the_cursor_on_its_finding(
    stage: Any, findings: Any
) -> None:
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        await press(stage, pilot, "end", "up")
        finding = table.selected_row
        assert finding is not None
        keys = {
            Grouping.CHECK: finding.check_id,
            Grouping.SERVICE: "sagemaker",
            Grouping.REGION: finding.region,
            Grouping.ACCOUNT: finding.account_id,
        }
        lines = {}
        with each_row() as row:
            for grouping in Grouping:
                await press(stage, pilot, "g")
                with row(grouping):
                    assert app.session.view.grouping is grouping
                    assert f"by {grouping}" in stage.screen_text(app).splitlines()[1]
                    assert selected(table) == keys.get(grouping, selected(table))
                    lines[grouping] = [line.removeprefix("▌") for line in table_lines(stage, app)]
        assert lines[Grouping.CHECK][0].startswith("▸ aws-sagemaker-001  ")
        assert lines[Grouping.CHECK][0].endswith("◆ 3")
        assert [line.split()[1] for line in lines[Grouping.CHECK]] == [
            "aws-sagemaker-001", "aws-sagemaker-003", "aws-sagemaker-004", "aws-sagemaker-002",
        ]  # fmt: skip
        assert len(lines[Grouping.RESOURCE]) == 12
        assert [line.split()[1] for line in lines[Grouping.REGION]] == ["eu-west-1", "us-east-1"]
        assert lines[Grouping.REGION][0].endswith("◆ 2  ▲ 2  ■ 2  ○ 2")
        assert lines[Grouping.ACCOUNT][0].startswith("▸ 111122223333  acme-dev")
        await press(stage, pilot, "g")
        assert app.session.view.grouping is None
        assert table.row_count == 12
        assert table.selected_row == finding
        # A verified row counts in its group as passed.
        stage.past_verification(msgspec.structs.replace(findings[1], status=Status.PASS))
        await press(stage, pilot, "home", "g")
        app.main.query_one(FindingsPane).refresher.changed(urgent=True)
        await stage.until(pilot, lambda: table_lines(stage, app)[0].endswith("◆ 2  ✓ 1"))


async def test_the_palette_groups_by_name(stage: Any, findings: Any) -> None:
    """A command is found by its words; what each does is seen without the palette."""
    names: dict[str, Grouping | None] = {f"Group the findings by {each}": each for each in Grouping}
    names["List the findings without groups"] = None
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for command in GROUP_COMMANDS:
                with row(command.tooltip):
                    grouping = names.pop(command.tooltip)
                    assert app.session.view.grouping is not grouping
                    await app.run_action(command.action, app.main)
                    assert app.session.view.grouping is grouping
            assert not names
            for words, grouping in (
                ("Group the findings by service", Grouping.SERVICE),
                ("without groups", None),
            ):
                with row(words):
                    await pilot.press("ctrl+p")
                    await stage.until(pilot, lambda: isinstance(app.screen, CommandPalette))
                    await stage.paste(pilot, words)
                    await pilot.press("enter")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    await stage.until(pilot, lambda grouping=grouping: app.session.view.grouping is grouping)


async def test_a_group_opens_and_closes(stage: Any, findings: Any) -> None:
    rows = (("enter", ("k", "enter")), ("space", ("k", "space")), ("right", ("left",)))
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        await press(stage, pilot, "g")
        with each_row() as row:
            for opens, closes in rows:
                with row(opens):
                    await press(stage, pilot, "home", "j")
                    assert table.row_count == 4
                    assert "3 findings" in stage.screen_text(app)
                    await press(stage, pilot, opens)
                    assert table.row_count == 7
                    assert [line[:6] for line in table_lines(stage, app)][:5] == [
                        "▸ aws-",
                        "▌▾ aws",
                        "▲ High",
                        "▲ High",
                        "▲ High",
                    ]
                    await press(stage, pilot, "j")
                    assert stage.selected(app) == stage.detailed(app)
                    await press(stage, pilot, *closes)
                    assert table.row_count == 4
                    assert selected(table) == "aws-sagemaker-003"
        # All of them at once.
        await press(stage, pilot, "home", "+")
        assert table.row_count == 16
        await press(stage, pilot, "j", "j", "-")
        assert table.row_count == 4
        assert selected(table) == "aws-sagemaker-001"
        # And one by a click.
        await pilot.click(FindingsTable, offset=(20, 1))
        await stage.until(pilot, lambda: table.row_count == 7)


async def test_a_group_stays_selected_while_the_view_changes(stage: Any, findings: Any) -> None:
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        await press(stage, pilot, "g", "j", "j")
        assert selected(table) == "aws-sagemaker-004"
        await press(stage, pilot, "a")
        app.session.sort_by(Sort.REGION, descending=True)
        await stage.settled(pilot)
        assert selected(table) == "aws-sagemaker-004"
        app.session.filter_by("severity:medium")
        await stage.settled(pilot)
        assert table.row_count == 1
        assert selected(table) == "aws-sagemaker-004"
        # The filter counts the findings of closed groups.
        await press(stage, pilot, "a", "slash", "ctrl+u")
        await stage.paste(pilot, "notebook")
        await press(stage, pilot, "enter")
        await stage.until(pilot, lambda: "6 matches" in stage.screen_text(app))
        assert table.row_count == 2


@pytest.mark.usefixtures("named_fixes")
async def test_capital_f_marks_and_copies_all_fixes_of_a_check(stage: Any, findings: Any) -> None:
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        await press(stage, pilot, "space")
        await press(stage, pilot, "g", "home", "j", "F")
        await stage.until(pilot, lambda: stage.copied)
        assert len(table.marked) == 3
        names = {row.resource_name for row in stage.store.rows(sorted(table.marked.ids))}
        assert names == {"endpoint-00000", "endpoint-00004", "endpoint-00008"}
        (script,) = stage.copied
        assert all(name in script for name in names)
        assert "notebook-instance" not in script
        # On another group it says what it needs.
        stage.copied.clear()
        await press(stage, pilot, "g", "F")
        await stage.until(pilot, lambda: "header of a check" in stage.notices(app))
        assert not stage.copied
        # On a finding it fixes its check within the filter.
        app.session.group_by(None)
        app.session.filter_by("region:eu-west-1")
        await stage.settled(pilot)
        await press(stage, pilot, "home", "F")
        await stage.until(pilot, lambda: stage.copied)
        rows = stage.store.rows(sorted(table.marked.ids))
        assert {(row.check_id, row.region) for row in rows} == {("aws-sagemaker-001", "eu-west-1")}


async def test_many_marks_are_on_findings_only(stage: Any, findings: Any) -> None:
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = table_of(app)
        await press(stage, pilot, "g", "+", "j", "space", "j", "j", "j", "j", "V")
        assert all(row_id > 0 for row_id in table.marked.ids), "a range across groups"
        assert len(table.marked) == 5
        # All are marked that failed, and nothing else.
        await press(stage, pilot, "ctrl+n", "-", "a", "u", "ctrl+a")
        await stage.until(pilot, lambda: len(table.marked) == 12)
        rows = stage.store.rows(sorted(table.marked.ids))
        assert {row.status for row in rows} == {Status.FAIL}


def place_of(app: Any, kind: Any) -> int:
    """Return a column of a count, on the screen."""
    widget: SeverityCounts = app.main.query_one(SeverityCounts)
    return next(start for each, start, _ in widget.places() if each is kind) + widget.content_region.x + 2


async def test_a_click_on_a_count_filters_and_a_second_one_takes_it_away(stage: Any) -> None:
    # Of one check, so that the detail has one explanation whatever the cursor is on.
    statuses = (Status.FAIL, Status.FAIL, Status.FAIL, Status.FAIL, Status.PASS, Status.NOT_ASSESSED)
    findings = [
        stage.make(4 * number, severity=severity, status=status, region="eu-west-1")
        for number, (severity, status) in enumerate(zip([*Severity, *Severity], statuses, strict=False))
    ]
    async with stage.opened(findings, size=(60, 40), notifications=True) as (app, pilot):
        with each_row() as row:
            for width in (60, 80, 120, 200):
                await pilot.resize_terminal(width, 40)
                with row(width):
                    await each_count_filters(stage, app, pilot)


async def each_count_filters(stage: Any, app: Any, pilot: Any) -> None:
    """Click on counts of severities and statuses, and see that each click is taken back by the next."""
    app.session.filter_by("region:eu-* severity:low")
    await stage.settled(pilot)
    for severity in (Severity.CRITICAL, Severity.MEDIUM):
        await pilot.click(SeverityCounts, offset=(place_of(app, severity), 0))
        await stage.settled(pilot)
        assert app.session.view.filter == f"region:eu-* severity:{severity}"
        assert app.main.query_one(FilterBar).text == app.session.view.filter
    await pilot.click(SeverityCounts, offset=(place_of(app, Severity.MEDIUM), 0))
    await stage.settled(pilot)
    assert app.session.view.filter == "region:eu-*"
    for status, attribute in ((Status.PASS, "passes"), (Status.NOT_ASSESSED, "unassessed")):
        for is_visible in (True, False):
            await pilot.click(SeverityCounts, offset=(place_of(app, status), 0))
            await stage.settled(pilot)
            assert getattr(app.session.view, attribute) is is_visible


async def test_matches_are_highlighted_where_they_stand(stage: Any) -> None:
    findings = [stage.make(0, name="prod-orders", title="Bucket of orders is public")]
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):

        def highlighted() -> list[str]:
            return [part.text for part in table_of(app).render_line(0) if part.style and part.style.underline]

        assert highlighted() == []
        app.session.filter_by("ORDER sagemaker -zzz region:eu-*")
        await stage.settled(pilot)
        assert highlighted() == ["sagemaker", "order", "order"]
        app.session.filter_by("bucketpublic")
        await stage.settled(pilot)
        assert highlighted() == ["Bucket", "public"]
        app.session.filter_by("~bkpb")
        await stage.settled(pilot)
        assert "".join(highlighted()) == "Bkpb"


async def test_free_text_forgives_a_slip(stage: Any, findings: Any) -> None:
    matches = {
        "notbook": 6,
        "notebbok": 0,
        "notevook": 6,
        "networkisolation": 3,
        "encripted": 3,
        '"notbook"': 0,
    }
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for words, count in matches.items():
                with row(words):
                    app.session.filter_by(words)
                    await stage.settled(pilot)
                    assert table_of(app).row_count == count
        # A wrong filter says what is wrong and keeps the last view.
        await press(stage, pilot, "slash", "ctrl+u")
        await stage.paste(pilot, "notebook")
        await stage.until(pilot, lambda: table_of(app).row_count == 6)
        app.session.filter_by("notebook sevrity:high")
        await stage.until(pilot, lambda: "There is no key sevrity" in stage.screen_text(app))
        await stage.settled(pilot)
        assert table_of(app).row_count == 6


@pytest.mark.proof
async def test_a_hundred_thousand_rows_group_and_open_and_few_of_them_are_kept(stage: Any) -> None:
    stage.past_scan([stage.make(number, region=f"eu-west-{number % 9}") for number in range(1_000)])
    copy_findings(stage.file, 99)
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        table = table_of(app)
        for keys, rows in ((["g"], 4), (["enter"], 25_004), (["+"], 100_004), (["-"], 4)):
            await pilot.press(*keys)
            await stage.until(pilot, lambda rows=rows: table.row_count == rows)
            await stage.settled(pilot)
        assert app.main.query_one(FindingsPane).page.total == 100_000
        assert len(table._rows) < 5_000
