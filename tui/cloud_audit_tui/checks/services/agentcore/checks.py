"""Amazon Bedrock AgentCore: networks, keys and authorizers of its resources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

INTERPRETER_TYPE = "AWS::BedrockAgentCore::CodeInterpreterCustom"
RUNTIME_TYPE = "AWS::BedrockAgentCore::Runtime"
MEMORY_TYPE = "AWS::BedrockAgentCore::Memory"
GATEWAY_TYPE = "AWS::BedrockAgentCore::Gateway"

SERVICE = "bedrock-agentcore-control"
GONE = frozenset({"CREATE_FAILED", "DELETED", "DELETING", "FAILED"})
"""States of a resource that was deleted, is being deleted, or was never created."""
MISSING = "ResourceNotFoundException"
AWS_OWNED_PREFIX = "aws."
"""The prefix of the IDs of interpreters that AWS owns, such as ``aws.codeinterpreter.v1``."""

BUILT_IN_STRATEGIES = {
    "SEMANTIC": "semanticMemoryStrategy",
    "SUMMARIZATION": "summaryMemoryStrategy",
    "USER_PREFERENCE": "userPreferenceMemoryStrategy",
    "EPISODIC": "episodicMemoryStrategy",
}
"""Strategies of GetMemory that hold no prompts, and their members in CreateMemory."""

RUNTIME_MEMBERS = frozenset(
    {
        "agentRuntimeArtifact",
        "allowedPorts",
        "authorizerConfiguration",
        "capacityProviderConfiguration",
        "description",
        "environmentVariables",
        "filesystemConfigurations",
        "hooksConfiguration",
        "lifecycleConfiguration",
        "metadataConfiguration",
        "networkConfiguration",
        "platformVersion",
        "protocolConfiguration",
        "requestHeaderConfiguration",
        "resourceConfigurations",
        "roleArn",
    }
)
"""Members of GetAgentRuntime that UpdateAgentRuntime accepts, and that the remediations send back."""

RUNTIME_FACTS = frozenset(
    {
        "agentRuntimeArn",
        "agentRuntimeId",
        "agentRuntimeName",
        "agentRuntimeVersion",
        "createdAt",
        "failureReason",
        "lastUpdatedAt",
        "status",
        "workloadIdentityDetails",
    }
)
"""Members of GetAgentRuntime that are not settings."""

GATEWAY_MEMBERS = frozenset(
    {
        "authorizerConfiguration",
        "authorizerType",
        "customTransformConfiguration",
        "description",
        "domainOverride",
        "exceptionLevel",
        "interceptorConfigurations",
        "kmsKeyArn",
        "name",
        "policyEngineConfiguration",
        "protocolConfiguration",
        "protocolType",
        "roleArn",
        "wafConfiguration",
    }
)
"""Members of GetGateway that UpdateGateway accepts, and that the remediations send back."""

GATEWAY_FACTS = frozenset(
    {
        "createdAt",
        "gatewayArn",
        "gatewayId",
        "gatewayUrl",
        "status",
        "statusReasons",
        "updatedAt",
        "webAclArn",
        "workloadIdentityDetails",
    }
)
"""Members of GetGateway that are not settings; AWS WAF associates a web ACL, and it stays."""

FREE_KEYS = frozenset({"environmentVariables"})
"""Members that are maps with the customer's keys, which are not names of settings."""


@check(
    "aws-agc-001",
    reads=[f"{SERVICE}:ListCodeInterpreters", f"{SERVICE}:GetCodeInterpreter"],
)
def interpreter_network(region: Region) -> Verdicts:
    """Fail a custom code interpreter whose sandbox reaches the internet.

    Source: GetCodeInterpreter.networkConfiguration.networkMode PUBLIC; SANDBOX and VPC pass. Only
    interpreters of type CUSTOM are listed: AWS owns those of type SYSTEM, which cannot be changed; other
    scanners list both. The list has no network mode, so each one is read. One that is being deleted, or whose
    creation failed, gives no verdict.
    """
    return _verdicts(
        region, "ListCodeInterpreters", _interpreter, partial(_judge_interpreter, region), type="CUSTOM"
    )


