"""A profile that stands for the environment or for the machine is read with the credentials of that alone."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from aws.tls_aws import tls_server
from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.profiles import ENVIRONMENT, INSTANCE_ROLE, list_profiles, select_profiles
from each_row import each_row
from faults.proxy import FaultProxy, faulty
from quiet_sessions import ROLE_KEYS, quiet_sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aws_stub import AwsStub
    from faults.proxy import Exchange

OF_DEFAULT, OF_ENVIRONMENT, OF_MACHINE = "AKIADEFAULT", "AKIAENVIRONMENT", "ASIA"
CONFIG = f"""
[default]
aws_access_key_id = {OF_DEFAULT}
aws_secret_access_key = secret
"""
ROLE = f"""
[default]
role_arn = arn:aws:iam::{ACCOUNT}:role/default
source_profile = keys
[profile keys]
aws_access_key_id = {OF_DEFAULT}
aws_secret_access_key = secret
"""


@pytest.fixture
def proxy(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy before the scripted AWS, which sees how the calls are signed."""
    with faulty(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


async def key_of(name: str, proxy: FaultProxy) -> str:
    """Return the access key that identifies a profile; raises `ReadError`."""
    keys: list[str] = []

    async def record(exchange: Exchange) -> bool:
        key = re.search(rb"Credential=(\w+)/", exchange.request.head)
        keys.append(key[1].decode() if key else "none")
        exchange.writer.write((await exchange.ask_aws(exchange.request)).bytes())
        await exchange.writer.drain()
        return True

    proxy.rules.clear()
    proxy.deal(record, operation="GetCallerIdentity")
    [profile] = select_profiles(list_profiles(os.environ), [name], os.environ)
    async with quiet_sessions() as sessions:
        await identify(sessions, profile, REGION, briefly=True)
    [key] = keys
    return key


def configure(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


async def test_the_role_of_the_machine_and_the_keys_of_the_environment_are_two_profiles(
    aws: AwsStub, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(CONFIG, tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OF_ENVIRONMENT)
    with tls_server(None, "") as machine:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://localhost:{machine.port}/container")
        with each_row() as row:
            for name, key in (
                (ENVIRONMENT, OF_ENVIRONMENT),
                (INSTANCE_ROLE, OF_MACHINE),
                ("default", OF_DEFAULT),
            ):
                with row(name):
                    assert await key_of(name, proxy) == key


async def test_the_token_of_the_environment_is_not_passed_over_for_a_role_of_the_default_profile(
    aws: AwsStub, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(ROLE, tmp_path, monkeypatch)
    (tmp_path / "token").write_text("token")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/pod")
    aws.answer("sts", "AssumeRole", {"Credentials": {**ROLE_KEYS, "AccessKeyId": "ASIAOFTHEDEFAULTROLE"}})
    aws.answer("sts", "AssumeRoleWithWebIdentity", {"Credentials": ROLE_KEYS})
    assert await key_of(ENVIRONMENT, proxy) == ROLE_KEYS["AccessKeyId"]


async def test_a_machine_without_a_role_does_not_lend_the_credentials_of_another_source(
    aws: AwsStub, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(CONFIG, tmp_path, monkeypatch)
    with tls_server(None, "") as machine:
        url = f"http://localhost:{machine.port}"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")
    monkeypatch.setattr("aiobotocore.utils.AioContainerMetadataFetcher.SLEEP_TIME", 0.001)
    try:
        key = await key_of(INSTANCE_ROLE, proxy)
    except ReadError as error:
        assert error.kind is Unread.CREDENTIALS
    else:
        raise AssertionError(f"{INSTANCE_ROLE} is read with {key}")
