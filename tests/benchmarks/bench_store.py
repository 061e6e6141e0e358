"""Measure the store: figures in milliseconds and ratios, all from one run.

    python tests/benchmarks/bench_store.py [--rows 100000] [--directory DIR] [--against TREE]

Each figure is the best of several runs, so that other work on the machine disturbs it least. With
``--against``, the benchmark of another working tree runs too, and the ratios to its figures are printed.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.columns import COLUMNS
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Sort, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = tuple(Status)
PROFILES = [f"account-{n:02}" for n in range(20)]
REGIONS = [f"{a}-{b}-{n}" for a in ("us", "eu", "ap") for b in ("east", "west", "central") for n in (1, 2)]
CHECKS = [f"aws-sagemaker-{n:03}" for n in range(60)]
BATCH = 1_000
RUNS = 7
LEAST_ROWS = 10


FILTERS = {
    "condition on the service": "service:sagemaker",
    "condition on the region": "region:us-*",
    "condition on the severity": "severity:high",
    "condition on the profile": f"profile:{PROFILES[0]}",
    "condition on the reason": "reason:*prod-config*",
    "row_ids filter, a third": "prod",
    "row_ids filter, all": "endpoint",
    "row_ids filter, few": "endpoint-77 us-east",
    "row_ids filter, none": "zzz",
}


def findings(number: int, *, reason: str = "names no KMS key") -> Iterator[Finding]:
    """Yield made-up findings, the same for the same number."""
    dice = random.Random(number)
    for n in range(number):
        check, region = dice.choice(CHECKS), dice.choice(REGIONS)
        profile = dice.randrange(len(PROFILES))
        name = f"endpoint-{n}-{dice.choice(('prod', 'dev', 'test'))}"
        yield Finding(
            check_id=check,
            status=dice.choice(ALL),
            severity=dice.choice(list(Severity)),
            profile=PROFILES[profile],
            account_id=f"{profile:012}",
            region=region,
            partition="aws",
            subject=Resource(
                f"arn:aws:sagemaker:{region}:{profile:012}:endpoint/{name}", name, "AWS::SageMaker::Endpoint"
            ),
            title=f"{check}: endpoints are encrypted with a customer managed key",
            reason=f"The configuration {name}-config {reason}, so its volumes have an AWS managed key.",
            evidence={"endpoint_config_name": f"{name}-config", "instances": ["ml.m5.large"] * 12},
        )


def scan(scan_id: str, results: Iterator[Finding]) -> Iterator[AnyEvent]:
    """Yield a complete scan with these results."""
    yield ScanStarted(scan_id, "2026-01-01T00:00:00+00:00", "0", ScanJob(), CHECKS, PROFILES)
    for n, profile in enumerate(PROFILES):
        yield ProfileReady(profile, f"{n:012}", "aws", "arn", "", REGIONS[0], REGIONS)
        yield AccountReady(f"{n:012}", "aws", profile, [profile], REGIONS)
    for finding in results:
        yield Result(finding)
    yield ScanFinished(scan_id, Outcome.COMPLETE, "2026-01-01T00:09:00+00:00", 0, 0, 0, 0, 0.0)


def apply(store: Store, events: Iterator[AnyEvent]) -> tuple[float, float, float]:
    """Keep events in batches; return the mean, the slowest and the last batch's milliseconds.

    A scan that is smaller than a batch has only the last one.
    """
    took, batch = [], []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            took.append(_once(partial(store.apply, batch)))
            batch = []
    last = _once(lambda: store.apply(batch))
    whole = took or [last]
    return sum(whole) / len(whole), max(whole), last


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def best(label: str, work: Callable[[], object]) -> float:
    """Print and return the milliseconds of the quickest run."""
    took = min(_once(work) for _ in range(RUNS))
    print(f"  {label:<58} {took:9.2f} ms")
    return took


def measure(path: Path, number: int) -> dict[str, float]:
    """Fill a store and ask it everything; return the figures by name."""
    print(f"{number:,} current rows")
    figures = {}
    with Store.open(path) as store:
        for label, scan_id, reason in (
            ("first scan", "one", "names no KMS key"),
            ("rescan, nothing changed", "two", "names no KMS key"),
            ("rescan, everything changed", "three", "has lost its KMS key"),
        ):
            mean, slowest, last = apply(store, scan(scan_id, findings(number, reason=reason)))
            figures[f"apply {label}"] = mean
            heading = f"apply of {BATCH} results, {label}: mean"
            print(f"  {heading:<58} {mean:9.2f} ms (slowest {slowest:.0f}, end of the scan {last:.0f})")
        everything = View(tuple(PROFILES), statuses=ALL)
        for sort in Sort:
            view = View(tuple(PROFILES), statuses=ALL, sort=sort)
            figures[f"row_ids {sort}"] = best(f"row_ids, every row by {sort}", partial(store.row_ids, view))
        views = {
            "row_ids one profile": View((PROFILES[0],), statuses=ALL),
            "row_ids fails only": View(tuple(PROFILES), statuses=(Status.FAIL,)),
        }
        for label, view in views.items():
            row_count = len(store.row_ids(view))
            figures[label] = best(f"{label} ({row_count:,})", partial(store.row_ids, view))
        for label, text in FILTERS.items():
            term = condition(parse(text), COLUMNS, datetime.now(UTC))
            match_count = len(store.row_ids(everything, term))
            figures[label] = best(f"{label} ({match_count:,})", partial(store.row_ids, everything, term))
        ids = store.row_ids(everything)
        window = ids[len(ids) // 2 : len(ids) // 2 + 50]
        figures["rows(50)"] = best("rows of a window of 50", lambda: store.rows(window))
        figures["finding"] = best("finding", lambda: store.finding(window[0]))
        key = store.rows(window[:1])[0].key
        figures["row_id_of"] = best("row_id_of", lambda: store.row_id_of(key))
        figures["counts"] = best("counts", lambda: store.counts(PROFILES))
        figures["profiles"] = best("profiles", lambda: store.profiles(PROFILES))
    size = path.stat().st_size
    print(f"  {'file, with one superseded result for each current one':<58} {size / 1e6:9.1f} MB")
    figures["bytes a row"] = size / number
    return figures


def main() -> None:
    """Measure a big store and one of a tenth, and print how they compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, default=None)
    parser.add_argument("--against", type=Path, default=None)
    arguments = parser.parse_args()
    if arguments.rows < LEAST_ROWS:
        parser.error(f"--rows is {LEAST_ROWS} at least: a tenth of them is measured too.")
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        big = measure(Path(directory) / "big.db", arguments.rows)
        small = measure(Path(directory) / "small.db", arguments.rows // 10)
    print("ratios")
    for label, ratio in (
        ("row_ids: ten times the rows", big["row_ids severity"] / small["row_ids severity"]),
        ("apply: ten times the rows", big["apply first scan"] / small["apply first scan"]),
        ("rows(50): ten times the rows", big["rows(50)"] / small["rows(50)"]),
        (
            "row_ids: filtered, a third found, to not filtered",
            big["row_ids filter, a third"] / big["row_ids severity"],
        ),
        ("row_ids: slowest order to quickest", _spread(big)),
        ("rows(50) to finding", big["rows(50)"] / big["finding"]),
        ("row_ids to counts", big["row_ids severity"] / big["counts"]),
        (
            "apply: nothing changed to first scan",
            big["apply rescan, nothing changed"] / big["apply first scan"],
        ),
        (
            "apply: everything changed to first scan",
            big["apply rescan, everything changed"] / big["apply first scan"],
        ),
    ):
        print(f"  {label:<58} {ratio:9.2f}")
    if arguments.against is not None:
        compare(arguments.against, arguments.rows)


def compare(tree: Path, number: int) -> None:
    """Run this benchmark and another tree's, in turns of their own processes, and print the ratios."""
    figures: dict[Path, dict[str, float]] = {}
    here = Path(__file__).parents[2]
    for _ in range(2):
        for each in (tree, here):
            output = subprocess.run(
                [sys.executable, str(each / "tests/benchmarks/bench_store.py"), "--rows", str(number)],
                env={**os.environ, "PYTHONPATH": str(each / "tui")},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            of_tree = figures.setdefault(each, {})
            # The first part of the output is about the big store.
            for label, figure in re.findall(
                r"^  (\S.*?)\s+([\d.]+) (?:ms|MB)", output.split(f"\n{number // 10:,} current")[0], re.M
            ):
                of_tree[label] = min(float(figure), of_tree.get(label, float("inf")))
    print(f"to {tree}")
    for label in figures[here]:
        if label in figures[tree]:
            print(f"  {label:<58} {figures[here][label] / figures[tree][label]:9.2f}")


def _spread(figures: dict[str, float]) -> float:
    orders = [figures[f"row_ids {sort}"] for sort in Sort]
    return max(orders) / min(orders)


if __name__ == "__main__":
    main()
