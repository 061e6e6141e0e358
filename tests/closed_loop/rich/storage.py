"""Rich buckets, topics, queues, keys, secrets, parameters, tables and file systems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.rich import ARGUMENTS, KEYED_TAGS, TAGS, arguments, enricher

if TYPE_CHECKING:
    from closed_loop.account import Account

_BARE = {
    "unblocked": {"public_access_block"},
    "forgetful": {"versioning", "replication"},
    "endless": {"lifecycle"},
    "unlogged": {"logging"},
    "unlogged-files": {"logging"},
    "plain": {"public_access_block", "website"},
    "flow-logs": {"policy"},
    "shared": {"public_access_block"},
    "unblocked-files": {"public_access_block"},
}
"""The settings that some buckets lack: this is their fault, or their fix stops if it is set."""
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/for-everything"


@enricher
def buckets(account: Account) -> None:
    """Set every setting of a bucket, and put an object with its own settings into it."""
    s3 = account.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    if not names:
        return
    _log_bucket(s3)
    account.client("sqs").create_queue(QueueName="bucket-events")
    for name in names:
        for setting, put in _SETTINGS.items():
            # Where no bucket logs, the fix makes a log bucket, which has more steps.
            if setting not in _BARE.get(name, ()) and (setting != "logging" or "unlogged" not in names):
                put(s3, name)
        s3.put_object(
            Bucket=name,
            Key="reports/2026.csv",
            Body=b"a,b",
            Metadata={"origin": "erp"},
            Tagging="class=internal",
            StorageClass="STANDARD_IA",
            ContentType="text/csv",
        )


def _log_bucket(s3: Any) -> None:
    s3.create_bucket(Bucket="rich-logs")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::rich-logs/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    s3.put_bucket_policy(
        Bucket="rich-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def _policy(s3: Any, name: str) -> None:
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    except s3.exceptions.ClientError:
        policy = {"Version": "2012-10-17", "Id": "rich", "Statement": []}
    policy["Statement"].append(
        {
            "Sid": "Auditors",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
            "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
        }
    )
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def _lifecycle(s3: Any, name: str) -> None:
    s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "archive",
                    "Status": "Enabled",
                    "Filter": {
                        "And": {"Prefix": "reports/", "Tags": [{"Key": "class", "Value": "internal"}]}
                    },
                    "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
                    "NoncurrentVersionTransitions": [{"NoncurrentDays": 40, "StorageClass": "GLACIER"}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 400},
                },
                {
                    "ID": "uploads",
                    "Status": "Disabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
                },
            ]
        },
    )


_SETTINGS: dict[str, Any] = {
    "tags": lambda s3, name: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": KEYED_TAGS}),
    "cors": lambda s3, name: s3.put_bucket_cors(
        Bucket=name,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": ["GET", "PUT"],
                    "AllowedOrigins": ["https://example.com"],
                    "MaxAgeSeconds": 5,
                }
            ]
        },
    ),
    "website": lambda s3, name: s3.put_bucket_website(
        Bucket=name,
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "start.html"},
            "ErrorDocument": {"Key": "error.html"},
        },
    ),
    "ownership": lambda s3, name: s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    ),
    "acceleration": lambda s3, name: s3.put_bucket_accelerate_configuration(
        Bucket=name, AccelerateConfiguration={"Status": "Enabled"}
    ),
    "payer": lambda s3, name: s3.put_bucket_request_payment(
        Bucket=name, RequestPaymentConfiguration={"Payer": "Requester"}
    ),
    "versioning": lambda s3, name: s3.put_bucket_versioning(
        Bucket=name, VersioningConfiguration={"Status": "Enabled"}
    ),
    "encryption": lambda s3, name: s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
            ]
        },
    ),
    "logging": lambda s3, name: s3.put_bucket_logging(
        Bucket=name,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "rich-logs", "TargetPrefix": f"of/{name}/"}},
    ),
    "public_access_block": lambda s3, name: s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    ),
    "lifecycle": _lifecycle,
    "policy": _policy,
    "events": lambda s3, name: s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "Id": "uploads",
                    "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:bucket-events",
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "reports/"}]}},
                }
            ]
        },
    ),
    "inventory": lambda s3, name: s3.put_bucket_inventory_configuration(
        Bucket=name,
        Id="weekly",
        InventoryConfiguration={
            "Id": "weekly",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Weekly"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::rich-logs", "Format": "CSV"}},
        },
    ),
    "replication": lambda s3, name: s3.put_bucket_replication(
        Bucket=name,
        ReplicationConfiguration={
            "Role": _ROLE,
            "Rules": [
                {
                    "ID": "copy",
                    "Priority": 3,
                    "Status": "Disabled",
                    "Filter": {"Prefix": "reports/"},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::elsewhere", "StorageClass": "STANDARD_IA"},
                }
            ],
        },
    ),
}


@enricher
def topics_and_queues(account: Account) -> None:
    """Set the attributes of topics and queues, subscriptions and messages."""
    sns, sqs = account.client("sns"), account.client("sqs")
    for topic in sns.list_topics()["Topics"]:
        arn = topic["TopicArn"]
        sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="News")
        sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=account.key)
        sns.tag_resource(ResourceArn=arn, Tags=KEYED_TAGS)
        subscription = sns.subscribe(
            TopicArn=arn, Protocol="sms", Endpoint="+491701234567", ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"kind": ["new"]}'
        )
    for url in sqs.list_queues().get("QueueUrls", []):
        if url.endswith("/bucket-events"):
            continue
        dead = sqs.create_queue(QueueName=f"{url.rpartition('/')[2]}-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        sqs.set_queue_attributes(
            QueueUrl=url,
            Attributes={
                **policy,
                "DelaySeconds": "3",
                "MaximumMessageSize": "2048",
                "MessageRetentionPeriod": "86400",
                "ReceiveMessageWaitTimeSeconds": "7",
                "VisibilityTimeout": "77",
                "KmsMasterKeyId": account.key,
                "KmsDataKeyReusePeriodSeconds": "600",
                "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 4}),
            },
        )
        sqs.tag_queue(QueueUrl=url, Tags=TAGS)
        sqs.send_message(QueueUrl=url, MessageBody="order 1")


arguments(
    "kms",
    "CreateKey",
    Description="of the payments",
    Tags=[{"TagKey": k, "TagValue": v} for k, v in TAGS.items()],
)


@enricher
def keys(account: Account) -> None:
    """Give keys an alias and a grant."""
    kms = account.client("kms")
    for key in kms.list_keys()["Keys"]:
        kms.create_alias(AliasName=f"alias/rich-{key['KeyId'][:8]}", TargetKeyId=key["KeyId"])
        kms.create_grant(
            KeyId=key["KeyId"], GranteePrincipal=_ROLE, Operations=["Decrypt"], Name="reader",
            Constraints={"EncryptionContextSubset": {"app": "web"}},
        )  # fmt: skip


arguments("secrets-manager", "CreateSecret", Description="of the payments", Tags=KEYED_TAGS)


@enricher
def secrets(account: Account) -> None:
    """Give secrets a key, a second version, and a policy where they have none."""
    client = account.client("secretsmanager")
    for secret in client.list_secrets()["SecretList"]:
        client.update_secret(SecretId=secret["ARN"], KmsKeyId=account.key)
        client.put_secret_value(SecretId=secret["ARN"], SecretString="newer", VersionStages=["AWSPENDING"])
        if not client.get_resource_policy(SecretId=secret["ARN"]).get("ResourcePolicy"):
            statement = {
                "Effect": "Allow", "Principal": {"AWS": _ROLE}, "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }  # fmt: skip
            client.put_resource_policy(
                SecretId=secret["ARN"],
                ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            )


arguments(
    "ssm",
    "PutParameter",
    Description="of the database",
    AllowedPattern=".*",
    Tier="Advanced",
    Tags=KEYED_TAGS,
)


@enricher
def parameters(account: Account) -> None:
    """Label the parameters."""
    ssm = account.client("ssm")
    for parameter in ssm.describe_parameters()["Parameters"]:
        ssm.label_parameter_version(Name=parameter["Name"], ParameterVersion=1, Labels=["live"])


arguments(
    "dynamodb",
    "CreateTable",
    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "who")],
    KeySchema=[
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
    LocalSecondaryIndexes=[
        {
            "IndexName": "by-who",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "who", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    DeletionProtectionEnabled=True,
    TableClass="STANDARD_INFREQUENT_ACCESS",
    Tags=KEYED_TAGS,
)


@enricher
def tables(account: Account) -> None:
    """Give tables a time to live, a policy and an item."""
    client = account.client("dynamodb")
    for name in client.list_tables()["TableNames"]:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
        )
        client.put_item(TableName=name, Item={"id": {"S": "1"}, "at": {"S": "2"}, "who": {"S": "me"}})
        arn = client.describe_table(TableName=name)["Table"]["TableArn"]
        statement = {
            "Effect": "Allow", "Principal": {"AWS": _ROLE}, "Action": "dynamodb:GetItem", "Resource": arn,
        }  # fmt: skip
        client.put_resource_policy(
            ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )


arguments(
    "efs",
    "CreateFileSystem",
    PerformanceMode="maxIO",
    ThroughputMode="provisioned",
    ProvisionedThroughputInMibps=12,
    Backup=True,
    Tags=KEYED_TAGS,
)


@enricher
def file_systems(account: Account) -> None:
    """Give file systems a lifecycle, a policy, a mount target and an access point."""
    efs = account.client("efs")
    for system in efs.describe_file_systems()["FileSystems"]:
        identifier = system["FileSystemId"]
        efs.put_lifecycle_configuration(
            FileSystemId=identifier, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}]
        )
        statement = {
            "Effect": "Allow", "Principal": {"AWS": _ROLE}, "Action": "elasticfilesystem:ClientMount",
            "Resource": system["FileSystemArn"],
        }  # fmt: skip
        efs.put_file_system_policy(
            FileSystemId=identifier, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
        efs.create_access_point(
            ClientToken="rich", FileSystemId=identifier, Tags=KEYED_TAGS,
            PosixUser={"Uid": 7, "Gid": 8}, RootDirectory={"Path": "/data"},
        )  # fmt: skip
        subnet = account.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        efs.create_mount_target(FileSystemId=identifier, SubnetId=subnet)


def _groups(account: Account) -> None:
    rds = account.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName="rich", DBParameterGroupFamily="postgres13", Description="rich"
    )
    subnets = [each["SubnetId"] for each in account.client("ec2").describe_subnets()["Subnets"]][:2]
    rds.create_db_subnet_group(
        DBSubnetGroupName="rich", DBSubnetGroupDescription="rich", SubnetIds=subnets, Tags=KEYED_TAGS
    )


def _database(account: Account, _parameters: Any) -> dict[str, Any]:
    account.once(_groups)
    return {
        "BackupRetentionPeriod": 13,
        "PreferredBackupWindow": "01:10-01:40",
        "PreferredMaintenanceWindow": "tue:03:10-tue:03:40",
        "DBName": "orders",
        "DBParameterGroupName": "rich",
        "DBSubnetGroupName": "rich",
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "EnableIAMDatabaseAuthentication": True,
        "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 31,
        "MonitoringInterval": 30,
        "MonitoringRoleArn": _ROLE,
        "Port": 5444,
        "StorageType": "gp3",
        "MaxAllocatedStorage": 300,
        "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        "LicenseModel": "postgresql-license",
        "VpcSecurityGroupIds": [
            account.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
        ],
        "Tags": KEYED_TAGS,
    }


ARGUMENTS["rds", "CreateDBInstance"] = _database
