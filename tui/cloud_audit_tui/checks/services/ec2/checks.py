"""Amazon EC2: images, volumes, instances and Elastic IP addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.requests import own_tags
from cloud_audit_tui.checks.services.ec2.instances import (
    auto_scaling_group,
    id_and_name,
    instance_facts,
    instance_resource,
    instances,
    kubernetes_volume,
    name_tag,
    once,
    operator_of,
    replaced_by,
    running_instances,
    state_of,
)
from cloud_audit_tui.model import RegionScope, Resource, Status, Verdict
from cloud_audit_tui.plural import plural
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

IMAGE_TYPE = "AWS::EC2::Image"
VOLUME_TYPE = "AWS::EC2::Volume"
ADDRESS_TYPE = "AWS::EC2::EIP"
REGION_TYPE = "AWS::EC2::Region"

GONE_IMAGES = frozenset({"deregistered", "disabled", "invalid", "failed", "error"})
"""States in which an image cannot be launched, whatever its permissions are."""
GONE_VOLUMES = frozenset({"deleting", "deleted", "error"})
IMDS_STATES = frozenset({"running", "stopping", "stopped"})
"""States in which the metadata options are applied and persist."""

AWS_POOL = "amazon"
"""The PublicIpv4Pool of AWS's own addresses."""
STOPPED_TOO_LONG = timedelta(days=7)
_STOPPED_AT = re.compile(r"\((\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?:GMT|UTC)\)")


@check("aws-ec2-001", reads=["ec2:DescribeImages", "ec2:GetImageBlockPublicAccessState"])
def image_shared_publicly(region: Region) -> Verdicts:
    """Fail an image of this account that any AWS account can launch.

    Source: DescribeImages with the owner ``self``; Image.Public says whether it has public launch
    permissions, and absent means that it has none. Images that cannot be launched (disabled, failed,
    deregistered) are left out; images in the recycle bin are not listed.

    The account's block of public access does not excuse an image: AWS documents that images that are already
    public stay public when it is enabled. It is read for a failing image only, for the remediation.
    """
    return region.judge(
        region.items("ec2", "DescribeImages", Owners=["self"]),
        partial(_image_resource, region),
        partial(_judge_image, region),
    )


@check(
    "aws-ec2-002",
    reads=["ec2:DescribeVolumes", "ec2:DescribeInstances", "ec2:GetEbsEncryptionByDefault"],
)
def volume_unencrypted(region: Region) -> Verdicts:
    """Fail an EBS volume that is not encrypted, attached or not.

    Source: Volume.Encrypted; a volume without the member is not encrypted. Volumes that are being deleted or
    have failed are left out. Encryption by default is no excuse, since it applies only to volumes created
    after it was enabled. The instances and that default are read for failing volumes only, for the
    remediation.
    """
    attached = once(partial(_instances_by_id, region))
    return region.judge(
        region.items("ec2", "DescribeVolumes"),
        partial(_volume_resource, region),
        partial(_judge_volume, region, attached),
    )


@check("aws-ec2-003", reads=["ec2:DescribeInstances"])
def instance_stopped(region: Region) -> Verdicts:
    """Fail an instance that has been stopped for more than seven days.

    Source: the time in StateTransitionReason, which AWS writes as ``User initiated (2025-01-31 09:00:00
    GMT)``. It may be empty; then LaunchTime, the last start, still gives a bound: an instance started within
    seven days has not been stopped for longer. Otherwise the time is unknown and the instance is not
    assessed; UsageOperationUpdateTime does not help, since it records changes of the platform's billing and
    not stops.

    A stopped instance of an Auto Scaling group passes: the group replaces instances that stop, so it is in a
    warm pool or on standby on purpose. Another scanner promises the seven days and fails every stopped
    instance at once.
    """
    return region.judge(
        instances(region),
        partial(instance_resource, region),
        partial(_judge_stopped, region, datetime.now(UTC)),
    )


@check("aws-ec2-004", reads=["ec2:DescribeInstances", "ec2:GetInstanceMetadataDefaults"])
def instance_allows_imdsv1(region: Region) -> Verdicts:
    """Fail an instance whose metadata service answers requests without a session token.

    Source: Instance.MetadataOptions. HttpTokens ``optional`` allows version 1 and is the default when absent.
    With HttpEndpoint ``disabled`` the service does not answer, so the instance passes; another scanner fails
    it, and its fix enables the service again. The options persist over a stop, so stopped instances are
    judged; starting instances (their options may be pending) and terminating ones are not.

    The account's defaults are copied into an instance at launch and do not affect existing instances: they
    are read for failing instances only, for the remediation.
    """
    return region.judge(
        _instances_in(region, IMDS_STATES), partial(instance_resource, region), partial(_judge_imds, region)
    )