@check("aws-agc-002", reads=[f"{SERVICE}:ListAgentRuntimes", f"{SERVICE}:GetAgentRuntime"])
def runtime_network(region: Region) -> Verdicts:
    """Fail an agent runtime whose network mode is PUBLIC.

    Source: GetAgentRuntime.networkConfiguration.networkMode of the latest version, which the DEFAULT endpoint
    serves. An endpoint of the customer's own may be pinned to an older version, which is not read. PUBLIC
    concerns what the agent can reach; its authorizer decides who may call it.
    """
    return _verdicts(region, "ListAgentRuntimes", _runtime, partial(_judge_runtime_network, region))


@check("aws-agc-003", reads=[f"{SERVICE}:ListAgentRuntimes", f"{SERVICE}:GetAgentRuntime"])
def runtime_metadata(region: Region) -> Verdicts:
    """Fail an agent runtime that does not require version 2 of the microVM's metadata service.

    Source: GetAgentRuntime.metadataConfiguration.requireMMDSV2 of the latest version; absent and false both
    fail, since AWS documents that true enables the requirement. The member is newer than the model of the
    botocore that this version is built on and is added to it by ``aws/models``.
    """
    return _verdicts(region, "ListAgentRuntimes", _runtime, partial(_judge_runtime_metadata, region))


@check("aws-agc-004", reads=[f"{SERVICE}:ListMemories", f"{SERVICE}:GetMemory"], identified_by_judging=True)
def memory_key(region: Region) -> Verdicts:
    """Fail an AgentCore memory that names no KMS key.

    Source: GetMemory.memory.encryptionKeyArn; without it AWS encrypts with a key of its own. The list lacks
    the member. UpdateMemory accepts no key, so a new memory has to carry the settings over. The script reads
    them when it runs, because descriptions and instructions are marked as sensitive and stay out of the
    evidence, which names the settings to carry over (``carried``). Strategies with overrides hold prompts, so
    the evidence only names them.
    """
    return _verdicts(region, "ListMemories", _memory, partial(_judge_memory, region))


@check("aws-agc-005", reads=[f"{SERVICE}:ListGateways", f"{SERVICE}:GetGateway"], identified_by_judging=True)
def gateway_authorizer(region: Region) -> Verdicts:
    """Fail a gateway without an authorizer: authorizerType NONE.

    Source: GetGateway.authorizerType. CUSTOM_JWT and AWS_IAM pass. So does AUTHENTICATE_ONLY, in which the
    caller is authenticated and the gateway's policy engine or targets decide what the caller may do. The list
    has the type too, but aws-agc-006 reads GetGateway anyway.
    """
    return _verdicts(region, "ListGateways", partial(_gateway, region), partial(_judge_authorizer, region))


@check("aws-agc-006", reads=[f"{SERVICE}:ListGateways", f"{SERVICE}:GetGateway"], identified_by_judging=True)
def gateway_policy(region: Region) -> Verdicts:
    """Fail a gateway without a policy engine that enforces its policies.

    Source: GetGateway.policyEngineConfiguration.mode: ENFORCE passes. LOG_ONLY evaluates the policies and
    admits every call, and without an engine there are no policies. The member is newer than the model of the
    botocore that this version is built on and is added to it by ``aws/models``.
    """
    return _verdicts(region, "ListGateways", partial(_gateway, region), partial(_judge_policy, region))


def _verdicts(
    region: Region,
    operation: str,
    resource_of: Callable[[Any], Resource],
    judge_one: Callable[[Any], Awaitable[Verdict | None]],
    **params: Any,
) -> Verdicts:
    return region.judge(region.items(SERVICE, operation, **params), resource_of, judge_one)


def _interpreter(summary: Item) -> Resource:
    identifier = str(summary.get("codeInterpreterId") or "")
    return Resource(
        str(summary.get("codeInterpreterArn") or identifier),
        str(summary.get("name") or identifier),
        INTERPRETER_TYPE,
    )


