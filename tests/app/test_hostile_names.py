"""Whoever can name a resource writes on this screen: no name may break it or act."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.pilot import Pilot

    from cloud_audit_tui.model import Finding

pytestmark = [pytest.mark.proof, pytest.mark.long]

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


@contextmanager
def naming(hostile: str) -> Iterator[None]:
    """Say which name a failure is about: one session of the app shows all of them."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"The name is {hostile!r}.")
        raise


def findings(stage: Any, hostile: str) -> list[Finding]:
    failing = stage.make(
        0,
        name=hostile,
        title=hostile,
        reason=hostile,
        resource_id=f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{hostile}",
        resource_type=hostile,
        evidence={hostile: [hostile, {"deep": hostile}]},
    )
    return [failing, stage.make(1, status=Status.NOT_ASSESSED, reason=hostile, name=hostile)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_text_everywhere(stage: Any, size: Any) -> None:
    stage.past_scan([finding for hostile in HOSTILE for finding in findings(stage, hostile)])
    app = stage.app(selected=["dev", "prod"])
    async with app.run_test(size=size, notifications=True) as pilot:
        await stage.settled(pilot)
        for hostile in HOSTILE:
            with naming(hostile):
                await a_scan_says_it(stage, pilot, hostile)
        await pilot.press("home")
        for _ in HOSTILE:
            await stage.settled(pilot)
            with naming(stage.selected(app)):
                await it_is_read_and_copied(stage, pilot)
            await pilot.press("j")
        await pilot.press("slash", *"[/x]")
        await stage.settled(pilot)
        await pilot.press("escape")
        await stage.settled(pilot)
        nothing_acts(stage, app)


async def a_scan_says_it(stage: Any, pilot: Pilot[None], hostile: str) -> None:
    """Scan, with the name wherever a scanner passes text on."""
    app: Any = pilot.app
    await pilot.press("r")
    await stage.until(pilot, lambda: app.session.jobs.scanning)
    stage.scan.say(
        stage.started(),
        stage.ready(alias=hostile, caller_arn=f"arn:aws:sts::111122223333:assumed-role/{hostile}"),
        *stage.unusable("prod", hostile, hostile),
        Result(findings(stage, hostile)[0]),
        Result(stage.make(7, name=f"{hostile} 7", title=hostile)),
        stage.finished(outcome=Outcome.FAILED, message=hostile),
    )
    await stage.until(pilot, lambda: "The scan failed" in stage.notices(app))
    await stage.settled(pilot)
    nothing_acts(stage, app)
    app.clear_notifications()


async def it_is_read_and_copied(stage: Any, pilot: Pilot[None]) -> None:
    """Open every tab of the selected finding, and copy all that can be copied."""
    stage.copied.clear()
    for key in ("2", "3", "4", "1"):
        await pilot.press(key)
        await stage.settled(pilot)
        nothing_acts(stage, pilot.app)
    await pilot.press("c", "t", "y")
    await stage.until(pilot, lambda: any(copied.startswith("arn:") for copied in stage.copied))
    await stage.until(pilot, lambda: len(pilot.app._notifications) >= 3)
    await stage.settled(pilot)
    nothing_acts(stage, pilot.app)
    # Those of eleven findings would be laid out again and again.
    pilot.app.clear_notifications()
    for copied in stage.copied:
        if copied.startswith("arn:"):
            assert "\n" not in copied
            assert "\x1b" not in copied


def nothing_acts(stage: Any, app: Any) -> None:
    assert not set("\x1b\x00\u202e\x07") & set(stage.screen_text(app))
    assert app.is_running
