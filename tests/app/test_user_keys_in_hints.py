"""Texts that name a key name the user's key, and the keys that the app declares are named nowhere."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.expired_credentials import ExpiredCredentials
from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.keymap import keymap_faults
from cloud_audit_tui.app.screens.mutes import MutesScreen
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.screens.timings import TimingsScreen
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Outcome
from each_row import each_row
from made_fix import MadeFix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest
    from textual.pilot import Pilot

    from app.conftest import Stage
    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.model import Finding

SIZE = (140, 40)
KEYMAP = {
    "scan": "f2",
    "pick_regions": "f3",
    "pick_profiles": "f4",
    "mute": "f5",
    "fix_check": "f6",
    "cancel": "f7",
    "toggle_passes": "f9",
    "toggle_unassessed": "f10",
    "table.open": "f11",
    "picker.take": "f12",
    "sort.take": "f12",
    "save.save": "f12",
    "expired.try_again": "f13",
    "copy_text.bare": "f14",
    "copy_text.write": "f15",
    "overview.statement": "f16",
    "copy_cli": "f17",
    "copy_terraform": "f18",
    "show_notes": "f19",
    "show_errors": "f20",
    "open_messages": "f21",
    "back": "f22",
    "welcome.demo": "f23",
    "show_cli": "f24",
}


def _app(stage: Stage, **options: Any) -> CloudAuditApp:
    return stage.app(keymap=KEYMAP, **options)


def _text(stage: Stage, app: CloudAuditApp) -> str:
    return re.sub(r"[\s│]+", " ", stage.screen_text(app))


async def _until_text(stage: Stage, pilot: Pilot[None], words: str) -> None:
    app: Any = pilot.app
    # A screen that has just been opened has no lines yet.
    await pilot.pause()
    await stage.until(pilot, lambda: words in _text(stage, app))


def test_the_keymap_is_one_that_a_user_may_have() -> None:
    assert keymap_faults(KEYMAP) == []


async def test_an_empty_table(stage: Stage) -> None:
    rows: tuple[tuple[list[str], str], ...] = (
        (["dev"], "Press f2 to scan dev in eu-central-1, or f3 for other regions."),
        ([], "Press f4 to choose one."),
        (["prod"], "Press f9 to see what passed, f2 to scan again."),
        (["locked"], "Press f10 to see what was not assessed, and why; f9 to see what passed."),
    )
    for profile, account_id, status in (
        ("prod", "222233334444", Status.PASS),
        ("locked", "333344445555", Status.NOT_ASSESSED),
    ):
        finding = stage.make(0, profile=profile, account_id=account_id, status=status)
        stage.past_scan([finding], profile=profile, scan_id=profile, account_id=account_id)
    app = _app(stage)
    async with app.run_test(size=SIZE) as pilot:
        with each_row() as row:
            for profiles, words in rows:
                with row(words):
                    app.session.select_profiles(profiles)
                    await stage.settled(pilot)
                    await _until_text(stage, pilot, words)
                    app.session.filter_by("nothing-has-this-name")
                    if profiles not in ([], ["dev"]):
                        await _until_text(stage, pilot, "Press f7 to clear it.")
                app.session.filter_by("")


async def test_an_empty_table_without_any_profile(stage: Stage) -> None:
    app = _app(stage, selected=(), profiles=[])
    async with app.run_test(size=SIZE) as pilot:
        await _until_text(stage, pilot, "press f23 to explore a demo AWS")
        await stage.settled(pilot)
        await pilot.press("escape")
        await _until_text(stage, pilot, "Press f4 to see how to configure some")


async def test_profiles_that_cannot_be_used_and_a_scan_that_fails(stage: Stage) -> None:
    names = [f"door-{number}" for number in range(6)]
    app = _app(stage)
    async with app.run_test(size=SIZE) as pilot:

        async def scan(profiles: list[str], *events: Any) -> None:
            app.session.select_profiles(profiles)
            await stage.settled(pilot)
            await pilot.press("f2")
            await stage.until(pilot, lambda: app.session.jobs.scanning)
            stage.scan.say(stage.started(profiles=profiles), *events)

        await pilot.resize_terminal(60, 20)
        await scan(["dev"], stage.finished(outcome=Outcome.FAILED, message="x" * 90))
        await _until_text(stage, pilot, "The last scan failed (f21)")
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await pilot.resize_terminal(*SIZE)
        unusable = [stage.unusable(name, "It has no credentials.") for name in names]
        await scan(names, *itertools.chain(*unusable), stage.finished())
        await _until_text(stage, pilot, "and 2 more: press f10 to see them all")
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        expired = [stage.unusable(name, "Its session has expired.") for name in ("prod", "locked")]
        await scan(["dev", "prod", "locked"], stage.ready(), *itertools.chain(*expired), stage.finished())
        await _until_text(stage, pilot, "+1 more f20 shows all")
        app.main.action_toggle_unassessed()
        app.main.action_show_tab("explanation")
        await stage.settled(pilot)
        await _until_text(stage, pilot, "Press f2 to scan again.")
        await stage.until(pilot, lambda: not app.session.jobs.scanning)


async def test_notices_and_the_header_of_a_group(stage: Stage, sample: Sequence[Finding]) -> None:
    stage.past_scan(sample)
    app = _app(stage)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await stage.settled(pilot)
        app.session.select_profiles(["dev", "prod"])
        await stage.until(pilot, lambda: "Press f2 to scan again." in stage.notices(app))
        app.main.action_group_by("check")
        await _until_text(stage, pilot, "f11 opens or closes it, + and - all f5 mutes the check f6 copies")
        # A narrow terminal has the whole of it, too.
        await pilot.resize_terminal(80, 24)
        await _until_text(stage, pilot, "f6 copies all its fixes")
        await pilot.resize_terminal(*SIZE)
        app.main.action_group_by("region")
        await stage.settled(pilot)
        await pilot.press("f6")
        await stage.until(pilot, lambda: "f6 fixes all of one check" in stage.notices(app))
        await pilot.press("f2")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        await _until_text(stage, pilot, "f7 stops")
        await pilot.press("f2")
        await stage.until(pilot, lambda: "f7 stops it." in stage.notices(app))


async def test_the_detail_and_the_way_back(
    stage: Stage, sample: Sequence[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    fix = MadeFix("true\n", "# tf\n", "Read this.")
    monkeypatch.setattr("cloud_audit_tui.app.finding_reader.render", lambda *_: fix)
    stage.past_scan(sample)
    app = _app(stage)
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        await _until_text(stage, pilot, "1 not assessed hidden (f10) ✓ 2 passed hidden (f9)")
        await _until_text(stage, pilot, "1 Explanation f24 CLI 3 Terraform 4 Evidence")
        for tab, hint in (
            ("cli", "f17 copies this CLI script"),
            ("terraform", "f18 copies this Terraform file"),
        ):
            app.main.action_show_tab(tab)
            await _until_text(stage, pilot, "f19 Notes")
            await pilot.press("f19")
            await _until_text(stage, pilot, hint)
            await pilot.press("f19")
        app.action_open_screen("overview")
        await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen) and app.screen.sums.risks)
        app.screen.query_one("#risks").focus()
        await pilot.press("enter")
        await _until_text(stage, pilot, "f22 goes back")


async def test_screens_and_dialogs(
    stage: Stage, sample: Sequence[Finding], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cloud-audit-fixes.sh").write_text("mine")
    evidence = {"unread": "access_denied", "missing_permission": "kms:ListKeys"}
    denied = stage.make(0, status=Status.NOT_ASSESSED, evidence=evidence, reason="Denied.")
    stage.past_scan([*sample[1:], denied])
    app = _app(stage)
    screens = {
        TimingsScreen: ("timings", "Press f2 to scan."),
        MutesScreen: ("mutes", "Press f5 on a finding to mute it."),
        OverviewScreen: ("overview", "f16 copies the IAM statement for 1 permission"),
    }
    dialogs: Sequence[tuple[Callable[[], object], type[Any], str]] = [
        (
            lambda: app.push_screen(CopyText("A script", "true\n", "fix.sh")),
            CopyText,
            "(f14) or write it to a file (f15)",
        ),
        (
            lambda: app.push_screen(ExpiredCredentials("dev", "They ended.", None, lambda: False)),
            ExpiredCredentials,
            "then press f13. Results so far are kept.",
        ),
    ]
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        for screen, (name, words) in screens.items():
            app.action_open_screen(name)
            await stage.until(pilot, lambda: isinstance(app.screen, screen))  # noqa: B023
            await _until_text(stage, pilot, words)
            await pilot.press("escape")
            await stage.until(pilot, lambda: app.screen is app.main)
        for open_dialog, dialog, words in dialogs:
            open_dialog()
            await stage.until(pilot, lambda: isinstance(app.screen, dialog))  # noqa: B023
            await _until_text(stage, pilot, words)
            await pilot.press("escape")
            await stage.until(pilot, lambda: app.screen is app.main)
        for key, dialog, words in (("s", SortPicker, "f12 reverses"), ("f4", ProfilePicker, "f12 chooses")):
            await pilot.press(key)
            await stage.until(pilot, lambda: isinstance(app.screen, dialog))  # noqa: B023
            await _until_text(stage, pilot, words)
            await pilot.press("escape")
            await stage.until(pilot, lambda: app.screen is app.main)
        await pilot.press("w")
        await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
        await pilot.press("f12")
        await _until_text(stage, pilot, "Press f12 again")
