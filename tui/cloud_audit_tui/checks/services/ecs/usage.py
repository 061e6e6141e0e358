"""The task definitions that the services and standalone tasks of Amazon ECS use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import entries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.checks.api import Item, Region

USAGE_READS = (
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:DescribeServices",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
)
SERVICES_AT_ONCE = 10
TASKS_AT_ONCE = 100
OF_A_SERVICE = "service:"
"""The prefix of the group of a task that a service started."""


class Usage:
    """The services and tasks that use task definitions, by the definition's ARN.

    ``services`` are the services, as evidence; ``tasks`` the numbers of running standalone tasks. ``failed``
    is the first failed read, after which the rest may be incomplete.
    """

    def __init__(self) -> None:
        self.services: dict[str, list[Item]] = {}
        self.tasks: dict[str, int] = {}
        self.failed: ReadError | None = None

    @property
    def definitions(self) -> list[str]:
        """The ARNs of all task definitions in use."""
        return sorted({*self.services, *self.tasks})


async def usage_of(region: Region) -> Usage:
    """Return the usage of all clusters of a region; an unreadable cluster does not hide the others."""
    usage = Usage()
    try:
        clusters = [str(arn) async for arn in region.items("ecs", "ListClusters")]
    except ReadError as error:
        usage.failed = error
        return usage
    for cluster in clusters:
        try:
            async for service in services_of(region, cluster):
                _count_service(usage, service)
            await _count_tasks(region, usage, cluster)
        except ReadError as error:
            usage.failed = usage.failed or error
    return usage


async def services_of(region: Region, cluster: str) -> AsyncIterator[Item]:
    """Yield the services of a cluster as DescribeServices returns them, ten per call."""
    batch: list[str] = []
    async for arn in region.items("ecs", "ListServices", cluster=cluster):
        batch.append(str(arn))
        if len(batch) == SERVICES_AT_ONCE:
            for service in await _descriptions(region, cluster, batch):
                yield service
            batch = []
    if batch:
        for service in await _descriptions(region, cluster, batch):
            yield service


async def _descriptions(region: Region, cluster: str, arns: list[str]) -> list[Item]:
    answer = await region.read("ecs", "DescribeServices", cluster=cluster, services=sorted(arns))
    return entries(answer, "services")


def service_facts(service: Item) -> Item:
    """Return the names of a service for a command, and the type of its deployment controller."""
    controller = (service.get("deploymentController") or {}).get("type") or "ECS"
    return {
        "cluster": str(service.get("clusterArn") or ""),
        "service": str(service.get("serviceName") or ""),
        "controller": str(controller),
    }


def _count_service(usage: Usage, service: Item) -> None:
    if service.get("status") == "INACTIVE":
        return
    revisions = {
        str(each.get("taskDefinition") or "")
        for each in (service, *entries(service, "deployments"), *entries(service, "taskSets"))
        if each.get("status") != "INACTIVE"
    }
    for arn in revisions - {""}:
        usage.services.setdefault(arn, []).append(service_facts(service))


async def _count_tasks(region: Region, usage: Usage, cluster: str) -> None:
    tasks = [
        str(arn) async for arn in region.items("ecs", "ListTasks", cluster=cluster, desiredStatus="RUNNING")
    ]
    for begin in range(0, len(tasks), TASKS_AT_ONCE):
        answer = await region.read(
            "ecs", "DescribeTasks", cluster=cluster, tasks=tasks[begin : begin + TASKS_AT_ONCE]
        )
        for task in entries(answer, "tasks"):
            arn = str(task.get("taskDefinitionArn") or "")
            if arn and not str(task.get("group") or "").startswith(OF_A_SERVICE):
                usage.tasks[arn] = usage.tasks.get(arn, 0) + 1
