"""Defines a reader of reports; each module of `readers` declares one as ``READER``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import ProfileScope
from cloud_audit_tui.scan.events import ProfileFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloud_audit_tui.reports.document import Entry, Report


class UnreadableReportError(ValueError):
    """A file is not a readable report; the message says why, and which kinds can be read."""


@dataclass(frozen=True)
class Reader:
    """A reader of one kind of report.

    ``recognizes`` inspects the top level of a decoded JSON document and never raises. ``read`` may raise
    `msgspec.ValidationError`, which names the place that is wrong. All text in a report is untrusted.
    """

    name: str
    description: str
    recognizes: Callable[[Any], bool]
    read: Callable[[Any], Report]


def is_object_with(document: Any, *keys: str) -> bool:
    """Say whether a decoded JSON document is an object that has these keys."""
    return isinstance(document, dict) and all(key in document for key in keys)


def profile_failures(entries: Iterable[Entry]) -> tuple[ProfileFailed, ...]:
    """Return the failures of profiles in a report that tells them by their findings alone."""
    return tuple(
        ProfileFailed(entry.finding.profile, "", entry.finding.reason)
        for entry in entries
        if isinstance(entry.finding.subject, ProfileScope)
    )
