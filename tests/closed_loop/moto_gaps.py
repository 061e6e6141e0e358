"""What AWS answers and Terraform's provider needs, where moto does not; each names the document of AWS."""

from __future__ import annotations

import hashlib
import json
from functools import wraps
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult
from moto.dynamodb.models.table import Table
from moto.ecs.models import Service
from moto.rds.models import DBInstance
from moto.securityhub.responses import SecurityHubResponse

from cloud_audit_tui.demo.moto_patches.backup import Backup


def _describe_trails(response: CloudTrailResponse) -> str:
    """Name the trails of ``trailNameList`` only, by name or ARN: API reference of CloudTrail, DescribeTrails."""
    shadows = response._get_bool_param("includeShadowTrails", True)
    names = response._get_param("trailNameList") or []
    trails = response.cloudtrail_backend.describe_trails(shadows)
    described = [trail.description(include_region=True) for trail in trails]
    return json.dumps(
        {"trailList": [one for one in described if not names or {one["Name"], one["TrailARN"]} & set(names)]}
    )


def _get_backup_selection(response: Any) -> Any:
    """Return a selection: API reference of AWS Backup, GetBackupSelection."""
    plan = str(response.uri_match["backupPlanId"])
    wanted = str(response.uri_match["selectionId"])
    selection = next(one for one in response._selections[plan] if one["SelectionId"] == wanted)
    names = ("SelectionName", "IamRoleArn", "ListOfTags", "Resources", "NotResources", "Conditions")
    told = {name: selection[name] for name in names if name in selection}
    return ActionResult({"BackupPlanId": plan, "SelectionId": wanted, "BackupSelection": told})


_create_backup_selection = Backup.create_backup_selection


def _create_whole_backup_selection(response: Any) -> Any:
    """Keep what a selection selects, too."""
    created = _create_backup_selection(response)
    kept = response._selections[response._plan()][-1]
    kept |= json.loads(response.body)["BackupSelection"]
    return created


def _update_security_hub_configuration(_response: Any) -> str:
    """Take the settings of Security Hub: API reference, UpdateSecurityHubConfiguration."""
    return "{}"


_describe_table = Table.describe
_init_database = DBInstance.__init__
_init_service = Service.__init__


def _describe_table_on_demand(table: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    """Name no units of a table on demand: API reference of DynamoDB, ProvisionedThroughputDescription."""
    described: dict[str, Any] = _describe_table(table, base_key)
    if table.billing_mode == "PAY_PER_REQUEST":
        of_table = described[base_key]
        for one in (of_table, *of_table["GlobalSecondaryIndexes"]):
            one["ProvisionedThroughput"] = {
                "NumberOfDecreasesToday": 0,
                "ReadCapacityUnits": 0,
                "WriteCapacityUnits": 0,
            }
    return described


@wraps(_init_database)
def _database_of_its_own(database: Any, *arguments: Any, **options: Any) -> None:
    """Give each database an ID of its own: API reference of RDS, DBInstance, DbiResourceId."""
    _init_database(database, *arguments, **options)
    name = str(database.db_instance_identifier)
    database.dbi_resource_id = f"db-{hashlib.sha256(name.encode()).hexdigest()[:26].upper()}"


@wraps(_init_service)
def _service_without_network(service: Any, *arguments: Any, **options: Any) -> None:
    """Name no network of a service that has none: API reference of ECS, Service, networkConfiguration."""
    _init_service(service, *arguments, **options)
    service.network_configuration = service.network_configuration or None


def install() -> None:
    """Let moto answer so."""
    Table.describe = _describe_table_on_demand
    Service.__init__ = _service_without_network
    DBInstance.__init__ = _database_of_its_own
    CloudTrailResponse.describe_trails = _describe_trails
    Backup.create_backup_selection = _create_whole_backup_selection
    Backup.get_backup_selection = _get_backup_selection
    SecurityHubResponse.update_security_hub_configuration = _update_security_hub_configuration
