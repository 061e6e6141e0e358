"""The report that the app shows in place of scans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.reports.document import Narrowing


@dataclass(frozen=True)
class OpenedFile:
    """A report that is shown in place of scans: the name of its file, and its kind.

    ``profiles`` are those with which our own checks may read its resources; without any, the user is asked.
    ``narrowing`` is how the findings of the report were chosen, None for all.
    """

    name: str
    kind: str
    profiles: tuple[str, ...] = ()
    narrowing: Narrowing | None = None

    @property
    def narrowing_words(self) -> str:
        """Which findings alone the report has, safe to show; empty for all."""
        return "" if self.narrowing is None else plain(self.narrowing.words)
