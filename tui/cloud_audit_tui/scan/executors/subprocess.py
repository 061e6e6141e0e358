"""Runs a whole job in a child process, ``cloud-audit-tui scanner``.

A scan can be given the address of another executor, which the child uses.

The job goes to the child's stdin as the first line of JSON, commands follow it; events come from its stdout.
`cloud_audit_tui.commands.scanner` is the child's end. A crash of the child yields a `ScanFinished`, never an
exception. The child exits when its stdin closes, however this process exits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cloud_audit_tui.aws.child_process import start_with_socket
from cloud_audit_tui.aws.role_sessions import RoleSessions
from cloud_audit_tui.scan.environment import overlay
from cloud_audit_tui.scan.events import (
    AnyCommand,
    AnyEvent,
    Cancel,
    InputGiven,
    Outcome,
    ScanFinished,
    read_event,
    to_line,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.scan.progress import JobState
from cloud_audit_tui.scan.role_session_channel import exchange_sessions

if TYPE_CHECKING:
    import socket
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, Mapping

    from cloud_audit_tui.scan.jobs import Job

LONGEST_LINE = 64 * 1024 * 1024
"""Maximum bytes of one event; a resource's whole configuration is far smaller."""
GRACE = 5.0
"""Grace period in seconds before a child is killed."""
STDERR_LINES = 20
"""Lines of a child's stderr that are kept for the crash message."""


class Scanner(NamedTuple):
    """A child process that waits for its job, and this end of the socket for its role sessions."""

    process: Process
    sessions: socket.socket


async def start_scanner(changes: Mapping[str, str | None], *options: str) -> Scanner:
    """Start a child process with these changes to the environment and more options; raises `OSError`."""
    process, sessions = await start_with_socket(
        "cloud_audit_tui",
        "scanner",
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        env=overlay(os.environ, changes),
    )
    return Scanner(process, sessions)


