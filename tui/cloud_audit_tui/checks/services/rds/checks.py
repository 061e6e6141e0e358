"""Amazon RDS, Aurora, DocumentDB and Neptune: public access, encryption, standbys and minor upgrades.

Aurora, DocumentDB and Neptune answer `DescribeDBInstances` too, so their instances are judged as well.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.requests import carried_over
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Severity, Status, Verdict
from cloud_audit_tui.network.ranges import (
    TCP,
    Interval,
    interval_of,
    is_internet,
    lets_through,
    network_of,
    ports_of,
    protocol_number,
)
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTANCES = "rds:DescribeDBInstances"
CLUSTERS = "rds:DescribeDBClusters"
SECURITY_GROUPS = "ec2:DescribeSecurityGroups"

DOCDB, NEPTUNE = "docdb", "neptune"
CUSTOM = "custom-"
"""RDS Custom's engines, whose owner looks after standby and upgrades."""
EXPRESS = "sqlserver-ex"
"""SQL Server Express, for which AWS offers no Multi-AZ deployment."""
TRIAL_SIZES = frozenset({"micro", "small"})
"""Sizes of instance classes that this catalogue takes for trial and development."""

RESTORE_MEMBERS = {
    "DBInstanceClass": "DBInstanceClass",
    "LicenseModel": "LicenseModel",
    "StorageType": "StorageType",
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "PubliclyAccessible": "PubliclyAccessible",
    "MultiAZ": "MultiAZ",
    "CopyTagsToSnapshot": "CopyTagsToSnapshot",
    "IAMDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "EnabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "ProcessorFeatures": "ProcessorFeatures",
    "NetworkType": "NetworkType",
    "CACertificateIdentifier": "CACertificateIdentifier",
    "DeletionProtection": "DeletionProtection",
    "DedicatedLogVolume": "DedicatedLogVolume",
}
"""Members of DescribeDBInstances and what RestoreDBInstanceFromDBSnapshot calls them."""

