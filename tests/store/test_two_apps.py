"""Two apps on one store: their scans overlap, no finding is lost, and both show the same."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import AnyEvent, Result
from store.made_scans import (
    CHECKS,
    finding_of,
    finished,
    listing,
    names,
    reached,
    scan,
    started,
    table_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.store.store import Store


@pytest.fixture
def other(reopened: Callable[[], Store]) -> Store:
    """Return the store of a second app."""
    return reopened()


def both(store: Store, other: Store) -> list[str]:
    assert names(store) == names(other)
    return names(store)


def test_the_counts_are_those_of_the_last_commit_whoever_made_it(store: Store, other: Store) -> None:
    assert store.counts(["prod"]).total_failed == other.counts(["prod"]).total_failed == 0
    for number in range(1, 4):
        writer = (store, other)[number % 2]
        writer.apply(scan(f"scan-{number}", *[finding_of(f"endpoint-{n}") for n in range(number)]))
        assert store.counts(["prod"]).total_failed == other.counts(["prod"]).total_failed == number
        assert store.counts(["prod"]) == store.counts(["prod"])
        assert store.counts(["dev"]).total_failed == 0


def test_what_the_earlier_scan_sees_last_is_not_retired_by_the_later_one(store: Store, other: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    store.apply([started("b"), *reached()])
    other.apply([started("c"), *reached(), Result(finding_of("one"))])
    # The later scan has looked at endpoints before this one is made.
    store.apply([Result(finding_of("one")), Result(finding_of("two")), Result(finding_of("new"))])
    other.apply([finished("c")])
    assert both(store, other) == ["new", "one", "two"]
    store.apply([finished("b")])
    assert both(store, other) == ["new", "one", "two"]


def test_an_earlier_scan_retires_nothing_that_a_later_one_has_seen(store: Store, other: Store) -> None:
    store.apply([started("a"), *reached()])
    other.apply(scan("b", finding_of("one")))
    store.apply([finished("a")])
    assert both(store, other) == ["one"]


def test_what_neither_sees_again_is_retired(store: Store, other: Store) -> None:
    store.apply(scan("a", finding_of("gone"), finding_of("stays")))
    store.apply([started("b"), *reached()])
    other.apply([started("c"), *reached(), Result(finding_of("stays"))])
    store.apply([Result(finding_of("stays")), finished("b")])
    assert both(store, other) == ["stays"]
    other.apply([finished("c")])
    assert both(store, other) == ["stays"]


def test_a_scan_that_could_not_look_retires_nothing_though_another_could_not_either(
    store: Store, other: Store
) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply([started("b"), *reached(), Result(listing())])
    other.apply([started("c"), *reached(), Result(listing(reason="Throttled."))])
    store.apply([finished("b")])
    other.apply([finished("c")])
    assert both(store, other) == ["eu-central-1", "one"]


def test_the_last_verdict_is_shown_and_no_statement_is_lost(store: Store, other: Store) -> None:
    store.apply([started("a"), *reached()])
    other.apply([started("b"), *reached(), Result(finding_of("one", reason="by the second"))])
    store.apply([Result(finding_of("one", reason="by the first")), finished("a")])
    other.apply([finished("b")])
    [row] = table_rows(other)
    finding = store.finding(row.row_id)
    assert finding is not None
    assert finding.reason == "by the first"


@pytest.mark.parametrize("seed", range(20))
def test_overlapping_scans_never_lose_what_both_see(store: Store, other: Store, seed: int) -> None:
    dice = random.Random(seed)
    findings = [finding_of(f"n{n}", check_id=dice.choice(CHECKS)) for n in range(12)]
    everything = sorted(finding.resource_name for finding in findings)
    store.apply(scan("first", *findings))
    streams: list[tuple[Store, list[AnyEvent], str]] = []
    for app, prefix in ((store, "p"), (other, "q")):
        for n in range(4):
            scan_id = f"{prefix}{n}"
            changed = [
                finding_of(f.resource_name, check_id=f.check_id, status=dice.choice(list(Status)))
                for f in findings
            ]
            dice.shuffle(changed)
            streams.append((app, scan(scan_id, *changed), scan_id))
    while any(events for _, events, _ in streams):
        app, events, scan_id = dice.choice([stream for stream in streams if stream[1]])
        number = dice.randint(1, 6)
        app.apply(events[:number], scan_id=scan_id)
        del events[:number]
        assert both(store, other) == everything


SCANS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store.made_scans import finding_of, scan
from cloud_audit_tui.store.store import Store
with Store.open(Path(sys.argv[1]), wait=60) as store:
    for n in range(15):
        events = scan(f"{sys.argv[3]}{n}", *[finding_of(f"n{m:02}", reason=str(n % 3)) for m in range(40)])
        for start in range(0, len(events), 7):
            store.apply(events[start:start + 7], scan_id=f"{sys.argv[3]}{n}")
"""


@pytest.mark.proof
def test_two_processes_that_scan_one_account_keep_every_finding(path: Path, store: Store) -> None:
    store.apply(scan("first", *[finding_of(f"n{m:02}") for m in range(40)]))
    here = str(Path(__file__).parents[1])
    apps = [subprocess.Popen([sys.executable, "-c", SCANS, str(path), here, name]) for name in "pq"]
    while any(app.poll() is None for app in apps):
        assert len(names(store)) == 40
    assert [app.returncode for app in apps] == [0, 0]
    assert len(names(store)) == 40
