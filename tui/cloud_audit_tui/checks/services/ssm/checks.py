"""AWS Systems Manager: instances that it manages and patches, and parameters that hold secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.requests import own_tags
from cloud_audit_tui.checks.secret_names import parameter_holds_a_secret
from cloud_audit_tui.checks.services.ec2.instances import (
    id_and_name,
    instance_facts,
    instance_resource,
    once,
    running_instances,
)
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PARAMETER_TYPE = "AWS::SSM::Parameter"
SECURE = "SecureString"

IDS_AT_ONCE = 50
"""The most instances that DescribeInstancePatchStates accepts in one call."""

NON_COMPLIANT = {
    "MissingCount": "missing",
    "FailedCount": "failed",
    "InstalledPendingRebootCount": "waiting for a reboot",
    "InstalledRejectedCount": "installed although rejected",
}
"""Counts of a patch state that AWS documents as non-compliant."""

LONGEST_PATCH_STATE = timedelta(days=30)
"""The oldest patch state that still shows an instance as patched.

A patch state is a snapshot of the last patching operation:
<https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-compliance-reports.html>.
AWS names no limit. PCI DSS 6.3.3 demands important patches within one month, and AWS's own baselines approve
a patch seven days after its release, so an older snapshot knows none of the patches that are due by now.
"""


@check("aws-ssm-001", reads=["ec2:DescribeInstances", "ssm:DescribeInstanceInformation"])
def instance_not_managed(region: Region) -> Verdicts:
    """Fail a running instance that Systems Manager cannot reach.

    Source: DescribeInstanceInformation, once for the region. An instance is managed if its agent is
    registered and its PingStatus is Online: with ConnectionLost (or Inactive, which AWS no longer uses) it
    receives no commands, although another scanner counts it. Stopped instances are not listed there and not
    judged. If the list cannot be read, no instance is assessed.
    """
    nodes = once(partial(_nodes, region))
    return region.judge(
        running_instances(region), partial(instance_resource, region), partial(_judge_managed, region, nodes)
    )


@check("aws-ssm-002", reads=["ssm:DescribeParameters", "ssm:ListTagsForResource"])
def secret_in_plain_parameter(region: Region) -> Verdicts:
    """Fail a parameter with the name of a secret and a type that is not SecureString.

    Source: DescribeParameters, which returns names and types; values are never read. `secret_names` decides
    which names indicate secrets: a name whose last word locates or configures a secret (arn, url, ttl,
    length) does not. The data type aws:ec2:image passes too, because AWS allows it for String only. The tags
    are read for failing parameters only; a parameter whose tags cannot be read still fails.
    """
    return region.judge(
        region.items("ssm", "DescribeParameters"),
        partial(_parameter_resource, region),
        partial(_judge_parameter, region),
    )


@check(
    "aws-ssm-003",
    reads=["ec2:DescribeInstances", "ssm:DescribeInstancePatchStates", "ssm:DescribeInstanceInformation"],
)
async def patches_missing(region: Region) -> Verdicts:
    """Fail a running instance with missing or failed patches, or without a recent patch state.

    Source: DescribeInstancePatchStates, which requires InstanceIds and accepts fifty, so running instances
    are read in batches; another scanner sends none and gets an error. Patches that wait for a reboot and
    patches that were rejected after installation count too, since AWS documents both as non-compliant. An
    instance that is in no response was never scanned. A patch state without faults passes only while it is
    recent (`LONGEST_PATCH_STATE`) by its OperationEndTime: an older one does not show what is missing today.

    A batch that cannot be read leaves its instances not assessed. The agent's state is read for failing
    instances only, for the remediation.
    """
    nodes = once(partial(_nodes_if_readable, region))
    running = [instance async for instance in running_instances(region)]
    for start in range(0, len(running), IDS_AT_ONCE):
        batch = running[start : start + IDS_AT_ONCE]
        ids = [each["InstanceId"] for each in batch if isinstance(each.get("InstanceId"), str)]
        states = once(partial(_patch_states, region, ids))
        verdicts = region.judge(
            batch, partial(instance_resource, region), partial(_judge_patches, region, states, nodes)
        )
        async for verdict in verdicts:
            yield verdict


async def _nodes(region: Region) -> dict[str, Item]:
    return {
        str(node.get("InstanceId") or ""): node
        async for node in region.items("ssm", "DescribeInstanceInformation")
    }


async def _nodes_if_readable(region: Region) -> dict[str, Item] | None:
    """Return the managed nodes for the remediation, or ``None`` if they cannot be read."""
    try:
        return await _nodes(region)
    except ReadError:
        return None


async def _judge_managed(
    region: Region, nodes: Callable[[], Awaitable[dict[str, Item]]], instance: Item
) -> Verdict:
    resource = instance_resource(region, instance)
    name = f"Instance {id_and_name(instance, 'InstanceId')}"
    node = (await nodes()).get(str(instance.get("InstanceId") or ""))
    profile = str((instance.get("IamInstanceProfile") or {}).get("Arn") or "")
    status = str((node or {}).get("PingStatus") or "")
    evidence = instance_facts(instance) | {
        "instance_profile": profile.partition(":instance-profile/")[2].rpartition("/")[2],
        "ping_status": status,
        "agent_version": str((node or {}).get("AgentVersion") or ""),
    }
    if node is None:
        why = "" if profile else " It has no instance profile."
        reason = f"{name} is not managed by Systems Manager.{why}"
        return Verdict(Status.FAIL, resource, reason, evidence)
    if status == "Online":
        return Verdict(Status.PASS, resource, f"{name} is managed by Systems Manager.", evidence)
    if not status:
        reason = f"AWS gives no PingStatus for {name}."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    reason = (
        f"{name} is registered with Systems Manager, which cannot reach it (PingStatus is {quoted(status)})."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)


def _parameter_resource(region: Region, parameter: Item) -> Resource:
    name = str(parameter.get("Name") or "")
    arn = str(parameter.get("ARN") or region.arn("ssm", f"parameter/{name.removeprefix('/')}"))
    return Resource(arn, name, PARAMETER_TYPE)


async def _judge_parameter(region: Region, parameter: Item) -> Verdict:
    resource = _parameter_resource(region, parameter)
    kind = str(parameter.get("Type") or "")
    data_type = str(parameter.get("DataType") or "text")
    evidence: Item = {"parameter_name": resource.name, "type": kind, "data_type": data_type}
    name = f'Parameter "{quoted(resource.name)}"'
    if not parameter_holds_a_secret(resource.name):
        return Verdict(Status.PASS, resource, f"{name} has no secret's name.", evidence)
    if kind == SECURE:
        return Verdict(Status.PASS, resource, f"{name} is a SecureString.", evidence)
    if data_type == "aws:ec2:image":
        return Verdict(Status.PASS, resource, f"{name} holds the ID of an image (aws:ec2:image).", evidence)
    if not kind:
        return Verdict(Status.NOT_ASSESSED, resource, f"AWS gives no type for {name}.", evidence)
    tags = await region.read_for_remediation(
        "ssm", "ListTagsForResource", ResourceType="Parameter", ResourceId=resource.name
    )
    evidence |= {
        "tier": str(parameter.get("Tier") or "Standard"),
        "description": str(parameter.get("Description") or ""),
        "allowed_pattern": str(parameter.get("AllowedPattern") or ""),
        "has_policies": bool(parameter.get("Policies")),
        "tags": None if tags is None else own_tags(tags.get("TagList")),
    }
    reason = (
        f"{name} has the name of a secret, and its type is {quoted(kind)}: its value is stored as plain text."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _patch_states(region: Region, instance_ids: list[str]) -> dict[str, Item]:
    return {
        str(state.get("InstanceId") or ""): state
        async for state in region.items("ssm", "DescribeInstancePatchStates", InstanceIds=instance_ids)
    }


async def _judge_patches(
    region: Region,
    states: Callable[[], Awaitable[dict[str, Item]]],
    nodes: Callable[[], Awaitable[dict[str, Item] | None]],
    instance: Item,
) -> Verdict:
    resource = instance_resource(region, instance)
    name = f"Instance {id_and_name(instance, 'InstanceId')}"
    state = (await states()).get(str(instance.get("InstanceId") or ""))
    evidence = instance_facts(instance) | {"scanned": state is not None}
    counts = {member: int((state or {}).get(member) or 0) for member in NON_COMPLIANT}
    evidence |= {
        "missing": counts["MissingCount"],
        "failed": counts["FailedCount"],
        "pending_reboot": counts["InstalledPendingRebootCount"],
        "rejected": counts["InstalledRejectedCount"],
    }
    ended = (state or {}).get("OperationEndTime")
    age = datetime.now(UTC) - ended if isinstance(ended, datetime) else None
    evidence["last_operation"] = f"{ended:%Y-%m-%d}" if isinstance(ended, datetime) else ""
    evidence["stale"] = age is not None and age > LONGEST_PATCH_STATE
    faults = ", ".join(f"{count} {NON_COMPLIANT[member]}" for member, count in counts.items() if count)
    if state is not None and not faults:
        if age is None:
            reason = f"AWS does not say when the patches of {name} were last looked at."
            return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
        if not evidence["stale"]:
            reason = f"{name} had the patches that its baseline requires on {evidence['last_operation']}."
            return Verdict(Status.PASS, resource, reason, evidence)
    node = None if (nodes_by_id := await nodes()) is None else nodes_by_id.get(evidence["instance_id"], {})
    evidence["ping_status"] = None if node is None else str(node.get("PingStatus") or "")
    if state is None:
        reason = f"{name} has no patch state: Patch Manager never scanned it."
    elif faults:
        reason = f"{name} does not meet its patch baseline: {faults}."
    else:
        reason = (
            f"{name} was last scanned for patches on {evidence['last_operation']}, which is too long ago to "
            "show whether patches are missing."
        )
    return Verdict(Status.FAIL, resource, reason, evidence)
