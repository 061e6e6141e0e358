"""A scan started from the command line: where it runs, who answers its questions, and how it is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cloud_audit_tui.scan.process import laid_over
from cloud_audit_tui.scan.sharing import SharedScan, processes_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cloud_audit_tui.scan.events import InputNeeded
    from cloud_audit_tui.scan.jobs import Request
    from cloud_audit_tui.scan.worker import Scan


def scan_of(
    request: Request,
    environment: Mapping[str, str | None],
    answer: Callable[[InputNeeded], Awaitable[str]],
) -> Scan:
    """Return a scan, in this process or in several; raises as `Engine` does.

    ``environment`` is laid over this process's own, and a value of ``None`` takes a variable away.
    """
    # aioboto3 takes half a second to import, which --help and a wrong option need not wait for.
    from cloud_audit_tui.scan.engine import Engine  # noqa: PLC0415

    engine = Engine(request, laid_over(os.environ, environment), answer)
    processes = processes_for(request, engine.checks, engine.profiles)
    # botocore looks for SSO tokens where HOME was when it was imported, so another HOME needs
    # another process.
    if processes > 1 or environment:
        named = msgspec.structs.replace(request, profiles=engine.profiles)
        return SharedScan(named, processes, answer, environment)
    return engine


async def ask_in_terminal(needed: InputNeeded) -> str:
    """Return what the user types for a profile, nothing where there is no terminal to type in."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    ask: Any = click.prompt
    return str(await asyncio.to_thread(ask, needed.prompt, default="", show_default=False, err=True))


class interruptible:  # noqa: N801 - read as a statement
    """Turn Ctrl+C and a polite kill into a cancelled scan, so that what was found is reported."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, self._scan.cancel)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
