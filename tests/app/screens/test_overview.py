"""The whole at a glance, and the ways from it to the findings."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from app.conftest import beginning
from app.pictures import EVERY_SIZE, Pictures
from app.screens.every_key import leave_by_each, press_every_key
from cloud_audit_tui.app.keymap import HEAT_KEYS, LIST_KEYS, OVERVIEW_KEYS
from cloud_audit_tui.app.presentation.overview_sums import Sums
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.widgets.counts_line import CountsLine
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.app.widgets.heat_table import HeatTable
from cloud_audit_tui.model import Severity, Status

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot

    from cloud_audit_tui.app.app import CloudAuditApp

SIZE = (120, 40)
DENIED = {"unread": "access_denied", "missing_permission": "sagemaker:DescribeEndpoint"}
LOW = "severity:low status:fail"
BLOCKED = 'reason:kms:ListKeys reason:"explicit deny (service control policy)"'
FORBIDDEN = {"unread": "access_denied", "missing_permission": "kms:ListKeys"}


def findings(stage: Any) -> list[Any]:
    return [
        *(stage.make(number) for number in range(10)),
        stage.make(11, region="us-east-1", severity=Severity.LOW),
        stage.make(20, status=Status.PASS),
        stage.make(
            24,
            status=Status.NOT_ASSESSED,
            region="us-east-1",
            reason="Access denied. Add sagemaker:DescribeEndpoint to the permissions of this identity.",
            evidence=DENIED,
        ),
        stage.make(
            25,
            status=Status.NOT_ASSESSED,
            region="us-east-1",
            reason="Access denied. An explicit deny (service control policy) blocks it: change that policy.",
            evidence=FORBIDDEN,
        ),
    ]


async def opened(stage: Any, pilot: Pilot[None]) -> OverviewScreen:
    """Open the overview and wait until it shows what the store holds."""
    await pilot.press("0")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, OverviewScreen))
    screen = pilot.app.screen
    assert isinstance(screen, OverviewScreen)
    await stage.until(pilot, lambda: screen.refresher.settled.is_set() and screen.sums.services)
    await pilot.pause()
    return screen


def cell(table: HeatTable, label: str, column: int) -> str:
    (row,) = [row for row in table.rows if row.label == label]
    return row.cells[column].text


async def test_it_says_what_fails_where_what_weighs_most_and_what_was_not_assessed(stage: Any) -> None:
    for number, days in ((1, 9), (2, 6), (4, 3)):
        stage.past_scan(
            [stage.make(4 * n + 1) for n in range(number)], scan_id=f"old-{days}", ago=timedelta(days=days)
        )
    async with stage.opened(findings(stage), size=SIZE) as (app, pilot):
        screen = await opened(stage, pilot)
        # Heat tables count open failures, and never draw what was not scanned as zero.
        services, regions = (screen.query_one(f"#{name}", HeatTable) for name in ("services", "regions"))
        assert [cell(services, "sagemaker", column) for column in range(5)] == ["3?", "3?", "0", "3", "2"]
        assert cell(services, "other", 2) == "2", "of a check that the catalogue does not have"
        assert cell(services, "s3", 1) == "–", "no check of S3 has run"
        assert cell(regions, "eu-central-1", 0) == "3"
        assert cell(regions, "us-east-1", 0) == "?", "nothing there could be read"
        assert cell(regions, "us-east-1", 2) == "0"
        assert [cell(regions, "eu-west-1", column) for column in range(5)] == ["–"] * 5
        text = stage.screen_text(app)
        assert "– not scanned" in text
        assert "◆ 3 critical" in text
        # The trend has a bar for each complete scan.
        critical = screen.sums.trend[0]
        assert (critical.bars, critical.last, critical.change) == ("▃▅█▇", 3, -1)
        assert "-1 since the scan before" in text
        # The checks that weigh most come first, with what their fix costs.
        assert [risk.check_id for risk in screen.sums.risks[:2]] == ["aws-sagemaker-001", "aws-sagemaker-003"]
        assert [risk.score for risk in screen.sums.risks[:2]] == [120, 30]
        screen.query_one("#risks", FocusList).focus()
        await pilot.pause()
        assert "Interrupts: " in stage.screen_text(app)
        assert "Costs: " in stage.screen_text(app)
        # What was not assessed says why, and gives the statement that would change it.
        by_name = {missing.what: missing for missing in screen.sums.missing}
        assert by_name["sagemaker:DescribeEndpoint"].actions == ("sagemaker:DescribeEndpoint",)
        assert by_name["kms:ListKeys"].actions == (), "an allow does not help against an explicit deny"
        assert "explicit deny" in by_name["kms:ListKeys"].why
        assert "eu-west-1" in by_name["1 region of acme-dev"].why
        await pilot.press("y")
        await stage.until(pilot, lambda: stage.copied)
        assert json.loads(stage.copied[0]) == {
            "Sid": "ReadWhatWasDenied",
            "Effect": "Allow",
            "Action": ["sagemaker:DescribeEndpoint"],
            "Resource": "*",
        }
        screen.query_one("#missing", FocusList).focus()
        await pilot.press("home", "enter")
        await stage.settled(pilot)
        assert app.session.view.filter == "status:unassessed reason:sagemaker:DescribeEndpoint"
        assert app.main.query_one(FindingsPane).table.row_count == 1


async def test_enter_shows_exactly_the_findings_of_a_cell(stage: Any) -> None:
    async with stage.opened(findings(stage), size=SIZE) as (app, pilot):
        screen = await opened(stage, pilot)
        assert screen.query_one("#services", HeatTable).has_focus
        await pilot.press("right", "right", "right", "right", "left", "enter")
        await stage.settled(pilot)
        assert app.session.view.filter == "service:sagemaker severity:low status:fail"
        assert app.main.query_one(FindingsPane).table.row_count == 3
        screen = await opened(stage, pilot)
        await pilot.press("down", "right", "right", "enter")
        await stage.settled(pilot)
        assert app.session.view.filter == "check:aws-sagemaker-004 severity:medium status:fail"
        assert app.main.query_one(FindingsPane).table.row_count == 2
        # What was not scanned opens nothing.
        screen = await opened(stage, pilot)
        regions = screen.query_one("#regions", HeatTable)
        await pilot.press("tab")
        assert regions.has_focus
        await pilot.press("end", "enter")
        assert app.screen is screen
        assert regions.rows[regions.cursor[0]].note == "not scanned"


async def test_each_part_leads_to_its_findings_and_who_goes_back_is_where_he_left_it(stage: Any) -> None:
    async with stage.opened(findings(stage), size=(80, 24)) as (app, pilot):
        await opened(stage, pilot)
        for part, line, keys, shown, back in (
            ("regions", "us-east-1", "down right right right", f"region:us-east-1 {LOW}", "escape"),
            ("risks", "sagemaker-003", "down", "check:aws-sagemaker-003 status:fail", "backspace"),
            ("missing", "kms:ListKeys", "down", f"status:unassessed {BLOCKED}", "escape"),
        ):
            widget = app.screen.query_one(f"#{part}")
            widget.focus()
            await pilot.press("home", *keys.split())
            await pilot.pause()
            assert isinstance(widget, HeatTable | FocusList)
            cursor = widget.cursor
            assert cursor not in {0, (0, 0)}
            await pilot.press("enter")
            await stage.until(pilot, lambda: app.screen is app.main)
            await stage.settled(pilot)
            assert app.session.view.filter == shown
            if part == "regions":
                assert app.main.query_one(FindingsPane).table.row_count == 1
            await pilot.press(back)
            await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen))
            await stage.until(pilot, partial(is_at, app, part, cursor))
            await stage.until(pilot, partial(is_visible, stage, app, line))


def is_at(app: CloudAuditApp, part: str, cursor: object) -> bool:
    """Return whether this part of the open screen has the focus, and its cursor is there."""
    focused = app.screen.focused
    return isinstance(focused, HeatTable | FocusList) and (focused.id, focused.cursor) == (part, cursor)


def is_visible(stage: Any, app: CloudAuditApp, text: str) -> bool:
    return text in stage.screen_text(app)


async def test_a_store_without_a_scan_is_no_zero_either_and_the_first_scan_is_followed(stage: Any) -> None:
    app = stage.app()
    async with app.run_test(size=SIZE) as pilot:
        await stage.until(pilot, lambda: "acme-dev" in stage.screen_text(app))
        screen = await opened(stage, pilot)
        for table in screen.query(HeatTable):
            assert {each.text.strip() for row in table.rows for each in row.cells} <= {"–", ""}
        text = stage.screen_text(app)
        assert "No complete scan is stored." in text
        assert "Nothing has been assessed." in text
        assert "Nothing fails" not in text
        # The counts are one line in every width.
        line = screen.query_one(CountsLine)
        many = Sums(failed=dict.fromkeys(Severity, 120), not_assessed=110, passed=1_200, fixed=3, muted=12)
        for width in (60, 80, 120):
            await pilot.resize_terminal(width, 40)
            line.sums = many
            await pilot.pause()
            counts = line.render().plain
            assert "…" not in counts, width
            assert counts.endswith("12 muted"), width
            assert "✓ 1,200" in counts, width
            assert line.size.height == 1, width
            assert ("not assessed" in counts) is (width == 120), width
        # Without a denied read there is no statement.
        await pilot.press("y")
        await stage.until(pilot, lambda: "Nothing to copy" in stage.notices(app))
        assert stage.copied == []
        for number in (1, 2):
            stage.past_scan([stage.make(4 * each) for each in range(number)], scan_id=f"scan-{number}")
            app.session.toggle_passes()
            await stage.until(pilot, lambda number=number: screen.sums.failed[Severity.HIGH] == number)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


async def test_each_profile_that_cannot_be_used_has_a_row_with_its_own_reason(stage: Any) -> None:
    reasons = {"dev": "The SSO session of 'dev' has expired.", "prod": "'prod' has no complete credentials."}
    app = stage.app(selected=list(reasons), scan_on_open=True)
    async with app.run_test(size=SIZE) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started(profiles=list(reasons)))
        for profile, reason in reasons.items():
            stage.scan.say(*stage.unusable(profile, reason))
        stage.scan.say(stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await stage.settled(pilot)
        screen = await opened(stage, pilot)
        missing = screen.query_one("#missing", FocusList)
        assert {row.cells[2].text for row in missing.rows} == set(reasons.values())
        assert "Nothing has been assessed." in stage.screen_text(app)
        missing.focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen is app.main)
        await stage.settled(pilot)
        assert len(app.main.query_one(FindingsPane).page.ids) == 1


async def test_every_key_works_moves_what_has_the_focus_and_help_lies_over_the_overview(stage: Any) -> None:
    async with stage.opened(findings(stage), size=SIZE) as (app, pilot):
        screen = await opened(stage, pilot)
        heat = screen.query_one("#services", HeatTable)
        heat.focus()
        await pilot.press("end", "up")
        last = len(heat.rows) - 1
        assert heat.cursor[0] == last - 1
        await pilot.press("pageup")
        assert heat.cursor[0] < last - 1
        await pilot.press("pagedown", "pagedown")
        assert heat.cursor[0] == last
        risks = screen.query_one(FocusList)
        risks.focus()
        await pilot.press("end", "up", "pageup", "pagedown", "home")
        assert risks.highlighted is None or risks.highlighted is risks.rows[0]
        await pilot.press("tab", "shift+tab")
        assert app.focused is risks
        await press_every_key(
            pilot, [*OVERVIEW_KEYS, *HEAT_KEYS, *LIST_KEYS], {"overview.leave", "overview.open"}
        )
        await leave_by_each(stage, pilot, ("q", "0"), opened)


async def test_overview_looks(
    stage: Any, pictures: Pictures, utc: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The detail is on the screen below.
    monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", beginning)
    stage.past_scan(findings(stage)[:5], scan_id="old", ago=timedelta(days=2))
    async with stage.opened(findings(stage), size=SIZE) as (app, pilot):
        await opened(stage, pilot)
        app.clear_notifications()
        await pictures.compare(pilot, EVERY_SIZE, settled=stage.settled)
