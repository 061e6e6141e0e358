"""Runs a job from the command line: its executor, its prompts and its cancellation."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.aws.aiohttp_import import import_aiohttp
from cloud_audit_tui.scan.events import InputKind, InputNeeded
from cloud_audit_tui.standard_streams import is_terminal
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from cloud_audit_tui.aws.role_sessions import RoleSessions
    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.jobs import Job
    from cloud_audit_tui.scan.running_job import RunningJob

_STDIN = 0
_LONGEST_ANSWER = 4096


def start(
    job: Job, changes: Mapping[str, str | None], role_sessions: RoleSessions | None = None
) -> RunningJob:
    """Return a job that runs in this process, or in a child process for another environment.

    ``role_sessions`` are the sessions of roles that require MFA. Raises `ConfigError`, `UnknownProfileError`
    and `UnknownCheckError` for a job that cannot run.
    """
    if changes:
        # botocore reads SSO tokens from the HOME that was set when it was imported.
        return start_child(job, changes, role_sessions)
    # Importing aioboto3 takes half a second, which --help and invalid options avoid.
    import_aiohttp()
    from cloud_audit_tui.scan.executors.local import local_job  # noqa: PLC0415

    return local_job(job, os.environ, role_sessions)


def start_child(
    job: Job, changes: Mapping[str, str | None], role_sessions: RoleSessions | None = None
) -> RunningJob:
    """Return a job that runs in a child process with these changes of the environment."""
    from cloud_audit_tui.scan.executors.subprocess import SubprocessJob  # noqa: PLC0415

    return SubprocessJob(job, changes, role_sessions=role_sessions)


async def events_of(job: RunningJob) -> AsyncIterator[AnyEvent]:
    """Yield a job's events, and answer its prompts in the terminal one at a time.

    Ctrl+C, SIGTERM and SIGHUP cancel the job, so that its results so far are reported.
    """
    questions: asyncio.Queue[InputNeeded] = asyncio.Queue()
    answering = asyncio.create_task(_answer_in_terminal(job, questions))
    try:
        with cancelled_by_signals(job):
            async for event in job.events():
                if isinstance(event, InputNeeded):
                    questions.put_nowait(event)
                yield event
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


@contextmanager
def cancelled_by_signals(job: RunningJob) -> Iterator[None]:
    """Cancel the job on SIGINT, SIGTERM and SIGHUP while the context is active."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def cancel() -> None:
        tasks.add(loop.create_task(job.cancel()))

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for name in signals:
        loop.add_signal_handler(name, cancel)
    try:
        yield
    finally:
        for name in signals:
            loop.remove_signal_handler(name)


async def _answer_in_terminal(job: RunningJob, questions: asyncio.Queue[InputNeeded]) -> None:
    while True:
        question = await questions.get()
        # A command does not wait for a login elsewhere, so it declines a request to renew credentials.
        is_code = question.kind is InputKind.MFA_CODE
        await job.answer(question.id, await ask_in_terminal(question.prompt) if is_code else "")


async def ask_in_terminal(prompt: str) -> str:
    """Return the line that the user enters, or an empty text without a terminal.

    Unlike a thread that reads the terminal, the wait can be cancelled.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return ""
    click.echo(f"\r\x1b[K{plain(prompt)}: ", nl=False, err=True)
    loop = asyncio.get_running_loop()
    readable = loop.create_future()

    def wake() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(_STDIN, wake)
    try:
        await readable
    finally:
        loop.remove_reader(_STDIN)
    return os.read(_STDIN, _LONGEST_ANSWER).decode("utf-8", "replace").strip()
