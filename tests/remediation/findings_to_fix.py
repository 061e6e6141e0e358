"""Findings to render: ordinary ones, rich ones, and ones whose names were written by an enemy."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.model import Finding, Resource, Severity, Status

REGION, ACCOUNT = "eu-central-1", "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/SageMaker-Execution"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
INPUTS = {
    "KMS_KEY_ID": KEY,
    "SUBNET_ID": "subnet-0123456789abcdef0",
    "SECURITY_GROUP_IDS": '["sg-1", "sg-2"]',
}
LONG = "a" + "-b" * 31

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a'b\"c\\",
    "a\nb; touch pwned",
    "a\r\n\tb\x1b[31mc\x7f\x9b2J",
    "!! !$ !touch",
    "it's !x",
    "\u202etxt.exe\u202c\u200b\u2066x\u3164\ufe0f",
    "-rf",
    "--help",
    "~root",
    "=ls",
    "*",
    "$HOME ${HOME} $((1+1))",
    "${path.module} %{ if true }x%{ endif }",
    "$${a} %%{b} $$${c} \\${d}",
    "\\",
    "\\x41\\n\\u0041",
    "naïve 日本語 🦀",
    "# comment // x /* y */",
    "a & b | c > d < e; (f) {g}",
    " leading and trailing ",
    "",
]
"""Names that break a quoting that is only nearly right."""

VARIANT: dict[str, Any] = {
    "VariantName": "AllTraffic",
    "ModelName": "churn",
    "InitialInstanceCount": 2,
    "InstanceType": "ml.m5.large",
    "InitialVariantWeight": 1.0,
}


def finding_of(check_id: str, evidence: dict[str, Any], **changes: Any) -> Finding:
    """Return a failed finding of a check with this evidence."""
    name = evidence.get("endpoint_name") or evidence.get("notebook_name") or ""
    facts: dict[str, Any] = {
        "check_id": check_id,
        "status": Status.FAIL,
        "severity": Severity.MEDIUM,
        "profile": "prod",
        "account_id": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "resource_id": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/x",
        "resource_name": name,
        "resource_type": "AWS::SageMaker::Endpoint",
        "title": "",
        "reason": "",
        "evidence": evidence,
    }
    values = {**facts, **changes}
    values["subject"] = Resource(
        values.pop("resource_id"), values.pop("resource_name"), values.pop("resource_type")
    )
    return Finding(**values)


def endpoint(request: dict[str, Any] | None = None, **evidence: Any) -> Finding:
    """Return a finding of aws-sagemaker-003."""
    profile = evidence.pop("profile", "prod")
    name = evidence.pop("name", "churn-prod")
    facts = {
        "endpoint_name": name,
        "endpoint_arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/churn-prod",
        "endpoint_status": "InService",
        "endpoint_config_name": "churn-prod-config",
        "endpoint_config_arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/churn-prod-config",
        "kms_key_id": "",
        "has_deployment_config": False,
        "create_request": request or {"ProductionVariants": [VARIANT]},
        "tags": [{"Key": "team", "Value": "ml"}],
        "local_storage_variants": [],
        "variants": [],
    }
    return finding_of("aws-sagemaker-003", {**facts, **evidence}, profile=profile)


def root_access(**evidence: Any) -> Finding:
    """Return a finding of aws-sagemaker-001."""
    facts = {
        "notebook_name": "lab",
        "notebook_arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
        "status": "InService",
        "root_access": "Enabled",
        "lifecycle_config": "",
    }
    return finding_of("aws-sagemaker-001", {**facts, **evidence})


NOTEBOOK_REQUEST: dict[str, Any] = {
    "InstanceType": "ml.t3.medium",
    "IpAddressType": "ipv4",
    "RoleArn": ROLE,
    "KmsKeyId": KEY,
    "LifecycleConfigName": "on-start",
    "VolumeSizeInGB": 20,
    "DefaultCodeRepository": "https://git.example.com/lab.git",
    "AdditionalCodeRepositories": ["https://git.example.com/a.git", "stored-repository"],
    "RootAccess": "Disabled",
    "PlatformIdentifier": "notebook-al2-v3",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
}


def internet_access(request: dict[str, Any] | None = None, **evidence: Any) -> Finding:
    """Return a finding of aws-sagemaker-002."""
    facts = {
        "notebook_name": "lab",
        "notebook_arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
        "status": "InService",
        "direct_internet_access": "Enabled",
        "subnet_id": "subnet-0aa",
        "security_groups": ["sg-0bb", "sg-0cc"],
        "create_request": request or NOTEBOOK_REQUEST,
        "tags": [{"Key": "team", "Value": "ml"}],
    }
    return finding_of("aws-sagemaker-002", {**facts, **evidence})


SERVERLESS = {
    "ProductionVariants": [
        {
            "VariantName": "main",
            "ModelName": "churn",
            "ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 20, "ProvisionedConcurrency": 2},
        }
    ],
    "DataCaptureConfig": {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://capture/prod it's",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    },
    "AsyncInferenceConfig": {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
        "OutputConfig": {
            "S3OutputPath": "s3://results/!async",
            "S3FailurePath": "s3://results/failed",
            "NotificationConfig": {
                "SuccessTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:ok",
                "ErrorTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:bad",
                "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
            },
        },
    },
    "ExecutionRoleArn": ROLE,
}
RICH_VARIANT = {
    **VARIANT,
    "CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/x", "KmsKeyId": KEY},
    "VolumeSizeInGB": 64,
    "ModelDataDownloadTimeoutInSeconds": 600,
    "ContainerStartupHealthCheckTimeoutInSeconds": 900,
    "EnableSSMAccess": False,
    "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4},
    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2",
}
SHADOW = {
    "ProductionVariants": [RICH_VARIANT],
    "ShadowProductionVariants": [{**RICH_VARIANT, "VariantName": "shadow", "InitialVariantWeight": 0.5}],
}
ISOLATED = {
    "ProductionVariants": [VARIANT],
    "ExplainerConfig": {
        "ClarifyExplainerConfig": {
            "EnableExplanations": "`true`",
            "ShapConfig": {"ShapBaselineConfig": {"MimeType": "text/csv", "ShapBaseline": "1,'2',\"3\"!"}},
        }
    },
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
    "EnableNetworkIsolation": True,
    "ExecutionRoleArn": ROLE,
}

ORDINARY: dict[str, Finding] = {
    "endpoint": endpoint(),
    "endpoint without tags": endpoint(tags=[]),
    "endpoint with unread tags": endpoint(tags=None),
    "endpoint that is updating": endpoint(endpoint_status="Updating", has_deployment_config=True),
    "endpoint with long names": endpoint(name=LONG, endpoint_config_name=LONG),
    "serverless endpoint": endpoint(SERVERLESS),
    "endpoint with a shadow": endpoint(SHADOW, has_deployment_config=True),
    "isolated endpoint": endpoint(ISOLATED),
    "endpoint of the default profile": endpoint(profile="default"),
    "running notebook": root_access(lifecycle_config="on-start"),
    "notebook of a known shape": root_access(create_request=NOTEBOOK_REQUEST),
    "stopped notebook": root_access(status="Stopped"),
    "failed notebook": root_access(status="Failed"),
    "starting notebook": root_access(status="Pending"),
    "stopping notebook": root_access(status="Stopping"),
    "notebook that is updating": root_access(status="Updating"),
    "notebook with a subnet": internet_access(),
    "notebook without a VPC": internet_access(subnet_id="", security_groups=[]),
    "small notebook": internet_access(
        {"InstanceType": "ml.t3.medium", "RoleArn": ROLE}, tags=None, status="Stopped", notebook_name=LONG
    ),
    "dual-stack notebook": internet_access({**NOTEBOOK_REQUEST, "IpAddressType": "dualstack"}),
}
