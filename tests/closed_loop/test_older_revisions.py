"""The fix of a task definition that is not its family's newest: a second run finds the copy of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from closed_loop.account import Account

LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/a`b", "awslogs-region": "us-east-1"}}
FAULTY: dict[str, dict[str, Any]] = {
    "aws-ecs-001": {"privileged": True, "logConfiguration": LOGS},
    "aws-ecs-002": {},
}
"""The settings of the containers in the older revision, by the check that fails for them."""


@pytest.mark.parametrize("check_id", sorted(FAULTY))
def test_a_second_run_finds_the_copy_of_an_older_revision(check_id: str, account: Account) -> None:
    ecs = account.client("ecs")
    container = {"name": "main", "image": "app:1", "memory": 128}
    tags = [{"key": "team", "value": "web"}, {"key": "cost", "value": "`7"}]
    ecs.create_cluster(clusterName="apps")
    for more in (FAULTY[check_id], {"logConfiguration": LOGS, "cpu": 64}):
        ecs.register_task_definition(family="web", containerDefinitions=[{**container, **more}], tags=tags)
    ecs.create_service(cluster="apps", serviceName="web", taskDefinition="web:1", desiredCount=0)
    account.client("logs").create_log_group(logGroupName="/ecs/web")
    [finding] = [one for one in account.scan([check_id]) if one.status is Status.FAIL]
    assert not finding.evidence["newest"]
    script = render(finding, account.environment, {}).cli
    ran = [account.run(script, {}) for _ in range(3)]
    assert [each.returncode for each in ran] == [0, 0, 0], ran[-1].stdout + ran[-1].stderr
    arns = ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"]
    assert len(arns) == 3
    assert f"from an earlier run: {arns[-1]}." in ran[-1].stdout
    assert f"--task-definition={arns[-1]}\n" in ran[-1].stdout
