"""The list of mutes says what each accepts and which to look at again, and takes one back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.conftest import COMES_WITHIN
from cloud_audit_tui.app.screens.mutes import MutesScreen
from cloud_audit_tui.config.audit_file import load

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot

    from app.conftest import Stage
    from cloud_audit_tui.config.mutes import Mute
    from cloud_audit_tui.model import Finding

FILE = """\
suppressions:
  - {check_id: aws-sagemaker-003, reason: Keys come in May., accepted_by: ops, expires: 2999-12-31}
  - {check_id: aws-s3-001, reason: unused one}
  - {check_id: aws-sagemaker-001, reason: over, expires: 2020-01-01}
  - {check_id: 'aws-*', reason: too much}
"""


async def mutes_text(pilot: Pilot[None], stage: Stage) -> str:
    """Open the list by its key and return the screen's text."""
    await pilot.press("ctrl+o")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, MutesScreen))
    await stage.until(pilot, lambda: "Reading the mutes" not in stage.screen_text(pilot.app))
    await pilot.pause()
    return stage.screen_text(pilot.app)


async def test_each_mute_stands_with_its_findings_and_what_is_wrong_and_d_takes_it_back(
    stage: Stage, sample: list[Finding]
) -> None:
    stage.audit_file.write_text(FILE)
    async with stage.opened(sample, size=(160, 40)) as (app, pilot):
        lines = (await mutes_text(pilot, stage)).splitlines()
        rows = {
            next(word for word in line.split() if word.startswith("aws-")): line
            for line in lines
            if " aws-" in line
        }
        assert "2999-12-31" in rows["aws-sagemaker-003"]
        assert "unused" in rows["aws-s3-001"]
        assert "expired" in rows["aws-sagemaker-001"]
        assert "too wide" in rows["aws-*"]
        assert any("Accepted by ops until 2999-12-31: Keys come in May." in line for line in lines)
        await pilot.press("end", "d")
        await stage.until(pilot, lambda: "unmuted" in stage.notices(app))
        assert [mute.check for mute in load(stage.audit_file).mutes] == [
            "aws-sagemaker-003",
            "aws-s3-001",
            "aws-sagemaker-001",
        ]
        await pilot.press("escape")
        assert app.screen is app.main


async def test_a_mute_removed_just_before_esc_is_removed_from_the_table_too(
    stage: Stage, sample: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.audit_file.write_text("suppressions:\n  - {check_id: aws-sagemaker-003, reason: later}\n")
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        await stage.until(pilot, lambda: "sagemaker-003" not in stage.screen_text(app))
        await mutes_text(pilot, stage)
        is_closed, remove = threading.Event(), app.session.mutes.remove

        def remove_once_closed(mutes: list[Mute]) -> int:
            assert is_closed.wait(COMES_WITHIN)
            return remove(mutes)

        monkeypatch.setattr(app.session.mutes, "remove", remove_once_closed)
        await pilot.press("d")
        app.screen.dismiss(None)
        await stage.until(pilot, lambda: app.screen is app.main)
        await pilot.pause()
        is_closed.set()
        await stage.until(pilot, lambda: "sagemaker-003" in stage.screen_text(app))
        assert "unmuted" in stage.notices(app)


async def test_a_mistake_in_the_file_and_no_file_are_said(stage: Stage, sample: list[Finding]) -> None:
    async with stage.opened(sample, size=(120, 40)) as (_, pilot):
        assert "Nothing is muted. Press m on a finding to mute it" in await mutes_text(pilot, stage)
        await pilot.press("d", "q")
        stage.audit_file.write_text("suppressions: 3\n")
        text = " ".join((await mutes_text(pilot, stage)).split())
        assert "line 1: suppressions: write a list of entries" in text
