"""The report in a file's content, without the reader that recognizes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.reports.reader_registry import recognized

if TYPE_CHECKING:
    from cloud_audit_tui.reports.document import Report


def read_report(content: bytes) -> Report:
    """Return the report in a file's content; raises `UnreadableReportError`."""
    return recognized(content)[1]
