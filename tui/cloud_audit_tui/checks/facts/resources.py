"""Facts about resources: where they are in the network, which role they have, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.facts import facts_of
from cloud_audit_tui.checks.facts.members import arn, excerpt, fact, members, name_tag, structures
from cloud_audit_tui.model import FactKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.checks.facts.members import Item, Members
    from cloud_audit_tui.model import Fact, Target

AGENTS = "bedrock-agentcore-control"

INSTANCE = members(
    "InstanceId",
    "ImageId",
    "VpcId",
    "SubnetId",
    "PublicIpAddress",
    "PrivateIpAddress",
    State=members("Name"),
    IamInstanceProfile=members("Arn"),
    SecurityGroups=members("GroupId"),
    MetadataOptions=members("HttpTokens", "HttpEndpoint"),
    NetworkInterfaces=members("NetworkInterfaceId", "SubnetId"),
)
FUNCTION = members(
    "Role",
    "Runtime",
    "PackageType",
    VpcConfig=members("VpcId", "SubnetIds", "SecurityGroupIds"),
)
FUNCTION_URL = members("FunctionUrl", "AuthType")
DB_INSTANCE = members(
    "Engine",
    "DBInstanceStatus",
    "DBClusterIdentifier",
    "PubliclyAccessible",
    "StorageEncrypted",
    "KmsKeyId",
    "IAMDatabaseAuthenticationEnabled",
    Endpoint=members("Address", "Port"),
    VpcSecurityGroups=members("VpcSecurityGroupId"),
    DBSubnetGroup=members("VpcId", Subnets=members("SubnetIdentifier")),
    AssociatedRoles=members("RoleArn"),
)
DB_CLUSTER = members(
    "Engine",
    "Status",
    "StorageEncrypted",
    "KmsKeyId",
    "Endpoint",
    "Port",
    VpcSecurityGroups=members("VpcSecurityGroupId"),
    AssociatedRoles=members("RoleArn"),
)
LOAD_BALANCER = members("Type", "Scheme", "VpcId", "DNSName", "SecurityGroups")


@dataclass(frozen=True)
class _Listing:
    """A list of resources in a response: where it is, and the members with the ARN and the name."""

    operation: str
    member: str
    resource_type: str
    arn_member: str
    name_member: str
    allowed: Members


_LISTINGS = (
    _Listing(
        "lambda:ListFunctions", "Functions", "AWS::Lambda::Function", "FunctionArn", "FunctionName", FUNCTION
    ),
    _Listing(
        "lambda:ListFunctionUrlConfigs",
        "FunctionUrlConfigs",
        "AWS::Lambda::Url",
        "FunctionArn",
        "",
        FUNCTION_URL,
    ),
    _Listing(
        "rds:DescribeDBInstances",
        "DBInstances",
        "AWS::RDS::DBInstance",
        "DBInstanceArn",
        "DBInstanceIdentifier",
        DB_INSTANCE,
    ),
    _Listing(
        "rds:DescribeDBClusters",
        "DBClusters",
        "AWS::RDS::DBCluster",
        "DBClusterArn",
        "DBClusterIdentifier",
        DB_CLUSTER,
    ),
    _Listing(
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerArn",
        "LoadBalancerName",
        LOAD_BALANCER,
    ),
    _Listing(
        "efs:DescribeFileSystems",
        "FileSystems",
        "AWS::EFS::FileSystem",
        "FileSystemArn",
        "Name",
        members("FileSystemId", "Encrypted", "KmsKeyId"),
    ),
    _Listing(
        "ecs:DescribeServices",
        "services",
        "AWS::ECS::Service",
        "serviceArn",
        "serviceName",
        members(
            "clusterArn",
            "taskDefinition",
            "roleArn",
            "enableExecuteCommand",
            networkConfiguration=members(
                awsvpcConfiguration=members("subnets", "securityGroups", "assignPublicIp")
            ),
        ),
    ),
    _Listing(
        "secretsmanager:ListSecrets",
        "SecretList",
        "AWS::SecretsManager::Secret",
        "ARN",
        "Name",
        members("KmsKeyId", "OwningService", "RotationEnabled", "RotationLambdaARN"),
    ),
    _Listing(
        "ssm:DescribeParameters",
        "Parameters",
        "AWS::SSM::Parameter",
        "ARN",
        "Name",
        members("Type", "KeyId", "Tier"),
    ),
    _Listing(
        "cloudtrail:DescribeTrails",
        "trailList",
        "AWS::CloudTrail::Trail",
        "TrailARN",
        "Name",
        members("HomeRegion", "S3BucketName", "IsMultiRegionTrail", "IsOrganizationTrail", "KmsKeyId"),
    ),
)


def _declare(listing: _Listing) -> None:
    @facts_of(listing.operation)
    def resources(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
        for item in structures(response, listing.member):
            yield fact(
                FactKind.RESOURCE,
                target,
                listing.resource_type,
                str(item.get(listing.arn_member) or ""),
                name=str(item.get(listing.name_member) or ""),
                data=excerpt(item, listing.allowed),
            )


for _listing in _LISTINGS:
    _declare(_listing)


_DESCRIBED: tuple[tuple[str, str, str, str, str, Members], ...] = (
    (
        "sagemaker:DescribeNotebookInstance",
        "",
        "AWS::SageMaker::NotebookInstance",
        "NotebookInstanceArn",
        "NotebookInstanceName",
        members("SubnetId", "SecurityGroups", "RoleArn", "DirectInternetAccess", "RootAccess", "KmsKeyId"),
    ),
    (
        "sagemaker:DescribeEndpointConfig",
        "",
        "AWS::SageMaker::EndpointConfig",
        "EndpointConfigArn",
        "EndpointConfigName",
        members("ExecutionRoleArn", "KmsKeyId", VpcConfig=members("SecurityGroupIds", "Subnets")),
    ),
    (
        "dynamodb:DescribeTable",
        "Table",
        "AWS::DynamoDB::Table",
        "TableArn",
        "TableName",
        members("TableStatus", SSEDescription=members("Status", "KMSMasterKeyArn")),
    ),
    (
        "ecs:DescribeTaskDefinition",
        "taskDefinition",
        "AWS::ECS::TaskDefinition",
        "taskDefinitionArn",
        "family",
        members(
            "revision",
            "status",
            "taskRoleArn",
            "executionRoleArn",
            "networkMode",
            containerDefinitions=members("name", "image", "privileged"),
        ),
    ),
    (
        "kms:DescribeKey",
        "KeyMetadata",
        "AWS::KMS::Key",
        "Arn",
        "KeyId",
        members("KeyManager", "KeyState", "Origin", "MultiRegion"),
    ),
    (
        f"{AGENTS}:GetAgentRuntime",
        "",
        "AWS::BedrockAgentCore::Runtime",
        "agentRuntimeArn",
        "agentRuntimeName",
        members(
            "roleArn",
            "status",
            networkConfiguration=members(
                "networkMode", networkModeConfig=members("securityGroups", "subnets")
            ),
        ),
    ),
    (
        f"{AGENTS}:GetCodeInterpreter",
        "",
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
        "codeInterpreterArn",
        "name",
        members("executionRoleArn", "status", networkConfiguration=members("networkMode")),
    ),
    (
        f"{AGENTS}:GetGateway",
        "",
        "AWS::BedrockAgentCore::Gateway",
        "gatewayArn",
        "name",
        members("roleArn", "status", "authorizerType", "protocolType"),
    ),
    (
        f"{AGENTS}:GetMemory",
        "memory",
        "AWS::BedrockAgentCore::Memory",
        "arn",
        "name",
        members("status", "encryptionKeyArn", "memoryExecutionRoleArn"),
    ),
)
"""Operation, structure of the response (empty: all of it), type, ARN, name and allow-list of one resource."""


def _declare_described(
    operation: str, member: str, resource_type: str, arn_member: str, name_member: str, allowed: Members
) -> None:
    @facts_of(operation)
    def resource(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
        item = response.get(member) if member else response
        if isinstance(item, dict):
            yield fact(
                FactKind.RESOURCE,
                target,
                resource_type,
                str(item.get(arn_member) or ""),
                name=str(item.get(name_member) or ""),
                data=excerpt(item, allowed),
            )


for _each in _DESCRIBED:
    _declare_described(*_each)


@facts_of("ec2:DescribeInstances")
def instances(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the instances with their network placement and instance profile; never their user data."""
    for reservation in structures(response, "Reservations"):
        for item in structures(reservation, "Instances"):
            identity = arn(target, "ec2", f"instance/{item.get('InstanceId') or ''}")
            yield fact(
                FactKind.RESOURCE,
                target,
                "AWS::EC2::Instance",
                identity,
                name=name_tag(item),
                data=excerpt(item, INSTANCE),
            )


