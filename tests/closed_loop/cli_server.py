"""The AWS CLI of the tests' environment, imported once for all calls.

Run as a program with the path of a socket, it listens there until its standard input ends. A caller sends
its standard input, output and error with its directory, arguments and environment; the CLI's own entry point
runs with them, and the exit code is the answer. At a port, whose number it prints, a caller sends only the
number of its process (`cli_process`). An operation of a service runs in this process, and anything
else in a fork, which takes three times as long. The CLI takes most of a second of CPU to start, nearly all of
it for the objects that `cli_warm` keeps. Its models have the members that the scanner adds to botocore's,
as a newer CLI has them.
"""

from __future__ import annotations

import gc
import http.client
import io
import json
import os
import re
import select
import socket
import sys
import time
import urllib.parse
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from functools import cache, partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.waiter
from botocore.waiter import SingleWaiterConfig

import forked_servers
import quick_models  # noqa: F401 - for its effect
from aws_cli import take_help_as_it_is
from closed_loop.cli import CLOCK, STREAMS
from closed_loop.cli_process import PRINTED, Call, Process, texts, variables
from closed_loop.cli_sleep import pass_time
from closed_loop.cli_warm import WarmCli

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

AFTER_WRITE = "CLOSED_LOOP_AFTER_WRITE"
"""The variable with the path of a log: each write is added to it, and a snapshot taken after it."""
_READS = "(?:batch-)?(?:describe|get|list|head|search|lookup)-|wait$|test-|simulate-|validate-|check-|decode-"
_SIZE_BYTES = 4
_PIPE_BYTES = 65_536
"""How much a pipe holds while nobody reads it."""
_FAILURE_CODE = 255
_POLLS = 5
"""How many polls of a waiter are one here."""

# awscli sets this for itself at its import, so it is no part of a caller's environment.
_DATA_PATH = os.environ["AWS_DATA_PATH"]


def main(cli: WarmCli, path: str) -> None:
    """Serve until standard input ends."""
    # A waiter waits by the clock of the embedded AWS.
    time.sleep = partial(pass_time, str(Path(path).with_name(CLOCK)))
    botocore.waiter.SingleWaiterConfig = _RareWaiterConfig
    # A call looks at the environment some 400 times.
    os.environ.encodekey = cache(os.environ.encodekey)
    with socket.socket(socket.AF_UNIX) as listener, socket.create_server(("127.0.0.1", 0)) as door:
        listener.bind(path)
        listener.listen(16)
        print(door.getsockname()[1], flush=True)
        while True:
            waiting: list[socket.socket | int] = [listener, door, 0]
            readable, _, _ = select.select(waiting, [], [])
            if 0 in readable:
                return
            for each, answer in ((listener, _serve), (door, _serve_process)):
                if each in readable:
                    connection, _ = each.accept()
                    with connection:
                        answer(connection, cli)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


class _RareWaiterConfig(SingleWaiterConfig):  # type: ignore[misc]
    """The configuration of a waiter that gives up when it always does, and asks less often until then."""

    def __init__(self, config: dict[str, Any]) -> None:
        rests = config["maxAttempts"] - 1
        fewer = max(1, ceil(rests / _POLLS))
        super().__init__({**config, "maxAttempts": fewer + 1, "delay": config["delay"] * rests / fewer})


def _serve(connection: socket.socket, cli: WarmCli) -> None:
    """Answer a caller that sends its streams."""
    head, streams, _, _ = socket.recv_fds(connection, _SIZE_BYTES, 3)
    with connection.makefile("rb") as request:
        size = int.from_bytes(head + request.read(_SIZE_BYTES - len(head)), "big")
        directory, count, *words = request.read(size).split(b"\0")
    call = Call(texts(words[: int(count)]), os.fsdecode(directory), variables(words[int(count) :]))

    def end(code: int) -> None:
        connection.sendall(bytes([code]))

    cli.warm(call.arguments)
    try:
        if cli.is_plain(call.arguments):
            _answer_here(cli, call, streams[1:], end)
        elif _fork():
            code = _FAILURE_CODE
            try:
                code = _call(streams, call)
            finally:
                end(code)
                os._exit(code)
    finally:
        for stream in streams:
            os.close(stream)


