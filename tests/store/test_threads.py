"""The store in many hands at once: threads of one app, and a second app."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import View
from store.made_scans import ALL, DEV, finding_of, finished, names, reached, scan, started, table_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud_audit_tui.scan.events import AnyEvent

VIEW = View(("prod",), statuses=ALL)


def test_readers_in_many_threads_always_see_whole_batches(store: Store) -> None:
    store.apply([started("a"), *reached()])
    scans_applied = threading.Event()

    def read() -> set[int]:
        counts = set()
        while not scans_applied.is_set():
            ids = store.row_ids(VIEW)
            counts.add(len(ids))
            assert len(store.rows(ids)) == len(ids)
            store.counts(["prod"])
            store.profiles(["prod"])
        return counts

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read) for _ in range(6)]
        try:
            for batch in range(30):
                store.apply([Result(finding_of(f"{batch}-{n}")) for n in range(20)])
        finally:
            scans_applied.set()
        counts = set().union(*(reader.result() for reader in readers))
    assert all(number % 20 == 0 for number in counts)
    assert len(table_rows(store)) == 600


def test_a_query_does_not_wait_for_a_writer(store: Store, path: Path) -> None:
    store.apply(scan("a", finding_of("one")))
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE topic SET title = 'changed'")
    with store._writing:
        assert [row.title for row in table_rows(store)] == ["Endpoints are encrypted"]
    writer.execute("ROLLBACK")
    writer.close()


async def test_writers_in_many_threads_take_turns(store: Store) -> None:
    store.apply([started("a"), *reached()])
    batches = [[Result(finding_of(f"{batch}-{n}")) for n in range(10)] for batch in range(20)]
    await asyncio.gather(*(asyncio.to_thread(store.apply, batch) for batch in batches))
    await asyncio.to_thread(store.apply, [finished("a")])
    assert len(await asyncio.to_thread(table_rows, store)) == 200


def apply_all(store: Store, scans: list[list[AnyEvent]]) -> None:
    for events in scans:
        store.apply(events)


def test_two_apps_share_the_file(store: Store, reopened: Callable[[], Store]) -> None:
    other = reopened()
    dev = reached("dev", account_id=DEV)
    with ThreadPoolExecutor(2) as threads:
        mine = threads.submit(apply_all, store, [scan(f"p{n}", finding_of(f"p{n}")) for n in range(20)])
        theirs = threads.submit(
            apply_all,
            other,
            [scan(f"d{n}", finding_of(f"d{n}", profile="dev", account_id=DEV), doors=dev) for n in range(20)],
        )
        mine.result()
        theirs.result()
    assert names(store, "prod", "dev") == names(other, "prod", "dev") == ["d19", "p19"]


def test_many_open_a_new_file_at_once(path: Path) -> None:
    together = threading.Barrier(6)

    def open_it(number: int) -> None:
        together.wait()
        with Store.open(path) as store:
            finding = finding_of("one", profile=str(number), account_id=str(number))
            store.apply(scan(str(number), finding, doors=reached(str(number), account_id=str(number))))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(open_it, range(6)))
    with Store.open(path) as store:
        assert len(table_rows(store, *map(str, range(6)))) == 6


def test_closing_lets_running_queries_finish(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    with store._reader() as reader:
        store.close()
        assert reader.execute("SELECT count(*) FROM finding").fetchone() == (1,)