def _runtime(summary: Item) -> Resource:
    identifier = str(summary.get("agentRuntimeId") or "")
    return Resource(
        str(summary.get("agentRuntimeArn") or identifier),
        str(summary.get("agentRuntimeName") or identifier),
        RUNTIME_TYPE,
    )


def _memory(summary: Item) -> Resource:
    identifier = str(summary.get("id") or "")
    return Resource(str(summary.get("arn") or identifier), identifier, MEMORY_TYPE)


def _gateway(region: Region, summary: Item) -> Resource:
    identifier = str(summary.get("gatewayId") or "")
    arn = region.arn("bedrock-agentcore", f"gateway/{identifier}")
    return Resource(arn, str(summary.get("name") or identifier), GATEWAY_TYPE)


async def _judge_interpreter(region: Region, summary: Item) -> Verdict | None:
    resource = _interpreter(summary)
    identifier = str(summary.get("codeInterpreterId") or "")
    if identifier.startswith(AWS_OWNED_PREFIX):
        return None
    response = await region.find(
        SERVICE, "GetCodeInterpreter", absent={MISSING}, codeInterpreterId=identifier
    )
    if response is None or response.get("status") in GONE:
        return None
    network = response.get("networkConfiguration") or {}
    mode = str(network.get("networkMode") or "")
    evidence = {
        "interpreter_id": identifier,
        "network_mode": mode,
        "execution_role_arn": str(response.get("executionRoleArn") or ""),
        "certificates": response.get("certificates") or [],
        "file_systems": len(response.get("filesystemConfigurations") or []),
    }
    what = f"Code interpreter {in_quotes(resource.name)}"
    if mode == "PUBLIC":
        reason = f"{what} reaches the internet: its network mode is PUBLIC."
        return Verdict(Status.FAIL, resource, reason, evidence)
    return _known_mode(resource, what, mode, {"SANDBOX", "VPC"}, evidence)


async def _judge_runtime_network(region: Region, summary: Item) -> Verdict | None:
    resource = _runtime(summary)
    runtime = await _described_runtime(region, summary)
    if runtime is None:
        return None
    evidence = _runtime_facts(summary, runtime)
    mode = evidence["network_mode"]
    what = f"Agent runtime {in_quotes(resource.name)}"
    if mode == "PUBLIC":
        reason = f"{what} reaches the internet past your VPC: its network mode is PUBLIC."
        return Verdict(Status.FAIL, resource, reason, evidence)
    return _known_mode(resource, what, mode, {"VPC"}, evidence)


async def _judge_runtime_metadata(region: Region, summary: Item) -> Verdict | None:
    resource = _runtime(summary)
    runtime = await _described_runtime(region, summary)
    if runtime is None:
        return None
    evidence = _runtime_facts(summary, runtime)
    what = f"Agent runtime {in_quotes(resource.name)}"
    if evidence["require_mmdsv2"] is True:
        reason = f"{what} accepts version 2 of its metadata service only."
        return Verdict(Status.PASS, resource, reason, evidence)
    why = "is not set" if evidence["require_mmdsv2"] is None else "is false"
    reason = f"{what} answers version 1 of its metadata service too: requireMMDSV2 {why}."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _described_runtime(region: Region, summary: Item) -> Item | None:
    """Return a runtime, or ``None`` when it was deleted or its creation failed."""
    identifier = str(summary.get("agentRuntimeId") or "")
    response = await region.find(SERVICE, "GetAgentRuntime", absent={MISSING}, agentRuntimeId=identifier)
    return None if response is None or response.get("status") in GONE else response


