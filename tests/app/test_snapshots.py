"""Pictures of the main screen, compared with those that a person has looked at.

After a wanted change: ``pytest tests/app/test_snapshots.py --snapshot-update``, then look at them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.presentation.themes import LIGHT
from cloud_audit_tui.app.screens.registry import SCREENS
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Progress, Result, Throttled
from made_fix import MadeFix

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = [(120, 40), (80, 24)]
EVERY_SIZE = [(80, 24), (120, 40), (200, 50)]
in_both_themes = pytest.mark.parametrize("theme", ["", LIGHT.name])

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
    monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", lambda _check_id: text)
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


@pytest.mark.parametrize("size", EVERY_SIZE)
@in_both_themes
def test_findings(stage: Any, snap_compare: Any, size: Any, theme: str) -> None:
    stage.past_scan(findings(stage))
    app = stage.app(theme=theme)

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("j", "j")
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", EVERY_SIZE)
@in_both_themes
@pytest.mark.parametrize("name", SCREENS)
def test_every_screen(stage: Any, snap_compare: Any, name: str, size: Any, theme: str) -> None:
    """A screen is here by its registration alone."""
    stage.past_scan(findings(stage))
    app = stage.app(theme=theme)

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        app.action_open_screen(name)
        await stage.until(pilot, lambda: app.screen is not app.main)
        await quiet(stage, pilot)
        idle = {"refresher", "rows", "overview"}
        await stage.until(pilot, lambda: not any(w.is_running and w.group not in idle for w in app.workers))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", EVERY_SIZE)
@in_both_themes
def test_groups(stage: Any, snap_compare: Any, size: Any, theme: str) -> None:
    stage.past_scan(findings(stage))
    app = stage.app(theme=theme)

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("g", "j")
        await stage.settled(pilot)
        await pilot.press("enter")
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_scanning(stage: Any, snap_compare: Any, size: Any) -> None:
    app = stage.app(scan_on_open=True)

    async def before(pilot: Pilot[None]) -> None:
        await stage.until(pilot, lambda: app.session.scans.running)
        stage.scan.say(
            stage.started(),
            stage.ready(),
            *map(Result, findings(stage)),
            Throttled("111122223333", "eu-central-1", "sagemaker", 3),
            Progress(412, 1_870, 1_204, 42.0),
        )
        await stage.until(pilot, lambda: "412/1,870" in stage.screen_text(app))
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_no_scan_yet(stage: Any, snap_compare: Any, size: Any) -> None:
    app = stage.app()

    async def before(pilot: Pilot[None]) -> None:
        await stage.until(pilot, lambda: "acme-dev" in stage.screen_text(app))
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_failed_profile(stage: Any, snap_compare: Any, size: Any) -> None:
    stage.past_scan(findings(stage))
    app = stage.app(selected=["dev", "prod"], scan_on_open=True)

    async def before(pilot: Pilot[None]) -> None:
        await stage.until(pilot, lambda: app.session.scans.running)
        failed = stage.unusable("prod", "The SSO session has expired.", "Run `aws sso login --profile prod`.")
        stage.scan.say(stage.started(profiles=["dev", "prod"]), stage.ready(), *failed)
        stage.scan.say(*map(Result, findings(stage)), stage.finished())
        await stage.until(pilot, lambda: not app.session.scans.running)
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_filter_open(stage: Any, snap_compare: Any, size: Any) -> None:
    stage.past_scan(findings(stage))
    app = stage.app()

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("slash", *"encrypted")
        await stage.until(pilot, lambda: "12 matches" in stage.screen_text(app))
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_reading_the_cli_script(stage: Any, snap_compare: Any, size: Any) -> None:
    stage.past_scan(findings(stage))
    app = stage.app()

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("2", "enter")
        await stage.until(pilot, lambda: "pipefail" in stage.screen_text(app))
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


def test_too_small(stage: Any, snap_compare: Any) -> None:
    assert snap_compare(stage.app(), terminal_size=(50, 12))


@pytest.mark.parametrize("size", SIZES)
@in_both_themes
def test_marked_and_fixed_rows(stage: Any, snap_compare: Any, size: Any, theme: str) -> None:
    results = findings(stage)
    stage.past_scan(results)
    fixed = msgspec.structs.replace(
        results[1], status=Status.PASS, reason="It has no direct access any more."
    )
    stage.past_verification(fixed)
    app = stage.app(theme=theme)

    async def before(pilot: Pilot[None]) -> None:
        await stage.settled(pilot)
        await pilot.press("j", "space", "space", "j", "space", "home")
        await quiet(stage, pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
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
