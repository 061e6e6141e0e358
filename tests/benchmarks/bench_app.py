"""How quick the app is and how much memory it takes, with the goal beside each figure, all from one run.

Run it by hand: ``python tests/benchmarks/bench_app.py [--rows 100000] [--million] [--parts start,use,...]
[--json FILE]``. The parts are those of `PARTS`; each runs in processes of its own. What a goal sets against
something else, such as an empty Textual app, is measured in the same run and printed as a ratio.
``--million`` also fills a store ten times as large, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.process_runs import run
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIGURES = str(Path(__file__).parent / "app_figures.py")
NO_GOAL = float("inf")
STARTS = 7
CALLS, STREAM_SECONDS = 4_000, 8.0
VOLUMES = (500, 5_000, 50_000)
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("drawn")
Bare().run()
"""


class Figure(NamedTuple):
    """One line of the table; ``goal`` is the most that the value should be."""

    name: str
    value: float
    unit: str
    goal: float

    @property
    def line(self) -> str:
        """The line as text."""
        excess = "" if self.value <= self.goal else f"{self.value / self.goal:.1f} times the goal"
        numbers = f"{_number(self.value):>10}{_number(self.goal):>10}"
        return f"{self.name:<62}{numbers} {self.unit:<6}{excess}".rstrip()


