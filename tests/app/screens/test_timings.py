"""The timings follow the running scan, stay after it, and say why there are none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.screens.every_key import press_every_key
from cloud_audit_tui.app.keymap import LIST_KEYS, TIMINGS_KEYS
from cloud_audit_tui.app.opened_file import OpenedFile
from cloud_audit_tui.app.screens.timings import NO_SCAN, NOT_YET, OPENED, TimingsScreen
from cloud_audit_tui.app.widgets.focus_list import FocusList
from cloud_audit_tui.scan.events import CallsTimed, OperationTiming, Outcome

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from app.conftest import Stage

SOME = [
    OperationTiming("ec2", "DescribeVolumes", 4, 0, queued=0.1, waiting=9.5, cpu=0.02),
    OperationTiming("iam", "GetRole", 40, 3, queued=6.0, waiting=2.25, cpu=0.9),
    OperationTiming("s3", "ListBuckets", 1, 0, queued=0.0, waiting=2.25, cpu=0.01),
]


def operations(pilot: Pilot[None]) -> list[str]:
    """Return the listed operations in their order."""
    return [row.cells[1].text for row in pilot.app.screen.query_one(FocusList).rows]


async def opened_timings(stage: Stage, pilot: Pilot[None]) -> None:
    await pilot.press("T")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, TimingsScreen))
    await pilot.pause()


def says(stage: Stage, pilot: Pilot[None], words: str) -> bool:
    return words in stage.screen_text(pilot.app)


async def test_the_times_of_a_running_scan_stay_after_it_slowest_first_or_ordered_by_another_column(
    stage: Stage,
) -> None:
    async with stage.app().run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("r")
        await opened_timings(stage, pilot)
        assert stage.scan.job.timings
        assert NOT_YET in stage.screen_text(pilot.app)
        stage.scan.say(stage.started(), stage.ready(), CallsTimed(SOME[:1]))
        await stage.until(pilot, lambda: operations(pilot) == ["DescribeVolumes"])
        assert "the running scan, of dev" in stage.screen_text(pilot.app)
        stage.scan.say(CallsTimed(SOME), stage.finished())
        await stage.until(pilot, lambda: "the last scan" in stage.screen_text(pilot.app))
        assert operations(pilot) == ["DescribeVolumes", "GetRole", "ListBuckets"]
        text = stage.screen_text(pilot.app)
        assert "45 calls, 3 throttled, 14.0 s waiting, 0.9 s of CPU" in text
        assert "Timings   by waiting   the last scan, of dev" in text
        assert any(line.split()[:4] == ["iam", "GetRole", "40", "3"] for line in text.splitlines())
        # The cursor stays on its operation.
        for word in ("queued", "CPU", "throttled", "calls", "waiting"):
            await pilot.press("s")
            await stage.until(pilot, partial(says, stage, pilot, f"by {word}"))
            first = "DescribeVolumes" if word == "waiting" else "GetRole"
            assert operations(pilot)[0] == first, word
            row = pilot.app.screen.query_one(FocusList).highlighted
            assert row is not None
            assert row.key == "ec2:DescribeVolumes"


async def test_without_times_it_says_why_and_every_key_is_safe(stage: Stage) -> None:
    app = stage.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await opened_timings(stage, pilot)
        assert NO_SCAN in stage.screen_text(app)
        await pilot.press("question_mark")
        await stage.until(pilot, lambda: "sort by waiting" in stage.screen_text(app).lower())
        await pilot.press("escape")
        await press_every_key(pilot, (*TIMINGS_KEYS, *LIST_KEYS), leaving={"timings.leave"})
        await pilot.press("escape")
        assert app.screen is app.main
        await opened_timings(stage, pilot)
        await pilot.press("T")
        assert app.screen is app.main
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        stage.scan.say(stage.started(), stage.finished(outcome=Outcome.FAILED, message="Nobody is [bold]in."))
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await opened_timings(stage, pilot)
        assert "The scan made no call to AWS. Nobody is [bold]in." in stage.screen_text(app)


async def test_an_opened_report_has_no_times(stage: Stage) -> None:
    app = stage.app(opened=OpenedFile("report.json", "cloud-audit-tui"))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened_timings(stage, pilot)
        assert OPENED in stage.screen_text(app)
