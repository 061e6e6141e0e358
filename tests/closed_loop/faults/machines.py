"""An account of instances, volumes, images and networks, and of findings about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.account import REGION
from closed_loop.fault import SeededFault, fault, unproven

if TYPE_CHECKING:
    from closed_loop.account import Account

unproven("a person moves what runs there; the script shows it and changes nothing", "aws-vpc-001")


def _subnet(account: Account) -> str:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet_id: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone=f"{REGION}a")[
        "Subnet"
    ]["SubnetId"]
    return subnet_id


def _instance(account: Account, **more: Any) -> str:
    ec2 = account.client("ec2")
    image = account.once(lambda here: here.client("ec2").describe_images(Owners=["amazon"])["Images"][0])
    instance_id: str = ec2.run_instances(
        ImageId=image["ImageId"], MinCount=1, MaxCount=1, SubnetId=account.once(_subnet), **more
    )["Instances"][0]["InstanceId"]
    return instance_id


def _group(account: Account, name: str) -> str:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group_id: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    return group_id


@fault("aws-ec2-001")
def public_image(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    image = ec2.create_image(InstanceId=_instance(account), Name="golden")["ImageId"]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    return SeededFault(f"image/{image}")


@fault("aws-ec2-002", then=("delete-volume",), gone=True)
def plain_volume(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp3")["VolumeId"]
    # moto's default type has instance store, whose loss the script asks about.
    instance = _instance(account, InstanceType="t3.micro")
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    return SeededFault(f"volume/{volume}")


@fault("aws-ec2-003", then=("terminate-instances",), gone=True)
def long_stopped_instance(account: Account) -> SeededFault:
    instance = _instance(account)
    account.client("ec2").stop_instances(InstanceIds=[instance])
    account.happens("instance_stopped", instance=instance, days=40)
    return SeededFault(f"instance/{instance}")


@fault("aws-ec2-004")
def first_metadata_service(account: Account) -> SeededFault:
    return SeededFault(f"instance/{_instance(account)}")


@fault("aws-ec2-005")
def instance_without_termination_protection(account: Account) -> SeededFault:
    return SeededFault(f"instance/{_instance(account)}")


@fault("aws-ec2-006")
def plain_by_default(_account: Account) -> SeededFault:
    return SeededFault()


@fault("aws-eip-001", gone=True)
def idle_address(account: Account) -> SeededFault:
    address = account.client("ec2").allocate_address(Domain="vpc")
    return SeededFault(address["AllocationId"], {"RELEASE_ADDRESS": address["PublicIp"]})


@fault("aws-iam-016")
def instance_without_profile(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.role("web-server")
    iam.create_instance_profile(InstanceProfileName="web-server")
    iam.add_role_to_instance_profile(InstanceProfileName="web-server", RoleName="web-server")
    return SeededFault(f"instance/{_instance(account)}", {"INSTANCE_PROFILE_NAME": "web-server"})


@fault("aws-gd-002")
def old_threat(account: Account) -> SeededFault:
    guardduty = account.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    account.happens("detector_finds", days=60)
    finding_ids = guardduty.list_findings(DetectorId=detector)["FindingIds"]
    return SeededFault(f"detector/{detector}", {"FINDING_IDS": json.dumps(finding_ids)})


@fault("aws-ssm-001")
def instance_without_agent(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.happens("aws_makes_policies", names=["AmazonSSMManagedInstanceCore"])
    account.role("batch")
    iam.create_instance_profile(InstanceProfileName="batch")
    iam.add_role_to_instance_profile(InstanceProfileName="batch", RoleName="batch")
    return SeededFault(f"instance/{_instance(account, IamInstanceProfile={'Name': 'batch'})}")


@fault("aws-ssm-003")
def unpatched_instance(account: Account) -> SeededFault:
    instance = _instance(account)
    account.happens("agent_registers", instance=instance)
    account.happens("patches_are_missing", instance=instance, missing=3)
    return SeededFault(f"instance/{instance}")


@fault("aws-vpc-002")
def open_group(account: Account) -> SeededFault:
    group = _group(account, "open")
    account.client("ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return SeededFault(f"security-group/{group}", {"TRUSTED_CIDR": "198.51.100.0/24"})


@fault("aws-vpc-003")
def vpc_without_flow_log(account: Account) -> SeededFault:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    account.bucket("flow-logs")
    return SeededFault(f"vpc/{vpc}", {"FLOW_LOG_BUCKET_ARN": "arn:aws:s3:::flow-logs"})


@fault("aws-vpc-004")
def open_acl(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"][0]
    return SeededFault(f"network-acl/{acl['NetworkAclId']}", {"TRUSTED_CIDR": "10.0.0.0/8"})


@fault("aws-vpc-005")
def default_group(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    group = next(each["GroupId"] for each in groups if each["GroupName"] == "default")
    return SeededFault(f"security-group/{group}")


@fault("aws-vpc-006")
def public_vpc(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.4.1.0/24")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(
        RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    return SeededFault(f"vpc/{vpc}", {"SUBNET_CIDR": "10.4.2.0/24", "AVAILABILITY_ZONE": f"{REGION}a"})


@fault("aws-waf-001")
def open_balancer(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.3.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab", 1)
    ]
    account.client("elbv2").create_load_balancer(
        Name="front", Subnets=[each["Subnet"]["SubnetId"] for each in subnets]
    )
    return SeededFault()