@check("aws-ec2-005", reads=["ec2:DescribeInstances", "ec2:DescribeInstanceAttribute"])
def termination_protection_off(region: Region) -> Verdicts:
    """Fail a running instance that a single call can terminate.

    Source: DescribeInstanceAttribute.DisableApiTermination. AWS has no call that returns it for several
    instances, so the check reads it for each instance that can have it. An instance passes unread where the
    protection does not help: AWS refuses it for Spot Instances, an Auto Scaling group terminates its
    instances despite it, and an AWS service or software such as Karpenter and EMR ends its own nodes.
    """
    return region.judge(
        running_instances(region), partial(instance_resource, region), partial(_judge_protection, region)
    )


@check("aws-ec2-006", reads=["ec2:GetEbsEncryptionByDefault"])
async def ebs_encryption_by_default_off(region: Region) -> Verdicts:
    """Fail a region in which new EBS volumes are not encrypted by default.

    Source: GetEbsEncryptionByDefault, a setting of the account in each region; absent means off. It is
    judged in regions without volumes too, as the CIS benchmark does.
    """
    response = await region.read("ec2", "GetEbsEncryptionByDefault")
    enabled = bool(response.get("EbsEncryptionByDefault"))
    if enabled:
        reason = f"New EBS volumes in {region.name} are encrypted by default."
    else:
        reason = (
            f"EBS encryption by default is off in {region.name}: new volumes are encrypted only on demand."
        )
    status = Status.PASS if enabled else Status.FAIL
    yield Verdict(status, RegionScope(REGION_TYPE), reason, {"ebs_encryption_by_default": enabled})


@check("aws-eip-001", reads=["ec2:DescribeAddresses"])
def elastic_ip_unassociated(region: Region) -> Verdicts:
    """Fail an Elastic IP address that is associated with nothing.

    Source: DescribeAddresses.AssociationId. AWS charges for the idle addresses of its own pool (``amazon``,
    or no PublicIpv4Pool); what an address of another pool costs depends on that pool, and one that you
    brought to AWS costs nothing, so the reason names the pool and no charge. An address that an AWS service
    manages (ServiceManaged, for a load balancer or a NAT gateway) passes: that service uses and releases it.
    """
    return region.judge(
        _addresses(region), partial(_address_resource, region), partial(_judge_address, region)
    )


def _image_resource(region: Region, image: Item) -> Resource:
    image_id = str(image.get("ImageId") or "")
    arn = f"arn:{region.partition}:ec2:{region.name}::image/{image_id}"
    return Resource(arn, str(image.get("Name") or "") or image_id, IMAGE_TYPE)


async def _judge_image(region: Region, image: Item) -> Verdict | None:
    if image.get("State") in GONE_IMAGES:
        return None
    resource = _image_resource(region, image)
    image_id = str(image.get("ImageId") or "")
    name = f'Image {quoted(image_id)} ("{quoted(str(image.get("Name") or ""))}")'
    evidence: Item = {"image_id": image_id, "image_name": str(image.get("Name") or "")}
    if not image.get("Public"):
        return Verdict(Status.PASS, resource, f"{name} is not public.", evidence)
    block = await region.read_for_remediation("ec2", "GetImageBlockPublicAccessState")
    evidence["block_public_access"] = str((block or {}).get("ImageBlockPublicAccessState") or "")
    return Verdict(Status.FAIL, resource, f"{name} can be launched and copied by any AWS account.", evidence)


def _volume_resource(region: Region, volume: Item) -> Resource:
    volume_id = str(volume.get("VolumeId") or "")
    return Resource(region.arn("ec2", f"volume/{volume_id}"), name_tag(volume) or volume_id, VOLUME_TYPE)


async def _instances_by_id(region: Region) -> dict[str, Item]:
    """Return the instances by ID; none if they cannot be read, since no verdict depends on them."""
    try:
        return {str(instance.get("InstanceId") or ""): instance async for instance in instances(region)}
    except ReadError:
        return {}


