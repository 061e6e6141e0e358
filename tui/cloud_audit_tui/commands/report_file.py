"""Reads the report that a command is given as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.file_beginning import file_beginning
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.reports.document import Report


def read_report_file(file: Path) -> tuple[str, Report]:
    """Return the kind of report in a file or a pipe, and the report; raises `Mistake`."""
    # Importing the readers is slow, and the app's child processes do not need them.
    from cloud_audit_tui.reports.reader import UnreadableReportError  # noqa: PLC0415
    from cloud_audit_tui.reports.reader_registry import MOST_BYTES, recognized  # noqa: PLC0415

    name = plain(str(file))
    try:
        if not (file.is_file() or file.is_fifo()):
            raise Mistake(f"{name} is not a file. Name a report to open.")
        reader, report = recognized(file_beginning(file, MOST_BYTES + 1))
    except UnreadableReportError as error:
        raise Mistake(f"{name} cannot be opened. {plain(str(error))}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Mistake(f"{name} cannot be read: {plain(str(reason))}.") from None
    return reader.description, report
