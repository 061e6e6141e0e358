"""The program, imported once and forked for each run of a command.

A start of Python and the imports are most of the CPU time of a command on the scripted AWS. `run` gives what
a process of its own would: arguments, environment, directory, standard streams, exit code. A start itself is
run by `tests/commands/test_app.py`, `tests/test_start.py` and one test of `tests/commands/test_scan.py`.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import forked_servers
import forked_starts
from imported_program import import_program, run_to_end

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = "commands"
"""The argument of a fork of `forked_starts` that serves a worker with commands."""
lender = ""
"""Where to ask for the imported program; without it this process starts one."""
_REQUEST_BYTES = 1 << 20
_NO_EXIT_CODE = 255


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `cloud-audit-tui` with these arguments, without an input, to its end."""
    request = {
        "arguments": arguments,
        "directory": str(Path.cwd()),
        "environment": {**os.environ, **environment},
    }
    with (
        Path(os.devnull).open("rb") as nothing,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        connection = _server()
        streams = [stream.fileno() for stream in (nothing, output, errors)]
        socket.send_fds(connection, [json.dumps(request).encode()], streams)
        (code,) = connection.recv(1)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(
            ["cloud-audit-tui", *arguments], code, output.read().decode(), errors.read().decode()
        )


@functools.cache
def _server() -> socket.socket:
    """Return the connection to the process to fork, which ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST_BYTES)
    with theirs:
        if lender:
            _borrow(theirs.fileno())
            atexit.register(ours.close)
        else:
            atexit.register(_stop, ours, _start(theirs.fileno()))
    return ours


def _start(number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", __file__, str(number)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, pass_fds=[number])


def _borrow(number: int) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(forked_servers.borrow(lender, forked_starts.server()))
        connection.sendall(f"{COMMANDS}\n".encode())
        connection.recv(1)
        socket.send_fds(connection, [b"."], [number])
        connection.recv(1)


def _stop(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    connection.close()
    process.wait()


def serve_borrower() -> NoReturn:
    """Serve in this fork the process that its standard input is connected to."""
    client = socket.socket(fileno=os.dup(0))
    client.sendall(b".")
    _, (number,), *_ = socket.recv_fds(client, 1, 1)
    for stream in (0, 1):
        os.close(stream)
        os.open(os.devnull, os.O_RDWR)
    client.close()
    with socket.socket(fileno=number) as served:
        _serve(served)
    os._exit(0)


def _serve(connection: socket.socket) -> None:
    import_program()
    from cloud_audit_tui.__main__ import run as program
    from cloud_audit_tui.aws import attempts

    # No test asks how long a call rests before it is tried again.
    attempts.SHORT_REST = attempts.THROTTLED_REST = attempts.LONGEST_REST = 0.001
    while True:
        content, streams, _, _ = socket.recv_fds(connection, _REQUEST_BYTES, 3)
        if not content:
            return
        # A fork shares what it does not change, and a collection changes every object.
        gc.freeze()
        child = os.fork()
        if child == 0:
            connection.close()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _become(streams, **json.loads(content))
            run_to_end(program)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        connection.send(bytes([code if code >= 0 else _NO_EXIT_CODE]))


def _become(
    streams: Sequence[int], arguments: list[str], directory: str, environment: dict[str, str]
) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["cloud-audit-tui", *arguments]


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as served:
        _serve(served)