async def _judge_volume(
    region: Region, attached: Callable[[], Awaitable[dict[str, Item]]], volume: Item
) -> Verdict | None:
    state = str(volume.get("State") or "")
    if state in GONE_VOLUMES:
        return None
    resource = _volume_resource(region, volume)
    name = f"EBS volume {id_and_name(volume, 'VolumeId')}"
    evidence: Item = {"volume_id": str(volume.get("VolumeId") or ""), "state": state}
    if volume.get("Encrypted"):
        evidence["kms_key_id"] = str(volume.get("KmsKeyId") or "")
        return Verdict(Status.PASS, resource, f"{name} is encrypted.", evidence)
    instances_by_id = await attached()
    default = await region.read_for_remediation("ec2", "GetEbsEncryptionByDefault")
    evidence |= {
        "availability_zone": str(volume.get("AvailabilityZone") or ""),
        "outpost_arn": str(volume.get("OutpostArn") or ""),
        "size": int(volume.get("Size") or 0),
        "volume_type": str(volume.get("VolumeType") or ""),
        "iops": int(volume.get("Iops") or 0),
        "throughput": int(volume.get("Throughput") or 0),
        "multi_attach": bool(volume.get("MultiAttachEnabled")),
        "operator": operator_of(volume),
        "kubernetes_volume": kubernetes_volume(volume),
        "tags": own_tags(volume.get("Tags")),
        "attachments": [
            _attachment(attachment, instances_by_id) for attachment in volume.get("Attachments") or []
        ],
        "ebs_encryption_by_default": None if default is None else bool(default.get("EbsEncryptionByDefault")),
    }
    to = ", ".join(quoted(entry["instance_id"]) for entry in evidence["attachments"])
    where = f"It is attached to {to}." if to else "It is attached to nothing."
    return Verdict(Status.FAIL, resource, f"{name} is not encrypted. {where}", evidence)


def _attachment(attachment: Item, instances_by_id: dict[str, Item]) -> Item:
    instance_id = str(attachment.get("InstanceId") or attachment.get("AssociatedResource") or "")
    instance = instances_by_id.get(instance_id, {})
    return {
        "instance_id": instance_id,
        "device": str(attachment.get("Device") or ""),
        "delete_on_termination": bool(attachment.get("DeleteOnTermination")),
        "instance_state": state_of(instance),
        "instance_type": str(instance.get("InstanceType") or ""),
        "auto_scaling_group": auto_scaling_group(instance),
        "replaced_by": replaced_by(instance),
        "lifecycle": str(instance.get("InstanceLifecycle") or ""),
        "root_device_type": str(instance.get("RootDeviceType") or ""),
    }


def stopped_at(reason: str) -> datetime | None:
    """Return the time at which an instance stopped, or ``None`` if its reason lacks it."""
    match = _STOPPED_AT.search(reason)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


async def _judge_stopped(region: Region, now: datetime, instance: Item) -> Verdict | None:
    state = state_of(instance)
    if state in {"terminated", "shutting-down"}:
        return None
    resource = instance_resource(region, instance)
    name = f"Instance {id_and_name(instance, 'InstanceId')}"
    evidence = instance_facts(instance)
    if state != "stopped":
        return Verdict(Status.PASS, resource, f"{name} is not stopped ({quoted(state)}).", evidence)
    since = stopped_at(str(instance.get("StateTransitionReason") or ""))
    launched = instance.get("LaunchTime")
    evidence |= {
        "stopped_since": since.isoformat() if since else "",
        "volumes": _volumes(instance),
        "state_reason": str((instance.get("StateReason") or {}).get("Code") or ""),
    }
    if group := auto_scaling_group(instance):
        reason = f'{name} is kept stopped by Auto Scaling group "{quoted(group)}".'
        return Verdict(Status.PASS, resource, reason, evidence)
    if since is not None:
        days = (now - since).days
        evidence["stopped_days"] = days
        words = f"{name} has been stopped since {since:%Y-%m-%d}, {days} {plural(days, 'day')}."
        status = Status.FAIL if now - since > STOPPED_TOO_LONG else Status.PASS
        return Verdict(status, resource, words, evidence)
    if isinstance(launched, datetime) and now - launched <= STOPPED_TOO_LONG:
        reason = f"{name} is stopped, and was last started on {launched:%Y-%m-%d}."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"{name} is stopped, and AWS does not say since when (StateTransitionReason)."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


def _volumes(instance: Item) -> list[Item]:
    return [
        {
            "volume_id": str((mapping.get("Ebs") or {}).get("VolumeId") or ""),
            "delete_on_termination": bool((mapping.get("Ebs") or {}).get("DeleteOnTermination")),
        }
        for mapping in instance.get("BlockDeviceMappings") or []
    ]


async def _instances_in(region: Region, states: frozenset[str]) -> AsyncIterator[Item]:
    async for instance in instances(region):
        if state_of(instance) in states:
            yield instance


