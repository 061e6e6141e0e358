"""An account of instances, volumes, images and networks, and of findings about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.account import REGION
from closed_loop.fault import SAME_IN_MOTO, SeededFault, fault, unproven
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account
    from cloud_audit_tui.model import Finding

unproven(
    "a person moves what runs there; the script shows it and changes nothing",
    "aws-vpc-001",
    plan=Plan(
        ("aws_subnet create", "aws_vpc create"),
        rest="move what runs in the default VPC",
        inputs=lambda _account, _finding: {"VPC_CIDR": "10.99.0.0/16"},
    ),
)


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


@fault(
    "aws-ec2-001",
    may_change=("ec2/us-east-1/amis/*/launch_permissions",),
    plan=Plan(("aws_ami_launch_permission import no-op",), in_two_steps=True),
    no_rule="AWS takes the group's permission away from each image of the account, public or not",
)
def public_image(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    image = ec2.create_image(InstanceId=_instance(account), Name="golden")["ImageId"]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    return SeededFault(f"image/{image}")


def _snapshot_to_copy(account: Account, finding: Finding) -> dict[str, str]:
    snapshot = account.client("ec2").create_snapshot(VolumeId=finding.evidence["volume_id"])
    return {"SNAPSHOT_ID": snapshot["SnapshotId"]}


@fault(
    "aws-ec2-002",
    then=("delete-volume",),
    gone=True,
    work_seconds=1_300,
    may_change=(
        "ec2/us-east-1/volumes/*",
        "ec2/us-east-1/snapshots/*",
        "ec2/us-east-1/enis/*/instance/block_device_mapping",
        "ec2/us-east-1/reservations/*/instances/*/block_device_mapping",
        "+ec2/us-east-1/tags/*",
        # moto makes AWS's own key for EBS when it is first needed.
        "ec2/us-east-1/default_kms_key_id",
        "+kms/us-east-1/keys/*",
    ),
    plan=Plan(
        ("aws_ebs_volume create",), rest="attach the new volume, delete the old one", inputs=_snapshot_to_copy
    ),
    transient_paths=(
        "ec2/us-east-1/enis/*/instance",
        "ec2/us-east-1/reservations/*/instances",
        "ec2/us-east-1/volumes/*",
    ),
)
def plain_volume(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp3")["VolumeId"]
    # moto's default type has instance store, whose loss the script asks about.
    instance = _instance(account, InstanceType="t3.micro")
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    return SeededFault(f"volume/{volume}")


@fault(
    "aws-ec2-003",
    then=("terminate-instances",),
    gone=True,
    work_seconds=1_300,
    may_change=("ec2/us-east-1/amis/*", "ec2/us-east-1/snapshots/*", "ec2/us-east-1/tags/*"),
    plan="",
)
def long_stopped_instance(account: Account) -> SeededFault:
    instance = _instance(account)
    account.client("ec2").stop_instances(InstanceIds=[instance])
    account.happens("instance_stopped", instance=instance, days=40)
    return SeededFault(f"instance/{instance}")


@fault(
    "aws-ec2-004",
    may_change=(
        "ec2/us-east-1/enis/*/instance/metadata_options",
        "ec2/us-east-1/reservations/*/instances/*/metadata_options",
    ),
    plan=Plan(("aws_instance import update metadata_options.http_tokens",)),
)
def first_metadata_service(account: Account) -> SeededFault:
    return SeededFault(f"instance/{_instance(account)}")


@fault(
    "aws-ec2-005",
    may_change=(
        "ec2/us-east-1/enis/*/instance/disable_api_termination",
        "ec2/us-east-1/reservations/*/instances/*/disable_api_termination",
    ),
    plan=Plan(("aws_instance import update disable_api_termination",)),
)
def instance_without_termination_protection(account: Account) -> SeededFault:
    return SeededFault(f"instance/{_instance(account)}")


@fault(
    "aws-ec2-006",
    may_change=("ec2/us-east-1/ebs_encryption_by_default",),
    plan=Plan(("aws_ebs_encryption_by_default create",)),
    no_rule="the call has no parameter, and AWS makes it again without an error",
)
def plain_by_default(_account: Account) -> SeededFault:
    return SeededFault()


@fault(
    "aws-eip-001",
    gone=True,
    may_change=("ec2/us-east-1/addresses/*",),
    plan=Plan(("aws_eip import no-op",), in_two_steps=True),
)
def idle_address(account: Account) -> SeededFault:
    address = account.client("ec2").allocate_address(Domain="vpc")
    return SeededFault(address["AllocationId"], {"RELEASE_ADDRESS": address["PublicIp"]})


@fault(
    "aws-iam-016",
    may_change=(
        "ec2/us-east-1/iam_instance_profile_associations/*",
        "ec2/us-east-1/enis/*/instance/iam_instance_profile",
        "ec2/us-east-1/reservations/*/instances/*/iam_instance_profile",
    ),
    plan=Plan(("aws_instance import update iam_instance_profile",)),
)
def instance_without_profile(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.role("web-server")
    iam.create_instance_profile(InstanceProfileName="web-server")
    iam.add_role_to_instance_profile(InstanceProfileName="web-server", RoleName="web-server")
    return SeededFault(f"instance/{_instance(account)}", {"INSTANCE_PROFILE_NAME": "web-server"})


@fault("aws-gd-002", may_change=("guardduty/us-east-1/_kept_findings/*",), plan="")
def old_threat(account: Account) -> SeededFault:
    guardduty = account.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    account.happens("detector_finds", days=60)
    finding_ids = guardduty.list_findings(DetectorId=detector)["FindingIds"]
    return SeededFault(f"detector/{detector}", {"FINDING_IDS": json.dumps(finding_ids)})


@fault(
    "aws-ssm-001",
    may_change=("iam/aws/roles/*/managed_policies", "iam/aws/managed_policies/*/attachment_count"),
    plan=Plan(
        ("aws_iam_role_policy_attachment create",), inputs=lambda _account, _finding: {"ROLE_NAME": "batch"}
    ),
)
def instance_without_agent(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.happens("aws_makes_policies", names=["AmazonSSMManagedInstanceCore"])
    account.role("batch")
    iam.create_instance_profile(InstanceProfileName="batch")
    iam.add_role_to_instance_profile(InstanceProfileName="batch", RoleName="batch")
    return SeededFault(f"instance/{_instance(account, IamInstanceProfile={'Name': 'batch'})}")


@fault(
    "aws-ssm-003",
    may_change=("+ssm/us-east-1/_commands", "ssm/us-east-1/_kept_patches/*/MissingCount"),
    plan=Plan(("aws_ssm_association create",), rest="Patch Manager scans or installs"),
    rerun_gap="run again after its only write, Patch Manager looks at the instance once more",
)
def unpatched_instance(account: Account) -> SeededFault:
    instance = _instance(account)
    account.happens("agent_registers", instance=instance)
    account.happens("patches_are_missing", instance=instance, missing=3)
    return SeededFault(f"instance/{instance}")


@fault(
    "aws-vpc-002",
    may_change=("ec2/us-east-1/groups/*/*/ingress_rules", "ec2/us-east-1/groups/*/*/_ingress_rules"),
    plan=Plan(("aws_vpc_security_group_ingress_rule import update cidr_ipv4",)),
    no_rule=f"{SAME_IN_MOTO}: a rule that is there or is gone, too many rules, a malformed network",
)
def open_group(account: Account) -> SeededFault:
    group = _group(account, "open")
    account.client("ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return SeededFault(f"security-group/{group}", {"TRUSTED_CIDR": "198.51.100.0/24"})


@fault(
    "aws-vpc-003",
    may_change=("ec2/us-east-1/flow_logs/*", "s3/aws/buckets/flow-logs/policy"),
    plan=Plan(
        (
            "aws_flow_log create",
            "aws_s3_bucket create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        )
    ),
)
def vpc_without_flow_log(account: Account) -> SeededFault:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    account.bucket("flow-logs")
    return SeededFault(f"vpc/{vpc}", {"FLOW_LOG_BUCKET_ARN": "arn:aws:s3:::flow-logs"})


@fault(
    "aws-vpc-004",
    may_change=("ec2/us-east-1/network_acls/{}/network_acl_entries",),
    plan=Plan(("aws_network_acl_rule create",) * 6),
)
def open_acl(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"][0]
    return SeededFault(f"network-acl/{acl['NetworkAclId']}", {"TRUSTED_CIDR": "10.0.0.0/8"})


@fault(
    "aws-vpc-005",
    may_change=("ec2/us-east-1/groups/*/*/*gress_rules",),
    plan=Plan(("aws_default_security_group create",)),
    no_rule=f"{SAME_IN_MOTO}: a rule that is gone",
)
def default_group(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    group = next(each["GroupId"] for each in groups if each["GroupName"] == "default")
    return SeededFault(f"security-group/{group}")


@fault(
    "aws-vpc-006",
    may_change=(
        "+ec2/us-east-1/subnets/*",
        "+ec2/us-east-1/route_tables/*",
        "+ec2/us-east-1/network_acls/*/_associations",
        "+ec2/us-east-1/tags/*",
    ),
    plan=Plan(("aws_route_table create", "aws_route_table_association create", "aws_subnet create")),
)
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


@fault(
    "aws-waf-001",
    may_change=("wafv2/us-east-1/wacls/*", "wafv2/us-east-1/load_balancers*"),
    plan=Plan(("aws_wafv2_web_acl create", "aws_wafv2_web_acl_association create")),
)
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
