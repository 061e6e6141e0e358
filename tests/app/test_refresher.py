"""A read that is repeated after changes ends with the app, whatever changes at that moment."""

from __future__ import annotations

import asyncio

from cloud_audit_tui.app.refresher import Refresher
from each_row import each_row

STEPS = 8
"""Steps of the event loop in which an urgent change may be on its way to the reader."""


async def test_it_ends_though_something_changes_as_it_is_cancelled() -> None:
    async def read() -> None: ...

    async def show(_: None) -> None: ...

    def report(error: Exception) -> None:
        raise error

    with each_row() as row:
        for steps in range(STEPS):
            with row(steps):
                refresher = Refresher(read, show, report)
                keeping = asyncio.create_task(refresher.keep())
                refresher.changed()
                await refresher.settled.wait()
                refresher.changed(urgent=True)
                for _ in range(steps):
                    await asyncio.sleep(0)
                keeping.cancel()
                done, _ = await asyncio.wait([keeping], timeout=1)
                keeping.cancel()
                assert done
