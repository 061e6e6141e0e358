"""A Dask cluster on this machine: a scheduler and workers that are processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEDULER_READY = "Scheduler at:"
WORKER_AT = "Start worker at:"
WORKER_READY = "Registered to:"
STARTS_WITHIN = 60
TESTS = Path(__file__).parent


class Program:
    """A process of a cluster, and what it logs."""

    def __init__(
        self, name: str, ready: str, *arguments: str, directory: Path, environ: Mapping[str, str]
    ) -> None:
        self.log: list[str] = []
        self._ready = ready
        self._logged = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments, "--no-dashboard"],
            cwd=directory,
            env={**environ, "PYTHONPATH": _with_tests(environ), "DASK_LOGGING__DISTRIBUTED": "info"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def line_when_ready(self) -> str:
        """Wait until the program says that it is ready; returns the line that says so."""
        return self.line_with(self._ready)

    def line_with(self, word: str) -> str:
        """Wait until the program logs a word; returns the line that has it."""

        def logged_line() -> str:
            return next((line.strip() for line in self.log if word in line), "")

        with self._logged:
            assert self._logged.wait_for(logged_line, timeout=STARTS_WITHIN), "".join(self.log)
            return logged_line()

    @property
    def process_id(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def address(self) -> str:
        """The address at which the scheduler knows a worker."""
        return self.line_with(WORKER_AT).rpartition(" ")[2]

    def kill(self) -> None:
        """Kill the process as the kernel would, and wait for its end."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reading.join()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                with self._logged:
                    self.log.append(line)
                    self._logged.notify_all()


class DaskCluster:
    """The processes of a cluster, which have the environment ``environ``; ``protocol`` is tcp or tls."""

    def __init__(self, directory: Path, environ: Mapping[str, str], protocol: str = "tcp") -> None:
        self._directory = directory
        self._environ = dict(environ)
        self.workers: list[Program] = []
        listening = ("--protocol", protocol, "--host", "127.0.0.1", "--port", "0")
        self.scheduler = self._start("scheduler", SCHEDULER_READY, *listening)
        self.address = self.scheduler.line_when_ready().rpartition(" ")[2]

    @property
    def url(self) -> str:
        """The address as ``--executor`` takes it."""
        return self.address.replace("tcp://", "dask://").replace("tls://", "dask+tls://")

    def add_workers(self, count: int, *, threads: int = 2) -> None:
        """Start workers and wait until the scheduler knows them."""
        options = ("--no-nanny", "--nthreads", str(threads), "--memory-limit", "0", "--local-directory", ".")
        new = [self._start("worker", WORKER_READY, self.address, *options) for _ in range(count)]
        self.workers += new
        for worker in new:
            worker.line_when_ready()

    def worker_at(self, address: str) -> Program:
        """Return the worker that has an address."""
        return next(worker for worker in self.workers if worker.address == address)

    @property
    def log(self) -> str:
        """What the processes have logged."""
        return "".join(line for program in (self.scheduler, *self.workers) for line in program.log)

    def close(self) -> None:
        """Kill what still runs."""
        for program in (*self.workers, self.scheduler):
            program.kill()

    def _start(self, name: str, ready: str, *arguments: str) -> Program:
        return Program(name, ready, *arguments, directory=self._directory, environ=self._environ)


def _with_tests(environ: Mapping[str, str]) -> str:
    """Return a path on which workers find the tests' own units, after everything else."""
    return os.pathsep.join(part for part in (environ.get("PYTHONPATH", ""), str(TESTS)) if part)


@contextmanager
def dask_cluster(
    directory: Path,
    environ: Mapping[str, str],
    *,
    workers: int = 2,
    threads: int = 2,
    protocol: str = "tcp",
) -> Iterator[DaskCluster]:
    """Start a cluster, and kill its processes at the end."""
    cluster = DaskCluster(directory, environ, protocol)
    try:
        cluster.add_workers(workers, threads=threads)
        yield cluster
    finally:
        cluster.close()
