"""One scan of all that the demo has, for every test that only looks at what it found."""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.jobs import ScanJob
from once_a_run import once_a_run
from scan_runs import scan
from shared_demo import lead_to

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.events import AnyEvent


@dataclass(frozen=True)
class DemoScan:
    """The events of the scan, and all that the program logged meanwhile."""

    events: list[AnyEvent]
    log: str

    @property
    def findings(self) -> list[Finding]:
        """What was found, in the order of the events."""
        return [event.finding for event in self.events if isinstance(event, Result)]


@pytest.fixture(scope="session")
def demo_scan(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> DemoScan:
    """The scan of every profile of the demo."""
    return once_a_run(tmp_path_factory, pytestconfig, "demo-scan", lambda: _scan(embedded_aws))


def _scan(aws: EmbeddedAws) -> DemoScan:
    async def run() -> list[AnyEvent]:
        return [event async for event in scan(ScanJob(profiles=aws.profiles))]

    logger, text = logging.getLogger("cloud_audit_tui"), io.StringIO()
    handler = logging.StreamHandler(text)
    with pytest.MonkeyPatch.context() as patch:
        lead_to(aws, patch)
        patch.setattr(logger, "level", logging.DEBUG)
        logger.addHandler(handler)
        try:
            return DemoScan(asyncio.run(run()), text.getvalue())
        finally:
            logger.removeHandler(handler)
