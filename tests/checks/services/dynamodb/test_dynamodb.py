from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

KEY_VISIBLE, RECOVERY, SCALES = "aws-ddb-001", "aws-ddb-002", "aws-ddb-003"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
UNREACHABLE = {"InaccessibleEncryptionDateTime": datetime(2025, 1, 2, tzinfo=UTC)}
ENABLED = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": KEY}
SCALING = "application-autoscaling"
TABLE = ("table/orders", "dynamodb:table")
INDEX = ("table/orders/index/by-date", "dynamodb:index")


def table(name: str = "orders", **members: Any) -> dict[str, Any]:
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "TableArn": f"arn:aws:dynamodb:eu-central-1:111122223333:table/{name}",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
        **members,
    }


def tables(aws: Any, *descriptions: dict[str, Any]) -> None:
    aws.answer("dynamodb", "ListTables", {"TableNames": [each["TableName"] for each in descriptions]})
    for each in descriptions:
        aws.answer("dynamodb", "DescribeTable", {"Table": each}, TableName=each["TableName"])


async def test_the_key_of_a_table(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Status, Severity | None]] = [
        ({"SSEDescription": ENABLED}, Status.PASS, None),
        ({}, Status.FAIL, Severity.LOW),
        ({"SSEDescription": {"Status": "DISABLED"}}, Status.FAIL, Severity.LOW),
        ({"SSEDescription": {**ENABLED, "Status": "UPDATING"}}, Status.NOT_ASSESSED, None),
        (
            {
                "SSEDescription": {
                    **ENABLED,
                    "InaccessibleEncryptionDateTime": datetime(2025, 1, 2, tzinfo=UTC),
                }
            },
            Status.FAIL,
            Severity.CRITICAL,
        ),
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, Status.FAIL, Severity.CRITICAL),
        ({"TableStatus": "ARCHIVED", "SSEDescription": ENABLED}, Status.FAIL, Severity.CRITICAL),
        ({"TableStatus": "DELETING"}, Status.NOT_ASSESSED, None),
    ]
    with each_row() as row:
        for members, status, severity in rows:
            with row(members):
                aws.restart()
                tables(aws, table(**members))
                [finding] = await judge(KEY_VISIBLE)
                assert finding.status is status
                if severity:
                    assert finding.severity is severity


@pytest.mark.parametrize("check", [KEY_VISIBLE, SCALES])
async def test_a_table_that_cannot_be_described_does_not_hide_the_next_page(
    aws: Any, judge: Judge, check: str
) -> None:
    aws.pages("dynamodb", "ListTables", ["denied", "deleted"], ["seen"])
    aws.answer(
        "dynamodb",
        "DescribeTable",
        aws.refusal("ResourceNotFoundException", "Requested resource not found"),
        TableName="deleted",
    )
    on_demand = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    readable = table("seen", SSEDescription=ENABLED, **on_demand)
    aws.answer("dynamodb", "DescribeTable", {"Table": readable}, TableName="seen")
    findings = {finding.resource_name: finding for finding in await judge(check)}
    assert {name: finding.status for name, finding in findings.items()} == {
        "denied": Status.NOT_ASSESSED,
        "seen": Status.PASS,
    }
    assert findings["denied"].evidence["missing_permission"] == "dynamodb:DescribeTable"
    assert findings["denied"].resource_id == "arn:aws:dynamodb:eu-central-1:111122223333:table/denied"


async def test_point_in_time_recovery(aws: Any, judge: Judge) -> None:
    tables(aws, table("none"), table("all"), table("unsaid"), table("denied"))
    for name, state in (("none", "DISABLED"), ("all", "ENABLED")):
        recovery = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": state}}
        answer = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", **recovery}}
        aws.answer("dynamodb", "DescribeContinuousBackups", answer, TableName=name)
    answer = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}}
    aws.answer("dynamodb", "DescribeContinuousBackups", answer, TableName="unsaid")
    findings = {finding.resource_name: finding for finding in await judge(RECOVERY)}
    assert {name: finding.status for name, finding in findings.items()} == {
        "none": Status.FAIL,
        "all": Status.PASS,
        "unsaid": Status.FAIL,
        "denied": Status.NOT_ASSESSED,
    }
    assert findings["none"].evidence["key_schema"] == {"HASH": "id"}