def _runtime_facts(summary: Item, runtime: Item) -> Item:
    """Return what the remediation needs; environment variables may hold secrets and are left out."""
    container = (runtime.get("agentRuntimeArtifact") or {}).get("containerConfiguration") or {}
    return {
        "runtime_id": str(summary.get("agentRuntimeId") or ""),
        "runtime_name": str(runtime.get("agentRuntimeName") or ""),
        "runtime_version": str(runtime.get("agentRuntimeVersion") or ""),
        "status": str(runtime.get("status") or ""),
        "network_mode": str((runtime.get("networkConfiguration") or {}).get("networkMode") or ""),
        "require_mmdsv2": (runtime.get("metadataConfiguration") or {}).get("requireMMDSV2"),
        "container_uri": str(container.get("containerUri") or ""),
        "role_arn": str(runtime.get("roleArn") or ""),
        **_settings(runtime, RUNTIME_MEMBERS, RUNTIME_FACTS),
    }


def _settings(description: Item, members: frozenset[str], facts: frozenset[str]) -> Item:
    """Return what an update has to send back, because it replaces the whole configuration.

    ``settings`` are the members that are set; ``carried`` the names in them at any depth, which a script has
    to find in the response of the user's AWS CLI; ``not_carried`` the members that this version does not send
    back.
    """
    settings = {
        name: value
        for name, value in description.items()
        if name not in facts and value not in (None, "", [], {})
    }
    return {
        "settings": sorted(settings),
        "carried": sorted(_names({name: value for name, value in settings.items() if name in members})),
        "not_carried": sorted(set(settings) - members),
    }


def _names(value: Any) -> set[str]:
    """Return the names of all set members of a structure, except the customer's keys."""
    if isinstance(value, list):
        return {name for each in value for name in _names(each)}
    if not isinstance(value, dict):
        return set()
    own_names = {name for name, inner in value.items() if inner not in (None, "", [], {})}
    return own_names | {
        below for name, inner in value.items() if name not in FREE_KEYS for below in _names(inner)
    }


async def _judge_memory(region: Region, summary: Item) -> Verdict | None:
    identifier = str(summary.get("id") or "")
    answer = await region.find(SERVICE, "GetMemory", absent={MISSING}, memoryId=identifier)
    memory = (answer or {}).get("memory") or {}
    if not memory or memory.get("status") in GONE:
        return None
    name = str(memory.get("name") or identifier)
    resource = Resource(_memory(summary).id, name, MEMORY_TYPE)
    key = str(memory.get("encryptionKeyArn") or "")
    what = f"Memory {in_quotes(name)}"
    strategies = memory.get("strategies") or []
    evidence = {
        "memory_id": identifier,
        "memory_name": name,
        "encryption_key_arn": key,
        "event_expiry_days": int(memory.get("eventExpiryDuration") or 0),
        "execution_role_arn": str(memory.get("memoryExecutionRoleArn") or ""),
        "strategies": [
            {BUILT_IN_STRATEGIES[strategy["type"]]: _strategy(strategy)}
            for strategy in strategies
            if strategy.get("type") in BUILT_IN_STRATEGIES
        ],
        "strategies_left_out": [
            str(strategy.get("name") or "")
            for strategy in strategies
            if strategy.get("type") not in BUILT_IN_STRATEGIES
        ],
        "indexed_keys": [
            {"key": str(indexed.get("key") or ""), "type": str(indexed.get("type") or "")}
            for indexed in memory.get("indexedKeys") or []
        ],
        "carried": _carried_of_memory(memory),
        "managed_by": str(memory.get("managedByResourceArn") or ""),
    }
    if key:
        return Verdict(Status.PASS, resource, f"{what} is encrypted with KMS key {in_quotes(key)}.", evidence)
    reason = f"{what} names no KMS key, so AWS encrypts it with a key of its own."
    return Verdict(Status.FAIL, resource, reason, evidence)


def _strategy(item: Item) -> Item:
    """Return a strategy's name and namespaces; AWS gives the latter under an old and a new name."""
    strategy: Item = {"name": str(item.get("name") or "")}
    if namespaces := item.get("namespaceTemplates") or item.get("namespaces"):
        strategy["namespaces"] = [str(namespace) for namespace in namespaces]
    return strategy


