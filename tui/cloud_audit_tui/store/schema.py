"""The tables and indexes of the store, and the check of a file's version."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from cloud_audit_tui.store import migration, mutes
from cloud_audit_tui.store.errors import NOT_A_DATABASE, StoreError
from cloud_audit_tui.store.transaction import transaction
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION_ID = 0x43415449
"""Identifies the file as this program's, in SQLite's header."""
VERSION = 6
"""The version of the tables below, in SQLite's ``user_version``."""
FIRST_VERSION_OF_ACCOUNTS = 3
"""The first version whose findings belong to accounts; the tables of scans have hardly changed since."""
FIRST_VERSION_OF_TOPICS = 5
"""The first version with the tables of findings below."""

SORT_COLUMNS: dict[Sort, tuple[str, ...]] = {
    Sort.SEVERITY: ("display_rank", "check_id", "region", "subject_name"),
    Sort.CHECK: ("check_id", "display_rank", "region", "subject_name"),
    Sort.TITLE: ("topic", "display_rank", "check_id", "region", "subject_name"),
    Sort.RESOURCE: ("subject_name", "display_rank", "check_id", "region"),
    Sort.REGION: ("region", "display_rank", "check_id", "subject_name"),
    Sort.ACCOUNT: ("account_id", "display_rank", "check_id", "region", "subject_name"),
    Sort.PROFILE: ("profile", "display_rank", "check_id", "region", "subject_name"),
}
"""The first columns of each order; a profile is sorted by its name, a topic by its title."""

LAST_COLUMNS = ("account", "account_id", "topic", "profile", "rank")
"""The last columns of the order by severity; the row's id makes every order total."""

IN_ANY_CASE = frozenset({"subject_name"})
"""Columns that are sorted without letter case."""

