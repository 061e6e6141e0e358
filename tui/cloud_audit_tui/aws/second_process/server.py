"""The second process: makes the requests that arrive over a socket, and ends when the socket closes."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from aiobotocore.credentials import AioCredentials

from cloud_audit_tui.aws.attempts import FAULTS_OF_OURS
from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.paging import method_name
from cloud_audit_tui.aws.second_process.load import BusyTime
from cloud_audit_tui.aws.second_process.messages import (
    Answer,
    Begin,
    Cancel,
    Failure,
    Handover,
    Outbox,
    Ready,
    Release,
    Request,
    read_message,
)
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.aws.timings import CallTimes

if TYPE_CHECKING:
    import aioboto3

    from cloud_audit_tui.aws.profiles import Profile


class _HandedSessions(Sessions):
    """Sessions whose credentials come from the scanner; this process calls no credential source."""

    def __init__(self, begin: Begin) -> None:
        super().__init__(_no_code, self._note_throttled, reads=begin.reads, limits=begin.limits)
        self.profiles: dict[str, Profile] = {}
        self.throttled: list[tuple[str, str, str]] = []
        self._handed: dict[str, AioCredentials] = {}

    def take(self, handover: Handover) -> None:
        """Use new credentials for a profile, also in its existing clients."""
        name, new = handover.profile.name, handover.credentials
        self.profiles[name] = handover.profile
        if name not in self._handed:
            self._handed[name] = AioCredentials(*new[:3], account_id=new.account_id)
            return
        credentials = self._handed[name]
        credentials.access_key, credentials.secret_key, credentials.token = new[:3]
        credentials.account_id = new.account_id

    def _note_throttled(self, profile: str, region: str, service: str) -> None:
        self.throttled.append((profile, region, service))

    async def _ready_session(self, profile: Profile) -> aioboto3.Session:
        session = self._make_session(profile)
        session._session._credentials = self._handed[profile.name]
        return session


class _Server:
    """Makes requests concurrently."""

    def __init__(self, sessions: _HandedSessions, writer: asyncio.StreamWriter) -> None:
        self._sessions = sessions
        self._outbox = Outbox(writer)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._reported = 0
        self._busy = BusyTime()
        self._times = CallTimes()
        self._reported_cpu: defaultdict[tuple[str, str], float] = defaultdict(float)

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Handle the scanner's messages until it closes the socket."""
        self._outbox.send(Ready())
        while (message := await read_message(reader)) is not None:
            match message:
                case Request(number=number):
                    task = self._tasks[number] = asyncio.create_task(self._answer(message))
                    task.add_done_callback(partial(self._forget, number))
                case Cancel(number=number) if number in self._tasks:
                    self._tasks[number].cancel()
                case Handover():
                    self._sessions.take(message)
                case Release(profile=name):
                    await self._sessions.release(self._sessions.profiles[name])

    def _forget(self, number: int, _task: asyncio.Task[None]) -> None:
        del self._tasks[number]

    async def _answer(self, request: Request) -> None:
        outcome = await self._outcome(request)
        calls = self._sessions.calls - self._reported
        throttled, self._sessions.throttled = self._sessions.throttled, []
        cpu = self._cpu_of(request.service, request.operation)
        self._outbox.send(Answer(request.number, outcome, calls, throttled, cpu, self._busy.seconds()))
        self._reported += calls

    def _cpu_of(self, service: str, operation: str) -> float:
        """Return the CPU time of an operation's calls since the previous answer."""
        cpu = self._times.of(service, operation).cpu - self._reported_cpu[service, operation]
        self._reported_cpu[service, operation] += cpu
        return cpu

    async def _outcome(self, request: Request) -> dict[str, Any] | Failure | None:
        times = self._times.of(request.service, request.operation)
        profile = self._sessions.profiles[request.profile]
        try:
            client = await self._sessions.client(profile, request.service, request.region)
            method = getattr(client, method_name(request.operation))
            return await times.attempt(method(**request.params))
        except FAULTS_OF_OURS:
            return None
        except Exception as error:
            # Mapped here, because not every exception of a connection can be pickled.
            mapped = read_error(
                error,
                service=request.service,
                operation=request.operation,
                region=request.region,
                profile=request.profile,
            )
            return Failure.of(mapped)


async def _no_code(profile: str, _prompt: str) -> str:
    raise ReadError(Unread.CREDENTIALS, f"{profile!r} needs an MFA code, which only the scanner asks for.")


async def _main(connection: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    begin = await read_message(reader)
    if isinstance(begin, Begin):
        async with _HandedSessions(begin) as sessions:
            await _Server(sessions, writer).serve(reader)


def serve(descriptor: int) -> None:
    """Serve over an inherited socket."""
    # Its objects live until its end or are freed by reference counting, so collections are rarely needed.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    asyncio.run(_main(socket.socket(fileno=descriptor)))
