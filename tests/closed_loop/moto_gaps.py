"""Answers of AWS that Terraform's provider needs and moto lacks; each function names AWS's document."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from functools import wraps
from typing import Any

from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
)
from moto.bedrock.responses import BedrockResponse
from moto.bedrockagentcorecontrol.models import Memory
from moto.cloudtrail.responses import CloudTrailResponse
from moto.config.models import ConfigBackend
from moto.core.responses import ActionResult
from moto.dynamodb.models.table import Table
from moto.ecs.models import Service
from moto.rds.models import DBInstance
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.securityhub.responses import SecurityHubResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from cloud_audit_tui.demo import request_parser
from cloud_audit_tui.demo.moto_patches.backup import Backup
from cloud_audit_tui.demo.moto_patches.bedrock import Bedrock
from cloud_audit_tui.demo.moto_patches.in_moto import state_of
from cloud_audit_tui.demo.moto_patches.securityhub import SecurityHub
from cloud_audit_tui.demo.moto_patches.ssm import SystemsManager
from cloud_audit_tui.demo.unimplemented import ANSWERS


def _describe_trails(response: CloudTrailResponse) -> str:
    """Name the trails of ``trailNameList`` only: API reference of CloudTrail, DescribeTrails."""
    shadows = response._get_bool_param("includeShadowTrails", True)
    names = response._get_param("trailNameList") or []
    trails = response.cloudtrail_backend.describe_trails(shadows)
    descriptions = [trail.description(include_region=True) for trail in trails]
    return json.dumps(
        {
            "trailList": [
                one for one in descriptions if not names or {one["Name"], one["TrailARN"]} & set(names)
            ]
        }
    )


def _get_backup_selection(response: Any) -> Any:
    """Return a selection: API reference of AWS Backup, GetBackupSelection."""
    plan = str(response.uri_match["backupPlanId"])
    selection_id = str(response.uri_match["selectionId"])
    selection = next(one for one in response._selections[plan] if one["SelectionId"] == selection_id)
    names = ("SelectionName", "IamRoleArn", "ListOfTags", "Resources", "NotResources", "Conditions")
    members = {name: selection[name] for name in names if name in selection}
    return ActionResult({"BackupPlanId": plan, "SelectionId": selection_id, "BackupSelection": members})


_create_backup_selection = Backup.create_backup_selection


def _create_whole_backup_selection(response: Any) -> Any:
    """Keep all members of a selection, of which the demo keeps the name and the role only."""
    answer = _create_backup_selection(response)
    selection = response._selections[response._plan()][-1]
    selection |= json.loads(response.body)["BackupSelection"]
    return answer


_SMALLEST = "all_storage_classes_128K"
_LISTS = {
    "Transition": "Transitions",
    "NoncurrentVersionTransition": "NoncurrentVersionTransitions",
    "Tag": "Tags",
}
_NUMBERS = frozenset(
    {
        "Days",
        "DaysAfterInitiation",
        "NewerNoncurrentVersions",
        "NoncurrentDays",
        "ObjectSizeGreaterThan",
        "ObjectSizeLessThan",
    }
)
_put_bucket_lifecycle = S3Backend.put_bucket_lifecycle
_get_bucket_lifecycle = S3Response.get_bucket_lifecycle


def _keep_lifecycle(backend: Any, bucket_name: str, rules: Any) -> None:
    """Keep the rules of a bucket as the request has them."""
    _put_bucket_lifecycle(backend, bucket_name, rules)
    backend.get_bucket(bucket_name).given_rules = rules if isinstance(rules, list) else [rules]


def _whole_lifecycle(response: Any) -> Any:
    """Return every setting of the rules, sizes included: API reference of S3, LifecycleRule."""
    bucket = response.backend.get_bucket(response.bucket_name)
    if not bucket.rules:
        return _get_bucket_lifecycle(response)
    response.data["Action"] = "GetBucketLifecycleConfiguration"
    rules = [_rule(rule) for rule in bucket.given_rules]
    return response.serialized(
        ActionResult({"Rules": rules, "TransitionDefaultMinimumObjectSize": _SMALLEST})
    )


def _rule(element: Any, inside: str = "") -> Any:
    """Return an element of the request's XML in the form of the API's response."""
    if not isinstance(element, dict):
        return element
    members: dict[str, Any] = {}
    for name, value in element.items():
        if name.startswith("@"):
            continue
        if name in _LISTS and (name != "Tag" or inside == "And"):
            members[_LISTS[name]] = [_rule(one) for one in (value if isinstance(value, list) else [value])]
        elif name in _NUMBERS:
            members[name] = int(value)
        elif name == "ExpiredObjectDeleteMarker":
            members[name] = value == "true"
        elif value is None:
            members[name] = "" if name == "Prefix" else {}
        else:
            members[name] = _rule(value, name)
    return members


def _get_enabled_standards(response: Any) -> Any:
    """Return only the subscriptions of the call: API reference of Security Hub, GetEnabledStandards."""
    arns = response._get_param("StandardsSubscriptionArns") or []
    subscriptions = state_of(response.securityhub_backend, "standards").values()
    return ActionResult(
        {
            "StandardsSubscriptions": [
                one for one in subscriptions if not arns or one["StandardsSubscriptionArn"] in arns
            ]
        }
    )


_enable_standards = SecurityHub.batch_enable_standards


def _batch_enable_standards(response: Any) -> Any:
    """Return the subscriptions that the call made: API reference of Security Hub, BatchEnableStandards."""
    _enable_standards(response)
    arns = {request["StandardsArn"] for request in response._get_param("StandardsSubscriptionRequests")}
    subscriptions = state_of(response.securityhub_backend, "standards").values()
    return ActionResult(
        {"StandardsSubscriptions": [one for one in subscriptions if one["StandardsArn"] in arns]}
    )


def _create_association(response: Any) -> Any:
    """Associate a document with instances: API reference of Systems Manager, CreateAssociation."""
    association = {
        **json.loads(response.body),
        "AssociationId": str(uuid.uuid4()),
        "AssociationVersion": "1",
        "DocumentVersion": "$DEFAULT",
        "Overview": {"Status": "Success", "DetailedStatus": "Success"},
    }
    state_of(response.ssm_backend, "associations")[association["AssociationId"]] = association
    return json.dumps({"AssociationDescription": association})


def _describe_association(response: Any) -> Any:
    """Return an association: API reference of Systems Manager, DescribeAssociation."""
    association_id = json.loads(response.body)["AssociationId"]
    return json.dumps(
        {"AssociationDescription": state_of(response.ssm_backend, "associations")[association_id]}
    )


def _get_analyzer(account_id: str, region: str, _body: bytes) -> dict[str, Any]:
    """Return the only analyzer of a region: API reference of IAM Access Analyzer, GetAnalyzer."""
    analyzers = ANSWERS["access-analyzer:ListAnalyzers"](account_id, region, b"")["analyzers"]
    return {"analyzer": {"tags": {}, **analyzers[-1]}}


def _list_systems_manager_tags(response: Any) -> Any:
    """Return no tags of an association, which has none here: API reference, ListTagsForResource."""
    if response._get_param("ResourceType") == "Association":
        return json.dumps({"TagList": []})
    return SimpleSystemManagerResponse.list_tags_for_resource(response)


_put_recorder = ConfigBackend.put_configuration_recorder


def _put_recorder_without_exclusion(backend: Any, config_recorder: Any) -> None:
    """Treat an empty exclusion as no exclusion: API reference of AWS Config, ExclusionByResourceTypes."""
    group = config_recorder.get("recordingGroup") or {}
    if group.get("exclusionByResourceTypes") == {}:
        del group["exclusionByResourceTypes"]
    _put_recorder(backend, config_recorder)


_create_guardrail = Bedrock.create_guardrail
_get_guardrail = Bedrock.get_guardrail


def _create_whole_guardrail(response: Any) -> Any:
    """Keep the messages and the filters of a guardrail."""
    answer = _create_guardrail(response)
    parameters = json.loads(response.body)
    state_of(response.bedrock_backend, "guardrail_settings")[parameters["name"]] = {
        "blockedInputMessaging": parameters["blockedInputMessaging"],
        "blockedOutputsMessaging": parameters["blockedOutputsMessaging"],
        "contentPolicy": {"filters": parameters["contentPolicyConfig"]["filtersConfig"]},
        **({"description": parameters["description"]} if "description" in parameters else {}),
    }
    return answer


def _get_whole_guardrail(response: Any) -> Any:
    """Return every setting of a guardrail: API reference of Bedrock, GetGuardrail."""
    members = _get_guardrail(response).result
    return ActionResult(
        members | state_of(response.bedrock_backend, "guardrail_settings").get(members["name"], {})
    )


_list_bedrock_tags = BedrockResponse.list_tags_for_resource


def _tags_of_bedrock(response: Any) -> Any:
    """Return no tags of a guardrail, which has none here: API reference of Bedrock, ListTagsForResource."""
    if ":guardrail/" in json.loads(response.body).get("resourceARN", ""):
        return json.dumps({"tags": []})
    return _list_bedrock_tags(response)


def _update_security_hub_configuration(_response: Any) -> str:
    """Accept the settings of Security Hub: API reference, UpdateSecurityHubConfiguration."""
    return "{}"


_describe_table = Table.describe
_init_database = DBInstance.__init__
_init_service = Service.__init__


def _describe_table_on_demand(table: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    """Return no units for a table on demand: API reference of DynamoDB, ProvisionedThroughputDescription."""
    description: dict[str, Any] = _describe_table(table, base_key)
    if table.billing_mode == "PAY_PER_REQUEST":
        table_description = description[base_key]
        for one in (table_description, *table_description["GlobalSecondaryIndexes"]):
            one["ProvisionedThroughput"] = {
                "NumberOfDecreasesToday": 0,
                "ReadCapacityUnits": 0,
                "WriteCapacityUnits": 0,
            }
    return description


@wraps(_init_database)
def _database_with_its_own_id(database: Any, *arguments: Any, **options: Any) -> None:
    """Give each database its own ID: API reference of RDS, DBInstance, DbiResourceId."""
    _init_database(database, *arguments, **options)
    name = str(database.db_instance_identifier)
    database.dbi_resource_id = f"db-{hashlib.sha256(name.encode()).hexdigest()[:26].upper()}"


@wraps(_init_service)
def _service_without_network(service: Any, *arguments: Any, **options: Any) -> None:
    """Return no network for a service that has none: API reference of ECS, Service, networkConfiguration."""
    _init_service(service, *arguments, **options)
    service.network_configuration = service.network_configuration or None


_init_memory = Memory.__init__


@wraps(_init_memory)
def _memory_with_its_name(memory: Any, *arguments: Any, **options: Any) -> None:
    """Begin the ID of a memory with its name: API reference of AgentCore, Memory, id; moto invents one."""
    _init_memory(memory, *arguments, **options)
    moto_id = memory.memory_id
    memory.memory_id = f"{memory.name}-{moto_id[-10:]}"
    memory.memory_arn = memory.memory_arn.replace(moto_id, memory.memory_id)


_put_scaling_policy = ApplicationAutoscalingBackend.put_scaling_policy


@wraps(_put_scaling_policy)
def _put_scaling_policy_again(backend: ApplicationAutoscalingBackend, **arguments: Any) -> Any:
    """Change a policy that exists: API reference of Application Auto Scaling, PutScalingPolicy.

    moto replaces it by another policy, and makes the alarms of a policy a second time.
    """
    names = ("service_namespace", "resource_id", "scalable_dimension", "policy_name")
    key = FakeApplicationAutoscalingPolicy.formulate_key(*(arguments[name] for name in names))
    policy = backend.policies.get(key)
    if policy is None or arguments["policy_type"] not in (None, policy.policy_type):
        return _put_scaling_policy(backend, **arguments)
    if body := arguments["policy_body"]:
        policy._policy_body = body
        kind = "target_tracking" if policy.policy_type == "TargetTrackingScaling" else "step"
        setattr(policy, f"{kind}_scaling_policy_configuration", body)
    return policy


def install() -> None:
    """Replace the answers of moto by those above."""
    ApplicationAutoscalingBackend.put_scaling_policy = _put_scaling_policy_again
    Table.describe = _describe_table_on_demand
    Service.__init__ = _service_without_network
    Memory.__init__ = _memory_with_its_name
    DBInstance.__init__ = _database_with_its_own_id
    CloudTrailResponse.describe_trails = _describe_trails
    Backup.create_backup_selection = _create_whole_backup_selection  # type: ignore[method-assign, assignment]
    Backup.get_backup_selection = _get_backup_selection
    SystemsManager.create_association = _create_association
    SystemsManager.describe_association = _describe_association
    request_parser._COMPILED.append(("access-analyzer", "GET", re.compile("/analyzer/[^/]+"), "GetAnalyzer"))
    ANSWERS["access-analyzer:GetAnalyzer"] = _get_analyzer
    BedrockResponse.list_tags_for_resource = _tags_of_bedrock
    ConfigBackend.put_configuration_recorder = _put_recorder_without_exclusion
    Bedrock.create_guardrail = _create_whole_guardrail  # type: ignore[method-assign, assignment]
    Bedrock.get_guardrail = _get_whole_guardrail  # type: ignore[method-assign, assignment]
    SystemsManager.list_tags_for_resource = _list_systems_manager_tags
    S3Backend.put_bucket_lifecycle = _keep_lifecycle
    S3Response.get_bucket_lifecycle = _whole_lifecycle
    SecurityHub.get_enabled_standards = _get_enabled_standards  # type: ignore[method-assign, assignment]
    SecurityHub.batch_enable_standards = _batch_enable_standards  # type: ignore[method-assign, assignment]
    SecurityHubResponse.update_security_hub_configuration = _update_security_hub_configuration
