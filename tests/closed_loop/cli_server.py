"""The AWS CLI of the tests' environment, imported once and forked for each call.

Run as a program with the path of a socket, it listens there until its standard input ends. A caller sends
its standard input, output and error with its arguments, directory and environment; a fork runs the CLI's own
entry point with them and answers with the exit code. The CLI takes most of a second of CPU to start, nearly
all of it for modules and models that are the same for every call. Its models have the members that the
scanner adds to botocore's, as those of a newer CLI have.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import re
import select
import socket
import sys
import time
import urllib.parse
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.loaders import create_loader

from aws_cli import take_help_as_it_is
from closed_loop.cli import CLOCK
from closed_loop.cli_sleep import pass_time
from cloud_audit_tui.aws.service_models import MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")
AFTER_WRITE = "CLOSED_LOOP_AFTER_WRITE"
"""The variable with the path of a log: each write is added to it, and a snapshot taken after it."""
_READS = "(?:batch-)?(?:describe|get|list|head|search|lookup)-|wait$|test-|simulate-|validate-|check-|decode-"
_REQUEST_BYTES = 1 << 20
_FAILED = 255

# Set by awscli for itself when it is imported, and so no part of a caller's environment.
_DATA_PATH = os.environ["AWS_DATA_PATH"]


def main(path: str) -> None:
    """Serve until standard input ends."""
    take_help_as_it_is()
    loader = create_loader(os.pathsep.join((_DATA_PATH, str(MODELS))))
    botocore.session.create_loader = lambda _search_path=None: loader
    driver = awscli.clidriver.create_clidriver()
    commands = driver._get_command_table()
    loader.list_available_services("service-2")
    # A waiter waits by the clock of the embedded AWS.
    time.sleep = partial(pass_time, Path(path).with_name(CLOCK))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listener, 0], [], [])
            if 0 in readable:
                return
            connection, _ = listener.accept()
            with connection:
                _serve(connection, commands, loader)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _serve(connection: socket.socket, commands: dict[str, Any], loader: Any) -> None:
    content, streams, _, _ = socket.recv_fds(connection, _REQUEST_BYTES, 3)
    while not content.endswith(b"\n"):
        content += connection.recv(_REQUEST_BYTES)
    request = json.loads(content)
    _read_models(commands.get(next(iter(request["arguments"]), "")), loader)
    # A fork shares what it does not change, and a collection changes every object.
    gc.freeze()
    if os.fork() == 0:
        code = _FAILED
        try:
            code = _call(streams, **request)
        finally:
            connection.sendall(bytes([code]))
            os._exit(code)
    for stream in streams:
        os.close(stream)


def _read_models(command: Any, loader: Any) -> None:
    """Let the loader remember the models of a command's service, so that the forks need not read them."""
    service = getattr(command, "_service_name", "")
    for kind in _KINDS if service else ():
        with suppress(DataNotFoundError):
            loader.load_service_model(service, kind)


def _call(streams: Sequence[int], arguments: list[str], directory: str, environment: dict[str, str]) -> int:
    gc.disable()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update({"AWS_DATA_PATH": _DATA_PATH, **environment})
    sys.argv = ["aws", *arguments]
    try:
        code = int(awscli.clidriver.main())
    except SystemExit as end:
        # So argparse ends a program, and this would end without an answer.
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    if AFTER_WRITE in environment and code == 0 and is_write(arguments):
        _take_snapshot(Path(environment[AFTER_WRITE]), environment["AWS_ENDPOINT_URL"], arguments)
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
    main(sys.argv[1])
