"""What EC2 refuses of volumes, instances, networks and flow logs."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.iam import USABLE_AFTER, is_usable
from closed_loop.refusals.policies import bucket_policy, service_may
from closed_loop.refusals.rule import Answer, Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference"
_ERRORS = f"{_REFERENCE}/errors-overview.html"
_CONSISTENCY = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"
_KNOWN_AFTER = 3

_IOPS = {"gp3": (3_000, 80_000), "io1": (100, 64_000), "io2": (100, 256_000)}
_IOPS_PER_GIB = {"gp3": 500, "io1": 50, "io2": 1000}
_ATTRIBUTES_OF_A_STOPPED_INSTANCE = (
    "InstanceType",
    "UserData",
    "Kernel",
    "Ramdisk",
    "EbsOptimized",
    "EnaSupport",
    "SriovNetSupport",
)


def _instance(call: Call, instance_id: str) -> Any:
    return next((each for each in call.backend().all_instances() if each.id == instance_id), None)


@refuses("ec2:CreateVolume", document=f"{_REFERENCE}/API_CreateVolume.html")
def volume_performance(call: Call) -> Refusal | None:
    """IOPS and throughput within the range of the volume's type, and none for a type without them."""
    kind = call["VolumeType"] or "gp2"
    iops, throughput, size = call["Iops"], call["Throughput"], call["Size"]
    if throughput is not None and kind != "gp3":
        return Refusal(
            "InvalidParameterDependency", f"The parameter throughput is not supported for {kind} volumes."
        )
    if iops is not None and kind not in _IOPS:
        return Refusal(
            "InvalidParameterCombination", f"The parameter iops is not supported for {kind} volumes."
        )
    if iops is None and kind in ("io1", "io2"):
        return Refusal("MissingParameter", f"The parameter iops must be specified for {kind} volumes.")
    if iops is not None:
        lowest, highest = _IOPS[kind]
        if not lowest <= int(iops) <= highest:
            return Refusal(
                "InvalidParameterValue", f"Volume iops of {iops} is out of range for {kind} volumes."
            )
        if size is not None and int(iops) > max(lowest, int(size) * _IOPS_PER_GIB[kind]):
            return Refusal(
                "InvalidParameterValue",
                f"Iops to volume size ratio of {int(iops) / int(size):.1f} is too high; maximum is "
                f"{_IOPS_PER_GIB[kind]}.",
            )
    if throughput is not None and not 125 <= int(throughput) <= 2_000:
        return Refusal("InvalidParameterValue", f"Throughput of {throughput} is out of range.")
    if throughput is not None and int(throughput) > (int(iops or 3_000)) / 4:
        return Refusal(
            "InvalidParameterValue", "Throughput (MiBps) to iops ratio is too high; maximum is 0.25."
        )
    return None


@refuses("ec2:CreateVolume", document=_ERRORS)
def volume_of_a_pending_snapshot(call: Call) -> Refusal | None:
    """A volume is made of a snapshot that is completed."""
    snapshot = call.backend().snapshots.get(call["SnapshotId"] or "")
    if snapshot is None or snapshot.status == "completed":
        return None
    return Refusal("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")


@refuses("ec2:AttachVolume", document=_ERRORS)
def volume_cannot_be_attached(call: Call) -> Refusal | None:
    """The volume is free and in the instance's zone, the instance runs or is stopped, the device is free."""
    volume, instance = call.backend().volumes.get(call["VolumeId"]), _instance(call, call["InstanceId"])
    if volume is None or instance is None:
        return None
    if instance._state.name not in ("running", "stopped"):
        return Refusal("IncorrectState", f"Instance '{instance.id}' is not 'running' or 'stopped'.")
    if volume.attachment is not None:
        return Refusal("VolumeInUse", f"{volume.id} is already attached to an instance")
    zone = instance.placement.zone
    if volume.zone.name != zone:
        return Refusal(
            "InvalidVolume.ZoneMismatch", "The volume is not in the same availability zone as the instance"
        )
    if call["Device"] in instance.block_device_mapping:
        return Refusal(
            "InvalidParameterValue", f"Invalid value '{call['Device']}' for unixDevice: already in use"
        )
    return None


@refuses("ec2:DetachVolume", document=f"{_REFERENCE}/API_DetachVolume.html")
def root_volume_of_a_running_instance(call: Call) -> Refusal | None:
    """The root volume is detached from a stopped instance alone."""
    for instance in call.backend().all_instances():
        # moto maps the root volume first, under a name that is not always that of the image.
        root = next(iter(instance.block_device_mapping.values()), None)
        if root is not None and root.volume_id == call["VolumeId"] and instance._state.name != "stopped":
            return Refusal("OperationNotPermitted", f"Unable to detach root volume '{call['VolumeId']}'")
    return None


