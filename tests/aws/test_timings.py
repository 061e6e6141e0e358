"""The times of calls: what is counted, and what counts as computing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from cloud_audit_tui.aws.timings import CallTimes


def compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_computing_counts_and_waiting_does_not() -> None:
    times = CallTimes().of("s3", "ListBuckets")

    async def call() -> dict[str, Any]:
        compute(0.02)
        await asyncio.sleep(0)
        compute(0.02)
        return {"Buckets": []}

    async def neighbor() -> None:
        compute(0.2)

    answer, _ = await asyncio.gather(times.attempt(call()), neighbor())
    assert answer == {"Buckets": []}
    assert times.calls == 1
    assert 0.04 <= times.cpu < 0.2


async def test_an_error_and_a_cancellation_pass_through() -> None:
    times = CallTimes().of("s3", "ListBuckets")
    ended: list[str] = []

    async def failing() -> dict[str, Any]:
        await asyncio.sleep(0)
        raise KeyError("no")

    async def hanging() -> dict[str, Any]:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return {}

    with pytest.raises(KeyError):
        await times.attempt(failing())
    task = asyncio.create_task(times.attempt(hanging()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cancelled"]
    assert times.calls == 2


def test_operations_without_calls_are_left_out() -> None:
    times = CallTimes()
    times.of("iam", "GetUser").queued += 1
    assert times.operations() == {}


async def test_the_computing_of_many_calls_is_estimated_from_some() -> None:
    times = CallTimes().of("s3", "GetBucketPolicy")

    async def call() -> dict[str, Any]:
        compute(0.001)
        return {}

    for _ in range(80):
        await times.attempt(call())
    assert times.calls == 80
    assert 0.08 <= times.cpu < 0.8
