"""What each key of the main screen does, as a person sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.dialogs.welcome import Welcome
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.help import HelpScreen
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.scan.events import InputKind, InputNeeded, Outcome, Progress, Result, Throttled
from cloud_audit_tui.scan.jobs import IdentifyJob
from each_row import each_row
from made_fix import MadeFix

from .conftest import key_event

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from cloud_audit_tui.model import Finding

TALL = (120, 40)
SMALL = (80, 24)
SIZES = [(60, 20), SMALL, (100, 30), TALL, (160, 45), (200, 50), (300, 100)]
WHOLE = (SMALL, TALL, (200, 50))
"""Sizes in which the header and the detail say all there is of an account and its caller."""


@pytest.fixture(autouse=True)
def readable_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a fix name the resource it is for, so that a copied text says whose it is."""

    def render(finding: Finding, environment: Any = None) -> MadeFix:
        if finding.status is not Status.FAIL:
            return MadeFix("", "", "There is nothing to fix.")
        terraform = "" if "notebook" in finding.resource_name else f"# terraform {finding.resource_name}\n"
        endpoint = (environment or {}).get("AWS_ENDPOINT_URL", "")
        return MadeFix(f"# cli {finding.resource_name} {endpoint}".strip() + "\n", terraform)

    monkeypatch.setattr("cloud_audit_tui.app.finding_reader.render", render)


async def test_it_opens_on_the_last_results_below_a_line_of_identity_and_a_line_of_counts(
    stage: Any, sample: Any
) -> None:
    names = ("dev", "111122223333", "acme-dev", "assumed-role/Audit/alice", "3 h ago", "endpoint-0", "Crit")
    counts = ("◆ 2 critical", "▲ 2 high", "■ 2 medium", "○ 2 low", "? 1 not assessed", "✓ 2 passed")
    async with stage.opened(sample, size=SIZES[0], notifications=True) as (app, pilot):
        table, detail = app.main.query_one(FindingsTable), app.main.query_one(Detail)
        with each_row() as row:
            for size in SIZES:
                with row(size):
                    await pilot.resize_terminal(*size)
                    await stage.settled(pilot)
                    text = stage.screen_text(app)
                    for words in (*(names if size in WHOLE else ()), *(counts if size == TALL else ())):
                        assert words in text
                    lines = text.splitlines()
                    assert all(cell_len(line) == size[0] for line in lines)
                    first, second, third, fourth = lines[:4]
                    assert "dev" in first
                    assert "Scanned 3 h ago" in first
                    assert re.search(r"◆ 2 .*▲ 2 .*■ 2 .*○ 2 ", second)
                    assert "Sev" in third
                    assert "sagemaker-001" in fourth
                    beside = size[0] >= 160
                    assert (detail.region.x >= table.region.right) is beside
                    assert (detail.region.y >= table.region.bottom) is not beside
                    assert stage.selected(app) == stage.detailed(app) == "notebook-instance-00001"
                    assert app.focused is table
                    assert [scan.job for scan in stage.scans] == [IdentifyJob(["dev"])]