async def _judge_imds(region: Region, instance: Item) -> Verdict:
    resource = instance_resource(region, instance)
    name = f"Instance {id_and_name(instance, 'InstanceId')}"
    options = instance.get("MetadataOptions") or {}
    tokens = str(options.get("HttpTokens") or "")
    endpoint = str(options.get("HttpEndpoint") or "enabled")
    evidence = instance_facts(instance) | {
        "http_tokens": tokens or "optional",
        "http_endpoint": endpoint,
        "http_put_response_hop_limit": int(options.get("HttpPutResponseHopLimit") or 1),
        "http_protocol_ipv6": str(options.get("HttpProtocolIpv6") or "disabled"),
        "instance_metadata_tags": str(options.get("InstanceMetadataTags") or "disabled"),
    }
    if endpoint == "disabled":
        reason = f"{name} has its metadata service switched off (HttpEndpoint is disabled)."
        return Verdict(Status.PASS, resource, reason, evidence)
    if tokens == "required":
        return Verdict(Status.PASS, resource, f"{name} requires IMDSv2 (HttpTokens is required).", evidence)
    if tokens not in {"", "optional"}:
        reason = f"AWS gives {quoted(tokens)} for HttpTokens of {name}, which this version does not know."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    defaults = await region.read_for_remediation("ec2", "GetInstanceMetadataDefaults")
    account_level: Any = (defaults or {}).get("AccountLevel") or {}
    evidence["account_default_http_tokens"] = str(account_level.get("HttpTokens") or "")
    setting = "is optional" if tokens else "is not set, and its default is optional"
    return Verdict(Status.FAIL, resource, f"{name} answers IMDSv1 requests: HttpTokens {setting}.", evidence)


async def _judge_protection(region: Region, instance: Item) -> Verdict:
    resource = instance_resource(region, instance)
    name = f"Instance {id_and_name(instance, 'InstanceId')}"
    evidence = instance_facts(instance)
    if excuse := _never_protected(instance):
        return Verdict(Status.PASS, resource, f"{name} {excuse}", evidence)
    response = await region.read(
        "ec2",
        "DescribeInstanceAttribute",
        InstanceId=evidence["instance_id"],
        Attribute="disableApiTermination",
    )
    protected = bool((response.get("DisableApiTermination") or {}).get("Value"))
    evidence["disable_api_termination"] = protected
    if protected:
        return Verdict(Status.PASS, resource, f"{name} is protected against termination.", evidence)
    return Verdict(Status.FAIL, resource, f"{name} is not protected against termination.", evidence)


def _never_protected(instance: Item) -> str:
    if group := auto_scaling_group(instance):
        return f'belongs to Auto Scaling group "{quoted(group)}", which terminates it despite the protection.'
    if instance.get("InstanceLifecycle") == "spot":
        return "is a Spot Instance, for which AWS offers no protection."
    if operator := operator_of(instance):
        return f"is managed by {quoted(operator)}, which decides when it ends."
    if software := replaced_by(instance):
        return f"is a node of {software}, which terminates and replaces it; protection would block that."
    return ""


async def _addresses(region: Region) -> AsyncIterator[Item]:
    response = await region.read("ec2", "DescribeAddresses")
    for address in response.get("Addresses") or []:
        yield address


def _address_resource(region: Region, address: Item) -> Resource:
    allocation = str(address.get("AllocationId") or "")
    address_ip = _ip_of(address)
    arn = region.arn("ec2", f"elastic-ip/{allocation}") if allocation else address_ip
    return Resource(arn, name_tag(address) or address_ip, ADDRESS_TYPE)


def _ip_of(address: Item) -> str:
    return str(address.get("PublicIp") or address.get("CarrierIp") or address.get("CustomerOwnedIp") or "")


async def _judge_address(region: Region, address: Item) -> Verdict:
    resource = _address_resource(region, address)
    name = f"Elastic IP address {quoted(_ip_of(address))}"
    evidence: Item = {
        "allocation_id": str(address.get("AllocationId") or ""),
        "public_ip": _ip_of(address),
        "network_border_group": str(address.get("NetworkBorderGroup") or ""),
        "association_id": str(address.get("AssociationId") or ""),
    }
    if evidence["association_id"]:
        to = str(address.get("InstanceId") or address.get("NetworkInterfaceId") or "a resource")
        return Verdict(Status.PASS, resource, f"{name} is associated with {quoted(to)}.", evidence)
    if service := str(address.get("ServiceManaged") or ""):
        reason = f"{name} is managed by an AWS service ({quoted(service)}), which releases it."
        return Verdict(Status.PASS, resource, reason, evidence)
    pool = str(address.get("CustomerOwnedIpv4Pool") or address.get("PublicIpv4Pool") or AWS_POOL)
    if pool != AWS_POOL:
        evidence["pool"] = pool
        reason = f"{name}, from address pool {quoted(pool)}, is associated with nothing."
        return Verdict(Status.FAIL, resource, reason, evidence)
    return Verdict(Status.FAIL, resource, f"{name} is associated with nothing and is paid for.", evidence)
