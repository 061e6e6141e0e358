"""An account of databases, tables, secrets and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT
from closed_loop.fault import SeededFault, fault
from closed_loop.faults.buckets import function
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account


def _table(account: Account, name: str, **more: Any) -> SeededFault:
    response = account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        **(more or {"BillingMode": "PAY_PER_REQUEST"}),
    )
    return SeededFault(response["TableDescription"]["TableArn"])


@fault(
    "aws-ddb-001",
    work_seconds=1_100,
    may_change=("dynamodb/us-east-1/tables/{}/sse_specification", "kms/us-east-1/keys/*"),
    plan=Plan(("aws_dynamodb_table import update server_side_encryption",)),
)
def table_without_key(account: Account) -> SeededFault:
    return SeededFault(_table(account, "keyless").resource, {"KMS_KEY_ID": account.key})


@fault(
    "aws-ddb-002",
    may_change=("dynamodb/us-east-1/tables/{}/continuous_backups",),
    plan=Plan(("aws_dynamodb_table import update point_in_time_recovery.enabled",)),
)
def table_without_recovery(account: Account) -> SeededFault:
    return _table(account, "forgetful")


@fault(
    "aws-ddb-003",
    may_change=(
        "application-autoscaling/us-east-1/policies/*",
        "application-autoscaling/us-east-1/targets/*",
        "cloudwatch/us-east-1/alarms/TargetTracking-*",
    ),
    plan=Plan(("aws_dynamodb_table import update billing_mode",)),
)
def table_that_does_not_scale(account: Account) -> SeededFault:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    table = _table(account, "rigid", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    return SeededFault(table.resource, {"MAX_CAPACITY_UNITS": "200"})


def _delete_plain_files(account: Account) -> None:
    efs = account.client("efs")
    for file_system in efs.describe_file_systems()["FileSystems"]:
        if not file_system["Encrypted"]:
            efs.delete_file_system(FileSystemId=file_system["FileSystemId"])


@fault(
    "aws-efs-001",
    then=("delete-replication-configuration",),
    by_hand=_delete_plain_files,
    gone=True,
    may_change=(
        "efs/us-east-1/_kept_replications/*",
        "efs/us-east-1/file_systems_by_id/*",
        "efs/us-east-1/creation_tokens",
    ),
    plan=Plan(("aws_efs_file_system create",), rest="copy the files, delete the old file system"),
)
def plain_files(account: Account) -> SeededFault:
    response = account.client("efs").create_file_system(CreationToken="plain")
    return SeededFault(response["FileSystemId"])


def database(account: Account, name: str, **more: Any) -> SeededFault:
    """Make a PostgreSQL instance whose only faults are those of the further settings."""
    settings = {
        "DBInstanceClass": "db.m6g.large",
        "Engine": "postgres",
        "MasterUsername": "master",
        "MasterUserPassword": "Correct-horse-1",
        "AllocatedStorage": 20,
        "StorageEncrypted": True,
        "MultiAZ": True,
        "AutoMinorVersionUpgrade": True,
        "PubliclyAccessible": False,
        **more,
    }
    response = account.client("rds").create_db_instance(DBInstanceIdentifier=name, **settings)
    return SeededFault(response["DBInstance"]["DBInstanceArn"])


@fault(
    "aws-rds-001",
    work_seconds=3_600,
    may_change=("rds/us-east-1/databases/{}/publicly_accessible",),
    plan=Plan(("aws_db_instance import update publicly_accessible",)),
)
def public_database(account: Account) -> SeededFault:
    return database(account, "open", PubliclyAccessible=True)


def _delete_plain_database(account: Account) -> None:
    account.client("rds").delete_db_instance(DBInstanceIdentifier="plain-old", SkipFinalSnapshot=True)


@fault(
    "aws-rds-002",
    then=("--db-instance-identifier=plain ", "--db-instance-identifier=NEW "),
    by_hand=_delete_plain_database,
    work_seconds=3_600,
    may_change=(
        "+rds/us-east-1/database_snapshots/{}-*",
        # The first automatic snapshot of the new instance.
        "+rds/us-east-1/database_snapshots/rds:{}-*",
        "+rds/us-east-1/databases/{}-*",
        "+rds/us-east-1/events/*",
    ),
    plan="",
)
def plain_database(account: Account) -> SeededFault:
    # moto does not know the option group that AWS gives to a database without one.
    account.client("rds").create_option_group(
        OptionGroupName="own", EngineName="postgres", MajorEngineVersion="13", OptionGroupDescription="own"
    )
    instance = database(account, "plain", StorageEncrypted=False, OptionGroupName="own", EngineVersion="13.4")
    return SeededFault(instance.resource, {"KMS_KEY_ID": account.key})


@fault(
    "aws-rds-003",
    may_change=("rds/us-east-1/databases/{}/multi_az", "rds/us-east-1/databases/{}/apply_immediately"),
    plan=Plan(("aws_db_instance import update apply_immediately multi_az",)),
)
def single_database(account: Account) -> SeededFault:
    return database(account, "single", MultiAZ=False)


@fault(
    "aws-rds-004",
    may_change=("rds/us-east-1/databases/{}/auto_minor_version_upgrade",),
    plan=Plan(("aws_db_instance import update auto_minor_version_upgrade",)),
)
def database_without_upgrades(account: Account) -> SeededFault:
    return database(account, "frozen", AutoMinorVersionUpgrade=False)


@fault(
    "aws-sm-001",
    may_change=(
        "secretsmanager/us-east-1/secrets/{}/*rotat*",
        "secretsmanager/us-east-1/secrets/{}/versions",
        "secretsmanager/us-east-1/secrets/{}/default_version_id",
    ),
    plan=Plan(("aws_secretsmanager_secret_rotation create",)),
)
def secret_without_rotation(account: Account) -> SeededFault:
    arn = account.client("secretsmanager").create_secret(Name="unrotated", SecretString="x")["ARN"]
    rotate = function(account, "rotate")
    account.client("lambda").add_permission(
        FunctionName="rotate",
        StatementId="rotation",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount=ACCOUNT,
    )
    return SeededFault(arn, {"ROTATION_LAMBDA_ARN": rotate})


@fault("aws-sm-002", gone=True, may_change=("secretsmanager/us-east-1/secrets/{}/deleted_date",), plan="")
def unused_secret(account: Account) -> SeededFault:
    arn = account.client("secretsmanager").create_secret(Name="unused", SecretString="x")["ARN"]
    account.happens("secret_ages", name="unused", days=400)
    return SeededFault(arn)


@fault(
    "aws-ssm-002",
    then=("delete-parameter",),
    gone=True,
    may_change=(
        "+ssm/us-east-1/_parameters/|app|db-password-secure",
        "+ssm/us-east-1/_resource_tags/Parameter/|app|db-password-secure",
        "+kms/us-east-1/keys/*",
    ),
    plan=Plan(
        ("aws_ssm_parameter create",),
        rest="delete the old parameter",
        inputs=lambda _account, _finding: {"PARAMETER_NAME": "/app/db-password-secure"},
        secrets={"secret_value": "new secret"},
    ),
)
def plain_parameter(account: Account) -> SeededFault:
    account.client("ssm").put_parameter(Name="/app/db-password", Value="it's secret", Type="String")
    return SeededFault("/app/db-password", {"NEW_NAME": "/app/db-password-secure"})
