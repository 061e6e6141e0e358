from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.model import Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Judge = Callable[..., Awaitable[list[Finding]]]

PRIVILEGED, LOGS, EXEC = "aws-ecs-001", "aws-ecs-002", "aws-ecs-003"
WHERE = "arn:aws:ecs:eu-central-1:111122223333"
CLUSTER = f"{WHERE}:cluster/main"
AWSLOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}}


class Clusters:
    """Families of task definitions, services and tasks, as ECS returns them."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.families: list[str] = []
        self.services: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        aws.answer(
            "ecs", "ListTaskDefinitionFamilies", lambda _: {"families": self.families}, status="ACTIVE"
        )
        aws.answer("ecs", "ListClusters", {"clusterArns": [CLUSTER]})
        aws.answer("ecs", "ListServices", self._page_of_services, cluster=CLUSTER)
        aws.answer("ecs", "DescribeServices", self._descriptions, cluster=CLUSTER)
        aws.answer("ecs", "ListTasks", lambda _: {"taskArns": [task["taskArn"] for task in self.tasks]})
        aws.answer("ecs", "DescribeTasks", lambda _: {"tasks": self.tasks})

    def _page_of_services(self, params: dict[str, Any]) -> dict[str, Any]:
        begin = int(params.get("nextToken") or 0)
        page: dict[str, Any] = {
            "serviceArns": [service["serviceArn"] for service in self.services[begin : begin + 10]]
        }
        if begin + 10 < len(self.services):
            page["nextToken"] = str(begin + 10)
        return page

    def _descriptions(self, params: dict[str, Any]) -> dict[str, Any]:
        assert len(params["services"]) <= 10
        return {"services": [each for each in self.services if each["serviceArn"] in params["services"]]}

    def definition(
        self,
        family: str,
        revision: int,
        *,
        newest: bool = True,
        status: str = "ACTIVE",
        siblings: Sequence[dict[str, Any]] = (),
        **container: Any,
    ) -> str:
        arn = f"{WHERE}:task-definition/{family}:{revision}"
        answer = {
            "taskDefinition": {
                "taskDefinitionArn": arn,
                "family": family,
                "revision": revision,
                "status": status,
                "containerDefinitions": [
                    {
                        "name": "app",
                        "image": "app:1",
                        "environment": [{"name": "TOKEN", "value": "hunter2"}],
                        **container,
                    },
                    *siblings,
                ],
            }
        }
        self.aws.answer("ecs", "DescribeTaskDefinition", answer, taskDefinition=arn)
        if newest:
            self.families.append(family)
            self.aws.answer("ecs", "DescribeTaskDefinition", answer, taskDefinition=family)
        return arn

    def service(self, name: str, definition: str = "", **members: Any) -> None:
        self.services.append(
            {
                "serviceArn": f"{WHERE}:service/main/{name}",
                "serviceName": name,
                "clusterArn": CLUSTER,
                "status": "ACTIVE",
                "taskDefinition": definition or f"{WHERE}:task-definition/web:1",
                **members,
            }
        )


@pytest.fixture
def clusters(aws: Any) -> Clusters:
    return Clusters(aws)


def statuses(findings: list[Finding]) -> dict[str, Status]:
    assert len({finding.resource_id for finding in findings}) == len(findings)
    return {finding.resource_name: finding.status for finding in findings}


async def test_a_privileged_container_fails_and_no_value_of_its_environment_is_kept(
    clusters: Clusters, judge: Judge
) -> None:
    clusters.definition("web", 3, privileged=True)
    clusters.definition("web-2", 1, privileged=False)
    clusters.definition("job", 1)
    findings = await judge(PRIVILEGED)
    assert statuses(findings) == {"web:3": Status.FAIL, "web-2:1": Status.PASS, "job:1": Status.PASS}
    assert b"hunter2" not in msgspec.json.encode(findings)
    [failure] = [finding for finding in findings if finding.status is Status.FAIL]
    assert failure.evidence["containers"] == ["app"]
    assert failure.resource_type == "AWS::ECS::TaskDefinition"


async def test_older_revisions_that_run_are_judged_too(clusters: Clusters, judge: Judge) -> None:
    newest = clusters.definition("web", 9)
    old = clusters.definition("web", 2, newest=False, privileged=True)
    inactive_arn = clusters.definition("batch", 4, newest=False, status="INACTIVE", privileged=True)
    deployment_arn = clusters.definition("web", 7, newest=False)
    clusters.definition("web", 1, newest=False, privileged=True)
    deployments = [{"status": "ACTIVE", "taskDefinition": deployment_arn}]
    clusters.service("site", newest)
    clusters.service("legacy", old, deployments=deployments)
    clusters.tasks = [
        {"taskArn": f"{WHERE}:task/main/1", "taskDefinitionArn": inactive_arn, "group": "family:batch"},
        {"taskArn": f"{WHERE}:task/main/2", "taskDefinitionArn": newest, "group": "service:site"},
    ]
    findings = await judge(PRIVILEGED)
    assert statuses(findings) == {
        "web:9": Status.PASS,
        "web:2": Status.FAIL,
        "web:7": Status.PASS,
        "batch:4": Status.FAIL,
    }
    by_name = {finding.resource_name: finding for finding in findings}
    assert by_name["web:2"].evidence["services"] == [
        {"cluster": CLUSTER, "service": "legacy", "controller": "ECS"}
    ]
    assert by_name["batch:4"].evidence["standalone_tasks"] == 1
    assert "not the newest" in by_name["web:2"].reason


async def test_privileges_that_nothing_uses_are_less_severe(clusters: Clusters, judge: Judge) -> None:
    service_definition = clusters.definition("web", 1, privileged=True)
    clusters.definition("job", 1, privileged=True)
    clusters.service("site", service_definition)
    severities = {finding.resource_name: finding.severity for finding in await judge(PRIVILEGED)}
    assert severities == {"web:1": Severity.CRITICAL, "job:1": Severity.MEDIUM}


async def test_a_deregistered_definition_counts_only_where_it_runs(clusters: Clusters, judge: Judge) -> None:
    clusters.definition("gone", 1, status="INACTIVE", privileged=True)
    service_definition = clusters.definition("kept", 1, status="INACTIVE", privileged=True)
    clusters.service("old", service_definition)
    assert statuses(await judge(PRIVILEGED)) == {"kept:1": Status.FAIL}


async def test_unread_services_leave_the_families_judged_and_the_region_unassessed(
    aws: Any, judge: Judge
) -> None:
    aws.denied("ecs", "DescribeServices")
    clusters = Clusters(aws)
    clusters.definition("web", 1, privileged=True)
    clusters.service("site")
    findings = await judge(PRIVILEGED)
    assert sorted(finding.status.value for finding in findings) == ["fail", "not_assessed"]
    assert any("ecs:DescribeServices" in finding.reason for finding in findings)


async def test_an_unread_definition_is_not_assessed(clusters: Clusters, judge: Judge) -> None:
    clusters.definition("web", 1)
    clusters.families.append("[/red]$(id)")
    verdicts = statuses(await judge(PRIVILEGED))
    assert verdicts == {"web:1": Status.PASS, "[/red]$(id)": Status.NOT_ASSESSED}


@pytest.mark.parametrize(
    ("container", "status"),
    [
        ({}, Status.FAIL),
        ({"logConfiguration": AWSLOGS}, Status.PASS),
        ({"logConfiguration": {"logDriver": "awsfirelens"}}, Status.PASS),
    ],
)
async def test_logs(clusters: Clusters, judge: Judge, container: dict[str, Any], status: Status) -> None:
    clusters.definition("web", 1, **container)
    assert statuses(await judge(LOGS)) == {"web:1": status}


async def test_a_log_group_of_another_region_is_not_offered(clusters: Clusters, judge: Judge) -> None:
    rows: list[tuple[str | None, str]] = [(None, "/ecs/web"), ("eu-central-1", "/ecs/web"), ("eu-west-1", "")]
    for number, (region, _) in enumerate(rows):
        options = {"awslogs-group": "/ecs/web", **({"awslogs-region": region} if region else {})}
        sibling = {"name": "sibling", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        clusters.definition(f"web-{number}", 1, siblings=[sibling])
    findings = {finding.resource_name: finding for finding in await judge(LOGS)}
    assert [findings[f"web-{number}:1"].evidence["log_group"] for number in range(len(rows))] == [
        group for _, group in rows
    ]


async def test_exec_of_services_on_a_second_page_and_going(clusters: Clusters, judge: Judge) -> None:
    for number in range(11):
        clusters.service(f"quiet-{number}")
    clusters.service("[/red]$(id)", enableExecuteCommand=True)
    clusters.service("going", status="DRAINING", enableExecuteCommand=True)
    verdicts = statuses(await judge(EXEC))
    assert len(verdicts) == 13
    assert verdicts["[/red]$(id)"] is Status.FAIL
    assert verdicts["going"] is Status.NOT_ASSESSED
    assert verdicts["quiet-10"] is Status.PASS


async def test_a_cluster_that_cannot_be_read_does_not_hide_the_others(aws: Any, judge: Judge) -> None:
    other = f"{WHERE}:cluster/other"
    aws.pages("ecs", "ListClusters", [other], [CLUSTER])
    aws.denied("ecs", "ListServices", cluster=other)
    clusters = Clusters(aws)
    clusters.service("site", enableExecuteCommand=True)
    findings = await judge(EXEC)
    assert sorted(finding.status.value for finding in findings) == ["fail", "not_assessed"]
