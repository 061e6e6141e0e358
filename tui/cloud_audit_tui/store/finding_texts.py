"""The texts of findings: shared texts are stored once, the others in a separate row for each finding.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.filters.search_text import search_text
from cloud_audit_tui.model import ProfileScope

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from cloud_audit_tui.model import Finding

TOPIC_COLUMNS = "check_id, title, subject_type, subject_kind, source"
"""The columns that identify a topic."""
SUBJECT_ID, REASON = (
    f"coalesce((SELECT {name} FROM own_text WHERE own_text.id = finding.id), "  # noqa: S608 - constants
    f"(SELECT {name} FROM past_text WHERE past_text.id = finding.id))"
    for name in ("subject_id", "reason")
)
"""The texts of a row of ``finding``, current or not."""

_PLACES = ", ".join("?" * len(TOPIC_COLUMNS.split(",")))
_FIND_TOPIC = f"SELECT id FROM topic WHERE ({TOPIC_COLUMNS}) = ({_PLACES})"  # noqa: S608 - constants
_ADD_TOPIC = f"INSERT INTO topic ({TOPIC_COLUMNS}, folded) VALUES ({_PLACES}, ?)"  # noqa: S608 - constants
_WRITE = "INSERT OR REPLACE INTO own_text (id, subject_id, reason, folded) VALUES (?, ?, ?, ?)"
_KEEP = (
    "INSERT INTO past_text (id, subject_id, reason) SELECT ?, subject_id, reason FROM own_text WHERE id = ?"
)
_DROP_UNUSED = "DELETE FROM topic WHERE NOT EXISTS (SELECT 1 FROM finding WHERE finding.topic = topic.id)"

Topic = tuple[str, str, str, str, str]
"""The values of `TOPIC_COLUMNS`."""


class Topics:
    """The row ids of the topics that one transaction uses; no topic is dropped before it ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[Topic, int] = {}

    def of(self, finding: Finding) -> int:
        """Return the row id of the topic of a finding."""
        own_type = "" if isinstance(finding.subject, ProfileScope) else finding.subject.type
        return self.id_of(
            (finding.check_id, finding.title, own_type, finding.subject_kind.value, finding.source)
        )

    def id_of(self, topic: Topic) -> int:
        """Return the row id of a topic, which is added if it is missing."""
        if topic not in self._ids:
            row = self._connection.execute(_FIND_TOPIC, topic).fetchone()
            self._ids[topic] = self._add(topic) if row is None else int(row[0])
        return self._ids[topic]

    def _add(self, topic: Topic) -> int:
        check_id, title, *_ = topic
        topic_id = self._connection.execute(_ADD_TOPIC, (*topic, search_text((check_id, title)))).lastrowid
        assert topic_id is not None
        return topic_id


def drop_unused_topics(connection: sqlite3.Connection) -> None:
    """Drop the topics without a finding."""
    connection.execute(_DROP_UNUSED)


def write(connection: sqlite3.Connection, row_id: int, finding: Finding) -> None:
    """Write the own texts of a current row."""
    folded = own_folded(
        finding.resource_id, finding.reason, finding.resource_name, finding.region, finding.account_id
    )
    connection.execute(_WRITE, (row_id, finding.resource_id, finding.reason, folded))


def keep(connection: sqlite3.Connection, row_id: int, to: int) -> None:
    """Copy the texts of the current row to that of a past version, before they change."""
    connection.execute(_KEEP, (to, row_id))


def retire(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    """Move the texts of rows that are no longer current to the table that no search reads."""
    ids = list(rows)
    connection.executemany(_KEEP, [(row_id, row_id) for row_id in ids])
    connection.executemany("DELETE FROM own_text WHERE id = ?", [(row_id,) for row_id in ids])


def own_folded(subject_id: str, reason: str, name: str, region: str, account_id: str) -> str | None:
    """Return the text to search for a filter's words in addition to id and reason, None if these suffice.

    LIKE ignores the letter case of ASCII alone, and stops at NUL. Most ids contain the name; regions and
    accounts are few and compared separately.
    """
    texts = subject_id, reason, name, region, account_id
    if name in subject_id and all(text.isascii() and "\0" not in text and "\n" not in text for text in texts):
        return None
    return search_text(texts)
