"""Amazon DynamoDB: keys, point-in-time recovery and scaling of tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Severity, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE_TYPE = "AWS::DynamoDB::Table"
TABLES, TABLE = "dynamodb:ListTables", "dynamodb:DescribeTable"
GONE = {"ResourceNotFoundException", "TableNotFoundException"}
ON_DEMAND = "PAY_PER_REQUEST"
ARCHIVED = frozenset({"ARCHIVING", "ARCHIVED"})
"""States of a table whose KMS key was inaccessible for seven days, the only reason that AWS documents."""


@check("aws-ddb-001", reads=[TABLES, TABLE])
def table_key_visible(region: Region) -> Verdicts:
    """Fail a table whose key AWS owns or DynamoDB cannot use.

    Source: DescribeTable.SSEDescription. All tables are encrypted; without SSEDescription the key is one that
    AWS owns, which the account cannot see, monitor or revoke: low, as in the catalogue. A KMS key passes,
    whether AWS or the customer manages it. InaccessibleEncryptionDateTime (or the table status of the same
    meaning) is critical: DynamoDB archives the table after seven days, and an archived table stays critical,
    since only its backup is left. The catalogue fails every other Status
    as high, but the only other documented value is UPDATING, a change of key in progress: not assessed,
    because the table may get either kind of key.
    """
    return _verdicts(region, _judge_key)


@check("aws-ddb-002", reads=[TABLES, TABLE, "dynamodb:DescribeContinuousBackups"])
def point_in_time_recovery(region: Region) -> Verdicts:
    """Fail a table without point-in-time recovery.

    Source: DescribeContinuousBackups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus, absent
    meaning disabled. DescribeTable is read only for a table that would fail: one that is being deleted is
    not assessed, and the remediation needs the keys.
    """
    return _verdicts(region, _judge_recovery)


@check(
    "aws-ddb-003",
    reads=[
        TABLES,
        TABLE,
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
    ],
)
def provisioned_table_scales(region: Region) -> Verdicts:
    """Fail a table with provisioned capacity that is not fully covered by auto scaling.

    Source: DescribeTable.BillingModeSummary (absent means provisioned), and all scalable targets and policies
    of DynamoDB in the region, read once. The catalogue asks for targets of the table alone; here the reads
    and the writes of the table and of each of its global secondary indexes need a target that is not
    suspended *and* a policy, because a target without a policy changes nothing. On-demand tables pass without
    those reads.
    """
    return _verdicts(region, _judge_scaling)


def _verdicts(region: Region, judge_one: Any) -> Verdicts:
    return region.judge(
        region.items("dynamodb", "ListTables"), partial(_resource, region), partial(judge_one, region)
    )


def _resource(region: Region, name: str) -> Resource:
    return Resource(region.arn("dynamodb", f"table/{name}"), str(name), TABLE_TYPE)


async def _table(region: Region, name: str) -> Item | None:
    """Return a table, or ``None`` when it was deleted since it was listed."""
    response = await region.find("dynamodb", "DescribeTable", absent=GONE, TableName=name)
    return None if response is None else response["Table"]


def _facts(table: Item) -> Item:
    """Return the settings of a table that remediations need; no item of the table."""
    return {
        "table": str(table.get("TableName") or ""),
        "status": str(table.get("TableStatus") or ""),
        "key_schema": {
            str(key["KeyType"]): str(key["AttributeName"]) for key in table.get("KeySchema") or []
        },
        "attributes": {
            str(each["AttributeName"]): str(each["AttributeType"])
            for each in table.get("AttributeDefinitions") or []
        },
        "billing_mode": str((table.get("BillingModeSummary") or {}).get("BillingMode") or "PROVISIONED"),
        "replicas": [str(each.get("RegionName") or "") for each in table.get("Replicas") or []],
    }


def _being_deleted(resource: Resource, table: Item) -> Verdict | None:
    if table.get("TableStatus") != "DELETING":
        return None
    return Verdict(
        Status.NOT_ASSESSED, resource, f"Table {in_quotes(resource.name)} is being deleted.", _facts(table)
    )


def _beyond_change(resource: Resource, table: Item) -> Verdict | None:
    """Return the verdict of a table that is being deleted or is archived: AWS changes neither."""
    if table.get("TableStatus") not in ARCHIVED:
        return _being_deleted(resource, table)
    reason = (
        f"Table {in_quotes(resource.name)} is archived, and AWS changes no archived table: see aws-ddb-001."
    )
    return Verdict(Status.NOT_ASSESSED, resource, reason, _facts(table))


async def _judge_key(region: Region, name: str) -> Verdict | None:
    table = await _table(region, name)
    if table is None:
        return None
    resource = _resource(region, name)
    if (gone := _being_deleted(resource, table)) is not None:
        return gone
    encryption = table.get("SSEDescription") or {}
    state, key = str(encryption.get("Status") or ""), str(encryption.get("KMSMasterKeyArn") or "")
    since = encryption.get("InaccessibleEncryptionDateTime")
    evidence = {
        **_facts(table),
        "sse_status": state,
        "kms_key_arn": key,
        "inaccessible_since": since.isoformat() if since is not None else "",
    }
    label = f"table {in_quotes(name)}"
    if table.get("TableStatus") in ARCHIVED:
        backup = str((table.get("ArchivalSummary") or {}).get("ArchivalBackupArn") or "")
        evidence |= {"inaccessible": True, "archived": True, "archival_backup": backup}
        reason = (
            f"DynamoDB has archived {label}, whose KMS key it could not use for seven days: nobody can read "
            "it, and only its backup can be restored."
        )
        return Verdict(Status.FAIL, resource, reason, evidence, Severity.CRITICAL)
    if since is not None or table.get("TableStatus") == "INACCESSIBLE_ENCRYPTION_CREDENTIALS":
        when = f" since {since:%Y-%m-%d}" if since is not None else ""
        evidence["inaccessible"] = True
        reason = (
            f"DynamoDB cannot use the KMS key of {label}{when}: nobody can read it, and after seven days "
            "it is archived."
        )
        return Verdict(Status.FAIL, resource, reason, evidence, Severity.CRITICAL)
    evidence["inaccessible"] = False
    if state in ("", "DISABLED"):
        reason = f"DynamoDB encrypts {label} with a key that AWS owns and that your account cannot see."
        return Verdict(Status.FAIL, resource, reason, evidence, Severity.LOW)
    if state == "ENABLED":
        return Verdict(Status.PASS, resource, f"The key of {label} is in KMS: {in_quotes(key)}.", evidence)
    reason = f"The key of {label} is being changed ({quoted(state)}); scan again when that is done."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


async def _judge_recovery(region: Region, name: str) -> Verdict | None:
    response = await region.find("dynamodb", "DescribeContinuousBackups", absent=GONE, TableName=name)
    if response is None:
        return None
    resource = _resource(region, name)
    backups = response.get("ContinuousBackupsDescription") or {}
    recovery = backups.get("PointInTimeRecoveryDescription") or {}
    state = str(recovery.get("PointInTimeRecoveryStatus") or "")
    evidence: Item = {"table": str(name), "recovery": state}
    if state == "ENABLED":
        evidence["days"] = recovery.get("RecoveryPeriodInDays")
        reason = f"Table {in_quotes(name)} can be restored to any second of its recovery period."
        return Verdict(Status.PASS, resource, reason, evidence)
    table = await _table(region, name)
    if table is None:
        return None
    if (gone := _beyond_change(resource, table)) is not None:
        return gone
    evidence |= _facts(table)
    reason = f"Table {in_quotes(name)} has no point-in-time recovery: what is overwritten or deleted is gone."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _judge_scaling(region: Region, name: str) -> Verdict | None:
    table = await _table(region, name)
    if table is None:
        return None
    resource = _resource(region, name)
    if (gone := _beyond_change(resource, table)) is not None:
        return gone
    evidence = _facts(table)
    if evidence["billing_mode"] == ON_DEMAND:
        reason = f"Table {in_quotes(name)} is on demand, so there is no capacity to scale."
        return Verdict(Status.PASS, resource, reason, evidence)
    targets = {
        (str(target["ResourceId"]), str(target["ScalableDimension"])): target
        async for target in region.items(
            "application-autoscaling", "DescribeScalableTargets", ServiceNamespace="dynamodb"
        )
    }
    policies = {
        (str(policy["ResourceId"]), str(policy["ScalableDimension"]))
        async for policy in region.items(
            "application-autoscaling", "DescribeScalingPolicies", ServiceNamespace="dynamodb"
        )
    }
    missing = []
    for each in _capacities(table):
        place = (each["resource_id"], each["dimension"])
        target = targets.get(place)
        each["has_target"], each["has_policy"] = target is not None, place in policies
        state = (target or {}).get("SuspendedState") or {}
        each["suspended"] = bool(
            state.get("DynamicScalingInSuspended") or state.get("DynamicScalingOutSuspended")
        )
        if not each["has_target"] or not each["has_policy"] or each["suspended"]:
            missing.append(each)
    evidence["missing"] = missing
    if not missing:
        reason = f"The provisioned capacity of table {in_quotes(name)} scales by itself."
        return Verdict(Status.PASS, resource, reason, evidence)
    what = "; ".join(f"{each['what']}: {_why(each)}" for each in missing)
    reason = (
        f"Table {in_quotes(name)} has provisioned capacity that does not scale by itself ({quoted(what)})."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)


def _why(capacity: Item) -> str:
    if not capacity["has_target"]:
        return "no scalable target"
    return "a target without a policy" if not capacity["has_policy"] else "scaling is suspended"


def _capacities(table: Item) -> Iterator[Item]:
    """Yield each capacity of a table and its indexes, under its name in Application Auto Scaling."""
    name = str(table.get("TableName") or "")
    parts = [(f"table/{name}", "dynamodb:table", "", table)]
    parts += [
        (f"table/{name}/index/{index.get('IndexName')}", "dynamodb:index", str(index.get("IndexName")), index)
        for index in table.get("GlobalSecondaryIndexes") or []
        if index.get("IndexStatus") != "DELETING"
    ]
    for resource_id, kind, index_name, part in parts:
        units = part.get("ProvisionedThroughput") or {}
        for action in ("Read", "Write"):
            yield {
                "resource_id": resource_id,
                "dimension": f"{kind}:{action}CapacityUnits",
                "action": action,
                "units": max(int(units.get(f"{action}CapacityUnits") or 0), 1),
                "what": f"{action.lower()}s of index {index_name}" if index_name else f"{action.lower()}s",
            }
