"""An organization on one machine and on a Dask cluster, behind an AWS of fixed latency.

Run it by hand, with distributed installed: ``python tests/benchmarks/bench_organization.py [--scanned 8]
[--workers 1,2] [--accounts 200] [--simulated 8,16,32,64] [--threads 4] [--latency 100] [--json FILE]``.

The first table is measured: ``--scanned`` accounts, each the account of `big_account` in one region with all
checks, by the local executor and by clusters of real workers (processes with ``--threads`` threads). All of
them, and the AWS, share the cores of this machine.

The second table is a simulation of ``--accounts`` accounts: the client, the scheduler and the AWS that
identifies the accounts are real. A simulated worker is a thread that waits as long as an account took of a
worker's CPU, then returns the events of that account. So it measures what more workers do not make faster. In
the last scan a quarter of the workers is killed in the middle: it must have as many results as the others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_scan import OURS, Server, environ_of
from benchmarks.process_runs import run
from benchmarks.simulated_worker import VARIABLE, simulated_unit
from big_account import seed
from cloud_audit_tui import __version__
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.scan.events import Outcome, Progress, ScanFinished
from cloud_audit_tui.scan.executors import dask
from cloud_audit_tui.scan.executors.dask_worker import UnitRequest, run_unit
from cloud_audit_tui.scan.jobs import ScanJob, WorkUnit
from dask_cluster import DaskCluster, dask_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REGION = "us-east-1"
ROLE = "Audit"
Row = dict[str, Any]


def account_id(number: int) -> str:
    """Return the id of an account."""
    return f"{100_000_000_000 + number}"


def profile(number: int) -> str:
    """Return the profile of an account."""
    return f"org@{account_id(number)}/{ROLE}"


def cpu_of(cluster: DaskCluster) -> float:
    """Return the CPU seconds of the workers."""
    times = [psutil.Process(worker.process_id).cpu_times() for worker in cluster.workers]
    return sum((float(each.user + each.system) for each in times), 0.0)


def scan_command(accounts: int, *options: str) -> list[str]:
    """Return the command that scans accounts."""
    profiles = [part for number in range(accounts) for part in ("--profile", profile(number))]
    return [*OURS["ours"], *profiles, "--regions", REGION, "--format", "json", "-q", *options]


def measure(options: argparse.Namespace, environ: Mapping[str, str], work: Path) -> list[Row]:
    """Scan by the local executor, then by clusters of real workers."""
    rows: list[Row] = []

    def note(name: str, seconds: float, client: float, workers: float) -> None:
        rows.append({"scan": name, "seconds": seconds, "client_cpu": client, "worker_cpu": workers})
        print(f"{options.scanned} accounts, {name}: {seconds:.1f} s", file=sys.stderr, flush=True)

    out = str(work / "report.json")
    run(scan_command(1, "-o", out), environ, work / "warm-up.log")
    run_figures = run(scan_command(options.scanned, "-o", out), environ, work / "local.log")
    _check(out, work / "local.log")
    note("local", run_figures.seconds, run_figures.cpu, 0.0)
    for count in options.workers:
        with dask_cluster(work, environ, workers=count, threads=options.threads) as cluster:
            executor = ("--executor", cluster.url, "-o", out)
            run(scan_command(count * options.threads, *executor), environ, work / "warm-up.log")
            before = cpu_of(cluster)
            run_figures = run(scan_command(options.scanned, *executor), environ, work / "dask.log")
            _check(out, work / "dask.log")
            note(f"{count} workers", run_figures.seconds, run_figures.cpu, cpu_of(cluster) - before)
    return rows


def _check(report: str, log: Path) -> None:
    scan = json.loads(Path(report).read_text())["scan"]
    assert scan["outcome"] == Outcome.COMPLETE.value, log.read_text()


def record(environ: Mapping[str, str], seconds: float, path: Path) -> None:
    """Record what a worker returns for an account, and how long its core takes."""
    os.environ.update(environ)
    checks = list(all_checks())
    unit = WorkUnit(account_id(0), "aws", profile(0), REGION, checks, REGION, scanned=[REGION])
    reply = run_unit(msgspec.json.encode(UnitRequest(__version__, "record", unit)))
    path.write_text(json.dumps({"seconds": seconds, "account": account_id(0), "reply": reply.decode()}))


async def simulate(accounts: int, cluster: DaskCluster, *, kills: bool) -> tuple[float, float, int]:
    """Scan accounts on simulated workers; return seconds, CPU seconds of the client, and results.

    With ``kills``, one process of workers is killed when half of the checks have run.
    """
    job = ScanJob(profiles=[profile(number) for number in range(accounts)], regions=[REGION])
    began, cpu = time.perf_counter(), time.process_time()
    async with dask.connected(cluster.address) as connection:
        async for event in dask.dask_job(job, os.environ, connection).events():
            if kills and isinstance(event, Progress) and event.total and 2 * event.done > event.total:
                cluster.workers[0].kill()
                kills = False
            if isinstance(event, ScanFinished):
                assert event.outcome is Outcome.COMPLETE, event.message
                results = event.failed + event.passed + event.not_assessed
    return time.perf_counter() - began, time.process_time() - cpu, results


def simulation(options: argparse.Namespace, environ: Mapping[str, str], unit: float, work: Path) -> list[Row]:
    """Scan many accounts on ever more simulated workers."""
    recorded = work / "unit.json"
    record(environ, unit, recorded)
    dask.run_unit = simulated_unit  # type: ignore[attr-defined]
    path = os.pathsep.join([str(Path(__file__).parents[1]), environ.get("PYTHONPATH", "")])
    rows: list[Row] = []
    for count, kills in [*((count, False) for count in options.simulated), (options.simulated[-1], True)]:
        processes = min(4, count)
        with dask_cluster(
            work,
            {**environ, VARIABLE: str(recorded), "PYTHONPATH": path},
            workers=processes,
            threads=count // processes,
        ) as cluster:
            seconds, cpu, results = asyncio.run(simulate(options.accounts, cluster, kills=kills))
        rows.append(
            {
                "workers": count,
                "killed": count // processes if kills else 0,
                "seconds": seconds,
                "client_cpu": cpu,
                "results": results,
            }
        )
        print(f"{options.accounts} accounts, {count} workers: {seconds:.1f} s", file=sys.stderr, flush=True)
    assert len({row["results"] for row in rows}) == 1, rows
    return rows


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text, aligned."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )


def tables(options: argparse.Namespace, measured: list[Row], simulated: list[Row], unit: float) -> str:
    """Return both tables."""
    local = measured[0]["seconds"]
    first = [["scan", "seconds", "times local", "client CPU s", "worker CPU s", "CPU s an account"]]
    for row in measured:
        cpu = (row["worker_cpu"] or row["client_cpu"]) / options.scanned
        first.append(
            [
                row["scan"],
                f"{row['seconds']:.1f}",
                f"{local / row['seconds']:.2f}",
                f"{row['client_cpu']:.1f}",
                f"{row['worker_cpu']:.1f}",
                f"{cpu:.2f}",
            ]
        )
    second = [
        ["workers", "killed", "seconds", "times one worker", "of the workers used", "client CPU s", "results"]
    ]
    alone = options.accounts * unit
    for row in simulated:
        ratio = alone / row["seconds"]
        second.append(
            [
                str(row["workers"]),
                str(row["killed"]),
                f"{row['seconds']:.1f}",
                f"{ratio:.1f}",
                f"{ratio / row['workers']:.0%}",
                f"{row['client_cpu']:.1f}",
                str(row["results"]),
            ]
        )
    return (
        f"{options.scanned} accounts, measured on {os.cpu_count()} cores:\n{columns(first)}\n\n"
        f"{options.accounts} accounts of {unit:.2f} s each, {alone:.0f} s for one worker, simulated:\n"
        f"{columns(second)}"
    )


def arguments() -> argparse.Namespace:
    """Return the options."""
    numbers = partial(lambda text: [int(part) for part in text.split(",") if part])
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scanned", type=int, default=8, help="accounts that are scanned")
    parser.add_argument("--workers", type=numbers, default=[1, 2], help="numbers of real workers")
    parser.add_argument("--accounts", type=int, default=200, help="accounts of the simulation")
    parser.add_argument(
        "--simulated", type=numbers, default=[8, 16, 32, 64], help="numbers of simulated workers"
    )
    parser.add_argument("--threads", type=int, default=4, help="threads of a real worker")
    parser.add_argument("--latency", type=float, default=100.0, help="milliseconds for each call")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    options = arguments()
    with (
        tempfile.TemporaryDirectory() as directory,
        EmbeddedAws(seeded=False, latency_ms=0) as aws,
    ):
        work = Path(directory)
        seed(aws.endpoint_url)
        server = Server(aws.endpoint_url, options.latency, "replayed_organization.py")
        config = work / "config"
        config.write_text("[profile org]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n")
        environ = {**environ_of(server, work), "AWS_CONFIG_FILE": str(config)}
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del environ[name]
        if path := os.environ.get("PYTHONPATH"):
            environ["PYTHONPATH"] = path
        try:
            measured = measure(options, environ, work)
            unit = measured[-1]["worker_cpu"] / options.scanned
            simulated = simulation(options, environ, unit, work)
        finally:
            server.close()
    print(tables(options, measured, simulated, unit))
    if options.json:
        rows = {"measured": measured, "unit_seconds": unit, "simulated": simulated}
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
