"""Amazon RDS and its kin: access from the internet, encryption, standby instances and minor upgrades.

DescribeDBInstances also lists the instances of Aurora, DocumentDB and Neptune: these checks judge them too.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.services.rds.copies import (
    DOCDB,
    NEPTUNE,
    api_of,
    cluster_copy,
    instance_copy,
    is_aurora,
    member_request,
)
from cloud_audit_tui.checks.services.vpc.prefix_lists import ENTRIES, blocks_of
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

INSTANCES = "rds:DescribeDBInstances"
CLUSTERS = "rds:DescribeDBClusters"
SECURITY_GROUPS = "ec2:DescribeSecurityGroups"

CUSTOM = "custom-"
"""The prefix of RDS Custom's engines, whose owner is responsible for standby and upgrades."""
EXPRESS = "sqlserver-ex"
"""SQL Server Express, for which AWS offers no Multi-AZ deployment."""
NONE, OWNED_BY_AWS = "none", "sse-rds"
"""Values of StorageEncryptionType without StorageEncrypted: no encryption, and a key that AWS owns."""
TRIAL_SIZES = frozenset({"micro", "small"})
"""Sizes of instance classes that the catalogue treats as trial and development."""


@check("aws-rds-001", reads=[INSTANCES, SECURITY_GROUPS, ENTRIES])
def publicly_accessible(region: Region) -> Verdicts:
    """Fail an instance whose endpoint resolves to a public address.

    Source: DescribeDBInstances.PubliclyAccessible; absent means that the instance has no public address.
    The catalogue rates all of them critical. AWS documents that the security groups control access, so an
    instance is *high* when none of its groups opens its port to the internet, and critical when the groups
    or their prefix lists cannot be read. DocumentDB has no public endpoints and passes.

    VPCNetworkingEnabled false marks an instance of an Aurora PostgreSQL cluster outside any VPC. AWS
    documents that a cluster has either VPC networking or an internet access gateway, so it fails too, as
    *high*: the gateway requires IAM authentication.

    The fix sends no `--apply-immediately`: AWS documents that a change of PubliclyAccessible "is applied
    immediately regardless" of it, so pending changes keep waiting for the maintenance window. Members of a
    Multi-AZ DB cluster cannot be modified one by one, and ModifyDBCluster has no such parameter: no fix.
    """
    return _verdicts(region, _judge_public)


@check("aws-rds-002", reads=[INSTANCES, CLUSTERS])
def storage_encrypted(region: Region) -> Verdicts:
    """Fail an instance whose storage is not encrypted.

    Sources: DescribeDBInstances.StorageEncrypted and StorageEncryptionType; both absent means not encrypted.
    AWS documents that with a key that AWS owns (``sse-rds``, the default of Aurora clusters since February
    2026) StorageEncrypted "is false" and "the data at rest is still encrypted". A member of a cluster uses
    the cluster's storage: the cluster's StorageEncryptionType counts where the instance has none. Otherwise
    the cluster is read for the remediation only. Aurora Serverless v1 clusters have no instances and are not
    listed here.
    """
    return _verdicts(region, _judge_encryption)


@check("aws-rds-003", reads=[INSTANCES, CLUSTERS])
def multi_az(region: Region) -> Verdicts:
    """Fail an instance without a standby in another Availability Zone.

    Source: DescribeDBInstances.MultiAZ, which AWS does not set for members of a cluster. Those follow
    DescribeDBClusters.MultiAZ, "has instances in multiple Availability Zones"; other scanners fail every
    Aurora instance. As in the catalogue, micro and small classes pass as trial sizes, by the last part of the
    class name. A read replica passes, because its source is judged. RDS Custom and SQL Server Express cannot
    comply and are not judged. A standby that is pending for the maintenance window does not count; the reason
    mentions it.
    """
    return _verdicts(region, _judge_multi_az)


@check("aws-rds-004", reads=[INSTANCES])
def auto_minor_version_upgrade(region: Region) -> Verdicts:
    """Fail an instance without automatic minor version upgrades.

    Source: DescribeDBInstances.AutoMinorVersionUpgrade. DocumentDB ignores the setting and RDS Custom refuses
    it, so their instances are not judged. AWS refuses ModifyDBInstance for a member of a Multi-AZ DB cluster,
    so the fix of such a member modifies the cluster.
    """
    return _verdicts(region, _judge_minor_upgrade)


def _verdicts(region: Region, judge_one: Any) -> Verdicts:
    return region.judge(region.items("rds", "DescribeDBInstances"), _resource, partial(judge_one, region))


