"""The scanner process: events on stdout, commands on stdin."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Protocol

import msgspec

from cloud_audit_tui.scan.events import AnyEvent, Cancel, InputGiven, InputNeeded, read_command, to_line
from cloud_audit_tui.scan.jobs import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


# Unbuffered, since a thread that waits inside sys.stdin's lock would abort the interpreter's exit.
_stdin = io.FileIO(0, closefd=False)


class Scan(Protocol):
    """A scan under way: `Engine` in this process or `SharedScan` over several."""

    def cancel(self) -> None:
        """Stop; the last event follows."""
        ...

    def events(self) -> AsyncIterator[AnyEvent]:
        """Yield what is found."""
        ...


class RequestError(ValueError):
    """The line on stdin is no request."""


class Commands:
    """What the parent says on stdin while a scan runs.

    With ``owned`` the end of stdin means that the parent is gone, and the scan with it.
    """

    def __init__(self, *, owned: bool) -> None:
        self._owned = owned
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._closed = False
        self._scan: Scan | None = None

    def obey(self, scan: Scan) -> None:
        """Let commands act on a scan, from now on, in the running loop."""
        self._scan = scan
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), name="commands", daemon=True).start()

    async def answer(self, needed: InputNeeded) -> str:
        """Return what the parent answers, or nothing when it is gone."""
        if self._closed:
            return ""
        self._waiting[needed.id] = asyncio.get_running_loop().create_future()
        try:
            return await self._waiting[needed.id]
        finally:
            del self._waiting[needed.id]

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError, OSError):
            for line in _stdin:
                loop.call_soon_threadsafe(self._act, line)
            loop.call_soon_threadsafe(self._close)

    def _act(self, line: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            match read_command(line):
                case Cancel() if self._scan is not None:
                    self._scan.cancel()
                case InputGiven(id=input_id, value=value):
                    waiting = self._waiting.get(input_id)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(value)

    def _close(self) -> None:
        self._closed = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result("")
        if self._owned and self._scan is not None:
            self._scan.cancel()


def read_request() -> Request:
    """Return the request that the first line of stdin holds; raises `RequestError`."""
    try:
        return msgspec.json.decode(_stdin.readline(), type=Request)
    except msgspec.MsgspecError as error:
        raise RequestError(f"Standard input does not begin with a request: {error}") from error


async def stream(scan: Scan) -> None:
    """Write the events of a scan to stdout, each line at once.

    A reader that went away ends the scan.
    """
    try:
        async for event in scan.events():
            sys.stdout.buffer.write(to_line(event))
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python would complain about the pipe once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
