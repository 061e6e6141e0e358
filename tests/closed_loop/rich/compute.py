"""Rich functions, instances, networks, balancers and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.rich import ARGUMENTS, KEYED_TAGS, SMALL_TAGS, TAGS, arguments, enricher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closed_loop.account import Account

_ROLE = f"arn:aws:iam::{ACCOUNT}:role/for-everything"


def _tag_specifications(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": KEYED_TAGS}]


def _function(account: Account, parameters: Mapping[str, Any]) -> dict[str, Any]:
    ec2 = account.client("ec2")
    more: dict[str, Any] = {
        "Description": "of the payments",
        "Timeout": 77,
        "MemorySize": 777,
        "Environment": {"Variables": {"STAGE": "prod"}},
        "VpcConfig": {
            "SubnetIds": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "SecurityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        },
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
        "TracingConfig": {"Mode": "Active"},
        "KMSKeyArn": account.key,
        "EphemeralStorage": {"Size": 1024},
        "Architectures": ["arm64"],
        "FileSystemConfigs": [
            {
                "Arn": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0",
                "LocalMountPath": "/mnt/data",
            }
        ],
        "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/own/group"},
        "Tags": TAGS,
    }
    if parameters["Runtime"] != "python3.8":
        more["SnapStart"] = {"ApplyOn": "PublishedVersions"}
    return more


ARGUMENTS["lambda", "CreateFunction"] = _function
arguments(
    "lambda",
    "CreateFunctionUrlConfig",
    Cors={
        "AllowOrigins": ["https://example.com"],
        "AllowMethods": ["GET"],
        "MaxAge": 7,
        "AllowCredentials": True,
    },
    InvokeMode="RESPONSE_STREAM",
)


@enricher
def functions(account: Account) -> None:
    """Give functions a version, an alias, reserved concurrency, destinations and a permission."""
    client = account.client("lambda")
    for function in client.list_functions()["Functions"]:
        name = function["FunctionName"]
        client.publish_version(FunctionName=name, Description="first")
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="for callers")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
        client.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=1,
            MaximumEventAgeInSeconds=120,
            DestinationConfig={"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}},
        )
        client.add_permission(
            FunctionName=name,
            StatementId="own-topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:own",
            SourceAccount=ACCOUNT,
        )


arguments(
    "ec2",
    "RunInstances",
    InstanceType="t3.micro",
    EbsOptimized=True,
    Monitoring={"Enabled": True},
    UserData="#!/bin/sh\n",
    KeyName="own",
    InstanceInitiatedShutdownBehavior="terminate",
    MetadataOptions={
        "HttpTokens": "optional",
        "HttpPutResponseHopLimit": 3,
        "InstanceMetadataTags": "enabled",
    },
    BlockDeviceMappings=[
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"VolumeSize": 17, "VolumeType": "gp3", "Iops": 4000, "DeleteOnTermination": False},
        }
    ],
    TagSpecifications=[*_tag_specifications("instance"), *_tag_specifications("volume")],
)
arguments("ec2", "CreateVolume", Iops=4000, Throughput=200, TagSpecifications=_tag_specifications("volume"))
arguments("ec2", "CreateImage", Description="golden", TagSpecifications=_tag_specifications("image"))
arguments("ec2", "AllocateAddress", TagSpecifications=_tag_specifications("elastic-ip"))
arguments("ec2", "CreateVpc", TagSpecifications=_tag_specifications("vpc"))
arguments("ec2", "CreateSubnet", TagSpecifications=_tag_specifications("subnet"))
arguments("ec2", "CreateSecurityGroup", TagSpecifications=_tag_specifications("security-group"))
arguments("ec2", "CreateInternetGateway", TagSpecifications=_tag_specifications("internet-gateway"))


@enricher
def instances(account: Account) -> None:
    """Let instances forward packets, and named accounts launch images."""
    ec2 = account.client("ec2")
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
    for image in ec2.describe_images(Owners=["self"])["Images"]:
        ec2.modify_image_attribute(
            ImageId=image["ImageId"], LaunchPermission={"Add": [{"UserId": "999900001111"}]}
        )


@enricher
def networks(account: Account) -> None:
    """Give security groups and network ACLs more rules, VPCs their DNS settings."""
    ec2 = account.client("ec2")
    for vpc in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]:
        ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": True})
        _more_rules(ec2, vpc["VpcId"])
        _more_entries(ec2, vpc["VpcId"])


def _more_rules(ec2: Any, vpc: str) -> None:
    for group in ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "SecurityGroups"
    ]:
        if group["GroupName"] == "default":
            # moto revokes no rule that has a description, and AWS does.
            ec2.authorize_security_group_ingress(
                GroupId=group["GroupId"], IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="203.0.113.0/24"
            )
            continue
        ec2.authorize_security_group_ingress(
            GroupId=group["GroupId"],
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "IpRanges": [{"CidrIp": "203.0.113.0/24", "Description": "office"}],
                    "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", "Description": "office"}],
                },
                {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 22,
                    "IpRanges": [{"CidrIp": "203.0.113.7/32", "Description": "bastion"}],
                },
                {
                    "IpProtocol": "udp",
                    "FromPort": 53,
                    "ToPort": 53,
                    "UserIdGroupPairs": [{"GroupId": group["GroupId"], "Description": "itself"}],
                },
            ],
        )
        ec2.authorize_security_group_egress(
            GroupId=group["GroupId"],
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
            ],
        )


def _more_entries(ec2: Any, vpc: str) -> None:
    for acl in ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]:
        for number, egress, action in ((50, False, "allow"), (60, True, "deny")):
            ec2.create_network_acl_entry(
                NetworkAclId=acl["NetworkAclId"],
                RuleNumber=number,
                Protocol="6",
                RuleAction=action,
                Egress=egress,
                CidrBlock="203.0.113.0/24",
                PortRange={"From": 8443, "To": 8443},
            )
        ec2.create_tags(Resources=[acl["NetworkAclId"]], Tags=KEYED_TAGS)


arguments("elastic-load-balancing-v2", "CreateLoadBalancer", Tags=KEYED_TAGS)


@enricher
def balancers(account: Account) -> None:
    """Give load balancers attributes, a target group and a listener."""
    elb = account.client("elbv2")
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn,
            Attributes=[
                {"Key": "idle_timeout.timeout_seconds", "Value": "77"},
                {"Key": "deletion_protection.enabled", "Value": "true"},
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
            ],
        )
        target = elb.create_target_group(
            Name="web", Protocol="HTTP", Port=8080, VpcId=balancer["VpcId"], HealthCheckPath="/health"
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
        )


arguments(
    "ecs",
    "RegisterTaskDefinition",
    taskRoleArn=f"{_ROLE}-task",
    executionRoleArn=f"{_ROLE}-start",
    networkMode="awsvpc",
    cpu="512",
    memory="1024",
    requiresCompatibilities=["EC2"],
    volumes=[{"name": "data", "host": {"sourcePath": "/data"}}],
    placementConstraints=[{"type": "memberOf", "expression": "attribute:zone == a"}],
    pidMode="task",
    ipcMode="none",
    runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    ephemeralStorage={"sizeInGiB": 33},
)
arguments(
    "ecs",
    "CreateService",
    deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 75},
    placementStrategy=[{"type": "spread", "field": "instanceId"}],
    enableECSManagedTags=True,
    propagateTags="SERVICE",
    healthCheckGracePeriodSeconds=77,
    tags=SMALL_TAGS,
)
arguments(
    "ecs", "CreateCluster", settings=[{"name": "containerInsights", "value": "enabled"}], tags=SMALL_TAGS
)
