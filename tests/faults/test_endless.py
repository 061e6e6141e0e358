"""A read has an end: pages, bytes and time are bounded, and what was cut is not taken for the whole."""

from __future__ import annotations

import asyncio
import itertools
import resource
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import REGION
from cloud_audit_tui.aws.call_limits import MEBIBYTE, CallLimits
from cloud_audit_tui.aws.errors import ReadError, Unread
from faults import proxy as faults
from faults.reading import failure, items_of, reader

if TYPE_CHECKING:
    from aws_stub import AwsStub
    from faults.proxy import Exchange, FaultProxy

LIST = "sagemaker:ListEndpoints"


def tokens(aws: AwsStub, *page_tokens: str) -> None:
    """Answer every page with the next of these tokens, for ever."""
    following = itertools.cycle(page_tokens)
    aws.answer("sagemaker", "ListEndpoints", lambda _: {"Endpoints": [], "NextToken": next(following)})


async def refused(**limits: Any) -> ReadError:
    error = await failure(LIST, CallLimits(**limits))
    assert error is not None
    assert error.kind is Unread.BAD_RESPONSE
    return error


@pytest.mark.parametrize("page_tokens", [["A"], ["A", "B"], ["A", "B", "C"]])
async def test_tokens_in_a_circle_end_the_list(aws: AwsStub, page_tokens: list[str]) -> None:
    tokens(aws, *page_tokens)
    assert "the same page twice" in (await refused()).words
    assert len(aws.calls) <= len(page_tokens) + 1


async def test_new_tokens_without_end_end_the_list(aws: AwsStub) -> None:
    tokens(aws, *(f"page {number}" for number in range(1000)))
    assert "more than 40 pages" in (await refused(pages=40)).words
    assert len(aws.calls) == 40


async def test_many_large_pages_end_the_list(aws: AwsStub) -> None:
    tokens(aws, *("x" * 20_000 + str(number) for number in range(1000)))
    assert "larger than 1 MiB" in (await refused(pages_bytes=MEBIBYTE)).words


async def test_slow_pages_end_the_list(aws: AwsStub) -> None:
    tokens(aws, *(f"page {number}" for number in range(1000)))
    assert "longer than 0.2 s" in (await refused(pages_time=0.2)).words


async def test_what_was_listed_before_is_given(aws: AwsStub) -> None:
    aws.pages("sns", "ListTopics", [{"TopicArn": "a"}], [{"TopicArn": "b"}])
    topics = []
    async with reader("sns:ListTopics", limits=CallLimits(pages=1)) as one:
        with pytest.raises(ReadError, match="not read to its end"):
            async for topic in one.items(REGION, "sns", "ListTopics", {}):
                topics += [topic["TopicArn"]]
    assert topics == ["a"]


async def test_a_list_that_has_more_and_does_not_say_where_is_not_whole(aws: AwsStub) -> None:
    aws.answer("iam", "ListRoles", {"Roles": [], "IsTruncated": True})
    error = await failure("iam:ListRoles")
    assert error is not None
    assert "AWS announces another page" in error.words


async def test_a_list_as_long_as_the_limit_is_whole(aws: AwsStub) -> None:
    aws.pages("sns", "ListTopics", *([{"TopicArn": str(number)}] for number in range(5)))
    assert len(await items_of("sns:ListTopics", CallLimits(pages=5))) == 5


async def test_a_dripping_answer_ends_in_time(aws: AwsStub, proxy: FaultProxy) -> None:
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    proxy.deal(faults.drip)
    error = await failure(LIST, CallLimits(attempt=0.2, call=0.4, attempts=2))
    assert error is not None
    assert error.kind is Unread.UNREACHABLE


@pytest.mark.parametrize("sized", [True, False])
async def test_a_page_of_200_mb_takes_no_memory(proxy: FaultProxy, sized: bool) -> None:
    total = 200 * MEBIBYTE
    written_bytes = 0

    async def huge(exchange: Exchange) -> bool:
        nonlocal written_bytes
        length = f"Content-Length: {total}\r\n" if sized else "Connection: close\r\n"
        exchange.writer.write(f"HTTP/1.1 200 X\r\n{length}\r\n".encode() + b'{"Endpoints":"')
        chunk = b"x" * MEBIBYTE
        while written_bytes < total:
            exchange.writer.write(chunk)
            await exchange.writer.drain()
            written_bytes += len(chunk)
            await asyncio.sleep(0)
        return False

    proxy.deal(huge)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = await failure(LIST, replace(CallLimits(), body=8 * MEBIBYTE))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert error is not None
    assert "larger than the limit of 8 MiB" in error.words
    assert proxy.requests.total() == 1, "what is too large the first time is too large the second"
    assert written_bytes < total
    assert grown < 64, f"{grown} MiB"
