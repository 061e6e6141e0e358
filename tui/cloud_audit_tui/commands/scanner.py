"""``cloud-audit-tui scanner``: the child process that runs a job of another process, such as the app's."""

from __future__ import annotations

import asyncio
import logging

import click

from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.commands.event_stream import write_events
from cloud_audit_tui.commands.executor_option import executor_option, starting_on
from cloud_audit_tui.commands.options import Mistake, mistakes_in_words
from cloud_audit_tui.commands.scanner_process import prepare_scanner_process, ready_to_scan
from cloud_audit_tui.scan.job_server import JobError, read_job, serve
from cloud_audit_tui.scan.role_session_channel import received_sessions


@click.command()
@executor_option
@click.argument("descriptor", type=int)
def scanner(executor: str, descriptor: int) -> None:
    """Run the job in the first line of standard input, and write its events to standard output.

    DESCRIPTOR is the socket over which role sessions come and go. `cloud_audit_tui.scan.executors.subprocess`
    is the parent's end.
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    prepare_scanner_process()
    with mistakes_in_words(), ready_to_scan(executor):
        asyncio.run(_serve(descriptor, executor))


async def _serve(descriptor: int, executor: str) -> None:
    # Import the checks while the parent process has not sent the job yet.
    catalogue.all_checks()
    try:
        sessions = received_sessions(descriptor)
        job = read_job()
    except JobError as error:
        raise Mistake(str(error)) from None
    async with starting_on(executor) as start_job:
        running = start_job(job, {}, sessions)
        await write_events(running, serve(running, ends_with_stdin=True))
