"""Serves one job over stdin and stdout: the child's end of `cloud_audit_tui.scan.executors.subprocess`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.scan.events import Cancel, InputGiven, InputNeeded, read_command
from cloud_audit_tui.scan.jobs import Job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.running_job import RunningJob

_STDIN = 0
_CHUNK = 64 * 1024
"""Maximum bytes of one read."""


class JobError(ValueError):
    """The first line of stdin is not a valid job."""


class Lines:
    """Reads the lines of a descriptor.

    It has no lock: a thread blocked inside the lock of `sys.stdin` would abort the interpreter's exit. A raw
    file of Python has none either, but reads byte by byte, and the job of a verification can have megabytes.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._unread = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.next_line, b"")

    def next_line(self) -> bytes:
        """Return the next line with its end, or what the end of input leaves; raises `OSError`."""
        chunk = bytes(self._unread)
        while b"\n" not in chunk and (chunk := os.read(self._descriptor, _CHUNK)):
            self._unread += chunk
        end = self._unread.find(b"\n") + 1 or len(self._unread)
        line = bytes(self._unread[:end])
        del self._unread[:end]
        return line


_stdin = Lines(_STDIN)


def read_job() -> Job:
    """Return the job in the first line of stdin; raises `JobError`."""
    try:
        job: Job = msgspec.json.decode(_stdin.next_line(), type=Job)
    except msgspec.MsgspecError as error:
        raise JobError(f"Standard input does not begin with a job: {error}") from error
    return job


async def serve(job: RunningJob, *, ends_with_stdin: bool) -> AsyncIterator[AnyEvent]:
    """Yield the events of a job, and pass it the commands that arrive on stdin.

    After stdin ends, prompts are declined because no answer can arrive; with ``ends_with_stdin`` the job is
    cancelled too.
    """
    listener = _Listener(job, ends_with_stdin=ends_with_stdin)
    listener.start()
    async for event in job.events():
        if isinstance(event, InputNeeded):
            listener.expect_answer(event.id)
        yield event


class _Listener:
    """Passes commands from stdin to a job."""

    def __init__(self, job: RunningJob, *, ends_with_stdin: bool) -> None:
        self._job = job
        self._ends_with_stdin = ends_with_stdin
        self._open: set[str] = set()
        self._stdin_ended = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Read stdin in a daemon thread, which does not block the exit."""
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    def expect_answer(self, input_id: str) -> None:
        """Decline a prompt at once after stdin has ended."""
        if self._stdin_ended:
            self._start_task(self._job.answer(input_id, ""))
        else:
            self._open.add(input_id)

    def _listen(self) -> None:
        with contextlib.suppress(RuntimeError, OSError):
            for line in _stdin:
                self._loop.call_soon_threadsafe(self._apply, line)
            self._loop.call_soon_threadsafe(self._end)

    def _apply(self, line: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            match read_command(line):
                case Cancel():
                    self._start_task(self._job.cancel())
                case InputGiven(id=input_id, value=value):
                    self._open.discard(input_id)
                    self._start_task(self._job.answer(input_id, value))

    def _end(self) -> None:
        self._stdin_ended = True
        for input_id in self._open:
            self._start_task(self._job.answer(input_id, ""))
        if self._ends_with_stdin:
            self._start_task(self._job.cancel())

    def _start_task(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
