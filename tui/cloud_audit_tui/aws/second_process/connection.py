"""The scanner's end of the second process."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.child_process import start_with_socket
from cloud_audit_tui.aws.second_process.messages import (
    Answer,
    Begin,
    Cancel,
    Handover,
    Outbox,
    Ready,
    Release,
    Request,
    read_message,
)
from cloud_audit_tui.aws.second_process.spare import take

if TYPE_CHECKING:
    import socket
    from asyncio.subprocess import Process
    from collections.abc import Collection

    from botocore.credentials import ReadOnlyCredentials

    from cloud_audit_tui.aws.call_limits import CallLimits
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.second_process.spare import ForkedProcess


class NotMadeError(Exception):
    """The second process did not make a request, or died before its answer."""


class SecondProcess:
    """A process that makes requests; `start` returns it once it accepts them.

    It ends when its socket closes, however this process ends.
    """

    def __init__(
        self, process: Process | ForkedProcess, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.busy = 0.0
        self.answers = 0
        self._process = process
        self._reader = reader
        self._outbox = Outbox(writer)
        self._numbers = count()
        self._open: dict[int, asyncio.Future[Answer]] = {}
        self._handed: dict[str, ReadOnlyCredentials] = {}
        self._has_ended = False
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, reads: Collection[str], limits: CallLimits) -> SecondProcess:
        """Start the process and wait until it is ready; raises `OSError` if it does not start."""
        process, ours = take() or await _start_program()
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            # The process ends with its socket.
            ours.close()
            raise
        started = cls(process, reader, writer)
        try:
            started._outbox.send(Begin(frozenset(reads), limits))
            if not isinstance(await read_message(reader), Ready):
                raise OSError("the second process does not start")
        except BaseException:
            await started.close()
            raise
        started._reading = asyncio.create_task(started._read())
        return started

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it accepts no more requests."""
        return self._has_ended

    @property
    def in_flight(self) -> int:
        """The number of unanswered requests."""
        return len(self._open)

    async def request(
        self,
        profile: Profile,
        credentials: ReadOnlyCredentials,
        where: tuple[str, str, str],
        params: dict[str, Any],
    ) -> Answer:
        """Make a request with credentials; ``where`` is its region, service and operation.

        Raises `NotMadeError`.
        """
        if self._has_ended:
            raise NotMadeError
        if self._handed.get(profile.name) != credentials:
            self._handed[profile.name] = credentials
            self._outbox.send(Handover(profile, credentials))
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        self._outbox.send(Request(number, profile.name, *where, params))
        try:
            return await answer
        except asyncio.CancelledError:
            if not self._has_ended:
                self._outbox.send(Cancel(number))
            raise
        finally:
            self._open.pop(number, None)

    def release(self, profile: Profile) -> None:
        """Close the clients of a profile in the second process."""
        if not self._has_ended and self._handed.pop(profile.name, None) is not None:
            self._outbox.send(Release(profile.name))

    async def close(self) -> None:
        """End the process; it only reads from AWS, so nothing is lost."""
        self._end()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _read(self) -> None:
        try:
            while isinstance(answer := await read_message(self._reader), Answer):
                self.busy = answer.busy
                self.answers += 1
                waiting = self._open.get(answer.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        finally:
            self._end()

    def _end(self) -> None:
        self._has_ended = True
        self._outbox.close()
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(NotMadeError())


async def _start_program() -> tuple[Process, socket.socket]:
    return await start_with_socket(
        "cloud_audit_tui.aws.second_process",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