def _number(value: float) -> str:
    if value == NO_GOAL:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def figures_of(part: str, *arguments: object) -> dict[str, Any]:
    """Run a part of `app_figures` in a process of its own and return what it measured."""
    process = subprocess.run(
        [sys.executable, FIGURES, part, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise SystemExit(f"{part} failed:\n{process.stderr}")
    measured: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return measured


# From the command to the first paint


def start(work: Path, _options: argparse.Namespace) -> list[Figure]:
    """Start the app and an empty Textual app in turns, in a terminal of their own."""
    config = work / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::1:mfa/a\n")
    changes = {
        "HOME": str(work),
        "XDG_DATA_HOME": str(work / "data"),
        "XDG_CONFIG_HOME": str(work / "config-home"),
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TERM": "xterm-256color",
    }
    ours = [sys.executable, "-P", "-m", "cloud_audit_tui", "--profile", "dev"]
    bare = [sys.executable, "-P", "-c", BARE]
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    with environment(changes):
        for turn in range(STARTS + 1):
            for name, command, text in (("ours", ours, b"Profiles"), ("bare", bare, b"drawn")):
                seconds = first_paint(command, text)
                if turn:
                    took[name].append(seconds)
    ratio = statistics.median(took["ours"]) / statistics.median(took["bare"])
    return [
        Figure("start to first paint, to an empty Textual app's", ratio, "times", 1.3),
        Figure("  an empty Textual app", statistics.median(took["bare"]) * 1_000, "ms", NO_GOAL),
    ]


def first_paint(command: list[str], text: bytes) -> float:
    """Return the seconds from a command until it has drawn a text."""
    began = time.perf_counter()
    program = Terminal(command)
    program.resize(40, 120)
    program.read_until(text)
    seconds = time.perf_counter() - began
    program.type(b"\x11")
    program.read_to_end()
    return seconds


@contextmanager
def environment(changes: dict[str, str]) -> Iterator[None]:
    """Set variables that a child inherits; it may keep its compiled modules, as after an installation."""
    before = dict(os.environ)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# A full store


def rows(work: Path, options: argparse.Namespace) -> list[Figure]:
    """Fill stores, and open, sort, filter and copy from each in the app."""
    sizes = [options.rows // 100, options.rows // 10, options.rows]
    sizes += [options.rows * 10] if options.million else []
    filled, used = {}, {}
    for size in sizes:
        path = work / f"{size}.db"
        filled[size] = figures_of("ingest", path, size)
        used[size] = figures_of("use", path)
        path.unlink()
    few, some, many = sizes[:3]
    full = used[many]
    figures = [
        Figure(f"{many:,} findings: ingest of 1,000 more", filled[many]["milliseconds"], "ms", 50),
        Figure(f"{many:,} findings: on disk, a finding", filled[many]["bytes"], "bytes", 760),
        Figure(f"{many:,} findings: open", full["open"], "ms", 500),
        Figure(f"{many:,} findings: a filter keystroke to its rows", full["keystroke"], "ms", 100),
        Figure(
            f"{many:,} findings: the slowest of four keystrokes",
            full["slowest_keystroke"],
            "ms",
            100,
        ),
        Figure(f"{many:,} findings: the slowest of five sorts", full["sort"], "ms", 150),
        Figure("copy of a fix to the clipboard's sequence", full["copy"], "ms", 50),
        Figure("  the first copy", full["first_copy"], "ms", 50),
        Figure(f"memory of the app, {some:,} rows to {few:,}", _memory(used, some, few), "times", 1.1),
        Figure(f"memory of the app, {many:,} rows to {few:,}", _memory(used, many, few), "times", 1.1),
    ]
    if options.million:
        million, most = f"{sizes[3]:,} findings", used[sizes[3]]
        # Five times the goals of a tenth of them.
        for name, key, goal in (
            ("open", "open", 2_500),
            ("a filter keystroke to its rows", "keystroke", 500),
            ("the slowest of five sorts", "sort", 750),
        ):
            figures.append(Figure(f"{million}: {name}", most[key], "ms", goal))
            figures.append(Figure("  to a tenth of them", most[key] / full[key], "times", NO_GOAL))
        figures.append(Figure(f"{million}: memory of the app", most["used_mebibytes"], "MiB", 400))
    return figures


def _memory(used: dict[int, dict[str, Any]], many: int, few: int) -> float:
    return float(used[many]["used_mebibytes"] / used[few]["used_mebibytes"])


# A scan


def stream(work: Path, _options: argparse.Namespace) -> list[Figure]:
    """Stream a scan into the app and look at its event loop."""
    lags = figures_of("stream", work / "stream.db", CALLS, STREAM_SECONDS)
    more = max(lags["p99"] - lags["idle_p99"], 0.0)
    name = f"lag of the loop while {CALLS:,} calls stream in, p99 beyond idle"
    idle = Figure("  p99 of the idle app", lags["idle_p99"], "ms", NO_GOAL)
    return [Figure(name, more, "ms", 30), idle]


def first(_work: Path, _options: argparse.Namespace) -> list[Figure]:
    """Scan the embedded AWS from the app."""
    took = figures_of("first", 3)
    return [Figure("the key that scans to the first finding on the screen", took["milliseconds"], "ms", 700)]


def scanner(work: Path, _options: argparse.Namespace) -> list[Figure]:
    """Scan one kind of resource, of which there are few and many, and look at the scanner's memory."""
    peaks = [_scanner_peak(work, number) for number in VOLUMES]
    return [
        Figure(f"memory of the scanner, {number:,} results to {VOLUMES[0]:,}", peak / peaks[0], "times", 1.1)
        for number, peak in zip(VOLUMES[1:], peaks[1:], strict=True)
    ]


def _scanner_peak(work: Path, number: int) -> int:
    with subprocess.Popen(
        [sys.executable, FIGURES, "volumes", str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(server.stdout.readline())}",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        command = [sys.executable, "-P", "-m", "cloud_audit_tui", "scan", "--checks", "aws-ec2-002"]
        run_figures = run([*command, "--format", "events"], environ, work / "events.jsonl")
        server.communicate()
    result_count = (work / "events.jsonl").read_bytes().count(b'"type":"result"')
    if result_count != number:
        raise SystemExit(f"the scanner found {result_count} of {number} volumes")
    return run_figures.memory


PARTS: dict[str, Callable[[Path, argparse.Namespace], list[Figure]]] = {
    "start": start,
    "first": first,
    "stream": stream,
    "rows": rows,
    "scanner": scanner,
}


def arguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="also measure ten times as many rows")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    return options


def main() -> None:
    """Print the table."""
    options = arguments()
    figures: list[Figure] = []
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors / 2:
        print(f"Other work is on this machine (load {load:.1f} on {processors} processors): all is slower.")
    print(f"{'':62}{'measured':>10}{'goal':>10}")
    for part in options.parts:
        with tempfile.TemporaryDirectory() as work:
            measured = PARTS[part](Path(work), options)
        print("\n".join(figure.line for figure in measured), flush=True)
        figures += measured
    if options.json:
        options.json.write_text(json.dumps([figure._asdict() for figure in figures], indent=2) + "\n")


if __name__ == "__main__":
    main()
