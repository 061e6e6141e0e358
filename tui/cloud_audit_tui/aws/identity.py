"""Identifies a profile: its account, its caller and the account's enabled regions."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import WRONG_PARTITION_CODES
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.regions import home_region, known_regions, regions_of, regions_to_try
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions

_ACCOUNT = re.compile(r"\d{12}")
_CALLER = re.compile(r"arn:(?P<partition>[a-z][a-z0-9-]*):(?:iam|sts)::\d{12}:.+", re.DOTALL)
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d{1,2}")


class Identity(msgspec.Struct, frozen=True):
    """A profile's account and caller.

    ``enabled_regions`` come from the account, or from botocore's list of the partition when that read is
    denied or skipped; ``regions_note`` then says so.
    """

    account_id: str
    alias: str
    caller_arn: str
    partition: str
    region: str
    enabled_regions: list[str]
    regions_note: str = ""

    @property
    def home_region(self) -> str:
        """The region in which the partition's global services are read."""
        return home_region(self.partition, self.region)


async def identify(
    sessions: Sessions, profile: Profile, fallback_region: str, *, briefly: bool = False
) -> Identity:
    """Identify a profile; raises `ReadError` for any failure of the profile or the response.

    ``fallback_region`` is used when the profile has no region. ``briefly`` reads only the account, in one
    call, without its alias and regions.
    """
    reader = Reader(sessions, profile, "", Limits())
    asked_in = profile.region or fallback_region
    try:
        answered_in, caller = await _caller(reader, asked_in)
        account_id, arn = str(caller.get("Account", "")), str(caller.get("Arn", ""))
        caller_match = _CALLER.fullmatch(arn)
        if not caller_match or not _ACCOUNT.fullmatch(account_id):
            raise _malformed("sts:GetCallerIdentity", "it names no account and no ARN of a caller")
        partition = caller_match["partition"]
        home = home_region(partition, asked_in)
        if briefly:
            alias, note = "", "The regions that the account has enabled were not read."
            enabled = _regions_that_botocore_knows(partition, asked_in or home)
        else:
            (enabled, note), alias = await asyncio.gather(
                _enabled_regions(reader, answered_in if profile.region else home, partition),
                _alias(reader, home),
            )
        return Identity(
            account_id=account_id,
            alias=alias,
            caller_arn=arn,
            partition=partition,
            region=asked_in or home,
            enabled_regions=enabled,
            regions_note=note,
        )
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(
            Unread.BAD_RESPONSE,
            f"{profile.name!r} could not be identified ({type(error).__name__}).",
            action="This is a fault of cloud-audit-tui: please report it.",
        ) from error
    finally:
        await reader.close()


def _malformed(read: str, why: str) -> ReadError:
    return ReadError(
        Unread.BAD_RESPONSE,
        f"The answer to {read} is not what AWS documents: {why}.",
        action="A proxy or a login page may have answered in place of AWS; check AWS_ENDPOINT_URL.",
    )


def _regions_that_botocore_knows(partition: str, region: str) -> list[str]:
    """Return a partition's regions; only the region in use for a partition that botocore does not list."""
    return list(regions_of(partition)) or ([region] if region else [])


async def _caller(reader: Reader, region: str) -> tuple[str, dict[str, object]]:
    """Call STS in each of `regions_to_try` until one accepts the keys; return that region and its answer."""
    first: ReadError | None = None
    for candidate in regions_to_try(region):
        try:
            return candidate, await reader.read(candidate, "sts", "GetCallerIdentity", {})
        except ReadError as error:
            first = first or error
            if error.code not in WRONG_PARTITION_CODES:
                break
    assert first is not None
    # The first region's error is more useful than that of an unreachable partition.
    raise first


async def _alias(reader: Reader, region: str) -> str:
    try:
        return str(await anext(reader.items(region, "iam", "ListAccountAliases", {}), ""))
    except ReadError:
        # The alias is optional: without it the account is shown by its id.
        return ""


async def _enabled_regions(reader: Reader, region: str, partition: str) -> tuple[list[str], str]:
    try:
        response = await reader.read(region, "ec2", "DescribeRegions", {})
        return _regions_in(response, partition), ""
    except ReadError as error:
        if error.kind is Unread.CREDENTIALS:
            raise
        note = (
            f"{error.reason} The regions are those of the {partition} partition that botocore knows; "
            "some may not be enabled in this account."
        )
        return _regions_that_botocore_knows(partition, region), note


def _regions_in(response: dict[str, Any], partition: str) -> list[str]:
    """Return the region names in a response; raises `ReadError` when it is not a list of regions."""
    regions = response.get("Regions")
    if not isinstance(regions, list) or not regions:
        raise _malformed("ec2:DescribeRegions", "it lists no region, and every account has some")
    names = {one.get("RegionName") if isinstance(one, dict) else None for one in regions}
    strange = [name for name in names if not isinstance(name, str) or not _REGION.fullmatch(name)]
    if strange:
        raise _malformed("ec2:DescribeRegions", f"{quoted(repr(strange[0]))} is not the name of a region")
    # The embedded AWS of the tests lists every partition's regions at once.
    own = regions_of(partition)
    foreign = set(known_regions()) - set(own) if own else set()
    return sorted(str(name) for name in names if name not in foreign)
