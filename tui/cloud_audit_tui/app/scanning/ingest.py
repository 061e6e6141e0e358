"""Stores the events of a scanner in batches: a transaction per event would be too slow."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from cloud_audit_tui.scan.events import AnyEvent, InputNeeded, ScanFinished, ScanStarted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from cloud_audit_tui.store.store import Store

BATCH_SECONDS = 0.1
"""Seconds for which events are collected into one batch."""
BATCH = 1_000
"""The most events in a batch."""
WAITING = 4_000
"""Events read ahead of the store; beyond that the scanner waits."""


async def ingest_events(
    events: AsyncIterator[AnyEvent],
    store: Store,
    after_batch: Callable[[Sequence[AnyEvent]], None],
    input_needed: Callable[[InputNeeded], None],
) -> ScanFinished | None:
    """Store the events of a scan and return its `ScanFinished`, None if it ends without one.

    ``after_batch`` receives each batch once it is stored, and ``input_needed`` each question at once. Raises
    what `Store.apply` raises.
    """
    waiting: asyncio.Queue[AnyEvent | None] = asyncio.Queue(WAITING)

    async def read() -> None:
        try:
            async for event in events:
                if isinstance(event, InputNeeded):
                    input_needed(event)
                await waiting.put(event)
        finally:
            # A read that is cancelled from outside ends at once: nothing empties a full queue any more.
            if not reading.cancelling():
                await waiting.put(None)

    reading = asyncio.create_task(read())
    scan_id = ""
    try:
        while True:
            batch, ended = await _next_batch(waiting)
            scan_id = next((e.scan_id for e in batch if isinstance(e, ScanStarted)), scan_id)
            await asyncio.to_thread(store.apply, batch, scan_id=scan_id)
            after_batch(batch)
            if finished := next((e for e in batch if isinstance(e, ScanFinished)), None):
                return finished
            if ended:
                await reading
                return None
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _next_batch(waiting: asyncio.Queue[AnyEvent | None]) -> tuple[list[AnyEvent], bool]:
    """Return the events of the next batch, and whether they were the last."""
    batch: list[AnyEvent] = []
    with suppress(TimeoutError):
        first = await waiting.get()
        if first is None:
            return batch, True
        batch.append(first)
        async with asyncio.timeout(BATCH_SECONDS):
            while len(batch) < BATCH and not isinstance(batch[-1], ScanFinished):
                event = await waiting.get()
                if event is None:
                    return batch, True
                batch.append(event)
    return batch, False
