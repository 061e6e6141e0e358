"""Steps are taken one at a time, to the end, until nothing is left to do."""

from __future__ import annotations

import asyncio

import pytest

from cloud_audit_tui.app.serial_task import SerialTask


class Painter:
    """Paints what is wanted, as slowly as a test lets it."""

    def __init__(self) -> None:
        self.picture = ""
        self.painted: list[str] = []
        self.began: list[str] = []
        self.has_begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.latest = SerialTask(self._step)

    async def _step(self) -> bool:
        picture = self.picture
        if self.painted and self.painted[-1] == picture:
            return False
        self.began.append(picture)
        self.has_begun.set()
        await self.may_go_on.wait()
        self.painted.append(picture)
        return True


async def test_it_ends_with_what_was_wanted_last_and_skips_what_is_wanted_no_more() -> None:
    painter = Painter()
    for picture in "abcd":
        painter.picture = picture
        painter.latest.start()
        await asyncio.sleep(0)
    painter.may_go_on.set()
    await painter.latest.wait()
    assert painter.painted == ["a", "d"]


async def test_who_stops_waiting_stops_no_step() -> None:
    painter = Painter()
    painter.picture = "a"
    waiting = asyncio.create_task(painter.latest.wait())
    await painter.has_begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    painter.may_go_on.set()
    await painter.latest.wait()
    assert painter.began == painter.painted == ["a"]


async def test_it_begins_again_after_a_step_that_failed() -> None:
    tries: list[int] = []

    async def step() -> bool:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ValueError("the first one fails")
        return False

    latest = SerialTask(step)
    with pytest.raises(ValueError, match="the first one"):
        await latest.wait()
    await latest.wait()
    assert len(tries) == 2
