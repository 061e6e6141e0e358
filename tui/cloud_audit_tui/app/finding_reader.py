"""Reads findings and renders their fixes in threads, so that the event loop stays responsive."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cloud_audit_tui.app.presentation.finding_text import SelectedFinding, service_of
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.store.finding_key import finding_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation
    from cloud_audit_tui.scan.report_verification import Reading
    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import Row


class FindingReader:
    """Reads the store's findings for the screens, and keeps the fix of the last one.

    For a report's finding that our own check has read again, it returns the result of that check.
    """

    def __init__(self, store: Store, pasteable: Mapping[str, str]) -> None:
        """Read from ``store``; ``pasteable`` are the environment variables that a copied script sets."""
        self._store = store
        self._pasteable = pasteable
        self._rendering = asyncio.Lock()
        self._last_fix: tuple[Finding, dict[str, str], Remediation] | None = None
        self._own: dict[str, tuple[Finding, str]] = {}
        """Our own checks' results for a report's findings, with the time of the read, by finding key."""

    def learn(self, readings: Iterable[Reading], read_at: str) -> None:
        """Replace a report's findings with results of our own checks; ``read_at`` is an ISO 8601 time."""
        self._own |= {
            finding_key(reading.finding): (reading.own, read_at)
            for reading in readings
            if reading.own is not None
        }

    def own(self, finding: Finding) -> Finding:
        """Return our own check's result for a report's finding, or the finding itself if there is none."""
        return self._own.get(finding_key(finding), (finding, ""))[0] if self._own else finding

    async def rows(self, row_ids: Sequence[int]) -> list[Row]:
        """Return the rows with these ids, in this order, without those that the store no longer has."""
        return await asyncio.to_thread(self._store.rows, list(row_ids))

    async def findings(self, row_ids: Sequence[int]) -> list[Finding]:
        """Return the findings of these rows."""
        return [self.own(finding) for finding in await self.reported(row_ids)]

    async def reported(self, row_ids: Sequence[int]) -> list[Finding]:
        """Return the stored findings of these rows, without results of our own checks."""
        return list(await asyncio.to_thread(self._store.findings, row_ids))

    async def selected(self, row_id: int | None) -> SelectedFinding | None:
        """Return the current finding of a row; None if the store has none."""
        return None if row_id is None else await asyncio.to_thread(self._selected, row_id)

    def _selected(self, row_id: int) -> SelectedFinding | None:
        rows = self._store.rows([row_id])
        finding = self._store.finding(row_id)
        if not rows or finding is None:
            return None
        row, service = rows[0], service_of(finding.check_id)
        history = self._store.history(row_id)
        finding, verified_at = self._own.get(row.key, (finding, row.verified_at))
        return SelectedFinding(row.key, row_id, finding, row.account_alias, service, verified_at, history)

    async def fix(self, finding: Finding) -> Remediation:
        """Return the fix of a finding; the detail pane and the copy keys share one rendering."""
        async with self._rendering:
            environment = dict(self._pasteable)
            last = self._last_fix
            if last is None or last[:2] != (finding, environment):
                fix = await asyncio.to_thread(_render_texts, finding, environment)
                last = self._last_fix = (finding, environment, fix)
            return last[2]


def render(finding: Finding, environment: Mapping[str, str]) -> Remediation:
    """Return the fix of a finding."""
    # The first paint does not wait for the import of the templates' engine.
    from cloud_audit_tui.remediation.render import render  # noqa: PLC0415

    return render(finding, environment)


def _render_texts(finding: Finding, environment: Mapping[str, str]) -> Remediation:
    """Return a remediation with all parts rendered, so that the event loop renders nothing."""
    remediation = render(finding, environment)
    for language in Language:
        remediation.inputs(language)
    _ = remediation.cli, remediation.terraform, remediation.note, remediation.effects
    return remediation
