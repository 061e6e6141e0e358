"""Extends moto's AgentCore: code interpreters, and a runtime's metadataConfiguration."""

from __future__ import annotations

import uuid
from typing import Any

from moto.bedrockagentcorecontrol import urls
from moto.bedrockagentcorecontrol.exceptions import ResourceNotFoundException
from moto.bedrockagentcorecontrol.responses import BedrockAgentCoreControlResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of

_SUMMARY = ("codeInterpreterArn", "codeInterpreterId", "name", "status", "createdAt", "lastUpdatedAt")


class AgentCore(BedrockAgentCoreControlResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's AgentCore with code interpreters, which are ready immediately, and metadataConfiguration."""

    def create_code_interpreter(self) -> Any:
        """Create a code interpreter."""
        request = dict(self.params)
        identifier = f"{request['name']}-{uuid.uuid4().hex[:10]}"
        arn = (
            f"arn:{self.partition}:bedrock-agentcore:{self.region}:{self.current_account}:"
            f"code-interpreter-custom/{identifier}"
        )
        interpreter = {
            "codeInterpreterId": identifier,
            "codeInterpreterArn": arn,
            "status": "READY",
            "createdAt": utcnow(),
            "lastUpdatedAt": utcnow(),
            **{
                member: request[member]
                for member in ("name", "description", "executionRoleArn", "networkConfiguration")
                if member in request
            },
        }
        self._interpreters[identifier] = interpreter
        return ActionResult(interpreter)

    def get_code_interpreter(self) -> Any:
        """Return a code interpreter."""
        return ActionResult(self._interpreter())

    def list_code_interpreters(self) -> Any:
        """Return the custom code interpreters; system ones belong to no account."""
        custom = self._interpreters.values() if self._get_param("type") != "SYSTEM" else ()
        return ActionResult(
            {"codeInterpreterSummaries": [{member: each[member] for member in _SUMMARY} for each in custom]}
        )

    def delete_code_interpreter(self) -> Any:
        """Delete a code interpreter."""
        interpreter = self._interpreter()
        del self._interpreters[interpreter["codeInterpreterId"]]
        return ActionResult({**interpreter, "status": "DELETING"})

    def get_agent_runtime(self) -> Any:
        """Return a runtime with its metadataConfiguration."""
        answer = super().get_agent_runtime()
        required = self._required.get(answer.result["agentRuntimeId"])
        return ActionResult({**answer.result, **({"metadataConfiguration": required} if required else {})})

    def update_agent_runtime(self) -> Any:
        """Replace the configuration of a runtime; moto changes its ARN and never completes the update."""
        runtime = self.backend.get_agent_runtime(self._get_param("agentRuntimeId"))
        arn = runtime.agent_runtime_arn
        answer = super().update_agent_runtime()
        runtime.agent_runtime_arn = arn
        runtime.status = "READY"
        self._required[runtime.agent_runtime_id] = self.params.get("metadataConfiguration")
        return ActionResult({**answer.result, "agentRuntimeArn": arn})

    def update_gateway(self) -> Any:
        """Replace the configuration of a gateway, and complete the update, which moto does not."""
        answer = super().update_gateway()
        self.backend.get_gateway(self._get_param("gatewayIdentifier")).status = "READY"
        return answer

    @property
    def _interpreters(self) -> dict[str, Any]:
        return state_of(self.backend, "interpreters")

    @property
    def _required(self) -> dict[str, Any]:
        return state_of(self.backend, "metadata")

    def _interpreter(self) -> dict[str, Any]:
        identifier = self._get_param("codeInterpreterId")
        interpreter: dict[str, Any] | None = self._interpreters.get(identifier)
        if interpreter is None:
            raise ResourceNotFoundException(f"Code interpreter {identifier} is not there.")
        return interpreter


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(AgentCore, BedrockAgentCoreControlResponse, urls)
