"""Our clients call what is declared; only the clients of credential providers may ask for credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import UnknownClientMethodError
from botocore.model import OperationNotFoundError

from aws_stub import ACCOUNT, CALLER, REGION
from cloud_audit_tui.aws.audit_session import AuditSession, ReaderConfig
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.operations import NotAReadError
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from each_row import each_row
from quiet_sessions import ROLE_KEYS, quiet_sessions

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

PROFILE = Profile("environment", ProfileKind.ENVIRONMENT, REGION)


async def test_our_clients_are_refused_what_is_not_declared(aws: AwsStub) -> None:
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("sts", "get_session_token", {}),
        ("sts", "get_federation_token", {"Name": "me"}),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/audit", "RoleSessionName": "me"}),
        ("sso", "get_role_credentials", {"roleName": "a", "accountId": ACCOUNT, "accessToken": "t"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "database"}),
        ("s3", "get_object", {"Bucket": "b", "Key": "k"}),
        ("sagemaker", "list_models", {}),
        ("sagemaker", "delete_endpoint", {"EndpointName": "e"}),
    ]
    with each_row() as row:
        for service, method, params in rows:
            with row(method):
                aws.restart()
                async with quiet_sessions(reads=["sagemaker:ListEndpoints"]) as sessions:
                    client = await sessions.client(PROFILE, service, REGION)
                    assert not hasattr(client, method)
                    # The reduced models have no other operations than reads.
                    with pytest.raises((NotAReadError, UnknownClientMethodError)):
                        await client.generate_presigned_url(method, params)
                assert aws.calls == []


async def test_a_read_that_is_not_declared_is_refused_by_its_name(aws: AwsStub) -> None:
    async with quiet_sessions(reads=["sagemaker:ListEndpoints"]) as sessions:
        client = await sessions.client(PROFILE, "sagemaker", REGION)
        with pytest.raises(NotAReadError, match="not a declared read"):
            await client._make_api_call("ListModels", {})
        with pytest.raises(OperationNotFoundError):
            await client._make_api_call("DeleteEndpoint", {"EndpointName": "e"})
    assert aws.calls == []


async def test_what_is_declared_is_called(aws: AwsStub) -> None:
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    async with quiet_sessions(reads=["sagemaker:ListEndpoints"]) as sessions:
        client = await sessions.client(PROFILE, "sagemaker", REGION)
        assert (await client.list_endpoints())["Endpoints"] == []


async def test_a_credential_provider_may_assume_a_role(
    aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        f"[profile role]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/audit\ncredential_source = Environment\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    user = {"AssumedRoleId": "AROA:me", "Arn": CALLER}
    aws.answer("sts", "AssumeRole", lambda _: {"Credentials": {**ROLE_KEYS}, "AssumedRoleUser": user})
    profile = Profile("role", ProfileKind.ROLE, REGION)
    async with quiet_sessions() as sessions:
        identity = await identify(sessions, profile, "", briefly=True)
    assert identity.account_id == ACCOUNT
    assert [call.operation for call in aws.calls] == ["AssumeRole", "GetCallerIdentity"]


async def test_a_credential_provider_may_do_nothing_else(aws: AwsStub) -> None:
    session = AuditSession(allowed=["sagemaker:ListEndpoints"])
    async with session.create_client("sagemaker", region_name=REGION) as client:
        with pytest.raises(NotAReadError):
            await client.list_endpoints()
    async with session.create_client("sagemaker", region_name=REGION, config=ReaderConfig()) as client:
        with pytest.raises(NotAReadError):
            await client._make_api_call("DescribeEndpoint", {"EndpointName": "e"})
    assert aws.calls == []


async def test_an_account_is_known_before_the_reads_of_the_checks_are(aws: AwsStub) -> None:
    evaluations: list[str] = []

    def reads() -> list[str]:
        evaluations.append("reads")
        return ["sagemaker:ListEndpoints"]

    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    async with quiet_sessions(reads=reads) as sessions:
        await identify(sessions, PROFILE, "", briefly=True)
        assert not evaluations
        client = await sessions.client(PROFILE, "sagemaker", REGION)
        assert (await client.list_endpoints())["Endpoints"] == []
    assert evaluations == ["reads"]