async def test_the_cursor_moves(stage: Any) -> None:
    rows = (
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "j", "k"], 1),
        (["G"], 89),
        (["end"], 89),
        (["end", "home"], 0),
        (["G", "up"], 88),
        (["k"], 0),
    )
    findings = [stage.make(number) for number in range(90)]
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        with each_row() as row:
            for keys, index in rows:
                table._move(0)
                with row(keys):
                    await pilot.press(*keys)
                    assert table.cursor == index
                    assert 0 <= index - table.scroll_y < table.size.height
                    await stage.settled(pilot)
                    assert stage.detailed(app) == stage.selected(app)
            # Pages and half pages move by what is seen.
            height = table.size.height
            for there, back, index in (("ctrl+d", "ctrl+u", height // 2), ("pagedown", "pageup", height - 1)):
                table._move(0)
                with row((there, back)):
                    await pilot.press(there)
                    assert table.cursor == index
                    await pilot.press(back)
                    assert table.cursor == 0


async def test_c_t_and_y_copy_from_the_finding_in_the_detail_and_say_what_they_cannot(
    stage: Any, sample: Any
) -> None:
    stage.past_scan(sample)
    app = stage.app(environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"})
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        await pilot.press("j", "j", "c")
        await stage.until(pilot, lambda: stage.copied)
        name = stage.selected(app)
        assert stage.copied == [f"# cli {name} http://127.0.0.1:5000\n"]
        assert stage.detailed(app) == name
        await stage.until(pilot, lambda: "Copied by pyperclip." in stage.notices(app))
        assert name in stage.notices(app)
        await pilot.press("t", "y")
        await stage.until(pilot, lambda: len(stage.copied) == 3)
        assert f"# terraform {name}\n" in stage.copied
        assert f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{name}" in stage.copied
        # At once after another key, it is from the row under the cursor.
        stage.copied.clear()
        await pilot.press("home", "j")
        app.main.action_copy("cli")
        await pilot.press("j")
        await stage.until(pilot, lambda: stage.copied)
        assert stage.copied == ["# cli notebook-instance-00005 http://127.0.0.1:5000\n"]
        # What cannot be copied is said.
        stage.copied.clear()
        await pilot.press("a", "u")
        with each_row() as row:
            for name, key, words in (
                ("notebook-instance-00001", "t", "no Terraform"),
                ("training-job-00010", "c", "was not assessed"),
                ("endpoint-00008", "c", "the check passed"),
            ):
                with row(words):
                    app.session.filter_by(f"resource:{name}")
                    await stage.settled(pilot)
                    assert stage.selected(app) == name
                    await pilot.press(key)
                    await stage.until(pilot, lambda words=words: words in stage.notices(app))
                    assert stage.copied == []
        # A copy that may not have worked shows the text.
        stage.clipboard_works = False
        app.session.filter_by("")
        await stage.settled(pilot)
        await pilot.press("home", "c")
        await stage.until(pilot, lambda: isinstance(app.screen, CopyText))
        assert "# cli notebook-instance-00001" in stage.screen_text(app)


async def test_the_selected_finding_stays_while_rows_arrive_sort_and_filter(stage: Any) -> None:
    stage.past_scan([stage.make(number) for number in range(4, 40)])
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        table = app.main.query_one(FindingsTable)
        await stage.settled(pilot)
        await pilot.press(*["j"] * 12)
        await stage.settled(pilot)
        name = stage.selected(app)

        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started(), *(Result(stage.make(number)) for number in range(100, 180)))
        await stage.until(pilot, lambda: table.row_count == 116)
        assert stage.selected(app) == name
        assert 0 <= table.cursor - table.scroll_y < table.size.height

        await pilot.press("s", "down", "enter")
        await stage.until(pilot, lambda: app.session.view.sort == "check")
        await stage.settled(pilot)
        assert stage.selected(app) == name

        await pilot.press("slash")
        await stage.paste(pilot, "encrypted")
        await stage.until(pilot, lambda: table.row_count < 116)
        await stage.settled(pilot)
        assert stage.selected(app) == name
        await pilot.press("escape")
        await stage.until(pilot, lambda: table.row_count == 116)
        await stage.settled(pilot)
        assert stage.selected(app) == stage.detailed(app) == name

        await pilot.press("c")
        await stage.until(pilot, lambda: stage.copied)
        assert stage.copied == [f"# cli {name}\n"]


async def test_a_scan_leaves_the_cursor_at_the_top_until_it_is_moved(stage: Any) -> None:
    app = stage.app(scan_on_open=True)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        table = app.main.query_one(FindingsTable)
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started(), stage.ready(), Result(stage.make(2)))
        await stage.until(pilot, lambda: table.row_count == 1)
        first = [Result(stage.make(number)) for number in range(3, 60)]
        stage.scan.say(*first)
        await stage.until(pilot, lambda: table.row_count == 58)
        await stage.settled(pilot)
        assert table.cursor == table.scroll_y == 0
        assert "Critical" in stage.screen_text(app)
        stage.scan.say(stage.finished())
        # So does the next one, and its cursor is moved.
        await scan_again(stage, pilot)
        stage.scan.say(stage.started(), stage.ready(), *first, Result(stage.make(1)))
        await stage.until(pilot, lambda: table.row_count == 59)
        await stage.settled(pilot)
        assert table.cursor == 0
        assert stage.selected(app) == stage.detailed(app) == "notebook-instance-00001"
        await pilot.press("j")
        name = stage.selected(app)
        above = stage.make(101, name="a-notebook")
        stage.scan.say(*(Result(stage.make(number)) for number in range(60, 90)), Result(above))
        await stage.until(pilot, lambda: table.row_count == 90)
        assert stage.selected(app) == name
        assert table.cursor > 1


async def test_a_rescan_changes_the_detail_and_the_focus_leaves_one_whose_finding_is_gone(stage: Any) -> None:
    async with stage.opened([stage.make(0, reason="The old reason.")], size=TALL, notifications=True) as (
        app,
        pilot,
    ):
        assert "The old reason." in stage.screen_text(app)
        await scan_again(stage, pilot)
        changed = stage.make(0, reason="The new reason.", severity=Severity.LOW)
        stage.scan.say(stage.started(), stage.ready(), Result(changed), stage.finished())
        await stage.until(pilot, lambda: "The new reason." in stage.screen_text(app))
        assert "○ Low" in stage.screen_text(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.main.has_class("-reading"))
        await scan_again(stage, pilot)
        stage.scan.say(stage.started("scan-2"), stage.ready(), stage.finished("scan-2"))
        await stage.until(pilot, lambda: app.main.has_class("-empty"))
        await stage.until(pilot, lambda: app.focused is not None and not app.main.has_class("-reading"))


async def test_the_filter_narrows_while_it_is_typed_and_stays_with_enter(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=SMALL, notifications=True) as (app, pilot):
        await pilot.press("slash", *"noteb")
        table = app.main.query_one(FindingsTable)
        await stage.until(pilot, lambda: table.row_count == 4)
        assert "4 matches" in stage.screen_text(app)
        await pilot.press("enter")
        assert app.focused is table
        assert app.main.query_one(Input).value == "noteb"
        await pilot.press("slash")
        await stage.paste(pilot, "zzz")
        await stage.until(pilot, lambda: "Nothing matches the filter" in stage.screen_text(app))
        await pilot.press("enter", "escape")
        await stage.until(pilot, lambda: table.row_count == 8)
        # What matches and is hidden is told: that nothing matches would be said of what was not assessed.
        for status, words in ((Status.PASS, "1 passed (a)"), (Status.NOT_ASSESSED, "1 not assessed (u)")):
            name = next(each.resource_name for each in sample if each.status is status)
            app.session.filter_by(f"resource:{name}")
            await stage.until(pilot, lambda words=words: f"hidden: {words}." in stage.screen_text(app))
            assert "No failure matches the filter" in stage.screen_text(app)
        app.session.filter_by("")
        await stage.until(pilot, lambda: table.row_count == 8)
        # A filter without the selected finding gives it back afterwards.
        await stage.settled(pilot)
        name = stage.selected(app)
        await pilot.press("slash")
        await stage.paste(pilot, "endpoint-00004")
        await stage.until(pilot, lambda: table.row_count == 1)
        await stage.settled(pilot)
        assert name != stage.detailed(app) == "endpoint-00004"
        await pilot.press("escape")
        await stage.until(pilot, lambda: table.row_count == 8)
        assert stage.selected(app) == name


async def test_r_scans_and_shows_how_far_it_is_and_escape_stops_it(stage: Any) -> None:
    app = stage.app(regions=["eu-central-1", "us-east-1"], environment={"AWS_ENDPOINT_URL": "http://x"})
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert "Press r to scan dev in eu-central-1, us-east-1" in stage.screen_text(app)
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        await stage.until(pilot, lambda: "Scanning…" in stage.screen_text(app))
        scan = stage.scan
        assert scan.job.profiles == ["dev"]
        assert scan.job.regions == ["eu-central-1", "us-east-1"]
        assert scan.environment == {"AWS_ENDPOINT_URL": "http://x"}
        scan.say(
            stage.started(),
            stage.ready(),
            Result(stage.make(0)),
            Throttled("111122223333", "eu-central-1", "sagemaker", 3),
            Progress(55, 220, 1318, 75.0),
        )
        await stage.until(pilot, lambda: "55/220 · 1,318 calls · 1:15" in stage.screen_text(app))
        assert "25%" in stage.screen_text(app)
        assert "throttled 3×" in stage.screen_text(app)
        await stage.until(pilot, lambda: "endpoint-00000" in stage.screen_text(app))
        await pilot.press("r")
        assert "running already" in stage.notices(app)
        scan.say(stage.finished())
        await stage.until(pilot, lambda: "Scan complete" in stage.notices(app))
        await stage.until(pilot, lambda: "Scanned just now" in stage.screen_text(app))
        assert scan.closed
        # Esc closes what is open and takes the marks away before it stops the scan.
        table = app.main.query_one(FindingsTable)
        await pilot.resize_terminal(*SMALL)
        await scan_again(stage, pilot)
        stage.scan.say(stage.started(), stage.ready(), Result(stage.make(1)))
        await stage.until(pilot, lambda: "notebook-instance-00001" in stage.screen_text(app))
        with each_row() as row:
            for key, is_there in (
                ("enter", lambda: app.main.has_class("-reading")),
                ("space", lambda: bool(table.marked)),
            ):
                with row(key):
                    await pilot.press(key)
                    assert is_there()
                    await pilot.press("escape")
                    assert not is_there()
                    assert app.focused is table
                    assert not stage.scan.cancelled
        app.clear_notifications()
        await pilot.press("escape")
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        assert stage.scan.cancelled
        assert "Results so far are kept" in stage.notices(app)
        app.clear_notifications()
        await stage.until(pilot, lambda: "notebook…00001" in stage.screen_text(app))


async def test_a_scan_that_fails_says_why_after_its_toast_and_the_app_lives_on(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stage.app()
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert "Not scanned yet" in stage.screen_text(app)
        await scan_again(stage, pilot)
        reason = "The scanner could not be started: [/x] no memory."
        stage.scan.say(stage.finished(outcome=Outcome.FAILED, message=reason))
        await stage.until(pilot, lambda: "no memory" in stage.notices(app))
        app.clear_notifications()
        await stage.until(pilot, lambda: "The scan failed" in stage.screen_text(app))
        text = stage.screen_text(app)
        assert "The last scan failed" in text.splitlines()[0]
        assert reason in text
        assert "Press r to scan again." in text
        assert "Not scanned yet" not in text
        await scan_again(stage, pilot)
        assert "The last scan failed" not in stage.screen_text(app)
        # A narrow terminal says so too, and it is of its profile.
        await pilot.resize_terminal(60, 20)
        stage.scan.say(stage.started("s"), stage.finished("s", Outcome.FAILED, message="x" * 90))
        await stage.until(pilot, lambda: "The last scan failed" in stage.screen_text(app))
        app.session.select_profiles(["prod"])
        await stage.settled(pilot)
        assert "The last scan failed" not in stage.screen_text(app)
        app.session.select_profiles(["dev"])
        await pilot.resize_terminal(*TALL)
        # A scanner without a last word is a message too.
        await scan_again(stage, pilot)
        await stage.scan.close()
        await stage.until(pilot, lambda: "ended without reporting a result" in stage.notices(app))
        # And so is a store that fails.
        await scan_again(stage, pilot)
        with monkeypatch.context() as broken:

            def full(*_: Any, **_options: Any) -> None:
                raise OSError("The disk is full.")

            broken.setattr(stage.store, "apply", full)
            stage.scan.say(stage.started())
            await stage.until(pilot, lambda: "The disk is full." in stage.notices(app))
            assert not app.session.jobs.scanning
        await rows_stay_after_a_failure(stage, pilot)
        # To quit ends the scanner.
        await scan_again(stage, pilot)
        assert not stage.scan.closed
        await pilot.press("q")
    assert all(scan.closed for scan in stage.scans)


async def rows_stay_after_a_failure(stage: Any, pilot: Pilot[None]) -> None:
    """See what was found before a scan that fails, and what is said of that scan until the next one ends."""
    app: Any = pilot.app
    await scan_again(stage, pilot)
    stage.scan.say(stage.started(), stage.ready(), Result(stage.make(1)), stage.finished())
    await stage.until(pilot, lambda: app.main.query_one(FindingsTable).row_count == 1)
    await scan_again(stage, pilot)
    stage.scan.say(stage.finished(outcome=Outcome.FAILED, message="It was ended by SIGKILL [/x]."))
    await stage.until(pilot, lambda: "ended by SIGKILL [/x]" in stage.notices(app))
    await stage.settled(pilot)
    assert stage.selected(app) == "notebook-instance-00001"
    app.clear_notifications()
    await stage.until(pilot, lambda: "the last scan failed" in stage.screen_text(app))
    await scan_again(stage, pilot)
    stage.scan.say(stage.started(), stage.ready(), stage.finished())
    await stage.until(pilot, lambda: not app.session.jobs.scanning)
    await stage.until(pilot, lambda: "the last scan failed" not in stage.screen_text(app))


async def scan_again(stage: Any, pilot: Pilot[None]) -> None:
    """Begin another scan once the last one is over."""
    app: Any = pilot.app
    await stage.until(pilot, lambda: not app.session.jobs.scanning)
    await pilot.press("r")
    await stage.until(pilot, lambda: app.session.jobs.scanning)


async def test_a_profile_that_cannot_be_used_is_a_line_above_the_rows_and_a_row_of_its_own(
    stage: Any,
) -> None:
    app = stage.app(scan_on_open=True)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        table = app.main.query_one(FindingsTable)
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        expired = stage.unusable("dev", "The SSO session has expired.", "Run: aws sso login --profile dev")
        stage.scan.say(stage.started(), *expired, stage.finished())
        await stage.until(pilot, lambda: "aws sso login --profile dev" in stage.screen_text(app))
        app.session.select_profiles(["dev", "prod"])
        await scan_again(stage, pilot)
        failed = stage.unusable("prod", "The keys are wrong.", "Run aws configure.")
        begins = (stage.started(profiles=["dev", "prod"]), stage.ready(), *failed)
        stage.scan.say(*begins, Result(stage.make(1)))
        texts = ("✗ prod  The keys are wrong.  Run aws configure.", "notebook-inst")
        # The new line moves the table, which is drawn anew.
        await stage.until(pilot, lambda: all(text in stage.screen_text(app) for text in texts))
        # A stopped scan is incomplete also when a profile failed.
        await pilot.resize_terminal(*TALL)
        stage.scan.say(stage.finished(outcome=Outcome.CANCELLED))
        await stage.until(pilot, lambda: "· 1 failed · incomplete" in stage.screen_text(app))
        await scan_again(stage, pilot)
        stage.scan.say(*begins, stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        assert table.row_count == 1
        await pilot.press("u")
        await stage.until(pilot, lambda: table.row_count == 2)
        await stage.settled(pilot)
        text = stage.screen_text(app)
        assert "? Not assessed" in text
        assert text.count(texts[0]) == 1
        assert "? 1 not assessed" in text


async def test_a_table_without_failures_says_what_there_is_and_keys_that_they_have_nothing(
    stage: Any,
) -> None:
    other = "444455556666"
    unassessed = [
        stage.make(0, profile="prod", account_id=other, status=Status.NOT_ASSESSED),
        stage.make(1, profile="prod", account_id=other, status=Status.PASS),
    ]
    stage.past_scan(unassessed, profile="prod", scan_id="scan-p", account_id=other)
    passes = [stage.make(number, status=Status.PASS) for number in range(3)]
    async with stage.opened(passes, size=SMALL, notifications=True) as (app, pilot):
        assert "No failures: 3 passed" in stage.screen_text(app)
        for key, words in (("c", "no finding to copy"), ("v", "There is no finding to verify.")):
            await pilot.press(key)
            await stage.until(pilot, lambda words=words: words in stage.notices(app))
        await pilot.press("a")
        await stage.settled(pilot)
        await pilot.press("v")
        await stage.until(pilot, lambda: "It passed" in stage.notices(app))
        await pilot.press("a")
        # Of what could not be assessed it is not said that nothing failed.
        await pilot.resize_terminal(*TALL)
        app.clear_notifications()
        app.session.select_profiles(["prod"])
        await stage.settled(pilot)
        words = "No failure, but 1 result could not be assessed, 1 passed"
        await stage.until(pilot, lambda: words in stage.screen_text(app))
        assert "✓ No failures" not in stage.screen_text(app)
        await pilot.press("u")
        await stage.until(pilot, lambda: app.main.query_one(FindingsTable).row_count == 1)


async def test_p_switches_to_another_profiles_last_results_and_capital_r_to_other_regions(
    stage: Any, sample: Any
) -> None:
    stage.past_scan(sample)
    stage.past_scan([stage.make(40, profile="prod")], profile="prod", scan_id="scan-p")
    app = stage.app()
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await stage.settled(pilot)
        await pilot.press("p")
        await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
        app.screen.dismiss(["prod"])
        await stage.until(pilot, lambda: app.main.query_one(FindingsTable).row_count == 1)
        await stage.settled(pilot)
        assert stage.selected(app) == stage.detailed(app) == "endpoint-00040"
        assert "3 h ago. Press r to scan again." in stage.notices(app)
        assert stage.scans[-1].job.profiles == ["prod"]
        assert isinstance(stage.scans[-1].job, IdentifyJob)
        await pilot.press("R")
        await stage.until(pilot, lambda: isinstance(app.screen, RegionPicker))
        await stage.until(pilot, lambda: "eu-west-1" in stage.screen_text(app))
        app.screen.dismiss(["eu-west-1"])
        await stage.until(pilot, lambda: "eu-west-1" in stage.screen_text(app).splitlines()[0])
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        assert (stage.scan.job.profiles, stage.scan.job.regions) == (["prod"], ["eu-west-1"])


async def test_an_mfa_code_goes_to_the_scanner(stage: Any) -> None:
    app = stage.app(selected=["locked"])
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.settled(pilot)
        assert stage.scans == []
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(InputNeeded("in-1", "locked", InputKind.MFA_CODE, "arn:aws:iam::1:mfa/alice"))
        await stage.until(pilot, lambda: isinstance(app.screen, MfaPrompt))
        # A device types the code and Enter at once.
        for key in (*"123456", "enter"):
            app.post_message(key_event(key))
        await stage.until(pilot, lambda: stage.scan.answers)
        assert stage.scan.answers == {"in-1": "123456"}


async def test_keys_without_any_finding(stage: Any) -> None:
    """Press what opens a screen, changes the theme, and whose work fails."""
    app = stage.app()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        with each_row() as row:
            for key, screen, words in (
                ("question_mark", HelpScreen, "Keys"),
                ("s", SortPicker, "Severity"),
                # The catalogue can be read without any scan.
                ("b", CheckBrowser, "Why it matters"),
            ):
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda screen=screen: isinstance(app.screen, screen))
                    await stage.until(pilot, lambda words=words: words in stage.screen_text(app))
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    await stage.until(pilot, lambda: "No scan yet" in stage.screen_text(app))
            with row("ctrl+t changes between dark and light"):
                assert app.current_theme.dark
                await pilot.press("ctrl+t")
                assert not app.current_theme.dark
                await pilot.press("ctrl+t")
                assert app.current_theme.dark
            with row("a background failure is a notification"):
                app.background(fails, "test")
                text = (
                    "Unexpected error (RuntimeError): [/x] went wrong. "
                    "This is a fault of cloud-audit-tui: please report it."
                )
                await stage.until(pilot, lambda: text in stage.notices(app))


async def fails() -> None:
    raise RuntimeError("[/x] went wrong")


async def test_b_opens_the_catalogue_on_the_selected_findings_check_and_enter_shows_its_findings(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        await pilot.press("b")
        await stage.until(pilot, lambda: isinstance(app.screen, CheckBrowser))
        await stage.until(pilot, lambda: app.screen.query_one(PickList).rows)
        assert app.screen.query_one(PickList).highlighted.key == "aws-sagemaker-001"
        await stage.paste(pilot, "sagemaker-003")
        await stage.until(pilot, lambda: len(app.screen.query_one(PickList).rows) == 1)
        await pilot.press("enter")
        table = app.main.query_one(FindingsTable)
        await stage.until(pilot, lambda: table.row_count == 2)
        assert app.focused is table
        assert "2 matches" in stage.screen_text(app)
        assert app.main.query_one(Input).value == "check:aws-sagemaker-003"
        await pilot.press("escape")
        await stage.until(pilot, lambda: table.row_count == 8)


async def test_the_foot_has_whole_items_that_can_be_clicked_and_always_help_and_quit(
    stage: Any, sample: Any
) -> None:
    sizes = {
        (60, 20): "CLI TF Verify Profile Group Help Quit",
        SMALL: "CLI TF Verify Profile Group Scan Find Help Quit",
        TALL: "CLI TF Verify Profile Group Scan Find Help Quit Save ARN Checks Mute Sort",
    }
    ways = {"table": [], "detail": ["enter"], "filter": ["slash"]}

    def foot() -> str:
        last: str = stage.screen_text(app).splitlines()[-1]
        return last

    async with stage.opened(sample, size=(60, 20), notifications=True) as (app, pilot):
        bar = app.main.query_one(KeyBar)
        with each_row() as row:
            for size, labels in sizes.items():
                await pilot.resize_terminal(*size)
                await stage.settled(pilot)
                with row(size):
                    words = [word for word in foot().split() if len(word) > 1]
                    assert words[: len(labels.split())] == labels.split()
        (item,) = [item for item in bar.items() if "Sort" in item.text.plain]
        await pilot.click(KeyBar, offset=(item.start + 2, 0))
        await stage.until(pilot, lambda: isinstance(app.screen, SortPicker))
        await pilot.press("escape")
        await pilot.resize_terminal(300, 20)
        with each_row() as row:
            for focus, keys in ways.items():
                await pilot.press(*keys)
                # The rest of the screen need not be laid out in each of these widths.
                for width in (60, 67, 71, 80, 93, 120, 200, 300):
                    with row((focus, width)):
                        bar.styles.width = width
                        await stage.until(pilot, lambda width=width: bar.size.width == width - 2)
                        assert "  ".join(item.text.plain for item in bar.items()) == foot().strip()
                        assert {"Help", "Quit"} <= set(foot().split())
        # The field takes the letters.
        words = foot().split()
        assert words[1:6] == ["To", "the", "table", "esc", "Clear"]
        assert "f1 Help" in " ".join(words)
        assert "c" not in words
        await pilot.press("f1")
        await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_no_credentials_at_all_opens_the_welcome(stage: Any) -> None:
    class Embedded:
        environment = {"AWS_CONFIG_FILE": "/nowhere/config"}  # noqa: RUF012
        pasteable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}  # noqa: RUF012
        profiles = ["demo"]  # noqa: RUF012
        without = ("AWS_PROFILE",)

    async def demo() -> Embedded:
        return Embedded()

    app = stage.app(profiles=[], selected=[], demo_factory=demo)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: isinstance(app.screen, Welcome))
        await pilot.press("d")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        assert stage.scan.job.profiles == ["demo"]
        assert stage.scan.environment["AWS_CONFIG_FILE"] == "/nowhere/config"
        assert stage.scan.environment["AWS_PROFILE"] is None


async def test_the_tabs_of_the_detail(stage: Any) -> None:
    rows = {
        "2": "# cli endpoint-00000",
        "3": "# terraform endpoint-00000",
        "4": '"endpoint_name": "endpoint-00000"',
        "1": "Its endpoint configuration names no KMS key.",
    }
    async with stage.opened([stage.make(0)], size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for key, words in rows.items():
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda words=words: words in stage.screen_text(app))


async def test_keys_move_the_focus_between_table_and_detail_and_the_help_says_so(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        table, detail = app.main.query_one(FindingsTable), app.main.query_one(Detail)
        with each_row() as row:
            for there, back in (
                (["tab"], "tab"),
                (["shift+tab"], "shift+tab"),
                (["enter"], "escape"),
                (["tab"], "escape"),
                (["2", "enter"], "escape"),
            ):
                with row((there, back)):
                    assert app.focused is table
                    await pilot.press(*there)
                    assert detail.has_focus_within
                    assert "esc To the table" in stage.screen_text(app).splitlines()[-1]
                    await pilot.press(back)
                    assert app.focused is table
        await pilot.press("enter", "f1")
        await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause()
        assert "Detail · here" in stage.screen_text(app).splitlines()[3]
        assert "Back to the table" in stage.screen_text(app)
        await pilot.press("escape", "escape")
        assert app.focused is table
        # A small terminal is filled by what is read.
        await pilot.resize_terminal(*SMALL)
        await pilot.press("enter")
        await stage.until(pilot, lambda: detail.size.height > 15)
        assert detail.has_focus_within
        await pilot.press("j", "escape")
        await stage.until(pilot, lambda: table.size.height > 5)
        assert app.focused is table


async def test_the_mouse_selects_opens_and_sorts(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        await pilot.hover(FindingsTable, offset=(20, 4))
        assert table.hovered == 4
        await pilot.click(FindingsTable, offset=(20, 3))
        assert table.cursor == 3
        await pilot.click("ColumnHeadings", offset=(table.columns[3].start, 0))
        await stage.until(pilot, lambda: app.session.view.sort == "resource")
        await pilot.click("ColumnHeadings", offset=(table.columns[3].start, 0))
        await stage.until(pilot, lambda: app.session.view.descending)
        await pilot.click(FindingsTable, offset=(20, 2), times=2)
        await stage.until(pilot, lambda: app.main.query_one(Detail).has_focus_within)


def kind_of(value: str) -> str:
    """Return the value of a variable of a theme without the numbers and the colors in it."""
    return re.sub("#[0-9a-f]+|[0-9.]+|ansi_[a-z_]+", "1", value, flags=re.IGNORECASE)


@pytest.mark.proof
async def test_every_theme_of_textual_can_be_used(stage: Any, sample: Any) -> None:
    """What takes the value of a variable takes any other one of its kind: each kind is tried."""
    stage.past_scan(sample)
    app = stage.app()
    variables = {name: theme.to_color_system().generate() for name, theme in app.available_themes.items()}
    names = {variable for values in variables.values() for variable in values}
    seen: set[tuple[str, str]] = set()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        with each_row() as row:
            for theme, values in variables.items():
                kinds = {(name, kind_of(values.get(name, ""))) for name in names}
                if not kinds <= seen:
                    with row(theme):
                        app.theme = theme
                        await pilot.pause()
                        assert "Crit" in stage.screen_text(app)
                seen |= kinds


async def test_old_rows_never_stand_below_another_profiles_header(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(stage.store, "row_ids", lambda *_: (_ for _ in ()).throw(OSError("slow disk")))
            app.session.select_profiles(["prod"])
            await stage.until(
                pilot, lambda: stage.screen_text(app).lstrip().startswith(("prod", "Profiles prod"))
            )
            assert "endpoint-0" not in stage.screen_text(app)
            await stage.until(pilot, lambda: "slow disk" in stage.notices(app))
            assert "endpoint-0" not in stage.screen_text(app)


async def test_a_terminal_that_is_too_small_says_so_and_gives_the_focus_back(stage: Any, sample: Any) -> None:
    stage.past_scan(sample)
    app = stage.app()
    async with app.run_test(size=(59, 24), notifications=True) as pilot:
        with each_row() as row:
            for size in ((59, 24), (80, 14), (20, 5), (40, 10)):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await pilot.pause()
                    words = " ".join(stage.screen_text(app).split())
                    assert "cloud-audit-tui needs 60×15 cells" in words
                    assert "Critical" not in words
        table = app.main.query_one(FindingsTable)
        await pilot.resize_terminal(*TALL)
        await stage.settled(pilot)
        await stage.until(pilot, lambda: app.focused is table)
        await pilot.press("j")
        assert table.cursor == 1
        await pilot.press("enter")
        focused = app.focused
        assert focused is not table
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        await pilot.resize_terminal(*TALL)
        await stage.until(pilot, lambda: app.focused is focused)
