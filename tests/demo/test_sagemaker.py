from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

ROLE = "arn:aws:iam::123456789012:role/SageMaker"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def variant(instance_type: str = "ml.m5.large", count: int = 1, name: str = "main") -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": "model",
        "InstanceType": instance_type,
        "InitialInstanceCount": count,
        "InitialVariantWeight": 1.0,
    }


@pytest.fixture
def deployed(sagemaker: Any) -> Any:
    """SageMaker with an endpoint whose configuration has no key."""
    sagemaker.create_model(
        ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "1.dkr.ecr/x"}
    )
    sagemaker.create_endpoint_config(EndpointConfigName="old", ProductionVariants=[variant()])
    sagemaker.create_endpoint(EndpointName="scoring", EndpointConfigName="old")
    return sagemaker


@pytest.fixture
def notebook(sagemaker: Any) -> Any:
    """SageMaker with a notebook instance that was made with AWS's defaults."""
    sagemaker.create_notebook_instance(NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=ROLE)
    return sagemaker


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    return str(raised.value.response["Error"]["Message"])


def test_an_endpoint_moves_to_another_configuration(deployed: Any) -> None:
    deployed.create_endpoint_config(EndpointConfigName="new", ProductionVariants=[variant()], KmsKeyId=KEY)
    before = deployed.describe_endpoint(EndpointName="scoring")
    deployed.update_endpoint(EndpointName="scoring", EndpointConfigName="new")
    after = deployed.describe_endpoint(EndpointName="scoring")
    assert (before["EndpointConfigName"], after["EndpointConfigName"]) == ("old", "new")
    assert after["EndpointStatus"] == "InService"
    assert after["CreationTime"] == before["CreationTime"]


@pytest.mark.parametrize(("retain", "counted"), [(True, 5), (False, 1)])
def test_what_was_scaled_since_is_kept_when_it_is_asked_for(
    deployed: Any, retain: bool, counted: int
) -> None:
    deployed.update_endpoint_weights_and_capacities(
        EndpointName="scoring",
        DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 5}],
    )
    deployed.create_endpoint_config(EndpointConfigName="new", ProductionVariants=[variant()])
    deployed.update_endpoint(
        EndpointName="scoring", EndpointConfigName="new", RetainAllVariantProperties=retain
    )
    variants = deployed.describe_endpoint(EndpointName="scoring")["ProductionVariants"]
    assert variants[0]["DesiredInstanceCount"] == counted


def test_an_endpoint_does_not_move_to_nowhere(deployed: Any) -> None:
    assert "Could not find" in refusal(
        deployed.update_endpoint, EndpointName="scoring", EndpointConfigName="gone"
    )
    assert "Could not find" in refusal(
        deployed.update_endpoint, EndpointName="gone", EndpointConfigName="old"
    )


@pytest.mark.parametrize(
    "instance_type", ["ml.g5.xlarge", "ml.g4dn.xlarge", "ml.m5d.large", "ml.p4d.24xlarge"]
)
def test_no_key_is_taken_for_local_disks(deployed: Any, instance_type: str) -> None:
    mixed = [variant(), variant(instance_type, name="gpu")]
    message = refusal(
        deployed.create_endpoint_config,
        EndpointConfigName="new",
        ProductionVariants=mixed,
        KmsKeyId=KEY,
    )
    assert instance_type in message
    deployed.create_endpoint_config(EndpointConfigName="new", ProductionVariants=mixed)


@pytest.mark.parametrize("instance_type", ["ml.m5.large", "ml.c6i.xlarge", "ml.inf2.xlarge", "ml.r8g.large"])
def test_a_key_is_taken_for_volumes(deployed: Any, instance_type: str) -> None:
    deployed.create_endpoint_config(
        EndpointConfigName="new", ProductionVariants=[variant(instance_type)], KmsKeyId=KEY
    )
    assert deployed.describe_endpoint_config(EndpointConfigName="new")["KmsKeyId"] == KEY


