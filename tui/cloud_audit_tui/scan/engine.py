"""From a request to its events: identify the profiles, run the checks, say what was found."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloud_audit_tui import __version__
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import Identity, identify
from cloud_audit_tui.aws.profiles import Profile, list_profiles, select_profiles
from cloud_audit_tui.aws.reader import Limits, Reader
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.checks.api import Region, not_assessed
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.checks.selection import is_listing, is_wanted
from cloud_audit_tui.model import Finding, Resource, Severity, Status, Target, Verdict
from cloud_audit_tui.scan.choices import declared_reads, list_candidates
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
from cloud_audit_tui.scan.jobs import ALL_REGIONS
from cloud_audit_tui.scan.plan import (
    Unit,
    answers_for,
    is_global,
    regions_to_scan,
    share_of,
    share_of_profile,
    units_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from cloud_audit_tui.checks.api import Check
    from cloud_audit_tui.scan.jobs import Request

log = logging.getLogger(__name__)

PROFILES_AT_ONCE = 16
UNITS_AT_ONCE = 48
QUEUED_EVENTS = 1000
"""Events waiting for a reader before the scan waits too."""
PROGRESS_EVERY = 0.2
"""Seconds between two reports of progress."""


async def decline(_needed: InputNeeded) -> str:
    """Answer nothing, for a scan that nobody watches."""
    return ""


class Engine:
    """One scan. ``answer`` is awaited whenever a profile needs something that only a person has.

    The constructor raises `ConfigError`, `UnknownProfileError` and `UnknownCheckError` for a request
    that cannot be meant.
    """

    def __init__(
        self,
        request: Request,
        environ: Mapping[str, str],
        answer: Callable[[InputNeeded], Awaitable[str]] = decline,
    ) -> None:
        self._request = request
        self._only = frozenset(request.only)
        self._checks = [] if request.identify_only or request.candidates else wanted_checks(request)
        self._profiles = select_profiles(list_profiles(environ), list(request.profiles), environ)
        self._fallback_region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        self._answer = answer
        self._scan_id = uuid.uuid4().hex
        self._queue: asyncio.Queue[AnyEvent] = asyncio.Queue(QUEUED_EVENTS)
        self._throttled: Counter[tuple[str, str, str]] = Counter()
        self._count: Counter[Status] = Counter()
        reads = {read for each in self._checks for read in each.reads}
        reads |= declared_reads() if request.candidates else set()
        self._sessions = Sessions(self._ask_for_code, self._on_throttled, reads=reads)
        self._limits = Limits()
        self._units = asyncio.Semaphore(UNITS_AT_ONCE)
        self.checks = len(self._checks)
        self.profiles = [profile.name for profile in self._profiles]
        self._done = 0
        self._total = 0
        self._began = time.monotonic()
        self._work: asyncio.Task[None] | None = None
        self._cancelled = False
        self._incomplete = ""

    def cancel(self) -> None:
        """Stop; what was found has been said, and the last event says that it was cancelled."""
        self._cancelled = True
        if self._work is not None:
            self._work.cancel()

    async def events(self) -> AsyncIterator[AnyEvent]:
        """Yield the events of the scan, `ScanFinished` last."""
        self._began = time.monotonic()
        yield ScanStarted(
            scan_id=self._scan_id,
            started_at=_now(),
            version=__version__,
            checks=[check.id for check in self._checks],
            profiles=[profile.name for profile in self._profiles],
            regions=list(self._request.regions),
            global_checks=[check.id for check in self._checks if is_global(check)],
            only=list(self._request.only),
        )
        async with self._working() as work:
            while not (work.done() and self._queue.empty()):
                waiting = asyncio.ensure_future(self._queue.get())
                await asyncio.wait({waiting, work}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    yield waiting.result()
                else:
                    waiting.cancel()
        yield self._progress()
        yield self._finished(work)

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[asyncio.Task[None]]:
        work = self._work = asyncio.create_task(self._run())
        if self._cancelled:
            work.cancel()
        try:
            yield work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _run(self) -> None:
        ticking = asyncio.create_task(self._report_progress())
        slots = asyncio.Semaphore(PROFILES_AT_ONCE)
        try:
            async with self._sessions, asyncio.TaskGroup() as group:
                for position, profile in enumerate(self._profiles):
                    group.create_task(self._scan_profile(profile, position, slots))
        finally:
            ticking.cancel()

    async def _scan_profile(self, profile: Profile, position: int, slots: asyncio.Semaphore) -> None:
        mine = answers_for(position, self._request)
        async with slots:
            try:
                briefly = bool(self._only or self._request.candidates)
                identity = await identify(
                    self._sessions,
                    profile,
                    self._fallback_region,
                    briefly=briefly and self._request.regions != [ALL_REGIONS],
                )
            except ReadError as error:
                if mine:
                    await self._say_failed(profile, error)
                elif share_of_profile(profile, position, self._request):
                    # Another process answers for the profile and may have reached it: the regions that
                    # fall to this one are missing all the same.
                    self._incomplete = f"A part of profile {profile.name!r} could not be read: {error.reason}"
                return
        regions = regions_to_scan(self._request, identity)
        if self._request.candidates:
            # Not said to be ready: its regions were not asked for, and nothing is to be judged.
            await self._list_candidates(profile, identity, regions)
            return
        if mine:
            await self._queue.put(
                TargetReady(
                    profile=profile.name,
                    account_id=identity.account_id,
                    alias=identity.alias,
                    caller_arn=identity.caller_arn,
                    partition=identity.partition,
                    regions=regions,
                    enabled_regions=identity.enabled_regions,
                    regions_note=identity.regions_note,
                )
            )
        units = share_of(units_of(self._checks, regions, identity), profile, position, self._request)
        self._total += len(units)
        reader = Reader(self._sessions, profile, identity.account_id, self._limits)
        scanned = frozenset(regions)
        try:
            async with asyncio.TaskGroup() as group:
                for unit in units:
                    target = Target(profile.name, identity.account_id, unit.region, identity.partition)
                    only = frozenset[str]() if unit.check.identified_by_judging else self._only
                    region = Region(target, reader, frozenset(unit.check.reads), only, scanned)
                    group.create_task(self._run_unit(unit, region))
        finally:
            await reader.close()

    async def _list_candidates(self, profile: Profile, identity: Identity, regions: list[str]) -> None:
        reader = Reader(self._sessions, profile, identity.account_id, self._limits)
        try:
            for region in regions:
                target = Target(profile.name, identity.account_id, region, identity.partition)
                kinds = self._request.candidates
                async for listed in list_candidates(kinds, target, reader, identity.home_region):
                    await self._queue.put(listed)
        finally:
            await reader.close()

    async def _say_failed(self, profile: Profile, error: ReadError) -> None:
        await self._queue.put(TargetFailed(profile.name, error.kind.value, error.reason, error.action))
        nowhere = Target(profile.name, profile.account_id, "")
        for check in self._checks:
            resource = Resource("", profile.name, "AWS::Account")
            await self._say(check, nowhere, not_assessed(resource, error))

    async def _run_unit(self, unit: Unit, region: Region) -> None:
        target = region.target
        async with self._units:
            try:
                # A verification goes where the resource was found, and has not asked which are enabled.
                if not unit.enabled and not self._only:
                    raise _not_enabled(unit.region)
                async for verdict in unit.check.run(region):
                    await self._say(unit.check, target, verdict)
            except ReadError as error:
                await self._say(unit.check, target, not_assessed(_region_resource(unit.region), error))
            except Exception as error:
                # A fault of one check costs that check in that region, never the scan.
                log.exception("%s failed in %s", unit.check.id, unit.region)
                failure = ReadError(
                    Unread.BAD_RESPONSE,
                    f"The check itself failed ({type(error).__name__}).",
                    action="This is a fault of cloud-audit-tui: please report it.",
                )
                await self._say(unit.check, target, not_assessed(_region_resource(unit.region), failure))
        self._done += 1

    async def _say(self, check: Check, target: Target, verdict: Verdict) -> None:
        # Checks that judge without `Region.judge` yield all that they see.
        if not (
            is_wanted(verdict.resource, target.region, self._only)
            or is_listing(verdict.status, verdict.resource.id, verdict.resource.type)
        ):
            return
        about = explanation(check.id).about
        severity = verdict.severity or about.severity
        if _rank(severity) > _rank(self._request.min_severity):
            return
        self._count[verdict.status] += 1
        finding = Finding(
            check_id=check.id,
            status=verdict.status,
            severity=severity,
            profile=target.profile,
            account_id=target.account_id,
            region=verdict.region or target.region,
            partition=target.partition,
            resource_id=verdict.resource.id,
            resource_name=verdict.resource.name,
            resource_type=verdict.resource.type,
            title=about.title,
            reason=verdict.reason,
            evidence=verdict.evidence,
        )
        await self._queue.put(Result(finding))

    async def _report_progress(self) -> None:
        said: tuple[int, int, int] | None = None
        while True:
            now = (self._done, self._total, self._sessions.calls)
            if now != said:
                said = now
                await self._queue.put(self._progress())
            await asyncio.sleep(PROGRESS_EVERY)

    def _progress(self) -> Progress:
        return Progress(self._done, self._total, self._sessions.calls, self._elapsed())

    def _elapsed(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _finished(self, work: asyncio.Task[None]) -> ScanFinished:
        outcome, message = Outcome.COMPLETE, ""
        if self._cancelled:
            outcome, message = Outcome.CANCELLED, "The scan was cancelled; what was found is kept."
        elif (error := work.exception()) is not None:
            log.error("the scan failed", exc_info=error)
            outcome, message = Outcome.FAILED, f"The scanner failed ({type(error).__name__})."
        elif self._incomplete:
            outcome, message = Outcome.FAILED, self._incomplete
        return ScanFinished(
            scan_id=self._scan_id,
            outcome=outcome,
            finished_at=_now(),
            failed=self._count[Status.FAIL],
            passed=self._count[Status.PASS],
            not_assessed=self._count[Status.NOT_ASSESSED],
            calls=self._sessions.calls,
            elapsed=self._elapsed(),
            message=message,
        )

    async def _ask_for_code(self, profile: str, prompt: str) -> str:
        needed = InputNeeded(uuid.uuid4().hex, profile, "mfa_code", prompt)
        await self._queue.put(needed)
        code = await self._answer(needed)
        if not code:
            raise ReadError(
                Unread.CREDENTIALS,
                f"{profile!r} needs an MFA code, and none was given.",
                action="Scan in the app or in a terminal, where it can be typed.",
            )
        return code

    def _on_throttled(self, profile: str, region: str, service: str) -> None:
        key = (profile, region, service)
        self._throttled[key] += 1
        try:
            self._queue.put_nowait(Throttled(*key, self._throttled[key]))
        except asyncio.QueueFull:
            log.info("throttled: %s", key)


async def scan(request: Request, environ: Mapping[str, str]) -> AsyncIterator[AnyEvent]:
    """Yield the events of a scan in this process; raises as `Engine` does."""
    async for event in Engine(request, environ).events():
        yield event


def wanted_checks(request: Request) -> list[Check]:
    """Return the checks that a request names; raises `UnknownCheckError`."""
    named = catalogue.select(request.checks)
    if not request.categories:
        return named
    return [check for check in named if explanation(check.id).about.category in request.categories]


def _not_enabled(region: str) -> ReadError:
    return ReadError(
        Unread.UNAVAILABLE,
        f"{region} is not enabled in this account.",
        action="Enable it under Account > AWS Regions, or leave it out of the scan.",
    )


def _region_resource(region: str) -> Resource:
    return Resource("", region, "AWS::Region")


def _rank(severity: Severity) -> int:
    return list(Severity).index(severity)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
