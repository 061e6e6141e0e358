"""The scanner processes that belong to the app: one scan at a time, and smaller questions beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from cloud_audit_tui.app.scanning.ingest import take_in
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

NO_LAST_WORD = "The scanner stopped without a last word."
VERIFIERS = 2
"""Scanner processes that verify at once; each takes a core while it starts."""


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
    class TargetWorks(Message):
        """A verification could use a profile; it has asked for nothing but its account."""

        profile: str

    @dataclass
    class FindingsVerified(Message):
        """What has become of some findings is known."""

        results: list[tuple[Finding, Verified]]

    @dataclass
    class InputAsked(Message):
        """A profile needs something that only a person has; `Scans.answer` takes it."""

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
        self.verifying: dict[str, Finding] = {}
        self._scan: Process | None = None
        self._verifiers: set[Process] = set()
        self._stop_verifying = asyncio.Event()
        self._processes: set[Process] = set()
        self._questions: list[tuple[InputNeeded, Process]] = []

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
        message = NO_LAST_WORD
        try:
            finished = await take_in(process.events(), self._store, self._note, partial(self._ask, process))
        except OSError as error:
            message = f"The results could not be kept: {error}"
        finally:
            elapsed = self.state.elapsed
            self.state = self._scan = None
            await self._end(process)
        self._tell(self.Finished(finished or _failed(message, elapsed)))

    async def verify(self, findings: Sequence[Finding]) -> None:
        """Look again at single findings, beside any scan, and tell what has become of them.

        Those that are being looked at already are left to whoever began that.
        """
        wanted = {finding_key(finding): finding for finding in findings}
        for key in self.verifying:
            wanted.pop(key, None)
        verification = Verification()
        slots = asyncio.Semaphore(VERIFIERS)
        stop = self._stop_verifying
        self.verifying.update(wanted)
        self._tell(self.Progressed())
        try:
            async with asyncio.TaskGroup() as group:
                for request in requests_for(wanted.values()):
                    group.create_task(self._verify(request, verification, slots, stop))
        finally:
            for key in wanted:
                del self.verifying[key]
            self._tell(self.Progressed())
        if wanted:
            results = [(finding, verification.of_finding(finding)) for finding in wanted.values()]
            self._tell(self.FindingsVerified(results))

    async def _verify(
        self, request: Request, verification: Verification, slots: asyncio.Semaphore, stop: asyncio.Event
    ) -> None:
        def stored(batch: Sequence[AnyEvent]) -> None:
            for event in batch:
                verification.add(event)
                if isinstance(event, TargetFailed):
                    self._tell(self.TargetKnown(event))
                elif isinstance(event, TargetReady):
                    self._tell(self.TargetWorks(event.profile))
            self._tell(self.ResultsStored())

        async with slots:
            if stop.is_set():
                verification.add(_failed("The verification was stopped."))
                return
            process = self._start(request)
            self._verifiers.add(process)
            message = NO_LAST_WORD
            try:
                ask = partial(self._ask, process)
                if await take_in(process.events(), self._store, stored, ask) is not None:
                    return
            except OSError as error:
                message = f"What was found could not be kept: {error}"
            finally:
                self._verifiers.discard(process)
                await self._end(process)
        # Without this word, what was not seen would pass for gone.
        verification.add(_failed(message))

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

    async def list_candidates(
        self, profile: str, region: str, kinds: Sequence[str], tell: Callable[[Candidates], object]
    ) -> None:
        """Ask AWS what there is of some kinds, and tell each list; nothing of it goes into the store.

        Without a region it is the profile's own. A list that does not come is told empty, with the reason.
        """
        request = Request(profiles=[profile], regions=[region] if region else [], candidates=list(kinds))
        process = self._start(request)
        missing = dict.fromkeys(kinds)
        reason = NO_LAST_WORD
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
        """Ask the running scan to stop; what was found stays."""
        if self._scan is not None and self.state is not None:
            self.state.asked_to_stop = True
            self._tell(self.Progressed())
            await self._scan.cancel()

    async def cancel_verifying(self) -> None:
        """Ask the verifications to stop; what they have found stays."""
        self._stop_verifying.set()
        self._stop_verifying = asyncio.Event()
        for process in list(self._verifiers):
            await process.cancel()

    async def answer(self, needed: InputNeeded, value: str) -> None:
        """Give the scanner that asked for it an answer; an empty value declines."""
        for question, process in list(self._questions):
            if question is needed:
                self._questions.remove((question, process))
                await process.answer(needed.id, value)

    def _ask(self, process: Process, needed: InputNeeded) -> None:
        self._questions.append((needed, process))
        self._tell(self.InputAsked(needed))

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


def _failed(message: str, elapsed: float = 0.0) -> ScanFinished:
    """Return the last word of a scanner that gave none."""
    now = datetime.now(UTC).isoformat()
    return ScanFinished("", Outcome.FAILED, now, 0, 0, 0, 0, elapsed, message=message)