def test_a_configuration_keeps_its_network_and_its_tags(deployed: Any) -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    configuration = deployed.create_endpoint_config(
        EndpointConfigName="new",
        ProductionVariants=[variant()],
        ShadowProductionVariants=[variant(name="shadow")],
        ExecutionRoleArn=ROLE,
        VpcConfig=vpc,
        EnableNetworkIsolation=True,
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    config = deployed.describe_endpoint_config(EndpointConfigName="new")
    assert config["VpcConfig"] == vpc
    assert config["ExecutionRoleArn"] == ROLE
    assert config["EnableNetworkIsolation"] is True
    assert config["ShadowProductionVariants"][0]["VariantName"] == "shadow"
    assert deployed.list_tags(ResourceArn=configuration["EndpointConfigArn"])["Tags"] == [
        {"Key": "team", "Value": "ml"}
    ]


def test_names_are_not_taken_twice(deployed: Any) -> None:
    assert "already existing" in refusal(
        deployed.create_endpoint_config, EndpointConfigName="old", ProductionVariants=[variant()]
    )
    assert "already existing" in refusal(
        deployed.create_endpoint, EndpointName="scoring", EndpointConfigName="old"
    )


def test_an_instance_type_that_does_not_exist_is_refused(deployed: Any) -> None:
    assert "enum value set" in refusal(
        deployed.create_endpoint_config,
        EndpointConfigName="new",
        ProductionVariants=[variant("ml.m5.tiny")],
    )


def test_a_notebook_has_awss_defaults(notebook: Any) -> None:
    described = notebook.describe_notebook_instance(NotebookInstanceName="lab")
    assert described["RootAccess"] == "Enabled"
    assert described["DirectInternetAccess"] == "Enabled"
    assert described["VolumeSizeInGB"] == 5
    assert "SubnetId" not in described
    assert "KmsKeyId" not in described


def test_a_running_notebook_is_not_changed(notebook: Any) -> None:
    message = refusal(notebook.update_notebook_instance, NotebookInstanceName="lab", RootAccess="Disabled")
    assert message.startswith(
        "Status (InService) not in ([Stopped, Failed]). Unable to transition to (Updating)"
    )
    assert "Unable to transition" in refusal(notebook.start_notebook_instance, NotebookInstanceName="lab")
    notebook.stop_notebook_instance(NotebookInstanceName="lab")
    assert "Unable to transition" in refusal(notebook.stop_notebook_instance, NotebookInstanceName="lab")


def test_a_notebook_without_a_network_keeps_its_internet(sagemaker: Any) -> None:
    assert "SubnetId" in refusal(
        sagemaker.create_notebook_instance,
        NotebookInstanceName="lab",
        InstanceType="ml.t3.medium",
        RoleArn=ROLE,
        DirectInternetAccess="Disabled",
    )


def test_a_stopped_notebook_loses_its_lifecycle_configuration(sagemaker: Any) -> None:
    sagemaker.create_notebook_instance(
        NotebookInstanceName="lab",
        InstanceType="ml.t3.medium",
        RoleArn=ROLE,
        LifecycleConfigName="setup",
    )
    sagemaker.stop_notebook_instance(NotebookInstanceName="lab")
    sagemaker.update_notebook_instance(
        NotebookInstanceName="lab", DisassociateLifecycleConfig=True, VolumeSizeInGB=50
    )
    described = sagemaker.describe_notebook_instance(NotebookInstanceName="lab")
    assert "NotebookInstanceLifecycleConfigName" not in described
    assert described["VolumeSizeInGB"] == 50


def test_the_aws_cli_takes_root_away(
    notebook: Any, aws_server: str, cli: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    where = {"AWS_ENDPOINT_URL": aws_server, "AWS_DEFAULT_REGION": "eu-central-1"}
    lab = ("--notebook-instance-name", "lab")
    for command in (
        ("stop-notebook-instance", *lab),
        ("wait", "notebook-instance-stopped", *lab),
        ("update-notebook-instance", *lab, "--root-access", "Disabled"),
        ("wait", "notebook-instance-stopped", *lab),
        ("start-notebook-instance", *lab),
        ("wait", "notebook-instance-in-service", *lab),
    ):
        ran = cli(where, "sagemaker", *command)
        assert ran.returncode == 0, (command, ran.stderr)
    described = notebook.describe_notebook_instance(NotebookInstanceName="lab")
    assert (described["RootAccess"], described["NotebookInstanceStatus"]) == ("Disabled", "InService")


def test_the_aws_cli_gives_an_endpoint_a_key(
    deployed: Any, aws_server: str, cli: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    where = {"AWS_ENDPOINT_URL": aws_server, "AWS_DEFAULT_REGION": "eu-central-1"}
    for command in (
        (
            *("create-endpoint-config", "--endpoint-config-name", "new", "--kms-key-id", KEY),
            *("--production-variants", json.dumps([variant()])),
        ),
        (
            *("update-endpoint", "--endpoint-name", "scoring", "--endpoint-config-name", "new"),
            "--retain-all-variant-properties",
        ),
        ("wait", "endpoint-in-service", "--endpoint-name", "scoring"),
    ):
        ran = cli(where, "sagemaker", *command)
        assert ran.returncode == 0, (command, ran.stderr)
    name = deployed.describe_endpoint(EndpointName="scoring")["EndpointConfigName"]
    assert deployed.describe_endpoint_config(EndpointConfigName=name)["KmsKeyId"] == KEY
