"""The AWS CLI of the tests' environment, imported once and forked for each call.

Run as a program with the path of a socket, it listens there until its standard input ends. A caller sends
its standard input, output and error with its arguments, directory and environment; a fork runs the CLI's own
entry point with them and answers with the exit code. The CLI takes most of a second of CPU to start, nearly
all of it for modules and models that are the same for every call. Its models have the members that the
scanner adds to botocore's, as those of a newer CLI have.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.loaders import create_loader

from cloud_audit_tui.aws.service_models import MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")
_REQUEST_BYTES = 1 << 20
_FAILED = 255

# Set by awscli for itself when it is imported, and so no part of a caller's environment.
_DATA_PATH = os.environ["AWS_DATA_PATH"]


def main(path: str) -> None:
    """Serve until standard input ends."""
    loader = create_loader(os.pathsep.join((_DATA_PATH, str(MODELS))))
    botocore.session.create_loader = lambda _search_path=None: loader
    driver = awscli.clidriver.create_clidriver()
    commands = driver._get_command_table()
    loader.list_available_services("service-2")
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
        return int(awscli.clidriver.main())
    except SystemExit as end:
        # So argparse ends a program, and this would end without an answer.
        return int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1])
