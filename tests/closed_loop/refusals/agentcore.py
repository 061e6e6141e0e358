"""What AgentCore refuses: names, and changes of a resource that AWS still creates or updates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.rule import Answer, Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_SERVICE = "bedrock-agentcore-control"
_REFERENCE = "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference"
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,47}")
_READY_AFTER = 10


def _interpreters(call: Call) -> dict[str, Any]:
    """Return the code interpreters, which moto lacks and the demo keeps."""
    interpreters: dict[str, Any] = vars(call.backend()).get("_kept_interpreters", {})
    return interpreters


@refuses(
    f"{_SERVICE}:CreateCodeInterpreter",
    f"{_SERVICE}:CreateMemory",
    document=f"{_REFERENCE}/API_CreateCodeInterpreter.html",
)
def name_of_an_agent_resource(call: Call) -> Refusal | None:
    """A letter and at most 47 letters, digits and underscores, unique within the account."""
    name = call["name"] or ""
    if not _NAME.fullmatch(name):
        return Refusal("ValidationException", f"Value '{name}' at 'name' failed to satisfy constraint")
    if call.operation == "CreateMemory":
        names = {each.name for each in call.backend().memories.values()}
    else:
        names = {each["name"] for each in _interpreters(call).values()}
    return Refusal("ConflictException", f"{name} already exists.") if name in names else None


@refuses(f"{_SERVICE}:CreateMemory", document=f"{_REFERENCE}/API_CreateMemory.html")
def expiry_of_a_memory(call: Call) -> Refusal | None:
    """Events expire after 3 to 3,650 days, and records after 31 or more."""
    days = call["eventExpiryDuration"]
    if days is None or not 3 <= int(days) <= 3_650:
        return Refusal("ValidationException", "Value at 'eventExpiryDuration' failed to satisfy constraint")
    for strategy in call["memoryStrategies"] or ():
        for settings in strategy.values():
            expiry = (settings.get("recordExpirySpecification") or {}).get("recordExpiryDurationDays")
            if expiry is not None and int(expiry) < 31:
                return Refusal(
                    "ValidationException", "Value at 'recordExpiryDurationDays' failed to satisfy constraint"
                )
    return None


def _newest(call: Call) -> str:
    """Return the ID of the resource that a call has just created or updated."""
    match call.operation:
        case "UpdateAgentRuntime":
            return str(call["agentRuntimeId"])
        case "UpdateGateway":
            return str(call["gatewayIdentifier"])
        case "CreateMemory":
            return str(list(call.backend().memories)[-1])
        case _:
            return str(list(_interpreters(call))[-1])


@follows(
    f"{_SERVICE}:UpdateAgentRuntime",
    f"{_SERVICE}:UpdateGateway",
    f"{_SERVICE}:CreateMemory",
    f"{_SERVICE}:CreateCodeInterpreter",
    document=f"{_REFERENCE}/API_GetAgentRuntime.html",
)
def agent_resource_is_not_ready_at_once(call: Call) -> None:
    """A resource is CREATING or UPDATING for some seconds."""
    call.clock.make(_SERVICE, _newest(call))


@refuses(
    f"{_SERVICE}:UpdateAgentRuntime",
    f"{_SERVICE}:UpdateGateway",
    document=f"{_REFERENCE}/API_UpdateAgentRuntime.html",
)
def update_of_an_agent_resource(call: Call) -> Refusal | None:
    """An update conflicts with one that is in progress."""
    if call.clock.age(_SERVICE, call["agentRuntimeId"] or call["gatewayIdentifier"]) >= _READY_AFTER:
        return None
    return Refusal("ConflictException", "The resource is in status UPDATING.")


@refuses(
    f"{_SERVICE}:GetAgentRuntime",
    f"{_SERVICE}:GetGateway",
    f"{_SERVICE}:GetMemory",
    f"{_SERVICE}:GetCodeInterpreter",
    document=f"{_REFERENCE}/API_GetAgentRuntime.html",
)
def status_of_an_agent_resource(call: Call) -> Answer | None:
    """The status says that AWS has not finished; a script that does not wait reads too early."""
    names = ("agentRuntimeId", "gatewayIdentifier", "memoryId", "codeInterpreterId")
    identifier = next(str(call[name]) for name in names if call[name])
    if call.clock.age(_SERVICE, identifier) >= _READY_AFTER:
        return None
    match call.operation:
        case "GetMemory":
            return Answer({"memory": {"id": identifier, "status": "CREATING"}})
        case "GetCodeInterpreter":
            return Answer(_interpreters(call)[identifier] | {"status": "CREATING"})
        case _:
            return Answer({"status": "UPDATING"})
