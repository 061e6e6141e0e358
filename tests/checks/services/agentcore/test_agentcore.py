from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import service_model
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.checks.services.agentcore import checks
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

SERVICE = "bedrock-agentcore-control"
INTERPRETER, NETWORK, METADATA, MEMORY, AUTHORIZER, POLICY = (f"aws-agc-00{n}" for n in range(1, 7))
WHERE = "arn:aws:bedrock-agentcore:eu-central-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/agent"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOW = datetime(2025, 11, 1, 12, tzinfo=UTC)
HOSTILE = "[/red]$(reboot)';\x1b[31m"


class Agents:
    """Interpreters, runtimes, memories and gateways, as AgentCore would return them."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.summaries: dict[str, list[dict[str, Any]]] = {}

    def _list(self, operation: str, member: str, summary: dict[str, Any]) -> None:
        if operation not in self.summaries:
            self.summaries[operation] = []
            self.aws.answer(SERVICE, operation, lambda _: {member: self.summaries[operation]})
        self.summaries[operation].append(summary)

    def interpreter(self, name: str, mode: str | None, status: str = "READY") -> None:
        identifier = f"{name}-0123456789"
        summary = {
            "codeInterpreterId": identifier,
            "codeInterpreterArn": f"{WHERE}:code-interpreter-custom/{identifier}",
            "name": name,
            "status": status,
            "createdAt": NOW,
        }
        self._list("ListCodeInterpreters", "codeInterpreterSummaries", summary)
        if mode is not None:
            network = {"networkConfiguration": {"networkMode": mode}, "executionRoleArn": ROLE}
            answer = {**summary, **network, "lastUpdatedAt": NOW}
            self.aws.answer(SERVICE, "GetCodeInterpreter", answer, codeInterpreterId=identifier)

    def runtime(self, name: str, mode: str = "VPC", status: str = "READY", **members: Any) -> None:
        identifier = f"{name}-0123456789"
        summary = {
            "agentRuntimeArn": f"{WHERE}:agent/{identifier}",
            "agentRuntimeId": identifier,
            "agentRuntimeVersion": "3",
            "agentRuntimeName": name,
            "lastUpdatedAt": NOW,
            "status": status,
        }
        self._list("ListAgentRuntimes", "agentRuntimes", {**summary, "description": "an agent"})
        artifact = {
            "containerConfiguration": {"containerUri": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/a:1"}
        }
        answer = {
            **summary,
            "createdAt": NOW,
            "roleArn": ROLE,
            "networkConfiguration": {"networkMode": mode},
            "lifecycleConfiguration": {},
            "agentRuntimeArtifact": artifact,
            "environmentVariables": {"PASSWORD": "hunter2"},
            **members,
        }
        self.aws.answer(SERVICE, "GetAgentRuntime", answer, agentRuntimeId=identifier)

    def memory(self, name: str, status: str = "ACTIVE", **members: Any) -> None:
        identifier = f"{name}-0123456789"
        arn = f"{WHERE}:memory/{identifier}"
        times = {"createdAt": NOW, "updatedAt": NOW}
        self._list("ListMemories", "memories", {"arn": arn, "id": identifier, "status": status, **times})
        memory = {
            "arn": arn,
            "id": identifier,
            "name": name,
            "eventExpiryDuration": 90,
            "status": status,
            **times,
            **members,
        }
        self.aws.answer(SERVICE, "GetMemory", {"memory": memory}, memoryId=identifier)

    def gateway(self, name: str, kind: str = "AWS_IAM", status: str = "READY", **members: Any) -> None:
        identifier = f"{name}-0123456789"
        common = {
            "gatewayId": identifier,
            "name": name,
            "status": status,
            "createdAt": NOW,
            "updatedAt": NOW,
            "authorizerType": kind,
            "protocolType": "MCP",
        }
        self._list("ListGateways", "items", common)
        answer = {**common, "gatewayArn": f"{WHERE}:gateway/{identifier}", "roleArn": ROLE, **members}
        self.aws.answer(SERVICE, "GetGateway", answer, gatewayIdentifier=identifier)


@pytest.fixture
def agents(aws: Any) -> Agents:
    return Agents(aws)


def statuses(findings: list[Finding]) -> dict[str, Status]:
    return {finding.resource_name: finding.status for finding in findings}


async def test_interpreters(agents: Agents, judge: Judge) -> None:
    agents.interpreter("open", "PUBLIC")
    agents.interpreter("boxed", "SANDBOX")
    agents.interpreter("inside", "VPC")
    agents.interpreter("new", "MOON")
    agents.interpreter("gone", "PUBLIC", status="DELETING")
    agents.interpreter("denied", None)
    agents.interpreter("aws.codeinterpreter.v1", "PUBLIC")
    findings = await judge(INTERPRETER)
    assert statuses(findings) == {
        "open": Status.FAIL,
        "boxed": Status.PASS,
        "inside": Status.PASS,
        "new": Status.NOT_ASSESSED,
        "denied": Status.NOT_ASSESSED,
    }
    # AWS's own interpreters cannot be changed, so the check does not list them.
    [request] = agents.aws.requests("ListCodeInterpreters")
    assert request["type"] == "CUSTOM"


async def test_an_interpreter_that_was_deleted_meanwhile_is_left_out(agents: Agents, judge: Judge) -> None:
    agents.interpreter("gone", None)
    agents.aws.answer(SERVICE, "GetCodeInterpreter", agents.aws.refusal("ResourceNotFoundException", "none"))
    assert await judge(INTERPRETER) == []


async def test_runtimes(agents: Agents, judge: Judge) -> None:
    agents.runtime("open", "PUBLIC", metadataConfiguration={"requireMMDSV2": True})
    agents.runtime("inside", metadataConfiguration={"requireMMDSV2": False})
    agents.runtime("old", status="UPDATE_FAILED")
    agents.runtime("gone", "PUBLIC", status="DELETING")
    assert statuses(await judge(NETWORK)) == {
        "open": Status.FAIL,
        "inside": Status.PASS,
        "old": Status.PASS,
    }
    findings = await judge(METADATA)
    assert statuses(findings) == {"open": Status.PASS, "inside": Status.FAIL, "old": Status.FAIL}
    assert "hunter2" not in repr(findings)


async def test_a_runtime_is_read_once_for_both_checks(agents: Agents, judge: Judge) -> None:
    agents.runtime("open", "PUBLIC")
    await judge(NETWORK, METADATA)
    assert len(agents.aws.requests("GetAgentRuntime")) == 1


async def test_memories(agents: Agents, judge: Judge) -> None:
    strategies = [
        {
            "strategyId": "facts-0123456789",
            "name": "facts",
            "type": "SEMANTIC",
            "namespaces": ["/facts/{actorId}"],
        },
        {"strategyId": "own-0123456789", "name": "own", "type": "CUSTOM", "namespaces": ["/own"]},
    ]
    agents.memory("plain", strategies=strategies)
    agents.memory("keyed", encryptionKeyArn=KEY)
    agents.memory("failed", status="FAILED")
    findings = await judge(MEMORY)
    assert statuses(findings) == {"plain": Status.FAIL, "keyed": Status.PASS}
    plain = next(finding for finding in findings if finding.resource_name == "plain")
    assert plain.evidence["strategies"] == [
        {"semanticMemoryStrategy": {"name": "facts", "namespaces": ["/facts/{actorId}"]}}
    ]
    assert plain.evidence["strategies_left_out"] == ["own"]
    assert plain.evidence["event_expiry_days"] == 90


async def test_gateways(agents: Agents, judge: Judge) -> None:
    engine = {"arn": f"{WHERE}:policy-engine/e-0123456789"}
    agents.gateway("open", "NONE")
    agents.gateway("iam", policyEngineConfiguration={**engine, "mode": "ENFORCE"})
    agents.gateway("jwt", "CUSTOM_JWT", policyEngineConfiguration={**engine, "mode": "LOG_ONLY"})
    agents.gateway("known", "AUTHENTICATE_ONLY")
    agents.gateway("new", "TELEPATHY")
    agents.gateway("gone", "NONE", status="DELETING")
    assert statuses(await judge(AUTHORIZER)) == {
        "open": Status.FAIL,
        "iam": Status.PASS,
        "jwt": Status.PASS,
        "known": Status.PASS,
        "new": Status.NOT_ASSESSED,
    }
    findings = await judge(POLICY)
    assert statuses(findings) == {
        "open": Status.FAIL,
        "iam": Status.PASS,
        "jwt": Status.FAIL,
        "known": Status.FAIL,
        "new": Status.FAIL,
    }
    log_only = next(finding for finding in findings if finding.resource_name == "jwt")
    assert log_only.evidence["policy_engine_arn"] == engine["arn"]
    assert "(LOG_ONLY)" in log_only.reason


async def test_a_denied_gateway_is_not_assessed_and_the_others_are_judged(
    agents: Agents, judge: Judge
) -> None:
    agents.aws.denied(SERVICE, "GetGateway", gatewayIdentifier="shut-0123456789")
    agents.gateway("open", "NONE")
    agents.gateway("shut", "NONE")
    for check in (AUTHORIZER, POLICY):
        findings = {finding.resource_name: finding for finding in await judge(check)}
        assert findings["open"].status is Status.FAIL
        assert findings["shut"].status is Status.NOT_ASSESSED


async def test_the_second_page_of_a_list_counts(agents: Agents, judge: Judge) -> None:
    agents.memory("first", encryptionKeyArn=KEY)
    agents.memory("second")
    summaries = agents.summaries["ListMemories"]
    agents.aws._scripts.pop((SERVICE, "ListMemories"))
    agents.aws.pages(SERVICE, "ListMemories", summaries[:1], summaries[1:])
    assert statuses(await judge(MEMORY)) == {"first": Status.PASS, "second": Status.FAIL}


async def test_a_denied_list_is_not_assessed(aws: Any, judge: Judge) -> None:
    rows = [
        (INTERPRETER, "ListCodeInterpreters"),
        (NETWORK, "ListAgentRuntimes"),
        (METADATA, "ListAgentRuntimes"),
        (MEMORY, "ListMemories"),
        (AUTHORIZER, "ListGateways"),
        (POLICY, "ListGateways"),
    ]
    with each_row() as row:
        for check, operation in rows:
            with row(check):
                aws.restart()
                aws.denied(SERVICE, operation)
                [finding] = await judge(check)
                assert finding.status is Status.NOT_ASSESSED
                assert finding.evidence["missing_permission"].endswith(f":{operation}")


async def test_a_hostile_name_stays_text(agents: Agents, judge: Judge) -> None:
    agents.gateway("x", "NONE")
    agents.summaries["ListGateways"][0]["name"] = HOSTILE
    [finding] = await judge(AUTHORIZER)
    assert finding.resource_name == HOSTILE
    assert "\x1b" not in finding.reason


async def test_what_an_update_has_to_send_back_is_named_and_no_value_is_kept(
    agents: Agents, judge: Judge
) -> None:
    agents.runtime(
        "open",
        "PUBLIC",
        environmentVariables={"PASSWORD_NAME": "hunter2"},
        allowedPorts=[{"port": 8081}],
        networkConfiguration={"networkMode": "PUBLIC"},
    )
    [finding] = await judge(NETWORK)
    assert {"allowedPorts", "environmentVariables", "containerUri"} <= set(finding.evidence["carried"])
    assert finding.evidence["not_carried"] == []
    assert "PASSWORD_NAME" not in finding.evidence["carried"]
    assert "hunter2" not in str(finding.evidence)


def test_every_member_that_an_update_takes_is_sent_back() -> None:
    model = service_model(SERVICE)
    for read, update, members, facts in (
        ("GetAgentRuntime", "UpdateAgentRuntime", checks.RUNTIME_MEMBERS, checks.RUNTIME_FACTS),
        ("GetGateway", "UpdateGateway", checks.GATEWAY_MEMBERS, checks.GATEWAY_FACTS),
    ):
        response_members = set(model.operation_model(read).output_shape.members)
        request_members = set(model.operation_model(update).input_shape.members)
        assert response_members & request_members - facts == members
        assert response_members - request_members <= facts
        template = explanation("aws-agc-003" if "Runtime" in read else "aws-agc-006").cli
        assert all(
            f"{{{member}: {member}}}" in template or f"{member}: {member}" in template for member in members
        )
