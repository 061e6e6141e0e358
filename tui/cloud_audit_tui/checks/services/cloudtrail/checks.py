"""AWS CloudTrail: whether events are recorded, and whether the log files are validated and private.

A trail is judged once: in its home region or, where that region is not scanned, in one region of the scan.
Organization trails of another account count in the checks that ask whether an event is recorded; only that
account can change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.api import GoneError, Item, Region, Verdicts, check, not_assessed
from cloud_audit_tui.checks.services.cloudtrail.event_selectors import EventSelectors
from cloud_audit_tui.checks.services.cloudtrail.trails import (
    RECORDING_READS,
    TRAIL_TYPE,
    Recording,
    Trail,
    homed_trails,
    judged_trails,
    recordings,
    visible_trails,
)
from cloud_audit_tui.checks.services.s3.buckets import (
    BUCKET_TYPE,
    PUBLIC_ACCESS_READS,
    PUBLIC_ACCESS_SETTINGS,
    PublicAccess,
    buckets,
    home_of,
    public_access,
    read_bucket,
)
from cloud_audit_tui.model import AccountScope, Resource, Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

TRAILS = AccountScope(TRAIL_TYPE)
"""The subject of the account-wide checks, which judge whether any trail records the events."""

STALE_AFTER = timedelta(days=1)
"""How far delivery to CloudWatch Logs may lag behind delivery to S3; AWS delivers within minutes."""


@check("aws-ct-001", reads=[*RECORDING_READS, "cloudtrail:ListTrails"])
async def multi_region_trail(region: Region) -> Verdicts:
    """Fail the account unless a multi-region trail is logging all management events.

    ``DescribeTrails`` with shadow trails shows in any region every multi-region trail, also one of the
    organization; ``IsLogging`` of ``GetTrailStatus`` and the selectors of ``GetEventSelectors`` say what it
    records (CIS 3.1). This is stricter than the catalogue's rule, which passes a trail that was never
    started. A trail without selectors records all management events; one that excludes the events of KMS or
    the RDS Data API, as CloudTrail offers, still passes.
    """
    recorded = await recordings(region, await visible_trails(region))
    for each in recorded:
        if each.complete:
            reason = (
                f"Trail {each.trail.label}{_of_organization(region, each.trail)} records the management "
                "events of all regions."
            )
            yield Verdict(Status.PASS, TRAILS, reason, _trail_facts(each.trail))
            return
    for each in recorded:
        if each.undecided is not None:
            yield not_assessed(TRAILS, each.undecided)
            return
    yield await _without_trail(region, recorded)


async def _without_trail(region: Region, recordings: list[Recording]) -> Verdict:
    if not recordings:
        recordings = [
            Recording(trail, lacks=["covers only its own region"]) for trail in await _elsewhere(region)
        ]
    evidence: Item = {"trail_name": "", "account_id": region.account_id, "bucket": _new_bucket(region)}
    if not recordings:
        reason = (
            "No trail records the management events of this account: what happens is known for 90 days only."
        )
        return Verdict(Status.FAIL, TRAILS, reason, evidence)
    trails = "; ".join(each.words + _of_organization(region, each.trail) for each in recordings)
    reason = f"No trail records all management events of all regions: {trails}."
    own = next((each for each in recordings if each.trail.owner == region.account_id), None)
    where = ""
    if own is not None:
        where = own.trail.home_region
        evidence |= {
            **_trail_facts(own.trail),
            "is_logging": own.logging,
            "lacks": own.lacks,
            **_selector_facts(own.selectors),
        }
    return Verdict(Status.FAIL, TRAILS, reason, evidence, severity=Severity.HIGH, region=where)


async def _elsewhere(region: Region) -> list[Trail]:
    """Return the trails that record no events of this region; raises `ReadError`.

    They distinguish an account without trails, which is worse, from one whose trails cover one region each.
    """
    homes = {str(entry.get("HomeRegion") or "") async for entry in region.items("cloudtrail", "ListTrails")}
    return [
        trail for home in sorted(homes - {"", region.name}) async for trail in homed_trails(region.at(home))
    ]


@check("aws-ct-002", reads=["cloudtrail:DescribeTrails"])
def log_file_validation(region: Region) -> Verdicts:
    """Fail a trail whose ``LogFileValidationEnabled`` is false or absent.

    The catalogue's rule reads one region of the scan and misses single-region trails elsewhere.
    """
    return region.judge(judged_trails(region), _trail_resource, _judge_validation, _home_of)


@check(
    "aws-ct-003",
    reads=[
        "cloudtrail:DescribeTrails",
        "s3:ListBuckets",
        *PUBLIC_ACCESS_READS,
    ],
)
async def bucket_public_access_block(region: Region) -> Verdicts:
    """Fail a trail's bucket if one of the four public access settings is off for it and for the account.

    S3 applies the stricter of the two levels, so the account's setting counts. A bucket that is not in the
    account's list (``ListBuckets``) belongs to a log archive or was deleted, and is not assessed. Buckets are
    judged with the trails judged in the region, each bucket once.
    """
    async for verdict in region.judge(
        _trail_buckets(region), _bucket_resource, partial(_judge_in_home, _judge_block), _region_of_bucket
    ):
        yield verdict


@check(
    "aws-ct-004",
    reads=["cloudtrail:DescribeTrails", "s3:ListBuckets", "s3:GetBucketLogging"],
)
async def bucket_access_logging(region: Region) -> Verdicts:
    """Fail a trail's bucket when ``GetBucketLogging`` gives no ``LoggingEnabled`` (CIS 3.4).

    A bucket that is its own target fails too: it would log its own logs. Buckets of other accounts are not
    assessed, as for aws-ct-003; the catalogue's rule lets them pass.
    """
    async for verdict in region.judge(
        _trail_buckets(region), _bucket_resource, partial(_judge_in_home, _judge_logging), _region_of_bucket
    ):
        yield verdict


@check("aws-ct-005", reads=["cloudtrail:DescribeTrails"])
def kms_encryption(region: Region) -> Verdicts:
    """Fail a trail that has no ``KmsKeyId``."""
    return region.judge(judged_trails(region), _trail_resource, _judge_key, _home_of)


@check("aws-ct-006", reads=RECORDING_READS)
async def object_write_events(region: Region) -> Verdicts:
    """Fail the account unless a multi-region, logging trail records object writes in all buckets (CIS 3.8).

    Basic selectors count with the value ``arn:aws:s3`` (all buckets, new ones too), not with a bucket or a
    prefix; advanced selectors without a field that narrows them, except that they may exclude the trail's own
    bucket. This is stricter than the catalogue's rule, which passes one prefix of one bucket.
    """
    yield await _object_events(region, read_only=False)


@check("aws-ct-007", reads=RECORDING_READS)
async def object_read_events(region: Region) -> Verdicts:
    """As aws-ct-006, for the reads of objects (CIS 3.9)."""
    yield await _object_events(region, read_only=True)


@check("aws-ct-008", reads=["cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"])
async def cloudwatch_delivery(region: Region) -> Verdicts:
    """Fail a trail that has no ``CloudWatchLogsLogGroupArn``, or whose delivery there does not work.

    Delivery does not work when ``GetTrailStatus`` gives a ``LatestCloudWatchLogsDeliveryError``, or when the
    latest delivery is a day older than the latest one to S3. The catalogue's rule reads only the ARN and only
    multi-region trails, but no alarm watches a single-region trail's events either.
    """
    async for verdict in region.judge(
        judged_trails(region), _trail_resource, partial(_judge_delivery, region), _home_of
    ):
        yield verdict


def _trail_resource(trail: Trail) -> Resource:
    return Resource(trail.arn, trail.name, TRAIL_TYPE)


def _of_organization(region: Region, trail: Trail) -> str:
    if trail.owner == region.account_id:
        return ""
    return f" (an organization trail, which only account {quoted(trail.owner)} can change)"


def _trail_facts(trail: Trail) -> Item:
    return {
        "trail_name": trail.name,
        "trail_arn": trail.arn,
        "trail_region": trail.home_region,
        "trail_bucket": trail.bucket,
        "is_organization_trail": trail.organization,
        "is_multi_region": trail.multi_region,
    }


def _selector_facts(selectors: EventSelectors | None) -> Item:
    """Return the selectors unchanged, because an update replaces all of them."""
    present = selectors or EventSelectors((), ())
    return {
        "selector_kind": present.kind,
        "event_selectors": list(present.basic),
        "advanced_event_selectors": list(present.advanced),
    }


def _new_bucket(region: Region) -> str:
    return f"cloudtrail-logs-{region.account_id}-{region.name}"


def _trail_verdict(trail: Trail, good: bool, reason: str, facts: Item) -> Verdict:
    status = Status.PASS if good else Status.FAIL
    return Verdict(status, _trail_resource(trail), reason, {**_trail_facts(trail), **facts})


def _home_of(trail: Trail) -> str:
    return trail.home_region


async def _judge_validation(trail: Trail) -> Verdict:
    enabled = bool(trail.description.get("LogFileValidationEnabled"))
    reason = (
        f"CloudTrail signs a digest of the log files of trail {trail.label}."
        if enabled
        else f"Nothing shows whether log files of trail {trail.label} were changed or deleted: log file "
        "validation is off."
    )
    return _trail_verdict(trail, enabled, reason, {})


async def _judge_key(trail: Trail) -> Verdict:
    key = str(trail.description.get("KmsKeyId") or "")
    reason = (
        f'KMS key "{quoted(key)}" encrypts the log files of trail {trail.label}.'
        if key
        else f"Trail {trail.label} names no KMS key: anyone who can read its bucket can read its log files."
    )
    return _trail_verdict(trail, bool(key), reason, {"kms_key_id": key})


@dataclass(frozen=True)
class _TrailBucket:
    """A bucket that trails of one region deliver to; ``home`` is ``None`` for one of another account."""

    name: str
    arn: str
    trails: tuple[str, ...]
    home: Region | None


def _bucket_resource(bucket: _TrailBucket) -> Resource:
    return Resource(bucket.arn, bucket.name, BUCKET_TYPE)


async def _trail_buckets(region: Region) -> AsyncIterator[_TrailBucket]:
    trails: dict[str, list[str]] = {}
    async for trail in judged_trails(region):
        if trail.bucket:
            trails.setdefault(trail.bucket, []).append(trail.name)
    if not trails:
        return
    homes: dict[str, Region] = {}
    unlisted: ReadError | None = None
    listing = region.at(HOME_REGIONS.get(region.partition, region.name))
    try:
        async for bucket in buckets(listing):
            homes[str(bucket.get("Name") or "")] = home_of(listing, bucket)
    except ReadError as error:
        unlisted = error
    for name, names in trails.items():
        # A bucket that is missing from an incomplete list may be the account's own, so it gets no verdict.
        if name in homes or unlisted is None:
            yield _TrailBucket(name, f"arn:{region.partition}:s3:::{name}", tuple(names), homes.get(name))
    if unlisted is not None and not trails.keys() <= homes.keys():
        raise unlisted


def _bucket_facts(bucket: _TrailBucket) -> Item:
    return {"bucket_name": bucket.name, "trails": list(bucket.trails)}


def _not_own(bucket: _TrailBucket) -> Verdict:
    reason = (
        f'Bucket "{quoted(bucket.name)}" is not among the buckets of this account: it belongs to another '
        "account, such as a log archive, and has to be checked there, or it was deleted."
    )
    return Verdict(Status.NOT_ASSESSED, _bucket_resource(bucket), reason, _bucket_facts(bucket))


async def _judge_in_home(
    judge_own: Callable[[Region, _TrailBucket], Awaitable[Verdict]], bucket: _TrailBucket
) -> Verdict:
    """Judge a bucket of this account in its region."""
    if bucket.home is None:
        return _not_own(bucket)
    try:
        return await judge_own(bucket.home, bucket)
    except GoneError:
        return _not_own(bucket)


def _region_of_bucket(bucket: _TrailBucket) -> str:
    return bucket.home.name if bucket.home else ""


async def _judge_block(home: Region, bucket: _TrailBucket) -> Verdict:
    access = await public_access(home, bucket.name)
    evidence = {
        **_bucket_facts(bucket),
        "bucket_block": access.bucket,
        "account_block": access.account,
        "missing_blocks": access.missing,
    }
    label = f'"{quoted(bucket.name)}", where {_trails(bucket)} log files,'
    if access.missing:
        reason = f"Bucket {label} is not guarded by {', '.join(access.missing)}, nor is the account."
        return Verdict(Status.FAIL, _bucket_resource(bucket), reason, evidence, _block_severity(access))
    reason = f"The public access block of bucket {label} or of the account has all four settings on."
    return Verdict(Status.PASS, _bucket_resource(bucket), reason, evidence)


def _block_severity(access: PublicAccess) -> Severity:
    """Return the severity of the missing settings: two of the four apply to existing public grants."""
    if len(access.missing) == len(PUBLIC_ACCESS_SETTINGS):
        return Severity.CRITICAL
    acting = {"IgnorePublicAcls", "RestrictPublicBuckets"}
    return Severity.HIGH if acting & set(access.missing) else Severity.MEDIUM


async def _judge_logging(home: Region, bucket: _TrailBucket) -> Verdict:
    response = await read_bucket(home, "GetBucketLogging", bucket.name)
    target = str((response.get("LoggingEnabled") or {}).get("TargetBucket") or "")
    evidence = {**_bucket_facts(bucket), "target_bucket": target}
    label = f'"{quoted(bucket.name)}", where {_trails(bucket)} log files'
    if target == bucket.name:
        reason = (
            f"Bucket {label}, logs its requests into itself: an endless growth of logs, beside the files "
            "that the logs protect."
        )
        return Verdict(Status.FAIL, _bucket_resource(bucket), reason, evidence)
    if target:
        reason = f'Requests to bucket {label}, are logged in bucket "{quoted(target)}".'
        return Verdict(Status.PASS, _bucket_resource(bucket), reason, evidence)
    reason = f"Nothing records who reads or deletes objects in bucket {label}: server access logging is off."
    return Verdict(Status.FAIL, _bucket_resource(bucket), reason, evidence)


def _trails(bucket: _TrailBucket) -> str:
    names = ", ".join(f'"{quoted(name)}"' for name in bucket.trails)
    return f"trail {names} keeps its" if len(bucket.trails) == 1 else f"trails {names} keep their"


async def _judge_delivery(region: Region, trail: Trail) -> Verdict:
    group = trail.log_group
    evidence = {
        "log_group_arn": group.arn if group else "",
        "log_role_arn": str(trail.description.get("CloudWatchLogsRoleArn") or ""),
        "delivery_error": "",
    }
    if group is None:
        reason = (
            f"Trail {trail.label} delivers to no log group of CloudWatch Logs: no alarm can watch its events."
        )
        return _trail_verdict(trail, False, reason, evidence)
    status = await region.at(trail.home_region).read("cloudtrail", "GetTrailStatus", Name=trail.arn)
    into = f'log group "{quoted(group.name)}"'
    error = str(status.get("LatestCloudWatchLogsDeliveryError") or "")
    if error:
        evidence["delivery_error"] = error
        reason = f"Trail {trail.label} cannot deliver to {into}: {quoted(error)}."
        return _trail_verdict(trail, False, reason, evidence)
    to_logs, to_s3 = status.get("LatestCloudWatchLogsDeliveryTime"), status.get("LatestDeliveryTime")
    if isinstance(to_logs, datetime) and isinstance(to_s3, datetime) and to_s3 - to_logs > STALE_AFTER:
        evidence["delivery_error"] = f"The latest delivery was at {to_logs.isoformat()}."
        reason = (
            f"Trail {trail.label} has not delivered to {into} since {to_logs:%Y-%m-%d}, although it "
            f"delivered to S3 on {to_s3:%Y-%m-%d}."
        )
        return _trail_verdict(trail, False, reason, evidence)
    idle = "" if status.get("IsLogging") else " It is not logging at the moment (aws-ct-001)."
    return _trail_verdict(trail, True, f"Trail {trail.label} delivers to {into}.{idle}", evidence)


async def _object_events(region: Region, *, read_only: bool) -> Verdict:
    trails = await visible_trails(region)
    recorded = await recordings(region, [trail for trail in trails if trail.multi_region])
    running = [each for each in recorded if each.logging and each.selectors is not None]
    for each in running:
        if _covers(region, each, read_only=read_only):
            reason = (
                f"Trail {each.trail.label}{_of_organization(region, each.trail)} records {_kind(read_only)} "
                "objects in all buckets."
            )
            return Verdict(Status.PASS, TRAILS, reason, _trail_facts(each.trail))
    for each in recorded:
        if each.unread is not None and (each.logging or each.undecided is not None):
            return not_assessed(TRAILS, each.unread)
    reason = f"No multi-region trail that is logging records {_kind(read_only)} objects in all buckets."
    own = next((each for each in running if each.trail.owner == region.account_id), None)
    evidence: Item = {"trail_name": "", "organization_trails": []}
    if own is None:
        others = [each.trail for each in running]
        evidence["organization_trails"] = [trail.arn for trail in others]
        reason += "".join(f" Trail {trail.label} is{_of_organization(region, trail)}." for trail in others)
        return Verdict(Status.FAIL, TRAILS, reason, evidence)
    evidence |= {
        **_trail_facts(own.trail),
        **_selector_facts(own.selectors),
        "every_bucket": f"arn:{region.partition}:s3",
        "other_direction_missing": not _covers(region, own, read_only=not read_only),
    }
    reason += f" Trail {own.trail.label} could."
    return Verdict(Status.FAIL, TRAILS, reason, evidence, region=own.trail.home_region)


def _covers(region: Region, recording: Recording, *, read_only: bool) -> bool:
    selectors: Any = recording.selectors
    return bool(selectors.all_s3_objects(region.partition, recording.trail.bucket, read_only=read_only))


def _kind(read_only: bool) -> str:
    return "who reads" if read_only else "who writes and deletes"
