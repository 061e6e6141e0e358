"""Runs a job's units on the workers of a Dask cluster; needs the package ``distributed``.

Each unit is a task. The client identifies the profiles, plans, counts and ends the job; a worker resolves the
name of the profile on its own machine, so no credentials pass through the scheduler. The events of a unit
arrive together and once: a unit whose worker dies restarts elsewhere, and the reads of its first attempt are
discarded. The units of profiles that need an MFA code run in this process. A unit that no worker can run is a
`UnitLost`.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from concurrent import futures
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from distributed import Client
from distributed.scheduler import KilledWorker

from cloud_audit_tui import __version__
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.scan.channel import streamed
from cloud_audit_tui.scan.engine import Engine
from cloud_audit_tui.scan.executors.dask_worker import (
    NotRun,
    Reply,
    UnitRequest,
    read_reply,
    run_unit,
    stop_units,
    version,
)
from cloud_audit_tui.scan.executors.local import QUEUED_EVENTS, LocalExecutor

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.role_sessions import RoleSessions
    from cloud_audit_tui.aws.sessions import Sessions
    from cloud_audit_tui.scan.channel import Channel
    from cloud_audit_tui.scan.jobs import Job, WorkUnit
    from cloud_audit_tui.scan.units import UnitEvent

CONNECT_WITHIN = 10.0
"""Seconds in which the scheduler must accept the connection."""
WORKERS_WITHIN = 60.0
"""Seconds for which a cluster may have no worker, at the start and later, because it may be scaling up."""
RESPONSE_WITHIN = 30.0
"""Seconds in which a scheduler or its workers must respond to a request."""
WATCH_EVERY = 1.0
"""Seconds between two checks of the cluster."""
STOP_WITHIN = 5.0
"""Seconds for which a scan waits at its end for workers to stop."""
CLUSTER_ACTION = "Start the cluster again, then rescan."


class ClusterError(RuntimeError):
    """A cluster cannot be used; the message says what to do."""


class Cluster:
    """A connection to the scheduler of a Dask cluster; see `connected`."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._scan = uuid.uuid4().hex
        self._running: set[Any] = set()
        self._lost: asyncio.Future[NotRun] = asyncio.get_running_loop().create_future()

    async def check_workers(self) -> None:
        """Wait for the first worker; raises `ClusterError` without one or for another version."""
        try:
            await self._client.wait_for_workers(1, timeout=WORKERS_WITHIN)
        except TimeoutError:
            raise ClusterError(
                f"The Dask scheduler at {self._address} has no worker after {WORKERS_WITHIN:g} s. Start one "
                f"with: dask worker {self._address}"
            ) from None
        try:
            async with asyncio.timeout(RESPONSE_WITHIN):
                versions = await self._client.run(version, on_error="return")
        except (OSError, TimeoutError) as error:
            raise ClusterError(
                f"The workers of the Dask scheduler at {self._address} do not respond ({_name(error)})."
            ) from None
        for worker, answer in versions.items():
            if isinstance(answer, BaseException):
                raise ClusterError(
                    f"The worker {worker} cannot run scans ({_name(answer)}): install cloud-audit-tui "
                    f"{__version__} in the environment of every worker."
                )
            if answer != __version__:
                raise ClusterError(
                    f"The worker {worker} has cloud-audit-tui {answer}, and this is {__version__}: install "
                    "the same version on every worker."
                )

    async def run(self, unit: WorkUnit) -> Reply:
        """Run a unit on a worker; if the cluster cannot run it, return a `NotRun` instead of raising."""
        if self._lost.done():
            return self._lost.result()
        request = msgspec.json.encode(UnitRequest(__version__, self._scan, unit))
        # Keys appear on the dashboard and in logs, so they contain no account.
        key = f"cloud-audit-tui-{uuid.uuid4().hex}"
        try:
            future = self._client.submit(run_unit, request, key=key, pure=False)
        except Exception as error:
            # A connection that was just lost accepts no task.
            return NotRun(
                Unread.UNREACHABLE,
                f"The Dask scheduler at {self._address} accepted no task ({_name(error)}).",
                CLUSTER_ACTION,
            )
        self._running.add(future)
        answer = asyncio.ensure_future(future.result())
        try:
            await asyncio.wait([answer, self._lost], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                return self._lost.result()
            return _reply(answer)
        finally:
            answer.cancel()
            if future.status == "pending":
                with suppress(Exception):
                    await self._client.cancel([future])
            else:
                self._running.discard(future)

    async def watch(self) -> None:
        """Give up all units if the connection is lost, or if there is no worker for too long."""
        last_seen = time.monotonic()
        while not self._lost.done():
            await asyncio.sleep(WATCH_EVERY)
            if self._client.status != "running":
                self._lose(f"The connection to the Dask scheduler at {self._address} was lost.")
                return
            try:
                async with asyncio.timeout(RESPONSE_WITHIN):
                    workers = await self._client.scheduler.ncores()
            except Exception:
                # Any exception has to end the units, because otherwise the scan would wait forever.
                self._lose(f"The Dask scheduler at {self._address} does not respond.")
                return
            now = time.monotonic()
            if workers:
                last_seen = now
            elif now - last_seen > WORKERS_WITHIN:
                self._lose(
                    f"The Dask scheduler at {self._address} has had no worker for {WORKERS_WITHIN:g} s."
                )

    async def stop(self) -> None:
        """Stop the units that still run on reachable workers."""
        if self._running and self._client.status == "running":
            with suppress(Exception):
                async with asyncio.timeout(STOP_WITHIN):
                    await self._client.run(stop_units, self._scan, on_error="ignore")

    def _lose(self, reason: str) -> None:
        self._lost.set_result(NotRun(Unread.UNREACHABLE, reason, CLUSTER_ACTION))


@asynccontextmanager
async def connected(address: str) -> AsyncGenerator[Cluster, None]:
    """Connect to a scheduler, such as ``tcp://host:8786``; raises `ClusterError`."""
    # Its warnings would repeat the results between the lines of the progress.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    client = Client(address, asynchronous=True, timeout=CONNECT_WITHIN, set_as_default=False)
    try:
        try:
            # The client's own timeout does not cover the handshake with a server that is not a scheduler.
            async with asyncio.timeout(CONNECT_WITHIN):
                await client
        except Exception as error:
            raise ClusterError(
                f"There is no Dask scheduler at {address} ({_name(error)}). Start one with `dask scheduler`, "
                "or check the address and the versions of distributed."
            ) from None
        cluster = Cluster(client, address)
        await cluster.check_workers()
        watching = asyncio.create_task(cluster.watch())
        try:
            yield cluster
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await cluster.stop()
    finally:
        with suppress(Exception):
            async with asyncio.timeout(STOP_WITHIN):
                await client.close(timeout=STOP_WITHIN)


def dask_job(
    job: Job, environ: Mapping[str, str], cluster: Cluster, role_sessions: RoleSessions | None = None
) -> Engine:
    """Return a job whose units run on a cluster; it raises what `local_job` raises."""
    return Engine(job, environ, partial(DaskExecutor, cluster), role_sessions)


class DaskExecutor:
    """Runs the units of accounts on a cluster."""

    def __init__(self, cluster: Cluster, sessions: Sessions, profiles: Mapping[str, Profile]) -> None:
        self._cluster = cluster
        self._sessions = sessions
        self._profiles = profiles
        self._local = LocalExecutor(sessions, profiles)

    async def execute(self, units: Sequence[WorkUnit]) -> AsyncGenerator[UnitEvent, None]:
        """Yield the events of one account's units, those of each unit together."""
        if any(self._profiles[unit.profile].mfa for unit in units):
            # A worker cannot prompt for a code, and a session from a code is a secret.
            async with aclosing(self._local.execute(units)) as events:
                async for event in events:
                    yield event
            return
        for profile in {unit.profile: self._profiles[unit.profile] for unit in units}.values():
            if profile.source is not None:
                # The workers make the calls, and the clients of an organization's accounts would fill the
                # memory.
                await self._sessions.release(profile)
        async with aclosing(streamed(partial(self._run_all, units), QUEUED_EVENTS)) as events:
            async for event in events:
                yield event

    async def _run_all(self, units: Sequence[WorkUnit], channel: Channel[UnitEvent]) -> None:
        async with asyncio.TaskGroup() as group:
            for unit in units:
                group.create_task(self._run_unit(unit, channel))

    async def _run_unit(self, unit: WorkUnit, channel: Channel[UnitEvent]) -> None:
        reply = await self._cluster.run(unit)
        if isinstance(reply, NotRun):
            await channel.put(reply.loss_of(unit))
            return
        for event in reply:
            await channel.put(event)


def _reply(answer: asyncio.Task[bytes]) -> Reply:
    """Return the reply of a task, or the reason why it has none."""
    match asyncio.CancelledError() if answer.cancelled() else answer.exception():
        case None:
            pass
        case asyncio.CancelledError() | futures.CancelledError() | OSError():
            return NotRun(
                Unread.UNREACHABLE,
                "The Dask scheduler dropped the task, or the connection to it was lost.",
                CLUSTER_ACTION,
            )
        case KilledWorker():
            return NotRun(
                Unread.UNREACHABLE,
                "Several workers died while scanning this region.",
                "Check their logs; they may have run out of memory.",
            )
        case error:
            return NotRun(Unread.UNREACHABLE, f"The task of a worker failed ({_name(error)}).")
    try:
        return read_reply(answer.result())
    except msgspec.MsgspecError:
        return NotRun(
            Unread.REFUSED, "A worker's answer cannot be read.", "Install the same version on every worker."
        )


def _name(error: BaseException) -> str:
    return type(error).__name__
