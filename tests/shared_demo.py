"""One AWS of the demo for all workers of a run: it takes seconds of CPU time to fill, and tests only look.

The process that hands out the tests starts it when the first worker asks, and ends it after the last test. It
does the same with what the servers of the workers are forked from (`forked_servers`).
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import TYPE_CHECKING

import cloud_audit_tui.demo
import forked_workers
from cloud_audit_tui.demo.embedded import EmbeddedAws
from forked_servers import Parent, Server, borrow, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

ADDRESS = "address of the demo"
"""The entry of a worker's input that says where to ask."""


class SharedDemo(EmbeddedAws):
    """The AWS that another process has started."""

    def __init__(self, endpoint_url: str, directory: str) -> None:
        super().__init__(latency_ms=0)
        self.endpoint_url = endpoint_url
        self._directory = Path(directory)


class Lender:
    """Starts the AWS for the first worker that asks, and tells each where it is."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="demo-")
        self._listener = Listener(str(Path(self._directory.name) / "socket"), "AF_UNIX")
        self._aws = EmbeddedAws(latency_ms=0)
        self._parents: dict[str, Parent] = {}
        self._thread = threading.Thread(target=self._lend, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where a worker asks."""
        return str(self._listener.address)

    def _lend(self) -> None:
        # A worker that has ended before it was answered, and the end of the run.
        with contextlib.suppress(OSError):
            while True:
                with self._listener.accept() as worker, contextlib.suppress(OSError):
                    wish: bool | Server = worker.recv()
                    if not wish:
                        return
                    worker.send(self._parent(wish) if isinstance(wish, Server) else self._loan())

    def _parent(self, server: Server) -> str | Exception:
        try:
            if server.program not in self._parents:
                path = Path(self._directory.name) / str(len(self._parents))
                self._parents[server.program] = Parent(server, path)
        except Exception as error:
            return error
        return self._parents[server.program].path

    def _loan(self) -> tuple[str, str] | Exception:
        try:
            if not self._aws.endpoint_url:
                self._aws.start_now()
        except Exception as error:
            return error
        return self._aws.endpoint_url, str(self._aws._directory)

    def interpreter(self, tests: Sequence[str]) -> str:
        """Return the command of a worker that has imported tests."""
        path = Path(self._directory.name) / "workers"
        self._parents[forked_workers.__name__] = forked_workers.parent(path, tests)
        return forked_workers.interpreter(path)

    def close(self) -> None:
        """End what was started."""
        with Client(self.address, "AF_UNIX") as end:
            end.send(False)
        self._thread.join()
        self._listener.close()
        for parent in self._parents.values():
            parent.close()
        self._aws.stop_now()
        self._directory.cleanup()


def lender_of(config: pytest.Config) -> str:
    """Return where this process asks, nothing in a run without workers."""
    address: str = getattr(config, "workerinput", {}).get(ADDRESS, "")
    return address


@contextlib.contextmanager
def shared_demo(address: str) -> Iterator[EmbeddedAws]:
    """Yield the AWS of all workers, or one of its own to a run without workers."""
    if not address:
        with EmbeddedAws(latency_ms=0) as aws:
            yield aws
        return
    yield SharedDemo(*borrow(address, True))


@contextlib.contextmanager
def empty_aws_url(address: str) -> Iterator[str]:
    """Yield the endpoint URL of an AWS with nothing in it: a fork, or the demo's in a run without workers."""
    if not address:
        with EmbeddedAws(seeded=False, latency_ms=0) as aws:
            yield aws.endpoint_url
        return
    demo = Path(cloud_audit_tui.demo.__file__)
    environment = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONWARNINGS": "ignore",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_AMIS_PATH": str(demo.with_name("images.json")),
        "MOTO_DISABLE_GLOBAL_CORS": "true",
    }
    server = Server(str(Path(__file__).with_name("empty_server.py")), environment)
    with running(server, "", address) as port:
        yield f"http://127.0.0.1:{port}"


def lead_to(aws: EmbeddedAws, patch: pytest.MonkeyPatch) -> None:
    """Let the environment of this process lead to an AWS of the demo and to nothing else."""
    for name in aws.without:
        patch.delenv(name, raising=False)
    for name, value in aws.environment.items():
        patch.setenv(name, value)
