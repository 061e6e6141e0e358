"""The program, imported once and forked each time that a test or the program itself starts it.

To start Python and import the program is most of the CPU time of its short processes: a scanner, a second
process, a command in a pipe. `interpreter` writes a program that stands for Python (`python_client`); what it
is started as runs in a fork, with the same arguments, environment, directory and descriptors, in a session of
its own. Signals reach it, and it is killed with the process that stands for it. A start itself is run by
`tests/commands/test_app.py`, `tests/commands/test_interruption.py`, `tests/test_start.py` and at least one
test of each child process.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import runpy
import select
import shlex
import signal
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import forked_program
import forked_servers
import python_client
from imported_program import import_program, run_to_end

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MODULES = ("cloud_audit_tui", "cloud_audit_tui.aws.second_process")
"""What is started as `python -m`."""
_PATH = "PYTHONPATH"
_HIGH = 200
"""A descriptor that no test asks for."""


def interpreter(directory: Path, lender: str) -> Path:
    """Write a program that stands for Python, and return its path."""
    path = forked_servers.borrow(lender, server())
    command = [sys.executable, "-I", "-S", python_client.__file__]
    sockets = json.dumps(dict.fromkeys(_MODULES, path))
    program = directory / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*command, sockets, sys.executable])} "$@"\n')
    program.chmod(0o700)
    return program


def server() -> forked_servers.Server:
    """Return the server whose process has imported the program, and is forked for `forked_program` too."""
    return forked_servers.Server(__file__, {**os.environ, _PATH: os.pathsep.join(sys.path)})


def _serve(argument: str) -> None:
    """Run in a fork what a client asks for, and end as it ends."""
    if argument == forked_program.COMMANDS:
        forked_program.serve_borrower()
    client = socket.socket(fileno=os.dup(0))
    client.sendall(b".")
    length, descriptors, *_flags = socket.recv_fds(
        client, python_client.LENGTH_BYTES, python_client.MOST_DESCRIPTORS
    )
    with client.makefile("rb") as stream:
        request = json.loads(stream.read(int.from_bytes(length)))
    child = os.fork()
    if not child:
        client.close()
        _become(descriptors, **request)
    for descriptor in (*descriptors, 0, 1):
        os.close(descriptor)
    status = _watch(child, client)
    killed = os.WIFSIGNALED(status)
    with contextlib.suppress(OSError):
        client.sendall(bytes([killed, os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)]))
    os._exit(0)


def _watch(child: int, client: socket.socket) -> int:
    """Pass the client's signals on and return the child's status; the end of the client kills the child."""
    ended = os.pidfd_open(child)
    waiting: list[socket.socket | int] = [ended, client]
    while True:
        readable, _, _ = select.select(waiting, [], [])
        if ended in readable:
            return os.waitpid(child, 0)[1]
        number = client.recv(1)
        with contextlib.suppress(ProcessLookupError):
            if number:
                os.kill(child, number[0])
            else:
                os.killpg(child, signal.SIGKILL)
                return os.waitpid(child, 0)[1]


def _become(
    received: Sequence[int],
    module: str,
    arguments: list[str],
    descriptors: list[int],
    directory: str,
    environment: dict[str, str],
) -> NoReturn:
    """Be the module that a client was started as."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _HIGH) for descriptor in received]
    for descriptor in {0, 1, 2, *received} - set(descriptors):
        os.close(descriptor)
    for descriptor, number in zip(high, descriptors, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (_stream(number) for number in range(3))
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    run_to_end(partial(runpy.run_module, module, run_name="__main__", alter_sys=True))


def _stream(number: int) -> io.TextIOWrapper | None:
    """Return a standard stream as Python opens it, None if it is closed."""
    try:
        binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115 - for the whole process
    except OSError:
        return None
    is_read_at_once = number == 2 or binary.isatty()
    errors = "backslashreplace" if number == 2 else "strict"
    return io.TextIOWrapper(binary, "utf-8", errors, line_buffering=is_read_at_once)


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("It is started by the tests.")
    import_program()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forked_servers.main(_serve)
