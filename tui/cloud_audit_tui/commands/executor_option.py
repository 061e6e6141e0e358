"""``--executor``: the executor of a scan."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

import click

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from cloud_audit_tui.aws.role_sessions import RoleSessions
    from cloud_audit_tui.scan.executors.dask import Cluster
    from cloud_audit_tui.scan.jobs import Job
    from cloud_audit_tui.scan.running_job import RunningJob

LOCAL, SUBPROCESS = "local", "subprocess"
INSTALL = "pip install 'cloud-audit-tui[dask]'"
_SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
_ADDRESS = re.compile(
    r"(?P<scheme>dask(?:\+tls)?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})/?"
)
_LAST_PORT = 65535
STOP_WITHIN = 5.0
"""Seconds to wait for the end of an interrupted connection attempt."""


class Start(Protocol):
    """Starts a job; see `cloud_audit_tui.commands.running.start`."""

    def __call__(
        self, job: Job, changes: Mapping[str, str | None], role_sessions: RoleSessions | None = None, /
    ) -> RunningJob:
        """Return the running job."""
        ...


def scheduler_address(executor: str) -> str:
    """Return the address that Dask uses for ``dask://HOST:PORT``; raises `ValueError` for anything else."""
    match = _ADDRESS.fullmatch(executor)
    if match is None or not 0 < int(match["port"]) <= _LAST_PORT:
        raise ValueError(
            f"{plain(executor)!r} is not an executor. Use local, subprocess, or the address of a Dask "
            "scheduler such as dask://scheduler.example.com:8786."
        )
    return f"{_SCHEMES[match['scheme']]}://{match['host']}:{match['port']}"


def _checked(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value.lower() in (LOCAL, SUBPROCESS):
        return value.lower()
    try:
        scheduler_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


executor_option = click.option(
    "--executor",
    default=LOCAL,
    show_default=True,
    metavar="local|subprocess|dask://HOST:PORT",
    callback=_checked,
    help="Where the scan runs: in this process, in a child process, or on the workers of a Dask cluster. "
    "The app always uses a child process for local.",
)
"""``--executor`` of the scan."""


def check_executor(executor: str, *, demo: bool) -> None:
    """Raise `Mistake` if the executor cannot run this scan."""
    if executor in (LOCAL, SUBPROCESS):
        return
    if demo:
        raise Mistake("The workers of a cluster cannot reach the embedded AWS: omit --demo or --executor.")
    if find_spec("distributed") is None:
        raise Mistake(f"--executor {executor} needs the package distributed. Install it with: {INSTALL}")


@asynccontextmanager
async def starting_on(executor: str) -> AsyncGenerator[Start, None]:
    """Provide the function that starts a job on an executor; raises `Mistake` for an unusable cluster."""
    # The app takes the option too, and the modules that run jobs are slow to import.
    from cloud_audit_tui.commands.running import start, start_child  # noqa: PLC0415

    if executor == LOCAL:
        yield start
        return
    if executor == SUBPROCESS:
        yield start_child
        return
    # distributed is optional, and importing it takes a second.
    from cloud_audit_tui.scan.executors.dask import ClusterError, connected, dask_job  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        connecting = asyncio.create_task(stack.enter_async_context(connected(scheduler_address(executor))))
        try:
            cluster = await _unless_interrupted(connecting)
        except ClusterError as error:
            raise Mistake(plain(str(error))) from None
        except asyncio.CancelledError:
            # Nothing was scanned, and Python's exit code 1 for this error would mean findings.
            raise Mistake("The scan was cancelled before it began.") from None

        def start_units(
            job: Job, _changes: Mapping[str, str | None], role_sessions: RoleSessions | None = None, /
        ) -> RunningJob:
            return dask_job(job, os.environ, cluster, role_sessions)

        yield start_units


async def _unless_interrupted(work: asyncio.Task[Cluster]) -> Cluster:
    """Return the result of ``work``; Ctrl+C cancels it and raises `asyncio.CancelledError`.

    Cancelling this task instead would have no effect if another library catches the cancellation.
    """
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    waiting = asyncio.create_task(interrupted.wait())
    try:
        await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait([asyncio.gather(work, return_exceptions=True)], timeout=STOP_WITHIN)
            raise asyncio.CancelledError
        return work.result()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        work.cancel()
        waiting.cancel()
