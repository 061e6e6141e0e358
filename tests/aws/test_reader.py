"""What is kept of the answers of AWS: enough that no call is made twice, and little memory."""

from __future__ import annotations

import asyncio
import gc
import traceback
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import REGION, Refusal
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.concurrency import bounds_of
from cloud_audit_tui.aws.errors import ReadError, Unread
from faults.reading import reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_stub import AwsStub
    from cloud_audit_tui.aws.reader import Reader

PAGES, KEYS = 6, 200
KEYS_READ, ALIASES_READ = "kms:ListKeys", "kms:ListAliases"
CREATED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def with_long_lists(aws: AwsStub) -> None:
    arn = "arn:aws:kms:eu-central-1:111122223333"
    aws.pages(
        "kms", "ListKeys",
        *[[{"KeyId": f"{page}-{key}", "KeyArn": f"{arn}:key/{page}-{key}"} for key in range(KEYS)]
          for page in range(PAGES)],
    )  # fmt: skip
    aws.pages(
        "kms", "ListAliases",
        *[[{"AliasName": f"alias/{page}", "CreationDate": CREATED_AT.timestamp()}] for page in range(PAGES)],
    )  # fmt: skip


async def items_of(one: Reader, operation: str) -> list[Any]:
    return [item async for item in one.items(REGION, "kms", operation, {})]


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


async def test_a_long_list_is_read_again_without_a_call_and_as_it_was(aws: AwsStub) -> None:
    with_long_lists(aws)
    async with reader(KEYS_READ, ALIASES_READ) as one:
        first = await items_of(one, "ListAliases")
        assert await items_of(one, "ListAliases") == first
        assert [item["AliasName"] for item in first] == [f"alias/{page}" for page in range(PAGES)]
        assert {item["CreationDate"] for item in await items_of(one, "ListAliases")} == {CREATED_AT}
    assert len(aws.requests("ListAliases")) == PAGES


async def test_readers_side_by_side_get_all_of_a_long_list(aws: AwsStub) -> None:
    with_long_lists(aws)
    async with reader(KEYS_READ, ALIASES_READ) as one:
        slow = one.items(REGION, "kms", "ListKeys", {})
        first_items = [await anext(slow)]
        whole = await items_of(one, "ListKeys")
        assert first_items + [item async for item in slow] == whole
        assert len(whole) == PAGES * KEYS
    assert len(aws.requests("ListKeys")) == PAGES


@pytest.mark.proof
async def test_a_long_list_costs_less_memory_than_its_items(aws: AwsStub, traced: None) -> None:
    with_long_lists(aws)
    async with reader(KEYS_READ, ALIASES_READ) as one:
        await items_of(one, "ListAliases")
        before = tracemalloc.get_traced_memory()[0]
        items = await items_of(one, "ListKeys")
        gc.collect()
        with_items = tracemalloc.get_traced_memory()[0] - before
        del items
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < with_items / 2


async def test_a_failure_is_told_to_each_check_without_the_frames_of_the_others(aws: AwsStub) -> None:
    aws.denied("kms", "ListKeys")
    aws.denied("kms", "GetKeyPolicy")
    errors = []
    async with reader(KEYS_READ, "kms:GetKeyPolicy") as one:
        for _ in range(3):
            with pytest.raises(ReadError) as single:
                await one.read(REGION, "kms", "GetKeyPolicy", {"KeyId": "a"})
            with pytest.raises(ReadError) as paged:
                await items_of(one, "ListKeys")
            errors.append((single.value, paged.value))
    for ours, theirs in zip(errors[1], errors[2], strict=True):
        assert ours is not theirs
        assert (ours.kind, ours.permission, ours.words) == (theirs.kind, theirs.permission, theirs.words)
        assert ours.kind is Unread.DENIED
        depth = [len(traceback.extract_tb(error.__traceback__)) for error in (ours, theirs)]
        assert depth[0] == depth[1]
    assert len(aws.requests("GetKeyPolicy")) == len(aws.requests("ListKeys")) == 1


async def test_what_nobody_asks_for_again_is_dropped(aws: AwsStub) -> None:
    with_long_lists(aws)
    aws.answer("kms", "GetKeyRotationStatus", {"KeyRotationEnabled": True})
    async with reader(KEYS_READ, "kms:GetKeyRotationStatus") as one:
        for _ in range(2):
            await one.read(REGION, "kms", "GetKeyRotationStatus", {"KeyId": "a"})
            await items_of(one, "ListKeys")
        assert len(aws.calls) == PAGES + 1
        one.forget([KEYS_READ, "kms:GetKeyRotationStatus", "kms:ListGrants"])
        await one.read(REGION, "kms", "GetKeyRotationStatus", {"KeyId": "a"})
        await items_of(one, "ListKeys")
    assert len(aws.calls) == 2 * (PAGES + 1)


@pytest.mark.parametrize(
    ("refusal", "opens"),
    [
        (Refusal("ResourceNotFoundException", "no such thing", 404), True),
        (Refusal("AccessDeniedException", "no", 403), True),
        (Refusal("ThrottlingException", "slower"), False),
    ],
)
async def test_an_error_that_answers_lets_more_calls_be_in_flight(
    aws: AwsStub, refusal: Refusal, opens: bool
) -> None:
    aws.answer("kms", "DescribeKey", refusal)
    first, _ = bounds_of("kms")
    async with reader("kms:DescribeKey", limits=CallLimits(attempts=1)) as one:
        calls = [one.read(REGION, "kms", "DescribeKey", {"KeyId": str(key)}) for key in range(3 * first)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(error, ReadError) for error in errors)
        size = one._limits.window(one._account_id, REGION, "kms").size
    assert size > first if opens else size < first