@facts_of("ec2:DescribeImages")
def images(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the account's images and whether they are public."""
    for item in structures(response, "Images"):
        identity = f"arn:{target.partition}:ec2:{target.region}::image/{item.get('ImageId') or ''}"
        yield fact(
            FactKind.RESOURCE,
            target,
            "AWS::EC2::Image",
            identity,
            name=str(item.get("Name") or ""),
            data=excerpt(item, members("Public", "State")),
        )


@facts_of("ec2:DescribeVolumes")
def volumes(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the volumes, their encryption and what they are attached to."""
    for item in structures(response, "Volumes"):
        yield fact(
            FactKind.RESOURCE,
            target,
            "AWS::EC2::Volume",
            arn(target, "ec2", f"volume/{item.get('VolumeId') or ''}"),
            name=name_tag(item),
            data=excerpt(item, members("Encrypted", "KmsKeyId", "State", Attachments=members("InstanceId"))),
        )


@facts_of("s3:ListBuckets")
def buckets(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the buckets, each in its own region."""
    for item in structures(response, "Buckets"):
        name = str(item.get("Name") or "")
        yield fact(
            FactKind.RESOURCE,
            target,
            "AWS::S3::Bucket",
            f"arn:{target.partition}:s3:::{name}",
            name=name,
            region=str(item.get("BucketRegion") or ""),
        )


_BLOCK = members("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@facts_of("s3:GetPublicAccessBlock")
def bucket_public_access_block(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield a bucket's public access block."""
    name = str(params.get("Bucket") or "")
    yield fact(
        FactKind.RESOURCE,
        target,
        "AWS::S3::BucketPublicAccessBlock",
        f"arn:{target.partition}:s3:::{name}",
        name=name,
        data=excerpt(response, members(PublicAccessBlockConfiguration=_BLOCK)),
    )


@facts_of("s3control:GetPublicAccessBlock")
def account_public_access_block(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
    """Yield the account's public access block, which applies in every region."""
    yield fact(
        FactKind.RESOURCE,
        target,
        "AWS::S3::AccountPublicAccessBlock",
        f"arn:{target.partition}:iam::{target.account_id}:root",
        data=excerpt(response, members(PublicAccessBlockConfiguration=_BLOCK)),
        region="",
    )


def _resource_policy(target: Target, resource_type: str, identity: str, document: object) -> Iterator[Fact]:
    if document:
        yield fact(FactKind.POLICY, target, resource_type, identity, data={"Document": document})


@facts_of("s3:GetBucketPolicy")
def bucket_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield a bucket's policy."""
    identity = f"arn:{target.partition}:s3:::{params.get('Bucket')}"
    return _resource_policy(target, "AWS::S3::BucketPolicy", identity, response.get("Policy"))


@facts_of("lambda:GetPolicy")
def function_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield the policy of a function, or of one of its aliases."""
    qualifier = f":{params['Qualifier']}" if params.get("Qualifier") else ""
    identity = arn(target, "lambda", f"function:{params.get('FunctionName')}{qualifier}")
    return _resource_policy(target, "AWS::Lambda::Permission", identity, response.get("Policy"))


@facts_of("kms:GetKeyPolicy")
def key_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield the policy of a key."""
    identity = arn(target, "kms", f"key/{params.get('KeyId')}")
    return _resource_policy(target, "AWS::KMS::KeyPolicy", identity, response.get("Policy"))


@facts_of("secretsmanager:GetResourcePolicy")
def secret_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield the resource policy of a secret; the operation returns no value of the secret."""
    return _resource_policy(
        target,
        "AWS::SecretsManager::ResourcePolicy",
        str(params.get("SecretId")),
        response.get("ResourcePolicy"),
    )


@facts_of("sns:GetTopicAttributes")
def topic_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield the policy of a topic."""
    document = (response.get("Attributes") or {}).get("Policy")
    return _resource_policy(target, "AWS::SNS::TopicPolicy", str(params.get("TopicArn")), document)


@facts_of("sqs:GetQueueAttributes")
def queue_policy(response: Item, target: Target, params: Item) -> Iterator[Fact]:
    """Yield the policy of a queue."""
    name = str(params.get("QueueUrl")).rsplit("/", 1)[-1]
    document = (response.get("Attributes") or {}).get("Policy")
    return _resource_policy(target, "AWS::SQS::QueuePolicy", arn(target, "sqs", name), document)
