"""What Systems Manager refuses of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_COMMAND = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html"
_BASELINE = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html"
)
_PARAMETERS = {
    "Operation": {"Scan", "Install"},
    "RebootOption": {"RebootIfNeeded", "NoReboot"},
    "AssociationId": None,
    "BaselineOverride": None,
    "InstallOverrideList": None,
    "SnapshotId": None,
    "StepTimeoutSeconds": None,
}
"""The parameters of AWS-RunPatchBaseline, with the values of those that take one of a list."""


@refuses("ssm:SendCommand", document=_COMMAND)
def command_to_an_unmanaged_node(call: Call) -> Refusal | None:
    """A command goes to at most 50 nodes, whose agents are registered and run."""
    nodes = call["InstanceIds"] or ()
    pings = vars(call.backend()).get("_kept_pings", {})
    associations = call.backend("ec2").iam_instance_profile_associations.values()
    # The agent of an instance with a profile registers by the permissions of its role.
    online = dict.fromkeys((each.instance.id for each in associations), "Online") | pings
    if len(nodes) <= 50 and all(online.get(node) == "Online" for node in nodes):
        return None
    return Refusal("InvalidInstanceId", "Instances not in a valid state for account")


@refuses("ssm:SendCommand", document=_BASELINE)
def parameters_of_patch_manager(call: Call) -> Refusal | None:
    """AWS-RunPatchBaseline needs its operation, and takes only its own parameters with their values."""
    if call["DocumentName"] != "AWS-RunPatchBaseline":
        return None
    parameters = call["Parameters"] or {}
    are_valid = all(
        name in _PARAMETERS and set(values) <= (_PARAMETERS[name] or set(values))
        for name, values in parameters.items()
    )
    return (
        None
        if are_valid and parameters.get("Operation")
        else Refusal("InvalidParameters", "Invalid parameters")
    )
