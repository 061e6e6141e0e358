"""Amazon SageMaker: root and internet access of notebook instances, and the keys of endpoints' disks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.requests import carried_over, own_tags
from cloud_audit_tui.checks.services.sagemaker.instance_types import Storage, instance_storage
from cloud_audit_tui.checks.wording import enumeration, in_quotes
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDPOINT_TYPE = "AWS::SageMaker::Endpoint"
NOTEBOOK_TYPE = "AWS::SageMaker::NotebookInstance"

ENABLED, DISABLED = "Enabled", "Disabled"
SERVERLESS = "serverless"

CONFIGURATION_MEMBERS = (
    "ProductionVariants",
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
    "CrossRegionTrafficConfig",
)
"""Members of DescribeEndpointConfig that CreateEndpointConfig accepts unchanged."""

NOTEBOOK_MEMBERS = {
    "InstanceType": "InstanceType",
    "IpAddressType": "IpAddressType",
    "RoleArn": "RoleArn",
    "KmsKeyId": "KmsKeyId",
    "NotebookInstanceLifecycleConfigName": "LifecycleConfigName",
    "VolumeSizeInGB": "VolumeSizeInGB",
    "DefaultCodeRepository": "DefaultCodeRepository",
    "AdditionalCodeRepositories": "AdditionalCodeRepositories",
    "RootAccess": "RootAccess",
    "PlatformIdentifier": "PlatformIdentifier",
    "InstanceMetadataServiceConfiguration": "InstanceMetadataServiceConfiguration",
}
"""Members of DescribeNotebookInstance and their names in CreateNotebookInstance."""

ELASTIC_INFERENCE = frozenset({"AcceleratorType", "AcceleratorTypes"})
"""Members that AWS documents as no longer supported: AWS refuses a request with them."""

_ENDPOINT_STATES = {
    "Creating": "The endpoint is still being created.",
    "Updating": "The endpoint is being updated.",
    "SystemUpdating": "AWS is doing maintenance on the endpoint.",
    "RollingBack": "The endpoint is rolling back a change of its capacity.",
    "OutOfService": "The endpoint takes no requests at the moment (OutOfService).",
    "UpdateRollbackFailed": (
        "Its last update and the rollback failed (UpdateRollbackFailed), so instances of another "
        "configuration may be running."
    ),
}
_NOTEBOOK_STATES = {
    "Pending": "It is starting.",
    "Stopping": "It is stopping; the setting stays.",
    "Stopped": "It is stopped; the setting stays and applies as soon as it starts.",
    "Failed": "It has failed; the setting stays and applies if it is started again.",
    "Updating": "It is being updated.",
    "PendingMaintenance": "AWS is about to do maintenance on it.",
    "InMaintenance": "AWS is doing maintenance on it.",
}


@check(
    "aws-sagemaker-001",
    reads=["sagemaker:ListNotebookInstances", "sagemaker:DescribeNotebookInstance"],
)
def notebook_root_access(region: Region) -> Verdicts:
    """Fail a notebook instance whose users have root access.

    Source: DescribeNotebookInstance.RootAccess; CreateNotebookInstance documents Enabled as the default, so
    an absent value fails. The setting persists over stops and failures, so instances in any state but
    Deleting are judged. Lifecycle scripts run as root either way; the evidence names them in
    ``lifecycle_config``. Other scanners skip an instance that they may not describe and pass the check; here
    it is not assessed.
    """
    return region.judge(
        region.items("sagemaker", "ListNotebookInstances"),
        _notebook_resource,
        partial(_judge_root_access, region),
    )


@check(
    "aws-sagemaker-002",
    reads=[
        "sagemaker:ListNotebookInstances",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListTags",
    ],
)
def notebook_direct_internet_access(region: Region) -> Verdicts:
    """Fail a notebook instance that SageMaker connects to the internet directly.

    Source: DescribeNotebookInstance.DirectInternetAccess; the developer guide documents notebook instances as
    internet-enabled by default, so an absent value fails. UpdateNotebookInstance has no such parameter, so
    the evidence has the settings that a replacement has to carry over. Tags are read only for a failing
    instance, which fails also if they cannot be read.
    """
    return region.judge(
        region.items("sagemaker", "ListNotebookInstances"),
        _notebook_resource,
        partial(_judge_internet_access, region),
    )


@check(
    "aws-sagemaker-003",
    reads=[
        "sagemaker:ListEndpoints",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:ListTags",
    ],
)
def endpoint_encrypted_with_kms(region: Region) -> Verdicts:
    """Fail an endpoint whose configuration names no KMS key for the EBS volume of some variant.

    Source: DescribeEndpointConfig.KmsKeyId. DescribeEndpoint has no such member, and a scanner that reads it
    there fails every endpoint; AWS Config's rule reads the right member, but fails configurations that cannot
    have a key.

    AWS documents that without a key SageMaker encrypts storage volumes with a transient key that it discards.
    Without an EBS volume a key has nothing to encrypt:

    - Instance types with local NVMe disks: the hardware encrypts them, and CreateEndpointConfig fails
      with a KmsKeyId, for the whole configuration. With only such variants the endpoint passes; with
      others beside them it fails, and ``local_storage_variants`` names what stands in the way. The
      documentation says so of ProductionVariants; shadow variants are taken to be no different.
    - Serverless variants pass: KmsKeyId is documented for the volume attached to a compute instance,
      and ServerlessConfig stands instead of an instance and has memory, but no volume.
    - Shadow variants have the shape of production variants and instances of their own, so they count.
    - A variant with InstancePools has several instance types, and each of them is judged.
    - A variant with neither an instance type nor pools nor ServerlessConfig has storage that this version's
      model of AWS does not show: without a key and without an EBS variant beside it, it is not assessed.
    - The keys of data capture, asynchronous output and core dumps are for objects in S3: they are
      recorded and mentioned, and change nothing.

    An endpoint that is being deleted, or has failed and can only be deleted, is not assessed; nor is
    one whose configuration was deleted, which AWS allows while the endpoint lives. After a failed
    rollback (UpdateRollbackFailed) AWS documents that the old and the new configuration both serve, so
    what would pass is not assessed. While an update is under way the configuration that serves is
    judged, and the coming one is mentioned. An endpoint deleted since it was listed is left out.

    ``create_request`` and ``tags``, which a new configuration has to carry over, are in the evidence of
    an endpoint that fails; tags are read for no other, and ``None`` says that they could not be read.
    ``judged_by_name_variants`` and ``unknown_storage_variants`` name the variants whose copy AWS may
    refuse with a key, where there are any.
    """
    return region.judge(
        region.items("sagemaker", "ListEndpoints"), _endpoint_resource, partial(_judge_endpoint, region)
    )


def _notebook_resource(summary: Item) -> Resource:
    return Resource(
        str(summary.get("NotebookInstanceArn", "")),
        str(summary.get("NotebookInstanceName", "")),
        NOTEBOOK_TYPE,
    )


def _endpoint_resource(summary: Item) -> Resource:
    return Resource(str(summary.get("EndpointArn", "")), str(summary.get("EndpointName", "")), ENDPOINT_TYPE)


async def _judge_root_access(region: Region, summary: Item) -> Verdict | None:
    resource = _notebook_resource(summary)
    notebook = await _described_notebook(region, resource)
    if notebook is None:
        return None
    setting = str(notebook.get("RootAccess") or "")
    lifecycle = str(notebook.get("NotebookInstanceLifecycleConfigName") or "")
    evidence = {
        **_notebook_facts(resource, notebook),
        "root_access": setting or ENABLED,
        "lifecycle_config": lifecycle,
    }
    name = f"notebook instance {in_quotes(resource.name)}"
    if setting == DISABLED:
        reason = f"Root access is disabled for the users of {name}."
    elif setting == ENABLED:
        reason = f"Users of {name} have root access (RootAccess is Enabled)."
    else:
        reason = f"Users of {name} have root access: RootAccess is not set, and its default is Enabled."
    return _notebook_verdict(resource, notebook, setting, reason, evidence)


async def _judge_internet_access(region: Region, summary: Item) -> Verdict | None:
    resource = _notebook_resource(summary)
    notebook = await _described_notebook(region, resource)
    if notebook is None:
        return None
    setting = str(notebook.get("DirectInternetAccess") or "")
    subnet = str(notebook.get("SubnetId") or "")
    evidence = {
        **_notebook_facts(resource, notebook),
        "direct_internet_access": setting or ENABLED,
        "subnet_id": subnet,
        "security_groups": list(notebook.get("SecurityGroups") or []),
    }
    name = f"notebook instance {in_quotes(resource.name)}"
    if setting == DISABLED:
        reason = f"The VPC of {name} decides how it reaches the internet (DirectInternetAccess is Disabled)."
    else:
        why = "is Enabled" if setting else "is not set, and its default is Enabled"
        reason = f"SageMaker connects {name} to the internet directly: DirectInternetAccess {why}."
        if not subnet:
            reason += " It is in no VPC of this account, which is required to disable direct access."
    verdict = _notebook_verdict(resource, notebook, setting, reason, evidence)
    if verdict.status is Status.FAIL:
        evidence["create_request"] = carried_over(notebook, NOTEBOOK_MEMBERS)
        evidence["tags"] = await _tags(region, resource.id)
    return verdict


async def _described_notebook(region: Region, resource: Resource) -> Item | None:
    """Return a notebook instance, or ``None`` when it was deleted since it was listed."""
    try:
        return await region.read("sagemaker", "DescribeNotebookInstance", NotebookInstanceName=resource.name)
    except ReadError as error:
        if _is_missing(error, "RecordNotFound"):
            return None
        raise


def _notebook_facts(resource: Resource, notebook: Item) -> Item:
    return {
        "notebook_name": resource.name,
        "notebook_arn": resource.id,
        "status": str(notebook.get("NotebookInstanceStatus") or ""),
    }


def _notebook_verdict(
    resource: Resource, notebook: Item, setting: str, reason: str, evidence: Item
) -> Verdict:
    """Return the verdict for a setting that is Enabled, Disabled or absent, which means Enabled."""
    state = str(notebook.get("NotebookInstanceStatus") or "")
    if state == "Deleting":
        status = Status.NOT_ASSESSED
        reason = f"Notebook instance {in_quotes(resource.name)} is being deleted."
    elif setting not in {"", ENABLED, DISABLED}:
        status = Status.NOT_ASSESSED
        reason = (
            f"AWS gives {in_quotes(setting)} for this setting of notebook instance "
            f"{in_quotes(resource.name)}, which this version does not know."
        )
    else:
        status = Status.PASS if setting == DISABLED else Status.FAIL
        reason = f"{reason} {_NOTEBOOK_STATES.get(state, '')}".strip()
    return Verdict(status, resource, reason, evidence)


async def _judge_endpoint(region: Region, summary: Item) -> Verdict | None:
    resource = _endpoint_resource(summary)
    try:
        endpoint = await region.read("sagemaker", "DescribeEndpoint", EndpointName=resource.name)
    except ReadError as error:
        if _is_missing(error, "Could not find endpoint"):
            return None
        raise
    state = str(endpoint.get("EndpointStatus") or "")
    config_name = str(endpoint.get("EndpointConfigName") or "")
    evidence: Item = {
        "endpoint_name": resource.name,
        "endpoint_arn": resource.id,
        "endpoint_status": state,
        "endpoint_config_name": config_name,
        "has_deployment_config": endpoint.get("LastDeploymentConfig") is not None,
    }
    name = f"endpoint {in_quotes(resource.name)}"
    if state == "Deleting":
        return Verdict(Status.NOT_ASSESSED, resource, f"This {name} is being deleted.", evidence)
    if state == "Failed":
        reason = f"This {name} has failed: nothing runs, and AWS lets it only be deleted."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    if not config_name:
        reason = f"AWS names no endpoint configuration for {name}."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    try:
        config = await region.read("sagemaker", "DescribeEndpointConfig", EndpointConfigName=config_name)
    except ReadError as error:
        if _is_missing(error, "Could not find endpoint configuration"):
            reason = (
                f"Configuration {in_quotes(config_name)} was deleted although {name} still uses it, so AWS "
                "no longer says whether its storage volumes have a KMS key."
            )
            return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
        raise
    return await _judge_configuration(region, resource, endpoint, config, evidence)


@dataclass(frozen=True)
class _Variant:
    """One model of an endpoint and the storage of its data."""

    name: str
    instance_type: str
    storage: Storage
    by_name: bool
    shadow: bool

    def __str__(self) -> str:
        return f"{in_quotes(self.name)} ({quoted(self.instance_type) or 'no instance type'})"


async def _judge_configuration(
    region: Region, resource: Resource, endpoint: Item, config: Item, evidence: Item
) -> Verdict:
    variants = _variants(config)
    key = str(config.get("KmsKeyId") or "")
    config_arn = str(config.get("EndpointConfigArn") or "")
    evidence |= {
        "endpoint_config_arn": config_arn,
        "kms_key_id": key,
        "local_storage_variants": _names(variants, Storage.LOCAL),
        "variants": [
            {"name": variant.name, "instance_type": variant.instance_type, "shadow": variant.shadow}
            for variant in variants
        ],
    }
    if doubtful := list(dict.fromkeys(variant.name for variant in variants if variant.by_name)):
        evidence["judged_by_name_variants"] = doubtful
    if unknown := _names(variants, Storage.UNKNOWN):
        evidence["unknown_storage_variants"] = unknown
    status, reason = _storage_verdict(resource.name, evidence["endpoint_config_name"], key, variants)
    if status is Status.PASS and evidence["endpoint_status"] == "UpdateRollbackFailed":
        status = Status.NOT_ASSESSED
    reasons = [
        reason,
        *_by_name_notes(variants, key),
        *_state_notes(endpoint, evidence["endpoint_config_name"]),
        *_s3_notes(config, evidence),
    ]
    if status is Status.FAIL:
        evidence["create_request"] = _configuration_request(config)
        evidence["tags"] = await _tags(region, config_arn)
    return Verdict(status, resource, " ".join(reasons), evidence)


def _names(variants: list[_Variant], storage: Storage) -> list[str]:
    return list(dict.fromkeys(variant.name for variant in variants if variant.storage is storage))


def _variants(config: Item) -> list[_Variant]:
    return [
        variant
        for member in ("ProductionVariants", "ShadowProductionVariants")
        for entry in config.get(member) or []
        for variant in _of_variant(entry, shadow=member.startswith("Shadow"))
    ]


def _of_variant(description: Item, *, shadow: bool) -> list[_Variant]:
    """Return a variant once for each of its instance types; one with instance pools has several."""
    name = str(description.get("VariantName") or "")
    if description.get("ServerlessConfig") is not None:
        return [_Variant(name, SERVERLESS, Storage.NONE, by_name=False, shadow=shadow)]
    pools = [str(pool.get("InstanceType") or "") for pool in description.get("InstancePools") or []]
    types = list(dict.fromkeys(pools)) or [str(description.get("InstanceType") or "")]
    storages = [(kind, instance_storage(kind)) for kind in types]
    return [_Variant(name, kind, each.storage, each.by_name, shadow) for kind, each in storages]


def _storage_verdict(
    endpoint_name: str, config_name: str, key: str, variants: list[_Variant]
) -> tuple[Status, str]:
    config = f"Configuration {in_quotes(config_name)} of endpoint {in_quotes(endpoint_name)}"
    if key:
        return Status.PASS, f"{config} encrypts the storage volumes with KMS key {in_quotes(key)}."
    ebs, local, none, unknown = (
        [variant for variant in variants if variant.storage is storage]
        for storage in (Storage.EBS, Storage.LOCAL, Storage.NONE, Storage.UNKNOWN)
    )
    if ebs:
        reason = (
            f"{config} names no KMS key, so SageMaker encrypts the storage of {_words(ebs)} with a "
            "transient key of its own."
        )
        if local:
            reason += (
                f" A key cannot be added beside the local NVMe storage of {_words(local)}: AWS refuses it "
                "for the whole configuration."
            )
        if unknown:
            reason += (
                f" This version cannot see all settings of {_words(unknown)}, so do not copy the "
                "configuration from here."
            )
        return Status.FAIL, reason
    if unknown or not variants:
        what = f"the data of {_words(unknown)}" if unknown else "its data"
        return Status.NOT_ASSESSED, (
            f"{config} names no KMS key, and this version cannot tell where {what} is kept."
        )
    if not local:
        return Status.PASS, (
            f"Endpoint {in_quotes(endpoint_name)} is serverless: it has no instance, and so no storage "
            "volume that a KMS key could encrypt."
        )
    beside = f"; there is no volume behind {_words(none)}" if none else ""
    return Status.PASS, (
        f"The instance's hardware encrypts the local NVMe storage of {_words(local)} of endpoint "
        f"{in_quotes(endpoint_name)}, and AWS accepts no KMS key for it{beside}."
    )


def _by_name_notes(variants: list[_Variant], key: str) -> Iterable[str]:
    types = sorted({variant.instance_type for variant in variants if variant.by_name})
    if types and not key:
        yield (
            f"{', '.join(map(quoted, types))} is not among the types that this version knows: whether it has "
            "local storage was judged by its name."
        )


def _state_notes(endpoint: Item, config_name: str) -> Iterable[str]:
    state = str(endpoint.get("EndpointStatus") or "")
    if state in _ENDPOINT_STATES:
        yield _ENDPOINT_STATES[state]
    coming = str((endpoint.get("PendingDeploymentSummary") or {}).get("EndpointConfigName") or "")
    if coming and coming != config_name:
        yield f"Configuration {in_quotes(coming)} is being deployed, and is judged once it is in use."


def _s3_notes(config: Item, evidence: Item) -> Iterable[str]:
    """Record the keys of the data that the endpoint writes to S3, and note data without a key."""
    without = []
    capture = config.get("DataCaptureConfig")
    # AWS documents EnableCapture as true when it is absent.
    if capture and capture.get("EnableCapture", True):
        evidence["data_capture_kms_key_id"] = str(capture.get("KmsKeyId") or "")
        if not evidence["data_capture_kms_key_id"]:
            without.append("captured data")
    results = config.get("AsyncInferenceConfig")
    if results is not None:
        output = results.get("OutputConfig") or {}
        evidence["async_output_kms_key_id"] = str(output.get("KmsKeyId") or "")
        if not evidence["async_output_kms_key_id"]:
            without.append("asynchronous results")
    dumps = {
        str(variant.get("VariantName") or ""): str(variant["CoreDumpConfig"].get("KmsKeyId") or "")
        for member in ("ProductionVariants", "ShadowProductionVariants")
        for variant in config.get(member) or []
        if variant.get("CoreDumpConfig") is not None
    }
    if dumps:
        evidence["core_dump_kms_key_ids"] = dumps
        if not all(dumps.values()):
            without.append("core dumps")
    if without:
        yield f"No KMS key is named for the {' and '.join(without)} that it writes to S3."


def _configuration_request(config: Item) -> Item:
    request = carried_over(config, {name: name for name in CONFIGURATION_MEMBERS})
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        if member in request:
            request[member] = [
                {name: value for name, value in variant.items() if name not in ELASTIC_INFERENCE}
                for variant in request[member]
            ]
    return request


async def _tags(region: Region, arn: str) -> list[dict[str, str]] | None:
    """Return a resource's own tags for the remediation, or ``None`` if they cannot be read."""
    try:
        return own_tags([tag async for tag in region.items("sagemaker", "ListTags", ResourceArn=arn)])
    except ReadError:
        return None


def _is_missing(error: ReadError, words: str) -> bool:
    """Say whether AWS refused a read because the resource is gone, which only SageMaker's message shows."""
    return (
        error.kind in {Unread.REFUSED, Unread.NOT_FOUND}
        and error.code == "ValidationException"
        and words in error.reason
    )


LISTED = 3
"""The most variants that a reason names; it counts the others."""


def _words(variants: list[_Variant]) -> str:
    return f"variant{'s' if len(variants) > 1 else ''} {enumeration(map(str, variants), LISTED)}"