MODIFY_MEMBERS = {
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "MaxAllocatedStorage": "MaxAllocatedStorage",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Members that a restore does not take and that ModifyDBInstance sets afterwards."""

CLUSTER_RESTORE_MEMBERS = {
    "Engine": "Engine",
    "EngineVersion": "EngineVersion",
    "EngineMode": "EngineMode",
    "Port": "Port",
    "DBSubnetGroup": "DBSubnetGroupName",
    "DBClusterParameterGroup": "DBClusterParameterGroupName",
    "CopyTagsToSnapshot": "CopyTagsToSnapshot",
    "IAMDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "EnabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "DeletionProtection": "DeletionProtection",
    "StorageType": "StorageType",
    "NetworkType": "NetworkType",
    "DBClusterInstanceClass": "DBClusterInstanceClass",
    "Iops": "Iops",
}
"""Members of DescribeDBClusters and what RestoreDBClusterFromSnapshot calls them."""

ONLY_RDS = frozenset({"EngineMode", "CopyTagsToSnapshot", "EnableIAMDatabaseAuthentication", "NetworkType"})
"""Members that DocumentDB or Neptune do not take."""
AWS_USES_ANYWAY = {"EngineMode": "provisioned", "StorageType": "aurora"}
SAID_ALTHOUGH_FALSE = frozenset({"AutoMinorVersionUpgrade", "PubliclyAccessible"})
"""Settings of a restored instance that are not false by themselves."""


@check("aws-rds-001", reads=[INSTANCES, SECURITY_GROUPS])
def publicly_accessible(region: Region) -> Verdicts:
    """Fail an instance whose endpoint resolves to a public address.

    Source: DescribeDBInstances.PubliclyAccessible; an instance of which AWS does not say so has none.
    The catalogue calls all of them critical. AWS documents that the security groups decide who gets
    through, so an instance none of whose groups lets the internet reach its port is *high*; when the
    groups cannot be read it stays critical. DocumentDB has no public endpoints and passes.
    """
    return _judged(region, _judge_public)


@check("aws-rds-002", reads=[INSTANCES, CLUSTERS])
def storage_encrypted(region: Region) -> Verdicts:
    """Fail an instance whose storage is not encrypted.

    Source: DescribeDBInstances.StorageEncrypted, absent meaning no. A member of a cluster has its
    cluster's storage; the cluster is read for the remediation only, which differs. Aurora Serverless v1
    clusters have no instances and are not seen here.
    """
    return _judged(region, _judge_encryption)


@check("aws-rds-003", reads=[INSTANCES, CLUSTERS])
def multi_az(region: Region) -> Verdicts:
    """Fail an instance without a standby in another Availability Zone.

    Source: DescribeDBInstances.MultiAZ, which AWS does not fill for members of a cluster: those follow
    DescribeDBClusters.MultiAZ, "has instances in multiple Availability Zones", where other scanners fail
    every Aurora instance. As in the catalogue, micro and small classes are taken for trial and pass, by
    the size at the end of the class and not by a part of the word. A read replica passes: its source is
    what must survive. RDS Custom and SQL Server Express, which cannot comply, are left out. A change
    that waits for the maintenance window does not count yet, and is named.
    """
    return _judged(region, _judge_multi_az)


@check("aws-rds-004", reads=[INSTANCES])
def auto_minor_version_upgrade(region: Region) -> Verdicts:
    """Fail an instance without automatic minor version upgrades.

    Source: DescribeDBInstances.AutoMinorVersionUpgrade. DocumentDB ignores the setting and RDS Custom
    refuses it, so their instances are left out.
    """
    return _judged(region, _judge_minor_upgrade)


def _judged(region: Region, judge_one: Any) -> Verdicts:
    return region.judge(region.items("rds", "DescribeDBInstances"), _resource, partial(judge_one, region))


def _api(instance: Item) -> str:
    """Return the AWS CLI's name for the service of an instance."""
    engine = str(instance.get("Engine") or "")
    return engine if engine in (DOCDB, NEPTUNE) else "rds"


def _resource(instance: Item) -> Resource:
    kind = {DOCDB: "DocDB", NEPTUNE: "Neptune"}.get(_api(instance), "RDS")
    return Resource(
        str(instance.get("DBInstanceArn") or ""),
        str(instance.get("DBInstanceIdentifier") or ""),
        f"AWS::{kind}::DBInstance",
    )


def _facts(instance: Item) -> Item:
    return {
        "api": _api(instance),
        "instance_id": str(instance.get("DBInstanceIdentifier") or ""),
        "instance_class": str(instance.get("DBInstanceClass") or ""),
        "engine": str(instance.get("Engine") or ""),
        "engine_version": str(instance.get("EngineVersion") or ""),
        "status": str(instance.get("DBInstanceStatus") or ""),
        "cluster_id": str(instance.get("DBClusterIdentifier") or ""),
        "allocated_storage": int(instance.get("AllocatedStorage") or 0),
        "username": str(instance.get("MasterUsername") or ""),
    }


def _being_deleted(instance: Item) -> Verdict | None:
    if instance.get("DBInstanceStatus") != "deleting":
        return None
    resource = _resource(instance)
    reason = f"Instance {in_quotes(resource.name)} is being deleted."
    return Verdict(Status.NOT_ASSESSED, resource, reason, _facts(instance))


async def _judge_public(region: Region, instance: Item) -> Verdict | None:
    if (gone := _being_deleted(instance)) is not None:
        return gone
    resource, evidence = _resource(instance), _facts(instance)
    name = f"Instance {in_quotes(resource.name)}"
    if not instance.get("PubliclyAccessible"):
        return Verdict(Status.PASS, resource, f"{name} has no public address.", evidence)
    groups = [str(group["VpcSecurityGroupId"]) for group in instance.get("VpcSecurityGroups") or []]
    port = int((instance.get("Endpoint") or {}).get("Port") or instance.get("DbInstancePort") or 0)
    opened = await _open_groups(region, groups, port)
    evidence |= {"port": port, "security_groups": groups, "open_security_groups": opened}
    reason = f"{name} is publicly accessible: outside its VPC, its name resolves to a public address."
    severity = Severity.CRITICAL
    if opened:
        reason += (
            f" Security group {', '.join(map(in_quotes, opened))} lets the whole internet reach its port."
        )
    elif opened is None:
        reason += " Its security groups could not be read, so it may be open to the whole internet."
    elif groups:
        severity = Severity.HIGH
        reason += " Its security groups do not let the whole internet reach its port at the moment."
    return Verdict(Status.FAIL, resource, reason, evidence, severity)


async def _open_groups(region: Region, groups: list[str], port: int) -> list[str] | None:
    """Return which groups admit the internet to a port; ``None`` when they cannot be read.

    The instance fails either way, so a failed read hides nothing: it leaves the severity at its worst.
    """
    try:
        return [
            str(group["GroupId"])
            async for group in region.items("ec2", "DescribeSecurityGroups")
            if group.get("GroupId") in groups and _admits_everyone(group, port)
        ]
    except ReadError:
        return None


def _admits_everyone(group: Item, port: int) -> bool:
    """Say whether a security group lets the internet reach a TCP port."""
    reached: dict[int, list[Interval]] = {4: [], 6: []}
    for rule in group.get("IpPermissions") or []:
        ports = ports_of(rule.get("FromPort"), rule.get("ToPort"))
        if lets_through(protocol_number(rule.get("IpProtocol")), ports, TCP, port):
            for cidr in _networks(rule):
                network = network_of(cidr)
                interval = interval_of(network) if network is not None else None
                if network is not None and interval is not None:
                    reached[network.version].append(interval)
    return any(is_internet(intervals, version) for version, intervals in reached.items())


def _networks(rule: Item) -> Iterator[Any]:
    yield from (each.get("CidrIp") for each in rule.get("IpRanges") or [])
    yield from (each.get("CidrIpv6") for each in rule.get("Ipv6Ranges") or [])


async def _judge_encryption(region: Region, instance: Item) -> Verdict | None:
    if (gone := _being_deleted(instance)) is not None:
        return gone
    resource, evidence = _resource(instance), _facts(instance)
    key = str(instance.get("KmsKeyId") or "")
    evidence["kms_key_id"] = key
    name = f"instance {in_quotes(resource.name)}"
    if instance.get("StorageEncrypted"):
        return Verdict(
            Status.PASS, resource, f"The storage of {name} is encrypted with {in_quotes(key)}.", evidence
        )
    reason = f"The storage of {name} is not encrypted, and neither are its snapshots."
    if evidence["cluster_id"]:
        reason += f" It is that of cluster {in_quotes(evidence['cluster_id'])}."
        evidence |= await _cluster_copy(region, evidence["cluster_id"])
    else:
        evidence |= _instance_copy(instance)
    return Verdict(Status.FAIL, resource, reason, evidence)


def _instance_copy(instance: Item) -> Item:
    """Return what an encrypted copy of an instance has to carry over."""
    restore = carried_over(instance, RESTORE_MEMBERS)
    if endpoint := instance.get("Endpoint"):
        restore["Port"] = endpoint.get("Port")
    if subnets := instance.get("DBSubnetGroup"):
        restore["DBSubnetGroupName"] = subnets.get("DBSubnetGroupName")
    restore["VpcSecurityGroupIds"] = [
        str(group["VpcSecurityGroupId"]) for group in instance.get("VpcSecurityGroups") or []
    ]
    for group in (instance.get("DBParameterGroups") or [])[:1]:
        restore["DBParameterGroupName"] = group.get("DBParameterGroupName")
    for group in (instance.get("OptionGroupMemberships") or [])[:1]:
        restore["OptionGroupName"] = group.get("OptionGroupName")
    # RDS takes gp2's and magnetic storage's throughput as given, and refuses these members with them.
    if instance.get("StorageType") in ("io1", "io2", "gp3"):
        restore |= carried_over(instance, {"Iops": "Iops", "StorageThroughput": "StorageThroughput"})
    if instance.get("MasterUserSecret"):
        restore["ManageMasterUserPassword"] = True
    restore = {
        name: value
        for name, value in restore.items()
        if value not in (None, "", []) and (value is not False or name in SAID_ALTHOUGH_FALSE)
    }
    return {
        "restore_request": restore,
        "modify_request": carried_over(instance, MODIFY_MEMBERS),
        "is_replica": bool(
            instance.get("ReadReplicaSourceDBInstanceIdentifier")
            or instance.get("ReadReplicaSourceDBClusterIdentifier")
        ),
        "replicas": list(map(str, instance.get("ReadReplicaDBInstanceIdentifiers") or [])),
    }


async def _cluster_copy(region: Region, cluster_id: str) -> Item:
    """Return what an encrypted copy of a cluster has to carry over; nothing when it cannot be read.

    The instance fails either way: without this the remediation says that a new scan is needed.
    """
    try:
        cluster = await _cluster(region, cluster_id)
    except ReadError:
        cluster = None
    if cluster is None:
        return {}
    request = carried_over(cluster, CLUSTER_RESTORE_MEMBERS)
    request["VpcSecurityGroupIds"] = [
        str(group["VpcSecurityGroupId"]) for group in cluster.get("VpcSecurityGroups") or []
    ]
    if scaling := cluster.get("ServerlessV2ScalingConfiguration"):
        request["ServerlessV2ScalingConfiguration"] = {
            name: value for name, value in scaling.items() if name in ("MinCapacity", "MaxCapacity")
        }
    aurora = _is_aurora(cluster)
    request = {
        name: value
        for name, value in request.items()
        if value not in (None, "", [], False)
        and AWS_USES_ANYWAY.get(name) != value
        and (_api(cluster) == "rds" or name not in ONLY_RDS)
        and (not aurora or name != "Iops")
    }
    return {
        "cluster_restore_request": request,
        "cluster_instances": [
            {
                "id": str(member.get("DBInstanceIdentifier") or ""),
                "class": str(member.get("DBInstanceClass") or ""),
            }
            async for member in region.items("rds", "DescribeDBInstances")
            if member.get("DBClusterIdentifier") == cluster_id
        ],
        "global_cluster": str(cluster.get("GlobalClusterIdentifier") or ""),
        "aurora": aurora,
    }


def _is_aurora(cluster: Item) -> bool:
    """Say whether a cluster's instances are made one by one, unlike those of a Multi-AZ DB cluster."""
    return str(cluster.get("Engine") or "").startswith(("aurora", DOCDB, NEPTUNE))


async def _judge_multi_az(region: Region, instance: Item) -> Verdict | None:
    if (gone := _being_deleted(instance)) is not None:
        return gone
    resource, evidence = _resource(instance), _facts(instance)
    engine = evidence["engine"]
    if engine.startswith(CUSTOM) or engine == EXPRESS:
        return None
    name = f"Instance {in_quotes(resource.name)}"
    if evidence["cluster_id"]:
        return await _judge_member(region, resource, instance, evidence)
    if instance.get("MultiAZ"):
        return Verdict(Status.PASS, resource, f"{name} has a standby in another zone.", evidence)
    source = instance.get("ReadReplicaSourceDBInstanceIdentifier") or instance.get(
        "ReadReplicaSourceDBClusterIdentifier"
    )
    if source:
        reason = f"{name} is a read replica of {in_quotes(source)}, which is what needs a standby."
        return Verdict(Status.PASS, resource, reason, evidence)
    if evidence["instance_class"].rsplit(".", 1)[-1] in TRIAL_SIZES:
        reason = f"{name} is a {quoted(evidence['instance_class'])}, a size for trial and development."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"{name} runs in one Availability Zone without a standby."
    evidence["pending"] = bool((instance.get("PendingModifiedValues") or {}).get("MultiAZ"))
    if evidence["pending"]:
        reason += " A standby is ordered and waits for the next maintenance window."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _judge_member(region: Region, resource: Resource, instance: Item, evidence: Item) -> Verdict:
    cluster_id = evidence["cluster_id"]
    cluster = await _cluster(region, cluster_id)
    if cluster is None:
        reason = (
            f"Cluster {in_quotes(cluster_id)} of instance {in_quotes(resource.name)} is not listed by AWS."
        )
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    members = cluster.get("DBClusterMembers") or []
    evidence["members"] = [str(member.get("DBInstanceIdentifier") or "") for member in members]
    evidence["aurora"] = _is_aurora(cluster)
    name = f"Cluster {in_quotes(cluster_id)} of instance {in_quotes(resource.name)}"
    if cluster.get("MultiAZ"):
        reason = f"{name} has instances in several Availability Zones."
        return Verdict(Status.PASS, resource, reason, evidence)
    size = str(evidence["instance_class"]).rsplit(".", 1)[-1]
    if size in TRIAL_SIZES:
        reason = f"Instance {in_quotes(resource.name)} has a size for trial and development."
        return Verdict(Status.PASS, resource, reason, evidence)
    evidence["free_zones"] = await _free_zones(region, instance, cluster_id)
    reason = f"{name} has instances in one Availability Zone only, so nothing can take over."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _free_zones(region: Region, instance: Item, cluster_id: str) -> list[str]:
    """Return the zones of an instance's subnets in which its cluster has no instance yet."""
    subnets = (instance.get("DBSubnetGroup") or {}).get("Subnets") or []
    zones = {str((subnet.get("SubnetAvailabilityZone") or {}).get("Name") or "") for subnet in subnets}
    used_zones = {
        str(member.get("AvailabilityZone") or "")
        async for member in region.items("rds", "DescribeDBInstances")
        if member.get("DBClusterIdentifier") == cluster_id
    }
    return sorted(zones - used_zones - {""})


async def _cluster(region: Region, cluster_id: str) -> Item | None:
    async for cluster in region.items("rds", "DescribeDBClusters"):
        if cluster.get("DBClusterIdentifier") == cluster_id:
            described: Item = cluster
            return described
    return None


async def _judge_minor_upgrade(_: Region, instance: Item) -> Verdict | None:
    if (gone := _being_deleted(instance)) is not None:
        return gone
    resource, evidence = _resource(instance), _facts(instance)
    if evidence["engine"].startswith(CUSTOM) or evidence["api"] == DOCDB:
        return None
    name = f"Instance {in_quotes(resource.name)}"
    upgrades = instance.get("AutoMinorVersionUpgrade")
    if upgrades is None:
        reason = f"AWS does not say whether {name} gets minor versions by itself."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    if upgrades:
        return Verdict(Status.PASS, resource, f"{name} gets minor versions by itself.", evidence)
    reason = f"{name} stays on {quoted(evidence['engine_version']) or 'its version'} until somebody upgrades."
    return Verdict(Status.FAIL, resource, reason, evidence)
