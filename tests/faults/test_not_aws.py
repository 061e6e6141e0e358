"""A successful answer that is not AWS's is refused, in every protocol; none of it reads as "none"."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import REGION
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.model import Status
from each_row import each_row
from faults import proxy as faults
from faults.reading import described, failure
from faults.scan_of import scanned

if TYPE_CHECKING:
    from aws_stub import AwsStub
    from faults.proxy import FaultProxy

READS: dict[str, tuple[str, dict[str, Any]]] = {
    "json": ("sagemaker:ListEndpoints", {}),
    "json description": ("dynamodb:DescribeTable", {"TableName": "t"}),
    "rest-json": ("lambda:ListFunctions", {}),
    "rest-json description": ("securityhub:DescribeHub", {}),
    "query": ("rds:DescribeDBInstances", {}),
    "query description": ("iam:GetAccountSummary", {}),
    "ec2": ("ec2:DescribeVolumes", {}),
    "ec2 description": ("ec2:GetEbsEncryptionByDefault", {}),
    "rest-xml": ("s3:ListBuckets", {}),
    "rest-xml description": ("s3:GetBucketVersioning", {"Bucket": "b"}),
    "rest-xml payload": ("s3:GetPublicAccessBlock", {"Bucket": "b"}),
    "policy": ("s3:GetBucketPolicy", {"Bucket": "b"}),
}
ONCE = CallLimits(attempts=1)
BODIES = {
    "nothing": b"",
    "a portal": faults.PORTAL,
    "a portal in XML": b"<html xmlns='http://www.w3.org/1999/xhtml'><body>Log in</body></html>",
    "a text": b"OK",
    "a JSON list": b"[]",
    "a JSON null": b"null",
    "a JSON string": b'"ok"',
    "bytes": b"\xff\xfe\x00\x01",
    "a root of another kind": b"<Response><ok/></Response>",
    "an entity bomb": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
    "deep nesting": b'{"a":' * 100_000,
}


async def test_what_is_no_document_of_the_protocol_is_refused(proxy: FaultProxy) -> None:
    with each_row() as row:
        for what, (read, params) in READS.items():
            with row(what):
                accepted = {}
                for name, content in BODIES.items():
                    proxy.rules.clear()
                    proxy.deal(faults.body(content, "text/html"))
                    error = await failure(read, ONCE, **params)
                    if error is None or error.kind is not Unread.BAD_RESPONSE:
                        accepted[name] = error
                assert not accepted


async def test_an_empty_object_is_no_empty_list(proxy: FaultProxy) -> None:
    lists = ["sagemaker:ListEndpoints", "lambda:ListFunctions", "config:DescribeConfigurationRecorders"]
    proxy.deal(faults.body(b"{}"))
    for read in lists:
        error = await failure(read, ONCE)
        assert error is not None, read
        assert "it has no" in error.words


async def test_what_aws_leaves_out_may_be_absent(proxy: FaultProxy) -> None:
    proxy.deal(faults.body(b"{}"))
    for read in ("sqs:ListQueues", "bedrock:GetModelInvocationLoggingConfiguration"):
        assert await failure(read, ONCE) is None, read


async def test_an_error_with_status_200_is_not_read_as_what_aws_leaves_out(proxy: FaultProxy) -> None:
    reads: dict[str, dict[str, Any]] = {
        "sqs:ListQueues": {},
        "sqs:GetQueueAttributes": {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/111122223333/a"},
        "bedrock:GetModelInvocationLoggingConfiguration": {},
        "wafv2:GetWebACLForResource": {"ResourceArn": "arn:aws:elasticloadbalancing:eu-central-1:1:a/b"},
    }
    bodies = (
        b'{"__type": "ThrottlingException", "message": "Rate exceeded"}',
        b'{"login": "https://portal"}',
    )
    with each_row() as row:
        for (read, params), body in product(reads.items(), bodies):
            with row((read, body)):
                proxy.rules.clear()
                proxy.deal(faults.body(body))
                error = await failure(read, ONCE, **params)
                assert error is not None
                assert (error.kind, error.transient) == (Unread.BAD_RESPONSE, True)


async def test_nulls_and_wrong_types_are_refused(proxy: FaultProxy) -> None:
    rows = [
        '{"Endpoints": null}',
        '{"Endpoints": "none"}',
        '{"Endpoints": {}}',
        '{"Endpoints": [null]}',
        '{"Endpoints": ["name"]}',
        '{"Endpoints": [{"EndpointName": 5}]}',
        '{"Endpoints": [{"EndpointName": null}]}',
        '{"Endpoints": [{"CreationTime": "yesterday-ish"}]}',
        '{"Endpoints": [], "NextToken": ["x"]}',
    ]
    with each_row() as row:
        for content in rows:
            with row(content):
                proxy.rules.clear()
                proxy.deal(faults.body(content.encode()))
                error = await failure("sagemaker:ListEndpoints", ONCE)
                assert error is not None
                assert error.kind is Unread.BAD_RESPONSE


async def test_a_boolean_is_true_or_false(proxy: FaultProxy) -> None:
    with each_row() as row:
        for value in ('"yes"', "1", "{}", "[]"):
            with row(value):
                proxy.rules.clear()
                proxy.deal(faults.body(b'{"KeyRotationEnabled": %s}' % value.encode()))
                error = await failure("kms:GetKeyRotationStatus", ONCE, KeyId="k")
                assert error is not None
                assert error.kind is Unread.BAD_RESPONSE


@pytest.mark.parametrize("inner", ["<ebsEncryptionByDefault>maybe</ebsEncryptionByDefault>", "", "text"])
async def test_xml_is_held_against_the_model_too(proxy: FaultProxy, inner: str) -> None:
    body = f"<GetEbsEncryptionByDefaultResponse>{inner}</GetEbsEncryptionByDefaultResponse>"
    proxy.deal(faults.body(body.encode(), "text/xml"))
    error = await failure("ec2:GetEbsEncryptionByDefault", ONCE)
    assert error is not None
    assert error.kind is Unread.BAD_RESPONSE


async def test_a_redirect_to_a_page_is_not_followed(aws: AwsStub, proxy: FaultProxy) -> None:
    async def redirect(status: int, exchange: faults.Exchange) -> bool:
        answer = faults.Answer(status, {"Location": f"{aws.url}/login"}, b"")
        exchange.writer.write(answer.bytes())
        await exchange.writer.drain()
        return True

    rows = product((301, 302, 303, 307, 308), ("sagemaker:ListEndpoints", "s3:ListBuckets"))
    with each_row() as row:
        for status, read in rows:
            with row((status, read)):
                aws.restart()
                proxy.rules.clear()
                proxy.deal(partial(redirect, status))
                error = await failure(read, ONCE)
                assert error is not None
                assert f"with HTTP {status} and no AWS error" in error.reason
                assert aws.calls == []


async def test_a_page_that_forbids_is_no_missing_permission(proxy: FaultProxy) -> None:
    with each_row() as row:
        for read in ("sagemaker:ListEndpoints", "s3:ListBuckets", "iam:ListRoles", "ec2:DescribeVolumes"):
            with row(read):
                proxy.rules.clear()
                proxy.deal(faults.page(403))
                error = await failure(read, ONCE)
                assert error is not None
                assert (error.kind, error.permission) == (Unread.BAD_RESPONSE, "")
                assert error.action == "A proxy or a login page may have answered in place of AWS."


async def test_a_call_for_a_bucket_elsewhere_goes_to_the_region_that_aws_names(
    aws: AwsStub, proxy: FaultProxy
) -> None:
    async def moved(exchange: faults.Exchange) -> bool:
        body = b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>"
        exchange.writer.write(faults.Answer(301, {"x-amz-bucket-region": "eu-west-1"}, body).bytes())
        await exchange.writer.drain()
        return True

    aws.answer("s3", "GetBucketVersioning", {"Status": "Enabled"}, region="eu-west-1")
    proxy.deal(moved, unless=lambda request: b"/eu-west-1/s3/" in request.head)
    assert await described("s3:GetBucketVersioning", ONCE, Bucket="elsewhere") == {"Status": "Enabled"}


async def test_credentials_are_not_taken_from_a_portal(
    proxy: FaultProxy, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/a\ncredential_source = Environment\n"
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "role")
    monkeypatch.setattr("faults.reading.PROFILE", _profile("role"))
    with each_row() as row:
        for name, content in BODIES.items():
            with row(name):
                proxy.rules.clear()
                proxy.deal(faults.body(content))
                error = await failure("sagemaker:ListEndpoints", ONCE)
                assert error is not None
                assert "sts:" in error.words


def _profile(name: str) -> Any:
    from cloud_audit_tui.aws.profiles import Profile, ProfileKind

    return Profile(name, ProfileKind.ROLE, REGION)


async def test_a_portal_changes_no_verdict(aws: AwsStub, proxy: FaultProxy) -> None:
    aws.answer("lambda", "ListFunctions", {"Functions": []})
    clean = await scanned(regions=[REGION])
    for operation in ("GetCallerIdentity", "DescribeRegions", "ListAccountAliases"):
        proxy.deal(faults.bare(200), operation=operation, chance=0.0)
    proxy.deal(faults.page(200))
    portal = await scanned(regions=[REGION])
    assert not portal.changed(clean)
    assert not portal.appeared(clean)
    assert set(portal.verdicts.values()) == {Status.NOT_ASSESSED}
