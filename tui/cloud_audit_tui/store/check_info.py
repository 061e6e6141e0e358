"""The checks' metadata in the store, from the front matter of the explanations, for filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.explanation import About, about_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def refresh(connection: sqlite3.Connection, checks: Iterable[str]) -> None:
    """Write the catalogue's metadata of these checks; the row of a check that it lacks stays."""
    rows = {row[0]: row[1:] for row in connection.execute("SELECT * FROM check_info")}
    for about in filter(None, map(about_of, checks)):
        info = _info(about)
        if rows.get(about.id) != info:
            connection.execute(
                "INSERT INTO check_info VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "(title, service, category, severity) = "
                "(excluded.title, excluded.service, excluded.category, excluded.severity)",
                (about.id, *info),
            )
        connection.execute("DELETE FROM check_compliance WHERE check_id = ?", (about.id,))
        connection.executemany(
            "INSERT INTO check_compliance VALUES (?, ?, ?)",
            [
                (about.id, framework, control)
                for framework, controls in about.compliance.items()
                for control in dict.fromkeys(controls)
            ],
        )


def _info(about: About) -> tuple[str, ...]:
    return about.title, about.service, about.category.value, about.severity.value
