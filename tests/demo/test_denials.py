"""Reads are refused in the words and the form of each protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aioboto3
import pytest

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING, Account
from each_row import each_row

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws


async def test_a_read_is_refused_as_its_service_does(in_demo: EmbeddedAws) -> None:
    rows: dict[str, tuple[Account, str, str, str, dict[str, Any], int, str, str]] = {
        "json": (
            STAGING,
            "eu-central-1",
            "secretsmanager",
            "list_secrets",
            {},
            400,
            "AccessDeniedException",
            "to perform: secretsmanager:ListSecrets because no identity-based policy allows",
        ),
        "rest-json": (
            RESEARCH,
            "ap-southeast-2",
            "securityhub",
            "describe_hub",
            {},
            403,
            "AccessDeniedException",
            "to perform: securityhub:DescribeHub because no identity-based policy allows",
        ),
        "query": (
            RESEARCH,
            "us-east-1",
            "iam",
            "list_server_certificates",
            {},
            403,
            "AccessDenied",
            "to perform: iam:ListServerCertificates because no identity-based policy allows",
        ),
        "ec2": (
            RESEARCH,
            "ap-southeast-2",
            "ec2",
            "describe_network_acls",
            {},
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: ",
        ),
        "s3": (
            PRODUCTION,
            "us-east-1",
            "s3",
            "get_bucket_policy",
            {"Bucket": "acme-legal-hold"},
            403,
            "AccessDenied",
            'on resource: "arn:aws:s3:::acme-legal-hold" with an explicit deny in a resource-based policy',
        ),
    }
    with each_row() as row:
        for protocol, (account, region, service, method, parameters, status, code, words) in rows.items():
            with row(protocol):
                session = aioboto3.Session(profile_name=account.profile)
                async with session.client(service, region) as client:
                    with pytest.raises(client.exceptions.ClientError) as raised:
                        await getattr(client, method)(**parameters)
                response: dict[str, Any] = raised.value.response
                assert response["ResponseMetadata"]["HTTPStatusCode"] == status
                assert response["Error"]["Code"] == code
                assert words in response["Error"]["Message"]
                caller = f"arn:aws:sts::{account.id}:assumed-role/SecurityAudit/"
                assert caller in response["Error"]["Message"]


async def test_what_is_not_named_is_not_refused(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("s3") as s3:
        versioning = await s3.get_bucket_versioning(Bucket="acme-legal-hold")
        policy = await s3.get_bucket_policy(Bucket=f"{PRODUCTION.alias}-models")
    assert versioning["Status"] == "Enabled"
    assert "DenyInsecureTransport" in policy["Policy"]
