"""Who a profile is: every partition, and a clear word for every answer that cannot be meant."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from aws_stub import ACCOUNT, CALLER, IDENTITY, REGION
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import Identity, identify
from cloud_audit_tui.aws.profiles import Profile, ProfileKind, list_profiles
from cloud_audit_tui.aws.regions import HOME_REGIONS, home_region, known_regions, regions_of
from each_row import each_row
from quiet_sessions import ROLE_KEYS, quiet_sessions

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub


async def identified(region: str = REGION, *, briefly: bool = False) -> Identity:
    profile = Profile("environment", ProfileKind.ENVIRONMENT, region)
    async with quiet_sessions() as sessions:
        return await identify(sessions, profile, "", briefly=briefly)


def script(aws: AwsStub, service: str, operation: str, answer: Any) -> None:
    aws._scripts.pop((service, operation), None)
    aws.answer(service, operation, answer)


async def test_a_profile_has_an_account_an_alias_and_regions(aws: AwsStub) -> None:
    identity = await identified()
    assert (identity.account_id, identity.alias, identity.partition) == (ACCOUNT, "tests", "aws")
    assert identity.enabled_regions == ["eu-central-1", "eu-west-1", "us-east-1"]
    assert identity.regions_note == ""


@pytest.mark.parametrize("briefly", [False, True])
async def test_every_partition_of_botocore_is_known(aws: AwsStub, briefly: bool) -> None:
    wrong = []
    for partition in botocore.session.get_session().get_available_partitions():
        region = regions_of(partition)[0]
        arn = f"arn:{partition}:iam::{ACCOUNT}:user/me"
        script(aws, "sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": arn, "UserId": "AIDA"})
        script(aws, "ec2", "DescribeRegions", {"Regions": [{"RegionName": region}]})
        identity = await identified(region, briefly=briefly)
        if region not in identity.enabled_regions or identity.home_region != HOME_REGIONS[partition]:
            wrong.append((partition, identity))
    assert not wrong


async def test_a_partition_newer_than_botocore_is_read_where_it_was_asked(aws: AwsStub) -> None:
    arn = f"arn:aws-moon:iam::{ACCOUNT}:user/me"
    script(aws, "sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": arn, "UserId": "AIDA"})
    aws.denied("ec2", "DescribeRegions")
    identity = await identified(briefly=True)
    assert (identity.home_region, identity.enabled_regions) == (REGION, [REGION])


def test_every_home_is_a_region_of_its_partition() -> None:
    partitions = botocore.session.get_session().get_available_partitions()
    assert set(HOME_REGIONS) == set(partitions)
    assert not {name: home for name, home in HOME_REGIONS.items() if home not in regions_of(name)}
    assert set(HOME_REGIONS.values()) <= set(known_regions())
    assert home_region("aws-moon", "moon-sea-1") == "moon-sea-1"


async def test_a_caller_that_cannot_be_one_is_refused(aws: AwsStub) -> None:
    rows: list[dict[str, str]] = [
        {"Account": ACCOUNT, "Arn": "me, whoever that may be", "UserId": "AIDA"},
        {"Account": ACCOUNT, "Arn": "arn:aws::::::::::::::::", "UserId": "AIDA"},
        {"Account": ACCOUNT, "Arn": "arn:aws:s3:::a-bucket-of-mine", "UserId": "AIDA"},
        {"Account": "none", "Arn": CALLER, "UserId": "AIDA"},
        {"Account": ACCOUNT, "UserId": "AIDA"},
        {"Arn": CALLER},
        {},
    ]
    with each_row() as row:
        for answer in rows:
            with row(answer):
                script(aws, "sts", "GetCallerIdentity", answer)
                with pytest.raises(ReadError) as error:
                    await identified()
                assert error.value.kind is Unread.BAD_RESPONSE
                assert "sts:GetCallerIdentity" in error.value.reason


async def test_regions_that_cannot_be_a_list_are_those_that_botocore_knows(aws: AwsStub) -> None:
    rows: list[dict[str, Any]] = [
        {},
        {"Regions": []},
        {"Regions": [{}]},
        {"Regions": [{"RegionName": "eu-west-1.example.com"}]},
        {"Regions": [{"RegionName": "eu-west-1"}, {"RegionName": "../x"}]},
    ]
    with each_row() as row:
        for answer in rows:
            with row(answer):
                script(aws, "ec2", "DescribeRegions", answer)
                identity = await identified()
                assert identity.enabled_regions == list(regions_of("aws"))
                assert "ec2:DescribeRegions" in identity.regions_note
                assert "some may not be enabled" in identity.regions_note


async def test_without_a_region_the_keys_are_tried_in_each_partition(aws: AwsStub) -> None:
    invalid = aws.refusal("InvalidClientTokenId", "The security token is invalid")
    aws._scripts.pop(("sts", "GetCallerIdentity"))
    aws.answer("sts", "GetCallerIdentity", invalid, region="us-east-1")
    arn = f"arn:aws-us-gov:iam::{ACCOUNT}:user/me"
    aws.answer("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": arn, "UserId": "AIDA"})
    identity = await identified("", briefly=True)
    assert (identity.partition, identity.region) == ("aws-us-gov", "us-gov-west-1")


async def test_a_region_that_the_account_has_not_enabled_hides_no_account(aws: AwsStub) -> None:
    for service, operation, code in (
        ("sts", "GetCallerIdentity", "InvalidClientTokenId"),
        ("ec2", "DescribeRegions", "AuthFailure"),
    ):
        usual = IDENTITY[service, operation]
        aws._scripts.pop((service, operation))
        aws.answer(service, operation, aws.refusal(code, "not valid"), region="me-south-1")
        aws.answer(service, operation, usual, region="us-east-1")
    identity = await identified("me-south-1")
    assert (identity.account_id, identity.region) == (ACCOUNT, "me-south-1")
    assert identity.enabled_regions == ["eu-central-1", "eu-west-1", "us-east-1"]
    assert identity.regions_note == ""


@pytest.mark.parametrize(
    ("region", "regions"),
    [
        ("me-south-1", ["me-south-1", "us-east-1"]),
        ("eu-central-1", ["eu-central-1"]),
        ("cn-northwest-1", ["cn-northwest-1"]),
    ],
)
async def test_keys_that_are_wrong_are_tried_elsewhere_only_if_their_region_may_be_disabled(
    aws: AwsStub, region: str, regions: list[str]
) -> None:
    script(aws, "sts", "GetCallerIdentity", aws.refusal("InvalidClientTokenId", "invalid"))
    with pytest.raises(ReadError, match="does not accept the credentials") as error:
        await identified(region)
    assert [call.region for call in aws.calls] == regions
    assert ("may not have enabled me-south-1" in error.value.action) == (len(regions) > 1)


async def test_keys_that_no_partition_knows_are_called_wrong(aws: AwsStub) -> None:
    script(aws, "sts", "GetCallerIdentity", aws.refusal("InvalidClientTokenId", "invalid"))
    with pytest.raises(ReadError, match="does not accept the credentials"):
        await identified("")


@pytest.mark.parametrize(
    ("environ", "settings", "partition", "region"),
    [
        ({}, "", "aws", "us-east-1"),
        ({}, "", "aws-cn", "cn-north-1"),
        ({"AWS_REGION": "eu-west-1"}, "", "aws", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "region = us-gov-east-1\n", "aws-us-gov", "us-gov-east-1"),
    ],
)
async def test_a_role_is_assumed_in_a_region_of_its_own(
    aws: AwsStub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    settings: str,
    partition: str,
    region: str,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config").write_text(
        f"[profile audit]\nrole_arn = arn:{partition}:iam::{ACCOUNT}:role/audit\nsource_profile = base\n"
        f"{settings}[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    aws.answer("sts", "AssumeRole", {"Credentials": ROLE_KEYS})
    [profile] = [each for each in list_profiles(os.environ) if each.name == "audit"]
    async with quiet_sessions() as sessions:
        await identify(sessions, profile, environ.get("AWS_REGION", ""), briefly=True)
    assert [call.region for call in aws.calls if call.operation == "AssumeRole"] == [region]


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
async def test_a_line_end_in_the_credentials_is_no_silent_network(
    aws: AwsStub, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "AKIAWITHALINEEND\r")
    with pytest.raises(ReadError, match="contain a line end") as refusal:
        await identified()
    assert refusal.value.kind is Unread.CREDENTIALS
    assert "AKIAWITH" not in refusal.value.words
