"""The interface of a running job for the app and the commands, whichever executor runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.scan.events import AnyEvent


class RunningJob(Protocol):
    """One job. It starts when its events are first requested, and runs once."""

    def events(self) -> AsyncIterator[AnyEvent]:
        """Yield the job's events; the last is a `ScanFinished`, however the job ends."""
        ...

    async def cancel(self) -> None:
        """Stop the job; the events end with a `ScanFinished` whose outcome is ``cancelled``."""
        ...

    async def answer(self, input_id: str, value: str) -> None:
        """Answer the `InputNeeded` of this id; an empty value declines."""
        ...

    async def close(self) -> None:
        """Stop the job without waiting for its events, and release its resources."""
        ...
