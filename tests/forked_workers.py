"""The workers of a run are forks of one process that has imported the tests.

To import them takes each worker as long as some hundred quick tests, and in a new checkout thrice as long,
because each compiles them. `pytest-xdist` starts `worker_client` in the place of Python, and says on its
standard input what the worker has to do; a fork does it, with the standard streams of the client.

The rows of a test are read here and again in each worker, so they are a list and no iterator. Pytest refuses
a table of rows that is empty.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shlex
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forked_servers
import worker_client

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATH = "PYTHONPATH"


def parent(path: Path, tests: Sequence[str]) -> forked_servers.Parent:
    """Start the process that imports tests, and is forked for each client that connects to a socket."""
    server = forked_servers.Server(__file__, {**os.environ, _PATH: os.pathsep.join(sys.path)})
    return forked_servers.Parent(server, path, os.environ.get(_PATH, ""), *tests)


def interpreter(path: Path) -> str:
    """Return the command that stands for Python where a worker is forked."""
    return shlex.join([sys.executable, "-P", worker_client.__file__, str(path)])


class BrokenFiles:
    """A plugin of pytest that drops what was imported of a test file that is broken.

    Pytest leaves the half of it in memory, where a worker would find some tests, or none, and no mistake.
    """

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Forget the modules of a file whose collection failed."""
        file = Path(report.nodeid).resolve()
        for name, module in list(sys.modules.items()) if report.failed else ():
            if getattr(module, "__file__", None) == str(file):
                del sys.modules[name]


def _import(python_path: str, tests: Sequence[str]) -> None:
    """Import tests as a worker will, which finds them in memory and says what is wrong with them."""
    environment = {**os.environ, _PATH: python_path}
    # Options of the user are for the run.
    os.environ.pop("PYTEST_ADDOPTS", None)
    with contextlib.redirect_stdout(io.StringIO()):
        # A thread of a plugin that waits for workers would be lost in a fork.
        options = ["--collect-only", "--quiet", "-p", "no:xdist", "-p", "no:cacheprovider"]
        pytest.main([*options, *tests], plugins=[BrokenFiles()])
    # What an import has added stays, such as the path of the AWS CLI's data.
    os.environ.update(environment)
    if not python_path:
        del os.environ[_PATH]
    gc.collect()
    gc.disable()


def _work(_: str) -> None:
    """Be a worker in this fork, with the streams that the client sends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # It is the end of this process that closes the connection, and tells the client.
    client = socket.socket(fileno=os.dup(0))
    client.sendall(worker_client.SIGNAL)
    received = socket.recv_fds(client, len(worker_client.SIGNAL), len(worker_client.STREAMS))
    for number, stream in zip(worker_client.STREAMS, received[1], strict=True):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv = ["-c"]
    sys.stdin = os.fdopen(0, closefd=False)
    exec(eval(sys.stdin.readline()), {"__name__": "__main__"})


if __name__ == "__main__":
    _, _, _, path_of_python, *files = sys.argv
    _import(path_of_python, files)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forked_servers.main(_work)
