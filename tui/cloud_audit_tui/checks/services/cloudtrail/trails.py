"""The trails of an account, and whether one of them records the events of all regions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.api import entries, unexpected
from cloud_audit_tui.checks.services.cloudtrail.event_selectors import EventSelectors
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from cloud_audit_tui.checks.api import Item, Region

TRAIL_TYPE = "AWS::CloudTrail::Trail"
RECORDING_READS = [
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
]
"""The reads of `recordings`."""


@dataclass(frozen=True)
class Trail:
    """A trail as DescribeTrails returns it; ``owner`` is the account that owns it."""

    name: str
    arn: str
    home_region: str
    owner: str
    bucket: str
    multi_region: bool
    organization: bool
    description: Item

    @classmethod
    def of(cls, description: Item) -> Trail:
        """Return a trail of DescribeTrails."""
        arn = str(description.get("TrailARN") or "")
        parts = parse_arn(arn)
        return cls(
            name=str(description.get("Name") or ""),
            arn=arn,
            home_region=str(description.get("HomeRegion") or parts.region),
            owner=parts.account,
            bucket=str(description.get("S3BucketName") or ""),
            multi_region=bool(description.get("IsMultiRegionTrail")),
            organization=bool(description.get("IsOrganizationTrail")),
            description=description,
        )

    @property
    def label(self) -> str:
        """The name in quotes, for a reason."""
        return f'"{quoted(self.name)}"'

    @property
    def log_group(self) -> LogGroup | None:
        """The log group of CloudWatch Logs that the trail delivers to, if any."""
        arn = str(self.description.get("CloudWatchLogsLogGroupArn") or "")
        return LogGroup.of(arn) if arn else None


@dataclass(frozen=True)
class LogGroup:
    """A log group with its region and account; the ARN has no ``:*`` at its end."""

    name: str
    arn: str
    region: str
    account_id: str

    @classmethod
    def of(cls, arn: str) -> LogGroup:
        """Return the log group of an ARN, with or without the ``:*`` that some operations append."""
        arn = arn.removesuffix(":*")
        parts = [*arn.split(":", 6), *[""] * 7]
        return cls(name=parts[6], arn=arn, region=parts[3], account_id=parts[4])


@dataclass
class Recording:
    """A trail, and what it lacks to record all management events of all regions.

    ``lacks`` are clauses for a reason; ``unread`` is set when the trail's own state could not be read, and
    ``selectors`` where they were read.
    """

    trail: Trail
    logging: bool = False
    selectors: EventSelectors | None = None
    lacks: list[str] = field(default_factory=list)
    unread: ReadError | None = None

    @property
    def complete(self) -> bool:
        """Whether all management events of all regions are recorded."""
        return not self.lacks and self.unread is None

    @property
    def undecided(self) -> ReadError | None:
        """The read error that leaves open whether all is recorded; ``None`` if it is known not to be."""
        return None if self.lacks else self.unread

    @property
    def words(self) -> str:
        """The trail and what it lacks, for a reason."""
        return f"trail {self.trail.label} {' and '.join(self.lacks)}"


async def homed_trails(region: Region) -> AsyncIterator[Trail]:
    """Yield the trails of this account whose home is this region, so that each is judged once.

    The replications of multi-region trails, and the organization trails of another account, are excluded:
    they can be changed only where they were created.
    """
    response = await region.read("cloudtrail", "DescribeTrails", includeShadowTrails=False)
    for description in entries(response, "trailList"):
        yield Trail.of(description)


async def judged_trails(region: Region) -> AsyncIterator[Trail]:
    """Yield the trails that are judged in this region: those that are homed in it, and in one more.

    One region of the scan also has the trails whose home is a region outside of the scan: a scan of
    ``eu-west-1`` alone would otherwise not judge the trail that records its events.
    """
    async for trail in homed_trails(region):
        yield trail
    if not region.scanned or region.name != _first(region):
        return
    for trail in await visible_trails(region):
        if trail.owner == region.account_id and trail.home_region not in {region.name, *region.scanned}:
            yield trail


def _first(region: Region) -> str:
    home = HOME_REGIONS.get(region.partition, "")
    return home if home in region.scanned else min(region.scanned)


async def visible_trails(region: Region) -> list[Trail]:
    """Return the trails that record events of this region, whichever region and account they belong to."""
    response = await region.read("cloudtrail", "DescribeTrails", includeShadowTrails=True)
    return [Trail.of(description) for description in entries(response, "trailList")]


async def recordings(region: Region, trails: Iterable[Trail]) -> list[Recording]:
    """Return what each trail records, the most complete first.

    A failed read is kept with its trail, because another trail may record everything.
    """
    results = await asyncio.gather(*(_recording(region, trail) for trail in trails))
    return sorted(results, key=lambda each: (not each.complete, each.unread is not None, len(each.lacks)))


async def _recording(region: Region, trail: Trail) -> Recording:
    recording = Recording(trail)
    if not trail.multi_region:
        recording.lacks.append("covers only its own region")
    home = region.at(trail.home_region)
    try:
        status = await home.read("cloudtrail", "GetTrailStatus", Name=trail.arn)
        recording.logging = bool(status.get("IsLogging"))
        if not recording.logging:
            recording.lacks.append("is not logging")
        response = await home.read("cloudtrail", "GetEventSelectors", TrailName=trail.arn)
        recording.selectors = EventSelectors.of(response)
        if not recording.selectors.all_management_events():
            recording.lacks.append("does not record all management events")
    except ReadError as error:
        recording.unread = error
    except Exception as error:
        recording.unread = unexpected(error, f"trail {trail.name}")
    return recording