async def test_an_archived_table_has_one_finding_which_names_its_backup(aws: Any, judge: Judge) -> None:
    backup = "arn:aws:dynamodb:eu-central-1:111122223333:table/orders/backup/1"
    tables(aws, table(TableStatus="ARCHIVED", ArchivalSummary={"ArchivalBackupArn": backup}))
    answer = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}}
    aws.answer("dynamodb", "DescribeContinuousBackups", answer)
    [archived] = await judge(KEY_VISIBLE)
    assert "archived" in archived.reason
    assert archived.evidence["archival_backup"] == backup
    assert [finding.status for finding in await judge(RECOVERY, SCALES)] == [Status.NOT_ASSESSED] * 2


async def test_a_table_that_cannot_be_described_may_be_being_deleted(aws: Any, judge: Judge) -> None:
    aws.answer("dynamodb", "ListTables", {"TableNames": ["none"]})
    answer = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}}
    aws.answer("dynamodb", "DescribeContinuousBackups", answer)
    [finding] = await judge(RECOVERY)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "dynamodb:DescribeTable"


def scaling(aws: Any, targets: list[tuple[str, str]], policies: list[tuple[str, str]], **state: Any) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    aws.pages(
        SCALING,
        "DescribeScalableTargets",
        [],
        [
            {
                "ServiceNamespace": "dynamodb",
                "ResourceId": resource,
                "ScalableDimension": f"{kind}:{action}CapacityUnits",
                "MinCapacity": 1,
                "MaxCapacity": 9,
                "RoleARN": "arn:aws:iam::111122223333:role/r",
                "CreationTime": now,
                **state,
            }
            for resource, kind in targets
            for action in ("Read", "Write")
        ],
        ServiceNamespace="dynamodb",
    )
    aws.pages(
        SCALING,
        "DescribeScalingPolicies",
        [],
        [
            {
                "PolicyARN": "arn:aws:autoscaling:x",
                "PolicyName": "p",
                "ServiceNamespace": "dynamodb",
                "ResourceId": resource,
                "ScalableDimension": f"{kind}:{action}CapacityUnits",
                "PolicyType": "TargetTrackingScaling",
                "CreationTime": now,
            }
            for resource, kind in policies
            for action in ("Read", "Write")
        ],
        ServiceNamespace="dynamodb",
    )


async def test_every_capacity_needs_a_target_and_a_policy(aws: Any, judge: Judge) -> None:
    rows: list[tuple[list[tuple[str, str]], list[tuple[str, str]], dict[str, Any], Status, int]] = [
        ([TABLE, INDEX], [TABLE, INDEX], {}, Status.PASS, 0),
        ([], [], {}, Status.FAIL, 4),
        ([TABLE, INDEX], [TABLE], {}, Status.FAIL, 2),
        ([TABLE], [TABLE], {}, Status.FAIL, 2),
        (
            [TABLE, INDEX],
            [TABLE, INDEX],
            {"SuspendedState": {"DynamicScalingOutSuspended": True}},
            Status.FAIL,
            4,
        ),
    ]
    with each_row() as row:
        for targets, policies, state, status, missing in rows:
            with row((targets, policies, state)):
                aws.restart()
                index = {
                    "IndexName": "by-date",
                    "IndexStatus": "ACTIVE",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 3},
                }
                tables(aws, table(GlobalSecondaryIndexes=[index]))
                scaling(aws, targets, policies, **state)
                [finding] = await judge(SCALES)
                assert finding.status is status
                assert len(finding.evidence["missing"]) == missing


async def test_unread_targets_leave_only_provisioned_tables_unassessed(aws: Any, judge: Judge) -> None:
    on_demand = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    tables(aws, table("provisioned"), table("on-demand", **on_demand))
    findings = {finding.resource_name: finding for finding in await judge(SCALES)}
    assert findings["on-demand"].status is Status.PASS
    assert findings["provisioned"].status is Status.NOT_ASSESSED
    assert findings["provisioned"].evidence["missing_permission"] == f"{SCALING}:DescribeScalableTargets"
