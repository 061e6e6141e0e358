"""Roles in an organization's accounts: how they are assumed, in which partition, and how they are renewed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import REGION
from cloud_audit_tui.aws.account_roles import RoleNameError, role_name
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.profiles import Profile, ProfileKind, account_profile
from quiet_sessions import ROLE_KEYS, quiet_sessions

if TYPE_CHECKING:
    from aws_stub import AwsStub
    from cloud_audit_tui.aws.sessions import Sessions

SOURCE = Profile("environment", ProfileKind.ENVIRONMENT, REGION)
MEMBERS = [account_profile(f"environment@{number * 12}/Audit", SOURCE, {}) for number in "23"]
EXPIRED = ReadError(Unread.CREDENTIALS, "They have expired.", code="ExpiredToken", expired=True)


def sessions_of(questions: list[str], *, go_on: bool = True) -> Sessions:
    async def ask(profile: str, _error: ReadError) -> bool:
        questions.append(profile)
        return go_on

    return quiet_sessions(reads=["sagemaker:ListEndpoints"], ask_to_renew=ask)


async def test_each_member_has_a_session_of_its_own(aws: AwsStub) -> None:
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    async with sessions_of([]) as sessions:
        for member in MEMBERS:
            client = await sessions.client(member, "sagemaker", REGION)
            await client.list_endpoints()
            await sessions.client(member, "sts", REGION)
    roles = [(each["RoleArn"], each["RoleSessionName"]) for each in aws.requests("AssumeRole")]
    assert roles == [(f"arn:aws:iam::{number * 12}:role/Audit", "cloud-audit-tui") for number in "23"]


async def test_one_question_renews_a_source_and_all_of_its_roles(aws: AwsStub) -> None:
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    questions: list[str] = []
    async with sessions_of(questions) as sessions:
        before = [await sessions.client(member, "sagemaker", REGION) for member in MEMBERS]
        sessions.note_answer(MEMBERS[0], 0)
        renewed = await asyncio.gather(*(sessions.renew(member, EXPIRED, 0) for member in MEMBERS))
        assert renewed == [True, True]
        assert questions == ["environment"]
        assert [sessions.generation(member) for member in MEMBERS] == [1, 1]
        after = [await sessions.client(member, "sagemaker", REGION) for member in MEMBERS]
        assert not set(map(id, before)) & set(map(id, after))
    assert len(aws.requests("AssumeRole")) == 4


async def test_a_declined_renewal_ends_the_roles_too(aws: AwsStub) -> None:
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    questions: list[str] = []
    async with sessions_of(questions, go_on=False) as sessions:
        await sessions.client(MEMBERS[0], "sagemaker", REGION)
        sessions.note_answer(MEMBERS[0], 0)
        assert not await sessions.renew(MEMBERS[0], EXPIRED, 0)
        with pytest.raises(ReadError, match="They have expired"):
            await sessions.client(MEMBERS[1], "sagemaker", REGION)
    assert questions == ["environment"]


async def test_the_partition_is_found_without_a_region(aws: AwsStub) -> None:
    def assume(params: dict[str, Any]) -> Any:
        if params["RoleArn"].startswith("arn:aws-us-gov:"):
            return {"Credentials": ROLE_KEYS}
        return aws.refusal("InvalidClientTokenId", "The security token is invalid.")

    aws.answer("sts", "AssumeRole", assume)
    source = Profile("environment", ProfileKind.ENVIRONMENT)
    member = account_profile("environment@222222222222/Audit", source, {})
    async with sessions_of([]) as sessions:
        await sessions.client(member, "sagemaker", "us-gov-west-1")
    assert [each["RoleArn"].split(":")[1] for each in aws.requests("AssumeRole")] == ["aws", "aws-us-gov"]


async def test_released_clients_open_again(aws: AwsStub) -> None:
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    aws.answer("sagemaker", "ListEndpoints", {"Endpoints": []})
    async with sessions_of([]) as sessions:
        first = await sessions.client(MEMBERS[0], "sagemaker", REGION)
        await sessions.release(MEMBERS[0])
        second = await sessions.client(MEMBERS[0], "sagemaker", REGION)
        assert second is not first
        await second.list_endpoints()
    assert len(aws.requests("AssumeRole")) == 1, "the session stays"


def test_what_is_no_name_of_a_role() -> None:
    assert role_name("/team/Audit") == "team/Audit"
    for text in ("", "arn:aws:iam::111122223333:role/Audit", "a b", "a$(id)", "x" * 65, "a//b", "a\n"):
        with pytest.raises(RoleNameError):
            role_name(text)