def _serve_process(connection: socket.socket, cli: WarmCli) -> None:
    """Answer a caller that sends the number of its process."""

    def end(code: int | str) -> None:
        connection.sendall(f"{code}\n".encode())

    with connection.makefile("r") as request:
        process = Process(int(request.readline() or 0))
    with ExitStack() as opened:
        try:
            call = process.call()
            has_files = process.prints_into_files()
            streams = [] if has_files else [process.opened(number) for number in PRINTED]
        except OSError:
            # The caller was killed.
            return
        for stream in streams:
            opened.callback(os.close, stream)
        cli.warm(call.arguments)
        if streams and cli.is_plain(call.arguments):
            _answer_here(cli, call, streams, end)
        else:
            end(STREAMS)


def _answer_here(cli: WarmCli, call: Call, streams: Sequence[int], end: Callable[[int], None]) -> None:
    """Run a plain call in this process, and write what it prints into the two streams."""
    with cli.fresh(call.arguments):
        code, output, errors = _call_here(call)
    # A caller that was killed reads nothing more.
    with suppress(BrokenPipeError):
        _write(streams[1], errors)
    # A fork can wait for a reader that itself makes a call.
    if len(output) > _PIPE_BYTES:
        if _fork():
            try:
                _write(streams[0], output)
            finally:
                end(code)
                os._exit(code)
    else:
        with suppress(BrokenPipeError):
            _write(streams[0], output)
            end(code)


def _fork() -> bool:
    """Fork; say whether this is the new process."""
    # A fork shares what it does not change, and a collection changes every object.
    gc.freeze()
    return os.fork() == 0


def _write(stream: int, content: bytes) -> None:
    while content:
        content = content[os.write(stream, content) :]


def _call_here(call: Call) -> tuple[int, bytes, bytes]:
    """Return the exit code of a call, and what it prints."""
    output, errors = io.BytesIO(), io.BytesIO()
    own = dict(os.environ)
    with (
        io.TextIOWrapper(output, encoding="utf-8", write_through=True) as out,
        io.TextIOWrapper(errors, encoding="utf-8", errors="backslashreplace", write_through=True) as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _FAILURE_CODE
        # The directory of a caller that was killed may be gone.
        with suppress(FileNotFoundError):
            code = _main(call)
        _set_environment(own)
        return code, output.getvalue(), errors.getvalue()


def _set_environment(variables: Mapping[str, str]) -> None:
    # `clear` looks for the first variable again for each that it removes.
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _call(streams: Sequence[int], call: Call) -> int:
    gc.disable()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    return _main(call)


def _main(call: Call) -> int:
    os.chdir(call.directory)
    _set_environment({"AWS_DATA_PATH": _DATA_PATH, **call.environment})
    sys.argv = ["aws", *call.arguments]
    try:
        code = int(awscli.clidriver.main())
    except SystemExit as end:
        # argparse ends a program like this, and the server would end without an answer.
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    if AFTER_WRITE in call.environment and code == 0 and is_write(call.arguments):
        log = Path(call.environment[AFTER_WRITE])
        _take_snapshot(log, call.environment["AWS_ENDPOINT_URL"], call.arguments)
    return code


def is_write(arguments: Sequence[str]) -> bool:
    """Say whether a call may change something, by the verb of its operation."""
    reads = arguments[0] in ("configure", "sts") or re.match(_READS, arguments[1]) is not None
    return not (reads or {"help", "--dry-run", "--generate-cli-skeleton"} & set(arguments))


def _take_snapshot(log: Path, endpoint_url: str, arguments: Sequence[str]) -> None:
    """Keep the state after a write under its number, and add the command to the log."""
    number = len(log.read_text().splitlines()) if log.exists() else 0
    label = f"{log.name}-{number + 1}"
    address = urllib.parse.urlsplit(endpoint_url)
    connection = http.client.HTTPConnection(address.netloc)
    connection.request("POST", "/closed-loop/take", json.dumps({"label": label}))
    response = connection.getresponse()
    response.read()
    if response.status != http.HTTPStatus.OK:
        raise RuntimeError(f"no snapshot {label}: {response.status}")
    with log.open("a") as lines:
        lines.write(f"{arguments[0]} {arguments[1]}\n")


if __name__ == "__main__":
    take_help_as_it_is()
    forked_servers.main(partial(main, WarmCli(_DATA_PATH)))
