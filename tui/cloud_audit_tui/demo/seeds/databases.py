"""Data in the accounts: RDS instances, DynamoDB tables and EFS file systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient


@dataclass(frozen=True)
class Database:
    """An RDS instance."""

    name: str
    engine: str = "postgres"
    kind: str = "db.m6g.large"
    public: bool = False
    encrypted: bool = True
    standby: bool = True
    upgrades: bool = True
    group: str = "databases"


@dataclass(frozen=True)
class Table:
    """A DynamoDB table; without ``on_demand`` it has provisioned capacity, which may scale."""

    name: str
    kms: bool = True
    recovery: bool = True
    on_demand: bool = True
    scales: bool = False


@dataclass(frozen=True)
class Data:
    """The databases, tables and file systems of an account in a region."""

    account: Account
    region: str
    databases: tuple[Database, ...] = ()
    tables: tuple[Table, ...] = ()
    file_systems: tuple[tuple[str, bool], ...] = ()


DATA = (
    Data(
        PRODUCTION,
        "us-east-1",
        (
            Database("claims", kind="db.r6g.xlarge"),
            Database("underwriting", kind="db.r6g.large", upgrades=False),
            Database("reporting-replica", "mysql", standby=False),
        ),
        (
            Table("feature-store-online"),
            Table("idempotency-keys", on_demand=False, scales=True),
            Table("session-cache", kms=False, recovery=False),
        ),
        (("model-artifacts", True), ("shared-notebooks", True)),
    ),
    Data(
        PRODUCTION,
        "eu-west-1",
        (Database("claims-eu", kind="db.r6g.large"),),
        (Table("consent-records"),),
    ),
    Data(
        STAGING,
        "eu-central-1",
        (
            Database("claims-staging", standby=False),
            Database("load-test-results", "mysql", encrypted=False, standby=False, upgrades=False),
        ),
        (Table("feature-store-online", recovery=False), Table("load-test-runs", kms=False, on_demand=False)),
        (("staging-artifacts", True), ("load-test-corpus", False)),
    ),
    Data(
        RESEARCH,
        "ap-southeast-2",
        (
            Database(
                "soil-samples",
                public=True,
                encrypted=False,
                standby=False,
                upgrades=False,
                group="postgres-shared",
            ),
            Database("tide-gauges", "mysql", "db.t3.micro", standby=False, group="applications"),
        ),
        (
            Table("specimen-index", kms=False, recovery=False, on_demand=False),
            Table("restricted-participants", kms=True),
        ),
        (("home-directories", False),),
    ),
)


def fill(at: At) -> None:
    """Create the resources of `DATA`."""
    for data in DATA:
        here = at(data.account, data.region)
        for database in data.databases:
            _database(here, database)
        for table in data.tables:
            _table(here, table)
        for name, encrypted in data.file_systems:
            here(
                "efs",
                "CreateFileSystem",
                CreationToken=name,
                Encrypted=encrypted,
                **({"KmsKeyId": here.key} if encrypted else {}),
                Tags=[{"Key": "Name", "Value": name}],
            )


def _database(here: RegionClient, database: Database) -> None:
    filters = [{"Name": "group-name", "Values": [database.group]}]
    group = here("ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"][0]["GroupId"]
    here(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier=database.name,
        Engine=database.engine,
        DBInstanceClass=database.kind,
        AllocatedStorage=100,
        MasterUsername="application",
        ManageMasterUserPassword=False,
        MasterUserPassword="demo-only-password",
        VpcSecurityGroupIds=[group],
        PubliclyAccessible=database.public,
        StorageEncrypted=database.encrypted,
        MultiAZ=database.standby,
        AutoMinorVersionUpgrade=database.upgrades,
        **({"KmsKeyId": here.key} if database.encrypted else {}),
    )


def _table(here: RegionClient, table: Table) -> None:
    billing: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    if not table.on_demand:
        units = {"ReadCapacityUnits": 20, "WriteCapacityUnits": 10}
        billing = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    if table.kms:
        billing["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": here.key}
    here(
        "dynamodb",
        "CreateTable",
        TableName=table.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        **billing,
    )
    if table.recovery:
        here(
            "dynamodb",
            "UpdateContinuousBackups",
            TableName=table.name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
    for action in ("Read", "Write") if table.scales else ():
        target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": f"table/{table.name}",
            "ScalableDimension": f"dynamodb:table:{action}CapacityUnits",
        }
        here(
            "application-autoscaling",
            "RegisterScalableTarget",
            **target,
            MinCapacity=5,
            MaxCapacity=200,
            # Without a role, AWS returns its service-linked role; moto returns null.
            RoleARN=f"arn:aws:iam::{here.account.id}:role/aws-service-role/"
            "dynamodb.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        )
        metric = {"PredefinedMetricType": f"DynamoDB{action}CapacityUtilization"}
        here(
            "application-autoscaling",
            "PutScalingPolicy",
            **target,
            PolicyName=f"{table.name}-{action.lower()}s",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": metric,
            },
        )
