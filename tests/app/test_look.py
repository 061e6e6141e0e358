"""How the main screen uses its cells: two lines of frame, whole words, hanging values, any size."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.presentation.evidence import MARK, evidence
from cloud_audit_tui.app.widgets.columns import GUTTER, Contents, columns
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.facts import Facts
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.app.widgets.profile_errors import ProfileErrors
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.store.view import Counts, Sort
from each_row import each_row
from made_fix import MadeFix

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

TALL = (120, 40)
SIZES = [(60, 20), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (300, 100)]


@pytest.fixture(autouse=True)
def fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every finding a fix with notes that wrap."""
    long = "Makes a new endpoint configuration with the key and moves the endpoint to it. " * 3
    effects = (("Changes", long.strip()), ("Interrupts", "Nothing."))
    text = "#!/bin/bash first line\nset -euo pipefail\n"
    example = MadeFix(text, "# tf first line\n", "Run it in the same region.", effects)
    monkeypatch.setattr("cloud_audit_tui.app.finding_reader.render", lambda *_: example)


async def resized(stage: Any, pilot: Any, size: tuple[int, int]) -> None:
    await pilot.resize_terminal(*size)
    await stage.settled(pilot)


def lines(stage: Any, app: Any) -> list[str]:
    text: str = stage.screen_text(app)
    return text.splitlines()


async def failing(stage: Any, app: Any, pilot: Any) -> None:
    """Let a scan find three profiles that cannot be used."""
    await stage.until(pilot, lambda: app.session.jobs.scanning)
    stage.scan.say(stage.started(profiles=["dev", "prod", "locked"]), stage.ready(), Result(stage.make(0)))
    for profile in ("prod", "locked"):
        reason = f"The session of {profile} has expired, and it has done so with a long explanation."
        stage.scan.say(*stage.unusable(profile, reason, f"Run `aws sso login --profile {profile}`."))
    stage.scan.say(stage.finished())
    await stage.until(pilot, lambda: not app.session.jobs.scanning)
    await stage.settled(pilot)


async def test_the_failure_banner_is_one_line_and_opens(stage: Any) -> None:
    app = stage.app(selected=["dev", "prod", "locked"], scan_on_open=True)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await failing(stage, app, pilot)
        banner = app.main.query_one(ProfileErrors)
        with each_row() as row:
            for size in (TALL, (60, 20)):
                await resized(stage, pilot, size)
                for way in ("key", "click"):
                    with row((size, way)):
                        assert banner.size.height == 1
                        assert "+1 more  ! shows all" in lines(stage, app)[2]
                        assert "Run `aws sso login --profile locked`" not in stage.screen_text(app)
                        await (pilot.press("!") if way == "key" else pilot.click(ProfileErrors))
                        await pilot.pause()
                        text = " ".join(stage.screen_text(app).split())
                        assert "Run `aws sso login --profile locked`" in text
                        await (pilot.press("!") if way == "key" else pilot.click(ProfileErrors))
                        await pilot.pause()
                        assert banner.size.height == 1


