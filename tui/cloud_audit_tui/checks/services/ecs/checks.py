"""Amazon ECS: privileged containers, containers without logs, and services with ECS Exec."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.services.ecs.usage import USAGE_READS, Usage, service_facts, services_of, usage_of
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Severity, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TASK_DEFINITION_TYPE, SERVICE_TYPE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"
DEFINITION_READS = ["ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition", *USAGE_READS]
NO_SUCH_DEFINITION = {"ClientException"}
AWSLOGS = "awslogs"
INACTIVE = "INACTIVE"
"""The status of a deregistered task definition, from which no new task can be started."""

REGISTERED_MEMBERS = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "trustedExecutionConfiguration",
)
"""Members of DescribeTaskDefinition that RegisterTaskDefinition accepts, other than containers and tags."""

NEWER_MEMBERS = ("s3filesVolumeConfiguration", "sharingStrategy", "trustedExecutionConfiguration")
"""Members, at any depth, that an AWS CLI older than 2026 drops, so that a copy loses them."""


@check("aws-ecs-001", reads=DEFINITION_READS, identified_by_judging=True)
async def privileged_container(region: Region) -> Verdicts:
    """Fail a task definition with a privileged container.

    Source: DescribeTaskDefinition.containerDefinitions[].privileged; absent means no. AWS refuses it for
    Fargate and Windows. The check judges the newest active revision of each family, which a start by the
    family's name uses, as in the catalogue, and every other revision that a service (each of its deployments
    and task sets) or a running standalone task uses. An unused revision is *medium*: the privileges take
    effect only with the next start. Usage is read in bulk. If that read fails, the families are judged at the
    full severity, and the region is also not assessed.
    """
    async for verdict in _verdicts(region, _judge_privileges):
        yield verdict


@check("aws-ecs-002", reads=DEFINITION_READS, identified_by_judging=True)
async def container_logs(region: Region) -> Verdicts:
    """Fail a task definition with a container that has no log configuration.

    Source: DescribeTaskDefinition.containerDefinitions[].logConfiguration.logDriver. Without it a container
    on EC2 gets the Docker daemon's default, a file that is lost with the instance, and one on Fargate keeps
    no logs. The revisions are those of aws-ecs-001; a task definition has one verdict that names its
    containers, not one for each container.
    """
    async for verdict in _verdicts(region, _judge_logs):
        yield verdict


@check("aws-ecs-003", reads=["ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices"])
def execute_command_enabled(region: Region) -> Verdicts:
    """Fail a service with ECS Exec, which runs commands in its containers.

    Source: DescribeServices.enableExecuteCommand, absent meaning no. Draining and inactive services are being
    deleted and are not assessed. A task keeps the setting with which it was started, so the remediation
    forces a new deployment.
    """
    return region.judge(_services(region), _service_resource, _judge_execute_command)


def _verdicts(region: Region, judge_one: Callable[[Resource, Item, Item], Verdict]) -> Verdicts:
    async def verdicts() -> Verdicts:
        usage = await usage_of(region)
        families: set[str] = set()
        undecided: list[ReadError] = []
        async for verdict in region.judge(
            _definitions(region, usage, families),
            partial(_task_definition, region),
            partial(_judge, region, usage, families, undecided, judge_one),
        ):
            yield verdict
        if undecided:
            raise undecided[0]

    return verdicts()


async def _definitions(region: Region, usage: Usage, families: set[str]) -> AsyncIterator[str]:
    """Yield families, which stand for their newest revision, and the ARNs of revisions in use.

    The families are added to ``families`` before any ARN is yielded. If their list is incomplete, a revision
    of an unlisted family is skipped, because it may be the newest one.
    """
    read_error = usage.failed
    complete = True
    try:
        async for family in region.items("ecs", "ListTaskDefinitionFamilies", status="ACTIVE"):
            families.add(str(family))
            yield str(family)
    except ReadError as error:
        read_error, complete = error, False
    for arn in usage.definitions:
        if complete or _family(arn) in families:
            yield arn
    if read_error is not None:
        raise read_error


def _task_definition(region: Region, name: str) -> Resource:
    """Return a family, or a revision in use by its ARN, as a resource.

    The newest revision of a family is identified by the family, so that the fix, which registers a new
    revision, resolves the finding instead of creating another.
    """
    arn = name if name.startswith("arn:") else region.arn("ecs", f"task-definition/{name}")
    return Resource(arn, _revision(arn), TASK_DEFINITION_TYPE)


def _family(arn: str) -> str:
    return _revision(arn).rpartition(":")[0]


def _revision(arn: str) -> str:
    return arn.partition("task-definition/")[2]


async def _judge(
    region: Region,
    usage: Usage,
    families: set[str],
    undecided: list[ReadError],
    judge_one: Callable[[Resource, Item, Item], Verdict],
    name: str,
) -> Verdict | None:
    """Judge a family or a revision in use; ``undecided`` gets the error of a read of the newest revision."""
    if name.startswith("arn:"):
        try:
            if await _is_newest(region, families, name):
                return None
        except ReadError as error:
            undecided.append(error)
            return None
    definition = await _description(region, name)
    if definition is None:
        return None
    arn = str(definition.get("taskDefinitionArn") or "")
    if definition.get("status") == INACTIVE and arn not in usage.definitions:
        return None
    resource = Resource(_task_definition(region, name).id, _revision(arn), TASK_DEFINITION_TYPE)
    evidence: Item = {
        "task_definition": arn,
        "family": str(definition.get("family") or ""),
        "members": list(REGISTERED_MEMBERS),
        "compatibilities": list(map(str, definition.get("requiresCompatibilities") or [])),
        "execution_role": str(definition.get("executionRoleArn") or ""),
        "services": usage.services.get(arn, []),
        "standalone_tasks": usage.tasks.get(arn, 0),
        "usage_known": usage.failed is None,
        "newest": not name.startswith("arn:"),
        "newer_members": [member for member in NEWER_MEMBERS if _has_member(definition, member)],
    }
    return judge_one(resource, definition, evidence)


def _has_member(value: Any, name: str) -> bool:
    """Whether a structure, or a structure inside it, has a non-empty member of a name."""
    if isinstance(value, dict):
        return bool(value.get(name)) or any(_has_member(each, name) for each in value.values())
    return isinstance(value, list) and any(_has_member(each, name) for each in value)


async def _description(region: Region, name: str) -> Item | None:
    """Return a task definition by its ARN, or the newest active one of a family; ``None`` for none."""
    answer = await region.find(
        "ecs", "DescribeTaskDefinition", absent=NO_SUCH_DEFINITION, taskDefinition=name
    )
    definition: Item | None = None if answer is None else answer["taskDefinition"]
    return definition


async def _is_newest(region: Region, families: set[str], arn: str) -> bool:
    """Say whether a revision in use is its family's newest active one, which is judged for the family."""
    family = _family(arn)
    if family not in families:
        return False
    newest = await _description(region, family)
    return newest is not None and newest.get("taskDefinitionArn") == arn


