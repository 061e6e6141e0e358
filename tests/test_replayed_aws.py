"""The AWS of the benchmarks answers from memory, and counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.replayed_aws import ReplayedAws, Request


def request(body: bytes, service: str = "iam", region: str = "us-east-1", **headers: bytes) -> Request:
    scope = f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261126/{region}/{service}/aws4_request"
    return Request(b"POST", b"/", {b"authorization": scope.encode(), **_lower(headers)}, body)


def _lower(headers: dict[str, bytes]) -> dict[bytes, bytes]:
    return {name.replace("_", "-").encode(): value for name, value in headers.items()}


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
    one = request(b'{"StartTime": 1764163200.5}', "monitoring", x_amz_target=b"GraniteService.ListMetrics")
    two = request(b'{"StartTime": 1764163999}', "monitoring", x_amz_target=b"GraniteService.ListMetrics")
    assert one.key == two.key
    assert one.operation == b"ListMetrics"
    begin, later = (request(b"Action=X&StartTime=2026-11-%dT10%%3A00%%3A00Z" % day) for day in (25, 26))
    assert begin.key == later.key


async def test_a_credential_report_is_ready_the_second_time(aws: ReplayedAws) -> None:
    for _ in range(2):
        first = await aws.answer(request(b"Action=GetCredentialReport"))
        second = await aws.answer(request(b"Action=GetCredentialReport"))
        assert (first[:12], second[:12]) == (b"HTTP/1.1 410", b"HTTP/1.1 200")
        started = await aws.answer(request(b"Action=GenerateCredentialReport"))
        made = await aws.answer(request(b"Action=GenerateCredentialReport"))
        assert b"<State>STARTED</State>" in started
        assert b"<State>COMPLETE</State>" in made
        aws.begin()
