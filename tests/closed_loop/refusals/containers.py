"""What ECS refuses of task definitions, and of services that another controller deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
_ONLY_ECS_CHANGES = (
    "taskDefinition",
    "enableExecuteCommand",
    "forceNewDeployment",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
)
"""Members of UpdateService that AWS names neither for CODE_DEPLOY nor for EXTERNAL."""


@refuses("ecs:RegisterTaskDefinition", document=f"{_REFERENCE}/API_RegisterTaskDefinition.html")
def tags_of_a_task_definition(call: Call) -> Refusal | None:
    """At most 50 tags, and no key or value that begins with ``aws:``, in whatever case."""
    tags = call["tags"] or ()
    words = [str(word).lower() for tag in tags for word in (tag.get("key"), tag.get("value")) if word]
    if len(tags) <= 50 and not any(word.startswith("aws:") for word in words):
        return None
    return Refusal("InvalidParameterException", "Tags can not begin with aws:, and there are 50 at most.")


@refuses("ecs:RegisterTaskDefinition", document=f"{_REFERENCE}/API_RegisterTaskDefinition.html")
def task_definition_of_fargate(call: Call) -> Refusal | None:
    """Fargate needs cpu, memory, awsvpc and, for logs, an execution role; it runs nothing privileged."""
    if "FARGATE" not in (call["requiresCompatibilities"] or ()):
        return None
    containers: list[dict[str, Any]] = call["containerDefinitions"] or []
    wrong = ""
    if not call["cpu"] or not call["memory"]:
        wrong = "'cpu' and 'memory' at the task-level"
    elif call["networkMode"] != "awsvpc":
        wrong = "network mode awsvpc"
    elif any(each.get("privileged") for each in containers):
        wrong = "containers that are not privileged"
    elif not call["executionRoleArn"] and any(
        (each.get("logConfiguration") or {}).get("logDriver") == "awslogs" for each in containers
    ):
        wrong = "an execution role ARN to support log driver awslogs"
    return Refusal("ClientException", f"Fargate requires task definition to have {wrong}.") if wrong else None


def _service(call: Call) -> Any:
    name = (call["service"] or "").rpartition("/")[2]
    cluster = (call["cluster"] or "default").rpartition("/")[2]
    return call.backend().services.get(f"{cluster}:{name}")


@refuses("ecs:UpdateService", document=f"{_REFERENCE}/API_UpdateService.html")
def service_that_another_controller_deploys(call: Call) -> Refusal | None:
    """A service of CodeDeploy or an external controller takes no other deployment and no ECS Exec."""
    service = _service(call)
    controller = (getattr(service, "deployment_controller", None) or {}).get("type", "ECS")
    if service is None or controller == "ECS" or not call.has(*_ONLY_ECS_CHANGES):
        return None
    return Refusal(
        "InvalidParameterException", f"Cannot update this of a service with a {controller} controller."
    )


@refuses("ecs:UpdateService", document=f"{_REFERENCE}/API_UpdateService.html")
def service_that_is_not_active(call: Call) -> Refusal | None:
    """A service that drains or was deleted is not updated."""
    service = _service(call)
    if service is None or service.status == "ACTIVE":
        return None
    return Refusal("ServiceNotActiveException", "Service was not ACTIVE.")
