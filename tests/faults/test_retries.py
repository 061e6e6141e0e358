"""What may pass is tried again, in every protocol; what may not is not, and no outage meets a flood."""

from __future__ import annotations

import socket
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import TCPConnector

from aws_stub import REGION
from cloud_audit_tui.aws import attempts
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.sessions import RETRY_QUOTA
from each_row import each_row
from faults import proxy as faults
from faults.reading import PROFILE, failure, items_of, reader

if TYPE_CHECKING:
    from aws_stub import AwsStub
    from faults.proxy import FaultProxy

pytestmark = pytest.mark.usefixtures("short_rests")

LISTS: dict[str, Any] = {
    "sagemaker:ListEndpoints": {"Endpoints": []},
    "lambda:ListFunctions": {"Functions": []},
    "iam:ListRoles": {"Roles": [], "IsTruncated": False},
    "ec2:DescribeVolumes": {"Volumes": []},
    "s3:ListBuckets": {"Buckets": []},
}
BLOCKED = (
    "cloudtrail:DescribeTrails",
    "dynamodb:ListTables",
    "ec2:DescribeVolumes",
    "ecr:DescribeRepositories",
    "ecs:ListClusters",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "rds:DescribeDBInstances",
    "sns:ListTopics",
    "ssm:DescribeParameters",
)
TRANSIENT = {
    "reset before the answer": faults.reset_before,
    "reset in the body": faults.reset_in_body,
    "cut in the body": faults.cut,
    **{f"bare {status}": faults.bare(status) for status in (429, 500, 502, 503, 504)},
    **{f"page with {status}": faults.page(status) for status in (429, 500, 502, 503, 504)},
    "InternalError": faults.coded(500, "InternalError"),
    "an unknown code with 500": faults.coded(500, "DatabaseOnFire"),
    "ServiceUnavailable": faults.coded(503, "ServiceUnavailable"),
    "ThrottlingException": faults.coded(400, "ThrottlingException"),
    "SlowDown": faults.coded(503, "SlowDown"),
    "RequestLimitExceeded": faults.coded(503, "RequestLimitExceeded"),
    "a portal with 200": faults.page(200),
    "RequestTimeout": faults.coded(400, "RequestTimeout"),
}
FINAL = {
    "AccessDenied": faults.coded(403, "AccessDenied"),
    "ValidationException": faults.coded(400, "ValidationException"),
    "ExpiredToken": faults.coded(400, "ExpiredToken"),
    "bare 404": faults.bare(404),
    "an empty object": faults.body(b"{}"),
    "a wrong type": faults.body(b'{"Endpoints": "none"}'),
}


@pytest.mark.parametrize("kind", TRANSIENT)
async def test_what_may_pass_is_tried_again(aws: AwsStub, proxy: FaultProxy, kind: str) -> None:
    failed = {}
    for read, answer in LISTS.items():
        service, operation = read.split(":")
        aws.answer(service, operation, answer)
        proxy.rules.clear()
        proxy._dealt_by_rule.clear()
        proxy.deal(TRANSIENT[kind], times=3)
        if error := await failure(read):
            failed[read] = error.words
    assert not failed


async def test_what_cannot_pass_is_asked_once(proxy: FaultProxy) -> None:
    with each_row() as row:
        for kind, fault in FINAL.items():
            with row(kind):
                proxy.rules.clear()
                proxy.requests.clear()
                proxy.deal(fault)
                assert await failure("sagemaker:ListEndpoints") is not None
                assert proxy.requests.total() == 1


