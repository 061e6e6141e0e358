"""The tables and indexes of the store, and the check that a file holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.store.errors import NOT_A_DATABASE, StoreError
from cloud_audit_tui.store.transaction import transaction
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

APPLICATION_ID = 0x43415449
"""Marks the file as ours, in SQLite's own header field."""
VERSION = 2
"""The version of the tables below, in SQLite's ``user_version``."""

SORT_COLUMNS: dict[Sort, tuple[str, ...]] = {
    Sort.SEVERITY: ("place", "check_id", "region", "resource_name"),
    Sort.CHECK: ("check_id", "place", "region", "resource_name"),
    Sort.TITLE: ("title", "place", "check_id", "region", "resource_name"),
    Sort.RESOURCE: ("resource_name", "place", "check_id", "region"),
    Sort.REGION: ("region", "place", "check_id", "resource_name"),
    Sort.ACCOUNT: ("account_id", "place", "check_id", "region", "resource_name"),
}
"""The columns that each order compares; the target and the row's id behind them make it total."""

IN_ANY_CASE = frozenset({"title", "resource_name"})
"""Columns that are ordered without letter case."""

# A row of `finding` holds what one check said of one resource, from the scan `first_scan` (whose own
# record may be gone) to the scan `scan`, the last that said it. The current row of a key keeps its id
# while its content changes; what it said before is copied to a row that is not current.
# `rank` is a status and a severity, as in ranking.py; `place` is the rank that a view shows the row at,
# which differs once a verification found a failure fixed. `search` holds current rows only, and `verified`
# those that no whole scan has looked at since they were verified. `only` of a scan is a JSON list of the
# resources it verified, empty for a whole scan.
TABLES = """
CREATE TABLE scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scan_id TEXT NOT NULL UNIQUE,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL,
    checks TEXT NOT NULL,
    outcome TEXT NOT NULL,
    only TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE target (
    id INTEGER PRIMARY KEY,
    profile TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL DEFAULT '',
    alias TEXT NOT NULL DEFAULT '',
    caller_arn TEXT NOT NULL DEFAULT '',
    partition TEXT NOT NULL DEFAULT '',
    regions TEXT NOT NULL DEFAULT '[]',
    enabled_regions TEXT NOT NULL DEFAULT '[]',
    regions_note TEXT NOT NULL DEFAULT '',
    failure TEXT NOT NULL DEFAULT 'null'
);
CREATE TABLE scan_target (
    scan INTEGER NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
    target INTEGER NOT NULL REFERENCES target (id),
    ready INTEGER NOT NULL,
    regions TEXT NOT NULL,
    PRIMARY KEY (target, scan)
) WITHOUT ROWID;
CREATE INDEX scan_target_scan ON scan_target (scan);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL,
    current INTEGER NOT NULL,
    first_scan INTEGER NOT NULL,
    scan INTEGER NOT NULL REFERENCES scan (id),
    target INTEGER NOT NULL REFERENCES target (id),
    rank INTEGER NOT NULL,
    place INTEGER NOT NULL DEFAULT 0,
    check_id TEXT NOT NULL,
    region TEXT NOT NULL,
    account_id TEXT NOT NULL,
    partition TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    title TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    reason TEXT NOT NULL,
    evidence BLOB NOT NULL
);
CREATE TABLE search (
    id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE TABLE verified (
    id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    at TEXT NOT NULL
);
CREATE UNIQUE INDEX finding_key ON finding (key) WHERE current = 1;
CREATE INDEX finding_scan ON finding (scan, target);
CREATE INDEX finding_counts ON finding (target, rank) WHERE current = 1;
"""


def ordered(column: str) -> str:
    """Return a column as it is named in an index and in ORDER BY, which must agree."""
    return f"{column} COLLATE NOCASE" if column in IN_ANY_CASE else column


def sort_index(sort: Sort) -> str:
    """Return the name of the index that holds the rows in an order."""
    return f"finding_by_{sort.value}"


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file, or bring an older one's up to date with what it holds.

    Raises `StoreError` for a file that is not ours or is newer; nothing is written to it.
    """
    # One transaction, lest another process make the tables between two questions.
    with transaction(connection, "DEFERRED"):
        if _version(connection, path) == VERSION:
            return
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection, "IMMEDIATE"):
        version = _version(connection, path)
        if version == 0:
            _create(connection)
        elif version < VERSION:
            _update(connection, version)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables, 0 for an empty database, which will be ours."""
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id == APPLICATION_ID:
        if version > VERSION:
            raise StoreError(
                f"The findings in {path} were written by a newer cloud-audit-tui; "
                "update this one, or move the file away and scan again."
            )
        return int(version)
    empty = connection.execute("SELECT count(*) = 0 FROM sqlite_schema").fetchone()[0]
    if application_id or version or not empty:
        raise StoreError(NOT_A_DATABASE.format(path=path))
    return 0


def _create(connection: sqlite3.Connection) -> None:
    for statement in TABLES.split(";"):
        connection.execute(statement)
    _create_sort_indexes(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _create_sort_indexes(connection: sqlite3.Connection) -> None:
    for sort, columns in SORT_COLUMNS.items():
        # `current` must not be a column of these indexes: SQLite would then sort the rows again.
        listed = ", ".join([*map(ordered, columns), "target"])
        connection.execute(f"CREATE INDEX {sort_index(sort)} ON finding ({listed}) WHERE current = 1")


def _update(connection: sqlite3.Connection, version: int) -> None:
    """Take every step from an older version of the tables to this one; what they hold is kept."""
    for step in _STEPS[version - 1 :]:
        step(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _add_verifications(connection: sqlite3.Connection) -> None:
    """From 1 to 2: scans may verify single resources, and a fixed row keeps its place."""
    for sort in SORT_COLUMNS:
        connection.execute(f"DROP INDEX {sort_index(sort)}")
    for statement in (
        "ALTER TABLE scan ADD COLUMN only TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE finding ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
        "UPDATE finding SET place = rank",
        "CREATE TABLE verified "
        "(id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE, at TEXT NOT NULL)",
    ):
        connection.execute(statement)
    _create_sort_indexes(connection)


_STEPS = (_add_verifications,)
"""What changes the tables of version 1, 2 ... to those of the next."""
