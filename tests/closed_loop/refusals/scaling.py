"""What Application Auto Scaling refuses of scalable targets and their policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.refusals.rule import Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_SERVICE = "application-autoscaling"
_REFERENCE = "https://docs.aws.amazon.com/autoscaling/application/APIReference"
_TARGET = f"{_REFERENCE}/API_RegisterScalableTarget.html"
_KNOWN_AFTER = 5


def _target(call: Call) -> Any:
    return call.backend().targets.get(call["ScalableDimension"], {}).get(call["ResourceId"])


def _name(call: Call) -> str:
    return f"{call['ScalableDimension']} {call['ResourceId']}"


@refuses(f"{_SERVICE}:RegisterScalableTarget", document=_TARGET)
def limits_of_a_scalable_target(call: Call) -> Refusal | None:
    """A new target has both limits, of which the lower is at least 1 for a table and not above the upper."""
    target = _target(call)
    lowest = call["MinCapacity"] if target is None or call.has("MinCapacity") else target.min_capacity
    highest = call["MaxCapacity"] if target is None or call.has("MaxCapacity") else target.max_capacity
    if lowest is None or highest is None:
        return Refusal("ValidationException", "Both MinCapacity and MaxCapacity are required.")
    if int(lowest) < (1 if call["ServiceNamespace"] == "dynamodb" else 0):
        return Refusal("ValidationException", "Minimum capacity is too low.")
    if int(highest) < int(lowest):
        return Refusal("ValidationException", "Maximum capacity cannot be less than minimum capacity.")
    return None


@follows(f"{_SERVICE}:RegisterScalableTarget", document=_TARGET)
def scalable_target_is_new(call: Call) -> None:
    """A new target is known after a brief delay: the operation is eventually consistent."""
    if call.has("MinCapacity"):
        call.clock.make("scalable target", _name(call))


@refuses(f"{_SERVICE}:PutScalingPolicy", document=f"{_REFERENCE}/API_PutScalingPolicy.html")
def policy_without_a_target(call: Call) -> Refusal | None:
    """A policy needs a scalable target, which is not known for the first seconds."""
    if _target(call) is not None and call.clock.age("scalable target", _name(call)) >= _KNOWN_AFTER:
        return None
    return Refusal(
        "ObjectNotFoundException",
        f"No scalable target registered for service namespace: {call['ServiceNamespace']}, resource ID: "
        f"{call['ResourceId']}, scalable dimension: {call['ScalableDimension']}",
    )
