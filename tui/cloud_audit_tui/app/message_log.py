"""The notifications of this run, kept for the list of messages."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.app.host import SeverityLevel

KEPT = 200
"""The most notifications that are kept; older ones are dropped."""


class PastNotice(NamedTuple):
    """A notification and its time, in seconds since 1970."""

    at: float
    title: str
    text: str
    severity: SeverityLevel


class MessageLog:
    """Keeps the newest notifications."""

    def __init__(self) -> None:
        self._notices: deque[PastNotice] = deque(maxlen=KEPT)

    def add(self, notice: PastNotice) -> None:
        """Keep a notification."""
        self._notices.append(notice)

    def newest_first(self) -> Iterator[PastNotice]:
        """Return the notifications, the newest first."""
        return reversed(self._notices)
