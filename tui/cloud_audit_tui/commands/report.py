"""The report of one scan, rendered to bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cloud_audit_tui.reports.document import Collected
from cloud_audit_tui.reports.formats.json import write_json
from cloud_audit_tui.reports.formats.table import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.events import AnyEvent


class ScanReport:
    """Collects a scan's events and renders them."""

    def __init__(self) -> None:
        self._collected = Collected()

    def apply(self, event: AnyEvent) -> None:
        """Take one event into account."""
        self._collected.add(event)

    @property
    def findings(self) -> list[Finding]:
        """Every result, worst failures first."""
        return self._collected.findings

    def render(
        self, form: str, environment: Mapping[str, str], *, remediation: bool, path: Path | None
    ) -> bytes:
        """Return the report in one format; ``path`` is the file that it goes to, None for stdout."""
        file = io.StringIO()
        if form == "json":
            write_json(self._collected, file, environment)
        else:
            write_table(self._collected, file, environment, remediation=remediation)
        return file.getvalue().encode("utf-8", "replace")
