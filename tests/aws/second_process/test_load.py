"""How busy a thread is, and how many cores it has."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.aws.second_process import load
from cloud_audit_tui.aws.second_process.load import Load, available_cores
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stop the clocks, and return the file of the scheduler."""
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    monkeypatch.setattr(time, "thread_time", lambda: 1.0)
    scheduler = tmp_path / "schedstat"
    scheduler.write_text("5 1000000000 7\n")
    monkeypatch.setattr(load, "_SCHEDULER", scheduler)
    return scheduler


def test_waiting_for_a_core_is_as_busy_as_running(clocks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Load()
    monkeypatch.setattr(time, "monotonic", lambda: 12.0)
    monkeypatch.setattr(time, "thread_time", lambda: 1.5)
    clocks.write_text("5 1500000000 7\n")
    assert one.look() == pytest.approx(0.5)
    assert one.look() == 0.0


@pytest.mark.parametrize("text", [None, "", "one two three"])
def test_without_the_scheduler_running_counts(
    clocks: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    if text is None:
        clocks.unlink()
    else:
        clocks.write_text(text)
    one = Load()
    monkeypatch.setattr(time, "monotonic", lambda: 11.0)
    monkeypatch.setattr(time, "thread_time", lambda: 1.25)
    assert one.look() == pytest.approx(0.25)


def test_the_quota_of_a_container_bounds_the_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = [("max 100000", 4), ("100000 100000", 1), ("150000 100000", 1), ("250000 100000", 2), ("", 4)]
    limit = tmp_path / "cpu.max"
    monkeypatch.setattr(load, "_QUOTA", limit)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    with each_row() as row:
        for quota, cores in rows:
            with row(quota):
                limit.write_text(quota)
                assert available_cores() == cores


def test_without_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load, "_QUOTA", tmp_path / "none")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert available_cores() == 8
