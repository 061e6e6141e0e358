"""Runs a job: identifies the profiles, plans the units, has them executed and yields the events.

An `Executor` runs the units. A failure affects only its profile, account or unit, never the whole job.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, nullcontext
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cloud_audit_tui import __version__
from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.errors import ReadError, Unread, own_fault
from cloud_audit_tui.aws.identity import Identity, identify
from cloud_audit_tui.aws.profiles import Profile, list_profiles, select_profiles
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.aws.timings import OperationTime
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.checks.api import not_assessed
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.checks.rules import Rules, rules_of
from cloud_audit_tui.model import PROFILE_ACCESS, Finding, ProfileScope, Severity
from cloud_audit_tui.scan.channel import Channel
from cloud_audit_tui.scan.events import (
    AnyEvent,
    CallsTimed,
    FactRecorded,
    InputKind,
    InputNeeded,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Progress,
    Result,
    ScanFinished,
    ScanStarted,
    Throttled,
    encodable,
)
from cloud_audit_tui.scan.job_checks import checks_of
from cloud_audit_tui.scan.jobs import (
    ALL_REGIONS,
    IdentifyJob,
    Job,
    ListChoicesJob,
    ListOrganizationJob,
    ScanJob,
    VerifyJob,
)
from cloud_audit_tui.scan.listings import lists_of, reads_of
from cloud_audit_tui.scan.plan import (
    AccountPlan,
    IdentifiedProfile,
    ScanPlan,
    is_global,
    needs_enabled_regions,
    verification_units,
)
from cloud_audit_tui.scan.progress import JobState
from cloud_audit_tui.scan.units import (
    RemoteCalls,
    UnitEvent,
    UnitLost,
    UnitProgress,
    failure_of,
    timings_of,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from cloud_audit_tui.aws.role_sessions import RoleSessions
    from cloud_audit_tui.checks.api import Check
    from cloud_audit_tui.scan.jobs import WorkUnit
    from cloud_audit_tui.scan.listings import ListJob

log = logging.getLogger(__name__)

PROFILES_AT_ONCE = 16
"""Profiles identified concurrently, not counting those that wait for user input."""
GRACE = 2.0
"""Seconds after the first profile is identified in which a better profile for its account may appear."""
QUEUED_EVENTS = 1000
"""Events buffered for the consumer before the job blocks."""
PROGRESS_EVERY = 0.2
"""Seconds between progress reports."""
TIMES_EVERY = 2.0
"""Seconds between two events with the times of the calls so far, which list every operation."""


class Executor(Protocol):
    """Runs units; see `cloud_audit_tui.scan.executors`."""

    def execute(self, units: Sequence[WorkUnit]) -> AsyncGenerator[UnitEvent, None]:
        """Run the units of one account, all checks of each, and yield their events in any order."""
        ...


ExecutorFactory = Callable[[Sessions, Mapping[str, Profile]], Executor]
"""Creates the executor of a job from the sessions that identify its profiles and the profiles by name."""


class Engine:
    """One job, run once: a `cloud_audit_tui.scan.running_job.RunningJob`.

    The constructor raises `ConfigError`, `UnknownProfileError` and `UnknownCheckError` for a job that cannot
    be run. A scan of all checks imports them while its profiles are identified.
    """

    def __init__(
        self,
        job: Job,
        environ: Mapping[str, str],
        executor: ExecutorFactory,
        role_sessions: RoleSessions | None = None,
    ) -> None:
        self._job = job
        self._imports_late = isinstance(job, ScanJob) and not job.checks
        if not self._imports_late:
            checks_of(job)
        self._profiles = _profiles_of(job, environ)
        self._fallback_region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        self._scan_id = uuid.uuid4().hex
        self._channel: Channel[AnyEvent] = Channel(QUEUED_EVENTS)
        self._sessions = Sessions(
            self._ask_for_code,
            self._on_throttled,
            reads=self._reads,
            ask_to_renew=self._ask_to_renew,
            role_sessions=role_sessions,
        )
        self._by_name = {profile.name: profile for profile in self._profiles}
        self._executor = executor(self._sessions, self._by_name)
        self._users: Counter[str] = Counter()
        self._limits = Limits()
        self._slots = asyncio.Semaphore(PROFILES_AT_ONCE)
        self._state = JobState()
        self._throttled: Counter[tuple[str, str, str]] = Counter()
        self._facts: set[bytes] = set()
        self._questions: dict[str, asyncio.Future[str]] = {}
        self._checks_done = 0
        self._total = 0
        self._units = 0
        self._lost: list[UnitLost] = []
        self._calls_elsewhere = 0
        self._began = time.monotonic()
        self._work: asyncio.Task[None] | None = None
        self._cancelled = False

    async def cancel(self) -> None:
        """Stop the job; its last event has the outcome ``cancelled``."""
        if self._work is None or not self._work.done():
            self._cancelled = True
        # A second cancellation would interrupt the first one's closing of connections.
        if self._work is not None and not self._work.cancelling():
            self._work.cancel()

    def _reads(self) -> set[str]:
        """Return every read that the job may make, except those that identify a profile."""
        if isinstance(self._job, ListChoicesJob | ListOrganizationJob):
            return reads_of(self._job)
        return {read for check in self._checks for read in check.reads}

    @cached_property
    def _checks(self) -> list[Check]:
        return checks_of(self._job)

    async def answer(self, input_id: str, value: str) -> None:
        """Answer an `InputNeeded`; an unknown id is ignored."""
        question = self._questions.get(input_id)
        if question is not None and not question.done():
            question.set_result(value)

    async def close(self) -> None:
        """Stop the job and wait until its connections are closed."""
        await self.cancel()
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)

    async def events(self) -> AsyncGenerator[AnyEvent, None]:
        """Yield the events of the job, `ScanFinished` last."""
        self._began = time.monotonic()
        started_at = _now()
        work = self._work = asyncio.create_task(self._run())
        if self._cancelled:
            work.cancel()
        try:
            await self._prepare()
            yield self._started(started_at)
        except BaseException:
            await self.close()
            raise
        async with aclosing(self._channel.drain(work)) as events:
            async for event in events:
                yield event
        yield self._progress()
        if self._times_calls:
            yield self._calls_timed()
        yield self._finished(work)

    async def _prepare(self) -> None:
        """Import the checks and read their explanations, in steps between which AWS calls proceed."""
        if self._imports_late:
            for _ in catalogue.modules():
                await asyncio.sleep(0)
        for check in self._checks:
            explanation(check.id)
            await asyncio.sleep(0)

    def _started(self, at: str) -> ScanStarted:
        return ScanStarted(
            scan_id=self._scan_id,
            started_at=at,
            version=__version__,
            job=self._job,
            checks=[check.id for check in self._checks],
            profiles=[profile.name for profile in self._profiles],
            global_checks=[check.id for check in self._checks if is_global(check)],
            rules=rules_of(self._checks) if isinstance(self._job, ScanJob) else Rules(),
        )

    async def _run(self) -> None:
        ticker = asyncio.create_task(self._report_progress())
        try:
            async with self._sessions:
                match self._job:
                    case ScanJob():
                        await self._scan(self._job)
                    case IdentifyJob():
                        await _run_concurrently(self._identify(profile) for profile in self._profiles)
                    case VerifyJob():
                        job = _with_default_profile(self._job, self._profiles)
                        await _run_concurrently(self._verify(job, profile) for profile in self._profiles)
                    case ListChoicesJob() | ListOrganizationJob():
                        await self._list(self._job, self._profiles[0])
        finally:
            ticker.cancel()

    async def _scan(self, job: ScanJob) -> None:
        """Identify all profiles concurrently, and scan each account once its best profile is known."""
        async with asyncio.TaskGroup() as group:
            tasks = {group.create_task(self._identify(profile)): profile for profile in self._profiles}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # The plan needs the checks, which were imported in the meantime.
            plan = ScanPlan(job, self._checks, [profile.name for profile in self._profiles])
            # A user may take minutes to type a code; other profiles do not wait.
            if unattended := [task for task, profile in tasks.items() if not profile.mfa and not task.done()]:
                await asyncio.wait(unattended, timeout=GRACE)
            late = [task for task in tasks if not task.done()]
            await self._begin(plan, [task.result() for task in tasks if task not in late], group)
            for identifying in asyncio.as_completed(late):
                await self._begin(plan, [await identifying], group)

    async def _begin(
        self, plan: ScanPlan, identified: list[IdentifiedProfile | None], group: asyncio.TaskGroup
    ) -> None:
        """Start scanning the accounts of these profiles; None stands for a failed profile."""
        usable = [each for each in identified if each is not None]
        try:
            accounts = plan.add(usable)
        except Exception as error:
            log.exception("the accounts could not be planned")
            for each in usable:
                await self._emit_failure(each.profile, own_fault("Planning its account's scan failed", error))
            return
        for account in accounts:
            group.create_task(self._scan_account(account))

    async def _scan_account(self, account: AccountPlan) -> None:
        profile = self._by_name[account.ready.profile]
        await self._emit(account.ready)
        self._users[profile.name] += 1
        await self._execute(account.units)
        self._users[profile.name] -= 1
        if profile.source is not None and not self._users[profile.name]:
            # An organization may have hundreds of accounts, whose clients would fill the memory.
            await self._sessions.release(profile)

    async def _verify(self, job: VerifyJob, profile: Profile) -> None:
        identified = await self._identify(profile, briefly=not needs_enabled_regions(job, profile.name))
        if identified is not None:
            await self._execute(verification_units(job, identified))

    async def _list(self, job: ListJob, profile: Profile) -> None:
        # Nothing is assessed, so the profile is not reported as ready.
        identified = await self._identify(profile, briefly=True, report=False)
        if identified is None:
            return
        identity = identified.identity
        reader = Reader(self._sessions, profile, identity.account_id, self._limits)
        try:
            async with aclosing(lists_of(job, profile.name, identity, reader)) as lists:
                async for each in lists:
                    await self._emit(each)
        finally:
            await reader.close()

    async def _identify(
        self, profile: Profile, *, briefly: bool = False, report: bool = True
    ) -> IdentifiedProfile | None:
        """Identify a profile; None when it cannot be used, after reporting that."""
        # A profile that waits for an MFA code does not block other profiles.
        slot = nullcontext() if profile.mfa else self._slots
        try:
            async with slot:
                identity = await identify(self._sessions, profile, self._fallback_region, briefly=briefly)
            _check_regions(self._job, identity)
        except ReadError as error:
            await self._emit_failure(profile.name, error)
            return None
        except Exception as error:
            # An exception in one profile affects only that profile.
            log.exception("profile %r could not be identified", profile.name)
            await self._emit_failure(profile.name, own_fault("Its account could not be identified", error))
            return None
        if report:
            await self._emit(_ready(profile, identity))
        return IdentifiedProfile(profile.name, identity)

    async def _execute(self, units: list[WorkUnit]) -> None:
        total = sum(len(unit.checks) for unit in units)
        self._total += total
        self._units += len(units)
        checks = 0
        try:
            async with aclosing(self._executor.execute(units)) as events:
                async for event in events:
                    checks += await self._apply(event)
        except Exception as error:
            log.exception("an executor failed")
            for unit in units:
                for result in failure_of(unit, error):
                    await self._emit(result)
            self._checks_done += total - checks

    async def _apply(self, event: UnitEvent) -> int:
        """Emit or count an event of a unit; return the number of check runs that it ends."""
        checks = 0
        match event:
            case UnitProgress():
                checks = event.checks
            case RemoteCalls():
                self._add_calls(event)
            case UnitLost():
                self._lost.append(event)
                for result in failure_of(event.unit, event.error):
                    await self._emit(result)
                checks = len(event.unit.checks)
            case FactRecorded() if not self._is_new(event):
                pass
            case _:
                await self._emit(event)
        self._checks_done += checks
        return checks

    def _add_calls(self, remote: RemoteCalls) -> None:
        self._calls_elsewhere += remote.calls
        for timing in remote.timings:
            self._sessions.times.of(timing.service, timing.operation).add(
                OperationTime(timing.calls, timing.throttled, timing.queued, timing.waiting, timing.cpu)
            )
        for throttled in remote.throttled:
            self._add_throttled((throttled.account_id, throttled.region, throttled.service), throttled.times)

    def _is_new(self, event: FactRecorded) -> bool:
        key = hashlib.blake2b(msgspec.json.encode(event.fact), digest_size=16).digest()
        if key in self._facts:
            return False
        self._facts.add(key)
        return True

    async def _emit_failure(self, profile: str, error: ReadError) -> None:
        await self._emit(ProfileFailed(profile, error.kind.value, error.reason, error.action))
        if isinstance(self._job, ScanJob):
            await self._emit(Result(_inaccessible(profile, error)))

    async def _emit(self, event: AnyEvent) -> None:
        event = encodable(event)
        self._state.apply(event)
        await self._channel.put(event)

    async def _report_progress(self) -> None:
        last: tuple[int, int, int] | None = None
        timed_at = time.monotonic()
        while True:
            current = (self._checks_done, self._total, self._calls)
            if current != last:
                last = current
                await self._emit(self._progress())
            if self._times_calls and time.monotonic() - timed_at >= TIMES_EVERY:
                timed_at = time.monotonic()
                await self._emit(self._calls_timed())
            await asyncio.sleep(PROGRESS_EVERY)

    @property
    def _times_calls(self) -> bool:
        return isinstance(self._job, ScanJob) and self._job.timings

    @property
    def _calls(self) -> int:
        return self._sessions.calls + self._calls_elsewhere

    def _progress(self) -> Progress:
        return Progress(self._checks_done, self._total, self._calls, self._elapsed())

    def _calls_timed(self) -> CallsTimed:
        return CallsTimed(timings_of(self._sessions.times))

    def _elapsed(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _finished(self, work: asyncio.Task[None]) -> ScanFinished:
        outcome, message = Outcome.COMPLETE, ""
        if self._cancelled:
            outcome, message = Outcome.CANCELLED, "The scan was cancelled; its results so far are kept."
        elif (error := work.exception()) is not None:
            log.error("the job failed", exc_info=error)
            outcome, message = Outcome.FAILED, f"The scanner failed ({type(error).__name__})."
        elif self._lost:
            outcome, message = Outcome.FAILED, _loss(self._lost, self._units)
        return ScanFinished(
            scan_id=self._scan_id,
            outcome=outcome,
            finished_at=_now(),
            failed=self._state.failed,
            passed=self._state.passed,
            not_assessed=self._state.not_assessed,
            calls=self._calls,
            elapsed=self._elapsed(),
            message=message,
        )

    async def _ask_for_code(self, profile: str, prompt: str) -> str:
        code = await self._ask(profile, InputKind.MFA_CODE, prompt)
        if not code:
            raise ReadError(
                Unread.CREDENTIALS,
                f"{profile!r} needs an MFA code, and none was given.",
                action="Scan again in a terminal, and type the code when you are asked.",
            )
        return code

    async def _ask_to_renew(self, profile: str, error: ReadError) -> bool:
        return bool(await self._ask(profile, InputKind.CREDENTIALS, error.words))

    async def _ask(self, profile: str, kind: InputKind, prompt: str) -> str:
        question = InputNeeded(uuid.uuid4().hex, profile, kind, prompt)
        self._questions[question.id] = asyncio.get_running_loop().create_future()
        try:
            await self._emit(question)
            return await self._questions[question.id]
        finally:
            del self._questions[question.id]

    def _on_throttled(self, profile: str, region: str, service: str) -> None:
        ready = self._state.ready.get(profile)
        key = (ready.account_id if ready is not None else "", region, service)
        self._add_throttled(key, 1)

    def _add_throttled(self, key: tuple[str, str, str], times: int) -> None:
        self._throttled[key] += times
        event = Throttled(*key, self._throttled[key])
        self._state.apply(event)
        self._channel.put_now(event)


def _profiles_of(job: Job, environ: Mapping[str, str]) -> list[Profile]:
    """Return the profiles of a job; the default credentials are first if a target names no profile."""
    profiles = list_profiles(environ)
    match job:
        case ScanJob(profiles=names) | IdentifyJob(profiles=names):
            pass
        case ListChoicesJob(profile=profile) | ListOrganizationJob(profile=profile):
            names = [profile] if profile else []
        case VerifyJob(targets=targets):
            names = list(dict.fromkeys(target.profile for target in targets if target.profile))
            if names and any(not target.profile for target in targets):
                default = select_profiles(profiles, [], environ)
                names = [*(profile.name for profile in default), *names]
    return select_profiles(profiles, list(names), environ)


def _with_default_profile(job: VerifyJob, profiles: list[Profile]) -> VerifyJob:
    """Return a job in which the default credentials are replaced by the name of the first profile."""
    return VerifyJob(
        [
            target if target.profile else msgspec.structs.replace(target, profile=profiles[0].name)
            for target in job.targets
        ]
    )


def _check_regions(job: Job, identity: Identity) -> None:
    """Raise `ReadError` if all regions are requested and none is enabled."""
    if isinstance(job, ScanJob) and job.regions == [ALL_REGIONS] and not identity.enabled_regions:
        raise ReadError(
            Unread.BAD_RESPONSE,
            f"AWS returns no enabled region for account {identity.account_id}, so there is nothing to scan.",
            action="Name the regions to scan instead of all.",
        )


def _ready(profile: Profile, identity: Identity) -> ProfileReady:
    return ProfileReady(
        profile=profile.name,
        account_id=identity.account_id,
        partition=identity.partition,
        caller_arn=identity.caller_arn,
        alias=identity.alias,
        region=identity.region,
        enabled_regions=identity.enabled_regions,
        regions_note=identity.regions_note,
    )


def _inaccessible(profile: str, error: ReadError) -> Finding:
    """Return the finding that represents a profile that cannot be used."""
    verdict = not_assessed(ProfileScope(profile), error)
    return Finding(
        check_id=PROFILE_ACCESS,
        status=verdict.status,
        severity=Severity.CRITICAL,
        subject=verdict.subject,
        profile=profile,
        account_id="",
        region="",
        partition="",
        title="Profile cannot be used",
        reason=verdict.reason,
        evidence=verdict.evidence,
    )


def _loss(lost: Sequence[UnitLost], units: int) -> str:
    """Return the message of a job with lost units: their number, and the reason of the first."""
    were = "was" if len(lost) == 1 else "were"
    regions = "region" if units == 1 else "regions"
    return f"{len(lost)} of {units} {regions} {were} not scanned. {lost[0].error.words}"


async def _run_concurrently(coroutines: Iterable[Coroutine[Any, Any, object]]) -> None:
    async with asyncio.TaskGroup() as group:
        for coroutine in coroutines:
            group.create_task(coroutine)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
