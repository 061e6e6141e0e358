"""The events of a scanner are stored, and a store that fails ends the scan however fast the scanner is."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.conftest import COMES_WITHIN, started
from cloud_audit_tui.app.scanning import ingest
from cloud_audit_tui.scan.events import Progress
from cloud_audit_tui.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence

    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.store.store import Store


class FailingStore:
    """A store that fails once the scanner waits for it."""

    def __init__(self) -> None:
        self.scanner_waits = threading.Event()

    def apply(self, _batch: Sequence[AnyEvent], *, scan_id: str) -> None:
        assert self.scanner_waits.wait(COMES_WITHIN)
        raise StoreError(f"{scan_id}: the disk is full")


async def test_a_store_that_fails_while_the_scanner_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "BATCH", 1)
    monkeypatch.setattr(ingest, "WAITING", 1)
    store = FailingStore()

    async def events() -> AsyncIterator[AnyEvent]:
        yield started()
        yield Progress(1, 0, 0, 0.0)
        # The queue has room for the first of these alone.
        store.scanner_waits.set()
        yield Progress(2, 0, 0, 0.0)

    with pytest.raises(StoreError, match="the disk is full"):
        await _ended(ingest.ingest_events(events(), cast("Store", store), _ignore, _ignore))


async def test_a_scanner_that_fails_ends_the_scan() -> None:
    async def events() -> AsyncIterator[AnyEvent]:
        yield started()
        raise RuntimeError("the scanner has gone")

    class Keeps:
        def apply(self, _batch: Sequence[AnyEvent], *, scan_id: str) -> None:
            pass

    with pytest.raises(RuntimeError, match="the scanner has gone"):
        await _ended(ingest.ingest_events(events(), cast("Store", Keeps()), _ignore, _ignore))


async def _ended(work: Coroutine[Any, Any, object]) -> None:
    """Await work that may swallow a cancellation."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=COMES_WITHIN)
    assert task.done(), "it waits for ever"
    await task


def _ignore(_what: Any) -> None:
    pass
