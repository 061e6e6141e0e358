"""Who a profile is, and which regions its account has enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.reader import Limits, Reader
from cloud_audit_tui.aws.regions import HOME_REGIONS, PARTITIONS, regions_of

if TYPE_CHECKING:
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions

READS = ("sts:GetCallerIdentity", "iam:ListAccountAliases", "ec2:DescribeRegions")
"""What identifying a profile asks of AWS; only the first must be allowed, and it always is."""
WRONG_PARTITION_CODES = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken"})


class Identity(msgspec.Struct, frozen=True):
    """A profile's account and caller.

    ``enabled_regions`` are read from the account, or are botocore's list of the partition when that
    is denied or not asked for; ``regions_note`` then says so.
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
        """The region that the partition's global services are read in."""
        return HOME_REGIONS[self.partition]


async def identify(
    sessions: Sessions, profile: Profile, fallback_region: str, *, briefly: bool = False
) -> Identity:
    """Ask AWS who a profile is; raises `ReadError` when its credentials do not work.

    ``fallback_region`` is where to ask when the profile names no region. ``briefly`` asks for the
    account alone, in one call, and neither for its alias nor for its regions.
    """
    reader = Reader(sessions, profile, "", Limits())
    caller = await _caller(reader, profile.region or fallback_region)
    arn = str(caller["Arn"])
    partition = arn.split(":")[1]
    home = HOME_REGIONS[partition]
    if briefly:
        enabled, note = list(regions_of(partition)), "The regions that the account has enabled were not read."
    else:
        enabled, note = await _enabled_regions(reader, profile.region or home, partition)
    return Identity(
        account_id=str(caller["Account"]),
        alias="" if briefly else await _alias(reader, home),
        caller_arn=arn,
        partition=partition,
        region=profile.region or fallback_region or home,
        enabled_regions=enabled,
        regions_note=note,
    )


async def _caller(reader: Reader, region: str) -> dict[str, object]:
    """Ask in the profile's region or, when it names none, in each partition until one knows the keys."""
    candidates = [region] if region else [HOME_REGIONS[partition] for partition in PARTITIONS]
    for candidate in candidates[:-1]:
        try:
            return await reader.read(candidate, "sts", "GetCallerIdentity", {})
        except ReadError as error:
            if error.code not in WRONG_PARTITION_CODES:
                raise
    return await reader.read(candidates[-1], "sts", "GetCallerIdentity", {})


async def _alias(reader: Reader, region: str) -> str:
    try:
        return str(await anext(reader.items(region, "iam", "ListAccountAliases", {}), ""))
    except ReadError:
        # An alias is a courtesy: without it the account is shown by its number.
        return ""


async def _enabled_regions(reader: Reader, region: str, partition: str) -> tuple[list[str], str]:
    try:
        response = await reader.read(region, "ec2", "DescribeRegions", {})
    except ReadError as error:
        if error.kind is Unread.CREDENTIALS:
            raise
        note = (
            f"{error.reason} The regions are those of the {partition} partition that botocore knows; "
            "some may not be enabled in this account."
        )
        return list(regions_of(partition)), note
    foreign = {name for other in PARTITIONS if other != partition for name in regions_of(other)}
    names = {str(found["RegionName"]) for found in response.get("Regions", [])}
    return sorted(names - foreign), ""