@refuses("ec2:ModifyInstanceAttribute", document=f"{_REFERENCE}/API_ModifyInstanceAttribute.html")
def attribute_of_a_running_instance(call: Call) -> Refusal | None:
    """Some attributes are changed on a stopped instance alone, and one attribute in each call."""
    instance = _instance(call, call["InstanceId"])
    if instance is None or not call.has(*_ATTRIBUTES_OF_A_STOPPED_INSTANCE):
        return None
    if instance._state.name == "stopped":
        return None
    return Refusal("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")


@follows(
    "iam:CreateInstanceProfile",
    "iam:AddRoleToInstanceProfile",
    document="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html",
)
def profile_is_new(call: Call) -> None:
    """An instance profile is not known to EC2 at once."""
    call.clock.make("profile", call["InstanceProfileName"])


@refuses("ec2:AssociateIamInstanceProfile", document=f"{_REFERENCE}/API_AssociateIamInstanceProfile.html")
def instance_profile(call: Call) -> Refusal | None:
    """An instance has one profile, and a new profile is not known to EC2 for the first seconds."""
    specification = call["IamInstanceProfile"] or {}
    name = (specification.get("Name") or specification.get("Arn") or "").rpartition("/")[2]
    if call.clock.age("profile", name) < USABLE_AFTER:
        return Refusal(
            "InvalidParameterValue", f"Value ({name}) for parameter iamInstanceProfile.name is invalid."
        )
    for association in call.backend().iam_instance_profile_associations.values():
        if association.instance.id == call["InstanceId"]:
            return Refusal(
                "IncorrectState", f"There is an existing association for instance {call['InstanceId']}"
            )
    profiles = call.backend("iam").instance_profiles
    profile = profiles.get(name) or next((each for each in profiles.values() if each.name == name), None)
    if profile is not None and not profile.roles:
        return Refusal("InvalidParameterValue", f"IAM Instance Profile {name} has no associated IAM Roles")
    return None


