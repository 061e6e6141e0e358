"""Findings of the data services and of what runs code: RDS, EFS, Backup, DynamoDB, ECS, Lambda, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediation.findings_to_fix import ACCOUNT, KEY, REGION, finding_of

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

TASK_DEFINITION = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:3"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod/db-AbCdEf"
FUNCTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/pay"

INPUTS = {
    "KMS_KEY_ID": KEY,
    "AVAILABILITY_ZONE": f"{REGION}c",
    "BACKUP_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole",
    "MAX_CAPACITY_UNITS": "200",
    "EXECUTION_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole",
    "ROTATION_LAMBDA_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate",
}
DEFINITION = """{
  "family": "web",
  "containerDefinitions": [{"name": "app", "image": "app:1", "privileged": false, "memory": 64}],
  "volumes": [{"name": "data"}],
  "tags": []
}
"""
ANSWERS = {
    "backup list-backup-plans": "none\n",
    "backup list-backup-selections": "0\n",
    "backup list-backup-vaults": "0\n",
    "sts get-caller-identity": f"{ACCOUNT}\n",
    "ecs describe-task-definition": DEFINITION,
    "ecs register-task-definition": f"{TASK_DEFINITION}\n",
    "logs describe-log-groups": "0\n",
    "lambda get-function-configuration": "python3.8\n",
    "efs create-replication-configuration": "fs-0123456789abcdef0\n",
    "backup create-backup-plan": "0a1b2c3d\n",
}

RDS = {
    "api": "rds",
    "instance_id": "orders",
    "instance_class": "db.m6g.large",
    "engine": "postgres",
    "engine_version": "16.4",
    "status": "available",
    "cluster_id": "",
    "allocated_storage": 100,
    "username": "admin",
    "multi_az_cluster": False,
}
MEMBER = {**RDS, "engine": "aurora-mysql", "cluster_id": "shop", "aurora": True}
RESTORE = {
    "DBInstanceClass": "db.m6g.large",
    "LicenseModel": "postgresql-license",
    "StorageType": "gp3",
    "Iops": 12000,
    "StorageThroughput": 500,
    "AutoMinorVersionUpgrade": True,
    "PubliclyAccessible": False,
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "Domain": "d-0123456789",
    "DomainIAMRoleName": "rds-domain",
    "Tags": [{"Key": "team", "Value": "shop"}],
    "MultiAZ": True,
    "CopyTagsToSnapshot": True,
    "EnableIAMDatabaseAuthentication": True,
    "EnableCloudwatchLogsExports": ["postgresql"],
    "NetworkType": "IPV4",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "DeletionProtection": True,
    "Port": 5432,
    "DBSubnetGroupName": "private",
    "VpcSecurityGroupIds": ["sg-1", "sg-2"],
    "DBParameterGroupName": "tuned",
    "OptionGroupName": "default:postgres-16",
}
MODIFY = {
    "BackupRetentionPeriod": 14,
    "PreferredBackupWindow": "02:00-02:30",
    "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
    "MaxAllocatedStorage": 500,
    "MonitoringInterval": 60,
    "MonitoringRoleArn": f"arn:aws:iam::{ACCOUNT}:role/monitoring",
    "EnablePerformanceInsights": True,
    "ManageMasterUserPassword": True,
    "MasterUserSecretKmsKeyId": KEY,
}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/import"
SINGLE = {
    **RDS,
    "restore_request": RESTORE,
    "modify_request": MODIFY,
    "roles": [{"arn": ROLE, "feature": "s3Import"}],
    "is_replica": False,
    "replicas": [],
    "not_carried": [],
}
MEMBER_REQUEST = {
    "AutoMinorVersionUpgrade": True,
    "PubliclyAccessible": False,
    "PromotionTier": 1,
    "DBParameterGroupName": "tuned",
    "MonitoringInterval": 60,
    "MonitoringRoleArn": f"arn:aws:iam::{ACCOUNT}:role/monitoring",
}
RESTORE_CLUSTER = {
    "Engine": "aurora-mysql",
    "EngineVersion": "8.0.mysql_aurora.3.05.2",
    "Port": 3306,
    "DBSubnetGroupName": "private",
    "DBClusterParameterGroupName": "tuned",
    "CopyTagsToSnapshot": True,
    "EnableIAMDatabaseAuthentication": True,
    "EnableCloudwatchLogsExports": ["audit"],
    "DeletionProtection": True,
    "StorageType": "aurora-iopt1",
    "NetworkType": "IPV4",
    "VpcSecurityGroupIds": ["sg-1"],
    "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4.0},
}
CLUSTERED = {
    **MEMBER,
    "cluster_restore_request": RESTORE_CLUSTER,
    "cluster_modify_request": {"BackupRetentionPeriod": 14, "ManageMasterUserPassword": True},
    "cluster_roles": [{"arn": ROLE, "feature": ""}],
    "cluster_instances": [
        {"id": "one", "class": "db.r6g.large", "request": MEMBER_REQUEST},
        {"id": "two", "class": "db.serverless", "request": {}},
    ],
    "global_cluster": "",
    "internet_access_gateway": False,
    "not_carried": ["custom endpoints"],
}
SPARE = ("EnableIAMDatabaseAuthentication", "CopyTagsToSnapshot", "NetworkType")
DOCUMENTS = {
    **CLUSTERED,
    "api": "docdb",
    "engine": "docdb",
    "cluster_modify_request": {"BackupRetentionPeriod": 14},
    "cluster_roles": [],
    "cluster_instances": [{"id": "one", "class": "db.r6g.large", "request": {"PromotionTier": 1}}],
    "cluster_restore_request": {
        **{name: value for name, value in RESTORE_CLUSTER.items() if name not in SPARE},
        "Engine": "docdb",
    },
}
GRAPH = {
    **DOCUMENTS,
    "api": "neptune",
    "engine": "neptune",
    "cluster_instances": [{"id": "one", "class": "db.r6g.large", "request": {"PubliclyAccessible": True}}],
    "cluster_restore_request": {
        "Engine": "neptune",
        "EnableIAMDatabaseAuthentication": True,
        "CopyTagsToSnapshot": True,
        "VpcSecurityGroupIds": ["sg-1"],
    },
}
MULTI_AZ_CLUSTER = {
    **CLUSTERED,
    "engine": "mysql",
    "aurora": False,
    "multi_az_cluster": True,
    "cluster_roles": [],
    "cluster_restore_request": {
        "PubliclyAccessible": False,
        "Engine": "mysql",
        "DBClusterInstanceClass": "db.m6gd.large",
        "StorageType": "io1",
        "Iops": 3000,
        "VpcSecurityGroupIds": ["sg-1"],
    },
}
FILES = {
    "file_system_id": "fs-0123456789abcdef0",
    "status": "available",
    "kms_key_id": "",
    "performance_mode": "generalPurpose",
    "throughput_mode": "elastic",
    "provisioned_throughput": 0.0,
    "availability_zone": "",
    "bytes": 6144,
    "tags": [{"Key": "team", "Value": "web"}],
}
TABLE = {
    "table": "orders",
    "status": "ACTIVE",
    "key_schema": {"HASH": "id", "RANGE": "day"},
    "attributes": {"id": "S", "day": "N", "total": "N"},
    "billing_mode": "PROVISIONED",
    "replicas": [],
}
NO_KEY = {**TABLE, "sse_status": "", "kms_key_arn": "", "inaccessible_since": "", "inaccessible": False}


def capacity(action: str = "Read", index: str = "", **state: bool) -> dict[str, Any]:
    return {
        "resource_id": "table/orders" + (f"/index/{index}" if index else ""),
        "dimension": f"dynamodb:{'index' if index else 'table'}:{action}CapacityUnits",
        "action": action,
        "units": 5,
        "what": f"{action.lower()}s",
        "has_target": False,
        "has_policy": False,
        "suspended": False,
        **state,
    }


TASK = {
    "task_definition": TASK_DEFINITION,
    "family": "web",
    "members": ["family", "taskRoleArn", "volumes", "runtimePlatform"],
    "compatibilities": ["EC2"],
    "execution_role": "",
    "containers": ["app"],
    "services": [
        {"cluster": CLUSTER, "service": "site", "controller": "ECS"},
        {"cluster": CLUSTER, "service": "blue", "controller": "CODE_DEPLOY"},
    ],
    "standalone_tasks": 2,
    "usage_known": True,
    "newest": True,
}
SERVICE = {"cluster": CLUSTER, "service": "site", "controller": "ECS", "status": "ACTIVE"}
FUNCTION = {"function": "pay", "role": FUNCTION_ROLE, "runtime": "python3.8"}
RUNTIME = {
    **FUNCTION,
    "deprecated_on": "2024-10-14",
    "update_blocked_on": "2027-03-03",
    "update_blocked": False,
    "successor": "python3.13",
    "layers": [],
    "handler": "app.handler",
}


def url(qualifier: str = "", *, admits: bool | None = True) -> dict[str, Any]:
    return {
        "url": "https://abc.lambda-url.eu-central-1.on.aws/",
        "qualifier": qualifier,
        "auth_type": "NONE",
        "admits_everyone": admits,
    }


def kept_secret(variable: str) -> dict[str, str]:
    return {
        "variable": variable,
        "secret": f"lambda/pay/{variable}",
        "policy": f"read-{REGION}-pay-{variable}",
    }


SECRET_FACTS = {
    "name": "prod/db",
    "arn": SECRET,
    "created": "2024-01-01",
    "last_accessed": "",
    "last_rotated": "",
    "rotation_enabled": False,
    "rotation_lambda": "",
    "rotation_days": None,
    "rotation_schedule": "",
    "replica_regions": [],
}
ROTATED = {**SECRET_FACTS, "rotation_enabled": True, "rotation_lambda": INPUTS["ROTATION_LAMBDA_ARN"]}
PLAN = {"id": "0a1b2c3d", "name": "daily"}


def _all() -> dict[str, Finding]:
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "public instance": ("aws-rds-001", {**RDS, "open_security_groups": ["sg-1"]}),
        "public graph": ("aws-rds-001", {**MEMBER, "api": "neptune", "open_security_groups": None}),
        "unencrypted instance": ("aws-rds-002", SINGLE),
        "unencrypted small instance": (
            "aws-rds-002",
            {**SINGLE, "modify_request": {}, "replicas": ["copy"]},
        ),
        "unencrypted cluster": ("aws-rds-002", CLUSTERED),
        "unencrypted documents": ("aws-rds-002", DOCUMENTS),
        "unencrypted graph": ("aws-rds-002", GRAPH),
        "unencrypted Multi-AZ cluster": ("aws-rds-002", MULTI_AZ_CLUSTER),
        "single zone": ("aws-rds-003", {**RDS, "pending": True, "pending_changes": []}),
        "single zone cluster": (
            "aws-rds-003",
            {
                **MEMBER,
                "free_zones": [f"{REGION}b"],
                "member_request": MEMBER_REQUEST,
                "first_reader": True,
            },
        ),
        "cluster without free zones": ("aws-rds-003", {**MEMBER, "api": "neptune", "free_zones": []}),
        "no upgrades": ("aws-rds-004", RDS),
        "no upgrades in a cluster": ("aws-rds-004", MEMBER),
        "no upgrades in a Multi-AZ cluster": (
            "aws-rds-004",
            {**MEMBER, "engine": "mysql", "aurora": False, "multi_az_cluster": True},
        ),
        "files": ("aws-efs-001", FILES),
        "files in one zone": (
            "aws-efs-001",
            {
                **FILES,
                "availability_zone": f"{REGION}a",
                "throughput_mode": "provisioned",
                "provisioned_throughput": 12.5,
                "tags": [],
            },
        ),
        "no vault": ("aws-backup-001", {"vaults": [], "vault": "", "plans": [], "own_plans": []}),
        "no plan": (
            "aws-backup-001",
            {"vaults": ["Default"], "vault": "Default", "plans": [], "own_plans": []},
        ),
        "empty plan": (
            "aws-backup-001",
            {"vaults": ["v"], "vault": "v", "plans": [PLAN], "own_plans": [PLAN]},
        ),
        "table key": ("aws-ddb-001", NO_KEY),
        "table key while updating": (
            "aws-ddb-001",
            {**NO_KEY, "status": "UPDATING", "key_schema": {"HASH": "id"}},
        ),
        "table recovery": ("aws-ddb-002", {**TABLE, "recovery": "DISABLED"}),
        "table scaling": (
            "aws-ddb-003",
            {
                **TABLE,
                "missing": [
                    capacity(),
                    capacity("Write", has_target=True),
                    capacity("Read", "by-day", has_target=True, has_policy=True, suspended=True),
                ],
            },
        ),
        "privileged": ("aws-ecs-001", TASK),
        "privileged and unknown": (
            "aws-ecs-001",
            {**TASK, "services": [], "standalone_tasks": 0, "usage_known": False, "newest": False},
        ),
        "silent": ("aws-ecs-002", {**TASK, "log_group": ""}),
        "silent on Fargate": (
            "aws-ecs-002",
            {**TASK, "log_group": "/ecs/web", "compatibilities": ["FARGATE"], "services": []},
        ),
        "exec": ("aws-ecs-003", SERVICE),
        "open url": ("aws-lambda-001", {**FUNCTION, "urls": [], "open": [url(), url("live", admits=False)]}),
        "old runtime": ("aws-lambda-002", {**RUNTIME, "layers": ["arn:aws:lambda:x:1:layer:y:1"]}),
        "blocked runtime": (
            "aws-lambda-002",
            {**RUNTIME, "successor": "python3.12", "update_blocked": True},
        ),
        "secrets": (
            "aws-lambda-003",
            {
                **FUNCTION,
                "variables": ["API_KEY", "DB_PASSWORD"],
                "is_image": False,
                "secrets": [kept_secret("API_KEY"), kept_secret("DB_PASSWORD")],
            },
        ),
        "no rotation": ("aws-sm-001", SECRET_FACTS),
        "rotation that was off": ("aws-sm-001", {**ROTATED, "rotation_enabled": False}),
        "slow rotation": ("aws-sm-001", {**ROTATED, "rotation_days": 365}),
        "stale rotation": ("aws-sm-001", {**ROTATED, "rotation_days": 30}),
        "unused secret": ("aws-sm-002", SECRET_FACTS),
        "unused replicated secret": ("aws-sm-002", {**SECRET_FACTS, "replica_regions": ["us-east-1"]}),
    }
    return {name: finding_of(check, evidence) for name, (check, evidence) in cases.items()}


ORDINARY = _all()
WITHOUT_TERRAFORM = {
    "public graph",
    "unencrypted instance",
    "unencrypted small instance",
    "unencrypted cluster",
    "unencrypted documents",
    "unencrypted graph",
    "unencrypted Multi-AZ cluster",
    "single zone cluster",
    "cluster without free zones",
    "no upgrades in a cluster",
    "no upgrades in a Multi-AZ cluster",
    "privileged",
    "privileged and unknown",
    "silent",
    "silent on Fargate",
    "stale rotation",
    "unused secret",
    "unused replicated secret",
}
NAMES = (
    "instance_id",
    "cluster_id",
    "engine_version",
    "file_system_id",
    "vault",
    "table",
    "family",
    "task_definition",
    "log_group",
    "service",
    "cluster",
    "function",
    "role",
    "handler",
    "name",
    "arn",
)
"""Facts that somebody chose a text for, as far as an enemy could."""


def hostile(name: str, text: str) -> Finding:
    """Return a finding in which every name is the text."""
    finding = ORDINARY[name]
    evidence = dict(finding.evidence)
    for fact in NAMES:
        if evidence.get(fact):
            evidence[fact] = text
    if "secrets" in evidence:
        evidence["secrets"] = [{"variable": text, "secret": text, "policy": text}]
    if "key_schema" in evidence:
        evidence |= {"key_schema": {"HASH": text}, "attributes": {text: "S"}}
    if evidence.get("tags"):
        evidence["tags"] = [{"Key": text or "k", "Value": text}]
    if "containers" in evidence:
        evidence["containers"] = [text]
        evidence["services"] = [{"cluster": text, "service": text, "controller": "ECS"}]
    if evidence.get("plans"):
        evidence["plans"] = evidence["own_plans"] = [{"id": text, "name": text}]
    if "open" in evidence:
        evidence["open"] = [{**each, "qualifier": text, "url": text} for each in evidence["open"]]
    if "missing" in evidence:
        evidence["missing"] = [{**each, "resource_id": text, "what": text} for each in evidence["missing"]]
    return finding_of(finding.check_id, evidence)
