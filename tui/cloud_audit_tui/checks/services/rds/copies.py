"""The settings that an encrypted copy of a database carries over, as requests of the RDS API.

A member that a restore or a modification accepts, and that a description returns, is in one of these tables.
`not_carried` names settings that no request can set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.requests import carried_over, own_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.checks.api import Item

DOCDB, NEPTUNE = "docdb", "neptune"
ORACLE, SQL_SERVER = "oracle", "sqlserver"

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
    "EngineLifecycleSupport": "EngineLifecycleSupport",
    "CustomerOwnedIpEnabled": "EnableCustomerOwnedIp",
    "BackupTarget": "BackupTarget",
}
"""Members of DescribeDBInstances and their names in RestoreDBInstanceFromDBSnapshot."""

MODIFY_MEMBERS = {
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "MaxAllocatedStorage": "MaxAllocatedStorage",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "DatabaseInsightsMode": "DatabaseInsightsMode",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Members that a restore does not accept and that ModifyDBInstance sets afterwards."""

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
    "EngineLifecycleSupport": "EngineLifecycleSupport",
    "BacktrackWindow": "BacktrackWindow",
}
"""Members of DescribeDBClusters and their names in RestoreDBClusterFromSnapshot."""

MULTI_AZ_RESTORE_MEMBERS = {
    "DBClusterInstanceClass": "DBClusterInstanceClass",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Members of a Multi-AZ DB cluster that in an Aurora cluster belong to the instances."""

CLUSTER_MODIFY_MEMBERS = {
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
}
"""Members that ModifyDBCluster sets after the restore, in RDS, DocumentDB and Neptune alike."""

INSIGHTS_MEMBERS = {
    "DatabaseInsightsMode": "DatabaseInsightsMode",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Members of an Aurora cluster with the advanced mode of Database Insights."""

MEMBER_MEMBERS = {
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "PubliclyAccessible": "PubliclyAccessible",
    "PromotionTier": "PromotionTier",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "CACertificateIdentifier": "CACertificateIdentifier",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "PerformanceInsightsEnabled": "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Members of DescribeDBInstances and their names in CreateDBInstance, for an instance of a cluster."""

NOT_IN_CLUSTER = {
    DOCDB: frozenset(
        {
            "BacktrackWindow",
            "CopyTagsToSnapshot",
            "EnableIAMDatabaseAuthentication",
            "EngineLifecycleSupport",
            "EngineMode",
        }
    ),
    NEPTUNE: frozenset({"BacktrackWindow", "EngineLifecycleSupport", "EngineMode"}),
}
"""Members that a service's RestoreDBClusterFromSnapshot lacks.

DocumentDB has CopyTagsToSnapshot since 2026: an AWS CLI from before would refuse the whole request.
"""

NOT_IN_MEMBER = {
    DOCDB: frozenset(
        {
            "DBParameterGroupName",
            "MonitoringInterval",
            "MonitoringRoleArn",
            "PerformanceInsightsRetentionPeriod",
            "PubliclyAccessible",
        }
    ),
    NEPTUNE: frozenset(
        {
            "CACertificateIdentifier",
            "EnablePerformanceInsights",
            "MonitoringInterval",
            "MonitoringRoleArn",
            "PerformanceInsightsKMSKeyId",
            "PerformanceInsightsRetentionPeriod",
        }
    ),
}
"""Members of CreateDBInstance that a service does not use."""

AWS_USES_ANYWAY = {"EngineMode": "provisioned", "StorageType": "aurora"}
DEFAULT_ADDRESSES = {"NetworkType": "IPV4"}
"""The network type that DocumentDB and Neptune use anyway; their older AWS CLIs lack the parameter."""
SENT_ALTHOUGH_FALSE = frozenset({"AutoMinorVersionUpgrade", "PubliclyAccessible"})
"""Settings that are not false by default: AWS derives them from the network or enables them."""


def api_of(database: Item) -> str:
    """Return the AWS CLI's name for the service of an instance or a cluster."""
    engine = str(database.get("Engine") or "")
    return engine if engine in (DOCDB, NEPTUNE) else "rds"


def is_aurora(database: Item) -> bool:
    """Whether a cluster of the engine has separate instances, unlike a Multi-AZ DB cluster."""
    return str(database.get("Engine") or "").startswith(("aurora", DOCDB, NEPTUNE))


def instance_copy(instance: Item) -> Item:
    """Return the evidence for an encrypted copy of an instance."""
    restore = carried_over(instance, RESTORE_MEMBERS)
    if endpoint := instance.get("Endpoint"):
        restore["Port"] = endpoint.get("Port")
    if not instance.get("MultiAZ"):
        restore["AvailabilityZone"] = instance.get("AvailabilityZone")
    if subnets := instance.get("DBSubnetGroup"):
        restore["DBSubnetGroupName"] = subnets.get("DBSubnetGroupName")
    restore["VpcSecurityGroupIds"] = _security_groups(instance)
    for group in (instance.get("DBParameterGroups") or [])[:1]:
        restore["DBParameterGroupName"] = group.get("DBParameterGroupName")
    for group in (instance.get("OptionGroupMemberships") or [])[:1]:
        restore["OptionGroupName"] = group.get("OptionGroupName")
    if takes_iops(instance):
        restore["Iops"] = instance.get("Iops") or None
        restore["StorageThroughput"] = instance.get("StorageThroughput") or None
    restore |= _domain(instance)
    modify = carried_over(instance, MODIFY_MEMBERS) | _managed_password(instance)
    if str(instance.get("Engine") or "").startswith(ORACLE):
        # RestoreDBInstanceFromDBSnapshot: "Applies to RDS for Oracle only". ModifyDBInstance refuses it for
        # an Oracle CDB of the multi-tenant configuration.
        managed = _managed_password(instance)
        restore |= managed
        modify = {name: value for name, value in modify.items() if name not in managed}
    return {
        "restore_request": _set_members(restore) | _tags(instance),
        "modify_request": modify,
        "roles": _roles(instance),
        "is_replica": bool(
            instance.get("ReadReplicaSourceDBInstanceIdentifier")
            or instance.get("ReadReplicaSourceDBClusterIdentifier")
        ),
        "replicas": list(map(str, instance.get("ReadReplicaDBInstanceIdentifiers") or [])),
        "not_carried": _not_carried(instance),
    }


def takes_iops(database: Item) -> bool:
    """Whether a restore accepts IOPS and throughput with the storage of this instance or cluster.

    Source: the RDS User Guide on gp3 storage. Below 400 GiB (Oracle: 200 GiB) both are fixed at 3000 and 125
    and AWS refuses the parameters, although DescribeDBInstances returns them; SQL Server accepts them at
    every size. A restore without them uses the values of the snapshot.
    """
    kind, engine = database.get("StorageType"), str(database.get("Engine") or "")
    if kind != "gp3" or engine.startswith(SQL_SERVER):
        return kind in ("gp3", "io1", "io2")
    striped_from = 200 if engine.startswith(ORACLE) else 400
    return int(database.get("AllocatedStorage") or 0) >= striped_from


def cluster_copy(cluster: Item, instances: Iterable[Item]) -> Item:
    """Return the evidence for an encrypted copy of a cluster and its instances."""
    api, aurora = api_of(cluster), is_aurora(cluster)
    restore = carried_over(cluster, CLUSTER_RESTORE_MEMBERS)
    modify = carried_over(cluster, CLUSTER_MODIFY_MEMBERS)
    if not aurora:
        restore |= carried_over(cluster, MULTI_AZ_RESTORE_MEMBERS)
        if takes_iops(cluster):
            restore["Iops"] = cluster.get("Iops") or None
        # By default AWS makes the copy public if the subnets' VPC has an internet gateway.
        restore["PubliclyAccessible"] = bool(cluster.get("PubliclyAccessible"))
        modify |= carried_over(cluster, {"AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade"})
    elif cluster.get("DatabaseInsightsMode") == "advanced":
        modify |= carried_over(cluster, INSIGHTS_MEMBERS)
    if api == "rds":
        restore |= {
            name: value for name, value in _domain(cluster).items() if name in ("Domain", "DomainIAMRoleName")
        }
    if api != NEPTUNE:
        modify |= _managed_password(cluster)
    restore["VpcSecurityGroupIds"] = _security_groups(cluster)
    if scaling := cluster.get("ServerlessV2ScalingConfiguration"):
        restore["ServerlessV2ScalingConfiguration"] = dict(scaling)
    defaults = AWS_USES_ANYWAY if api == "rds" else AWS_USES_ANYWAY | DEFAULT_ADDRESSES
    unused = NOT_IN_CLUSTER.get(api, frozenset())
    return {
        "cluster_restore_request": {
            name: value
            for name, value in (_set_members(restore) | _tags(cluster)).items()
            if defaults.get(name) != value and name not in unused
        },
        "cluster_modify_request": modify,
        "cluster_roles": _roles(cluster),
        "cluster_instances": [
            {
                "id": str(instance.get("DBInstanceIdentifier") or ""),
                "class": str(instance.get("DBInstanceClass") or ""),
                "request": member_request(instance),
            }
            for instance in instances
        ],
        "global_cluster": str(cluster.get("GlobalClusterIdentifier") or ""),
        "internet_access_gateway": bool(cluster.get("InternetAccessGatewayEnabled")),
        "aurora": aurora,
        "not_carried": _not_carried(cluster),
    }


def member_request(instance: Item) -> Item:
    """Return the request of CreateDBInstance for another instance of a cluster like this one."""
    request = carried_over(instance, MEMBER_MEMBERS)
    for group in (instance.get("DBParameterGroups") or [])[:1]:
        request["DBParameterGroupName"] = group.get("DBParameterGroupName")
    request.setdefault("PubliclyAccessible", False)
    unused = NOT_IN_MEMBER.get(api_of(instance), frozenset())
    return {
        name: value for name, value in (_set_members(request) | _tags(instance)).items() if name not in unused
    }


def _set_members(request: Item) -> Item:
    return {
        name: value
        for name, value in request.items()
        if value not in (None, "", []) and (value is not False or name in SENT_ALTHOUGH_FALSE)
    }


def _security_groups(database: Item) -> list[str]:
    return [str(group["VpcSecurityGroupId"]) for group in database.get("VpcSecurityGroups") or []]


def _tags(database: Item) -> Item:
    tags = own_tags(database.get("TagList"))
    return {"Tags": tags} if tags else {}


def _roles(database: Item) -> list[Item]:
    return [
        {"arn": str(role.get("RoleArn") or ""), "feature": str(role.get("FeatureName") or "")}
        for role in database.get("AssociatedRoles") or []
    ]


def _managed_password(database: Item) -> Item:
    """Return the request members for a password in Secrets Manager; the copy gets its own secret."""
    secret = database.get("MasterUserSecret")
    if not secret:
        return {}
    key = str(secret.get("KmsKeyId") or "")
    return {"ManageMasterUserPassword": True} | ({"MasterUserSecretKmsKeyId": key} if key else {})


def _domain(database: Item) -> Item:
    """Return the Active Directory domain: one of AWS Directory Service, or one of your own."""
    for membership in (database.get("DomainMemberships") or [])[:1]:
        if membership.get("AuthSecretArn"):
            return carried_over(
                membership,
                {
                    "FQDN": "DomainFqdn",
                    "OU": "DomainOu",
                    "AuthSecretArn": "DomainAuthSecretArn",
                    "DnsIps": "DomainDnsIps",
                },
            )
        return carried_over(membership, {"Domain": "Domain", "IAMRoleName": "DomainIAMRoleName"})
    return {}


def _not_carried(database: Item) -> list[str]:
    """Return the settings of a database that no request of the fix can set for the copy."""
    settings = {
        "read replicas": database.get("ReadReplicaDBInstanceIdentifiers")
        or database.get("ReadReplicaDBClusterIdentifiers")
        or database.get("ReadReplicaIdentifiers"),
        "custom endpoints": database.get("CustomEndpoints"),
        "the database activity stream": database.get("ActivityStreamStatus") in ("started", "starting"),
        "the replication of automated backups": database.get("DBInstanceAutomatedBackupsReplications"),
        "the Data API": database.get("HttpEndpointEnabled"),
        "local write forwarding": database.get("LocalWriteForwardingStatus") in ("enabled", "enabling"),
        "the capacity reservation": database.get("DBCapacityReservationIdentifier"),
        "the TDE key store": database.get("TdeCredentialArn"),
    }
    return [name for name, value in settings.items() if value]
