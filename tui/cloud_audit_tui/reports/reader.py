"""What a reader of reports is; each module of `readers` declares one as ``READER``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.reports.document import Report


class UnreadableReportError(ValueError):
    """A file holds no report that can be read; the text says why and what can be read."""


@dataclass(frozen=True)
class Reader:
    """A kind of report.

    ``recognises`` looks at the top of a decoded JSON document and never raises. ``read`` may raise
    `msgspec.ValidationError`, which names the place that is wrong. Every text of a report is untrusted.
    """

    name: str
    description: str
    recognises: Callable[[Any], bool]
    read: Callable[[Any], Report]


def is_object_with(document: Any, *keys: str) -> bool:
    """Say whether a decoded JSON document is an object that has these keys."""
    return isinstance(document, dict) and all(key in document for key in keys)
