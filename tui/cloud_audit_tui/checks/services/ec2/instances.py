"""EC2 instances: their list, names, states, and the service that manages them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import entries
from cloud_audit_tui.model import Resource
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from cloud_audit_tui.checks.api import Item, Region

INSTANCE_TYPE = "AWS::EC2::Instance"
AUTO_SCALING_TAG = "aws:autoscaling:groupName"
"""The tag that Auto Scaling sets on every instance of a group; AWS reserves its prefix."""

REPLACED_NODES = {
    "karpenter.sh/nodepool": "Karpenter",
    "karpenter.sh/nodeclaim": "Karpenter",
    "karpenter.sh/provisioner-name": "Karpenter",
    "aws:elasticmapreduce:job-flow-id": "Amazon EMR",
}
"""Tags of the nodes of software that scales and replaces its instances itself."""
KUBERNETES_TAGS = ("kubernetes.io/created-for/pvc/name", "CSIVolumeName", "ebs.csi.aws.com/cluster")

T = TypeVar("T")


async def instances(region: Region) -> AsyncIterator[Item]:
    """Yield the instances of a region; raises `ReadError`. Needs ec2:DescribeInstances.

    Instances that an AWS service manages are missing where the account hides them
    (ModifyManagedResourceVisibility); only that service can change them.
    """
    failure: ReadError | None = None
    async for reservation in region.items("ec2", "DescribeInstances"):
        try:
            structures = entries(reservation, "Instances")
        except ReadError as error:
            failure = error
            continue
        for instance in structures:
            yield instance
    if failure is not None:
        raise failure


async def running_instances(region: Region) -> AsyncIterator[Item]:
    """Yield the instances that run; raises `ReadError`. Needs ec2:DescribeInstances."""
    async for instance in instances(region):
        if state_of(instance) == "running":
            yield instance


def instance_resource(region: Region, instance: Item) -> Resource:
    """Return an instance as a resource; its name is the Name tag, else its id."""
    instance_id = str(instance.get("InstanceId") or "")
    name = name_tag(instance) or instance_id
    return Resource(region.arn("ec2", f"instance/{instance_id}"), name, INSTANCE_TYPE)


def state_of(instance: Item) -> str:
    """Return the state's name, such as ``running``, empty when AWS gives none."""
    return str((instance.get("State") or {}).get("Name") or "")


def name_tag(thing: Item) -> str:
    """Return the value of the Name tag, empty when there is none."""
    return tag_of(thing, "Name")


def tag_of(thing: Item, key: str) -> str:
    """Return the value of a tag, empty when there is none."""
    return next((str(tag.get("Value") or "") for tag in thing.get("Tags") or [] if tag.get("Key") == key), "")


def auto_scaling_group(instance: Item) -> str:
    """Return the Auto Scaling group that an instance belongs to, empty when it belongs to none."""
    return tag_of(instance, AUTO_SCALING_TAG)


def replaced_by(instance: Item) -> str:
    """Return the name of the software that terminates and replaces an instance, empty when there is none.

    These nodes belong to no Auto Scaling group and have no Operator. The tags are those that Karpenter, EMR
    and AWS ParallelCluster document; a head node of ParallelCluster is not replaced.
    """
    tags = {str(tag.get("Key") or ""): str(tag.get("Value") or "") for tag in instance.get("Tags") or []}
    if tags.get("parallelcluster:node-type") == "Compute":
        return "AWS ParallelCluster"
    return next((name for key, name in REPLACED_NODES.items() if key in tags), "")


def kubernetes_volume(volume: Item) -> str:
    """Return the claim or the name of a Kubernetes volume, empty for any other volume.

    The EBS CSI driver and its predecessor in Kubernetes set these tags on the volumes that they create.
    """
    return next((value for key in KUBERNETES_TAGS if (value := tag_of(volume, key))), "")


def operator_of(thing: Item) -> str:
    """Return the AWS service that manages an instance or a volume, empty if its owner manages it."""
    operator = thing.get("Operator") or {}
    return str(operator.get("Principal") or "an AWS service") if operator.get("Managed") else ""


def instance_facts(instance: Item) -> Item:
    """Return the facts of an instance that remediations use."""
    return {
        "instance_id": str(instance.get("InstanceId") or ""),
        "instance_name": name_tag(instance),
        "state": state_of(instance),
        "instance_type": str(instance.get("InstanceType") or ""),
        "image_id": str(instance.get("ImageId") or ""),
        "auto_scaling_group": auto_scaling_group(instance),
        "lifecycle": str(instance.get("InstanceLifecycle") or ""),
        "operator": operator_of(instance),
        "replaced_by": replaced_by(instance),
    }


def id_and_name(thing: Item, id_member: str) -> str:
    """Return the id of a resource, with its name in quotes where it has one."""
    name = name_tag(thing)
    thing_id = quoted(str(thing.get(id_member) or ""))
    return f'{thing_id} ("{quoted(name)}")' if name else thing_id


def owned(region: Region, thing: Item) -> bool:
    """Say whether this account owns a resource; only the owner can change a shared one."""
    return str(thing.get("OwnerId") or region.account_id) == region.account_id


def once(read: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """Return a read that several resources share, made once, at its first use.

    Each of them gets its result or its failure, so a read that fails leaves all of them not assessed.
    """
    reads: list[asyncio.Future[Any]] = []

    async def result() -> T:
        if not reads:
            reads.append(asyncio.ensure_future(read()))
        value: T = await asyncio.shield(reads[0])
        return value

    return result