@refuses("ec2:ReleaseAddress", document=f"{_REFERENCE}/API_ReleaseAddress.html")
def address_in_use(call: Call) -> Refusal | None:
    """An address is disassociated before it is released."""
    for address in call.backend().addresses:
        same = call["AllocationId"] == address.allocation_id or call["PublicIp"] == address.public_ip
        if same and address.association_id:
            return Refusal("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return None


@refuses("ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DeleteRouteTable", document=_ERRORS)
def dependency(call: Call) -> Refusal | None:
    """A resource that still has interfaces, subnets or associations is not deleted."""
    ec2 = call.backend()
    violation = Refusal("DependencyViolation", "The resource has dependencies and cannot be deleted.")
    if call["SubnetId"]:
        return violation if any(each.subnet.id == call["SubnetId"] for each in ec2.enis.values()) else None
    if call["RouteTableId"]:
        table = ec2.route_tables.get(call["RouteTableId"])
        return violation if table is not None and table.associations else None
    subnets = [each for zone in ec2.subnets.values() for each in zone.values()]
    return violation if any(each.vpc_id == call["VpcId"] for each in subnets) else None


@refuses(
    "ec2:CreateNetworkAclEntry",
    document="https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)
def twenty_rules_of_an_acl(call: Call) -> Refusal | None:
    """A network ACL has 20 rules in each direction by default, and numbers from 1 to 32766."""
    acl = call.backend().network_acls.get(call["NetworkAclId"])
    number = int(call["RuleNumber"] or 0)
    if not 1 <= number <= 32_766:
        return Refusal("InvalidParameterValue", f"Value ({number}) for parameter ruleNumber is invalid.")
    if acl is None:
        return None
    egress = str(call["Egress"]).lower()
    entries = [
        each
        for each in acl.network_acl_entries
        if str(each.egress).lower() == egress and int(each.rule_number) <= 32_766
    ]
    if any(int(each.rule_number) == number for each in entries):
        return Refusal(
            "NetworkAclEntryAlreadyExists", f"The network acl entry identified by {number} already exists."
        )
    if len(entries) < 20:
        return None
    return Refusal(
        "NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached."
    )


@refuses(
    "ec2:CreateFlowLogs",
    document="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html",
)
def flow_log_bucket(call: Call) -> Answer | None:
    """AWS reports with status 200 a bucket that does not exist, or whose policy denies log delivery."""
    if call["LogDestinationType"] != "s3" or not call["LogDestination"]:
        return None
    bucket = call["LogDestination"].rpartition(":::")[2].partition("/")[0]
    policy = bucket_policy(call, bucket)
    keys = {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"}
    resource = f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/vpcflowlogs/x"
    if bucket not in call.backend("s3").buckets:
        reason = f"LogDestination: {bucket} does not exist."
    elif policy and not service_may(policy, "delivery.logs.amazonaws.com", "s3:PutObject", resource, keys):
        reason = f"Access Denied for LogDestination: {bucket}. Please check LogDestination permission"
    else:
        return None
    return _unsuccessful(call, reason)


@refuses("ec2:CreateFlowLogs", document=f"{_REFERENCE}/API_CreateFlowLogs.html")
def folder_of_a_flow_log(call: Call) -> Refusal | None:
    """The folder in the bucket is not named AWSLogs, a name that AWS itself uses below it."""
    folders = (call["LogDestination"] or "").split("/")[1:]
    if call["LogDestinationType"] != "s3" or "AWSLogs" not in folders:
        return None
    return Refusal("InvalidParameter", "LogDestination: AWSLogs is a reserved folder name.")


@refuses(
    "ec2:CreateFlowLogs", document="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"
)
def flow_log_role(call: Call) -> Answer | None:
    """The role for CloudWatch Logs can be assumed by the flow logs service."""
    role = call["DeliverLogsPermissionArn"]
    if not role or is_usable(call, role, "vpc-flow-logs.amazonaws.com"):
        return None
    return _unsuccessful(call, "Unable to assume given IAM role")


def _unsuccessful(call: Call, reason: str) -> Answer:
    error = {"Code": "400", "Message": reason}
    return Answer(
        {
            "FlowLogIds": [],
            "Unsuccessful": [{"ResourceId": each, "Error": error} for each in call["ResourceIds"] or ()],
        }
    )


@refuses(
    "ec2:CreateImage",
    "ec2:ModifyInstanceMetadataOptions",
    document=f"{_REFERENCE}/API_ModifyInstanceMetadataOptions.html",
)
def instance_that_neither_runs_nor_is_stopped(call: Call) -> Refusal | None:
    """An image is made, and metadata options are changed, of an instance that runs or is stopped."""
    instance = _instance(call, call["InstanceId"])
    if instance is None or instance._state.name in ("running", "stopped"):
        return None
    return Refusal("IncorrectInstanceState", f"The instance '{instance.id}' is {instance._state.name}.")


@refuses("ec2:CreateImage", document=f"{_REFERENCE}/API_CreateImage.html")
def name_of_an_image(call: Call) -> Refusal | None:
    """3 to 128 letters, digits and any of ``()[] ./-'@_``, and no name of an image of the account."""
    name = call["Name"] or ""
    if not re.fullmatch(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}", name):
        return Refusal("InvalidAMIName.Malformed", f"AMI name '{name}' is invalid.")
    images = call.backend().amis.values()
    if any(each.name == name and each.owner_id == ACCOUNT for each in images):
        return Refusal("InvalidAMIName.Duplicate", f"AMI name {name} is already in use.")
    return None


@refuses("ec2:CreateSubnet", document=f"{_REFERENCE}/API_CreateSubnet.html")
def size_of_a_subnet(call: Call) -> Refusal | None:
    """An IPv4 subnet has between 16 and 65,536 addresses."""
    block = call["CidrBlock"] or ""
    size = block.rpartition("/")[2]
    if not size.isdigit() or 16 <= int(size) <= 28:
        return None
    return Refusal("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")


@follows("ec2:CreateSubnet", document=f"{_REFERENCE}/API_CreateSubnet.html")
def block_of_a_subnet_is_canonical(call: Call) -> None:
    """AWS stores the block without its host bits, and moto stores it with them."""
    for subnet in (each for zone in call.backend().subnets.values() for each in zone.values()):
        if subnet.cidr_block == call["CidrBlock"]:
            subnet.cidr_block = str(ip_network(subnet.cidr_block, strict=False))


@follows("ec2:CreateRouteTable", document=_CONSISTENCY)
def route_table_is_new(call: Call) -> None:
    """The API of EC2 is eventually consistent: a new route table is not known everywhere at once."""
    call.clock.make("route table", list(call.backend().route_tables)[-1])


@refuses("ec2:AssociateRouteTable", document=_CONSISTENCY)
def route_table_that_is_not_known_yet(call: Call) -> Refusal | None:
    """A new route table can be associated only some seconds after its creation."""
    if call.clock.age("route table", call["RouteTableId"]) >= _KNOWN_AFTER:
        return None
    return Refusal(
        "InvalidRouteTableID.NotFound", f"The routeTable ID '{call['RouteTableId']}' does not exist"
    )


@follows("ec2:CreateSnapshot", document=f"{_REFERENCE}/API_CreateSnapshot.html")
def snapshot_takes_its_time(call: Call) -> None:
    """A snapshot is pending until its blocks are in S3, which takes hours for a large first one."""
    snapshot = list(call.backend().snapshots.values())[-1]
    call.clock.work(snapshot, "status", "pending", "completed")


@follows("ec2:CreateImage", document=f"{_REFERENCE}/API_CreateImage.html")
def image_takes_its_time(call: Call) -> None:
    """An image is pending until its snapshots are complete."""
    image = list(call.backend().amis.values())[-1]
    call.clock.work(image, "state", "pending", "available")
