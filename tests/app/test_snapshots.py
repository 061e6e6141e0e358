"""Pictures of the main screen, compared with those that a person has looked at.

After a wanted change: ``pytest tests/app/test_snapshots.py --snapshot-update``, then look at them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.presentation.themes import DARK, LIGHT
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.registry import SCREENS
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Progress, Result, Throttled
from each_row import each_row
from made_fix import MadeFix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.pilot import Pilot

    from app.pictures import Pictures, Size

SIZES = {"size0": (120, 40), "size1": (80, 24)}
EVERY_SIZE = {"size0": (80, 24), "size1": (120, 40), "size2": (200, 50)}
THEMES = {"": DARK.name, LIGHT.name: LIGHT.name}

CLI = """\
(
set -euo pipefail
export AWS_REGION=eu-central-1
: "${KMS_KEY_ARN:?export it first: the key}"
# A new configuration, because an existing one cannot be changed.
aws sagemaker describe-endpoint-config --endpoint-config-name 'endpoint-00000' --output json \\
  | jq --arg key "$KMS_KEY_ARN" '.KmsKeyId = $key' > config.json
)
"""


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch, utc: None) -> None:
    """Show an explanation and a fix that stay the same when a check's own texts change."""
    text = "An endpoint encrypts its storage volume.\n\n### Why it matters\n\nModels and `data` rest on it."
    monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", lambda *_: text)
    fix = MadeFix(CLI, "# tf\n")
    monkeypatch.setattr("cloud_audit_tui.app.finding_reader.render", lambda *_: fix)


def findings(stage: Any) -> list[Any]:
    failures = [stage.make(number) for number in range(48)]
    passes = [stage.make(number, status=Status.PASS) for number in range(60, 80)]
    gaps = [stage.make(number, status=Status.NOT_ASSESSED, region="us-east-1") for number in (90, 91)]
    return failures + passes + gaps


async def quiet(stage: Any, pilot: Pilot[None]) -> None:
    """Wait until nothing moves, and take the notifications away."""
    await stage.settled(pilot)
    groups = {"identity", "detail", "copy", "save"}
    await stage.until(pilot, lambda: not any(w.group in groups and w.is_running for w in pilot.app.workers))
    pilot.app.clear_notifications()
    await pilot.pause()


async def compare(
    stage: Any,
    pilot: Pilot[None],
    pictures: Pictures,
    sizes: Mapping[str, Size] = SIZES,
    themes: Mapping[str, str] | None = None,
) -> None:
    name = "{theme}-{size}" if themes else "{size}"
    await pictures.compare(pilot, sizes, themes, name=name, settled=partial(quiet, stage))


async def test_findings(stage: Any, pictures: Pictures) -> None:
    async with stage.opened(findings(stage)) as (_, pilot):
        await pilot.press("j", "j")
        await compare(stage, pilot, pictures, EVERY_SIZE, THEMES)


@pytest.mark.long
async def test_every_screen(stage: Any, pictures: Pictures) -> None:
    """A screen is here by its registration alone, and opened in each size, to which it scrolls its cursor."""

    async def still(pilot: Pilot[None]) -> None:
        await quiet(stage, pilot)
        idle = {"refresher", "rows", "overview"}
        workers = pilot.app.workers
        await stage.until(pilot, lambda: not any(w.is_running and w.group not in idle for w in workers))
        screen = pilot.app.screen
        if isinstance(screen, CheckBrowser):
            await stage.until(pilot, lambda: screen._explained == screen._check_id != "")
        await pilot.pause()

    async with stage.opened(findings(stage)) as (app, pilot):
        with each_row() as row:
            for size, cells in EVERY_SIZE.items():
                await pilot.resize_terminal(*cells)
                for name in SCREENS:
                    with row((name, size)):
                        app.action_open_screen(name)
                        await stage.until(pilot, lambda: app.screen is not app.main)
                        picture = f"{name}-{{theme}}-{{size}}"
                        await pictures.compare(pilot, {size: cells}, THEMES, name=picture, settled=still)
                    await app.pop_screen()


async def test_groups(stage: Any, pictures: Pictures) -> None:
    async with stage.opened(findings(stage)) as (_, pilot):
        await pilot.press("g", "j")
        await stage.settled(pilot)
        await pilot.press("enter")
        await compare(stage, pilot, pictures, EVERY_SIZE, THEMES)


async def test_scanning(stage: Any, pictures: Pictures) -> None:
    app = stage.app(scan_on_open=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(
            stage.started(),
            stage.ready(),
            *map(Result, findings(stage)),
            Throttled("111122223333", "eu-central-1", "sagemaker", 3),
            Progress(412, 1_870, 1_204, 42.0),
        )
        await stage.until(pilot, lambda: "412/1,870" in stage.screen_text(app))
        await compare(stage, pilot, pictures)


async def test_no_scan_yet(stage: Any, pictures: Pictures) -> None:
    app = stage.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: "acme-dev" in stage.screen_text(app))
        await compare(stage, pilot, pictures)


async def test_failed_profile(stage: Any, pictures: Pictures) -> None:
    stage.past_scan(findings(stage))
    app = stage.app(selected=["dev", "prod"], scan_on_open=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        failed = stage.unusable("prod", "The SSO session has expired.", "Run `aws sso login --profile prod`.")
        stage.scan.say(stage.started(profiles=["dev", "prod"]), stage.ready(), *failed)
        stage.scan.say(*map(Result, findings(stage)), stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await compare(stage, pilot, pictures)


async def test_filter_open(stage: Any, pictures: Pictures) -> None:
    async with stage.opened(findings(stage), size=(120, 40)) as (app, pilot):
        await pilot.press("slash", *"encrypted")
        await stage.until(pilot, lambda: "12 matches" in stage.screen_text(app))
        await compare(stage, pilot, pictures)


async def test_reading_the_cli_script(stage: Any, pictures: Pictures) -> None:
    async with stage.opened(findings(stage), size=(120, 40)) as (app, pilot):
        await pilot.press("2", "enter")
        await stage.until(pilot, lambda: "pipefail" in stage.screen_text(app))
        await compare(stage, pilot, pictures)


def test_too_small(stage: Any, snap_compare: Any) -> None:
    assert snap_compare(stage.app(), terminal_size=(50, 12))


async def test_marked_and_fixed_rows(stage: Any, pictures: Pictures) -> None:
    results = findings(stage)
    stage.past_scan(results)
    fixed = msgspec.structs.replace(
        results[1], status=Status.PASS, reason="It has no direct access any more."
    )
    stage.past_verification(fixed)
    app = stage.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("j", "space", "space", "j", "space", "home")
        await compare(stage, pilot, pictures, SIZES, THEMES)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_saving_the_fixes(stage: Any, snap_compare: Any, size: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.cwd", lambda: Path("/home/alice"))
    stage.past_scan(findings(stage))
    app = stage.app()

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("space", "space", "w")
        await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)
