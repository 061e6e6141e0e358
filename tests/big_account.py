"""An account of the size that scanners are compared on: 60 buckets, 40 users, 40 roles, a few of the rest."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
BUCKETS = 60
USERS = 40
ROLES = 40
FEW = 1
"""Resources of each other kind in each region, so three of a kind."""
ACCOUNT = "123456789012"

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


def seed(endpoint_url: str, times: int = 1) -> None:
    """Fill the empty account behind an endpoint, with ``times`` as many resources of each kind."""

    def client(service: str, region: str = REGIONS[0]) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="x",
        )

    _identities(client("iam"), times)
    _buckets(client("s3"), times)
    for region in REGIONS:
        _compute(client, region, FEW * times)
        _data(client, region, FEW * times)
        _sagemaker(client("sagemaker", region), FEW * times)
    _trail(client)


def _identities(iam: Any, times: int) -> None:
    policy = iam.create_policy(PolicyName="read-objects", PolicyDocument=POLICY)["Policy"]["Arn"]
    for number in range(USERS * times):
        name = f"user-{number:02}"
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
        if number % 2:
            iam.create_login_profile(UserName=name, Password="Correct-horse-1")
            iam.attach_user_policy(UserName=name, PolicyArn=policy)
    for number in range(ROLES * times):
        name = f"role-{number:02}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)


def _buckets(s3: Any, times: int) -> None:
    for number in range(BUCKETS * times):
        name = f"bucket-{number:02}"
        s3.create_bucket(Bucket=name)
        # AWS does this for every bucket made since April 2023; moto does not.
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
        if number % 3 == 0:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _compute(client: Any, region: str, few: int) -> None:
    ec2 = client("ec2", region)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=few, MaxCount=few)
    ec2.create_volume(AvailabilityZone=f"{region}a", Size=8)
    ec2.allocate_address(Domain="vpc")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")
    group = ec2.create_security_group(GroupName="open", Description="open", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/role-00"
    for number in range(few):
        client("lambda", region).create_function(
            FunctionName=f"function-{number}",
            Runtime="python3.12",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": _code()},
        )
    ecs = client("ecs", region)
    ecs.create_cluster(clusterName="apps")
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "nginx", "memory": 128}]
    )
    ecs.create_service(cluster="apps", serviceName="web", taskDefinition="web", desiredCount=1)


def _data(client: Any, region: str, few: int) -> None:
    client("rds", region).create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="admin1",
        MasterUserPassword="Correct-horse-1",
        AllocatedStorage=20,
    )
    client("efs", region).create_file_system(CreationToken="share")
    dynamodb = client("dynamodb", region)
    for number in range(few):
        dynamodb.create_table(
            TableName=f"table-{number}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    kms = client("kms", region)
    for _ in range(few):
        kms.create_key()
    for number in range(few):
        client("secretsmanager", region).create_secret(Name=f"secret-{number}", SecretString="x")
        client("sns", region).create_topic(Name=f"topic-{number}")
        client("sqs", region).create_queue(QueueName=f"queue-{number}")
        client("ssm", region).put_parameter(Name=f"/app/setting-{number}", Value="x", Type="String")
    client("logs", region).create_log_group(logGroupName="application")


def _sagemaker(sagemaker: Any, few: int) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/role-00"
    sagemaker.create_model(ModelName="model", ExecutionRoleArn=role, PrimaryContainer={"Image": "image"})
    variant = {
        "VariantName": "main",
        "ModelName": "model",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    for number in range(few):
        sagemaker.create_notebook_instance(
            NotebookInstanceName=f"notebook-{number}", InstanceType="ml.t3.medium", RoleArn=role
        )


def _trail(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="trail-bucket")
    s3.put_public_access_block(Bucket="trail-bucket", PublicAccessBlockConfiguration=BLOCKED)
    trail = client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="trail-bucket", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return None\n")
    return packed.getvalue()