async def test_the_wait_that_aws_asks_for_is_kept_up_to_a_bound(
    aws: AwsStub, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that may not last as long as the wait ends at once, so nothing waits here."""
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    rows = [
        ("x-amz-retry-after", "4000", 5.0, 1),
        ("Retry-After", "4", 5.0, 1),
        ("Retry-After", "9" * 400, 5.0, 1),
        ("Retry-After", "3600", 0.001, 2),
        ("Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT", 5.0, 2),
        ("x-amz-retry-after", "-4000", 5.0, 2),
        ("x-amz-retry-after", "\u00b2", 5.0, 2),
    ]
    with each_row() as row:
        for (name, value, bound, requests), status in product(rows, (429, 503)):
            with row((name, value, bound, status)):
                monkeypatch.setattr(attempts, "MOST_ADDED", bound)
                proxy.rules.clear()
                proxy._dealt_by_rule.clear()
                proxy.requests.clear()
                proxy.deal(partial(asks_to_wait, status, {name: value}), times=1)
                error = await failure("sagemaker:ListEndpoints", CallLimits(call=3.0))
                assert (error is None, proxy.requests.total()) == (requests > 1, requests)


async def asks_to_wait(status: int, headers: dict[str, str], exchange: faults.Exchange) -> bool:
    exchange.writer.write(faults.Answer(status, headers, b"").bytes())
    await exchange.writer.drain()
    return True


async def test_silence_is_answered_by_a_second_call(aws: AwsStub, proxy: FaultProxy) -> None:
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    proxy.deal(faults.hang, times=2)
    assert await items_of("sagemaker:ListEndpoints", CallLimits(hedge_after=0.05, call=10.0)) == []


async def test_an_endpoint_that_is_silent_for_ever_costs_its_time_once(proxy: FaultProxy) -> None:
    proxy.deal(faults.hang)
    limits = CallLimits(hedge_after=0.1, attempt=0.2, call=0.4)
    counts = set()
    async with reader("sagemaker:ListEndpoints", "sagemaker:ListNotebookInstances", limits=limits) as one:
        for operation in ("ListEndpoints", "ListNotebookInstances", "ListEndpoints"):
            with pytest.raises(Exception, match="did not answer"):
                _ = [item async for item in one.items("eu-central-1", "sagemaker", operation, {})]
            counts.add(proxy.requests.total())
    assert len(counts) == 1, "only the first call waits"


async def test_a_closed_port_is_tried_again_and_then_left_alone(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", f"http://127.0.0.1:{port}")
    error = await failure("sagemaker:ListEndpoints")
    assert error is not None
    assert error.kind is Unread.UNREACHABLE
    assert error.transient


async def test_a_name_that_does_not_exist_is_not_asked_for_eight_times(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://sagemaker.invalid")
    error = await failure("sagemaker:ListEndpoints")
    assert error is not None
    assert error.kind is Unread.UNREACHABLE


async def test_a_name_that_is_not_resolved_for_a_moment_is_tried_again(
    aws: AwsStub, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    aws.answer("sagemaker", "ListTags", {"Tags": []})
    # The connection that is open has no name to resolve.
    proxy.deal(faults.reset_before, operation="ListTags", times=1)
    resolve = TCPConnector._resolve_host
    failures = [socket.gaierror(socket.EAI_NONAME, "Name or service not known")] * 2

    async def fail_twice(*arguments: Any, **options: Any) -> Any:
        if proxy.requests["ListTags"] and failures:
            raise failures.pop()
        return await resolve(*arguments, **options)

    monkeypatch.setattr(TCPConnector, "_resolve_host", fail_twice)
    async with reader("sagemaker:ListEndpoints", "sagemaker:ListTags") as one:
        for operation, params in (("ListEndpoints", {}), ("ListTags", {"ResourceArn": "a"})):
            assert [each async for each in one.items(REGION, "sagemaker", operation, params)] == []
    assert not failures


async def test_one_lost_call_does_not_condemn_a_service_that_answers(aws: AwsStub, proxy: FaultProxy) -> None:
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    aws.answer("sagemaker", "ListTags", {"Tags": []})
    proxy.deal(faults.reset_before, operation="ListTags", times=4)
    async with reader("sagemaker:ListEndpoints", "sagemaker:ListTags", limits=CallLimits(attempts=2)) as one:

        async def ask(operation: str, **params: str) -> bool:
            try:
                return [
                    item async for item in one.items("eu-central-1", "sagemaker", operation, params)
                ] == []
            except Exception:
                return False

        is_answered = [
            await ask("ListEndpoints"),
            await ask("ListTags", ResourceArn="a"),
            await ask("ListTags", ResourceArn="b"),
            await ask("ListTags", ResourceArn="c"),
        ]
    assert is_answered == [True, False, False, True]


async def test_endpoints_that_are_blocked_do_not_use_up_the_retries_of_the_others(
    aws: AwsStub, proxy: FaultProxy
) -> None:
    aws.answer("sagemaker", "ListTags", {"Tags": []})
    proxy.deal(faults.coded(400, "ThrottlingException"), operation="ListTags", times=3)
    proxy.deal(faults.hang, unless=lambda request: request.operation == "ListTags")
    limits = CallLimits(hedge_after=0.001, attempt=0.1, call=10.0)
    async with reader("sagemaker:ListTags", *BLOCKED, limits=limits) as one:
        blocked = [each.split(":") for each in BLOCKED]
        with each_row() as row:
            for service, operation in blocked:
                with row(service), pytest.raises(ReadError, match="did not answer"):
                    _ = [page async for page in one.pages(REGION, service, operation, {})]
        assert one._sessions.retry_quota(PROFILE).available_capacity < attempts.SILENCE_COST
        params = {"ResourceArn": "a"}
        assert [item async for item in one.items(REGION, "sagemaker", "ListTags", params)] == []


async def test_an_outage_is_not_met_with_a_flood(proxy: FaultProxy) -> None:
    proxy.deal(faults.bare(503))
    async with reader("sagemaker:ListTags", limits=CallLimits(attempts=8)) as one:
        for number in range(60):
            with pytest.raises(Exception, match="failed to answer"):
                params = {"ResourceArn": str(number)}
                _ = [item async for item in one.items("eu-central-1", "sagemaker", "ListTags", params)]
        quota = one._sessions.retry_quota(PROFILE, REGION, "sagemaker")
    assert quota.available_capacity < 5
    assert proxy.requests.total() == 60 + RETRY_QUOTA // attempts.RETRY_COST
