"""Streams the events of a job to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.commands.output import write_stdout
from cloud_audit_tui.commands.running import cancelled_by_signals
from cloud_audit_tui.scan.events import to_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.running_job import RunningJob


async def write_events(job: RunningJob, events: AsyncIterator[AnyEvent]) -> None:
    """Write events to standard output, flush each line, and close the job."""
    try:
        with cancelled_by_signals(job):
            async for event in events:
                write_stdout(to_line(event))
    finally:
        await job.close()
