"""Whoever can name a resource writes on this screen: no name may break it or act."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Outcome, Result

HOSTILE = [
    "[/x]",
    "[red]",
    "Reservations[*].Instances[?State.Name=='running']",
    "[@click=app.quit]x[/]",
    "$severity-high",
    "\x1b[2J\x1b]52;c;aGk=\x07red\x1b[0m",
    "two\nlines\r\nof text",
    "\u202egnp.exe",
    "日本語の名前👩‍👩‍👧",
    "`x` [a](http://x) **b**",
    "\x00",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_text_everywhere(stage: Any, hostile: str, size: Any) -> None:
    finding = stage.make(
        0,
        name=hostile,
        title=hostile,
        reason=hostile,
        resource_id=f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{hostile}",
        resource_type=hostile,
        evidence={hostile: [hostile, {"deep": hostile}]},
    )
    stage.past_scan([finding, stage.make(1, status=Status.NOT_ASSESSED, reason=hostile, name=hostile)])
    app = stage.app(selected=["dev", "prod"])
    async with app.run_test(size=size, notifications=True) as pilot:
        await stage.settled(pilot)
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.scans.running)
        stage.scan.say(
            stage.started(),
            stage.ready(alias=hostile, caller_arn=f"arn:aws:sts::111122223333:assumed-role/{hostile}"),
            *stage.unusable("prod", hostile, hostile),
            Result(stage.make(7, name=f"{hostile} 7", title=hostile)),
            stage.finished(outcome=Outcome.FAILED, message=hostile),
        )
        await stage.until(pilot, lambda: "The scan failed" in stage.said(app))
        for key in ("2", "3", "4", "1", "j", "c", "t", "y"):
            await pilot.press(key)
            await stage.settled(pilot)
        await stage.until(pilot, lambda: stage.copied)
        await pilot.press("slash", *"[/x]")
        await stage.settled(pilot)
        await pilot.press("escape")
        await stage.settled(pilot)
        text = stage.seen(app)
        assert not set("\x1b\x00\u202e\x07") & set(text)
        assert app.is_running
        for copied in stage.copied:
            if copied.startswith("arn:"):
                assert "\n" not in copied
                assert "\x1b" not in copied