def _judge_privileges(resource: Resource, definition: Item, evidence: Item) -> Verdict:
    containers = [
        str(each.get("name") or "")
        for each in definition.get("containerDefinitions") or []
        if each.get("privileged")
    ]
    evidence["containers"] = containers
    name = f"task definition {in_quotes(resource.name)}"
    if not containers:
        return Verdict(Status.PASS, resource, f"No container of {name} is privileged.", evidence)
    reason = f"Container {_names(containers)} of {name} has root's rights on its host (privileged)."
    unused = evidence["usage_known"] and not evidence["services"] and not evidence["standalone_tasks"]
    severity = Severity.MEDIUM if unused else None
    return Verdict(Status.FAIL, resource, f"{reason}{_usage_note(evidence)}", evidence, severity)


def _judge_logs(resource: Resource, definition: Item, evidence: Item) -> Verdict:
    silent, groups = [], []
    region = str(definition.get("taskDefinitionArn") or ":::").split(":")[3]
    for each in definition.get("containerDefinitions") or []:
        logs = each.get("logConfiguration") or {}
        if not logs.get("logDriver"):
            silent.append(str(each.get("name") or ""))
        elif logs["logDriver"] == AWSLOGS:
            options = logs.get("options") or {}
            # The fix logs to this region, in which a group of another region does not exist.
            if str(options.get("awslogs-region") or region) == region:
                groups.append(str(options.get("awslogs-group") or ""))
    evidence |= {"containers": silent, "log_group": next(filter(None, groups), "")}
    name = f"task definition {in_quotes(resource.name)}"
    if not silent:
        return Verdict(Status.PASS, resource, f"Every container of {name} has a log driver.", evidence)
    reason = f"Container {_names(silent)} of {name} has no log configuration."
    return Verdict(Status.FAIL, resource, f"{reason}{_usage_note(evidence)}", evidence)


def _usage_note(evidence: Item) -> str:
    services, tasks = len(evidence["services"]), evidence["standalone_tasks"]
    if not services and not tasks:
        return "" if evidence["usage_known"] else " What uses it could not be read."
    parts = [f"{services} service{'s' if services > 1 else ''}"] if services else []
    parts += [f"{tasks} running task{'s' if tasks > 1 else ''}"] if tasks else []
    older = "" if evidence["newest"] else ", although it is not the newest active revision"
    return f" It is in use ({' and '.join(parts)}){older}."


async def _services(region: Region) -> AsyncIterator[Item]:
    first_error: ReadError | None = None
    async for cluster in region.items("ecs", "ListClusters"):
        try:
            async for service in services_of(region, str(cluster)):
                yield service
        except ReadError as error:
            first_error = first_error or error
    if first_error is not None:
        raise first_error


def _service_resource(service: Item) -> Resource:
    return Resource(str(service.get("serviceArn") or ""), str(service.get("serviceName") or ""), SERVICE_TYPE)


async def _judge_execute_command(service: Item) -> Verdict:
    resource = _service_resource(service)
    state = str(service.get("status") or "")
    evidence = {**service_facts(service), "status": state}
    name = f"service {in_quotes(resource.name)}"
    if state in ("DRAINING", "INACTIVE"):
        return Verdict(Status.NOT_ASSESSED, resource, f"This {name} is being deleted ({state}).", evidence)
    if not service.get("enableExecuteCommand"):
        return Verdict(Status.PASS, resource, f"ECS Exec is off for {name}.", evidence)
    reason = (
        f"ECS Exec is on for {name}: anyone who may call ecs:ExecuteCommand gets a shell in its containers."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)


def _names(names: list[str]) -> str:
    return ", ".join(map(in_quotes, names))