async def test_an_open_failure_banner_says_how_many_profiles_did_not_fit(stage: Any) -> None:
    names = [f"team-{number}" for number in range(12)]
    profiles = [Profile(name, ProfileKind.ROLE, "us-east-1") for name in names]
    app = stage.app(profiles=profiles, selected=names, scan_on_open=True)
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started(profiles=names), stage.ready(), Result(stage.make(0)))
        for name in names[1:]:
            stage.scan.say(*stage.unusable(name, f"{name} has no keys, and no other credentials at all."))
        stage.scan.say(stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await pilot.press("!")
        app.clear_notifications()
        with each_row() as row:
            for size in ((60, 20), (80, 24)):
                with row(size):
                    await resized(stage, pilot, size)
                    text = " ".join(stage.screen_text(app).split())
                    number = sum(f"{name} has no keys" in text for name in names)
                    assert number
                    assert f"+{len(names) - 1 - number} more, not assessed in the table (u)" in text


def test_the_check_column_is_as_wide_as_the_longest_id_and_the_title_has_the_rest() -> None:
    for width in (120, 200, 300):
        for check in (10, 17, 24):
            placed = {column.sort: column for column in columns(width, Contents(check=check))}
            cut = 0 if width >= 150 else len("aws-")
            assert placed[Sort.CHECK].width == check - cut, (width, check)
            assert placed[Sort.TITLE].width > placed[Sort.RESOURCE].width, (width, check)
            last = max(placed.values(), key=lambda column: column.start)
            assert last.start + last.width + last.gap == width, (width, check)
            assert min(column.start for column in placed.values()) == GUTTER


async def test_wrapped_values_hang_under_their_beginning(stage: Any) -> None:
    reason = "Its endpoint configuration names no KMS key, 设定没有密钥, so " + "AWS keeps it alone. " * 12
    async with stage.opened([stage.make(0, reason=reason)], size=(60, 50)) as (app, pilot):

        def values(facts: Facts) -> list[str]:
            region = facts.region
            return [
                line[region.x : region.right].rstrip() for line in lines(stage, app)[region.y : region.bottom]
            ]

        widths = (60, 80, 120, 160)
        with each_row() as row:
            for width in widths:
                with row((width, "summary")):
                    await resized(stage, pilot, (width, 50))
                    value_lines = values(app.main.query_one("#summary", Facts))
                    beginnings = ("Since", "Resource")
                    wrapped = value_lines[
                        : next(index for index, line in enumerate(value_lines) if line.startswith(beginnings))
                    ]
                    assert len(wrapped) > 2, value_lines
                    assert wrapped[0].startswith("Reason     Its endpoint")
                    assert all(line.startswith(" " * 11) and line[11] != " " for line in wrapped[1:])
            await pilot.press("2", "n")
            for width in reversed(widths):
                with row((width, "notes")):
                    await resized(stage, pilot, (width, 50))
                    value_lines = values(app.main.query_one("#cli-notes Facts", Facts))
                    changes = next(
                        index for index, line in enumerate(value_lines) if line.startswith("Changes")
                    )
                    assert value_lines[changes + 1].startswith(" " * 11)
                    assert value_lines[changes + 1][11] != " "


async def test_the_code_comes_first_and_its_notes_fold_below(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (_app, pilot):
        with each_row() as row:
            for key, code in (("2", "#!/bin/bash first line"), ("3", "# tf first line")):
                with row(key):
                    await pilot.press(key)
                    await stage.settled(pilot)
                    await the_code_comes_first(stage, pilot, code)
                # The notes fold again, which are those of both.
                await pilot.press("n")


async def the_code_comes_first(stage: Any, pilot: Any, code: str) -> None:
    """See the code of the open tab above its notes, and unfold them by the key and by the mouse."""
    app = pilot.app
    detail = app.main.query_one(Detail).region

    def body() -> list[str]:
        return [line.strip() for line in lines(stage, app)[detail.y + 2 : detail.bottom]]

    assert body()[0] == code
    title = next(line for line in body() if "Notes" in line)
    assert title == "▸ n Notes  Changes · Interrupts"
    assert "Makes a new endpoint" not in stage.screen_text(app)
    await pilot.press("n")
    await pilot.pause()
    assert "Makes a new endpoint" in stage.screen_text(app)
    assert "Run it in the same region." in stage.screen_text(app)
    await pilot.press("n")
    await pilot.pause()
    assert "Makes a new endpoint" not in stage.screen_text(app)
    y = next(index for index, line in enumerate(lines(stage, app)) if "▸ n Notes" in line)
    await pilot.click(offset=(6, y))
    await pilot.pause()
    assert "Makes a new endpoint" in stage.screen_text(app)


async def test_a_tall_terminal_has_many_rows_and_a_resize_keeps_selection_and_focus(
    stage: Any,
) -> None:
    findings = [stage.make(number) for number in range(80)]
    async with stage.opened(findings, size=TALL, notifications=True) as (app, pilot):
        table, detail = app.main.query_one(FindingsTable), app.main.query_one(Detail)
        # Of forty lines, sixteen and more are rows, and none above the detail is blank.
        assert table.size.height + detail.size.height == 36
        assert table.size.height >= 16
        assert all(line.strip() for line in lines(stage, app)[: table.region.bottom])
        await pilot.press(*["j"] * 30)
        await stage.settled(pilot)
        name = stage.selected(app)
        for reading in (False, True):
            if reading:
                await pilot.press("enter")
            focused = app.focused
            assert detail.has_focus_within if reading else table.has_focus
            # `test_it_opens_on_the_last_results_…` sees the focus on the table in each of SIZES.
            usual_sizes = SIZES if reading else []
            for size in (*usual_sizes, (60, 15), (300, 20), (61, 100), (40, 10), TALL):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert stage.selected(app) == name, size
                if size != (40, 10):
                    await stage.until(pilot, lambda focused=focused: app.focused is focused)
                    if table.size.height:
                        assert 0 <= table.cursor - table.scroll_y < table.size.height, size


WIDE = [
    "漢字の名前のエンドポイント",
    "🔥🔥🔥 hot bucket 🔥",
    "é̂ combining",
    "한국어이름",
    "a" * 90,
    "👩‍👩‍👧 family",
]


async def test_wide_characters_keep_the_columns(stage: Any) -> None:
    findings = [stage.make(0, name=name, title=f"{name} is open") for name in WIDE]
    async with stage.opened(findings, size=SIZES[0], notifications=True) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        with each_row() as row:
            for size in SIZES:
                with row(size):
                    await resized(stage, pilot, size)
                    for tab in "1234":
                        await pilot.press(tab)
                        await stage.settled(pilot)
                        assert {cell_len(line) for line in lines(stage, app)} == {size[0]}, tab
                    starts = [column.start for column in table.columns]
                    for y in range(len(WIDE)):
                        strip = table.render_line(y)
                        assert strip.cell_length == table.size.width
                        for start, _ in pairwise(starts):
                            assert strip.crop(start - 1, start).text == " ", (y, start)


async def test_everything_is_usable_at_60_by_15(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=(60, 15), notifications=True) as (app, pilot):
        # No number of the counts is cut: rather, the keys that show what is hidden are left out.
        counts = app.main.query_one(SeverityCounts)
        counts.hidden = frozenset({Status.PASS, Status.NOT_ASSESSED, Disposition.MUTED})
        numbers = dict(zip(Severity, (8, 24, 101, 34), strict=True))
        counts.counts = Counts(numbers, passed=456, not_assessed=11, muted=15)
        assert counts.render().plain == "◆ 8  ▲ 24  ■ 101  ○ 34  ? 11 not assessed  ✓ 456  ⊘ 15"
        counts.counts = Counts(numbers, passed=456, not_assessed=11)
        assert counts.render().plain == "◆ 8 ▲ 24 ■ 101 ○ 34 ? 11 not assessed (u) ✓ 456 (a)"
        with each_row() as row:
            for key, dialog in (("p", ProfilePicker), ("R", RegionPicker)):
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda dialog=dialog: isinstance(app.screen, dialog))
                    await pilot.pause()
                    rows = app.screen.query_one(PickList)
                    assert rows.size.height >= 4
                    assert "Enter chooses" in stage.screen_text(app)
                    assert "enter Choose  space Mark" in stage.screen_text(app)
                    await pilot.press("down")
                    assert rows.cursor == 1
                    await pilot.press("escape")
            # So is every other dialog: what it asks for, and the keys, are on the screen.
            for key, fields, keys in (
                ("x", 1, "enter Write"),
                ("w", 1, "enter Save"),
                ("m", 3, "enter Mute"),
                ("C", 0, "space Show or hide"),
                ("s", 0, "enter Sort"),
                ("Y", 1, "enter Copy"),
                ("ctrl+p", 1, "enter Run"),
            ):
                with row(key):
                    await pilot.press(key)
                    await stage.until(pilot, lambda: app.screen is not app.main)
                    await pilot.pause()
                    assert keys in stage.screen_text(app)
                    whole = app.screen.region.contains_region
                    assert sum(whole(field.region) for field in app.screen.query(Input)) == fields
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: app.screen is app.main)


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*"},
        {"Sid": "Readers", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"},
    ],
}


