"""Runs scanner jobs: one scan at a time, with identifications, verifications and listings beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from cloud_audit_tui.app.presentation.unexpected_error import unexpected_error
from cloud_audit_tui.app.scanning.ingest import ingest_events
from cloud_audit_tui.app.scanning.open_questions import OpenQuestions
from cloud_audit_tui.app.scanning.running_verifications import RunningVerifications
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    ChoicesListed,
    InputNeeded,
    OrganizationListed,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
)
from cloud_audit_tui.scan.jobs import IdentifyJob, Job, ListChoicesJob, ListOrganizationJob, ScanJob
from cloud_audit_tui.scan.progress import JobState
from cloud_audit_tui.scan.report_verification import read_reported
from cloud_audit_tui.scan.running_job import RunningJob
from cloud_audit_tui.scan.verification import Verification, verify_job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.jobs import VerifyJob
    from cloud_audit_tui.scan.report_verification import Reading
    from cloud_audit_tui.scan.verification import VerificationResult
    from cloud_audit_tui.store.store import Store

NO_END = "The scanner ended without reporting a result."

StartJob = Callable[[Job, Mapping[str, str | None]], RunningJob]
"""Creates a job that starts when its events are read; the mapping overrides its environment."""


@dataclass(frozen=True)
class FailedScan:
    """A failed scan of these profiles; ``reason`` is shown to the user."""

    profiles: tuple[str, ...]
    reason: str


@dataclass
class ScanState:
    """The progress of the running scan; ``stopping`` is set from Esc until the scanner has ended."""

    job: ScanJob
    events: JobState = field(default_factory=JobState)
    stopping: bool = False

    @property
    def scan_id(self) -> str:
        """The id of the scan; empty until the scanner has said it."""
        return self.events.started.scan_id if self.events.started else ""

    @property
    def elapsed(self) -> float:
        """The seconds that the scanner last reported."""
        return self.events.progress.elapsed if self.events.progress else 0.0


class RunningJobs:
    """Runs jobs, stores their events, and publishes one message per change."""

    class ScanStarted(Message, bubble=False):
        """A scan has started."""

    class ScanProgressed(Message, bubble=False):
        """The scan or the verifications have progressed."""

        def can_replace(self, message: Message) -> bool:
            """Replace older progress: only the newest is drawn."""
            return isinstance(message, RunningJobs.ScanProgressed)

    class FindingsStored(Message, bubble=False):
        """The store holds new results."""

        def can_replace(self, message: Message) -> bool:
            """Replace an older message: one read of the store shows everything."""
            return isinstance(message, RunningJobs.FindingsStored)

    @dataclass
    class ProfileIdentified(Message, bubble=False):
        """AWS has identified a profile or refused it."""

        event: ProfileReady | ProfileFailed

    @dataclass
    class FindingsVerified(Message, bubble=False):
        """The verification of findings has ended."""

        results: list[tuple[Finding, VerificationResult]]

    @dataclass
    class InputRequested(Message, bubble=False):
        """A profile needs input from the user, which `OpenQuestions.answer` passes on."""

        needed: InputNeeded

    class InputWithdrawn(Message, bubble=False):
        """A job with open questions has ended, so their answers are no longer needed."""

    @dataclass
    class ScanEnded(Message, bubble=False):
        """The scan has ended."""

        end: ScanFinished

    def __init__(
        self,
        store: Store,
        start_job: StartJob,
        environment: Mapping[str, str | None],
        publish: Callable[[Message], object],
    ) -> None:
        self.scan: ScanState | None = None
        """The scan that runs; None when none does."""
        self.last_scan: ScanState | None = None
        """The scan that runs or, when none does, the one that ran last."""
        self.verifications = RunningVerifications(lambda: self._publish(self.ScanProgressed()))
        self.questions = OpenQuestions()
        self._failed_scan: FailedScan | None = None
        self._store = store
        self._start_job = start_job
        self._environment = dict(environment)
        self._publish = publish
        self._scan_job: RunningJob | None = None
        self._jobs: set[RunningJob] = set()

    @property
    def scanning(self) -> bool:
        """Whether a scan runs; other jobs do not count."""
        return self.scan is not None

    @property
    def environment(self) -> Mapping[str, str | None]:
        """The changes to the environment of jobs; None removes a variable."""
        return self._environment

    def scans_any_of(self, profiles: Sequence[str]) -> bool:
        """Return whether a scan of any of these profiles runs."""
        return self.scan is not None and not set(profiles).isdisjoint(self.scan.job.profiles)

    def failure_of(self, profiles: Sequence[str]) -> str:
        """Return why the last scan failed if it covered any of these profiles, else an empty text."""
        if self._failed_scan is None or set(profiles).isdisjoint(self._failed_scan.profiles):
            return ""
        return self._failed_scan.reason or "The scanner gave no reason."

    def add_environment(self, environment: Mapping[str, str | None]) -> None:
        """Add environment variables for jobs that start from now on."""
        self._environment.update(environment)

    async def run_scan(self, job: ScanJob) -> None:
        """Run a scan to its end and store its results; does nothing while another scan runs."""
        if self.scanning:
            return
        self.scan = self.last_scan = ScanState(job)
        self._failed_scan = None
        self._publish(self.ScanStarted())

        def use(running: RunningJob) -> None:
            self._scan_job = running

        try:
            end = await self._stored_end(job, self._ingested, use)
        finally:
            elapsed = self.scan.elapsed
            self.scan = self._scan_job = None
        if isinstance(end, str):
            end = _failed(end, elapsed)
        if end.outcome is Outcome.FAILED:
            self._failed_scan = FailedScan(tuple(job.profiles), end.message)
        self._publish(self.ScanEnded(end))

    async def _stored_end(
        self,
        job: Job,
        after_batch: Callable[[Sequence[AnyEvent]], None],
        use: Callable[[RunningJob], object],
    ) -> ScanFinished | str:
        """Run a job, store its events and return its end, or why it has none; only a cancellation is raised.

        ``use`` receives the job once it is started.
        """
        end: ScanFinished | None = None
        reason = NO_END
        try:
            async with self._started(job) as running:
                use(running)
                ask = partial(self._ask, running)
                end = await ingest_events(running.events(), self._store, after_batch, ask)
        except OSError as error:
            reason = f"The results could not be stored: {error}"
        except Exception as error:  # whatever it is, the app must not wait for an end that never comes
            reason = unexpected_error(error)
        return end or reason

    def _ingested(self, batch: Sequence[AnyEvent]) -> None:
        if self.scan is None:
            return
        for event in batch:
            self.scan.events.apply(event)
        self._publish_profiles(batch)
        self._publish(self.ScanProgressed())
        if any(isinstance(event, Result | ProfileFailed | ProfileReady | AccountReady) for event in batch):
            self._publish(self.FindingsStored())

    def _publish_profiles(self, batch: Sequence[AnyEvent]) -> None:
        for event in batch:
            if isinstance(event, ProfileReady | ProfileFailed):
                self._publish(self.ProfileIdentified(event))

    async def verify(self, findings: Sequence[Finding]) -> None:
        """Read the subjects of findings again, beside any scan, and publish the results.

        Findings that another verification covers already are skipped.
        """
        unverified = self.verifications.unread(findings)
        if not unverified:
            return
        verification = Verification()

        def apply_batch(batch: Sequence[AnyEvent]) -> None:
            for event in batch:
                verification.apply(event)
            self._publish_profiles(batch)
            self._publish(self.FindingsStored())

        job = verify_job(unverified.values())
        with self.verifications.reading(unverified):
            end = await self._stored_end(job, apply_batch, self.verifications.add_job)
        if isinstance(end, str):
            # Without this event, a resource that was not read would count as gone.
            verification.apply(_failed(end))
        results = [(finding, verification.of_finding(finding)) for finding in unverified.values()]
        self._publish(self.FindingsVerified(results))

    async def read_reported(self, findings: Sequence[Finding], profiles: Sequence[str]) -> list[Reading]:
        """Run our own checks on the resources of a report's findings; nothing is stored.

        Findings that are being read already are skipped.
        """
        unread = self.verifications.unread(findings)
        if not unread:
            return []
        with self.verifications.reading(unread):
            return await read_reported(unread.values(), profiles, self._read)

    async def _read(self, job: VerifyJob) -> Verification:
        """Run a job whose results are not stored, and return them."""
        verification = Verification()
        ended = False
        async with self._started(job) as running:
            self.verifications.add_job(running)
            async for event in running.events():
                verification.apply(event)
                if isinstance(event, InputNeeded):
                    self._ask(running, event)
                ended = ended or isinstance(event, ScanFinished)
        if not ended:
            verification.apply(_failed(NO_END))
        return verification

    async def identify(self, profiles: Sequence[str]) -> None:
        """Identify profiles through AWS; questions to the user are declined."""
        declined: set[asyncio.Task[None]] = set()

        def decline(needed: InputNeeded) -> None:
            declined.add(asyncio.create_task(running.answer(needed.id, "")))

        try:
            async with self._started(IdentifyJob(list(profiles))) as running:
                await ingest_events(running.events(), self._store, self._publish_profiles, decline)
        finally:
            await asyncio.gather(*declined)

    async def list_choices(
        self, profile: str, region: str, kinds: Sequence[str], tell: Callable[[ChoicesListed], object]
    ) -> None:
        """List the resources of some kinds through AWS and pass each list to ``tell``; nothing is stored.

        An empty region means the profile's own. A list that cannot be read is empty and has the reason.
        """
        unlisted_kinds = dict.fromkeys(kinds)
        reason = NO_END
        async with self._started(ListChoicesJob(profile, region, list(kinds))) as running:
            async for event in running.events():
                match event:
                    case ChoicesListed():
                        unlisted_kinds.pop(event.kind, None)
                        tell(event)
                    case ProfileFailed():
                        reason = event.words
                    case ScanFinished() if event.message:
                        reason = event.message
                    case InputNeeded():
                        await running.answer(event.id, "")
                    case _:
                        pass
            for kind in unlisted_kinds:
                tell(ChoicesListed(profile, region, kind, [], reason))

    async def list_organization(self, profile: str, *, units: bool = False) -> OrganizationListed:
        """List the accounts of a profile's organization through AWS; nothing is stored.

        A list that cannot be read has no accounts and has the reason.
        """
        organization = OrganizationListed(profile, "", reason=NO_END)
        async with self._started(ListOrganizationJob(profile, units)) as running:
            async for event in running.events():
                match event:
                    case OrganizationListed():
                        organization = event
                    case ProfileFailed():
                        organization = OrganizationListed(profile, "", reason=event.words)
                        self._publish_profiles([event])
                    case ScanFinished() if event.message and not organization.accounts:
                        organization = OrganizationListed(profile, "", reason=event.message)
                    case InputNeeded():
                        self._ask(running, event)
                    case _:
                        pass
        return organization

    async def cancel_scan(self) -> None:
        """Ask the running scan to stop; its results so far are kept."""
        if self._scan_job is not None and self.scan is not None:
            self.scan.stopping = True
            self._publish(self.ScanProgressed())
            await self._scan_job.cancel()

    def _ask(self, running: RunningJob, needed: InputNeeded) -> None:
        self.questions.add(needed, running)
        self._publish(self.ScanProgressed())
        self._publish(self.InputRequested(needed))

    async def close(self) -> None:
        """End every job, also after one that cannot be ended; the error of the first such one is raised."""
        ends = await asyncio.gather(*map(self._end, list(self._jobs)), return_exceptions=True)
        for error in ends:
            if error is not None:
                raise error

    @asynccontextmanager
    async def _started(self, job: Job) -> AsyncIterator[RunningJob]:
        """Start a job, and end it however its use ends."""
        running = self._start_job(job, self._environment)
        self._jobs.add(running)
        try:
            yield running
        finally:
            await self._end(running)

    async def _end(self, running: RunningJob) -> None:
        self._jobs.discard(running)
        self.verifications.discard_job(running)
        if self.questions.withdraw(running):
            self._publish(self.InputWithdrawn())
        await running.close()


def _failed(message: str, elapsed: float = 0.0) -> ScanFinished:
    """Return the end of a job whose scanner reported none."""
    now = datetime.now(UTC).isoformat()
    return ScanFinished("", Outcome.FAILED, now, 0, 0, 0, 0, elapsed, message=message)
