"""AWS Secrets Manager: secrets without rotation, and secrets that are not used."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Status, Verdict

SECRET_TYPE = "AWS::SecretsManager::Secret"  # noqa: S105 - a kind of resource
LONGEST_DAYS = 90
"""Days after which the catalogue calls a secret stale or unused."""


@check("aws-sm-001", reads=["secretsmanager:ListSecrets"])
def secret_rotated(region: Region) -> Verdicts:
    """Fail a secret without rotation, or not rotated within the last 90 days.

    Source: ListSecrets. RotationEnabled absent means no. A secret with rotation that has never been rotated
    (LastRotatedDate null) counts from CreatedDate and fails 90 days later, while others pass it. Secrets that
    a service owns (OwningService) are not judged, because only that service can change their rotation; nor
    are replicas, which are rotated in their primary region, and secrets that are scheduled for deletion.
    """
    return region.judge(_secrets(region), _resource, partial(_judge_rotation, region))


@check("aws-sm-002", reads=["secretsmanager:ListSecrets", "secretsmanager:DescribeSecret"])
def secret_used(region: Region) -> Verdicts:
    """Fail a secret that was not retrieved for 90 days.

    Source: ListSecrets.LastAccessedDate, which AWS omits for a secret that was never retrieved in the region:
    its age then counts from CreatedDate, while the catalogue skips it. A secret with replicas is described if
    it would fail, because DescribeSecret has the date of each region, and the latest counts. Replicas are
    judged with their primary; secrets that a service owns and secrets that are scheduled for deletion are not
    judged.
    """
    return region.judge(_secrets(region), _resource, partial(_judge_use, region))


def _secrets(region: Region) -> Any:
    return region.items("secretsmanager", "ListSecrets")


def _resource(secret: Item) -> Resource:
    return Resource(str(secret.get("ARN") or ""), str(secret.get("Name") or ""), SECRET_TYPE)


def _is_outside(region: Region, secret: Item) -> bool:
    """Say whether a secret belongs to a service or another region, or is scheduled for deletion."""
    primary = secret.get("PrimaryRegion")
    return bool(
        secret.get("OwningService") or secret.get("DeletedDate") or (primary and primary != region.name)
    )


def _facts(secret: Item) -> Item:
    return {
        "name": str(secret.get("Name") or ""),
        "arn": str(secret.get("ARN") or ""),
        "created": _day(secret.get("CreatedDate")),
        "last_accessed": _day(secret.get("LastAccessedDate")),
        "last_rotated": _day(secret.get("LastRotatedDate")),
        "partner_type": str(secret.get("Type") or ""),
        "rotation_enabled": bool(secret.get("RotationEnabled")),
        "rotation_lambda": str(secret.get("RotationLambdaARN") or ""),
        "rotation_days": (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays"),
        "rotation_schedule": str((secret.get("RotationRules") or {}).get("ScheduleExpression") or ""),
    }


async def _judge_rotation(region: Region, secret: Item) -> Verdict | None:
    if _is_outside(region, secret):
        return None
    resource, evidence = _resource(secret), _facts(secret)
    name = f"Secret {in_quotes(resource.name)}"
    if not evidence["rotation_enabled"]:
        reason = f"{name} is not rotated: its value stays until somebody changes it."
        return Verdict(Status.FAIL, resource, reason, evidence)
    rotated = secret.get("LastRotatedDate")
    days = _days_since(rotated or secret.get("CreatedDate"))
    if days is None:
        reason = f"AWS says neither when {name} was rotated nor when it was created."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    what = "was last rotated" if rotated else "has never been rotated since it was created"
    reason = f"{name} {what} {days} days ago."
    status = Status.FAIL if days > LONGEST_DAYS else Status.PASS
    return Verdict(status, resource, reason, evidence)


async def _judge_use(region: Region, secret: Item) -> Verdict | None:
    if _is_outside(region, secret):
        return None
    resource, evidence = _resource(secret), _facts(secret)
    name = f"Secret {in_quotes(resource.name)}"
    last_use, replicas = secret.get("LastAccessedDate"), []
    days = _days_since(last_use or secret.get("CreatedDate"))
    if days is not None and days > LONGEST_DAYS and secret.get("PrimaryRegion"):
        description = await region.find(
            "secretsmanager", "DescribeSecret", absent={"ResourceNotFoundException"}, SecretId=resource.id
        )
        if description is None:
            return None
        replicas = list(description.get("ReplicationStatus") or [])
        dates = [date for each in replicas if (date := each.get("LastAccessedDate"))]
        last_use = max([*dates, *([last_use] if last_use else [])], default=None)
        days = _days_since(last_use or secret.get("CreatedDate"))
    evidence["last_accessed"] = _day(last_use)
    evidence["replica_regions"] = [str(each.get("Region") or "") for each in replicas]
    if days is None:
        reason = f"AWS says neither when {name} was retrieved nor when it was created."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    what = "was last retrieved" if last_use else "has never been retrieved since it was created"
    status = Status.FAIL if days > LONGEST_DAYS else Status.PASS
    return Verdict(status, resource, f"{name} {what} {days} days ago.", evidence)


def _days_since(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return max((datetime.now(UTC) - moment).days, 0)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else ""
