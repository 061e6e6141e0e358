from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import aioboto3
import botocore.loaders
import botocore.session
from botocore.validate import ParamValidator

from cloud_audit_tui.demo import bootstrap, seeding
from cloud_audit_tui.demo.accounts import PRODUCTION
from cloud_audit_tui.demo.region_client import region_clients

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws


async def test_endpoints_fill_more_than_a_page(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("sagemaker") as sagemaker:
        first = await sagemaker.list_endpoints(MaxResults=100)
        second = await sagemaker.list_endpoints(MaxResults=100, NextToken=first["NextToken"])
    names = [endpoint["EndpointName"] for page in (first, second) for endpoint in page["Endpoints"]]
    assert len(first["Endpoints"]) == 100
    assert len(set(names)) == len(names) > 100
    assert "NextToken" not in second


async def test_a_configuration_keeps_all_that_it_was_made_with(in_demo: EmbeddedAws) -> None:
    async with aioboto3.Session(profile_name=PRODUCTION.profile).client("sagemaker") as sagemaker:

        async def described(name: str) -> dict[str, Any]:
            config: dict[str, Any] = await sagemaker.describe_endpoint_config(EndpointConfigName=name)
            return config

        encrypted = await described("credit-risk-realtime-2025-03")
        captured = await described("fraud-scoring-us-2025-03")
        asynchronous = await described("image-moderation-async-2025-03")
        shadowed = await described("delivery-eta-2025-03")
        serverless = await described("address-parser-2025-03")
    assert encrypted["KmsKeyId"].startswith(f"arn:aws:kms:us-east-1:{PRODUCTION.id}:key/")
    assert encrypted["EndpointConfigArn"].endswith(":endpoint-config/credit-risk-realtime-2025-03")
    assert captured["DataCaptureConfig"]["InitialSamplingPercentage"] == 20
    assert "S3OutputPath" in asynchronous["AsyncInferenceConfig"]["OutputConfig"]
    assert shadowed["ShadowProductionVariants"][0]["VariantName"] == "candidate"
    assert serverless["ProductionVariants"][0]["ServerlessConfig"]["MemorySizeInMB"] == 4096
    assert not {"KmsKeyId", "DataCaptureConfig", "AsyncInferenceConfig"} & set(serverless)


def something_of(shape: Any, depth: int = 6) -> Any:
    """Return a response of a shape: each list has one element, each text is a word."""
    if shape is None or depth == 0:
        return {}
    if shape.type_name == "structure":
        return {name: something_of(member, depth - 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [something_of(shape.member, depth - 1)]
    kinds = {"string": "10.0.0.0/16 or any other text", "boolean": True, "integer": 1, "long": 1}
    return kinds.get(shape.type_name)


def test_it_is_made_of_requests_that_aws_would_take() -> None:
    session = botocore.session.get_session()
    models: dict[str, Any] = {}
    calls: Counter[str] = Counter()
    faults = []

    def call(account_id: str, region: str, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        calls[f"{service}:{operation}"] += 1
        if service not in models:
            models[service] = session.get_service_model(service)
        about = models[service].operation_model(operation)
        report = ParamValidator().validate(parameters, about.input_shape)
        if report.has_errors():
            faults.append(f"{service}:{operation}: {report.generate_report()}")
        answer: dict[str, Any] = something_of(about.output_shape)
        return answer

    bootstrap.enroll(call)
    at = region_clients(call)
    for step in (*seeding.FIRST, *seeding.REST):
        if step.module.startswith("seeds."):
            step.fill(at)
    assert faults == []
    assert calls["sagemaker:CreateNotebookInstance"] >= 15
    assert len({name.partition(":")[0] for name in calls}) >= 25
