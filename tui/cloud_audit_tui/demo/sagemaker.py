"""Extends moto's SageMaker with AWS behavior that scans and fixes need and moto 5.2 lacks.

UpdateEndpoint and UpdateNotebookInstance are missing from moto; it drops several members of endpoint
configurations and notebook instances; and it accepts requests that AWS rejects. Changes take effect
immediately, without transitional states, so that the AWS CLI's ``wait`` commands return on their first poll.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import get_service_model, utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpoint, FakeEndpointConfig, FakeSagemakerNotebookInstance
from moto.sagemaker.responses import SageMakerResponse
from moto.utilities.utils import get_partition

LOCAL_STORAGE = re.compile(
    r"ml\.((m|c|r)\d\w*d|g4dn|g5|g6e?|gr6|dl1|p3dn|p4de?|p5(e|en)?|p6-b200|p6e-gb200|trn\d\w*)\.\w+"
)
"""Instance types with local storage, for which CreateEndpointConfig accepts no KMS key."""

_CONFIG_ONLY = ("ExplainerConfig", "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation")
_NOTEBOOK_CHANGES = {
    "InstanceType": "instance_type",
    "RoleArn": "role_arn",
    "LifecycleConfigName": "lifecycle_config_name",
    "VolumeSizeInGB": "volume_size_in_gb",
    "DefaultCodeRepository": "default_code_repository",
    "AdditionalCodeRepositories": "additional_code_repositories",
    "RootAccess": "root_access",
    "InstanceMetadataServiceConfiguration": "metadata_service",
    "IpAddressType": "ip_address_type",
}
_NOTEBOOK_REMOVALS = {
    "DisassociateLifecycleConfig": "lifecycle_config_name",
    "DisassociateDefaultCodeRepository": "default_code_repository",
    "DisassociateAdditionalCodeRepositories": "additional_code_repositories",
}


def _check_instance_type(instance_type: str, shape: str) -> None:
    """Raise for a type that botocore's model does not list; moto's own lists are years old."""
    allowed = get_service_model("sagemaker").shape_for(shape).enum
    if instance_type not in allowed:
        raise ValidationError(
            f"1 validation error detected: Value '{instance_type}' at 'instanceType' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
        )


class EndpointConfig(FakeEndpointConfig):  # type: ignore[misc]  # moto has no types that mypy sees
    """An endpoint configuration that keeps every member of its request."""

    def __init__(self, account_id: str, region_name: str, request: dict[str, Any]) -> None:
        super().__init__(
            account_id=account_id,
            region_name=region_name,
            endpoint_config_name=request["EndpointConfigName"],
            production_variants=request["ProductionVariants"],
            async_inference_config=request.get("AsyncInferenceConfig"),
            data_capture_config=request.get("DataCaptureConfig"),
            tags=request.get("Tags"),
            kms_key_id=request.get("KmsKeyId"),
        )
        self.arn = self.endpoint_config_arn
        self.more = {
            key: request[key] for key in (*_CONFIG_ONLY, "ShadowProductionVariants") if key in request
        }
        self.validate_production_variants(self.shadows)

    @property
    def shadows(self) -> list[dict[str, Any]]:
        """The variants that receive a copy of the traffic."""
        return list(self.more.get("ShadowProductionVariants", []))

    def validate_instance_type(self, instance_type: str) -> None:
        """Raise for an instance type that AWS does not know."""
        _check_instance_type(instance_type, "ProductionVariantInstanceType")

    @property
    def response_object(self) -> dict[str, Any]:
        """The DescribeEndpointConfig response, from which moto also creates endpoints."""
        response = {**super().response_object, **self.more}
        response.pop("More")
        return response


class NotebookInstance(FakeSagemakerNotebookInstance):  # type: ignore[misc]  # moto has no types that mypy sees
    """A notebook instance with AWS's defaults filled in."""

    metadata_service: dict[str, str]
    ip_address_type: str
    platform: str

    def __init__(self, account_id: str, region_name: str, request: dict[str, Any]) -> None:
        super().__init__(
            account_id=account_id,
            region_name=region_name,
            notebook_instance_name=request["NotebookInstanceName"],
            instance_type=request["InstanceType"],
            role_arn=request["RoleArn"],
            subnet_id=request.get("SubnetId"),
            security_group_ids=request.get("SecurityGroupIds") or [],
            kms_key_id=request.get("KmsKeyId"),
            tags=request.get("Tags"),
            lifecycle_config_name=request.get("LifecycleConfigName"),
            direct_internet_access=request.get("DirectInternetAccess") or "Enabled",
            volume_size_in_gb=request.get("VolumeSizeInGB") or 5,
            accelerator_types=None,
            default_code_repository=request.get("DefaultCodeRepository"),
            additional_code_repositories=request.get("AdditionalCodeRepositories"),
            root_access=request.get("RootAccess") or "Enabled",
        )
        self.metadata_service = request.get("InstanceMetadataServiceConfiguration") or {
            "MinimumInstanceMetadataServiceVersion": "1"
        }
        self.ip_address_type = request.get("IpAddressType") or "ipv4"
        self.platform = request.get("PlatformIdentifier") or "notebook-al2-v3"

    def validate_instance_type(self, instance_type: str) -> None:
        """Raise for an instance type that AWS does not know."""
        _check_instance_type(instance_type, "InstanceType")

    def to_dict(self) -> dict[str, Any]:
        """Return the DescribeNotebookInstance response."""
        response: dict[str, Any] = {
            **super().to_dict(),
            "InstanceMetadataServiceConfiguration": self.metadata_service,
            "IpAddressType": self.ip_address_type,
            "PlatformIdentifier": self.platform,
        }
        if self.subnet_id:
            response["NetworkInterfaceId"] = f"eni-{self.subnet_id.removeprefix('subnet-')}"
        return response


