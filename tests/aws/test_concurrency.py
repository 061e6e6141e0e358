"""The calls in flight follow what AWS takes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from cloud_audit_tui.aws.concurrency import (
    WITH_TIME,
    WITH_TWO_PROCESSES,
    Limits,
    Window,
    bounds_of,
    connections_of,
)


async def in_flight(window: Window, calls: int, rounds: int = 1) -> list[int]:
    """Start calls that are answered round by round, and return how many were in flight in each round."""
    ends: list[asyncio.Future[None]] = []

    async def call() -> None:
        async with window:
            end = asyncio.get_running_loop().create_future()
            ends.append(end)
            await end
            window.answered()

    tasks = [asyncio.create_task(call()) for _ in range(calls)]
    counts = []
    for _ in range(rounds):
        for _ in range(5):
            await asyncio.sleep(0)
        open_now = [end for end in ends if not end.done()]
        counts.append(len(open_now))
        for end in open_now:
            end.set_result(None)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return counts


async def test_a_window_doubles_while_aws_answers_and_calls_wait() -> None:
    assert await in_flight(Window(4, 32), 200, rounds=5) == [4, 8, 16, 32, 32]


async def test_a_window_does_not_grow_when_no_call_waits() -> None:
    window = Window(4, 32)
    await in_flight(window, 3, rounds=3)
    assert window.size == 4


async def test_throttled_calls_of_one_round_halve_the_window_once() -> None:
    window = Window(16, 64)
    window.throttled()
    window.throttled()
    assert window.size == 8


async def test_after_throttling_a_window_grows_by_one_for_each_round() -> None:
    window = Window(8, 64)
    window.throttled()
    assert window.size == 4
    assert await in_flight(window, 100, rounds=4) == [4, 4, 5, 6]


async def test_a_window_never_closes() -> None:
    window = Window(1, 8)
    window.throttled()
    assert (await in_flight(window, 3, rounds=1)) == [1]


async def test_a_cancelled_call_gives_its_turn_to_the_next() -> None:
    window = Window(1, 1)
    order: list[str] = []

    async def call(name: str) -> None:
        async with window:
            order.append(name)
            await asyncio.sleep(0)

    async with window:
        first, second = asyncio.create_task(call("first")), asyncio.create_task(call("second"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    await second
    assert order == ["second"]


async def test_a_call_cancelled_with_its_turn_gives_it_to_the_next() -> None:
    window = Window(1, 1)
    async with window:
        first = asyncio.create_task(window.__aenter__())
        second = asyncio.create_task(window.__aenter__())
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    async with asyncio.timeout(1):
        await second


async def test_calls_that_are_cancelled_together_end_as_cancelled() -> None:
    window = Window(1, 1)
    ends = asyncio.Event()

    async def call() -> None:
        async with window:
            await ends.wait()

    calls = [asyncio.create_task(call()) for _ in range(4)]
    await asyncio.sleep(0)
    for each in calls:
        each.cancel()
    await asyncio.wait(calls)
    assert [each.cancelled() for each in calls] == [True] * 4
    async with asyncio.timeout(1), window:
        assert window.waiting == 0


@pytest.mark.parametrize("service", ["iam", "s3", "ec2"])
def test_a_client_has_connections_for_its_window(service: str) -> None:
    assert connections_of(service) > bounds_of(service)[1]


def test_iam_is_called_less_at_a_time_and_s3_more() -> None:
    assert bounds_of("iam") < bounds_of("ec2") < bounds_of("s3")


@pytest.mark.parametrize("times", [WITH_TIME, WITH_TWO_PROCESSES])
async def test_the_windows_that_the_machine_bounds_can_be_widened(times: int) -> None:
    limits = Limits()
    _, usual = bounds_of("ec2")
    first, largest = bounds_of("s3")
    before = limits.window("1", "eu-west-1", "s3")
    for each in (times, times, WITH_TIME):
        limits.widen(each)
    wide = times * largest
    expected = [min(max(first, wide // 2) * 2**turn, wide) for turn in range(9)]
    assert await in_flight(before, 6_000, rounds=9) == expected
    assert (await in_flight(limits.window("2", "eu-west-1", "s3"), 6_000, rounds=9))[-1] == wide
    assert (await in_flight(limits.window("1", "eu-west-1", "ec2"), 2_000, rounds=9))[-1] == usual


async def test_a_window_of_the_largest_size_is_wider_at_once() -> None:
    window = Window(2, 2)
    tasks = [asyncio.create_task(window.__aenter__()) for _ in range(5)]
    await asyncio.sleep(0)
    assert window.waiting == 3
    window.widen(4)
    await asyncio.gather(*tasks[:4])
    assert (window.size, window.waiting) == (4, 1)
    tasks[4].cancel()


async def test_a_window_that_aws_has_throttled_is_not_opened_wide() -> None:
    window = Window(4, 8)
    window.throttled()
    window.widen(64)
    assert window.size == 2


async def test_calls_pend_in_the_accounts_in_which_many_wait() -> None:
    limits = Limits()
    limits.pending_items.update({"1": 100, "2": 1_000})
    window = limits.window("1", "eu-west-1", "s3")
    limits.window("2", "eu-west-1", "s3")
    assert limits.pending(1) == 0
    async with AsyncExitStack() as stack:
        for _ in range(window.size):
            await stack.enter_async_context(window)
        waiting = asyncio.create_task(window.__aenter__())
        await asyncio.sleep(0)
        assert limits.pending(1) == 101
        assert limits.pending(2) == 0
        waiting.cancel()


def test_windows_of_accounts_regions_and_services_are_apart() -> None:
    limits = Limits()
    keys = [
        ("1", "eu-west-1", "s3"),
        ("2", "eu-west-1", "s3"),
        ("1", "us-east-1", "s3"),
        ("1", "eu-west-1", "ec2"),
    ]
    windows = [limits.window(*key) for key in keys]
    assert len(set(map(id, windows))) == len(keys)
    assert limits.window(*keys[0]) is windows[0]
