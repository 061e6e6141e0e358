"""Rich notebooks, endpoints, agents and gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT
from closed_loop.rich import ARGUMENTS, KEYED_TAGS, TAGS, arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closed_loop.account import Account

_ROLE = f"arn:aws:iam::{ACCOUNT}:role/for-everything"
AGENTS = "bedrock-agentcore-control"


def _notebook(account: Account, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    account.once(_lifecycle)
    return {
        "LifecycleConfigName": "start",
        "VolumeSizeInGB": 17,
        "KmsKeyId": account.key,
        "DefaultCodeRepository": "https://github.com/acme/notebooks.git",
        "AdditionalCodeRepositories": ["https://github.com/acme/more.git"],
        "PlatformIdentifier": "notebook-al2-v3",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
    }


def _lifecycle(account: Account) -> None:
    account.client("sagemaker").create_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName="start", OnStart=[{"Content": "dHJ1ZQ=="}]
    )


ARGUMENTS["sagemaker", "CreateNotebookInstance"] = _notebook
arguments(
    "sagemaker",
    "CreateEndpointConfig",
    DataCaptureConfig={
        "EnableCapture": True,
        "InitialSamplingPercentage": 7,
        "DestinationS3Uri": "s3://captures/of-endpoint",
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    },
    AsyncInferenceConfig={
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 3},
        "OutputConfig": {"S3OutputPath": "s3://captures/results"},
    },
    ExecutionRoleArn=_ROLE,
    EnableNetworkIsolation=True,
    Tags=KEYED_TAGS,
)
arguments("sagemaker", "CreateEndpoint", Tags=KEYED_TAGS)
arguments(
    AGENTS,
    "CreateCodeInterpreter",
    description="of the payments",
    executionRoleArn=_ROLE,
    tags=TAGS,
)
arguments(
    AGENTS,
    "CreateAgentRuntime",
    description="of the payments",
    protocolConfiguration={"serverProtocol": "MCP"},
    authorizerConfiguration={
        "customJWTAuthorizer": {"discoveryUrl": "https://example.com/.well-known/openid-configuration"}
    },
    requestHeaderConfiguration={"requestHeaderAllowlist": ["Authorization"]},
    lifecycleConfiguration={"idleRuntimeSessionTimeout": 777, "maxLifetime": 7777},
    tags=TAGS,
)
arguments(
    AGENTS,
    "CreateMemory",
    description="of the payments",
    memoryExecutionRoleArn=_ROLE,
    memoryStrategies=[
        {
            "semanticMemoryStrategy": {
                "name": "facts",
                "description": "all",
                "namespaces": ["/facts/{actorId}"],
            }
        },
        {"summaryMemoryStrategy": {"name": "sums", "namespaces": ["/sums/{actorId}/{sessionId}"]}},
    ],
    tags=TAGS,
)
arguments(
    AGENTS,
    "CreateGateway",
    description="of the payments",
    protocolConfiguration={"mcp": {"instructions": "be brief", "searchType": "SEMANTIC"}},
    exceptionLevel="DEBUG",
    tags=TAGS,
)
