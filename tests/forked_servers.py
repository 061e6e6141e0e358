"""Servers of the tests whose imports take seconds of CPU time: all workers of a run fork one process.

Such a server is a program that calls `main`, prints its port to its standard output, and ends with its
standard input.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from multiprocessing.connection import Client
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

ENDS_WITHIN = 60
"""Seconds after which a server that does not end fails the tests."""
FORKS = "--forks"
"""The first argument of a server that forks; the second is its socket."""
_LONGEST_ARGUMENT = 4096


class Server(NamedTuple):
    """A program, and the whole environment that it gets."""

    program: str
    environment: Mapping[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the program with its standard input and output as pipes."""
        command = [sys.executable, "-P", self.program, *arguments]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(self.environment)
        )


class Parent:
    """The process of a server that only forks: once for each connection to its socket."""

    def __init__(self, server: Server, path: Path, *arguments: str) -> None:
        self.path = str(path)
        self._process = server.start(FORKS, self.path, *arguments)
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError(f"{server.program} has ended")

    def close(self) -> None:
        """End the process."""
        _end(self._process)


def borrow(lender: str, wish: Any) -> Any:
    """Return what the process that hands out the tests lends; raises what kept it from that."""
    with Client(lender, "AF_UNIX") as connection:
        connection.send(wish)
        loan = connection.recv()
    if isinstance(loan, Exception):
        raise loan
    return loan


@contextmanager
def running(server: Server, argument: str, lender: str = "") -> Iterator[int]:
    """Yield the port of a server with an argument: forked where a lender has its parent, else started."""
    if not lender:
        process = server.start(argument)
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            _end(process)
        return
    path = borrow(lender, server)
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as output:
        connection.connect(path)
        connection.sendall(f"{argument}\n".encode())
        try:
            yield int(output.readline())
        finally:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(ENDS_WITHIN)
            output.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
    process.wait(ENDS_WITHIN)


def main(serve: Callable[[str], None]) -> None:
    """Serve with the argument of this program, or with that of each caller in a fork."""
    serve(_argument_of_caller(sys.argv[2]) if sys.argv[1] == FORKS else sys.argv[1])


def _argument_of_caller(path: str) -> str:
    """Return in each fork the argument of its caller, whose connection is its standard input and output."""
    # A fork shares what it does not change, and a collection changes every object.
    gc.freeze()
    # Nobody waits for the forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            waiting: list[socket.socket | int] = [listener, 0]
            readable, _, _ = select.select(waiting, [], [])
            if 0 in readable:
                sys.exit()
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for stream in (0, 1):
                        os.dup2(connection.fileno(), stream)
                    return connection.recv(_LONGEST_ARGUMENT).decode().removesuffix("\n")
