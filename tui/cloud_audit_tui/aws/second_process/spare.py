"""A second process that is forked at the start of a scan, so that it needs no imports.

A fork takes milliseconds and shares its memory with the scanner. It is made only on Linux, where the system's
libraries allow a fork without exec, and only while this process has one thread, no event loop and no
connection, so that the child inherits no lock or connection. Elsewhere the second process is started as a
program once it pays.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cloud_audit_tui.aws.second_process.load import available_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STANDARD_STREAMS = (0, 1, 2)
_DESCRIPTORS = Path("/proc/self/fd")


class ForkedProcess:
    """A forked child with the interface of `asyncio.subprocess.Process` that `SecondProcess` uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._has_ended = False

    def kill(self) -> None:
        """Kill it; raises `ProcessLookupError` if it was awaited before."""
        if self._has_ended:
            raise ProcessLookupError
        os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> None:
        """Wait until it has ended."""
        await asyncio.to_thread(self.wait_here)

    def wait_here(self) -> None:
        """Block until it has ended."""
        if not self._has_ended:
            self._has_ended = True
            os.waitpid(self.pid, 0)


class Spare(NamedTuple):
    """A forked second process that waits for its first message, and this end of its socket."""

    process: ForkedProcess
    connection: socket.socket


_at_hand: list[Spare] = []


@contextmanager
def spare_process(serve: Callable[[int], None]) -> Iterator[None]:
    """Keep a forked second process in reserve while the context is active, where a fork is possible.

    The process calls ``serve`` with the descriptor of its socket once there is a message. Enter the context
    before the event loop starts and after the imports for AWS calls.
    """
    if _may_fork():
        with contextlib.suppress(OSError):
            _at_hand.append(_fork(serve))
    try:
        yield
    finally:
        while (spare := take()) is not None:
            spare.connection.close()
            spare.process.kill()
            spare.process.wait_here()


def is_at_hand() -> bool:
    """Say whether `take` returns a process."""
    return bool(_at_hand)


def take() -> Spare | None:
    """Return the process in reserve, which the caller then has to end; None if there is none."""
    return _at_hand.pop() if _at_hand else None


def _may_fork() -> bool:
    return sys.platform == "linux" and available_cores() > 1 and threading.active_count() == 1


def _fork(serve: Callable[[int], None]) -> Spare:
    ours, theirs = socket.socketpair()
    try:
        pid = os.fork()
    except BaseException:
        ours.close()
        theirs.close()
        raise
    if not pid:
        _serve_and_exit(serve, theirs)
    theirs.close()
    return Spare(ForkedProcess(pid), ours)


def _serve_and_exit(serve: Callable[[int], None], connection: socket.socket) -> None:
    """Run the second process in the child, without any exit handler of the parent."""
    status = 1
    try:
        # A collection of the parent's objects would write to all shared memory.
        gc.freeze()
        # Only the parent receives Ctrl+C from the terminal; it ends the child.
        os.setsid()
        _drop_descriptors(connection.fileno())
        if connection.recv(1, socket.MSG_PEEK):
            serve(connection.detach())
        status = 0
    finally:
        os._exit(status)


def _drop_descriptors(connection: int) -> None:
    """Redirect every inherited descriptor but one to the null device.

    They are not closed, because an object of the parent that closes its descriptor later in the child would
    then close a new one of the same number.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    inherited = {int(entry.name) for entry in _DESCRIPTORS.iterdir()}
    for descriptor in inherited.union(_STANDARD_STREAMS) - {connection, nowhere}:
        with contextlib.suppress(OSError):
            os.dup2(nowhere, descriptor)