def _carried_of_memory(memory: Item) -> list[str]:
    """Return the names of members that the request for a new memory must have."""
    carried = {
        name
        for name in ("description", "indexedKeys", "namespaceKeys", "streamDeliveryResources")
        if memory.get(name)
    }
    for strategy in memory.get("strategies") or []:
        if (kind := BUILT_IN_STRATEGIES.get(str(strategy.get("type") or ""))) is None:
            continue
        carried.add(kind)
        if strategy.get("memoryRecordSchema"):
            carried.add("memoryRecordSchema")
        if strategy.get("recordExpiryDurationDays"):
            carried.add("recordExpirySpecification")
        if ((strategy.get("configuration") or {}).get("reflection") or {}).get(
            "episodicReflectionConfiguration"
        ):
            carried.add("reflectionConfiguration")
    return sorted(carried)


async def _judge_authorizer(region: Region, summary: Item) -> Verdict | None:
    gateway = await _described_gateway(region, summary)
    if gateway is None:
        return None
    resource = _gateway(region, summary)
    evidence = _gateway_facts(summary, gateway)
    kind = evidence["authorizer_type"]
    what = f"Gateway {in_quotes(resource.name)}"
    if kind == "NONE":
        reason = f"{what} has no authorizer: anyone who knows its URL can call its tools."
        return Verdict(Status.FAIL, resource, reason, evidence)
    if kind in {"CUSTOM_JWT", "AWS_IAM", "AUTHENTICATE_ONLY"}:
        return Verdict(Status.PASS, resource, f"{what} authenticates its callers ({kind}).", evidence)
    reason = f"{what} has an authorizer that this version does not know: {in_quotes(kind)}."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


async def _judge_policy(region: Region, summary: Item) -> Verdict | None:
    gateway = await _described_gateway(region, summary)
    if gateway is None:
        return None
    resource = _gateway(region, summary)
    evidence = _gateway_facts(summary, gateway)
    mode = evidence["policy_mode"]
    what = f"Gateway {in_quotes(resource.name)}"
    if mode == "ENFORCE":
        reason = f"{what} enforces the policies of its policy engine."
        return Verdict(Status.PASS, resource, reason, evidence)
    if not evidence["policy_engine_arn"] and not mode:
        reason = f"{what} has no policy engine: every caller can use every tool."
    elif mode == "LOG_ONLY":
        reason = f"{what} only logs the decisions of its policies (LOG_ONLY), and admits every call."
    else:
        reason = f"{what} does not enforce its policies: the mode is {in_quotes(mode)}."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _described_gateway(region: Region, summary: Item) -> Item | None:
    """Return a gateway, or ``None`` when it was deleted or its creation failed."""
    identifier = str(summary.get("gatewayId") or "")
    response = await region.find(SERVICE, "GetGateway", absent={MISSING}, gatewayIdentifier=identifier)
    return None if response is None or response.get("status") in GONE else response


def _gateway_facts(summary: Item, gateway: Item) -> Item:
    engine = gateway.get("policyEngineConfiguration") or {}
    return {
        "gateway_id": str(summary.get("gatewayId") or ""),
        "gateway_name": str(gateway.get("name") or ""),
        "status": str(gateway.get("status") or ""),
        "authorizer_type": str(gateway.get("authorizerType") or ""),
        "protocol_type": str(gateway.get("protocolType") or ""),
        "role_arn": str(gateway.get("roleArn") or ""),
        "policy_engine_arn": str(engine.get("arn") or ""),
        "policy_mode": str(engine.get("mode") or ""),
        **_settings(gateway, GATEWAY_MEMBERS, GATEWAY_FACTS),
    }


def _known_mode(resource: Resource, what: str, mode: str, passing: set[str], evidence: Item) -> Verdict:
    if mode in passing:
        return Verdict(Status.PASS, resource, f"{what} has network mode {mode}.", evidence)
    reason = f"{what} has a network mode that this version does not know: {in_quotes(mode)}."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
