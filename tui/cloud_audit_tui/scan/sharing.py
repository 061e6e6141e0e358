"""A big request shared by several scanner processes, and their events made one stream again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.scan.events import (
    AnyEvent,
    Candidates,
    InputNeeded,
    Outcome,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    TargetFailed,
    TargetReady,
    Throttled,
)
from cloud_audit_tui.scan.jobs import ALL_REGIONS
from cloud_audit_tui.scan.process import ScanProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from cloud_audit_tui.scan.jobs import Request

BIG = 100
"""Units of work (checks x regions x profiles) from which a second process pays for its start."""
MOST_PROCESSES = 8
WORST_FIRST = (Outcome.FAILED, Outcome.CANCELLED, Outcome.COMPLETE)
REGIONS_IN_ALL = 17
"""What "all" counts for before the account has been asked: the regions enabled by default."""


def processes_for(request: Request, checks: int, profiles: list[str]) -> int:
    """Return how many processes a request is worth: one for each core, if it is big."""
    if request.identify_only or request.candidates or request.shard != (0, 1):
        return 1
    regions = REGIONS_IN_ALL if request.regions == [ALL_REGIONS] else max(1, len(request.regions))
    if checks * regions * len(profiles) < BIG:
        return 1
    return max(1, min(_cores(), MOST_PROCESSES, regions * len(profiles)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SharedScan:
    """One request in several processes, with the same events as a scan in one."""

    def __init__(
        self,
        request: Request,
        processes: int,
        answer: Callable[[InputNeeded], Awaitable[str]],
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        self._answer = answer
        self._parts = [
            ScanProcess(msgspec.structs.replace(request, shard=(index, processes)), environment)
            for index in range(processes)
        ]
        self._cancelling: list[asyncio.Future[None]] = []
        self._queue: asyncio.Queue[tuple[int, AnyEvent] | None] = asyncio.Queue(1000)
        self._progress: dict[int, Progress] = {}
        self._finished: dict[int, ScanFinished] = {}
        self._scan_id = ""

    def cancel(self) -> None:
        """Stop every part."""
        self._cancelling = [asyncio.ensure_future(part.cancel()) for part in self._parts]

    async def events(self) -> AsyncIterator[AnyEvent]:
        """Yield the merged events, one `ScanStarted` first and one `ScanFinished` last."""
        work = asyncio.create_task(self._run())
        try:
            while (said := await self._queue.get()) is not None:
                event = self._merged(*said)
                if event is not None:
                    yield event
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, *(part.close() for part in self._parts), return_exceptions=True)
        yield self._end()

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for index, part in enumerate(self._parts):
                    group.create_task(self._read(index, part, group))
        finally:
            await self._queue.put(None)

    async def _read(self, index: int, part: ScanProcess, group: asyncio.TaskGroup) -> None:
        async for event in part.events():
            if isinstance(event, InputNeeded):
                group.create_task(self._ask(part, event))
            else:
                await self._queue.put((index, event))

    async def _ask(self, part: ScanProcess, needed: InputNeeded) -> None:
        await part.answer(needed.id, await self._answer(needed))

    def _merged(self, index: int, event: AnyEvent) -> AnyEvent | None:
        match event:
            case ScanStarted():
                first = not self._scan_id
                self._scan_id = self._scan_id or event.scan_id
                return event if first else None
            case Progress():
                self._progress[index] = event
                parts = self._progress.values()
                return Progress(
                    done=sum(part.done for part in parts),
                    total=sum(part.total for part in parts),
                    calls=sum(part.calls for part in parts),
                    elapsed=max(part.elapsed for part in parts),
                )
            case ScanFinished():
                self._finished[index] = event
                return None
            case Result() | Candidates() | TargetReady() | TargetFailed() | Throttled() | InputNeeded():
                return event

    def _end(self) -> ScanFinished:
        ends = list(self._finished.values())
        worst = min(ends, key=lambda end: WORST_FIRST.index(end.outcome))
        return msgspec.structs.replace(
            worst,
            scan_id=self._scan_id,
            failed=sum(end.failed for end in ends),
            passed=sum(end.passed for end in ends),
            not_assessed=sum(end.not_assessed for end in ends),
            calls=sum(end.calls for end in ends),
            elapsed=max(end.elapsed for end in ends),
        )
