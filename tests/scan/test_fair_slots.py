"""Slots go round between their owners."""

from __future__ import annotations

import asyncio

from cloud_audit_tui.scan.fair_slots import FairSlots


async def test_owners_take_turns() -> None:
    slots = FairSlots(1)
    order: list[str] = []

    async def work(owner: str) -> None:
        async with slots.hold(owner):
            order.append(owner)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(owner) for owner in ["big"] * 5 + ["small", "other"]))
    assert order == ["big", "big", "small", "other", "big", "big", "big"]


async def test_no_more_than_the_slots_are_held() -> None:
    slots = FairSlots(3)
    in_use = 0
    most = 0

    async def work(owner: int) -> None:
        nonlocal in_use, most
        async with slots.hold(owner % 2):
            in_use += 1
            most = max(most, in_use)
            await asyncio.sleep(0)
            in_use -= 1

    await asyncio.gather(*(work(number) for number in range(20)))
    assert most == 3


async def test_who_is_cancelled_or_fails_gives_the_slot_back() -> None:
    slots = FairSlots(1)

    async def fail() -> None:
        async with slots.hold("a"):
            raise ValueError

    await asyncio.gather(fail(), return_exceptions=True)
    async with slots.hold("a"):
        waiting = [asyncio.create_task(_hold(slots, owner)) for owner in ("b", "c")]
        await asyncio.sleep(0)
        waiting[0].cancel()
    # The slot went to the first, which is cancelled with it.
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(1), slots.hold("d"):
        pass


async def _hold(slots: FairSlots, owner: str) -> None:
    async with slots.hold(owner):
        pass
