"""Reads are refused in the words and the form of each protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aioboto3
import pytest

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING, Account

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws


@pytest.mark.parametrize(
    ("account", "region", "service", "method", "parameters", "status", "code", "words"),
    [
        pytest.param(
            STAGING,
            "eu-central-1",
            "secretsmanager",
            "list_secrets",
            {},
            400,
            "AccessDeniedException",
            "to perform: secretsmanager:ListSecrets because no identity-based policy allows",
            id="json",
        ),
        pytest.param(
            RESEARCH,
            "ap-southeast-2",
            "securityhub",
            "describe_hub",
            {},
            403,
            "AccessDeniedException",
            "to perform: securityhub:DescribeHub because no identity-based policy allows",
            id="rest-json",
        ),
        pytest.param(
            RESEARCH,
            "us-east-1",
            "iam",
            "list_server_certificates",
            {},
            403,
            "AccessDenied",
            "to perform: iam:ListServerCertificates because no identity-based policy allows",
            id="query",
        ),
        pytest.param(
            RESEARCH,
            "ap-southeast-2",
            "ec2",
            "describe_network_acls",
            {},
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: ",
            id="ec2",
        ),
        pytest.param(
            PRODUCTION,
            "us-east-1",
            "s3",
            "get_bucket_policy",
            {"Bucket": "acme-legal-hold"},
            403,
            "AccessDenied",
            'on resource: "arn:aws:s3:::acme-legal-hold" with an explicit deny in a resource-based policy',
            id="s3",
        ),
    ],
)
async def test_a_read_is_refused_as_its_service_does(
    in_demo: EmbeddedAws,
    account: Account,
    region: str,
    service: str,
    method: str,
    parameters: dict[str, Any],
    status: int,
    code: str,
    words: str,
) -> None:
    async with aioboto3.Session(profile_name=account.profile).client(service, region) as client:
        with pytest.raises(client.exceptions.ClientError) as raised:
            await getattr(client, method)(**parameters)
    response: dict[str, Any] = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Code"] == code
    assert words in response["Error"]["Message"]
    assert f"arn:aws:sts::{account.id}:assumed-role/SecurityAudit/" in response["Error"]["Message"]


async def test_what_is_not_named_is_not_refused(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("s3") as s3:
        versioning = await s3.get_bucket_versioning(Bucket="acme-legal-hold")
        policy = await s3.get_bucket_policy(Bucket=f"{PRODUCTION.alias}-models")
    assert versioning["Status"] == "Enabled"
    assert "DenyInsecureTransport" in policy["Policy"]
