"""Extends moto's Bedrock: creating, reading and listing guardrails."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.bedrock import urls
from moto.bedrock.exceptions import ResourceNotFoundException
from moto.bedrock.responses import BedrockResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of


class Bedrock(BedrockResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's Bedrock with guardrails, which are ready immediately; their filters are not stored."""

    def create_guardrail(self) -> Any:
        """Create a guardrail."""
        request = json.loads(self.body)
        guardrail = uuid.uuid4().hex[:12]
        guardrail_record = {
            "id": guardrail,
            "arn": f"arn:{self.partition}:bedrock:{self.region}:{self.current_account}:guardrail/{guardrail}",
            "name": request["name"],
            "status": "READY",
            "version": "DRAFT",
            "createdAt": utcnow(),
            "updatedAt": utcnow(),
        }
        self._guardrails[guardrail] = guardrail_record
        return ActionResult(
            {
                "guardrailId": guardrail,
                "guardrailArn": guardrail_record["arn"],
                "version": "DRAFT",
                "createdAt": guardrail_record["createdAt"],
            }
        )

    def create_guardrail_version(self) -> Any:
        """Create a version of a guardrail from its current state."""
        identifier = self.uri_match["guardrailIdentifier"]
        guardrail_record = self._guardrails.get(identifier)
        if guardrail_record is None:
            raise ResourceNotFoundException(f"Guardrail {identifier} is not there.")
        return ActionResult({"guardrailId": guardrail_record["id"], "version": "1"})

    def get_guardrail(self) -> Any:
        """Return the summary members of a guardrail."""
        identifier = self.uri_match["guardrailIdentifier"]
        guardrail_record = self._guardrails.get(identifier)
        if guardrail_record is None:
            raise ResourceNotFoundException(f"Guardrail {identifier} is not there.")
        members = {"id": "guardrailId", "arn": "guardrailArn"}
        return ActionResult({members.get(name, name): value for name, value in guardrail_record.items()})

    def list_guardrails(self) -> Any:
        """Return the guardrails of the region."""
        return ActionResult({"guardrails": list(self._guardrails.values())})

    @property
    def _guardrails(self) -> dict[str, Any]:
        return state_of(self.bedrock_backend, "guardrails")


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(Bedrock, BedrockResponse, urls)
