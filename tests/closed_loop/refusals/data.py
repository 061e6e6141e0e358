"""What DynamoDB, EFS and SageMaker refuse while a resource is not ready, and how long their work takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.iam import is_usable
from closed_loop.refusals.policies import key_of
from closed_loop.refusals.rule import Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REPLICATION = "https://docs.aws.amazon.com/efs/latest/APIReference/API_CreateReplicationConfiguration.html"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference"
_SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"


def _table(call: Call) -> Any:
    return call.backend().tables.get((call["TableName"] or "").rpartition("/")[2] or call["TableName"])


def _is_updating(table: Any) -> bool:
    return "describe" in vars(table)


@refuses("dynamodb:UpdateTable", document=f"{_DYNAMODB}/API_UpdateTable.html")
def table_is_not_active(call: Call) -> Refusal | None:
    """A table is changed when it is active, and in one respect in each call."""
    table = _table(call)
    if table is not None and _is_updating(table):
        return Refusal(
            "ResourceInUseException", "Attempt to change a resource which is still in use: UPDATING"
        )
    changes = [
        call[name] for name in ("ProvisionedThroughput", "GlobalSecondaryIndexUpdates", "StreamSpecification")
    ]
    if sum(change is not None for change in changes) > 1:
        return Refusal("ValidationException", "Only one of these operations can be performed at once")
    return None


@refuses("dynamodb:UpdateTable", document=f"{_DYNAMODB}/API_SSESpecification.html")
def key_of_a_table(call: Call) -> Refusal | None:
    """The key of a table exists, is symmetric and enabled."""
    name = (call["SSESpecification"] or {}).get("KMSMasterKeyId")
    if not name or name == "alias/aws/dynamodb":
        return None
    key = key_of(call, name)
    if key is not None and key.key_state == "Enabled" and key.key_spec == "SYMMETRIC_DEFAULT":
        return None
    return Refusal("ValidationException", "KMS validation error: the key cannot be used")


@refuses("dynamodb:UpdateContinuousBackups", document=f"{_DYNAMODB}/API_UpdateContinuousBackups.html")
def backups_of_a_new_table(call: Call) -> Refusal | None:
    """Point-in-time recovery needs a table that is active."""
    table = _table(call)
    if table is None or not _is_updating(table):
        return None
    return Refusal(
        "ContinuousBackupsUnavailableException", "Backups are being enabled for the table. Please retry later"
    )


@follows("dynamodb:UpdateTable", document=f"{_DYNAMODB}/API_UpdateTable.html")
def table_update_takes_its_time(call: Call) -> None:
    """A table is UPDATING until its change is complete."""
    table = _table(call)
    if not call.clock.work_takes:
        return
    describe = table.describe

    def updating(*arguments: Any, **options: Any) -> Any:
        description = describe(*arguments, **options)
        for part in description.values():
            part["TableStatus"] = "UPDATING"
        return description

    # moto's tables have no status of their own: their description is always ACTIVE.
    table.describe = updating
    call.clock.later(lambda: delattr(table, "describe"))


def _notebook(call: Call) -> Any:
    return call.backend().notebook_instances.get(call["NotebookInstanceName"])


@follows(
    "sagemaker:StopNotebookInstance",
    "sagemaker:StartNotebookInstance",
    "sagemaker:UpdateNotebookInstance",
    document=f"{_SAGEMAKER}/API_DescribeNotebookInstance.html",
)
def notebook_takes_its_time(call: Call) -> None:
    """A notebook instance is Stopping, Pending or Updating until that is done."""
    statuses = {
        "StopNotebookInstance": ("Stopping", "Stopped"),
        "StartNotebookInstance": ("Pending", "InService"),
        "UpdateNotebookInstance": ("Updating", "Stopped"),
    }
    call.clock.work(_notebook(call), "status", *statuses[call.operation])


@refuses("sagemaker:UpdateEndpoint", document=f"{_SAGEMAKER}/API_UpdateEndpoint.html")
def endpoint_is_not_in_service(call: Call) -> Refusal | None:
    """An endpoint is updated when it is in service, and with another configuration."""
    endpoint = call.backend().endpoints.get(call["EndpointName"])
    if endpoint is None:
        return None
    if endpoint.endpoint_status not in ("InService", "Failed"):
        return Refusal("ValidationException", f"Cannot update in-progress endpoint {endpoint.arn}")
    if endpoint.endpoint_config_name == call["EndpointConfigName"]:
        return Refusal("ValidationException", "Cannot update the endpoint with the configuration that it has")
    return None


@follows("sagemaker:UpdateEndpoint", document=f"{_SAGEMAKER}/API_UpdateEndpoint.html")
def endpoint_takes_its_time(call: Call) -> None:
    """An endpoint is Updating until the new instances serve."""
    endpoint = call.backend().endpoints.get(call["EndpointName"])
    if endpoint is not None:
        call.clock.work(endpoint, "endpoint_status", "Updating", "InService")


@refuses("sagemaker:DeleteEndpointConfig", document=f"{_SAGEMAKER}/API_DeleteEndpointConfig.html")
def configuration_in_use(call: Call) -> Refusal | None:
    """The configuration of an endpoint that is live or updated is not deleted."""
    endpoints = call.backend().endpoints.values()
    if all(each.endpoint_config_name != call["EndpointConfigName"] for each in endpoints):
        return None
    return Refusal("ValidationException", "Cannot delete endpoint configuration: it is in use")


@refuses("sagemaker:CreateNotebookInstance", document=f"{_SAGEMAKER}/API_CreateNotebookInstance.html")
def notebook_instance(call: Call) -> Refusal | None:
    """A name of at most 63 characters, five security groups, a key that is enabled, a role for SageMaker."""
    name = call["NotebookInstanceName"] or ""
    if len(name) > 63 or not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name):
        return Refusal("ValidationException", "Value at 'notebookInstanceName' failed to satisfy constraint")
    if len(call["SecurityGroupIds"] or ()) > 5:
        return Refusal("ValidationException", "Value at 'securityGroupIds' failed to satisfy constraint")
    key = key_of(call, call["KmsKeyId"]) if call["KmsKeyId"] else None
    if call["KmsKeyId"] and (key is None or key.key_state != "Enabled"):
        return Refusal("ValidationException", "The KMS key cannot be used.")
    if not is_usable(call, call["RoleArn"] or "", "sagemaker.amazonaws.com"):
        return Refusal("ValidationException", "Could not assume role. Please ensure that the role exists.")
    return None


@refuses("efs:CreateReplicationConfiguration", document=_REPLICATION)
def file_system_is_not_available(call: Call) -> Refusal | None:
    """A file system is replicated when it is available."""
    source = call.backend().file_systems_by_id.get(call["SourceFileSystemId"])
    if source is None or source.life_cycle_state == "available":
        return None
    return Refusal("IncorrectFileSystemLifeCycleState", f"The file system is {source.life_cycle_state}.")


@refuses("efs:CreateReplicationConfiguration", document=_REPLICATION)
def file_system_in_a_replication(call: Call) -> Refusal | None:
    """A file system is part of one replication only, be it as the source or as the destination."""
    replications = vars(call.backend()).get("_kept_replications", {})
    destinations = {each["FileSystemId"] for one in replications.values() for each in one["Destinations"]}
    if call["SourceFileSystemId"] not in {*replications, *destinations}:
        return None
    return Refusal("ValidationException", "The file system is in a replication configuration already.")
