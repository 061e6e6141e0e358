"""A store with more findings than a test has time to record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def copy_findings(file: Path, copies: int) -> None:
    """Add so many copies of each finding to a store, each of a resource of its own.

    To record as many results takes SQLite and Python much longer.
    """
    numbers = (
        "WITH RECURSIVE number(copy) AS (VALUES (1) UNION ALL SELECT copy + 1 FROM number WHERE copy < ?) "
        "SELECT {} FROM number CROSS JOIN finding JOIN own_text ON own_text.id = finding.id"
    )
    row_id = "finding.id + (SELECT max(id) FROM finding) * copy"
    name = "subject_name || '-' || copy"
    changed = {"id": row_id, "key": "randomblob(length(key))", "subject_name": name}
    with closing(sqlite3.connect(file)) as connection, connection:
        columns = [column for _, column, *_ in connection.execute("PRAGMA table_info(finding)")]
        values = ", ".join(changed.get(column, f"finding.{column}") for column in columns)
        # An index that is made anew costs less than one that grows by every row.
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master "
            "WHERE type = 'index' AND tbl_name = 'finding' AND sql IS NOT NULL"
        ).fetchall()
        for index, _ in indexes:
            connection.execute(f"DROP INDEX {index}")
        texts = f"{row_id}, subject_id || '-' || copy, reason, folded"
        connection.execute(f"INSERT INTO own_text {numbers.format(texts)}", (copies,))
        connection.execute(f"INSERT INTO finding ({', '.join(columns)}) {numbers.format(values)}", (copies,))
        for _, statement in indexes:
            connection.execute(statement)