class SageMaker(SageMakerResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's SageMaker with the missing behavior."""

    def create_endpoint_config(self) -> Any:
        """Keep every member, and reject requests that AWS rejects."""
        request = dict(self.params)
        name = request["EndpointConfigName"]
        if name in self.sagemaker_backend.endpoint_configs:
            arn = self._arn("endpoint-config", name)
            raise ValidationError(f'Cannot create already existing endpoint configuration "{arn}".')
        config = EndpointConfig(self.current_account, self.region, request)
        variants = [*config.production_variants, *config.shadows]
        self.sagemaker_backend.validate_production_variants([v for v in variants if "ModelName" in v])
        local = [v["InstanceType"] for v in variants if LOCAL_STORAGE.fullmatch(v.get("InstanceType", ""))]
        if config.kms_key_id and local:
            raise ValidationError(
                f"KmsKeyId is not supported for instance type {local[0]}: instances with local storage are "
                "encrypted by their hardware. Remove KmsKeyId from the request."
            )
        self.sagemaker_backend.endpoint_configs[name] = config
        return ActionResult(config.response_create)

    def describe_endpoint_config(self) -> Any:
        """Leave out empty members, as AWS does."""
        response = self.sagemaker_backend.describe_endpoint_config(self._get_param("EndpointConfigName"))
        return ActionResult(_without_empty(response))

    def create_endpoint(self) -> Any:
        """Reject a name that is in use."""
        name = self._get_param("EndpointName")
        if name in self.sagemaker_backend.endpoints:
            raise ValidationError(f'Cannot create already existing endpoint "{self._arn("endpoint", name)}".')
        return super().create_endpoint()

    def describe_endpoint(self) -> Any:
        """Leave out empty members, as AWS does."""
        response = self.sagemaker_backend.describe_endpoint(self._get_param("EndpointName"))
        return ActionResult(_without_empty(response))

    def update_endpoint(self) -> Any:
        """Move an endpoint to another configuration, keeping counts and weights on request."""
        backend = self.sagemaker_backend
        name, config_name = self._get_param("EndpointName"), self._get_param("EndpointConfigName")
        backend.describe_endpoint(name)
        config = backend.describe_endpoint_config(config_name)
        old: FakeEndpoint = backend.endpoints[name]
        new = FakeEndpoint(
            account_id=self.current_account,
            region_name=self.region,
            endpoint_name=name,
            endpoint_config_name=config_name,
            production_variants=config["ProductionVariants"],
            data_capture_config=config["DataCaptureConfig"],
            tags=old.tags,
        )
        new.creation_time = old.creation_time
        if self._get_param("RetainAllVariantProperties"):
            self._retain(old, new)
        backend.endpoints[name] = new
        return ActionResult({"EndpointArn": new.arn})

    def _retain(self, old: FakeEndpoint, new: FakeEndpoint) -> None:
        """Carry over the variant properties that may have changed since the endpoint was created."""
        excluded = {
            item["VariantPropertyType"] for item in self._get_param("ExcludeRetainedVariantProperties") or []
        }
        members = [
            *(() if "DesiredInstanceCount" in excluded else ("CurrentInstanceCount", "DesiredInstanceCount")),
            *(() if "DesiredWeight" in excluded else ("CurrentWeight", "DesiredWeight")),
        ]
        before = {variant["VariantName"]: variant for variant in old.production_variants}
        for variant in new.production_variants:
            source = before.get(variant["VariantName"], {})
            variant.update({key: source[key] for key in members if key in source})
        if "DataCaptureConfig" not in excluded:
            new.data_capture_config = old.data_capture_config

    def create_notebook_instance(self) -> Any:
        """Fill in AWS's defaults, and reject requests that AWS rejects."""
        request = dict(self.params)
        name = request["NotebookInstanceName"]
        backend = self.sagemaker_backend
        if name in backend.notebook_instances:
            arn = self._arn("notebook-instance", name)
            raise ValidationError(f"Cannot create a duplicate Notebook Instance ({arn})")
        if request.get("DirectInternetAccess") == "Disabled" and not request.get("SubnetId"):
            raise ValidationError("DirectInternetAccess can be Disabled only if a SubnetId is given.")
        notebook = NotebookInstance(self.current_account, self.region, request)
        backend.notebook_instances[name] = notebook
        return ActionResult({"NotebookInstanceArn": notebook.arn})

    def start_notebook_instance(self) -> Any:
        """Start a stopped instance."""
        self._in_state(("Stopped", "Failed"), "Pending").start()
        return EmptyResult()

    def stop_notebook_instance(self) -> Any:
        """Stop a running instance."""
        self._in_state(("InService",), "Stopping").stop()
        return EmptyResult()

    def update_notebook_instance(self) -> Any:
        """Update a stopped instance."""
        notebook = self._in_state(("Stopped", "Failed"), "Updating")
        request = self.params
        if "InstanceType" in request:
            notebook.validate_instance_type(request["InstanceType"])
        for member, attribute in _NOTEBOOK_REMOVALS.items():
            if request.get(member):
                setattr(notebook, attribute, None)
        for member, attribute in _NOTEBOOK_CHANGES.items():
            if request.get(member) is not None:
                setattr(notebook, attribute, request[member])
        notebook.last_modified_time = utcnow()
        return EmptyResult()

    def _in_state(self, allowed: tuple[str, ...], goal: str) -> Any:
        notebook = self.sagemaker_backend.get_notebook_instance(self._get_param("NotebookInstanceName"))
        if notebook.status not in allowed:
            raise ValidationError(
                f"Status ({notebook.status}) not in ([{', '.join(allowed)}]). Unable to transition to "
                f"({goal}) for Notebook Instance ({notebook.arn})"
            )
        return notebook

    def _arn(self, kind: str, name: str) -> str:
        partition = get_partition(self.region)
        return f"arn:{partition}:sagemaker:{self.region}:{self.current_account}:{kind}/{name}"


def _without_empty(response: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in response.items() if value not in ({}, [], None)}


def install() -> None:
    """Make moto serve SageMaker's calls with these classes."""
    from moto.sagemaker import urls  # noqa: PLC0415 - moto builds its service table on first use

    urls.url_paths["{0}/$"] = SageMaker.dispatch