# Scans.
#   `kind` is the tag of the scan's job. `checks` and `global_checks` are JSON lists of ids. `every_check`
#   says that the scan left no check and no severity out. `scan_account` lists the accounts that a whole
#   scan looked at, in which regions (a JSON list) and through which profile. `rules` has the digests of the
#   checks' rules, a JSON object by the checks' ids, once for all scans that ran the same ones.
#   `profile_failure` lists the profiles that could not be used in a whole scan, with a JSON `view.Failure`.
#
# Findings.
#   A row of `finding` is a version: what one check says of one subject, from the scan `since_scan` to the
#   scan `last_scan`, the last that said it. The current version of a key keeps its id while its content
#   changes; the version before is copied to a row that is not current, whose `ended_scan` is the scan that
#   replaced it or found the subject gone. `seen` is the scan that had begun last when the row was last seen,
#   so that a scan never retires a row that another one saw after it began.
#   The next columns describe the finding through all its versions: `failures` counts how often it has begun
#   to fail; `first_scan` first saw it failing, or first judged it while it has never failed; `closed_scan`
#   is the scan by which it passed or was gone. The scan of `last_scan` has its record as long as the row is
#   there, the others may have lost theirs.
#   `subject_id` and `subject_name` are the finding's `resource_id` and `resource_name`. `account` is NULL for
#   a profile that cannot be used. `profile` is the one through which the finding was read. `rank` is a status
#   and a severity, as in severity_order.py; `display_rank` is the rank at which a view shows the row, which a
#   verification does not change when it finds no failure.
#   `verified` has the rows at which no whole scan has looked since they were verified.
#
# Texts.
#   `topic` has the texts that many findings share, once; `subject_type` is the subject's own. `own_text` has
#   those that each current version has of its own, apart from the rest, so that a search reads nothing else;
#   `past_text` has those of the other versions. A word of a filter is looked for by LIKE in these texts.
#   `folded` is the search text of those in which LIKE would not find every word, and of every topic.
#
# Checks.
#   `check_info` and `check_compliance` repeat the front matter of the explanations, so that a filter on it
#   is part of a query; every scan that begins refreshes them.
#
# Facts.
#   `fact` holds what scans read about each account; facts of a scan that has not completed do not count.
TABLES = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    partition TEXT NOT NULL,
    alias TEXT NOT NULL DEFAULT '',
    regions TEXT NOT NULL DEFAULT '[]',
    enabled_regions TEXT NOT NULL DEFAULT '[]',
    regions_note TEXT NOT NULL DEFAULT '',
    UNIQUE (account_id, partition)
);
CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    account INTEGER REFERENCES account (id),
    caller_arn TEXT NOT NULL DEFAULT '',
    failure TEXT NOT NULL DEFAULT 'null'
);
CREATE INDEX profile_account ON profile (account);
CREATE TABLE scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scan_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL,
    checks TEXT NOT NULL,
    global_checks TEXT NOT NULL DEFAULT '[]',
    every_check INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL,
    rules INTEGER REFERENCES rules (id)
);
CREATE TABLE scan_account (
    account INTEGER NOT NULL REFERENCES account (id),
    scan INTEGER NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
    profile INTEGER NOT NULL REFERENCES profile (id),
    regions TEXT NOT NULL,
    PRIMARY KEY (account, scan)
) WITHOUT ROWID;
CREATE INDEX scan_account_scan ON scan_account (scan);
CREATE TABLE check_info (
    check_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    service TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE check_compliance (
    check_id TEXT NOT NULL REFERENCES check_info (check_id) ON DELETE CASCADE,
    framework TEXT NOT NULL,
    control TEXT NOT NULL,
    PRIMARY KEY (check_id, framework, control)
) WITHOUT ROWID;
CREATE TABLE fact (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    scan INTEGER NOT NULL REFERENCES scan (id),
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (account, kind, region, type, fact_id, scan)
);
CREATE INDEX fact_scan ON fact (scan, account);
"""
RULES_TABLE = """
CREATE TABLE rules (
    id INTEGER PRIMARY KEY,
    digests TEXT NOT NULL UNIQUE
);
"""
PROFILE_FAILURE_TABLE = """
CREATE TABLE profile_failure (
    scan INTEGER NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
    profile INTEGER NOT NULL REFERENCES profile (id),
    failure TEXT NOT NULL,
    PRIMARY KEY (scan, profile)
) WITHOUT ROWID;
"""
UNREAD_COLUMNS = (
    ("profile", "region"),
    ("profile", "answered_at"),
    ("check_info", "scope"),
    ("check_info", "resource_type"),
)
"""The columns of the versions from `FIRST_VERSION_OF_ACCOUNTS` to 5 that nothing reads."""
FINDING_TABLES = """
CREATE TABLE topic (
    id INTEGER PRIMARY KEY,
    check_id TEXT NOT NULL,
    title TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    source TEXT NOT NULL,
    folded TEXT NOT NULL,
    UNIQUE (check_id, title, subject_type, subject_kind, source)
);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL,
    current INTEGER NOT NULL,
    since_scan INTEGER NOT NULL,
    last_scan INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    ended_scan INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    first_scan INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    closed_scan INTEGER,
    closed_at TEXT NOT NULL DEFAULT '',
    account INTEGER REFERENCES account (id),
    profile INTEGER NOT NULL REFERENCES profile (id),
    rank INTEGER NOT NULL,
    display_rank INTEGER NOT NULL,
    disposition TEXT NOT NULL DEFAULT 'open',
    topic INTEGER NOT NULL REFERENCES topic (id),
    check_id TEXT NOT NULL,
    region TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    evidence BLOB NOT NULL
);
CREATE TABLE own_text (
    id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    subject_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    folded TEXT
);
CREATE TABLE past_text (
    id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    subject_id TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE verified (
    id INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    at TEXT NOT NULL
);
"""
INDEXES = """
CREATE UNIQUE INDEX finding_key ON finding (key) WHERE current = 1;
CREATE INDEX finding_past ON finding (key) WHERE current = 0;
CREATE INDEX finding_topic ON finding (topic, current);
CREATE INDEX finding_scan ON finding (account, last_scan);
CREATE INDEX finding_counts ON finding (account, rank) WHERE current = 1;
CREATE INDEX finding_unusable ON finding (profile) WHERE current = 1 AND account IS NULL;
"""


LISTED = "finding_listed"
"""The index from which views are read, in the order of `Sort.SEVERITY`, with the columns of all orders.

SQLite sorts the other orders from it, which costs less than an index for each of them.
"""


def ordered(column: str) -> str:
    """Return the expression of a column for an index and for ORDER BY, which must agree."""
    return f"{column} COLLATE NOCASE" if column in IN_ANY_CASE else column


def _list_index() -> str:
    # `current` must not be a column of this index: SQLite would then sort the rows again.
    columns = ", ".join(map(ordered, [*SORT_COLUMNS[Sort.SEVERITY], *LAST_COLUMNS]))
    return f"CREATE INDEX {LISTED} ON finding ({columns}) WHERE current = 1"


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file, or migrate those of an older version.

    Raises `StoreError`, without a change, for a file of another program or of a newer version.
    """
    # One transaction, so that no other process makes the tables between the two reads of the version.
    with transaction(connection, "DEFERRED"):
        is_current = _version(connection, path) == VERSION
    if is_current:
        return
    _write_ahead(connection)
    with transaction(connection, "IMMEDIATE"):
        version = _version(connection, path)
        if version == VERSION:
            return
        _make_tables(connection, version)
    if 0 < version < FIRST_VERSION_OF_TOPICS:
        # The old tables leave half of the file empty, which remains if another program reads the file.
        with suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode, in which readers and a writer do not block each other.

    SQLite does not wait for a lock here while other programs open the same new file, so this waits for the
    connection's timeout.
    """
    milliseconds: int = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    deadline = time.monotonic() + milliseconds / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _make_tables(connection: sqlite3.Connection, version: int) -> None:
    """Create the tables, and fill them from those of an older version; 0 is an empty file."""
    if version < FIRST_VERSION_OF_TOPICS:
        _make_findings(connection, version)
    if version >= FIRST_VERSION_OF_ACCOUNTS:
        for table, column in UNREAD_COLUMNS:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    _execute(connection, PROFILE_FAILURE_TABLE)
    if version:
        migration.fill_profile_failures(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _make_findings(connection: sqlite3.Connection, version: int) -> None:
    """Create the tables and indexes but that of the profiles' failures, and fill them.

    Those of accounts, profiles, scans and facts are kept from `FIRST_VERSION_OF_ACCOUNTS` on.
    """
    keeps_scans = version >= FIRST_VERSION_OF_ACCOUNTS
    if keeps_scans:
        migration.set_findings_aside(connection)
        _execute(connection, RULES_TABLE)
        connection.execute("ALTER TABLE scan ADD COLUMN rules INTEGER REFERENCES rules (id)")
    else:
        if version:
            migration.set_aside(connection, version)
        _execute(connection, RULES_TABLE)
        _execute(connection, TABLES)
    _execute(connection, FINDING_TABLES)
    if keeps_scans:
        migration.copy_findings(connection)
    elif version:
        migration.copy(connection)
    # Indexes are created on filled tables, which is faster than row by row.
    _execute(connection, INDEXES)
    connection.execute(_list_index())
    connection.execute(mutes.INDEX)


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        connection.execute(statement)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables, 0 for an empty database."""
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
