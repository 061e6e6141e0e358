"""Runs one unit in a worker of a Dask cluster: the worker's end of `cloud_audit_tui.scan.executors.dask`.

The worker gets the names of a profile, an account and a region, and uses the credentials of its own AWS
configuration. It returns all events of the unit at once, so that a unit that runs twice because its first
worker died counts once.

Each unit has its own sessions, retries and limits. The limits of calls in flight are per account, region and
service, and a unit is one region of one account, so they apply to the whole cluster, except for reads in the
home region by checks of another region.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections import Counter

import msgspec

from cloud_audit_tui import __version__
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.profiles import (
    ConfigError,
    Profile,
    UnknownProfileError,
    list_profiles,
    select_profiles,
)
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.checks.catalogue import UnknownCheckError
from cloud_audit_tui.scan.events import Throttled
from cloud_audit_tui.scan.executors.local import LocalExecutor
from cloud_audit_tui.scan.jobs import WorkUnit
from cloud_audit_tui.scan.open_files import allow_open_files
from cloud_audit_tui.scan.units import RemoteCalls, UnitEvent, UnitLost, timings_of

log = logging.getLogger(__name__)

CREDENTIALS_ACTION = "Give every worker the AWS configuration and the credentials of the profile."


class UnitRequest(msgspec.Struct, frozen=True):
    """A unit for a worker of the same ``version``; ``scan`` names the scan for `stop_units`."""

    version: str
    scan: str
    unit: WorkUnit


class NotRun(msgspec.Struct, frozen=True, tag_field="type", tag="not_run"):
    """The worker could not run the unit."""

    kind: Unread
    reason: str
    action: str = ""

    def loss_of(self, unit: WorkUnit) -> UnitLost:
        """Return the event that reports the unit."""
        return UnitLost(unit, self.kind, self.reason, self.action)


class _Version(msgspec.Struct):
    """The members of a request in every version."""

    version: str = ""


Reply = list[UnitEvent] | NotRun
"""The reply of a worker for a unit, as JSON."""

_encoder = msgspec.json.Encoder()
_reply_decoder: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_running: dict[str, set[asyncio.Task[Reply]]] = {}
_starting = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def run_unit(request: bytes) -> bytes:
    """Run a `UnitRequest` and return its `Reply`; this is the task of a worker.

    It raises no exception, because Dask would log the exception together with the request.
    """
    scan_version = msgspec.json.decode(request, type=_Version).version
    if scan_version != __version__:
        return _encoder.encode(other_version(scan_version))
    unit_request = msgspec.json.decode(request, type=UnitRequest)
    # One event loop per process, on which the threads of a worker take turns, like the regions of a local
    # scan.
    return _encoder.encode(
        asyncio.run_coroutine_threadsafe(_run_stoppable(unit_request), _scan_loop()).result()
    )


def read_reply(reply: bytes) -> Reply:
    """Return the reply in JSON; raises `msgspec.MsgspecError` for anything else."""
    return _reply_decoder.decode(reply)


def stop_units(scan: str) -> None:
    """Stop the units of a scan that run in this process."""

    def stop() -> None:
        for task in _running.get(scan, ()):
            task.cancel()

    if _loops:
        _loops[0].call_soon_threadsafe(stop)


def version() -> str:
    """Return the version of this process."""
    return __version__


def other_version(scan_version: str) -> NotRun:
    """Return the reply to a unit of another version."""
    return NotRun(
        Unread.REFUSED,
        f"The worker on {socket.gethostname()} has cloud-audit-tui {__version__}, and the scan is one of "
        f"{scan_version or 'an unknown version'}.",
        "Install the same version on every worker.",
    )


def _scan_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of this process's units, in a thread that ends with the process."""
    with _starting:
        if not _loops:
            allow_open_files()
            _loops.append(asyncio.new_event_loop())
            threading.Thread(target=_loops[0].run_forever, name="units", daemon=True).start()
        return _loops[0]


async def _run_stoppable(request: UnitRequest) -> Reply:
    task = asyncio.create_task(_run(request.unit))
    tasks = _running.setdefault(request.scan, set())
    tasks.add(task)
    try:
        return await task
    except asyncio.CancelledError:
        return NotRun(Unread.UNAVAILABLE, "The scan was cancelled.")
    finally:
        tasks.discard(task)
        if not tasks:
            _running.pop(request.scan, None)


async def _run(unit: WorkUnit) -> Reply:
    try:
        return await _events_of(unit)
    except ReadError as error:
        return NotRun(error.kind, f"On {socket.gethostname()}: {error.reason}", error.action)
    except Exception as error:
        log.exception("the unit of %s in %s failed", unit.account_id, unit.region)
        return NotRun(
            Unread.BAD_RESPONSE,
            f"The worker on {socket.gethostname()} failed ({type(error).__name__}).",
            "This is a fault of cloud-audit-tui: please report it.",
        )


async def _events_of(unit: WorkUnit) -> list[UnitEvent]:
    """Run a unit through this machine's profile of the same name; raises `ReadError`."""
    profile = _profile_of(unit)
    throttled: Counter[tuple[str, str]] = Counter()

    def count(_profile: str, region: str, service: str) -> None:
        throttled[region, service] += 1

    sessions = Sessions(_no_code, count, reads=_reads_of(unit), ask_to_renew=_never_renew)
    async with sessions:
        await _check_account(sessions, profile, unit)
        executor = LocalExecutor(sessions, {profile.name: profile})
        events = [event async for event in executor.execute([unit])]
    calls = RemoteCalls(
        sessions.calls,
        [Throttled(unit.account_id, *key, times) for key, times in throttled.items()],
        timings_of(sessions.times),
    )
    return [*events, calls]


def _profile_of(unit: WorkUnit) -> Profile:
    try:
        (profile,) = select_profiles(list_profiles(os.environ), [unit.profile], os.environ)
    except UnknownProfileError:
        # The error lists the worker's profiles, which must not appear in a report.
        raise ReadError(
            Unread.CREDENTIALS, f"there is no AWS profile {unit.profile!r}.", action=CREDENTIALS_ACTION
        ) from None
    except ConfigError as error:
        raise ReadError(Unread.CREDENTIALS, str(error)) from None
    return profile


def _reads_of(unit: WorkUnit) -> set[str]:
    try:
        return {read for check in catalogue.select(unit.checks) for read in check.reads}
    except UnknownCheckError as error:
        raise ReadError(
            Unread.REFUSED, str(error.args[0]), action="Install the same version on every worker."
        ) from None


async def _check_account(sessions: Sessions, profile: Profile, unit: WorkUnit) -> None:
    """Raise `ReadError` if this machine's profile leads to an account other than the unit's."""
    identity = await identify(sessions, profile, unit.home_region, briefly=True)
    if (identity.partition, identity.account_id) != (unit.partition, unit.account_id):
        raise ReadError(
            Unread.CREDENTIALS,
            f"profile {unit.profile!r} leads to account {identity.account_id}, and to account "
            f"{unit.account_id} where the scan was started.",
            action=CREDENTIALS_ACTION,
        )


async def _no_code(profile: str, _prompt: str) -> str:
    raise ReadError(
        Unread.CREDENTIALS,
        f"profile {profile!r} needs an MFA code, which cannot be entered on a worker.",
        action="Configure mfa_serial also where the scan is started, which then reads the profile itself.",
    )


async def _never_renew(_profile: str, _error: ReadError) -> bool:
    return False
