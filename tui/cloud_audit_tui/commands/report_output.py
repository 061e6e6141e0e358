"""Writes a report to a file or to standard output, in color on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from cloud_audit_tui.commands.output import write_file, write_stdout
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import format_of, formats
from cloud_audit_tui.standard_streams import is_terminal, obeys_escapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cloud_audit_tui.remediation.ready_fixes import ReadyFixes
    from cloud_audit_tui.reports.document import Report
    from cloud_audit_tui.reports.format import Format

DEFAULT_FORMAT = "table"


def report_format(name: str | None, path: Path | None) -> Format:
    """Return the named format, by default the format of the file's name, else a table."""
    by_path = format_of(path) if name is None and path is not None else None
    return by_path or formats()[name or DEFAULT_FORMAT]


def write_report(
    document: Report,
    form: Format,
    path: Path | None,
    environment: Mapping[str, str],
    *,
    remediation: bool,
    ready_fixes: ReadyFixes | None = None,
) -> None:
    """Write a report to a file, or to standard output where ``path`` is None; raises `Mistake`."""
    for_terminal = path is None and is_terminal(sys.stdout)
    options = Options(
        environment=environment,
        ready_fixes=ready_fixes,
        remediation=remediation,
        color=path is None and obeys_escapes(sys.stdout) and "NO_COLOR" not in os.environ,
        width=shutil.get_terminal_size((120, 40)).columns if for_terminal else 0,
    )
    content = form.to_text(document, options).encode("utf-8", "replace")
    if path is None:
        write_stdout(content)
    else:
        write_file(path, content)
