"""The AWS of the benchmarks answers from memory, and counts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from benchmarks.replayed_aws import ReplayedAws, Request, _page_of_buckets


def request(body: bytes, service: str = "iam", region: str = "us-east-1", target: str = "") -> Request:
    scope = f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261126/{region}/{service}/aws4_request"
    lines = ["Host: 127.0.0.1", f"Authorization: {scope}", *([f"X-Amz-Target: {target}"] if target else [])]
    return Request(b"POST", b"/", "\r\n".join(lines).encode(), body)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> ReplayedAws:
    server = ReplayedAws("http://127.0.0.1:1", 0.0)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n<R><State>INPROGRESS</State></R>"
    monkeypatch.setattr(server, "_ask", lambda _: answer)
    return server


def counts(aws: ReplayedAws) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(aws.counts().partition(b"\r\n\r\n")[2])
    return answer


async def test_an_equal_call_is_answered_from_memory(aws: ReplayedAws) -> None:
    for _ in range(3):
        await aws.answer(request(b"Action=ListRoles&Version=2010-05-08"))
    await aws.answer(request(b"Action=ListRoles&Version=2010-05-08", region="eu-west-1"))
    assert counts(aws) == {"calls": 4, "distinct": 2, "recorded": 2, "by_operation": {"iam:ListRoles": 4}}
    aws.begin()
    await aws.answer(request(b"Action=ListRoles&Version=2010-05-08"))
    assert counts(aws)["recorded"] == 0


def test_calls_at_another_time_are_equal() -> None:
    one = request(b'{"StartTime": 1764163200.5}', "monitoring", target="GraniteService.ListMetrics")
    two = request(b'{"StartTime": 1764163999}', "monitoring", target="GraniteService.ListMetrics")
    assert one.key == two.key
    assert one.name == "monitoring:ListMetrics"
    begin, later = (request(b"Action=X&StartTime=2026-11-%dT10%%3A00%%3A00Z" % day) for day in (25, 26))
    assert begin.key == later.key


async def test_a_credential_report_is_ready_the_second_time(aws: ReplayedAws) -> None:
    for _ in range(2):
        first = await aws.answer(request(b"Action=GetCredentialReport"))
        second = await aws.answer(request(b"Action=GetCredentialReport"))
        assert (first[:12], second[:12]) == (b"HTTP/1.1 410", b"HTTP/1.1 200")
        started = await aws.answer(request(b"Action=GenerateCredentialReport"))
        second = await aws.answer(request(b"Action=GenerateCredentialReport"))
        assert b"<State>STARTED</State>" in started
        assert b"<State>COMPLETE</State>" in second
        aws.begin()


def test_buckets_come_in_pages() -> None:
    buckets = b"".join(b"<Bucket><Name>b%d</Name></Bucket>" % number for number in range(5))
    whole = b"<R><Buckets>" + buckets + b"</Buckets><Owner/></R>"
    pages = [_page_of_buckets(whole, first, 2) for first in (0, 2, 4)]
    assert b"".join(page.partition(b"<Buckets>")[2].partition(b"</Buckets>")[0] for page in pages) == buckets
    tokens = [re.findall(rb"<ContinuationToken>(\d+)<", page) for page in pages]
    assert tokens == [[b"2"], [b"4"], []]
    assert _page_of_buckets(b"<R><Buckets></Buckets></R>", 0, 2) == b"<R><Buckets></Buckets></R>"
