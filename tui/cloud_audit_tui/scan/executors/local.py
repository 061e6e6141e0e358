"""Runs a job's units in this process, on this event loop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.second_process.load import available_cores
from cloud_audit_tui.aws.second_process.sharing import CallSharing
from cloud_audit_tui.scan.channel import streamed
from cloud_audit_tui.scan.engine import Engine
from cloud_audit_tui.scan.fair_slots import FairSlots
from cloud_audit_tui.scan.units import UnitEvent, UnitProgress, UnitRunner, failure_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.role_sessions import RoleSessions
    from cloud_audit_tui.aws.sessions import Sessions
    from cloud_audit_tui.scan.channel import Channel
    from cloud_audit_tui.scan.jobs import Job, WorkUnit

log = logging.getLogger(__name__)

UNITS_AT_ONCE = 24
"""Regions scanned concurrently, over all accounts, among which they are shared fairly."""
QUEUED_EVENTS = 200
"""Events of an account buffered for the engine before its units block."""


def local_job(job: Job, environ: Mapping[str, str], role_sessions: RoleSessions | None = None) -> Engine:
    """Return a job that runs in this process; ``role_sessions`` are existing sessions of MFA roles.

    Raises `ConfigError`, `UnknownProfileError` and `UnknownCheckError` for a job that cannot run.
    Profiles are looked up in ``environ``; botocore itself reads `os.environ`.
    """
    return Engine(job, environ, partial(LocalExecutor, cores=available_cores()), role_sessions)


class LocalExecutor:
    """Runs the units of accounts over the sessions that identified them.

    With several ``cores``, a scan that saturates this process starts a second one, which makes calls for it:
    see `cloud_audit_tui.aws.second_process`.
    """

    def __init__(self, sessions: Sessions, profiles: Mapping[str, Profile], cores: int = 1) -> None:
        self._sessions = sessions
        self._profiles = profiles
        self._limits = Limits()
        self._slots = FairSlots(UNITS_AT_ONCE)
        sessions.share_calls(CallSharing(self._limits, cores))

    async def execute(self, units: Sequence[WorkUnit]) -> AsyncGenerator[UnitEvent, None]:
        """Yield the events of one account's units, and drop their cached reads at the end."""
        async with aclosing(streamed(partial(self._run_all, units), QUEUED_EVENTS)) as events:
            async for event in events:
                yield event

    async def _run_all(self, units: Sequence[WorkUnit], channel: Channel[UnitEvent]) -> None:
        async with (
            UnitRunner(self._sessions, self._profiles, self._limits, units) as runner,
            asyncio.TaskGroup() as group,
        ):
            for unit in units:
                group.create_task(self._run_unit(runner, unit, channel))

    async def _run_unit(self, runner: UnitRunner, unit: WorkUnit, channel: Channel[UnitEvent]) -> None:
        async with self._slots.hold((unit.partition, unit.account_id)):
            checks = 0
            try:
                async with aclosing(runner.run(unit)) as events:
                    async for event in events:
                        checks += event.checks if isinstance(event, UnitProgress) else 0
                        await channel.put(event)
            except Exception as error:
                # An exception in one unit affects only that unit.
                log.exception("the unit of %s in %s failed", unit.account_id, unit.region)
                for result in failure_of(unit, error):
                    await channel.put(result)
                await channel.put(UnitProgress(len(unit.checks) - checks))
