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
from store.made_scans import ALL, DEV, finished, made, names, reached, scan, shown, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud_audit_tui.scan.events import AnyEvent

VIEW = View(("prod",), statuses=ALL)


def test_readers_in_many_threads_always_see_whole_batches(store: Store) -> None:
    store.apply([started("a"), *reached()])
    done = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not done.is_set():
            ids = store.row_ids(VIEW)
            seen.add(len(ids))
            assert len(store.rows(ids)) == len(ids)
            store.counts(["prod"])
            store.profiles(["prod"])
        return seen

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read) for _ in range(6)]
        try:
            for batch in range(30):
                store.apply([Result(made(f"{batch}-{n}")) for n in range(20)])
        finally:
            done.set()
        seen = set().union(*(reader.result() for reader in readers))
    assert all(number % 20 == 0 for number in seen)
    assert len(shown(store)) == 600


def test_a_query_does_not_wait_for_a_writer(store: Store, path: Path) -> None:
    store.apply(scan("a", made("one")))
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE topic SET title = 'changed'")
    with store._writing:
        assert [row.title for row in shown(store)] == ["Endpoints are encrypted"]
    writer.execute("ROLLBACK")
    writer.close()


async def test_writers_in_many_threads_take_turns(store: Store) -> None:
    store.apply([started("a"), *reached()])
    batches = [[Result(made(f"{batch}-{n}")) for n in range(10)] for batch in range(20)]
    await asyncio.gather(*(asyncio.to_thread(store.apply, batch) for batch in batches))
    await asyncio.to_thread(store.apply, [finished("a")])
    assert len(await asyncio.to_thread(shown, store)) == 200


def apply_all(store: Store, scans: list[list[AnyEvent]]) -> None:
    for events in scans:
        store.apply(events)


def test_two_apps_share_the_file(store: Store, reopened: Callable[[], Store]) -> None:
    other = reopened()
    dev = reached("dev", account_id=DEV)
    with ThreadPoolExecutor(2) as threads:
        mine = threads.submit(apply_all, store, [scan(f"p{n}", made(f"p{n}")) for n in range(20)])
        theirs = threads.submit(
            apply_all,
            other,
            [scan(f"d{n}", made(f"d{n}", profile="dev", account_id=DEV), doors=dev) for n in range(20)],
        )
        mine.result()
        theirs.result()
    assert names(store, "prod", "dev") == names(other, "prod", "dev") == ["d19", "p19"]


def test_many_open_a_new_file_at_once(path: Path) -> None:
    together = threading.Barrier(6)

    def open_it(number: int) -> None:
        together.wait()
        with Store.open(path) as store:
            finding = made("one", profile=str(number), account_id=str(number))
            store.apply(scan(str(number), finding, doors=reached(str(number), account_id=str(number))))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(open_it, range(6)))
    with Store.open(path) as store:
        assert len(shown(store, *map(str, range(6)))) == 6


def test_closing_lets_running_queries_finish(store: Store) -> None:
    store.apply(scan("a", made("one")))
    with store._reader() as reader:
        store.close()
        assert reader.execute("SELECT count(*) FROM finding").fetchone() == (1,)
