"""Runs work units: the checks of one region of one account, concurrently and over shared reads."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self

import msgspec

from cloud_audit_tui.aws.errors import ReadError, Unread, own_fault
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.regions import known_regions, partition_of
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.checks.api import Region, not_assessed
from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.checks.facts import extractors_of
from cloud_audit_tui.checks.selection import is_listing, is_selected
from cloud_audit_tui.model import AccountScope, Fact, Finding, RegionScope, Severity, Target, Verdict
from cloud_audit_tui.scan.channel import Channel
from cloud_audit_tui.scan.check_order import short_and_long
from cloud_audit_tui.scan.events import FactRecorded, OperationTiming, Result, Throttled, encodable
from cloud_audit_tui.scan.jobs import WorkUnit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from cloud_audit_tui.aws.concurrency import Limits
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions
    from cloud_audit_tui.aws.timings import CallTimes
    from cloud_audit_tui.checks.api import Check

log = logging.getLogger(__name__)

CHECKS_AT_ONCE = 400
"""Checks of one account that run concurrently; the Reader's limits are stricter."""
HEAD_START = 20
"""Iterations of the event loop until the others begin, enough to send the first list call before them."""
QUEUED_EVENTS = 200
"""Events of one unit buffered for the consumer before its checks block."""


class UnitProgress(msgspec.Struct, frozen=True, tag_field="type", tag="unit_progress"):
    """Checks of a unit that have run since the last report."""

    checks: int


class RemoteCalls(msgspec.Struct, frozen=True, tag_field="type", tag="remote_calls"):
    """The AWS calls that a unit made in another process.

    ``calls`` counts HTTP requests, ``throttled`` those of them that AWS throttled, by account, region and
    service; ``timings`` are their times.
    """

    calls: int
    throttled: list[Throttled] = []
    timings: list[OperationTiming] = []


class UnitLost(msgspec.Struct, frozen=True, tag_field="type", tag="unit_lost"):
    """An executor could not run a unit: its checks are not assessed, and the job is incomplete.

    None of its events may have been yielded before.
    """

    unit: WorkUnit
    kind: Unread
    reason: str
    action: str = ""

    @property
    def error(self) -> ReadError:
        """Why nothing of the unit was read."""
        return ReadError(self.kind, self.reason, action=self.action)


UnitEvent = Result | FactRecorded | UnitProgress | RemoteCalls | UnitLost
"""The events that a unit yields."""


class UnitRunner:
    """Runs units of one account over shared, cached AWS reads; a context manager.

    ``profiles`` maps names to the profiles of the units. ``limits`` are shared by all runners that may reach
    the same account. ``units`` are all units that will run: a response is dropped after their last check that
    declares its operation. Without ``units`` every response is kept to the end.
    """

    def __init__(
        self,
        sessions: Sessions,
        profiles: Mapping[str, Profile],
        limits: Limits,
        units: Iterable[WorkUnit] = (),
    ) -> None:
        self._sessions = sessions
        self._profiles = profiles
        self._limits = limits
        self._readers: dict[tuple[str, str], Reader] = {}
        self._checks_to_come = Counter(
            (unit.profile, unit.account_id, read)
            for unit in units
            for check in _checks_of(unit)
            for read in check.reads
        )
        self._facts: list[Fact] = []
        self._slots = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for reader in self._readers.values():
            await reader.close()

    async def run(self, unit: WorkUnit) -> AsyncGenerator[UnitEvent, None]:
        """Yield the events of a unit's checks, each result as soon as it is available."""
        reader = self._reader(unit)
        channel: Channel[UnitEvent] = Channel(QUEUED_EVENTS)
        work = asyncio.create_task(self._run_checks(unit, reader, channel))
        async with aclosing(channel.drain(work)) as events:
            async for event in events:
                yield event
        for fact in self._new_facts():
            yield fact
        await work

    async def _run_checks(self, unit: WorkUnit, reader: Reader, channel: Channel[UnitEvent]) -> None:
        async with asyncio.TaskGroup() as group:
            short, long = short_and_long(_checks_of(unit))
            for check in long:
                group.create_task(self._run_check(check, unit, reader, channel))
            for _ in range(HEAD_START):
                await asyncio.sleep(0)
            for check in short:
                group.create_task(self._run_check(check, unit, reader, channel))

    async def _run_check(
        self, check: Check, unit: WorkUnit, reader: Reader, channel: Channel[UnitEvent]
    ) -> None:
        async with self._slots:
            try:
                # A verification reads the finding's region without listing the enabled regions.
                if not unit.enabled and not unit.only:
                    raise _not_enabled(unit.region, unit.partition)
                async with aclosing(_generator(check, unit, reader)) as verdicts:
                    async for verdict in verdicts:
                        if (result := _result(check, unit, verdict)) is not None:
                            await channel.put(result)
                        # A long list has a fact for each item, so facts are sent with the results.
                        await self._put_new_facts(channel)
            except ReadError as error:
                await _put_scope(check.id, unit, error, channel)
            except Exception as error:
                # An exception in one check affects only that check in that region.
                log.exception("%s failed in %s", check.id, unit.region)
                await _put_scope(check.id, unit, own_fault(f"{check.id} failed", error), channel)
        reader.forget(self._reads_ended_by(check, unit))
        await self._put_new_facts(channel)
        await channel.put(UnitProgress(1))

    async def _put_new_facts(self, channel: Channel[UnitEvent]) -> None:
        for fact in self._new_facts():
            await channel.put(fact)

    def _reads_ended_by(self, check: Check, unit: WorkUnit) -> list[str]:
        """Return the operations that no check will read after this one, in any region."""
        ended = []
        for read in check.reads:
            key = (unit.profile, unit.account_id, read)
            self._checks_to_come[key] -= 1
            if self._checks_to_come[key] == 0:
                ended.append(read)
        return ended

    def _reader(self, unit: WorkUnit) -> Reader:
        key = (unit.profile, unit.account_id)
        if key not in self._readers:

            def record(region: str, operation: str, params: dict[str, Any], response: dict[str, Any]) -> None:
                target = Target(unit.profile, unit.account_id, region, unit.partition)
                self._facts += _facts_of(operation, response, target, params)

            self._readers[key] = Reader(
                self._sessions,
                self._profiles[unit.profile],
                unit.account_id,
                self._limits,
                record,
                renews=True,
            )
        return self._readers[key]

    def _new_facts(self) -> list[FactRecorded]:
        facts, self._facts = self._facts, []
        return [FactRecorded(fact) for fact in facts]


