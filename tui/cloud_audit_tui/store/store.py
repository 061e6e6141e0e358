"""The store: the results of every scan in one SQLite file, safe to use from several threads and processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Self

from cloud_audit_tui.store import amendment, comparison, facts, groups, history, overview, queries, schema
from cloud_audit_tui.store import mutes as muting
from cloud_audit_tui.store.errors import StoreError, os_error_in_words, sqlite_errors_in_words
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.store.recorder import Recorder
from cloud_audit_tui.store.remembered_counts import RememberedCounts
from cloud_audit_tui.store.retention import Retention, drop_old_scans, every_account
from cloud_audit_tui.store.transaction import transaction

if TYPE_CHECKING:
    from array import array
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from cloud_audit_tui.config.mutes import ActiveMutes
    from cloud_audit_tui.model import Fact, FactKind, Finding, Status
    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.store.amendment import Amendment
    from cloud_audit_tui.store.comparison import Comparison
    from cloud_audit_tui.store.folding import Folding, Grouping
    from cloud_audit_tui.store.groups import Group
    from cloud_audit_tui.store.history import FindingHistory, ScanInfo, TrendPoint
    from cloud_audit_tui.store.overview import Overview
    from cloud_audit_tui.store.queries import Condition
    from cloud_audit_tui.store.view import Counts, ProfileInfo, Row, View

__all__ = ["Store", "StoreError", "finding_key"]

WAIT = 5.0
"""Seconds to wait for another process that is writing."""
WRITER_SETTINGS = (
    # In WAL mode a power cut can lose the last transactions, but never the file.
    "PRAGMA synchronous = NORMAL",
    # Results come in random order and each touches every index: the pages of a batch stay in memory (KiB),
    # and are written back once for many batches (pages).
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 16000",
    "PRAGMA journal_size_limit = 67108864",
)
OWN_FILE = 0o600
OWN_DIRECTORY = 0o700


class Store:
    """Findings, facts, scans, accounts and profiles.

    Every method may be called from any thread at any time. `apply` calls take turns on one connection; each
    query has its own connection from a pool and sees the store after the last finished `apply`: in SQLite's
    WAL mode readers and writers do not wait for each other. Every method raises `StoreError` if the file
    cannot be used, and then changes nothing.

    A row keeps its id as long as it is current, also when a rescan changes its content, and an id never
    refers to another finding.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection, wait: float, retention: Retention) -> None:
        self._path = path
        self._wait = wait
        self._writer = writer
        self._recorder = Recorder(writer, retention)
        self._writing = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._pooling = threading.Lock()
        self._counts = RememberedCounts(lambda: _connect(path, wait))
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, wait: float = WAIT, keep: Retention | None = None) -> Store:
        """Open the file, or create it and its directory, both readable by their owner only.

        ``wait`` is how many seconds to wait for another process that is writing, and ``keep`` which scans
        remain when another one ends. Raises `StoreError` if the file cannot be created or opened, is not a
        store or was written by a newer version.
        """
        _make_file(path)
        with sqlite_errors_in_words(path):
            writer = _connect(path, wait)
            try:
                schema.prepare(writer, path)
                for setting in WRITER_SETTINGS:
                    writer.execute(setting)
            except BaseException:
                writer.close()
                raise
        _make_private(path)
        return cls(path, writer, wait, keep or Retention())

    def close(self) -> None:
        """Close the file once its calls are done; closing again does nothing."""
        with self._writing:
            with self._pooling:
                self._closed = True
                readers, self._readers = self._readers, []
            for reader in readers:
                reader.close()
            self._counts.close()
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def apply(self, events: Sequence[AnyEvent], *, scan_id: str = "") -> None:
        """Record these events in one transaction: all of them or, if this raises, none.

        Events that change nothing lasting are ignored. Two kinds of event name their scan, the others belong
        to the last one begun before them; when several streams are recorded at once, ``scan_id`` names the
        scan of these events. A `ProfileReady` or `ProfileFailed` without a scan updates its profile.
        """
        with self._writing, sqlite_errors_in_words(self._path):
            self._check_open()
            self._recorder.record(events, scan_id)

    def mute(self, mutes: ActiveMutes) -> int:
        """Mute what these mutes cover, now and in later results; return the number of changes."""
        with self._writing, sqlite_errors_in_words(self._path):
            self._check_open()
            self._recorder.mutes = mutes
            # Most starts change nothing, so they do not wait for another program that writes.
            if not muting.changes(self._writer, mutes):
                return 0
            with transaction(self._writer, "IMMEDIATE"):
                return muting.apply(self._writer, mutes)

    def read_condition(self, condition: Condition) -> Condition:
        """Return a condition with the results of its listings, which several queries can share."""
        with self._reader() as reader, self._reader() as other:
            return queries.read_condition(reader, condition, other)

    def row_ids(self, view: View, condition: Condition | None = None) -> array[int]:
        """Return the ids of the current rows of a view that meet a condition, in the view's order.

        A condition is an expression that `filters.sql.condition` has written over `columns.COLUMNS`.
        """
        with self._reader() as reader:
            return queries.row_ids(reader, view, condition)

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """Return the rows of these ids, in this order; an id that is not in the store is left out."""
        with self._reader() as reader:
            return queries.rows(reader, ids)

    def finding(self, row_id: int) -> Finding | None:
        """Return the whole finding of a row, None if there is no such row."""
        with self._reader() as reader:
            return queries.finding(reader, row_id)

    def row_id_of(self, key: str) -> int | None:
        """Return the id of the current row of a finding's key, None if it has none."""
        with self._reader() as reader:
            return queries.row_id_of(reader, key)

    def still_current(self, ids: Collection[int], profiles: Sequence[str]) -> set[int]:
        """Return those of some row ids whose rows are current and in the view of these profiles."""
        with self._reader() as reader:
            return queries.still_current(reader, ids, profiles)

    def findings(self, ids: Sequence[int]) -> list[Finding]:
        """Return the whole findings of these rows, in this order, without unknown ids."""
        with self._reader() as reader:
            findings = (queries.finding(reader, row_id) for row_id in ids)
            return [finding for finding in findings if finding is not None]

    def counts(self, profiles: Sequence[str], condition: Condition | None = None) -> Counts:
        """Return how many current rows of these profiles meet a condition, of each severity and status."""
        with self._reader() as reader:
            if condition is None:
                return self._counts.of(profiles, partial(queries.counts, reader, profiles))
            return queries.counts(reader, profiles, condition)

    def counts_of_status(self, profiles: Sequence[str], condition: Condition, status: Status) -> Counts:
        """Return the part of `counts` whose rows a view shows at one status."""
        with self._reader() as reader:
            return queries.counts(reader, profiles, condition, status)

    def profile_names(self) -> list[str]:
        """Return the names of all profiles that the store knows."""
        with self._reader() as reader:
            return [name for (name,) in reader.execute("SELECT name FROM profile ORDER BY name")]

    def groups(self, view: View, grouping: Grouping, condition: Condition | None = None) -> list[Group]:
        """Return the groups of a view's rows that meet a condition: the worst first, then the largest."""
        with self._reader() as reader:
            return groups.groups(reader, view, grouping, condition)

    def rows_of_groups(
        self, view: View, grouping: Grouping, folding: Folding, condition: Condition | None = None
    ) -> dict[str, array[int]]:
        """Return the ids of the rows of each open group, in the view's order."""
        with self._reader() as reader:
            return groups.rows_of_groups(reader, view, grouping, folding, condition)

    def group_of(self, row_id: int, grouping: Grouping) -> str | None:
        """Return the key of the group that a row belongs to, None if there is no such row."""
        with self._reader() as reader:
            return groups.group_of(reader, row_id, grouping)

    def services(self) -> list[str]:
        """Return the services of all checks that have run, in their order."""
        with self._reader() as reader:
            return queries.services(reader)

    def longest_check(self) -> int:
        """Return the length of the longest id of a check with a current row, 0 without rows."""
        with self._reader() as reader:
            return queries.longest_check(reader)

    def profiles(self, names: Sequence[str]) -> dict[str, ProfileInfo]:
        """Return what the store holds about each of these profiles; of an unknown one, only its name."""
        with self._reader() as reader:
            return queries.profiles(reader, names)

    def facts(self, account_id: str, kind: FactKind | None = None, partition: str = "aws") -> list[Fact]:
        """Return the facts about an account, all or those of one kind."""
        with self._reader() as reader:
            return facts.facts(reader, account_id, kind, partition)

    def scans(self, profiles: Sequence[str]) -> list[ScanInfo]:
        """Return the whole scans of these profiles' accounts or without one of the profiles, newest first."""
        with self._reader() as reader:
            return history.scans(reader, profiles)

    def scan_counts(self, profiles: Sequence[str]) -> dict[str, Counts]:
        """Return the counts of each of the `scans` of these profiles, by the scan's id."""
        with self._snapshot() as reader:
            return history.counts(reader, profiles)

    def trend(self, profiles: Sequence[str]) -> list[TrendPoint]:
        """Return the open failures of these profiles' accounts after each complete scan, the oldest first."""
        with self._snapshot() as reader:
            return history.trend(reader, profiles)

    def compare(self, one: str, other: str) -> Comparison:
        """Compare two scans by their ids, in either order; raises `LookupError` for an unknown one."""
        with self._snapshot() as reader:
            return comparison.compare(reader, one, other)

    def overview(self, profiles: Sequence[str]) -> Overview:
        """Return what the current rows of these profiles add up to, and where nobody has looked."""
        with self._snapshot() as reader:
            return overview.overview(reader, profiles)

    def amend(self, amendments: Iterable[Amendment]) -> None:
        """Apply facts of an opened report to current findings."""
        with self._writing, sqlite_errors_in_words(self._path):
            self._check_open()
            with transaction(self._writer, "IMMEDIATE"):
                amendment.amend(self._writer, amendments)

    def prune(self, keep: Retention, *, now: str) -> int:
        """Drop the scans that are not kept, and return how many; ``now`` is an ISO 8601 time in UTC.

        Current findings stay, with the day on which they were first seen.
        """
        with self._writing, sqlite_errors_in_words(self._path):
            self._check_open()
            with transaction(self._writer, "IMMEDIATE"):
                before = history.number_of_scans(self._writer)
                drop_old_scans(self._writer, keep, every_account(self._writer), now)
                return before - history.number_of_scans(self._writer)

    def history(self, row_id: int) -> FindingHistory | None:
        """Return the history of a row's finding, None if there is no such row."""
        with self._reader() as reader:
            return history.of_row(reader, row_id)

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a read-only connection from a pool, which grows to the most concurrent queries."""
        with sqlite_errors_in_words(self._path):
            with self._pooling:
                self._check_open()
                reader = self._readers.pop() if self._readers else None
            if reader is None:
                reader = _connect(self._path, self._wait)
                reader.execute("PRAGMA query_only = ON")
            try:
                yield reader
            finally:
                with self._pooling:
                    if self._closed:
                        reader.close()
                    else:
                        self._readers.append(reader)

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a read-only connection whose statements all see one state of the file."""
        with self._reader() as reader, transaction(reader, "DEFERRED"):
            yield reader

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"The findings in {self._path} have been closed; open them again.")


def _connect(path: Path, wait: float) -> sqlite3.Connection:
    # The pool passes a connection from thread to thread, never to two at once.
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=OWN_DIRECTORY, parents=True, exist_ok=True)
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise StoreError(f"{path} is not a file; choose another place for the findings.")
        # SQLite would create the file readable by everybody, and gives its companion files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWN_FILE))
    except StoreError:
        raise
    except (OSError, ValueError) as error:
        raise os_error_in_words(
            path, error if isinstance(error, OSError) else OSError(0, str(error))
        ) from error


def _make_private(path: Path) -> None:
    """Remove the access of other users from an existing file."""
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(OWN_FILE)
    except OSError as error:
        raise os_error_in_words(path, error) from error
