"""Renders the remediations of a scan's findings while the scan waits for AWS."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation

PAUSE = 0.002
"""Seconds between two checks of whether the event loop is idle."""
IDLE = 0.0005
"""Seconds of CPU time in a pause up to which the event loop counts as idle."""
TURN = 0.005
"""Seconds of work after which the event loop processes responses of AWS."""


class ReadyFixes:
    """Returns the remediation of each finding, rendered in advance while the event loop is idle."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._remediations: dict[int, Remediation] = {}
        self._waiting: deque[Finding] = deque()
        self._has_work = asyncio.Event()

    def of(self, finding: Finding) -> Remediation:
        """Return the remediation of a finding."""
        # A remediation holds its finding, so no other finding can get its id.
        if (remediation := self._remediations.get(id(finding))) is None:
            remediation = self._remediations[id(finding)] = render(finding, self._environment)
        return remediation

    def announce(self, finding: Finding) -> None:
        """Queue a finding whose remediation will be needed."""
        self._waiting.append(finding)
        self._has_work.set()

    async def make_when_idle(self) -> None:
        """Render the remediations of the queue until cancelled."""
        while await self._has_work.wait():
            before = time.thread_time()
            await asyncio.sleep(PAUSE)
            now = time.thread_time()
            if now - before > IDLE:
                continue
            while self._waiting and time.thread_time() - now < TURN:
                remediation = self.of(self._waiting.popleft())
                _ = remediation.cli, remediation.terraform, remediation.note
            if not self._waiting:
                self._has_work.clear()
