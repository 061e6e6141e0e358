"""The members that the product adds to botocore's models reach the clients."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from cloud_audit_tui.aws import service_models
from cloud_audit_tui.aws.service_models import shared_loader
from each_row import each_row
from newest_models import EXTRAS, operations


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", shared_loader())
    return session


def parts(shape: Shape) -> list[Shape]:
    if isinstance(shape, StructureShape):
        return list(shape.members.values())
    if isinstance(shape, ListShape):
        return [shape.member]
    return [shape.key, shape.value] if isinstance(shape, MapShape) else []


def test_every_shape_of_every_operation_can_be_resolved(session: botocore.session.Session) -> None:
    broken = []
    for service, operation in sorted(operations()):
        model = session.get_service_model(service).operation_model(operation)
        waiting = [shape for shape in (model.input_shape, model.output_shape) if shape is not None]
        names: set[str] = set()
        while waiting:
            shape = waiting.pop()
            if shape.name in names:
                continue
            names.add(shape.name)
            try:
                waiting += parts(shape)
            except Exception as error:
                broken.append(f"{service}:{operation} {shape.name}: {error}")
    assert not broken


def test_the_extras_hold_no_documentation() -> None:
    documented = [
        str(path.relative_to(service_models.MODELS))
        for path in service_models.MODELS.glob(f"*/*/{EXTRAS}")
        if "documentation" in json.dumps(json.loads(path.read_text("utf-8")))
    ]
    assert not documented


def test_every_addition_is_newer_than_botocore() -> None:
    plain = botocore.session.Session()
    not_newer = []
    for path in service_models.MODELS.glob(f"*/*/{EXTRAS}"):
        shapes = plain.get_service_model(path.parts[-3])._shape_resolver._shape_map
        changes = json.loads(path.read_text("utf-8"))["merge"]["shapes"]
        not_newer += [
            f"{path.parts[-3]} {shape}.{member}"
            for shape, change in changes.items()
            for member in change.get("members", {})
            if member in shapes.get(shape, {}).get("members", {})
        ]
    assert not not_newer, "botocore has these now: run `python tests/newest_models.py build`"


def test_a_newer_member_is_parsed(session: botocore.session.Session) -> None:
    rows: list[tuple[str, str, list[str]]] = [
        ("bedrock-agentcore-control", "GetAgentRuntime", ["metadataConfiguration", "requireMMDSV2"]),
        ("bedrock-agentcore-control", "GetGateway", ["policyEngineConfiguration", "mode"]),
        ("sagemaker", "DescribeEndpointConfig", ["ProductionVariants", "InstancePools"]),
        ("secretsmanager", "ListSecrets", ["SecretList", "Type"]),
        ("ec2", "GetInstanceMetadataDefaults", ["AccountLevel", "HttpTokensEnforced"]),
        ("rds", "DescribeDBClusters", ["DBClusters", "InternetAccessGatewayEnabled"]),
    ]
    with each_row() as row:
        for service, operation, path in rows:
            with row(operation):
                shape: Any = session.get_service_model(service).operation_model(operation).output_shape
                for name in path:
                    while isinstance(shape, ListShape):
                        shape = shape.member
                    assert name in shape.members, f"{name} is not in {shape.name}"
                    shape = shape.members[name]
