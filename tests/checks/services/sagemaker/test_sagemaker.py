from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from cloud_audit_tui.aws.service_models import shared_loader
from cloud_audit_tui.checks.services.sagemaker import checks
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

_newest = botocore.session.Session()
_newest.register_component("data_loader", shared_loader())
MODEL: Any = _newest.get_service_model("sagemaker")
ROOT, INTERNET, ENCRYPTION = "aws-sagemaker-001", "aws-sagemaker-002", "aws-sagemaker-003"
WHERE = "arn:aws:sagemaker:eu-central-1:111122223333"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::111122223333:role/service-role/hosting"
NOW = datetime(2025, 11, 1, 12, tzinfo=UTC)

EBS = {
    "VariantName": "main",
    "ModelName": "fraud",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
    "InitialVariantWeight": 1.0,
}
LOCAL = {**EBS, "VariantName": "gpu", "InstanceType": "ml.g5.xlarge"}
SERVERLESS = {
    "VariantName": "burst",
    "ModelName": "fraud",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captured/fraud",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
HOSTILE = "[/red]$(reboot)`id`';\"\x1b[31m\u202e\n${path.module}"


class Hosting:
    """Endpoints, configurations and notebook instances, as SageMaker would return them."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self._endpoints: list[dict[str, Any]] = []
        self._notebooks: list[dict[str, Any]] = []
        aws.answer("sagemaker", "ListEndpoints", lambda _: {"Endpoints": self._endpoints})
        aws.answer("sagemaker", "ListNotebookInstances", lambda _: {"NotebookInstances": self._notebooks})

    def endpoint(
        self,
        name: str,
        *variants: dict[str, Any],
        status: str = "InService",
        endpoint: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        tags: list[dict[str, str]] | None = None,
    ) -> None:
        summary = endpoint_summary(name, status)
        self._endpoints.append(summary)
        description = {**summary, "EndpointConfigName": f"{name}-config", **(endpoint or {})}
        self.aws.answer("sagemaker", "DescribeEndpoint", description, EndpointName=name)
        self.aws.answer(
            "sagemaker",
            "DescribeEndpointConfig",
            {
                "EndpointConfigName": f"{name}-config",
                "EndpointConfigArn": f"{WHERE}:endpoint-config/{name}-config",
                "CreationTime": NOW,
                "ProductionVariants": list(variants) or [EBS],
                **(config or {}),
            },
            EndpointConfigName=f"{name}-config",
        )
        if tags is not None:
            arn = f"{WHERE}:endpoint-config/{name}-config"
            self.aws.answer("sagemaker", "ListTags", {"Tags": tags}, ResourceArn=arn)

    def notebook(
        self,
        name: str,
        status: str = "InService",
        tags: list[dict[str, str]] | None = None,
        **members: Any,
    ) -> None:
        summary = notebook_summary(name, status)
        self._notebooks.append(summary)
        response = {**summary, "InstanceType": "ml.t3.medium", "RoleArn": ROLE, **members}
        self.aws.answer("sagemaker", "DescribeNotebookInstance", response, NotebookInstanceName=name)
        if tags is not None:
            arn = f"{WHERE}:notebook-instance/{name}"
            self.aws.answer("sagemaker", "ListTags", {"Tags": tags}, ResourceArn=arn)


def endpoint_summary(name: str, status: str = "InService") -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointArn": f"{WHERE}:endpoint/{name}",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "EndpointStatus": status,
    }


def notebook_summary(name: str, status: str = "InService") -> dict[str, Any]:
    return {
        "NotebookInstanceName": name,
        "NotebookInstanceArn": f"{WHERE}:notebook-instance/{name}",
        "NotebookInstanceStatus": status,
    }


@pytest.fixture
def hosting(aws: Any) -> Hosting:
    return Hosting(aws)


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    assert len({finding.resource_name for finding in findings}) == len(findings)
    return {finding.resource_name: finding for finding in findings}


def shape_errors(operation: str, request: dict[str, Any]) -> str:
    model = MODEL.operation_model(operation)
    report: str = ParamValidator().validate(request, model.input_shape).generate_report()
    return report


class TestEndpointEncryption:
    async def test_an_endpoint_without_a_key_fails_with_all_that_its_replacement_needs(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        members = {
            "DataCaptureConfig": {**CAPTURE, "KmsKeyId": KEY},
            "ExecutionRoleArn": ROLE,
            "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
            "EnableNetworkIsolation": False,
        }
        tags = [{"Key": "team", "Value": "risk"}, {"Key": "aws:cloudformation:stack-id", "Value": "x"}]
        hosting.endpoint("fraud", EBS, config=members, tags=tags)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert finding.severity.value == "medium"
        assert finding.resource_id == f"{WHERE}:endpoint/fraud"
        assert finding.resource_name == "fraud"
        assert finding.resource_type == "AWS::SageMaker::Endpoint"
        assert finding.reason == (
            'Configuration "fraud-config" of endpoint "fraud" names no KMS key, so SageMaker encrypts the '
            'storage of variant "main" (ml.m5.large) with a transient key of its own.'
        )
        assert finding.evidence == {
            "endpoint_name": "fraud",
            "endpoint_arn": f"{WHERE}:endpoint/fraud",
            "endpoint_status": "InService",
            "endpoint_config_name": "fraud-config",
            "endpoint_config_arn": f"{WHERE}:endpoint-config/fraud-config",
            "kms_key_id": "",
            "has_deployment_config": False,
            "create_request": {"ProductionVariants": [EBS], **members},
            "tags": [{"Key": "team", "Value": "risk"}],
            "local_storage_variants": [],
            "variants": [{"name": "main", "instance_type": "ml.m5.large", "shadow": False}],
            "data_capture_kms_key_id": KEY,
        }

    async def test_an_endpoint_with_a_key_passes_and_its_tags_are_not_read(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("fraud", EBS, config={"KmsKeyId": KEY})
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.PASS
        assert KEY in finding.reason
        assert finding.evidence["kms_key_id"] == KEY
        assert hosting.aws.requests("ListTags") == []

    async def test_an_empty_key_is_no_key(self, hosting: Hosting, judge: Judge) -> None:
        hosting.endpoint("fraud", EBS, config={"KmsKeyId": ""}, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL

    async def test_the_key_of_the_volume_is_not_looked_for_in_the_endpoint(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        capture = {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": "s3://captured/fraud",
            "KmsKeyId": KEY,
        }
        hosting.endpoint("fraud", EBS, endpoint={"DataCaptureConfig": capture}, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL

    async def test_only_local_storage_passes_because_it_can_have_no_key(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("vision", LOCAL)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.PASS
        assert finding.reason == (
            'The instance\'s hardware encrypts the local NVMe storage of variant "gpu" (ml.g5.xlarge) of '
            'endpoint "vision", and AWS accepts no KMS key for it.'
        )
        assert finding.evidence["local_storage_variants"] == ["gpu"]

    async def test_local_storage_beside_an_ebs_volume_fails_and_names_what_bars_the_key(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("mixed", EBS, LOCAL, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert finding.evidence["local_storage_variants"] == ["gpu"]
        assert 'the storage of variant "main" (ml.m5.large)' in finding.reason
        assert 'A key cannot be added beside the local NVMe storage of variant "gpu"' in finding.reason

    async def test_a_serverless_endpoint_passes_because_it_has_no_volume(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("burst", SERVERLESS)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.PASS
        assert 'Endpoint "burst" is serverless' in finding.reason
        assert finding.evidence["variants"] == [
            {"name": "burst", "instance_type": "serverless", "shadow": False}
        ]

    async def test_a_serverless_variant_does_not_excuse_an_instance_beside_it(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("both", SERVERLESS, EBS, tags=[])
        hosting.endpoint("neither", SERVERLESS, LOCAL)
        findings = by_name(await judge(ENCRYPTION))
        assert findings["both"].status is Status.FAIL
        assert findings["both"].evidence["local_storage_variants"] == []
        assert findings["neither"].status is Status.PASS
        assert 'no volume behind variant "burst" (serverless)' in findings["neither"].reason

    async def test_a_shadow_variant_counts_like_any_other(self, hosting: Hosting, judge: Judge) -> None:
        hosting.endpoint("shadowed", LOCAL, config={"ShadowProductionVariants": [EBS]}, tags=[])
        hosting.endpoint("barred", EBS, config={"ShadowProductionVariants": [LOCAL]}, tags=[])
        findings = by_name(await judge(ENCRYPTION))
        assert findings["shadowed"].status is Status.FAIL
        assert findings["shadowed"].evidence["variants"] == [
            {"name": "gpu", "instance_type": "ml.g5.xlarge", "shadow": False},
            {"name": "main", "instance_type": "ml.m5.large", "shadow": True},
        ]
        assert findings["shadowed"].evidence["create_request"]["ShadowProductionVariants"] == [EBS]
        assert findings["barred"].status is Status.FAIL
        assert findings["barred"].evidence["local_storage_variants"] == ["gpu"]

    async def test_inference_components_leave_the_model_out_and_are_judged_by_the_instance(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        variant = {
            "VariantName": "pool",
            "InstanceType": "ml.c7i.large",
            "InitialInstanceCount": 1,
            "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 4},
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        }
        hosting.endpoint("components", variant, config={"ExecutionRoleArn": ROLE}, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert finding.evidence["create_request"] == {
            "ProductionVariants": [variant],
            "ExecutionRoleArn": ROLE,
        }

    async def test_a_variant_that_says_nothing_of_its_storage_is_not_assessed(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("dark", {"VariantName": "new"}, LOCAL)
        hosting.endpoint("odd", {**EBS, "InstanceType": "cluster.7"})
        hosting.endpoint("known", {"VariantName": "new"}, EBS, tags=[])
        hosting.endpoint("keyed", {"VariantName": "new"}, config={"KmsKeyId": KEY})
        findings = by_name(await judge(ENCRYPTION))
        assert findings["dark"].status is Status.NOT_ASSESSED
        assert 'cannot tell where the data of variant "new" (no instance type)' in findings["dark"].reason
        assert findings["odd"].status is Status.NOT_ASSESSED
        assert findings["known"].status is Status.FAIL
        assert 'cannot see all settings of variant "new"' in findings["known"].reason
        assert findings["known"].evidence["unknown_storage_variants"] == ["new"]
        assert findings["keyed"].status is Status.PASS

    @pytest.mark.parametrize(
        ("instance_type", "status"), [("ml.m9d.large", Status.PASS), ("ml.m9.large", Status.FAIL)]
    )
    async def test_an_instance_type_newer_than_the_table_is_judged_by_its_name_and_says_so(
        self, hosting: Hosting, judge: Judge, instance_type: str, status: Status
    ) -> None:
        hosting.endpoint("new", {**EBS, "InstanceType": instance_type}, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is status
        assert f"{instance_type} is not among the types that this version knows" in finding.reason
        assert finding.evidence["judged_by_name_variants"] == ["main"]

    async def test_a_key_makes_the_instance_type_irrelevant(self, hosting: Hosting, judge: Judge) -> None:
        variant = {**EBS, "InstanceType": "ml.m9.large"}
        hosting.endpoint("new", variant, config={"KmsKeyId": "alias/models"})
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.PASS
        assert "judged by its name" not in finding.reason

    async def test_captured_data_without_a_key_is_mentioned_and_changes_nothing(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("off", EBS, config={"KmsKeyId": KEY})
        hosting.endpoint(
            "paused",
            EBS,
            config={"KmsKeyId": KEY, "DataCaptureConfig": {**CAPTURE, "EnableCapture": False}},
        )
        hosting.endpoint("default", EBS, config={"KmsKeyId": KEY, "DataCaptureConfig": CAPTURE})
        hosting.endpoint(
            "keyed",
            EBS,
            config={
                "KmsKeyId": KEY,
                "DataCaptureConfig": {**CAPTURE, "EnableCapture": True, "KmsKeyId": KEY},
            },
        )
        findings = by_name(await judge(ENCRYPTION))
        assert {finding.status for finding in findings.values()} == {Status.PASS}
        assert "data_capture_kms_key_id" not in findings["off"].evidence
        assert "data_capture_kms_key_id" not in findings["paused"].evidence
        assert findings["default"].evidence["data_capture_kms_key_id"] == ""
        assert "No KMS key is named for the captured data" in findings["default"].reason
        assert findings["keyed"].evidence["data_capture_kms_key_id"] == KEY
        assert "No KMS key" not in findings["keyed"].reason

    async def test_asynchronous_results_without_a_key_are_mentioned_and_change_nothing(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        output = {"S3OutputPath": "s3://results/fraud"}
        hosting.endpoint(
            "bare", EBS, config={"KmsKeyId": KEY, "AsyncInferenceConfig": {"OutputConfig": output}}
        )
        hosting.endpoint(
            "keyed",
            EBS,
            config={"AsyncInferenceConfig": {"OutputConfig": {**output, "KmsKeyId": KEY}}},
            tags=[],
        )
        findings = by_name(await judge(ENCRYPTION))
        assert findings["bare"].status is Status.PASS
        assert findings["bare"].evidence["async_output_kms_key_id"] == ""
        assert "No KMS key is named for the asynchronous results" in findings["bare"].reason
        assert findings["keyed"].status is Status.FAIL
        assert findings["keyed"].evidence["async_output_kms_key_id"] == KEY

    async def test_core_dumps_without_a_key_are_mentioned_and_change_nothing(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        variant = {**EBS, "CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/fraud"}}
        hosting.endpoint("fraud", variant, config={"KmsKeyId": KEY})
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.PASS
        assert finding.evidence["core_dump_kms_key_ids"] == {"main": ""}
        assert "No KMS key is named for the core dumps" in finding.reason

    @pytest.mark.parametrize(
        ("state", "words"), [("Deleting", "is being deleted"), ("Failed", "lets it only be deleted")]
    )
    async def test_an_endpoint_that_goes_or_has_failed_is_not_assessed(
        self, hosting: Hosting, judge: Judge, state: str, words: str
    ) -> None:
        hosting.endpoint("gone", EBS, status=state)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.NOT_ASSESSED
        assert words in finding.reason
        assert finding.evidence["endpoint_status"] == state
        assert hosting.aws.requests("DescribeEndpointConfig") == []

    async def test_every_other_state_is_judged_by_the_configuration_and_named(
        self, judge: Judge, aws: Any
    ) -> None:
        rows = [
            ("Creating", "still being created"),
            ("Updating", "being updated"),
            ("SystemUpdating", "maintenance"),
            ("RollingBack", "rolling back"),
            ("OutOfService", "takes no requests"),
        ]
        with each_row() as row:
            for state, words in rows:
                with row(state):
                    aws.restart()
                    hosting = Hosting(aws)
                    hosting.endpoint("bare", EBS, status=state, tags=[])
                    hosting.endpoint("keyed", EBS, status=state, config={"KmsKeyId": KEY})
                    findings = by_name(await judge(ENCRYPTION))
                    assert findings["bare"].status is Status.FAIL
                    assert findings["keyed"].status is Status.PASS
                    assert words in findings["bare"].reason
                    assert words in findings["keyed"].reason

    async def test_a_mix_of_configurations_after_a_failed_rollback_is_never_a_pass(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("bare", EBS, status="UpdateRollbackFailed", tags=[])
        hosting.endpoint("keyed", EBS, status="UpdateRollbackFailed", config={"KmsKeyId": KEY})
        findings = by_name(await judge(ENCRYPTION))
        assert findings["bare"].status is Status.FAIL
        assert findings["keyed"].status is Status.NOT_ASSESSED
        assert "instances of another configuration may be running" in findings["keyed"].reason

    async def test_a_configuration_that_is_being_deployed_is_mentioned(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint(
            "moving",
            EBS,
            status="Updating",
            endpoint={
                "PendingDeploymentSummary": {"EndpointConfigName": "next-config"},
                "LastDeploymentConfig": {
                    "RollingUpdatePolicy": {
                        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                        "WaitIntervalInSeconds": 60,
                    }
                },
            },
            tags=[],
        )
        hosting.endpoint(
            "first",
            EBS,
            status="Creating",
            endpoint={"PendingDeploymentSummary": {"EndpointConfigName": "first-config"}},
            tags=[],
        )
        findings = by_name(await judge(ENCRYPTION))
        assert '"next-config" is being deployed' in findings["moving"].reason
        assert findings["moving"].evidence["has_deployment_config"] is True
        assert "is being deployed" not in findings["first"].reason

    async def test_an_endpoint_deleted_since_it_was_listed_is_left_out(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        message = f'Could not find endpoint "{WHERE}:endpoint/gone".'
        aws.answer(
            "sagemaker",
            "DescribeEndpoint",
            aws.refusal("ValidationException", message),
            EndpointName="gone",
        )
        hosting.endpoint("gone", EBS)
        hosting.endpoint("here", EBS, config={"KmsKeyId": KEY})
        assert list(by_name(await judge(ENCRYPTION))) == ["here"]

    async def test_a_configuration_deleted_behind_a_live_endpoint_is_not_assessed_and_says_why(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        message = f'Could not find endpoint configuration "{WHERE}:endpoint-config/orphan-config".'
        aws.answer(
            "sagemaker",
            "DescribeEndpointConfig",
            aws.refusal("ValidationException", message),
            EndpointConfigName="orphan-config",
        )
        hosting.endpoint("orphan", EBS)
        hosting.endpoint("here", EBS, config={"KmsKeyId": KEY})
        findings = by_name(await judge(ENCRYPTION))
        assert findings["here"].status is Status.PASS
        assert findings["orphan"].status is Status.NOT_ASSESSED
        assert 'Configuration "orphan-config" was deleted although endpoint "orphan" still uses it' in (
            findings["orphan"].reason
        )

    async def test_another_refusal_is_not_taken_for_a_missing_endpoint(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        for operation in ("DescribeEndpoint", "DescribeEndpointConfig"):
            aws.answer(
                "sagemaker",
                operation,
                aws.refusal("ValidationException", "1 validation error detected"),
                **{operation.removeprefix("Describe") + "Name": f"odd{'-config' * ('Config' in operation)}"},
            )
        hosting.endpoint("odd", EBS)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.NOT_ASSESSED
        assert "1 validation error detected" in finding.reason

    async def test_an_endpoint_that_names_no_configuration_is_not_assessed(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint("bare", EBS, endpoint={"EndpointConfigName": ""})
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.NOT_ASSESSED
        assert "names no endpoint configuration" in finding.reason

    @pytest.mark.parametrize("operation", ["DescribeEndpoint", "DescribeEndpointConfig"])
    async def test_a_denied_read_costs_that_endpoint_only_and_names_the_permission(
        self, aws: Any, hosting: Hosting, judge: Judge, operation: str
    ) -> None:
        name = {"DescribeEndpoint": "EndpointName", "DescribeEndpointConfig": "EndpointConfigName"}[operation]
        value = {"EndpointName": "closed", "EndpointConfigName": "closed-config"}[name]
        aws.denied("sagemaker", operation, f"{WHERE}:endpoint/closed", **{name: value})
        hosting.endpoint("bare", EBS, tags=[])
        hosting.endpoint("closed", EBS)
        hosting.endpoint("keyed", EBS, config={"KmsKeyId": KEY})
        findings = by_name(await judge(ENCRYPTION))
        assert findings["bare"].status is Status.FAIL
        assert findings["keyed"].status is Status.PASS
        assert findings["closed"].status is Status.NOT_ASSESSED
        assert findings["closed"].resource_id == f"{WHERE}:endpoint/closed"
        assert findings["closed"].evidence == {
            "unread": "access_denied",
            "missing_permission": f"sagemaker:{operation}",
        }

    async def test_denied_tags_do_not_hide_the_failure(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        aws.denied("sagemaker", "ListTags")
        hosting.endpoint("fraud", EBS)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert finding.evidence["tags"] is None

    async def test_a_region_that_may_not_be_listed_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("sagemaker", "ListEndpoints")
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.resource_name == "eu-central-1"
        assert finding.evidence["missing_permission"] == "sagemaker:ListEndpoints"

    async def test_no_endpoints_give_no_findings(self, hosting: Hosting, judge: Judge) -> None:
        assert await judge(ENCRYPTION) == []
        assert len(hosting.aws.requests("ListEndpoints")) == 1

    async def test_every_page_is_judged(self, aws: Any, judge: Judge) -> None:
        names = [f"endpoint-{number:03}" for number in range(25)]
        summaries = [endpoint_summary(name) for name in names]
        pages = [summaries[:10], summaries[10:20], summaries[20:]]
        aws.pages("sagemaker", "ListEndpoints", *pages)
        hosting = Hosting(aws)
        for name in names:
            hosting.endpoint(name, EBS, config={"KmsKeyId": KEY})
        assert sorted(by_name(await judge(ENCRYPTION))) == names
        assert len(aws.requests("ListEndpoints")) == 3

    async def test_what_was_listed_before_a_page_failed_is_judged(self, aws: Any, judge: Judge) -> None:
        aws.answer(
            "sagemaker",
            "ListEndpoints",
            {"Endpoints": [endpoint_summary("first")], "NextToken": "more"},
            NextToken=None,
        )
        aws.denied("sagemaker", "ListEndpoints", NextToken="more")
        Hosting(aws).endpoint("first", EBS, config={"KmsKeyId": KEY})
        findings = by_name(await judge(ENCRYPTION))
        assert findings["first"].status is Status.PASS
        assert findings["eu-central-1"].status is Status.NOT_ASSESSED

    async def test_the_tags_of_every_page_are_carried_over(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        first, second = {"Key": "a", "Value": "1"}, {"Key": "AWS:b", "Value": "2"}
        third = {"Key": "c:aws:", "Value": ""}
        arn = f"{WHERE}:endpoint-config/fraud-config"
        aws.pages("sagemaker", "ListTags", [first, second], [third], ResourceArn=arn)
        hosting.endpoint("fraud", EBS)
        [finding] = await judge(ENCRYPTION)
        assert finding.evidence["tags"] == [first, third]

    async def test_a_throttled_read_is_tried_again(self, aws: Any, hosting: Hosting, judge: Judge) -> None:
        aws.throttled("sagemaker", "DescribeEndpointConfig", times=1)
        hosting.endpoint("fraud", EBS, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert len(aws.requests("DescribeEndpointConfig")) == 2

    async def test_each_region_is_judged_on_its_own(self, aws: Any, judge: Judge) -> None:
        aws.denied("sagemaker", "ListEndpoints", region="us-east-1")
        Hosting(aws).endpoint("fraud", EBS, tags=[])
        findings = await judge(ENCRYPTION, regions=("eu-central-1", "us-east-1"))
        assert {(finding.region, finding.status) for finding in findings} == {
            ("eu-central-1", Status.FAIL),
            ("us-east-1", Status.NOT_ASSESSED),
        }

    async def test_hostile_names_reach_the_evidence_whole_and_the_reason_tame(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        tags = [{"Key": HOSTILE, "Value": HOSTILE}]
        variant = {**EBS, "VariantName": HOSTILE, "ModelName": HOSTILE, "InstanceType": "ml.m5.large"}
        hosting.endpoint("evil", variant, endpoint={"EndpointConfigName": "evil-config"}, tags=tags)
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.FAIL
        assert finding.evidence["tags"] == tags
        assert finding.evidence["create_request"]["ProductionVariants"] == [variant]
        assert json.loads(json.dumps(finding.evidence)) == finding.evidence
        assert not set(finding.reason) & set("\x1b\u202e\n")

    async def test_hostile_endpoint_names_and_instance_types_break_nothing(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.endpoint(HOSTILE, {**EBS, "InstanceType": HOSTILE})
        [finding] = await judge(ENCRYPTION)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.resource_name == HOSTILE
        assert not set(finding.reason) & set("\x1b\u202e\n")

    async def test_many_variants_are_counted_rather_than_listed(self, hosting: Hosting, judge: Judge) -> None:
        variants = [{**EBS, "VariantName": f"v{number}"} for number in range(10)]
        hosting.endpoint("wide", *variants, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert (
            'variants "v0" (ml.m5.large), "v1" (ml.m5.large), "v2" (ml.m5.large) and 7 more' in finding.reason
        )
        assert len(finding.evidence["variants"]) == 10

    async def test_the_request_for_a_new_configuration_is_one_that_aws_takes(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        shap = {"ShapBaselineConfig": {"MimeType": "text/csv", "ShapBaseline": "1,2,3"}}
        hosting.endpoint(
            "full",
            {**EBS, "AcceleratorType": "ml.eia2.medium", "VolumeSizeInGB": 40},
            config={
                "ShadowProductionVariants": [{**EBS, "VariantName": "shadow"}],
                "DataCaptureConfig": CAPTURE,
                "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://results/x"}},
                "ExplainerConfig": {"ClarifyExplainerConfig": {"ShapConfig": shap}},
                "ExecutionRoleArn": ROLE,
                "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
                "EnableNetworkIsolation": True,
                "MetricsConfig": {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10},
                "CrossRegionTrafficConfig": {
                    "MaxInvocationsPerSecondPerInstance": 5,
                    "MaxCrossRegionPercentPerEndpoint": 20,
                },
            },
            tags=[{"Key": "team", "Value": "risk"}],
        )
        [finding] = await judge(ENCRYPTION)
        request = finding.evidence["create_request"]
        assert set(request) == set(checks.CONFIGURATION_MEMBERS)
        assert "AcceleratorType" not in request["ProductionVariants"][0]
        assert request["ProductionVariants"][0]["VolumeSizeInGB"] == 40
        additions = {"EndpointConfigName": "new", "KmsKeyId": KEY, "Tags": finding.evidence["tags"]}
        assert shape_errors("CreateEndpointConfig", {**request, **additions}) == ""

    def test_a_member_that_aws_adds_to_configurations_is_noticed(self) -> None:
        response_members = set(MODEL.operation_model("DescribeEndpointConfig").output_shape.members)
        request_members = set(MODEL.operation_model("CreateEndpointConfig").input_shape.members)
        common = (response_members & request_members) - {"EndpointConfigName", "KmsKeyId", "Tags"}
        assert set(checks.CONFIGURATION_MEMBERS) == common
        assert "KmsKeyId" not in MODEL.operation_model("DescribeEndpoint").output_shape.members

    @pytest.mark.parametrize(
        ("types", "status", "local"),
        [
            (["ml.m5.large", "ml.c5.large"], Status.FAIL, []),
            (["ml.g5.xlarge", "ml.m5.large"], Status.FAIL, ["main"]),
            (["ml.g5.xlarge", "ml.g6.xlarge"], Status.PASS, ["main"]),
        ],
    )
    async def test_every_type_of_an_instance_pool_counts(
        self, hosting: Hosting, judge: Judge, types: list[str], status: Status, local: list[str]
    ) -> None:
        pools = [{"InstanceType": kind, "Priority": place} for place, kind in enumerate(types, 1)]
        variant = {"VariantName": "main", "ModelName": "m", "InstancePools": pools}
        hosting.endpoint("pooled", variant, tags=[])
        [finding] = await judge(ENCRYPTION)
        assert (finding.status, finding.evidence["local_storage_variants"]) == (status, local)
        if status is Status.FAIL:
            assert finding.evidence["create_request"]["ProductionVariants"] == [variant]

    def test_every_documented_state_of_an_endpoint_is_decided(self) -> None:
        states = set(MODEL.shape_for("EndpointStatus").enum)
        assert states == {*checks._ENDPOINT_STATES, "InService", "Deleting", "Failed"}


class TestNotebookRootAccess:
    async def test_root_access_fails_and_disabled_root_access_passes(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.notebook("open", RootAccess="Enabled", NotebookInstanceLifecycleConfigName="setup")
        hosting.notebook("shut", RootAccess="Disabled")
        findings = by_name(await judge(ROOT))
        assert findings["open"].status is Status.FAIL
        assert findings["open"].severity.value == "critical"
        assert findings["open"].resource_id == f"{WHERE}:notebook-instance/open"
        assert findings["open"].resource_type == "AWS::SageMaker::NotebookInstance"
        assert findings["open"].reason == (
            'Users of notebook instance "open" have root access (RootAccess is Enabled).'
        )
        assert findings["open"].evidence == {
            "notebook_name": "open",
            "notebook_arn": f"{WHERE}:notebook-instance/open",
            "status": "InService",
            "root_access": "Enabled",
            "lifecycle_config": "setup",
        }
        assert findings["shut"].status is Status.PASS
        assert findings["shut"].evidence["root_access"] == "Disabled"
        assert findings["shut"].evidence["lifecycle_config"] == ""

    async def test_absent_means_enabled(self, hosting: Hosting, judge: Judge) -> None:
        hosting.notebook("default")
        [finding] = await judge(ROOT)
        assert finding.status is Status.FAIL
        assert "RootAccess is not set, and its default is Enabled" in finding.reason
        assert finding.evidence["root_access"] == "Enabled"

    async def test_a_value_that_this_version_does_not_know_is_not_assessed(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.notebook("odd", RootAccess=HOSTILE)
        [finding] = await judge(ROOT)
        assert finding.status is Status.NOT_ASSESSED
        assert not set(finding.reason) & set("\x1b\u202e\n")


class TestNotebookInternetAccess:
    async def test_direct_access_fails_with_all_that_a_replacement_needs(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.notebook(
            "open",
            tags=[{"Key": "team", "Value": "risk"}, {"Key": "aws:x", "Value": "y"}],
            DirectInternetAccess="Enabled",
            SubnetId="subnet-1",
            SecurityGroups=["sg-1", "sg-2"],
            KmsKeyId=KEY,
            NotebookInstanceLifecycleConfigName="setup",
            VolumeSizeInGB=50,
            AcceleratorTypes=["ml.eia2.medium"],
            DefaultCodeRepository="https://github.com/example/notebooks.git",
            AdditionalCodeRepositories=["more"],
            RootAccess="Disabled",
            PlatformIdentifier="notebook-al2023-v1",
            IpAddressType="ipv4",
            InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
            NetworkInterfaceId="eni-1",
            Url="open.notebook.eu-central-1.sagemaker.aws",
            CreationTime=NOW,
            LastModifiedTime=NOW,
        )
        [finding] = await judge(INTERNET)
        assert finding.status is Status.FAIL
        assert finding.severity.value == "high"
        assert finding.resource_id == f"{WHERE}:notebook-instance/open"
        assert finding.reason == (
            'SageMaker connects notebook instance "open" to the internet directly: DirectInternetAccess '
            "is Enabled."
        )
        assert finding.evidence == {
            "notebook_name": "open",
            "notebook_arn": f"{WHERE}:notebook-instance/open",
            "status": "InService",
            "direct_internet_access": "Enabled",
            "subnet_id": "subnet-1",
            "security_groups": ["sg-1", "sg-2"],
            "create_request": {
                "InstanceType": "ml.t3.medium",
                "RoleArn": ROLE,
                "KmsKeyId": KEY,
                "LifecycleConfigName": "setup",
                "VolumeSizeInGB": 50,
                "DefaultCodeRepository": "https://github.com/example/notebooks.git",
                "AdditionalCodeRepositories": ["more"],
                "RootAccess": "Disabled",
                "PlatformIdentifier": "notebook-al2023-v1",
                "IpAddressType": "ipv4",
                "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
            },
            "tags": [{"Key": "team", "Value": "risk"}],
        }
        additions = {
            "NotebookInstanceName": "new",
            "SubnetId": "subnet-1",
            "SecurityGroupIds": finding.evidence["security_groups"],
            "DirectInternetAccess": "Disabled",
            "Tags": finding.evidence["tags"],
        }
        request = {**finding.evidence["create_request"], **additions}
        assert shape_errors("CreateNotebookInstance", request) == ""

    async def test_disabled_access_passes_and_its_tags_are_not_read(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.notebook("shut", DirectInternetAccess="Disabled", SubnetId="subnet-1")
        [finding] = await judge(INTERNET)
        assert finding.status is Status.PASS
        assert finding.evidence["direct_internet_access"] == "Disabled"
        assert hosting.aws.requests("ListTags") == []

    async def test_absent_means_enabled_and_a_missing_vpc_is_said(
        self, hosting: Hosting, judge: Judge
    ) -> None:
        hosting.notebook("default", tags=[])
        [finding] = await judge(INTERNET)
        assert finding.status is Status.FAIL
        assert "DirectInternetAccess is not set, and its default is Enabled" in finding.reason
        assert "It is in no VPC of this account" in finding.reason
        assert finding.evidence["direct_internet_access"] == "Enabled"
        assert finding.evidence["subnet_id"] == ""
        assert finding.evidence["security_groups"] == []
        assert finding.evidence["tags"] == []

    async def test_denied_tags_do_not_hide_the_failure(
        self, aws: Any, hosting: Hosting, judge: Judge
    ) -> None:
        aws.denied("sagemaker", "ListTags")
        hosting.notebook("open", DirectInternetAccess="Enabled")
        [finding] = await judge(INTERNET)
        assert finding.status is Status.FAIL
        assert finding.evidence["tags"] is None

    def test_aws_has_no_way_to_change_it_on_an_existing_instance(self) -> None:
        changeable = set(MODEL.operation_model("UpdateNotebookInstance").input_shape.members)
        assert not changeable & {"DirectInternetAccess", "SubnetId", "SecurityGroupIds"}
        assert "RootAccess" in changeable

    def test_a_member_that_aws_adds_to_notebook_instances_is_noticed(self) -> None:
        request_members = set(MODEL.operation_model("CreateNotebookInstance").input_shape.members)
        response_members = set(MODEL.operation_model("DescribeNotebookInstance").output_shape.members)
        elsewhere = {
            "NotebookInstanceName",
            "SubnetId",
            "SecurityGroupIds",
            "DirectInternetAccess",
            "Tags",
            "AcceleratorTypes",
        }
        assert set(checks.NOTEBOOK_MEMBERS.values()) == request_members - elsewhere
        assert set(checks.NOTEBOOK_MEMBERS) <= response_members


@pytest.mark.parametrize("check", [ROOT, INTERNET])
class TestBothNotebookChecks:
    async def test_a_setting_outlives_the_state_and_the_state_is_named(
        self, judge: Judge, check: str, aws: Any
    ) -> None:
        rows = [
            ("Pending", "It is starting"),
            ("Stopping", "It is stopping"),
            ("Stopped", "It is stopped"),
            ("Failed", "It has failed"),
            ("Updating", "It is being updated"),
        ]
        with each_row() as row:
            for state, words in rows:
                with row(state):
                    aws.restart()
                    hosting = Hosting(aws)
                    hosting.notebook("open", state, tags=[])
                    hosting.notebook("shut", state, RootAccess="Disabled", DirectInternetAccess="Disabled")
                    findings = by_name(await judge(check))
                    assert findings["open"].status is Status.FAIL
                    assert findings["shut"].status is Status.PASS
                    assert words in findings["open"].reason
                    assert findings["open"].evidence["status"] == state

    async def test_an_instance_that_is_being_deleted_is_not_assessed(
        self, hosting: Hosting, judge: Judge, check: str
    ) -> None:
        hosting.notebook("going", "Deleting", tags=[])
        [finding] = await judge(check)
        assert finding.status is Status.NOT_ASSESSED
        assert "is being deleted" in finding.reason
        assert hosting.aws.requests("ListTags") == []

    async def test_an_instance_deleted_since_it_was_listed_is_left_out(
        self, aws: Any, hosting: Hosting, judge: Judge, check: str
    ) -> None:
        not_there = aws.refusal("ValidationException", "RecordNotFound")
        aws.answer("sagemaker", "DescribeNotebookInstance", not_there, NotebookInstanceName="gone")
        hosting.notebook("gone")
        hosting.notebook("open", tags=[])
        assert list(by_name(await judge(check))) == ["open"]

    async def test_a_denied_read_costs_that_instance_only(
        self, aws: Any, hosting: Hosting, judge: Judge, check: str
    ) -> None:
        aws.denied("sagemaker", "DescribeNotebookInstance", NotebookInstanceName="closed")
        hosting.notebook("closed")
        hosting.notebook("open", tags=[])
        findings = by_name(await judge(check))
        assert findings["open"].status is Status.FAIL
        assert findings["closed"].status is Status.NOT_ASSESSED
        assert findings["closed"].evidence["missing_permission"] == "sagemaker:DescribeNotebookInstance"

    async def test_every_page_is_judged(self, aws: Any, judge: Judge, check: str) -> None:
        names = [f"notebook-{number}" for number in range(5)]
        summaries = [notebook_summary(name) for name in names]
        aws.pages("sagemaker", "ListNotebookInstances", summaries[:2], summaries[2:4], summaries[4:])
        hosting = Hosting(aws)
        for name in names:
            hosting.notebook(name, RootAccess="Disabled", DirectInternetAccess="Disabled")
        assert sorted(by_name(await judge(check))) == names

    async def test_a_throttled_read_is_tried_again(
        self, aws: Any, hosting: Hosting, judge: Judge, check: str
    ) -> None:
        aws.throttled("sagemaker", "DescribeNotebookInstance", times=1)
        hosting.notebook("open", tags=[])
        [finding] = await judge(check)
        assert finding.status is Status.FAIL

    async def test_a_region_that_may_not_be_listed_is_not_assessed(
        self, aws: Any, judge: Judge, check: str
    ) -> None:
        aws.denied("sagemaker", "ListNotebookInstances")
        [finding] = await judge(check)
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "sagemaker:ListNotebookInstances"

    async def test_hostile_names_break_nothing(self, hosting: Hosting, judge: Judge, check: str) -> None:
        hosting.notebook(HOSTILE, tags=[{"Key": HOSTILE, "Value": HOSTILE}])
        [finding] = await judge(check)
        assert finding.status is Status.FAIL
        assert finding.resource_name == HOSTILE
        assert not set(finding.reason) & set("\x1b\u202e\n")


async def test_notebooks_are_described_once_for_both_of_their_checks(hosting: Hosting, judge: Judge) -> None:
    hosting.notebook("open", tags=[])
    findings = await judge(ROOT, INTERNET)
    assert {finding.check_id for finding in findings} == {ROOT, INTERNET}
    assert len(hosting.aws.requests("DescribeNotebookInstance")) == 1
    assert len(hosting.aws.requests("ListNotebookInstances")) == 1


def test_every_documented_state_of_a_notebook_instance_is_decided() -> None:
    states = set(MODEL.shape_for("NotebookInstanceStatus").enum)
    assert states == {*checks._NOTEBOOK_STATES, "InService", "Deleting"}
