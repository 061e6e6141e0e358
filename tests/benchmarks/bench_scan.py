"""A whole scan against its peers and its floor, on one account behind an AWS of fixed latency.

Run it by hand: ``python tests/benchmarks/bench_scan.py [--regions 3] [--sizes 1,4,16] [--runs 3]
[--programs ours,one-process,floor,cloud-audit,prowler] [--latency 100] [--form json] [--json FILE]``. Every
program scans the account of `big_account` (``--sizes`` multiplies it) in the same regions through
`replayed_aws`, in turns, after one run that fills the caches and the memory of the AWS. ``one-process`` is
ours without a second process. ``cloud-audit`` and ``prowler`` come from PyPI into environments of their own
below ``--environments``; a program that cannot be installed is left out, with the reason. Prowler gets the
services that our checks read.

The table and the JSON have the medians: seconds, CPU seconds and peak memory of a program with all its child
processes, and the calls that reached the AWS. For our scanner also the seconds until its first result.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.process_runs import Run, run
from big_account import seed
from cloud_audit_tui.aws.regions import regions_of
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.demo.embedded import EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
REQUIREMENTS = {"cloud-audit": "cloud-audit==2.5.0", "prowler": "prowler>=5"}
FIRST_REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
OPT_IN: tuple[str, ...] = (
    "af-",
    "ap-east-",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
)
OPT_IN += ("ap-southeast-7", "ca-west-", "eu-central-2", "eu-south-", "il-", "me-", "mx-")
OURS = {
    "ours": [sys.executable, "-P", "-m", "cloud_audit_tui", "scan"],
    "one-process": [sys.executable, "-P", str(HERE / "one_process.py"), "scan"],
}
"""Our scanner, and the same without a second process on an account of any size."""
PROWLER_NAMES = {
    "bedrock-agentcore-control": "bedrock",
    "ecr": "ecr",
    "elbv2": "elbv2",
    "events": "eventbridge",
    "lambda": "awslambda",
    "logs": "cloudwatch",
    "wafv2": "wafv2",
}
"""The names of Prowler for services that it calls otherwise than botocore."""


@dataclass
class Measured:
    """What the runs of one program gave."""

    program: str
    size: int
    regions: int
    runs: list[Run] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    distinct: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, Any]:
        """Return the row of the JSON."""
        return {
            "program": self.program,
            "size": self.size,
            "regions": self.regions,
            "runs": len(self.runs),
            "seconds": round(statistics.median(one.seconds for one in self.runs), 2),
            "cpu_seconds": round(statistics.median(one.cpu for one in self.runs), 2),
            "peak_mebibytes": round(statistics.median(one.memory for one in self.runs) / 2**20),
            "calls": statistics.median(self.calls),
            "distinct_calls": statistics.median(self.distinct),
            "first_result_seconds": round(statistics.median(self.first), 2) if self.first else None,
            "exit_codes": sorted({one.code for one in self.runs}),
        }


class Server:
    """`replayed_aws`, or another program like it, in a process of its own."""

    def __init__(self, upstream: str, latency_ms: float, program: str = "replayed_aws.py") -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / program), upstream, str(latency_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def begin(self) -> None:
        """Start the counts of a run."""
        self._ask("POST", "begin")

    def counts(self) -> dict[str, Any]:
        """Return the counts of the run."""
        return self._ask("GET", "counts")

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/.benchmark/{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            counts: dict[str, Any] = json.load(answer)
        return counts

    def close(self) -> None:
        """Stop it."""
        self._process.communicate()


@contextmanager
def account(size: int, latency_ms: float) -> Iterator[Server]:
    """Fill an account of a size and serve it."""
    with EmbeddedAws(seeded=False, latency_ms=0) as aws:
        seed(aws.endpoint_url, times=size)
        server = Server(aws.endpoint_url, latency_ms)
        try:
            yield server
        finally:
            server.close()


def environment(name: str, root: Path) -> Path:
    """Return the ``bin`` of a program's own environment, made if it is not there; raises `RuntimeError`."""
    directory = root / name
    program = directory / "bin" / name
    if program.exists():
        return directory / "bin"
    uv = shutil.which("uv")
    python = str(directory / "bin" / "python")
    requirement = REQUIREMENTS[name]
    if uv:
        steps = [[uv, "venv", "-q", "--clear", "-p", sys.executable, str(directory)]]
        steps += [[uv, "pip", "install", "-q", "-p", python, requirement]]
    else:
        steps = [[sys.executable, "-m", "venv", "--clear", str(directory)]]
        steps += [[python, "-m", "pip", "install", "-q", requirement]]
    for step in steps:
        process = subprocess.run(step, capture_output=True, text=True, check=False)
        if process.returncode:
            last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise RuntimeError(f"{requirement} cannot be installed: {last}")
    return directory / "bin"


def commands_of(
    programs: list[str], regions: list[str], work: Path, environments: Path, calls: Path, form: str
) -> dict[str, list[str]]:
    """Return the command of each program; those that cannot be installed are reported and left out."""
    commands: dict[str, list[str]] = {}
    for name in programs:
        out = work / f"{name}.json"
        if name in OURS:
            # Events go to the log; they are what the app reads, and no report is made of them.
            output = [] if form == "events" else ["-o", str(out)]
            commands[name] = [*OURS[name], "--regions", ",".join(regions), "--format", form, "-q", *output]
            continue
        if name == "floor":
            commands[name] = [sys.executable, str(HERE / "bare_calls.py"), "replay", str(calls)]
            continue
        try:
            binaries = environment(name, environments)
        except RuntimeError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        program = str(binaries / name)
        if name == "cloud-audit":
            options = ["scan", "-q", "--regions", ",".join(regions), "--format", "json", "-o", str(out)]
        else:
            options = ["aws", "--no-banner", "--no-color", "-M", "json-ocsf", "-o", str(work / "prowler")]
            options += ["--region", *regions, "--service", *prowler_services(program)]
        commands[name] = [program, *options]
    return commands


