"""A storm of random keys, with a scan beside it, never ends the app.

``python -m pytest tests/app/test_key_storm.py -m proof`` presses 10,000 keys; a failed test is named by its
seed.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.keymap import CONTEXTS
from cloud_audit_tui.app.screens.main import MainScreen
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import InputNeeded, Progress, Result
from cloud_audit_tui.scan.jobs import ListChoicesJob, ScanJob, VerifyJob

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

DECLARED = sorted(
    {key.strip() for _, keys in CONTEXTS for each in keys for key in each.keys.split(",")} - {"ctrl+q"}
)
TYPED = [
    *"aemz[]/\\\"' 0987-*:!()",
    "é",
    "日",
    "backspace",
    "delete",
    "left",
    "right",
    "f1",
    "ctrl+c",
    "ctrl+z",
]
SIZES = [(80, 24), (120, 40), (59, 14), (200, 50), (60, 15)]


def next_key(chance: random.Random) -> str:
    """Return a key that the app declares, or one that types or means nothing."""
    return chance.choice(DECLARED if chance.random() < 0.75 else TYPED)


def event_of(key: str) -> events.Key:
    """Return the event that a terminal sends for a key."""
    return events.Key(key, key if len(key) == 1 else " " if key == "space" else None)


def feed(stage: Any, chance: random.Random) -> None:
    """Let the newest scanner say something."""
    if not stage.scans:
        return
    scan = stage.scans[-1]
    if scan.closed or isinstance(scan.job, ListChoicesJob):
        return
    if isinstance(scan.job, VerifyJob):
        scan.say(stage.started(f"v-{len(stage.scans)}", job=scan.job), stage.ready(), stage.finished())
    elif isinstance(scan.job, ScanJob):
        number = chance.randrange(400)
        status = chance.choice(list(Status))
        scan_id = f"storm-{len(stage.scans)}"
        match chance.randrange(5):
            case 0:
                scan.say(stage.started(scan_id), stage.ready())
            case 1:
                scan.say(stage.started(scan_id), stage.ready(), Result(stage.make(number, status=status)))
            case 2:
                scan.say(Progress(number, 400, number, float(number)))
            case 3:
                scan.say(InputNeeded(f"in-{number}", "locked", "mfa_code", "arn:aws:iam::1:mfa/x"))
            case _:
                scan.say(stage.started(scan_id), stage.ready(), stage.finished(scan_id))


async def storm(stage: Any, keys: int, seed: int) -> None:
    """Press keys, resize, and let scanners talk; any exception of the app fails here."""
    chance = random.Random(seed)
    stage.clipboard_works = bool(seed % 2)
    stage.past_scan([stage.make(number) for number in range(60)])
    app = stage.app()
    pilot: Pilot[None]
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await stage.settled(pilot)
        for count in range(keys):
            # Some keys come faster than the app handles them.
            app._driver.send_message(event_of(next_key(chance)))
            if chance.random() < 0.4:
                await pilot.pause()
            if count % 17 == 0:
                feed(stage, chance)
            if count % 101 == 100:
                await pilot.resize_terminal(*chance.choice(SIZES))
            assert app.crash is None
        assert isinstance(app.main, MainScreen)
        await pilot.resize_terminal(120, 40)
        for _ in range(12):
            if app.screen is app.main:
                break
            await pilot.press("escape")
            await pilot.pause()
        assert app.screen is app.main
    assert app.crash is None


@pytest.fixture(autouse=True)
def stays_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep quitting keys from ending the storm, and files in a directory of the test."""

    async def stay(_app: CloudAuditApp) -> None:
        """Do nothing."""

    monkeypatch.setattr(CloudAuditApp, "action_quit", stay)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.proof)])
async def test_random_keys_never_end_the_app(stage: Any, seed: int) -> None:
    await storm(stage, 200, seed)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(20))
async def test_ten_thousand_random_keys_never_end_the_app(stage: Any, seed: int) -> None:
    await storm(stage, 500, 1_000 + seed)
