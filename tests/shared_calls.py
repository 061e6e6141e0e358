"""A second process that starts at once, and what it did, for tests of several rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.second_process import sharing
from cloud_audit_tui.aws.second_process.connection import SecondProcess
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.scan.executors import local

if TYPE_CHECKING:
    import pytest

LONGEST = 60
"""Seconds after which a test gives up waiting for a process."""


@dataclass
class SecondProcesses:
    """The second processes that were started."""

    processes: list[SecondProcess] = field(default_factory=list)

    @property
    def only(self) -> SecondProcess:
        (process,) = self.processes
        return process


def eager_sharing(monkeypatch: pytest.MonkeyPatch) -> SecondProcesses:
    """Let every local job begin with a second process, whatever that pays."""
    processes = SecondProcesses()
    start = SecondProcess.start

    async def start_and_keep(*arguments: Any) -> SecondProcess:
        process = await start(*arguments)
        processes.processes.append(process)
        return process

    enter = Sessions.__aenter__

    async def enter_and_watch(sessions: Sessions) -> Sessions:
        await enter(sessions)
        shared = sessions._sharing
        if shared is not None and shared._watching is not None and shared._cores > 1:
            await shared._watching
        return sessions

    monkeypatch.setattr(SecondProcess, "start", start_and_keep)
    monkeypatch.setattr(Sessions, "__aenter__", enter_and_watch)
    for name in ("LOOK_EVERY", "PAYS_FROM", "SATURATED", "WORTH_A_CLIENT"):
        monkeypatch.setattr(sharing, name, 0)
    monkeypatch.setattr(local, "available_cores", lambda: 2)
    return processes
