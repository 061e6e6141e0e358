from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import aioboto3
import botocore.session
from botocore.validate import ParamValidator

from cloud_audit_tui.demo import estate, people
from cloud_audit_tui.demo.accounts import PRODUCTION
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.scan.engine import Engine
from cloud_audit_tui.scan.events import InputNeeded, Result
from cloud_audit_tui.scan.request import Request

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws


async def no_answer(_needed: InputNeeded) -> str:
    return ""


async def found_in(aws: EmbeddedAws, *regions: str) -> list[Finding]:
    engine = Engine(Request(profiles=aws.profiles, regions=list(regions)), os.environ, no_answer)
    return [event.finding async for event in engine.events() if isinstance(event, Result)]


async def test_every_check_passes_fails_and_cannot_look(in_demo: EmbeddedAws) -> None:
    statuses: dict[str, set[Status]] = defaultdict(set)
    denied = set()
    for finding in await found_in(in_demo):
        statuses[finding.check_id].add(finding.status)
        if finding.evidence.get("unread") == "access_denied":
            denied.add(finding.check_id)
    checks = {"aws-sagemaker-001", "aws-sagemaker-002", "aws-sagemaker-003"}
    assert statuses == {check: set(Status) for check in checks}
    assert denied == checks


async def test_several_accounts_and_regions_have_faults(in_demo: EmbeddedAws) -> None:
    findings = await found_in(in_demo, *{site.region for site in estate.SITES})
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    assert len({finding.account_id for finding in failed}) == 3
    assert len({finding.region for finding in failed}) >= 4
    assert 150 <= len({finding.resource_id for finding in findings if finding.resource_id}) <= 250


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


def test_it_is_made_of_requests_that_aws_would_take() -> None:
    session = botocore.session.get_session()
    models = {name: session.get_service_model(name) for name in ("iam", "kms", "sagemaker")}
    made: Counter[str] = Counter()
    faults = []

    def call(_account: str, region: str, service: str, operation: str, **given: Any) -> dict[str, Any]:
        made[operation] += 1
        report = ParamValidator().validate(given, models[service].operation_model(operation).input_shape)
        if report.has_errors():
            faults.append(f"{operation}: {report.generate_report()}")
        key = {"AccessKey": {"AccessKeyId": "AKIA", "SecretAccessKey": "none"}}
        return {
            "KeyMetadata": {"KeyId": "1", "Arn": f"arn:aws:kms:{region}:1:key/1"},
            "CreateAccessKeyResponse": {"CreateAccessKeyResult": key},
        }

    people.enroll(call)
    estate.fill(call)
    assert faults == []
    assert made["CreateNotebookInstance"] >= 15