def prowler_services(program: str) -> list[str]:
    """Return the services of Prowler that our checks read."""
    process = subprocess.run([program, "aws", "--list-services"], capture_output=True, text=True, check=True)
    available = {word.strip("- \t") for word in process.stdout.split()}
    services = {read.partition(":")[0] for check in all_checks().values() for read in check.reads}
    names = {PROWLER_NAMES.get(service, service.replace("-", "")) for service in services}
    return sorted(names & available)


def environ_of(server: Server, home: Path) -> dict[str, str]:
    """Return the environment of every program: one account, and caches that last for the benchmark."""
    # Every program may keep its compiled modules, as after an installation.
    foreign = ("AWS_", "BOTO_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **environment,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": FIRST_REGIONS[0],
        "AWS_REGION": FIRST_REGIONS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }


def first_result(environ: dict[str, str], regions: list[str]) -> float:
    """Return the seconds until the first verdict of a scan as the app starts it; the rest is cancelled."""
    began = time.perf_counter()
    command = [*OURS["ours"], "--regions", ",".join(regions), "--format", "events"]
    with subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b'"type":"result"' in line:
                break
        seconds = time.perf_counter() - began
        process.terminate()
        process.stdout.read()
    return seconds


def measure(size: int, regions: list[str], options: argparse.Namespace, work: Path) -> list[Measured]:
    """Run every program on one account, in turns."""
    with account(size, options.latency) as server:
        environ = environ_of(server, work)
        calls = work / "calls.json"
        if "floor" in options.programs:
            record = [sys.executable, str(HERE / "bare_calls.py"), "record", str(calls), *regions]
            run(record, environ, work / "record.log")
        commands = commands_of(options.programs, regions, work, options.environments, calls, options.form)
        measured = {name: Measured(name, size, len(regions)) for name in commands}
        for turn in range(options.runs + 1):
            for name, command in commands.items():
                server.begin()
                run_figures = run(command, environ, work / f"{name}.log")
                counts = server.counts()
                print(
                    f"size {size}, {len(regions)} regions, {name}: {run_figures.seconds:.2f} s, "
                    f"{run_figures.cpu:.2f} s of CPU, {counts['calls']} calls, {counts['recorded']} recorded"
                    f"{'' if turn else ' (warm-up)'}",
                    file=sys.stderr,
                    flush=True,
                )
                if turn:
                    measured[name].runs.append(run_figures)
                    measured[name].calls.append(counts["calls"])
                    measured[name].distinct.append(counts["distinct"])
                    if name == "ours":
                        measured[name].first.append(first_result(environ, regions))
                if options.operations:
                    calls_by_operation = json.dumps({name: counts["by_operation"]}, indent=1)
                    (options.operations / f"{name}-{size}-{len(regions)}.json").write_text(calls_by_operation)
        return list(measured.values())


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text."""
    head = (
        "program",
        "size",
        "regions",
        "seconds",
        "times ours",
        "CPU s",
        "peak MiB",
        "calls",
        "distinct",
        "first s",
    )
    lines = [head]
    for row in rows:
        own = [
            other["seconds"]
            for other in rows
            if other["program"] == "ours"
            and (other["size"], other["regions"]) == (row["size"], row["regions"])
        ]
        lines.append(
            (
                row["program"],
                str(row["size"]),
                str(row["regions"]),
                f"{row['seconds']:.2f}",
                f"{row['seconds'] / own[0]:.2f}" if own else "-",
                f"{row['cpu_seconds']:.2f}",
                str(row["peak_mebibytes"]),
                f"{row['calls']:.0f}",
                f"{row['distinct_calls']:.0f}",
                f"{row['first_result_seconds']:.2f}" if row["first_result_seconds"] else "-",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def arguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--regions", default="3,17", help="numbers of regions, such as 3,17")
    parser.add_argument("--sizes", default="1", help="multiples of the account, such as 1,4,16")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--programs", default="ours,floor,cloud-audit,prowler")
    parser.add_argument("--latency", type=float, default=100.0, help="milliseconds for each call")
    parser.add_argument("--form", choices=("json", "events"), default="json", help="what our scanner writes")
    parser.add_argument("--json", type=Path, help="also write the medians here")
    parser.add_argument("--operations", type=Path, help="write the calls by operation into this directory")
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir()) / "cloud-audit-tui-benchmark"
    )
    options = parser.parse_args()
    options.programs = options.programs.split(",")
    return options


def main() -> None:
    """Print the table."""
    options = arguments()
    available = [name for name in regions_of("aws") if not name.startswith(OPT_IN)]
    available.sort(key=lambda name: (name not in FIRST_REGIONS, name))
    rows = []
    for size in map(int, options.sizes.split(",")):
        for count in map(int, options.regions.split(",")):
            with tempfile.TemporaryDirectory() as work:
                measured = measure(size, available[:count], options, Path(work))
            rows += [one.medians() for one in measured]
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps({"latency_ms": options.latency, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
