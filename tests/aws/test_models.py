"""The members that the product adds to botocore's models: there, right, and still needed."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from cloud_audit_tui.aws import sessions

ADDED = [
    ("bedrock-agentcore-control", "GetAgentRuntime", "metadataConfiguration", ["requireMMDSV2"]),
    ("bedrock-agentcore-control", "GetGateway", "policyEngineConfiguration", ["arn", "mode"]),
]


def output(session: botocore.session.Session, service: str, operation: str) -> Any:
    return session.get_service_model(service).operation_model(operation).output_shape


@pytest.mark.parametrize(("service", "operation", "member", "inside"), ADDED)
def test_the_member_is_added(service: str, operation: str, member: str, inside: list[str]) -> None:
    session = botocore.session.Session()
    session.register_component("data_loader", sessions._loader())
    assert list(output(session, service, operation).members[member].members) == inside


@pytest.mark.parametrize(("service", "operation", "member", "inside"), ADDED)
def test_botocore_does_not_have_it_yet(service: str, operation: str, member: str, inside: list[str]) -> None:
    shape = output(botocore.session.Session(), service, operation)
    assert member not in shape.members, (
        f"botocore knows {operation}.{member} now: take it out of aws/models and of this list"
    )


def test_every_added_member_is_listed_here() -> None:
    extras = sorted(sessions.MODELS.glob("*/*/service-2.sdk-extras.json"))
    added = {
        (path.parts[-3], shape.removesuffix("Response"), member)
        for path in extras
        for shape, change in json.loads(path.read_text("utf-8"))["merge"]["shapes"].items()
        if shape.endswith("Response")
        for member in change["members"]
    }
    assert added == {row[:3] for row in ADDED}