def timings_of(times: CallTimes) -> list[OperationTiming]:
    """Return the times of calls by operation, in their order."""
    return [
        OperationTiming(
            service,
            operation,
            each.calls,
            each.throttled,
            queued=round(each.queued, 3),
            waiting=round(each.waiting, 3),
            cpu=round(each.cpu, 4),
        )
        for (service, operation), each in sorted(times.operations().items())
    ]


def failure_of(unit: WorkUnit, error: Exception) -> list[Result]:
    """Return the results of a unit that could not run: all its checks are not assessed."""
    fault = error if isinstance(error, ReadError) else own_fault("The scan of this region failed", error)
    results = (_finding(check_id, unit, _scope(check_id, fault)) for check_id in unit.checks)
    return [Result(finding) for finding in results if _is_severe_enough(finding, unit)]


def _checks_of(unit: WorkUnit) -> list[Check]:
    return catalogue.select(unit.checks) if unit.checks else []


def _generator(check: Check, unit: WorkUnit, reader: Reader) -> Any:
    # When only the check knows a resource's id, nothing can be skipped before it runs.
    only = frozenset[str]() if check.identified_by_judging else frozenset(unit.only)
    target = Target(unit.profile, unit.account_id, unit.region, unit.partition)
    return check.run(Region(target, reader, frozenset(check.reads), only, frozenset(unit.scanned)))


def _result(check: Check, unit: WorkUnit, verdict: Verdict) -> Result | None:
    """Return a verdict as an event; None when the unit does not include its subject."""
    target = Target(unit.profile, unit.account_id, unit.region, unit.partition)
    # Checks that do not use `Region.judge` yield all subjects.
    if not is_selected(verdict.subject, target, unit.only) and not is_listing(
        verdict.status, verdict.subject
    ):
        return None
    finding = _finding(check.id, unit, verdict)
    return encodable(Result(finding)) if _is_severe_enough(finding, unit) else None


async def _put_scope(check_id: str, unit: WorkUnit, error: ReadError, channel: Channel[UnitEvent]) -> None:
    finding = _finding(check_id, unit, _scope(check_id, error))
    if _is_severe_enough(finding, unit):
        await channel.put(encodable(Result(finding)))


def _scope(check_id: str, error: ReadError) -> Verdict:
    """Return the verdict of a check that could not list its resources."""
    about = about_of(check_id)
    return not_assessed(AccountScope() if about is not None and about.is_global else RegionScope(), error)


def _finding(check_id: str, unit: WorkUnit, verdict: Verdict) -> Finding:
    about = about_of(check_id)
    return Finding(
        check_id=check_id,
        status=verdict.status,
        severity=verdict.severity or (about.severity if about is not None else Severity.HIGH),
        subject=verdict.subject,
        profile=unit.profile,
        account_id=unit.account_id,
        region=verdict.region or unit.region,
        partition=unit.partition,
        title=about.title if about is not None else check_id,
        reason=verdict.reason,
        evidence=verdict.evidence,
    )


def _is_severe_enough(finding: Finding, unit: WorkUnit) -> bool:
    return finding.severity.order <= unit.min_severity.order


def _facts_of(operation: str, response: dict[str, Any], target: Target, params: dict[str, Any]) -> list[Fact]:
    facts: list[Fact] = []
    for extract in extractors_of(operation):
        try:
            facts += [encodable(fact) for fact in extract(response, target, params)]
        except Exception:
            # A failing extractor loses only its own facts of this response.
            log.exception("the facts of %s in %s could not be extracted", operation, target.region)
    return facts


def _not_enabled(region: str, partition: str) -> ReadError:
    if region not in known_regions():
        return ReadError(
            Unread.UNAVAILABLE,
            f"{region} is not enabled in this account, if there is such a region.",
            action="Correct its name, enable it under Account > AWS Regions, or exclude it from the scan.",
        )
    if partition_of(region) != partition:
        return ReadError(
            Unread.UNAVAILABLE,
            f"{region} is in the partition {partition_of(region)}, and this account is in {partition}.",
            action="Exclude it from the scan, or scan it with a profile of its partition.",
        )
    return ReadError(
        Unread.UNAVAILABLE,
        f"{region} is not enabled in this account.",
        action="Enable it under Account > AWS Regions, or exclude it from the scan.",
    )
