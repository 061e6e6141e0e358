"""The buckets of an account, and reads that several checks share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.api import JUDGED_AT_ONCE, GoneError, Item, Region, Verdicts, unexpected
from cloud_audit_tui.model import Resource, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection

BUCKET_TYPE = "AWS::S3::Bucket"

BUCKET_GONE = "NoSuchBucket"
NO_PUBLIC_ACCESS_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_POLICY = "NoSuchBucketPolicy"

PUBLIC_ACCESS_READS = ["s3:GetPublicAccessBlock", "s3control:GetPublicAccessBlock"]
"""The reads of `public_access`, which a check that uses it declares."""

PUBLIC_ACCESS_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

BUCKETS_A_PAGE = 1000


def buckets(region: Region) -> AsyncIterator[Any]:
    """Yield the account's general purpose buckets; declare ``s3:ListBuckets``; raises `ReadError`.

    AWS returns `BucketRegion` only to a request with a parameter, and refuses one without a page size
    in accounts with more than 10,000 buckets.
    """
    return region.items("s3", "ListBuckets", MaxBuckets=BUCKETS_A_PAGE)


def bucket_resource(region: Region, name: str) -> Resource:
    """Return a bucket as a resource."""
    return Resource(f"arn:{region.partition}:s3:::{name}", name, BUCKET_TYPE)


def home_of(region: Region, bucket: Item) -> Region:
    """Return the region of a listed bucket, in which reads are not redirected."""
    return region.at(str(bucket.get("BucketRegion") or "") or region.name)


async def read_bucket(home: Region, operation: str, bucket: str, *, absent: Collection[str] = ()) -> Item:
    """Return the response of a read of one bucket, empty if AWS answers with a code in ``absent``.

    Raises `GoneError` and `ReadError`.
    """
    try:
        return await home.find("s3", operation, absent=absent, Bucket=bucket) or {}
    except ReadError as error:
        if error.code == BUCKET_GONE:
            raise GoneError(bucket) from error
        raise


def judge_buckets(region: Region, judge_one: Callable[[Region, Resource], Awaitable[Verdict]]) -> Verdicts:
    """Judge every bucket; ``judge_one`` gets its home region, which is the region of the verdict."""

    async def judge(bucket: Item) -> Verdict:
        verdict = await judge_one(home_of(region, bucket), listed_bucket(region, bucket))
        name = str(bucket.get("Name") or "")
        return msgspec.structs.replace(verdict, evidence={"bucket": name, **verdict.evidence})

    return region.judge(
        buckets(region), partial(listed_bucket, region), judge, lambda bucket: home_of(region, bucket).name
    )


def listed_bucket(region: Region, bucket: Item) -> Resource:
    """Return an entry of `buckets` as a resource."""
    return bucket_resource(region, str(bucket.get("Name") or ""))


@dataclass(frozen=True)
class PublicAccess:
    """The public access block of a bucket and of its account; an absent block has all settings off.

    S3 applies a setting that is on in either. ``bucket`` is ``None`` when the account's block has all
    settings on, so that the bucket's own is irrelevant and was not read.
    """

    account: dict[str, bool]
    bucket: dict[str, bool] | None

    def has(self, setting: str) -> bool:
        """Whether S3 applies one of `PUBLIC_ACCESS_SETTINGS`."""
        return self.account.get(setting, False) or (self.bucket or {}).get(setting, False)

    @property
    def missing(self) -> list[str]:
        """The settings that are off in both."""
        return [setting for setting in PUBLIC_ACCESS_SETTINGS if not self.has(setting)]


async def public_access(home: Region, bucket: str) -> PublicAccess:
    """Return the public access blocks that S3 applies to a bucket of this account.

    The account's block is read once. If it cannot be read but the bucket's own has all settings on, it is
    irrelevant. A missing block is empty. Raises `GoneError`, and `ReadError` if the unread block could
    decide.
    """
    unread: ReadError | None = None
    account: dict[str, bool] = {}
    try:
        account = await account_public_access(home)
    except ReadError as error:
        unread = error
    if all(account.get(setting) for setting in PUBLIC_ACCESS_SETTINGS):
        return PublicAccess(account, None)
    answer = await read_bucket(home, "GetPublicAccessBlock", bucket, absent={NO_PUBLIC_ACCESS_BLOCK})
    access = PublicAccess(account, _settings(answer))
    if unread is not None and access.missing:
        raise unread
    return access


async def account_public_access(region: Region) -> dict[str, bool]:
    """Return the settings of the account's public access block, all off without one; raises `ReadError`.

    The block applies in every region, so it is read in one, whatever the bucket's region.
    """
    answer = await region.at(HOME_REGIONS.get(region.partition, region.name)).find(
        "s3control", "GetPublicAccessBlock", absent={NO_PUBLIC_ACCESS_BLOCK}, AccountId=region.account_id
    )
    return _settings(answer or {})


def _settings(answer: Item) -> dict[str, bool]:
    if not answer:
        return {}
    block = answer.get("PublicAccessBlockConfiguration") or {}
    return {setting: bool(block.get(setting)) for setting in PUBLIC_ACCESS_SETTINGS}


class LogTargets:
    """The buckets that server access logs of this account are delivered to.

    S3 delivers only to a bucket of the same region and account, so a bucket whose logging settings cannot be
    read leaves the targets in its own region unknown, and no others. Needs ``s3:ListBuckets`` and
    ``s3:GetBucketLogging``; nothing is read before the first call.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._read: asyncio.Task[None] | None = None
        self._regions: dict[str, str] = {}
        self._names: set[str] = set()
        self._unread: dict[str, ReadError] = {}
        self._unlisted: ReadError | None = None

    async def has(self, bucket: str, region: str) -> bool:
        """Say whether a bucket is a target; raises `ReadError` if an unread bucket may log to it."""
        await self._complete()
        if bucket in self._regions:
            return True
        if (error := self._unread.get(region) or self._unlisted) is not None:
            raise error
        return False

    async def exists(self, bucket: str) -> bool:
        """Say whether a bucket is one of this account's; raises `ReadError` when not all could be listed."""
        await self._complete()
        if bucket in self._names:
            return True
        if self._unlisted is not None:
            raise self._unlisted
        return False

    async def of_region(self, region: str) -> list[str]:
        """Return the known targets of a region, sorted."""
        await self._complete()
        return sorted(
            target for target, place in self._regions.items() if place == region and target in self._names
        )

    async def _complete(self) -> None:
        if self._read is None:
            self._read = asyncio.create_task(self._read_all())
        await asyncio.shield(self._read)

    async def _read_all(self) -> None:
        slots = asyncio.Semaphore(JUDGED_AT_ONCE)

        async def one(bucket: Item) -> None:
            home = home_of(self._region, bucket)
            try:
                async with slots:
                    answer = await read_bucket(home, "GetBucketLogging", str(bucket.get("Name") or ""))
                target = (answer.get("LoggingEnabled") or {}).get("TargetBucket")
            except GoneError:
                return
            except ReadError as error:
                self._unread[home.name] = error
                return
            except Exception as error:
                self._unread[home.name] = unexpected(error, "GetBucketLogging")
                return
            if target:
                self._regions[str(target)] = home.name

        async with asyncio.TaskGroup() as group:
            try:
                async for bucket in buckets(self._region):
                    self._names.add(str(bucket.get("Name") or ""))
                    group.create_task(one(bucket))
            except ReadError as error:
                self._unlisted = error
