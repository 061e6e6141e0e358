"""An action that fails is reported, and the app lives on; its end leaves nothing out after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.senseless import fails
from cloud_audit_tui.app.remembered_view import load
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.screens.help import HelpScreen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.conftest import Stage
    from cloud_audit_tui.model import Finding

SIZE = (120, 40)
FAILING = {
    "o": "screens.main.open_console",
    "s": "screens.main.choose_order",
    "L": "screens.main.log_in",
    "x": "screens.main.export_findings",
    "ctrl+p": "dialogs.palette.commands_of",
}
"""Keys, and what fails when they are pressed."""


async def test_an_action_that_fails_is_reported_each_time(
    stage: Stage, sample: Sequence[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FAILING.values():
        monkeypatch.setattr(f"cloud_audit_tui.app.{name}", fails)
    async with stage.opened(sample, size=SIZE, notifications=True) as (app, pilot):
        for number, key in enumerate((*FAILING, "o"), 1):
            await pilot.press(key)
            await stage.until(pilot, lambda: stage.notices(app).count("make no sense") == number)  # noqa: B023
        await pilot.press("question_mark")
        await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert app.crash is None


async def test_scanners_that_cannot_be_ended_leave_the_choices_remembered(
    stage: Stage, sample: Sequence[Finding], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def close(_jobs: RunningJobs) -> None:
        raise ProcessLookupError("the process is gone")

    monkeypatch.setattr(RunningJobs, "close", close)
    stage.past_scan(sample)
    path = tmp_path / "view.json"
    app = stage.app(memory_path=path)
    with pytest.raises(ProcessLookupError):
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            app.session.view.passes = True
    assert load(path)[0].passes
