"""The findings that are being read again, and the jobs that read them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cloud_audit_tui.store.finding_key import finding_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.running_job import RunningJob


class RunningVerifications:
    """Keeps the findings that are being read, and calls ``on_change`` when they change."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self.findings: dict[str, Finding] = {}
        """The findings that are being read, by their keys."""
        self._on_change = on_change
        self._jobs: set[RunningJob] = set()

    def unread(self, findings: Sequence[Finding]) -> dict[str, Finding]:
        """Return the findings that are not being read already, by their keys."""
        keyed = {finding_key(finding): finding for finding in findings}
        return {key: finding for key, finding in keyed.items() if key not in self.findings}

    @contextmanager
    def reading(self, unread: Mapping[str, Finding]) -> Iterator[None]:
        """Show that these findings are being read."""
        self.findings.update(unread)
        self._on_change()
        try:
            yield
        finally:
            for key in unread:
                del self.findings[key]
            self._on_change()

    def add_job(self, running: RunningJob) -> None:
        """Add a job that `cancel` stops."""
        self._jobs.add(running)

    def discard_job(self, running: RunningJob) -> None:
        """Forget a job that ends; it may be of another kind."""
        self._jobs.discard(running)

    async def cancel(self) -> None:
        """Ask the verifications to stop; their results so far are kept."""
        for running in list(self._jobs):
            await running.cancel()