def _resource(instance: Item) -> Resource:
    kind = {DOCDB: "DocDB", NEPTUNE: "Neptune"}.get(api_of(instance), "RDS")
    return Resource(
        str(instance.get("DBInstanceArn") or ""),
        str(instance.get("DBInstanceIdentifier") or ""),
        f"AWS::{kind}::DBInstance",
    )


def _facts(instance: Item) -> Item:
    return {
        "api": api_of(instance),
        "instance_id": str(instance.get("DBInstanceIdentifier") or ""),
        "instance_class": str(instance.get("DBInstanceClass") or ""),
        "engine": str(instance.get("Engine") or ""),
        "engine_version": str(instance.get("EngineVersion") or ""),
        "status": str(instance.get("DBInstanceStatus") or ""),
        "cluster_id": str(instance.get("DBClusterIdentifier") or ""),
        "multi_az_cluster": bool(instance.get("DBClusterIdentifier")) and not is_aurora(instance),
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
    if instance.get("VPCNetworkingEnabled") is False:
        evidence |= {"internet_access_gateway": True, "security_groups": [], "open_security_groups": []}
        reason = (
            f"{name} has no VPC networking: clients reach it over the internet through an internet access "
            "gateway. No security group filters them; its cluster requires IAM authentication."
        )
        return Verdict(Status.FAIL, resource, reason, evidence, Severity.HIGH)
    if not instance.get("PubliclyAccessible"):
        return Verdict(Status.PASS, resource, f"{name} has no public address.", evidence)
    groups = [str(group["VpcSecurityGroupId"]) for group in instance.get("VpcSecurityGroups") or []]
    port = int((instance.get("Endpoint") or {}).get("Port") or instance.get("DbInstancePort") or 0)
    open_groups = await _open_groups(region, groups, port)
    evidence |= {"port": port, "security_groups": groups, "open_security_groups": open_groups}
    reason = f"{name} is publicly accessible: outside its VPC, its name resolves to a public address."
    severity = Severity.CRITICAL
    if open_groups:
        named = ", ".join(map(in_quotes, open_groups))
        reason += f" Security group {named} lets the whole internet reach its port."
    elif open_groups is None:
        reason += " Its security groups could not be read, so it may be open to the whole internet."
    elif groups:
        severity = Severity.HIGH
        reason += " Its security groups do not let the whole internet reach its port at the moment."
    return Verdict(Status.FAIL, resource, reason, evidence, severity)


async def _open_groups(region: Region, groups: list[str], port: int) -> list[str] | None:
    """Return the groups that admit the internet to a port; ``None`` if they cannot be read.

    The instance fails either way; a failed read only keeps the severity at its worst.
    """
    try:
        return [
            str(group["GroupId"])
            async for group in region.items("ec2", "DescribeSecurityGroups")
            if group.get("GroupId") in groups and await _admits_everyone(region, group, port)
        ]
    except ReadError:
        return None


async def _admits_everyone(region: Region, group: Item, port: int) -> bool:
    """Say whether a security group lets the internet reach a TCP port; raises `ReadError`."""
    reached: dict[int, list[Interval]] = {4: [], 6: []}
    for rule in group.get("IpPermissions") or []:
        ports = ports_of(rule.get("FromPort"), rule.get("ToPort"))
        if lets_through(protocol_number(rule.get("IpProtocol")), ports, TCP, port):
            for cidr in await _blocks(region, rule):
                network = network_of(cidr)
                interval = interval_of(network) if network is not None else None
                if network is not None and interval is not None:
                    reached[network.version].append(interval)
    return any(is_internet(intervals, version) for version, intervals in reached.items())


async def _blocks(region: Region, rule: Item) -> list[Any]:
    """Return the CIDR blocks of a rule's sources, those of its prefix lists included; raises `ReadError`."""
    blocks = [each.get("CidrIp") for each in rule.get("IpRanges") or []]
    blocks += [each.get("CidrIpv6") for each in rule.get("Ipv6Ranges") or []]
    for entry in rule.get("PrefixListIds") or []:
        blocks += await blocks_of(region, str(entry.get("PrefixListId") or ""))
    return blocks


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
    cluster = await _cluster_if_read(region, evidence["cluster_id"])
    kind = str(instance.get("StorageEncryptionType") or (cluster or {}).get("StorageEncryptionType") or NONE)
    if kind != NONE:
        evidence["storage_encryption_type"] = kind
    if kind == OWNED_BY_AWS:
        reason = f"The storage of {name} is encrypted with a key that AWS owns ({OWNED_BY_AWS})."
        return Verdict(Status.PASS, resource, reason, evidence)
    if kind != NONE:
        reason = (
            f"AWS gives {in_quotes(kind)} for the encryption of {name}, which this version does not know."
        )
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    reason = f"The storage of {name} is not encrypted, and neither are its snapshots."
    if evidence["cluster_id"]:
        reason += f" It is that of cluster {in_quotes(evidence['cluster_id'])}."
        evidence |= await _cluster_facts(region, cluster)
    else:
        evidence |= instance_copy(instance)
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _cluster_if_read(region: Region, cluster_id: str) -> Item | None:
    """Return the cluster of an instance, ``None`` if it has none or the cluster cannot be read.

    AWS gives the type of encryption of an instance too, so a failed read does not hide it.
    """
    if not cluster_id:
        return None
    try:
        return await _cluster(region, cluster_id)
    except ReadError:
        return None


async def _cluster_facts(region: Region, cluster: Item | None) -> Item:
    """Return the settings for an encrypted copy of a cluster; empty if the cluster cannot be read.

    The instance fails either way; without these settings the remediation requires a new scan.
    """
    if cluster is None:
        return {}
    members = [
        member
        async for member in region.items("rds", "DescribeDBInstances")
        if member.get("DBClusterIdentifier") == cluster.get("DBClusterIdentifier")
    ]
    return cluster_copy(cluster, members)


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
        reason = f"{name} is a read replica; the standby belongs to its source {in_quotes(source)}."
        return Verdict(Status.PASS, resource, reason, evidence)
    if evidence["instance_class"].rsplit(".", 1)[-1] in TRIAL_SIZES:
        reason = f"{name} is a {quoted(evidence['instance_class'])}, a size for trial and development."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"{name} runs in one Availability Zone without a standby."
    waiting = instance.get("PendingModifiedValues") or {}
    evidence["pending"] = bool(waiting.get("MultiAZ"))
    evidence["pending_changes"] = sorted(name for name in waiting if name != "MultiAZ")
    if evidence["pending"]:
        reason += " A standby waits for the next maintenance window."
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
    evidence["aurora"] = is_aurora(cluster)
    name = f"Cluster {in_quotes(cluster_id)} of instance {in_quotes(resource.name)}"
    if cluster.get("MultiAZ"):
        reason = f"{name} has instances in several Availability Zones."
        return Verdict(Status.PASS, resource, reason, evidence)
    size = str(evidence["instance_class"]).rsplit(".", 1)[-1]
    if size in TRIAL_SIZES:
        reason = f"Instance {in_quotes(resource.name)} has a size for trial and development."
        return Verdict(Status.PASS, resource, reason, evidence)
    evidence["free_zones"] = await _free_zones(region, instance, cluster)
    evidence["member_request"] = member_request(instance)
    evidence["first_reader"] = len(members) == 1
    reason = f"{name} has instances in one Availability Zone only, so nothing can take over."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _free_zones(region: Region, instance: Item, cluster: Item) -> list[str]:
    """Return the zones of an instance's subnets in which its cluster has storage and no instance.

    Source of the restriction: CreateDBInstance.AvailabilityZone, "Aurora DB cluster hosts copies of its
    storage in three separate Availability Zones. Specify one of these"; DBCluster.AvailabilityZones lists
    them.
    """
    subnets = (instance.get("DBSubnetGroup") or {}).get("Subnets") or []
    zones = {str((subnet.get("SubnetAvailabilityZone") or {}).get("Name") or "") for subnet in subnets}
    if storage_zones := set(map(str, cluster.get("AvailabilityZones") or [])):
        zones &= storage_zones
    used_zones = {
        str(member.get("AvailabilityZone") or "")
        async for member in region.items("rds", "DescribeDBInstances")
        if member.get("DBClusterIdentifier") == cluster.get("DBClusterIdentifier")
    }
    return sorted(zones - used_zones - {""})


async def _cluster(region: Region, cluster_id: str) -> Item | None:
    async for cluster in region.items("rds", "DescribeDBClusters"):
        if cluster.get("DBClusterIdentifier") == cluster_id:
            match: Item = cluster
            return match
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
        reason = f"AWS does not say whether {name} gets minor versions automatically."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    if upgrades:
        return Verdict(Status.PASS, resource, f"{name} gets minor versions automatically.", evidence)
    reason = f"{name} stays on {quoted(evidence['engine_version']) or 'its version'} until somebody upgrades."
    return Verdict(Status.FAIL, resource, reason, evidence)
