"""What the resources that a Terraform file imports have besides their fault, as far as moto keeps it.

An argument that a file neither states nor ignores shows in its plan as a reset, but only where the resource
has a value that differs from the provider's default.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from closed_loop.account import ACCOUNT, REGION
from closed_loop.rich import KEYED_TAGS, SMALL_TAGS, TAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.account import Account

ENRICHERS: dict[str, list[Callable[[Account], None]]] = {}
"""The functions that set more, by the group of the faults whose account they are for."""


def enrich(group: str, account: Account) -> None:
    """Set what the resources of a group of faults have besides."""
    for enricher in ENRICHERS.get(group, []):
        enricher(account)


def _of(*groups: str) -> Callable[[Callable[[Account], None]], Callable[[Account], None]]:
    def register(enricher: Callable[[Account], None]) -> Callable[[Account], None]:
        for group in groups:
            ENRICHERS.setdefault(group, []).append(enricher)
        return enricher

    return register


@_of("alarms", "trails")
def _trails(account: Account) -> None:
    trails = account.client("cloudtrail")
    topic = account.client("sns").create_topic(Name="trail-news")["TopicArn"]
    for trail in trails.describe_trails()["trailList"]:
        arn, name = trail["TrailARN"], trail["Name"]
        trails.update_trail(
            Name=arn,
            S3KeyPrefix="records",
            SnsTopicName=topic.rpartition(":")[2],
            IncludeGlobalServiceEvents=trail["IsMultiRegionTrail"],
        )
        trails.add_tags(ResourceId=arn, TagsList=KEYED_TAGS)
        trails.put_insight_selectors(TrailName=name, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
        trails.put_event_selectors(
            TrailName=name,
            EventSelectors=[
                {
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": True,
                    "ExcludeManagementEventSources": ["rdsdata.amazonaws.com"],
                    "DataResources": [
                        {
                            "Type": "AWS::Lambda::Function",
                            "Values": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pay"],
                        }
                    ],
                }
            ],
        )
    logs = account.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=400)
        logs.tag_log_group(logGroupName=group["logGroupName"], tags=TAGS)


@_of("buckets", "trails")
def _buckets(account: Account) -> None:
    s3 = account.client("s3")
    for bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": KEYED_TAGS})
        if bucket != "unlogged":
            s3.put_bucket_cors(
                Bucket=bucket,
                CORSConfiguration={
                    "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]
                },
            )
    with contextlib.suppress(s3.exceptions.ClientError):
        s3.put_public_access_block(
            Bucket="unblocked",
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": False,
                "RestrictPublicBuckets": False,
            },
        )
    with contextlib.suppress(s3.exceptions.ClientError):
        # AWS encrypts each bucket so; moto does when it is told.
        s3.put_bucket_encryption(
            Bucket="keyless",
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
    with contextlib.suppress(s3.exceptions.ClientError):
        s3.put_bucket_lifecycle_configuration(
            Bucket="endless",
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "archive",
                        "Status": "Enabled",
                        "Filter": {
                            "And": {
                                "Prefix": "reports/",
                                "ObjectSizeGreaterThan": 1000,
                                "Tags": [{"Key": "class", "Value": "internal"}],
                            }
                        },
                        "Transitions": [
                            {"Days": 30, "StorageClass": "STANDARD_IA"},
                            {"Days": 90, "StorageClass": "GLACIER"},
                        ],
                        "Expiration": {"Days": 400},
                        "NoncurrentVersionTransitions": [
                            {"NoncurrentDays": 40, "NewerNoncurrentVersions": 3, "StorageClass": "GLACIER"}
                        ],
                    },
                    {
                        "ID": "tagged",
                        "Status": "Disabled",
                        "Filter": {"Tag": {"Key": "class", "Value": "scratch"}},
                        "Expiration": {"Date": "2030-01-01T00:00:00Z"},
                    },
                    {
                        "ID": "small",
                        "Status": "Enabled",
                        "Filter": {"ObjectSizeLessThan": 500},
                        "Expiration": {"Days": 9},
                    },
                ]
            },
        )


@_of("buckets")
def _policy_holders(account: Account) -> None:
    keys = account.client("kms")
    for key in keys.list_keys()["Keys"]:
        keys.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "team", "TagValue": "payments"}])
        keys.update_key_description(KeyId=key["KeyId"], Description="for payments")
    topics = account.client("sns")
    for topic in topics.list_topics()["Topics"]:
        arn = topic["TopicArn"]
        topics.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="News")
        topics.tag_resource(ResourceArn=arn, Tags=KEYED_TAGS)
    queues = account.client("sqs")
    for url in queues.list_queues().get("QueueUrls", []):
        queues.tag_queue(QueueUrl=url, Tags=TAGS)
    functions = account.client("lambda")
    functions.add_permission(
        FunctionName="open",
        StatementId="own-topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:news",
        SourceAccount=ACCOUNT,
    )


@_of("data")
def _tables(account: Account) -> None:
    tables = account.client("dynamodb")
    for name in tables.list_tables()["TableNames"]:
        arn = tables.describe_table(TableName=name)["Table"]["TableArn"]
        tables.tag_resource(ResourceArn=arn, Tags=KEYED_TAGS)
        tables.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
        )
        is_provisioned = name == "rigid"
        units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
        tables.update_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "owner", "AttributeType": "N"},
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            DeletionProtectionEnabled=True,
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "by-owner",
                        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                        **({"ProvisionedThroughput": units} if is_provisioned else {}),
                    }
                }
            ],
        )
        if name != "forgetful":
            tables.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )


@_of("data")
def _databases(account: Account) -> None:
    rds = account.client("rds")
    for database in rds.describe_db_instances()["DBInstances"]:
        name = database["DBInstanceIdentifier"]
        rds.modify_db_instance(
            DBInstanceIdentifier=name,
            BackupRetentionPeriod=21,
            CopyTagsToSnapshot=True,
            DeletionProtection=True,
            EnableIAMDatabaseAuthentication=True,
            MaxAllocatedStorage=500,
            PreferredBackupWindow="03:00-04:00",
            PreferredMaintenanceWindow="sun:05:00-sun:06:00",
            EnablePerformanceInsights=True,
            PerformanceInsightsRetentionPeriod=93,
            CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql", "upgrade"]},
            ApplyImmediately=True,
        )
        rds.add_tags_to_resource(ResourceName=database["DBInstanceArn"], Tags=KEYED_TAGS)


@_of("identity")
def _identities(account: Account) -> None:
    iam = account.client("iam")
    statement = {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if name == "almighty":
            continue
        iam.tag_role(RoleName=name, Tags=KEYED_TAGS)
        iam.update_role_description(RoleName=name, Description="for payments")
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        if name != "night-shift":
            iam.update_role(RoleName=name, MaxSessionDuration=7200)
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        iam.tag_policy(PolicyArn=policy["Arn"], Tags=KEYED_TAGS)
    iam.update_account_password_policy(
        MinimumPasswordLength=8,
        MaxPasswordAge=60,
        AllowUsersToChangePassword=True,
        HardExpiry=True,
        RequireNumbers=True,
    )


@_of("machines")
def _machines(account: Account) -> None:
    ec2 = account.client("ec2")
    reservations = ec2.describe_instances()["Reservations"]
    for instance in [each["InstanceId"] for group in reservations for each in group["Instances"]]:
        ec2.create_tags(Resources=[instance], Tags=KEYED_TAGS)
        ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
        ec2.modify_instance_metadata_options(
            InstanceId=instance,
            HttpPutResponseHopLimit=3,
            InstanceMetadataTags="enabled",
            HttpEndpoint="enabled",
            HttpProtocolIpv6="enabled",
        )
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    for address in ec2.describe_addresses()["Addresses"]:
        ec2.create_tags(Resources=[address["AllocationId"]], Tags=KEYED_TAGS)
    ec2.create_tags(
        Resources=[each["SecurityGroupRuleId"] for each in rules if each.get("CidrIpv4") == "0.0.0.0/0"],
        Tags=KEYED_TAGS,
    )


@_of("workloads")
def _workloads(account: Account) -> None:
    functions = account.client("lambda")
    for name in [each["FunctionName"] for each in functions.list_functions()["Functions"]]:
        variables = {"STAGE": "prod"} | ({"DB_PASSWORD": "hunter2"} if name == "talkative" else {})
        arn = functions.update_function_configuration(
            FunctionName=name,
            Description="for payments",
            Timeout=77,
            MemorySize=777,
            Environment={"Variables": variables},
            KMSKeyArn=account.key,
            TracingConfig={"Mode": "Active"},
            EphemeralStorage={"Size": 1000},
            DeadLetterConfig={"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
        )["FunctionArn"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
        functions.tag_resource(Resource=arn, Tags=TAGS)
    functions.update_function_url_config(
        FunctionName="public",
        Cors={"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"], "MaxAge": 60},
        InvokeMode="RESPONSE_STREAM",
    )
    services = account.client("ecs")
    for arn in services.list_services(cluster="apps")["serviceArns"]:
        services.tag_resource(resourceArn=arn, tags=SMALL_TAGS)
        services.update_service(
            cluster="apps",
            service=arn,
            deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
            healthCheckGracePeriodSeconds=33,
        )
    sagemaker = account.client("sagemaker")
    for endpoint in sagemaker.list_endpoints()["Endpoints"]:
        sagemaker.add_tags(ResourceArn=endpoint["EndpointArn"], Tags=KEYED_TAGS)


@_of("trails")
def _recorders(account: Account) -> None:
    config = account.client("config")
    for channel in config.describe_delivery_channels()["DeliveryChannels"]:
        config.put_delivery_channel(
            DeliveryChannel={
                **channel,
                "s3KeyPrefix": "records",
                "snsTopicARN": account.client("sns").create_topic(Name="config-news")["TopicArn"],
            }
        )