def finding_with(stage: Any, *statements: str) -> Finding:
    gaps = [{"gap": "everyone", "statement": statement} for statement in statements]
    facts = {"bucket": "b", "gaps": gaps, "policy": json.dumps(POLICY), "mended_policy": POLICY, "n": 1.5}
    finding: Finding = stage.make(0, evidence=facts)
    return finding


@pytest.mark.parametrize(
    ("statements", "marked"),
    [(["Readers"], ["Readers"]), (["number 3"], ["Deny"]), (["number 1", "Readers"], 2)],
)
def test_a_policy_is_indented_json_with_the_deciding_statement_marked(
    stage: Any, statements: list[str], marked: Any
) -> None:
    finding = finding_with(stage, *statements)
    text = evidence(finding).plain
    marked_lines = [index for index, line in enumerate(text.splitlines()) if line.endswith(MARK)]
    if isinstance(marked, list):
        (index,) = marked_lines
        assert marked[0] in "\n".join(text.splitlines()[index : index + 3])
    else:
        assert len(marked_lines) == marked
    plain = json.loads(text.replace(f"  {MARK}", ""))
    assert plain == {**finding.evidence, "policy": POLICY}
    assert '      {\n        "Effect"' in text or '        "Sid": "Readers"' in text


async def test_the_evidence_tab_shows_the_marked_policy(stage: Any) -> None:
    async with stage.opened([finding_with(stage, "Readers")], size=(120, 100)) as (app, pilot):
        await pilot.press("4")
        await stage.settled(pilot)
        screen = lines(stage, app)
        (index,) = [index for index, line in enumerate(screen) if MARK in line]
        assert '"Sid": "Readers"' in screen[index + 1]
