"""Credentials that last for minutes are read with, not renewed at every request."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiobotocore.credentials import AioDeferredRefreshableCredentials, AioRefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from aws_stub import ACCOUNT, REGION, Refusal
from cloud_audit_tui.aws import refresh_pace
from cloud_audit_tui.aws.audit_session import CREDENTIAL_ATTEMPTS
from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.refresh_pace import pace_refresh
from quiet_sessions import ROLE_KEYS, quiet_sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.aws.errors import ReadError


def explain(error: Exception) -> ReadError:
    return read_error(error, service="sts", operation="AssumeRole", region=REGION, profile="dev")


class Source:
    """A source of credentials that counts its calls; each set of credentials has the number of its call."""

    def __init__(self, lasts: timedelta) -> None:
        self.lasts = lasts
        self.calls = 0
        self.fails = False

    async def __call__(self) -> dict[str, Any]:
        self.calls += 1
        await asyncio.sleep(0)
        if self.fails:
            raise CredentialRetrievalError(provider="test", error_msg="no answer")
        ends = datetime.now(UTC) + self.lasts
        key = f"ASIA{self.calls}"
        return {"access_key": key, "secret_key": "x", "token": "y", "expiry_time": ends.isoformat()}


def deferred(source: Source) -> AioDeferredRefreshableCredentials:
    """Return credentials of a source that is called at the first request, as for a role."""
    return AioDeferredRefreshableCredentials(source, "test")


async def loaded(source: Source) -> AioRefreshableCredentials:
    """Return credentials of a source that was called before, as for a program."""
    return AioRefreshableCredentials.create_from_metadata(await source(), source, "test")


async def keys_of(credentials: Any, requests: int) -> set[str]:
    """Return the keys that concurrent requests are signed with."""
    frozen = await asyncio.gather(*(credentials.get_frozen_credentials() for _ in range(requests)))
    return {each.access_key for each in frozen}


@pytest.mark.parametrize("minutes", [5, 12, 60])
async def test_many_requests_call_the_source_once(minutes: int) -> None:
    role, program = Source(timedelta(minutes=minutes)), Source(timedelta(minutes=minutes))
    for credentials in (deferred(role), await loaded(program)):
        pace_refresh(credentials, explain)
        assert await keys_of(credentials, 20) == {"ASIA1"}
    assert (role.calls, program.calls) == (1, 1)


async def test_after_a_while_short_credentials_are_renewed_and_long_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refresh_pace, "REFRESH_EVERY", 0.0)
    for lasts, calls in ((timedelta(minutes=5), 3), (timedelta(minutes=60), 1)):
        source = Source(lasts)
        credentials = deferred(source)
        pace_refresh(credentials, explain)
        for _ in range(3):
            await keys_of(credentials, 1)
        assert source.calls == calls


async def test_expired_credentials_are_renewed_at_once() -> None:
    source = Source(timedelta(seconds=-1))
    credentials = await loaded(source)
    pace_refresh(credentials, explain)
    source.lasts = timedelta(minutes=5)
    assert await keys_of(credentials, 5) == {"ASIA2"}
    assert source.calls == 2


async def test_requests_that_wait_for_a_failing_source_fail_together() -> None:
    source = Source(timedelta(minutes=5))
    credentials = await loaded(source)
    credentials._expiry_time = datetime.now(UTC) - timedelta(seconds=1)
    pace_refresh(credentials, explain)
    source.fails = True
    outcomes = await asyncio.gather(
        *(credentials.get_frozen_credentials() for _ in range(5)), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [CredentialRetrievalError] * 5
    assert source.calls == 2


async def test_credentials_stay_in_use_while_their_source_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(timedelta(minutes=5))
    credentials = await loaded(source)
    pace_refresh(credentials, explain)
    source.fails = True
    for pace in (0.0, refresh_pace.REFRESH_EVERY):
        monkeypatch.setattr(refresh_pace, "REFRESH_EVERY", pace)
        assert await keys_of(credentials, 3) == {"ASIA1"}
    assert source.calls > 1


async def test_a_role_that_could_not_be_renewed_for_a_moment_is_assumed_again(
    configure: Callable[[str], object], aws: AwsStub
) -> None:
    configure(
        f"[profile dev]\nregion = {REGION}\nrole_arn = arn:aws:iam::{ACCOUNT}:role/audit\n"
        "source_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = x\n"
    )
    unavailable = Refusal("ServiceUnavailable", "try again", 503)
    ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    aws.answer("sts", "AssumeRole", {"Credentials": {**ROLE_KEYS, "Expiration": ends}}, times=1)
    # The client of the credential provider tries twice.
    aws.answer("sts", "AssumeRole", unavailable, times=CREDENTIAL_ATTEMPTS)
    aws.answer("sts", "AssumeRole", {"Credentials": {**ROLE_KEYS, "AccessKeyId": "ASIASECOND000000"}})
    profile = Profile("dev", ProfileKind.ROLE, REGION)

    async def nobody(*_: object) -> bool:
        raise AssertionError("the user is asked")

    async with quiet_sessions(reads=["sagemaker:ListEndpoints"], ask_to_renew=nobody) as sessions:
        reader = Reader(sessions, profile, ACCOUNT, Limits(), renews=True)
        await sessions.client(profile, "sagemaker", REGION)
        sessions.note_answer(profile, 0)
        role = await (await sessions._session_of(profile))._session.get_credentials()
        role._expiry_time = datetime.now(UTC) - timedelta(seconds=1)
        assert [page async for page in reader.pages(REGION, "sagemaker", "ListEndpoints", {})]
        await reader.close()


async def read_three_lists(profile: Profile) -> None:
    reads = ["sagemaker:ListEndpoints", "sns:ListTopics", "lambda:ListFunctions"]
    async with quiet_sessions(reads=reads) as sessions:
        reader = Reader(sessions, profile, ACCOUNT, Limits())
        for read in reads:
            service, operation = read.split(":")
            async for _ in reader.pages(REGION, service, operation, {}):
                pass
        await reader.close()


@pytest.fixture
def configure(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Return a function that writes the AWS configuration; there are empty lists to read."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    aws.answer("sns", "ListTopics", {"Topics": []})
    aws.answer("lambda", "ListFunctions", {"Functions": []})
    return (tmp_path / "config").write_text


async def test_a_program_of_short_credentials_is_started_once(
    configure: Callable[[str], object], tmp_path: Path
) -> None:
    ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    keys = {"Version": 1, "AccessKeyId": "ASIA", "SecretAccessKey": "x", "Expiration": ends}
    program = tmp_path / "login"
    program.write_text(f"echo start >>{tmp_path}/starts; echo '{json.dumps(keys)}'\n")
    configure(f"[profile dev]\nregion = {REGION}\ncredential_process = sh {program}\n")
    await read_three_lists(Profile("dev", ProfileKind.PROCESS, REGION))
    assert (tmp_path / "starts").read_text() == "start\n"


async def test_a_role_of_a_quarter_of_an_hour_is_assumed_once(
    configure: Callable[[str], object], aws: AwsStub
) -> None:
    configure(
        f"[profile dev]\nregion = {REGION}\nrole_arn = arn:aws:iam::{ACCOUNT}:role/audit\n"
        "source_profile = base\nduration_seconds = 900\n"
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = x\n"
    )
    ends = (datetime.now(UTC) + timedelta(minutes=15)).isoformat()
    aws.answer("sts", "AssumeRole", {"Credentials": {**ROLE_KEYS, "Expiration": ends}})
    await read_three_lists(Profile("dev", ProfileKind.ROLE, REGION))
    assert [call.operation for call in aws.calls].count("AssumeRole") == 1
