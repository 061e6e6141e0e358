"""Writes requests of the AWS API as arguments and blocks of Terraform's AWS provider.

The tables name the arguments of `aws_sagemaker_endpoint_configuration` and `aws_sagemaker_notebook_instance`.
A setting without an argument is reported by `inexpressible`, never dropped silently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.remediation.cli_options import is_significant
from cloud_audit_tui.remediation.quoting import Language, Quoted
from cloud_audit_tui.remediation.terraform.quoting import hcl_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Block:
    """A block of the provider: its name, and its arguments by the API's members.

    ``required`` holds the members that the provider requires and the API does not.
    """

    name: str
    members: Mapping[str, str | Block]
    required: frozenset[str] = field(default=frozenset())


def _variant(name: str, core_dump_required: frozenset[str]) -> Block:
    return Block(
        name,
        {
            "VariantName": "variant_name",
            "ModelName": "model_name",
            "InitialInstanceCount": "initial_instance_count",
            "InstanceType": "instance_type",
            "InitialVariantWeight": "initial_variant_weight",
            "AcceleratorType": "accelerator_type",
            "VolumeSizeInGB": "volume_size_in_gb",
            "ModelDataDownloadTimeoutInSeconds": "model_data_download_timeout_in_seconds",
            "ContainerStartupHealthCheckTimeoutInSeconds": (
                "container_startup_health_check_timeout_in_seconds"
            ),
            "EnableSSMAccess": "enable_ssm_access",
            "InferenceAmiVersion": "inference_ami_version",
            "CapacityReservationConfig": Block(
                "capacity_reservation_config",
                {
                    "CapacityReservationPreference": "capacity_reservation_preference",
                    "MlReservationArn": "ml_reservation_arn",
                },
            ),
            "CoreDumpConfig": Block(
                "core_dump_config",
                {"DestinationS3Uri": "destination_s3_uri", "KmsKeyId": "kms_key_id"},
                core_dump_required,
            ),
            "ManagedInstanceScaling": Block(
                "managed_instance_scaling",
                {
                    "Status": "status",
                    "MinInstanceCount": "min_instance_count",
                    "MaxInstanceCount": "max_instance_count",
                },
            ),
            "RoutingConfig": Block("routing_config", {"RoutingStrategy": "routing_strategy"}),
            "ServerlessConfig": Block(
                "serverless_config",
                {
                    "MaxConcurrency": "max_concurrency",
                    "MemorySizeInMB": "memory_size_in_mb",
                    "ProvisionedConcurrency": "provisioned_concurrency",
                },
            ),
        },
    )


ENDPOINT_CONFIGURATION: Mapping[str, str | Block] = {
    "ExecutionRoleArn": "execution_role_arn",
    "ProductionVariants": _variant("production_variants", frozenset()),
    "ShadowProductionVariants": _variant("shadow_production_variants", frozenset({"KmsKeyId"})),
    "DataCaptureConfig": Block(
        "data_capture_config",
        {
            "EnableCapture": "enable_capture",
            "InitialSamplingPercentage": "initial_sampling_percentage",
            "DestinationS3Uri": "destination_s3_uri",
            "KmsKeyId": "kms_key_id",
            "CaptureOptions": Block("capture_options", {"CaptureMode": "capture_mode"}),
            "CaptureContentTypeHeader": Block(
                "capture_content_type_header",
                {"CsvContentTypes": "csv_content_types", "JsonContentTypes": "json_content_types"},
            ),
        },
    ),
    "AsyncInferenceConfig": Block(
        "async_inference_config",
        {
            "ClientConfig": Block(
                "client_config",
                {"MaxConcurrentInvocationsPerInstance": "max_concurrent_invocations_per_instance"},
            ),
            "OutputConfig": Block(
                "output_config",
                {
                    "S3OutputPath": "s3_output_path",
                    "S3FailurePath": "s3_failure_path",
                    "KmsKeyId": "kms_key_id",
                    "NotificationConfig": Block(
                        "notification_config",
                        {
                            "SuccessTopic": "success_topic",
                            "ErrorTopic": "error_topic",
                            "IncludeInferenceResponseIn": "include_inference_response_in",
                        },
                    ),
                },
                frozenset({"S3OutputPath"}),
            ),
        },
    ),
}

NOTEBOOK_INSTANCE: Mapping[str, str | Block] = {
    "NotebookInstanceName": "name",
    "InstanceType": "instance_type",
    "RoleArn": "role_arn",
    "KmsKeyId": "kms_key_id",
    "LifecycleConfigName": "lifecycle_config_name",
    "VolumeSizeInGB": "volume_size",
    "DefaultCodeRepository": "default_code_repository",
    "AdditionalCodeRepositories": "additional_code_repositories",
    "PlatformIdentifier": "platform_identifier",
    "RootAccess": "root_access",
    "DirectInternetAccess": "direct_internet_access",
    "SubnetId": "subnet_id",
    "SecurityGroupIds": "security_groups",
    "InstanceMetadataServiceConfiguration": Block(
        "instance_metadata_service_configuration",
        {"MinimumInstanceMetadataServiceVersion": "minimum_instance_metadata_service_version"},
    ),
}

RESOURCES: Mapping[str, Mapping[str, str | Block]] = {
    "aws_sagemaker_endpoint_configuration": ENDPOINT_CONFIGURATION,
    "aws_sagemaker_notebook_instance": NOTEBOOK_INSTANCE,
}


def arguments(resource: str, request: Mapping[str, Any]) -> Quoted:
    """Return the lines of a resource's body for a request, indented by two; raises `QuotingError`."""
    return Quoted("\n".join(_lines(RESOURCES[resource], request, 2)).strip(), Language.HCL)


def inexpressible(resource: str, request: Mapping[str, Any]) -> list[str]:
    """Return the settings, as dotted paths of the API, that the provider has no argument for."""
    return list(_inexpressible(RESOURCES[resource], request, ""))


def variable(name: str) -> Quoted:
    """Return the reference to a variable that the template declares."""
    return Quoted(f"var.{name}", Language.HCL)


def tags_as_map(tags: list[Mapping[str, str]] | None) -> dict[str, str]:
    """Return the API's list of tags as Terraform's map, empty when they could not be read."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def _lines(members: Mapping[str, str | Block], request: Mapping[str, Any], indent: int) -> Iterator[str]:
    margin = " " * indent
    plain = {
        argument: request[member]
        for member, argument in members.items()
        if isinstance(argument, str) and is_significant(member, request.get(member))
    }
    width = max(map(len, plain), default=0)
    for argument, value in plain.items():
        yield f"{margin}{argument:<{width}} = {hcl_literal(value, indent)}"
    for member, block in members.items():
        if isinstance(block, Block):
            for value in _each(request.get(member)):
                yield ""
                yield f"{margin}{block.name} {{"
                body = list(_lines(block.members, value, indent + 2))
                yield from body if not body or body[0] else body[1:]
                yield f"{margin}}}"


def _inexpressible(
    members: Mapping[str, str | Block], request: Mapping[str, Any], path: str
) -> Iterator[str]:
    for member, value in request.items():
        if not is_significant(member, value):
            continue
        argument = members.get(member)
        if argument is None:
            yield path + member
        elif isinstance(argument, Block):
            for item in _each(value):
                yield from (
                    f"{path}{member} without {name}" for name in argument.required if not item.get(name)
                )
                yield from _inexpressible(argument.members, item, f"{path}{member}.")


def _each(value: Any) -> list[Mapping[str, Any]]:
    if not value:
        return []
    return value if isinstance(value, list) else [value]
