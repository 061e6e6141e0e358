"""Runs scanner processes: one scan at a time, and identifications, verifications and listings beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from cloud_audit_tui.app.scanning.ingest import ingest_events
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
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.verification import Verification, requests_for
from cloud_audit_tui.store.finding_key import finding_key

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.verification import Verified
    from cloud_audit_tui.store.store import Store

NO_END = "The scanner ended without reporting a result."
VERIFIERS = 2
"""Scanner processes that verify at once; each takes a core while it starts."""


class Process(Protocol):
    """A running scanner, such as `cloud_audit_tui.scan.process.ScanProcess`."""

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
        """End the scanner if it still runs."""
        ...


ProcessFactory = Callable[[Request, Mapping[str, str | None]], Process]


@dataclass
class ScanState:
    """The progress of the running scan; ``stopping`` is set from Esc until the scanner has ended."""

    request: Request
    done: int = 0
    total: int = 0
    calls: int = 0
    elapsed: float = 0.0
    throttled: dict[tuple[str, str, str], int] = field(default_factory=dict)
    stopping: bool = False

    @property
    def times_throttled(self) -> int:
        """How often AWS has throttled calls."""
        return sum(self.throttled.values())


class RunningScans:
    """Runs scanner processes, stores their events, and publishes one message per change."""

    class ScanStarted(Message, bubble=False):
        """A scan has started."""

    class ScanProgressed(Message, bubble=False):
        """The scan or the verifications have progressed."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest progress is drawn."""
            return isinstance(message, RunningScans.ScanProgressed)

    class FindingsStored(Message, bubble=False):
        """The store holds results that were not there before."""

        def can_replace(self, message: Message) -> bool:
            """One read of the store shows everything."""
            return isinstance(message, RunningScans.FindingsStored)

    @dataclass
    class ProfileIdentified(Message, bubble=False):
        """AWS has identified a profile or refused it."""

        target: TargetReady | TargetFailed

    @dataclass
    class ProfileUsable(Message, bubble=False):
        """A verification could use a profile; it read nothing of the account's identity."""

        profile: str

    @dataclass
    class FindingsVerified(Message, bubble=False):
        """The verification of findings has ended."""

        results: list[tuple[Finding, Verified]]

    @dataclass
    class InputRequested(Message, bubble=False):
        """A profile needs something from the user; `RunningScans.answer` passes it on."""

        needed: InputNeeded

    @dataclass
    class ScanEnded(Message, bubble=False):
        """The scan has ended."""

        end: ScanFinished

    def __init__(
        self,
        store: Store,
        factory: ProcessFactory,
        environment: Mapping[str, str | None],
        publish: Callable[[Message], object],
    ) -> None:
        self.state: ScanState | None = None
        self._store = store
        self._factory = factory
        self._environment = dict(environment)
        self._publish = publish
        self.verifying: dict[str, Finding] = {}
        self._scan: Process | None = None
        self._verifiers: set[Process] = set()
        self._stop_verifying = asyncio.Event()
        self._processes: set[Process] = set()
        self._questions: list[tuple[InputNeeded, Process]] = []

    @property
    def running(self) -> bool:
        """Whether a scan runs; an identification is not a scan."""
        return self.state is not None

    def scans_any_of(self, profiles: Sequence[str]) -> bool:
        """Return whether a scan of any of these profiles runs."""
        return self.state is not None and not set(profiles).isdisjoint(self.state.request.profiles)

    def add_environment(self, environment: Mapping[str, str | None]) -> None:
        """Give these variables to scanners that start from now on."""
        self._environment.update(environment)

    async def run(self, request: Request) -> None:
        """Scan until the scanner ends, storing what it finds; does nothing while a scan runs."""
        if self.running:
            return
        self.state = ScanState(request)
        self._publish(self.ScanStarted())
        process = self._scan = self._start(request)
        finished: ScanFinished | None = None
        message = NO_END
        try:
            finished = await ingest_events(
                process.events(), self._store, self._ingested, partial(self._ask, process)
            )
        except OSError as error:
            message = f"The results could not be stored: {error}"
        finally:
            elapsed = self.state.elapsed
            self.state = self._scan = None
            await self._end(process)
        self._publish(self.ScanEnded(finished or _failed(message, elapsed)))

    async def verify(self, findings: Sequence[Finding]) -> None:
        """Look at the resources of findings again, beside any scan, and publish the results.

        Findings that are being verified already are left to that verification.
        """
        wanted = {finding_key(finding): finding for finding in findings}
        for key in self.verifying:
            wanted.pop(key, None)
        verification = Verification()
        slots = asyncio.Semaphore(VERIFIERS)
        stop = self._stop_verifying
        self.verifying.update(wanted)
        self._publish(self.ScanProgressed())
        try:
            async with asyncio.TaskGroup() as group:
                for request in requests_for(wanted.values()):
                    group.create_task(self._verify(request, verification, slots, stop))
        finally:
            for key in wanted:
                del self.verifying[key]
            self._publish(self.ScanProgressed())
        if wanted:
            results = [(finding, verification.of_finding(finding)) for finding in wanted.values()]
            self._publish(self.FindingsVerified(results))

    async def _verify(
        self, request: Request, verification: Verification, slots: asyncio.Semaphore, stop: asyncio.Event
    ) -> None:
        def stored(batch: Sequence[AnyEvent]) -> None:
            for event in batch:
                verification.add(event)
                if isinstance(event, TargetFailed):
                    self._publish(self.ProfileIdentified(event))
                elif isinstance(event, TargetReady):
                    self._publish(self.ProfileUsable(event.profile))
            self._publish(self.FindingsStored())

        async with slots:
            if stop.is_set():
                verification.add(_failed("The verification was stopped."))
                return
            process = self._start(request)
            self._verifiers.add(process)
            message = NO_END
            try:
                ask = partial(self._ask, process)
                if await ingest_events(process.events(), self._store, stored, ask) is not None:
                    return
            except OSError as error:
                message = f"The results could not be stored: {error}"
            finally:
                self._verifiers.discard(process)
                await self._end(process)
        # Without this event, a resource that was not read would count as gone.
        verification.add(_failed(message))

    async def identify(self, profiles: Sequence[str]) -> None:
        """Ask AWS for the identity of profiles, without asking the user for anything."""
        process = self._start(Request(profiles=list(profiles), identify_only=True))
        # An id of its own keeps these events out of a scan that runs beside it.
        scan_id = "identity"
        try:
            async for event in process.events():
                if isinstance(event, ScanStarted):
                    scan_id = event.scan_id
                elif isinstance(event, TargetReady | TargetFailed):
                    await asyncio.to_thread(self._store.apply, [event], scan_id=scan_id)
                    self._publish(self.ProfileIdentified(event))
                elif isinstance(event, InputNeeded):
                    await process.answer(event.id, "")
        finally:
            await self._end(process)

    async def list_choices(
        self, profile: str, region: str, kinds: Sequence[str], tell: Callable[[Candidates], object]
    ) -> None:
        """Ask AWS for the resources of some kinds and pass each list to ``tell``; nothing is stored.

        Without a region it is the profile's own. A list that cannot be read is empty, with the reason.
        """
        request = Request(profiles=[profile], regions=[region] if region else [], candidates=list(kinds))
        process = self._start(request)
        missing = dict.fromkeys(kinds)
        reason = NO_END
        try:
            async for event in process.events():
                match event:
                    case Candidates():
                        missing.pop(event.kind, None)
                        tell(event)
                    case TargetFailed():
                        reason = f"{event.reason} {event.action}".rstrip()
                    case ScanFinished() if event.message:
                        reason = event.message
                    case InputNeeded():
                        await process.answer(event.id, "")
                    case _:
                        pass
            for kind in missing:
                tell(Candidates(profile, region, kind, [], reason))
        finally:
            await self._end(process)

    async def cancel(self) -> None:
        """Ask the running scan to stop; what was found is kept."""
        if self._scan is not None and self.state is not None:
            self.state.stopping = True
            self._publish(self.ScanProgressed())
            await self._scan.cancel()

    async def cancel_verifying(self) -> None:
        """Ask the verifications to stop; what they found is kept."""
        self._stop_verifying.set()
        self._stop_verifying = asyncio.Event()
        for process in list(self._verifiers):
            await process.cancel()

    async def answer(self, needed: InputNeeded, value: str) -> None:
        """Answer the scanner that asked; an empty value declines."""
        for question, process in list(self._questions):
            if question is needed:
                self._questions.remove((question, process))
                await process.answer(needed.id, value)

    def _ask(self, process: Process, needed: InputNeeded) -> None:
        self._questions.append((needed, process))
        self._publish(self.InputRequested(needed))

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
        self._questions = [each for each in self._questions if each[1] is not process]
        await process.close()

    def _ingested(self, batch: Sequence[AnyEvent]) -> None:
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
                    self._publish(self.ProfileIdentified(event))
                case _:
                    pass
        self._publish(self.ScanProgressed())
        if any(isinstance(event, Result | TargetFailed | TargetReady) for event in batch):
            self._publish(self.FindingsStored())


def _failed(message: str, elapsed: float = 0.0) -> ScanFinished:
    """Return the end of a scan whose scanner reported none."""
    now = datetime.now(UTC).isoformat()
    return ScanFinished("", Outcome.FAILED, now, 0, 0, 0, 0, elapsed, message=message)