class SpareScanner:
    """Keeps one scanner started for the next scan, whose first result would otherwise take twice as long."""

    def __init__(self) -> None:
        self._scanner: Scanner | None = None
        self._environ: dict[str, str] = {}
        self._closed = False

    async def prepare(self, changes: Mapping[str, str | None]) -> None:
        """Start a scanner with these changes to the environment, unless one already waits.

        A failure to start is ignored here: the next scan tries again and reports it.
        """
        if self._waits(changes):
            return
        await self._discard()
        with contextlib.suppress(OSError):
            environ = overlay(os.environ, changes)
            scanner = await start_scanner(changes)
            before, self._scanner, self._environ = self._scanner, scanner, environ
            if before is not None:
                await _kill(before)
        if self._closed:
            await self._discard()

    def take(self, changes: Mapping[str, str | None]) -> Scanner | None:
        """Return the waiting scanner with these changes to the environment, for one job."""
        if not self._waits(changes):
            return None
        scanner, self._scanner = self._scanner, None
        return scanner

    async def close(self) -> None:
        """End the waiting scanner, and start no other."""
        self._closed = True
        await self._discard()

    def _waits(self, changes: Mapping[str, str | None]) -> bool:
        return (
            self._scanner is not None
            and self._scanner.process.returncode is None
            and self._environ == overlay(os.environ, changes)
        )

    async def _discard(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            await _kill(scanner)


async def _kill(scanner: Scanner) -> None:
    """Kill a scanner that has no job."""
    scanner.sessions.close()
    with contextlib.suppress(ProcessLookupError):
        scanner.process.kill()
    # Reads its pipes to their end, so that they are closed.
    await scanner.process.communicate()


class SubprocessJob:
    """One job in a child process: a `cloud_audit_tui.scan.running_job.RunningJob`.

    ``changes`` are applied to this process's environment for the child; ``None`` removes a variable.
    ``role_sessions`` are passed to the child, which adds those that it gets with an MFA code. A scan uses the
    ``spare`` scanner if one waits, or runs on the ``executor`` of that address. Other jobs make few calls and
    run in the child itself. A job that cannot be run ends with a `ScanFinished` that says why.
    """

    def __init__(
        self,
        job: Job,
        changes: Mapping[str, str | None] | None = None,
        *,
        role_sessions: RoleSessions | None = None,
        spare: SpareScanner | None = None,
        executor: str = "",
    ) -> None:
        self._job = job
        self._options = ("--executor", executor) if executor and isinstance(job, ScanJob) else ()
        self._spare = spare
        self._changes = dict(changes or {})
        self._role_sessions = role_sessions
        self._exchange: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._state = JobState()
        self._cancelled = False

    async def events(self) -> AsyncGenerator[AnyEvent, None]:
        """Start the child and yield its events; the last is a `ScanFinished`."""
        if self._cancelled:
            yield self._ended("")
            return
        try:
            process = await self._start()
        except OSError as error:
            yield self._ended(f"The scanner could not be started: {error.strerror}.")
            return
        stderr = asyncio.create_task(self._read_stderr(process))
        failure = ""
        try:
            try:
                assert process.stdout is not None
                async for line in process.stdout:
                    # A child that was ended leaves a part of its last line.
                    if not line.endswith(b"\n"):
                        break
                    event = read_event(line)
                    self._state.apply(event)
                    yield event
                code = await process.wait()
                await stderr
                failure = self._crash(code)
            except (msgspec.MsgspecError, ValueError):
                failure = "The scanner wrote an invalid event and was stopped."
            if self._state.finished is None:
                yield self._ended(failure)
        finally:
            await self.close()
            tasks = [stderr] if self._exchange is None else [stderr, self._exchange]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def cancel(self) -> None:
        """Ask the child to stop; its last event follows in `events`."""
        self._cancelled = True
        await self._send(Cancel())

    async def answer(self, input_id: str, value: str) -> None:
        """Answer an `InputNeeded`."""
        await self._send(InputGiven(input_id, value))

    async def close(self) -> None:
        """Stop the child by closing its stdin, or with a signal if it does not exit."""
        self._cancelled = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await process.wait()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _start(self) -> Process:
        scanner = None
        if self._spare is not None and isinstance(self._job, ScanJob) and not self._options:
            scanner = self._spare.take(self._changes)
        scanner = scanner or await start_scanner(self._changes, *self._options)
        self._process = scanner.process
        exchange = exchange_sessions(scanner.sessions, self._role_sessions or RoleSessions())
        self._exchange = asyncio.create_task(exchange)
        await self._write(msgspec.json.encode(self._job) + b"\n")
        return scanner.process

    async def _read_stderr(self, process: Process) -> None:
        assert process.stderr is not None
        while chunk := await process.stderr.read(64 * 1024):
            lines = chunk.decode("utf-8", "replace").splitlines()
            self._stderr.extend(line.rstrip() for line in lines)

    async def _send(self, command: AnyCommand) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._write(to_line(command))

    async def _write(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(line)
            await self._process.stdin.drain()

    def _crash(self, code: int) -> str:
        if code < 0:
            return f"The scanner was ended by {signal.Signals(-code).name}; its results so far are kept."
        last = next((line for line in reversed(self._stderr) if line.strip()), "")
        default = f"The scanner ended with code {code}; its results so far are kept."
        return last.removeprefix("Error: ") or default

    def _ended(self, failure: str) -> ScanFinished:
        """Return the last event of a job whose child did not send one."""
        state = self._state
        progress = state.progress
        outcome, message = Outcome.FAILED, failure
        if self._cancelled:
            outcome, message = Outcome.CANCELLED, "The scan was cancelled; its results so far are kept."
        return ScanFinished(
            scan_id=state.started.scan_id if state.started is not None else "",
            outcome=outcome,
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            failed=state.failed,
            passed=state.passed,
            not_assessed=state.not_assessed,
            calls=progress.calls if progress is not None else 0,
            elapsed=progress.elapsed if progress is not None else 0.0,
            message=message,
        )
