"""What RDS refuses of instances, members of clusters, storage and passwords, and how long its work takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.refusals.rule import Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"
_STORAGE = f"{_GUIDE}/CHAP_Storage.html"

_CLUSTER_SETTINGS = (
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "DBName",
    "EnableIAMDatabaseAuthentication",
    "EngineVersion",
    "Iops",
    "ManageMasterUserPassword",
    "MasterUserPassword",
    "MasterUserSecretKmsKeyId",
    "MultiAZ",
    "PreferredBackupWindow",
    "StorageThroughput",
    "StorageType",
)
"""Parameters of `ModifyDBInstance` that its reference gives to the cluster of an Aurora instance."""


def _instance(call: Call, name: str = "") -> Any:
    return call.backend().databases.get(name or call["DBInstanceIdentifier"])


def _snapshot(call: Call, name: str | None) -> Any:
    return call.backend().database_snapshots.get(name) if name else None


def _cluster_of(call: Call, instance: Any) -> Any:
    name = getattr(instance, "db_cluster_identifier", None)
    return call.backend().clusters.get(name) if name else None


@refuses(
    "rds:RestoreDBInstanceFromDBSnapshot", document=f"{_REFERENCE}/API_RestoreDBInstanceFromDBSnapshot.html"
)
def managed_password_on_restore(call: Call) -> Refusal | None:
    """ManageMasterUserPassword is accepted on restore for RDS for Oracle alone."""
    snapshot = _snapshot(call, call["DBSnapshotIdentifier"])
    engine = call["Engine"] or (snapshot.engine if snapshot is not None else "")
    if not call.has("ManageMasterUserPassword", "MasterUserSecretKmsKeyId") or engine.startswith("oracle"):
        return None
    return Refusal(
        "InvalidParameterCombination", f"ManageMasterUserPassword isn't supported for engine {engine}"
    )


@refuses("rds:ModifyDBInstance", document=f"{_GUIDE}/modify-multi-az-db-cluster.html")
def member_of_a_multi_az_cluster(call: Call) -> Refusal | None:
    """The instances of a Multi-AZ DB cluster are changed through the cluster alone."""
    cluster = _cluster_of(call, _instance(call))
    if cluster is None or cluster.engine.startswith("aurora"):
        return None
    return Refusal(
        "InvalidParameterCombination",
        f"{call['DBInstanceIdentifier']} is a member of a Multi-AZ DB cluster: modify the cluster.",
    )


@refuses("rds:ModifyDBInstance", document=f"{_REFERENCE}/API_ModifyDBInstance.html")
def setting_of_the_cluster(call: Call) -> Refusal | None:
    """What an Aurora cluster manages is not changed on one of its instances."""
    cluster = _cluster_of(call, _instance(call))
    settings = [name for name in _CLUSTER_SETTINGS if call[name] is not None]
    if cluster is None or not cluster.engine.startswith("aurora") or not settings:
        return None
    return Refusal(
        "InvalidParameterCombination", f"{settings[0]} can't be changed on an instance of an Aurora cluster"
    )


@refuses("rds:ModifyDBInstance", "rds:ModifyDBCluster", document=f"{_REFERENCE}/API_ModifyDBInstance.html")
def password_and_managed_password(call: Call) -> Refusal | None:
    """MasterUserPassword and ManageMasterUserPassword exclude each other."""
    if not (call["ManageMasterUserPassword"] and call["MasterUserPassword"]):
        return None
    return Refusal(
        "InvalidParameterCombination", "You can't specify MasterUserPassword with ManageMasterUserPassword."
    )


@refuses(
    "rds:RestoreDBInstanceFromDBSnapshot", "rds:CreateDBInstance", "rds:ModifyDBInstance", document=_STORAGE
)
def gp3_below_its_threshold(call: Call) -> Refusal | None:
    """IOPS and throughput of gp3 are given only from 400 GiB on (Oracle 200, SQL Server always)."""
    if not call.has("Iops", "StorageThroughput"):
        return None
    source = _snapshot(call, call["DBSnapshotIdentifier"]) or _instance(call)
    engine = str(call["Engine"] or getattr(source, "engine", ""))
    kind = (
        call["StorageType"]
        or getattr(source, "storage_type", None)
        or getattr(getattr(source, "database", None), "storage_type", "gp2")
    )
    size = int(call["AllocatedStorage"] or getattr(source, "allocated_storage", 0) or 0)
    if kind != "gp3":
        if call["StorageThroughput"] is not None:
            return Refusal("InvalidParameterCombination", f"You can't specify StorageThroughput for {kind}.")
        return None
    threshold = 0 if engine.startswith("sqlserver") else 200 if engine.startswith("oracle") else 400
    if size >= threshold:
        return None
    return Refusal(
        "InvalidParameterCombination",
        f"You can't specify IOPS or storage throughput for engine {engine} and a storage size less than "
        f"{threshold}.",
    )


@refuses(
    "rds:ModifyDBInstance",
    "rds:CreateDBSnapshot",
    "rds:DeleteDBInstance",
    document=f"{_REFERENCE}/API_ModifyDBInstance.html",
)
def instance_is_not_available(call: Call) -> Refusal | None:
    """An instance that is changed, or of which a snapshot is taken, is available."""
    instance = _instance(call)
    if instance is None or instance.status in ("available", "storage-optimization", "failed"):
        return None
    return Refusal(
        "InvalidDBInstanceState",
        f"Database instance is not in available state: {call['DBInstanceIdentifier']} is {instance.status}.",
    )


@refuses(
    "rds:RestoreDBInstanceFromDBSnapshot",
    "rds:CopyDBSnapshot",
    document=f"{_REFERENCE}/API_CopyDBSnapshot.html",
)
def snapshot_is_not_available(call: Call) -> Refusal | None:
    """A snapshot is copied or restored when it is available."""
    name = call["DBSnapshotIdentifier"] or call["SourceDBSnapshotIdentifier"]
    snapshot = _snapshot(call, (name or "").rpartition(":")[2])
    if snapshot is None or snapshot.status == "available":
        return None
    return Refusal("InvalidDBSnapshotState", f"The snapshot {name} is not in available state.")


@follows("rds:CreateDBSnapshot", "rds:CopyDBSnapshot", document=f"{_REFERENCE}/API_CreateDBSnapshot.html")
def database_snapshot_takes_its_time(call: Call) -> None:
    """A snapshot is creating until it is complete; a copy with another key is a full copy."""
    name = call["DBSnapshotIdentifier"] or call["TargetDBSnapshotIdentifier"]
    _work(call, _snapshot(call, name), "creating")


@follows(
    "rds:RestoreDBInstanceFromDBSnapshot",
    "rds:ModifyDBInstance",
    document=f"{_REFERENCE}/API_ModifyDBInstance.html",
)
def instance_takes_its_time(call: Call) -> None:
    """A restored instance is creating and a changed one modifying until that is done."""
    instance = _instance(call) or _instance(call, call["NewDBInstanceIdentifier"] or "-")
    if instance is not None:
        _work(call, instance, "creating" if call.operation.startswith("Restore") else "modifying")


def _work(call: Call, resource: Any, status: str) -> None:
    attribute = "status" if hasattr(resource, "status") else "_status"
    call.clock.work(resource, attribute, status, "available")
