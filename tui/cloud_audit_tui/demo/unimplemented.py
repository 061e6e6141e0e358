"""Answers to the reads that moto does not implement, as the service gives them for the seeded accounts.

moto answers these with a page that says so, which is no error of AWS's. Most answers are those of an
account that does not use the feature; the others are of a piece with what is seeded. moto's API Gateway
needs libraries that the demo does without.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, STAGING
from cloud_audit_tui.demo.seeds.instances import FLEETS, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Content = dict[str, Any]

_PRODUCTION = (PRODUCTION.id, "us-east-1")
_PRODUCTION_EU = (PRODUCTION.id, "eu-west-1")
_AGO = datetime(2025, 2, 3, 9, 0, tzinfo=UTC)


def _analyzers(account_id: str, region: str, _body: bytes) -> Content:
    if (account_id, region) not in (_PRODUCTION, _PRODUCTION_EU):
        return {"analyzers": []}
    analyzer = {
        "name": "external-access",
        "arn": f"arn:aws:access-analyzer:{region}:{account_id}:analyzer/external-access",
        "type": "ACCOUNT",
        "status": "ACTIVE",
        "createdAt": _AGO.isoformat(),
    }
    return {"analyzers": [analyzer]}


def _backup_selections(account_id: str, region: str, _body: bytes) -> Content:
    if (account_id, region) != _PRODUCTION:
        return {"BackupSelectionsList": []}
    selection = {
        "SelectionId": "5c1d8f0e-8a54-4b6a-9a0e-3a4d6f7b1c22",
        "SelectionName": "tagged-for-backup",
        "IamRoleArn": f"arn:aws:iam::{account_id}:role/service-role/AWSBackupDefaultServiceRole",
        "CreationDate": _AGO.timestamp(),
    }
    return {"BackupSelectionsList": [selection]}


def _guardrails(account_id: str, region: str, _body: bytes) -> Content:
    if (account_id, region) != _PRODUCTION:
        return {"guardrails": []}
    guardrail = {
        "id": "x7k2m9q4r1ab",
        "arn": f"arn:aws:bedrock:{region}:{account_id}:guardrail/x7k2m9q4r1ab",
        "name": "claims-assistant",
        "status": "READY",
        "version": "DRAFT",
        "createdAt": _AGO.isoformat(),
        "updatedAt": _AGO.isoformat(),
    }
    return {"guardrails": [guardrail]}


def _rest_apis(_account_id: str, _region: str, _body: bytes) -> Content:
    return {"item": []}


def _code_interpreters(_account_id: str, _region: str, _body: bytes) -> Content:
    return {"codeInterpreterSummaries": []}


_FINDING = "92b8f0e3c4d54f61a7f1c0de5b8a9d20"


def _finding_ids(account_id: str, region: str, _body: bytes) -> Content:
    return {"findingIds": [_FINDING] if (account_id, region) == (STAGING.id, STAGING.region) else []}


def _findings(account_id: str, region: str, _body: bytes) -> Content:
    finding = {
        "id": _FINDING,
        "arn": f"arn:aws:guardduty:{region}:{account_id}:detector/staging/finding/{_FINDING}",
        "accountId": account_id,
        "region": region,
        "partition": "aws",
        "schemaVersion": "2.0",
        "type": "Recon:EC2/PortProbeUnprotectedPort",
        "severity": 2,
        "createdAt": "2025-02-03T09:00:00.000Z",
        "updatedAt": "2025-02-04T09:00:00.000Z",
        "resource": {"resourceType": "Instance"},
        "service": {"archived": False, "count": 14},
    }
    return {"findings": [finding] if (account_id, region) == (STAGING.id, STAGING.region) else []}


def _nodes(account_id: str, region: str) -> Iterator[tuple[str, Node]]:
    """Yield the instances that Systems Manager knows, by ID."""
    # moto's EC2 takes a second to import, and is imported long before anybody asks this.
    from moto.ec2.models import ec2_backends  # noqa: PLC0415

    seeded = {
        instance.name: instance.node
        for fleet in FLEETS
        if (fleet.account.id, fleet.region) == (account_id, region)
        for instance in fleet.instances
    }
    for made in ec2_backends[account_id][region].all_instances() if seeded else ():
        name = next((tag["value"] for tag in made.get_tags() if tag["key"] == "Name"), "")
        node = seeded.get(name)
        if node is not None:
            yield made.id, node


def _instance_information(account_id: str, region: str, _body: bytes) -> Content:
    now = datetime.now(UTC)
    return {
        "InstanceInformationList": [
            {
                "InstanceId": instance_id,
                "PingStatus": node.ping,
                "LastPingDateTime": (now - timedelta(days=0 if node.ping == "Online" else 40)).timestamp(),
                "AgentVersion": "3.3.1957.0",
                "PlatformType": "Linux",
                "PlatformName": "Amazon Linux",
                "PlatformVersion": "2023",
                "ResourceType": "EC2Instance",
            }
            for instance_id, node in _nodes(account_id, region)
        ]
    }


def _patch_states(account_id: str, region: str, body: bytes) -> Content:
    wanted = set(json.loads(body or b"{}").get("InstanceIds") or [])
    when = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    return {
        "InstancePatchStates": [
            {
                "InstanceId": instance_id,
                "PatchGroup": "",
                "BaselineId": "pb-0c10e65780EXAMPLE",
                "Operation": "Scan",
                "OperationStartTime": when,
                "OperationEndTime": when,
                "InstalledCount": 187,
                "MissingCount": node.missing,
                "FailedCount": node.failed,
            }
            for instance_id, node in _nodes(account_id, region)
            if instance_id in wanted and node.missing is not None
        ]
    }


ANSWERS: dict[str, Callable[[str, str, bytes], Content]] = {
    "access-analyzer:ListAnalyzers": _analyzers,
    "apigateway:GetRestApis": _rest_apis,
    "backup:ListBackupSelections": _backup_selections,
    "bedrock:ListGuardrails": _guardrails,
    "bedrock-agentcore:ListCodeInterpreters": _code_interpreters,
    "guardduty:GetFindings": _findings,
    "guardduty:ListFindings": _finding_ids,
    "ssm:DescribeInstanceInformation": _instance_information,
    "ssm:DescribeInstancePatchStates": _patch_states,
}
"""Who answers which operation, given the caller's account and region and the body of the request."""
