"""The scanner as a child process: its events read, its commands written, its end made sure of."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.scan.events import (
    AnyCommand,
    AnyEvent,
    Cancel,
    InputGiven,
    Outcome,
    ScanFinished,
    ScanStarted,
    read_event,
    to_line,
)

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

    from cloud_audit_tui.scan.jobs import Request

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one event; an endpoint's whole configuration is far below it."""
GRACE = 5.0
"""Seconds that a child is given to end by itself before it is killed."""
LAST_WORDS = 20
"""Lines of a child's stderr that are kept for the message about its crash."""


class ScanProcess:
    """One scan in a process of its own, over ``cloud-audit-tui scan --format events``.

    ``environment`` is laid over this process's own, and a value of ``None`` takes a variable away.
    """

    def __init__(self, request: Request, environment: Mapping[str, str | None] | None = None) -> None:
        self._request = request
        self._environment = dict(environment or {})
        self._process: Process | None = None
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._cancelled = False

    async def events(self) -> AsyncIterator[AnyEvent]:
        """Start the child and yield its events; always ends with a `ScanFinished`."""
        try:
            process = await self._start()
        except OSError as error:
            yield _failed("", f"The scanner could not be started: {error.strerror}.")
            return
        assert process.stdout is not None
        listening = asyncio.create_task(self._listen(process))
        scan_id, finished = "", False
        try:
            async for line in process.stdout:
                event = read_event(line)
                scan_id = event.scan_id if isinstance(event, ScanStarted) else scan_id
                finished = isinstance(event, ScanFinished)
                yield event
            code = await process.wait()
            await listening
            if not finished:
                yield _failed(scan_id, self._what_happened(code))
        except (msgspec.MsgspecError, ValueError):
            yield _failed(scan_id, "The scanner said something that is no event; it was stopped.")
        finally:
            await self.close()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def cancel(self) -> None:
        """Ask the child to stop; its last event follows in `events`."""
        self._cancelled = True
        await self._command(Cancel())

    async def answer(self, input_id: str, value: str) -> None:
        """Answer an `InputNeeded`."""
        await self._command(InputGiven(input_id, value))

    async def close(self) -> None:
        """Make sure that the child has ended, gently first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _start(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without -P a module in the current directory would be taken for one of the product's.
            "-P",
            "-m",
            "cloud_audit_tui",
            "scan",
            "--format",
            "events",
            "--request",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            env=laid_over(os.environ, self._environment),
            # Ctrl+C in the terminal is for the parent, which asks the child to stop.
            start_new_session=True,
        )
        await self._write(msgspec.json.encode(self._request) + b"\n")
        return self._process

    async def _listen(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._last_words.append(line.decode("utf-8", "replace").rstrip())

    async def _command(self, command: AnyCommand) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._write(to_line(command))

    async def _write(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(line)
            await self._process.stdin.drain()

    def _what_happened(self, code: int) -> str:
        if code < 0:
            return f"The scanner was ended by {signal.Signals(-code).name}; what was found is kept."
        said = next((line for line in reversed(self._last_words) if line.strip()), "")
        return said.removeprefix("Error: ") or f"The scanner ended with code {code}; what was found is kept."


def laid_over(environ: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return an environment with changes made to it, where ``None`` takes a variable away."""
    merged = {**environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _failed(scan_id: str, message: str) -> ScanFinished:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return ScanFinished(scan_id, Outcome.FAILED, now, 0, 0, 0, 0, 0.0, message)
