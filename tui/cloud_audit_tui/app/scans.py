"""The scanner processes that belong to the app: one scan at a time, and questions of identity beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from cloud_audit_tui.scan.events import (
    AnyEvent,
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
from cloud_audit_tui.scan.request import Request

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store

GATHERED_FOR = 0.1
"""Seconds for which events are gathered before they go into the store together."""
BATCH = 1_000
"""Events that go into the store together at most."""
WAITING = 4_000
"""Events read ahead of the store; then the scanner has to wait."""


class Process(Protocol):
    """What is needed of `cloud_audit_tui.scan.process.ScanProcess`."""

    def events(self) -> AsyncIterator[AnyEvent]:
        """Yield every event until the scan has finished."""
        ...

    async def cancel(self) -> None:
        """Ask the scanner to stop."""
        ...

    async def answer(self, input_id: str, value: str) -> None:
        """Answer an `InputNeeded`; an empty value declines."""
        ...

    async def close(self) -> None:
        """End the scanner if it still lives."""
        ...


ProcessFactory = Callable[[Request, Mapping[str, str | None]], Process]


@dataclass
class ScanState:
    """How far the running scan is; ``asked_to_stop`` is set between Esc and the scanner's last word."""

    request: Request
    done: int = 0
    total: int = 0
    calls: int = 0
    elapsed: float = 0.0
    throttled: dict[tuple[str, str, str], int] = field(default_factory=dict)
    asked_to_stop: bool = False

    @property
    def times_throttled(self) -> int:
        """How often AWS has asked for fewer calls."""
        return sum(self.throttled.values())


class Scans:
    """Runs scanner processes and keeps what they say; whoever is told hears of it in messages."""

    class Progressed(Message):
        """The scan is further than before."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest progress is worth drawing."""
            return isinstance(message, Scans.Progressed)

    class ResultsStored(Message):
        """The store holds results that were not there before."""

        def can_replace(self, message: Message) -> bool:
            """One look at the store shows everything."""
            return isinstance(message, Scans.ResultsStored)

    @dataclass
    class TargetKnown(Message):
        """A profile's identity is known, or why it cannot be."""

        target: TargetReady | TargetFailed

    @dataclass
    class InputAsked(Message):
        """A profile needs something that only a person has."""

        needed: InputNeeded

    @dataclass
    class Finished(Message):
        """The scan is over."""

        finished: ScanFinished

    def __init__(
        self,
        store: Store,
        factory: ProcessFactory,
        environment: Mapping[str, str | None],
        tell: Callable[[Message], object],
    ) -> None:
        self.state: ScanState | None = None
        self._store = store
        self._factory = factory
        self._environment = dict(environment)
        self._tell = tell
        self._scan: Process | None = None
        self._processes: set[Process] = set()

    @property
    def running(self) -> bool:
        """Whether a scan runs; a question of identity is none."""
        return self.state is not None

    def scanning(self, profiles: Sequence[str]) -> bool:
        """Whether a scan of any of these profiles runs."""
        return self.state is not None and not set(profiles).isdisjoint(self.state.request.profiles)

    def add_environment(self, environment: Mapping[str, str | None]) -> None:
        """Let the scanners started from now on have these variables too."""
        self._environment.update(environment)

    async def run(self, request: Request) -> None:
        """Scan until the scanner's last word, storing what it finds; does nothing while a scan runs."""
        if self.running:
            return
        self.state = ScanState(request)
        self._tell(self.Progressed())
        process = self._scan = self._start(request)
        finished: ScanFinished | None = None
        message = "The scanner stopped without a last word."
        try:
            finished = await self._store_everything(process)
        except OSError as error:
            message = f"The results could not be kept: {error}"
        finally:
            elapsed = self.state.elapsed
            self.state = self._scan = None
            await self._end(process)
        now = datetime.now(UTC).isoformat()
        self._tell(
            self.Finished(
                finished or ScanFinished("", Outcome.FAILED, now, 0, 0, 0, 0, elapsed, message=message)
            )
        )

    async def identify(self, profiles: Sequence[str]) -> None:
        """Ask AWS who these profiles are, without asking a person for anything."""
        process = self._start(Request(profiles=list(profiles), identify_only=True))
        # A name of its own keeps what is heard here out of a scan that runs beside it.
        scan_id = "identity"
        try:
            async for event in process.events():
                if isinstance(event, ScanStarted):
                    scan_id = event.scan_id
                elif isinstance(event, TargetReady | TargetFailed):
                    await asyncio.to_thread(self._store.apply, [event], scan_id=scan_id)
                    self._tell(self.TargetKnown(event))
                elif isinstance(event, InputNeeded):
                    await process.answer(event.id, "")
        finally:
            await self._end(process)

    async def cancel(self) -> None:
        """Ask the running scan to stop; what was found stays."""
        if self._scan is not None and self.state is not None:
            self.state.asked_to_stop = True
            self._tell(self.Progressed())
            await self._scan.cancel()

    async def answer(self, needed: InputNeeded, value: str) -> None:
        """Give the running scan what it asked for; an empty value declines."""
        if self._scan is not None:
            await self._scan.answer(needed.id, value)

    async def close(self) -> None:
        """End every scanner process."""
        for process in list(self._processes):
            await self._end(process)

    def _start(self, request: Request) -> Process:
        process = self._factory(request, self._environment)
        self._processes.add(process)
        return process

    async def _end(self, process: Process) -> None:
        self._processes.discard(process)
        await process.close()

    async def _store_everything(self, process: Process) -> ScanFinished | None:
        waiting: asyncio.Queue[AnyEvent | None] = asyncio.Queue(WAITING)

        async def read() -> None:
            try:
                async for event in process.events():
                    if isinstance(event, InputNeeded):
                        self._tell(self.InputAsked(event))
                    await waiting.put(event)
            finally:
                await waiting.put(None)

        reading = asyncio.create_task(read())
        scan_id = ""
        try:
            while True:
                batch, ended = await _gathered(waiting)
                scan_id = next((e.scan_id for e in batch if isinstance(e, ScanStarted)), scan_id)
                await asyncio.to_thread(self._store.apply, batch, scan_id=scan_id)
                self._note(batch)
                if finished := next((e for e in batch if isinstance(e, ScanFinished)), None):
                    return finished
                if ended:
                    await reading
                    return None
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def _note(self, batch: Sequence[AnyEvent]) -> None:
        state = self.state
        if state is None:
            return
        for event in batch:
            match event:
                case Progress():
                    state.done, state.total = event.done, event.total
                    state.calls, state.elapsed = event.calls, event.elapsed
                case Throttled():
                    state.throttled[event.profile, event.region, event.service] = event.times
                case TargetReady() | TargetFailed():
                    self._tell(self.TargetKnown(event))
                case _:
                    pass
        self._tell(self.Progressed())
        if any(isinstance(event, Result | TargetFailed | TargetReady) for event in batch):
            self._tell(self.ResultsStored())


async def _gathered(waiting: asyncio.Queue[AnyEvent | None]) -> tuple[list[AnyEvent], bool]:
    """Return the events of the next moment, and whether they were the last."""
    batch: list[AnyEvent] = []
    with suppress(TimeoutError):
        first = await waiting.get()
        if first is None:
            return batch, True
        batch.append(first)
        async with asyncio.timeout(GATHERED_FOR):
            while len(batch) < BATCH and not isinstance(batch[-1], ScanFinished):
                event = await waiting.get()
                if event is None:
                    return batch, True
                batch.append(event)
    return batch, False
