"""Clients that share what depends on their service are the clients that botocore makes."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from aiobotocore.session import AioSession
from botocore.hooks import EVENT_ALIASES, EventAliaser

from cloud_audit_tui.aws import client_events
from cloud_audit_tui.aws.clients import ClientFactory, events_of
from cloud_audit_tui.aws.profiles import Profile, list_profiles, select_profiles
from cloud_audit_tui.aws.service_models import ServiceModels, full_loader
from cloud_audit_tui.checks.catalogue import all_checks
from quiet_sessions import quiet_sessions

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

READS = sorted({read for check in all_checks().values() for read in check.reads})
CALL_EVENTS = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "before-parse",
    "response-received",
    "needs-retry",
    "after-call",
    "after-call-error",
    "creating-serializer",
    "creating-client-class",
    "choose-service-name",
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ServiceModels:
    return ServiceModels(full_loader(), tmp_path_factory.mktemp("models"))


def test_every_event_of_every_read_reaches_the_handlers_of_the_session(models: ServiceModels) -> None:
    session = AioSession()
    whole = session.get_component("event_emitter")
    plain = EventAliaser(None, EVENT_ALIASES)
    missed = []
    for service in sorted({read.partition(":")[0] for read in READS}):
        own = events_of(whole, service, models)
        model = models.load_service_model(service, "service-2")
        event_name = model["metadata"]["serviceId"].lower().replace(" ", "-")
        for operation in (read.partition(":")[2] for read in READS if read.startswith(f"{service}:")):
            for event in CALL_EVENTS:
                for name in (f"{event}.{event_name}.{operation}", f"{event}.{service}", event):
                    alias = plain._alias_event_name(name)
                    if own._alias_event_name(name) != alias:
                        missed.append(f"{name} is called {own._alias_event_name(name)}")
                    expected = list(whole._emitter._handlers.prefix_search(alias))
                    if list(own._emitter._handlers.prefix_search(alias)) != expected:
                        missed.append(name)
    assert not missed


def test_names_of_events_are_translated_as_botocore_does() -> None:
    plain = EventAliaser(None, EVENT_ALIASES)
    names = [f"before-call.{alias}.Operation" for alias in EVENT_ALIASES]
    names += [f"{alias}.more" for alias in EVENT_ALIASES]
    wrong = [name for name in names if client_events._alias(name) != plain._alias_event_name(name)]
    assert not wrong


def _profile() -> Profile:
    return select_profiles(list_profiles(os.environ), [], os.environ)[0]


async def _client(service: str, region: str, reads: list[str]) -> Any:
    sessions = quiet_sessions(reads=reads)
    return sessions, await sessions.client(_profile(), service, region)


async def test_a_client_has_methods_for_its_reads_alone(aws: AwsStub) -> None:
    sessions, client = await _client("ec2", "eu-west-1", ["ec2:DescribeVolumes"])
    async with sessions:
        assert hasattr(client, "describe_volumes")
        assert not hasattr(client, "terminate_instances")
        assert client.meta.region_name == "eu-west-1"


async def test_each_region_has_its_endpoint_and_its_signer(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Custom endpoints hide the region, so they are left out here; no call is made."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    wrong = []
    async with quiet_sessions(reads=READS) as sessions:
        profile = _profile()
        plain = botocore.session.get_session()
        for service in sorted({read.partition(":")[0] for read in READS}):
            for region in ("us-east-1", "eu-west-1", "cn-north-1"):
                ours = await sessions.client(profile, service, region)
                theirs = plain.create_client(service, region_name=region)
                operation = next(read.partition(":")[2] for read in READS if read.startswith(f"{service}:"))
                params = {"AccountId": "123456789012", "Bucket": "bucket", "TableName": "table"}
                for _ in range(2):
                    own = await ours._resolve_endpoint_ruleset(
                        ours.meta.service_model.operation_model(operation), params, {}
                    )
                    expected = theirs._resolve_endpoint_ruleset(
                        theirs.meta.service_model.operation_model(operation), params, {}
                    )
                    if own[0] != expected[0]:
                        wrong.append(f"{service} in {region}: {own[0]} instead of {expected[0]}")
                if ours._request_signer.region_name != theirs._request_signer.region_name:
                    wrong.append(f"{service} in {region} signs for {ours._request_signer.region_name}")
                theirs.close()
    assert not wrong


@pytest.mark.parametrize("preference", ["", "httpBearerAuth", "noAuth"])
async def test_the_environment_chooses_no_other_identity_than_the_profile(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch, preference: str
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token-of-another-account")
    monkeypatch.setenv("AWS_AUTH_SCHEME_PREFERENCE", preference)
    sessions, client = await _client("bedrock", "eu-west-1", ["bedrock:ListGuardrails"])
    headers: list[bytes] = []

    def hold(request: Any, **_: object) -> None:
        headers.append(request.headers["Authorization"])
        raise ConnectionAbortedError

    async with sessions:
        client.meta.events.register("before-send", hold)
        with pytest.raises(ConnectionAbortedError):
            await client.list_guardrails()
    [header] = headers
    assert header.startswith(b"AWS4-HMAC-SHA256 Credential=AKIA")


async def test_a_task_that_outlives_the_sessions_gets_no_client(aws: AwsStub) -> None:
    profile = _profile()
    async with quiet_sessions(reads=READS) as sessions:
        await sessions.client(profile, "ec2", "eu-west-1")
    with pytest.raises(asyncio.CancelledError):
        await sessions.client(profile, "ec2", "eu-west-1")


async def test_clients_of_a_service_share_their_class_and_model(aws: AwsStub) -> None:
    async with quiet_sessions(reads=READS) as sessions:
        profile = _profile()
        one, other = [await sessions.client(profile, "ec2", region) for region in ("eu-west-1", "us-east-1")]
        assert type(one) is type(other)
        assert one.meta.service_model is other.meta.service_model
        assert one.meta.events is not other.meta.events


def test_the_factory_knows_its_reads(tmp_path: Path) -> None:
    factory = ClientFactory(ServiceModels(full_loader(), tmp_path), ["ec2:DescribeVolumes"])
    assert factory.has("ec2", "DescribeVolumes")
    assert not factory.has("ec2", "DescribeImages")
