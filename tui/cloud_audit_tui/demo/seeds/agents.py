"""Bedrock and AgentCore in the accounts: the log of model calls, runtimes, memories and gateways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

SERVICE = "bedrock-agentcore-control"


@dataclass(frozen=True)
class Agents:
    """The agents of a region; each part is paired with whether it is configured securely."""

    account: Account
    region: str
    logs: str = ""
    guardrail: str = ""
    runtimes: tuple[tuple[str, bool], ...] = ()
    memories: tuple[tuple[str, bool], ...] = ()
    gateways: tuple[tuple[str, bool], ...] = ()


AGENTS = (
    Agents(
        PRODUCTION,
        "us-east-1",
        logs="/bedrock/invocations",
        guardrail="claims-assistant",
        runtimes=(("claims_assistant", True),),
        memories=(("claims_conversations", True),),
        gateways=(("claims-tools", True),),
    ),
    Agents(
        STAGING,
        "eu-central-1",
        runtimes=(("claims_assistant_preview", False),),
        memories=(("preview_conversations", False),),
        gateways=(("claims-tools-preview", True),),
    ),
    Agents(
        RESEARCH,
        "ap-southeast-2",
        runtimes=(("literature_scout", False),),
        gateways=(("field-sensors", False),),
    ),
)


def fill(at: At) -> None:
    """Create the resources of `AGENTS`."""
    for agents in AGENTS:
        here = at(agents.account, agents.region)
        if agents.logs:
            here(
                "bedrock",
                "PutModelInvocationLoggingConfiguration",
                loggingConfig={
                    "cloudWatchConfig": {
                        "logGroupName": agents.logs,
                        "roleArn": here.role_arn("bedrock-logging"),
                    },
                    "textDataDeliveryEnabled": True,
                },
            )
        if agents.guardrail:
            here(
                "bedrock",
                "CreateGuardrail",
                name=agents.guardrail,
                blockedInputMessaging="This request is not allowed.",
                blockedOutputsMessaging="The answer is not shown, because it is not allowed.",
            )
        _fill(here, agents)


def _fill(here: RegionClient, agents: Agents) -> None:
    for name, good in agents.runtimes:
        container = {"containerUri": f"{here.account.id}.dkr.ecr.{here.region}.amazonaws.com/{name}:1"}
        network: dict[str, Any] = {"networkMode": "PUBLIC"}
        if good:
            inside = {"securityGroups": ["sg-06d3b8e5f1a97c204"], "subnets": ["subnet-0a1f4c7d9e2b36850"]}
            network = {"networkMode": "VPC", "networkModeConfig": inside}
        here(
            SERVICE,
            "CreateAgentRuntime",
            agentRuntimeName=name,
            agentRuntimeArtifact={"containerConfiguration": container},
            networkConfiguration=network,
            roleArn=here.role_arn("agents"),
        )
    for name, good in agents.memories:
        key = {"encryptionKeyArn": here.key} if good else {}
        here(SERVICE, "CreateMemory", name=name, eventExpiryDuration=90, **key)
    for name, good in agents.gateways:
        here(
            SERVICE,
            "CreateGateway",
            name=name,
            roleArn=here.role_arn("agents"),
            protocolType="MCP",
            authorizerType="AWS_IAM" if good else "NONE",
        )
