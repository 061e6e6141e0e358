from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aioboto3
import pytest

from cloud_audit_tui.demo.accounts import ASSUMED, EXPIRED, IDENTITY, PRODUCTION, STAGING, Account
from cloud_audit_tui.demo.embedded import EmbeddedAws
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable

EXPIRED_CALLER = f"""
import asyncio, aioboto3
async def main():
    try:
        async with aioboto3.Session(profile_name={EXPIRED.profile!r}).client("sts") as sts:
            await sts.get_caller_identity()
    except Exception as error:
        print(type(error).__name__, error)
asyncio.run(main())
"""


async def test_a_profile_is_someone_in_its_own_account(in_demo: EmbeddedAws) -> None:
    rows: list[Account] = [*ASSUMED, IDENTITY]
    with each_row() as row:
        for account in rows:
            with row(account.profile):
                session = aioboto3.Session(profile_name=account.profile)
                assert session.region_name == account.region
                async with session.client("sts") as sts, session.client("iam") as iam:
                    caller = await sts.get_caller_identity()
                    aliases = await iam.list_account_aliases()
                assert caller["Account"] == account.id
                if account is not IDENTITY:
                    role = f"arn:aws:sts::{account.id}:assumed-role/SecurityAudit"
                    assert caller["Arn"] == f"{role}/cloud-audit-tui"
                assert aliases["AccountAliases"] == [account.alias]


def test_the_expired_profile_fails_as_expired_sign_on_does(embedded_aws: EmbeddedAws) -> None:
    # botocore fixes where it looks for tokens when it is imported, so this needs a process of its own.
    ran = subprocess.run(
        [sys.executable, "-c", EXPIRED_CALLER],
        env={**os.environ, **embedded_aws.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TokenRetrievalError" in ran.stdout
    assert "Token has expired and refresh failed" in ran.stdout


async def test_the_regions_are_those_of_an_account_that_opted_in_to_nothing(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("ec2") as ec2:
        enabled = await ec2.describe_regions()
        everything = await ec2.describe_regions(AllRegions=True)
        none = await ec2.describe_regions(Filters=[{"Name": "opt-in-status", "Values": ["opted-in"]}])
        one = await ec2.describe_regions(RegionNames=["eu-west-1"])
    names = {region["RegionName"] for region in enabled["Regions"]}
    assert len(names) == 17
    assert {"us-east-1", "eu-central-1", "eu-west-1", "ap-southeast-2"} <= names
    assert names < {region["RegionName"] for region in everything["Regions"]}
    assert none["Regions"] == []
    assert [region["RegionName"] for region in one["Regions"]] == ["eu-west-1"]


async def test_a_region_is_not_readable_in_words_that_aws_uses(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=STAGING.profile).client("sagemaker", "us-east-1") as sagemaker:
        with pytest.raises(sagemaker.exceptions.ClientError) as raised:
            await sagemaker.list_endpoints()
    error: dict[str, Any] = raised.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        f"User: arn:aws:sts::{STAGING.id}:assumed-role/SecurityAudit/cloud-audit-tui is not authorized to "
        f"perform: sagemaker:ListEndpoints on resource: arn:aws:sagemaker:us-east-1:{STAGING.id}:endpoint/* "
        "because no identity-based policy allows the sagemaker:ListEndpoints action"
    )


async def test_a_resource_is_fenced_off_by_name(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("sagemaker") as sagemaker:
        await sagemaker.describe_notebook_instance(NotebookInstanceName="feature-exploration")
        with pytest.raises(sagemaker.exceptions.ClientError, match="with an explicit deny in an identity"):
            await sagemaker.describe_notebook_instance(NotebookInstanceName="restricted-fraud-lab")


def test_the_aws_cli_reaches_it_with_what_is_pasted_and_a_later_one_too(
    embedded_aws: EmbeddedAws, cli: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    # The AWS CLI caches the credentials of an assumed role in the home directory that both runs share.
    with EmbeddedAws(latency_ms=0) as later:
        for aws in (embedded_aws, later):
            ran = cli(aws.pasteable, "sts", "get-caller-identity", "--profile", PRODUCTION.profile)
            assert ran.returncode == 0, ran.stderr
            assert json.loads(ran.stdout)["Account"] == PRODUCTION.id
