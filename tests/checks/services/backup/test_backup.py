from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.remediation.render import render
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

PLANNED = "aws-backup-001"


def region_with(aws: Any, vaults: list[str], plans: dict[str, list[str]]) -> None:
    aws.answer(
        "backup", "ListBackupVaults", {"BackupVaultList": [{"BackupVaultName": name} for name in vaults]}
    )
    summaries = [{"BackupPlanId": name, "BackupPlanName": name} for name in plans]

    def page(params: dict[str, Any]) -> dict[str, Any]:
        # The query string calls the token nextToken.
        first = {"BackupPlansList": summaries[:1], "NextToken": "2"}
        return {"BackupPlansList": summaries[1:]} if params.get("nextToken") else first

    aws.answer("backup", "ListBackupPlans", page)
    for name, selections in plans.items():
        assignments = [{"SelectionId": each, "SelectionName": each} for each in selections]
        aws.answer("backup", "ListBackupSelections", {"BackupSelectionsList": assignments}, backupPlanId=name)


async def test_a_region_needs_a_vault_and_a_plan_with_resources(aws: Any, judge: Judge) -> None:
    rows: list[tuple[list[str], dict[str, list[str]], Status, str]] = [
        ([], {"daily": ["all"]}, Status.FAIL, "no backup vault"),
        (["Default"], {}, Status.FAIL, "no backup plan"),
        (["Default"], {"daily": []}, Status.FAIL, "No resources are assigned"),
        (["Default"], {"empty": [], "daily": ["all"]}, Status.PASS, '"daily" has resources'),
    ]
    with each_row() as row:
        for vaults, plans, status, words in rows:
            with row(plans):
                aws.restart()
                region_with(aws, vaults, plans)
                [finding] = await judge(PLANNED)
                assert finding.status is status
                assert words in finding.reason
                assert finding.resource_name == "eu-central-1"
                assert finding.evidence["vault"] == ("Default" if vaults else "")


async def test_a_vault_of_another_service_is_not_used_for_a_new_plan(aws: Any, judge: Judge) -> None:
    region_with(aws, ["aws/efs/automatic-backup-vault"], {})
    [finding] = await judge(PLANNED)
    assert finding.evidence["vault"] == ""


async def test_a_new_plan_goes_into_a_vault_that_can_be_its_target(aws: Any, judge: Judge) -> None:
    air_gapped = {"BackupVaultName": "Away", "VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}
    vault = {"BackupVaultName": "zone", "VaultType": "BACKUP_VAULT"}
    aws.answer("backup", "ListBackupVaults", {"BackupVaultList": [air_gapped, vault]})
    region_with(aws, [], {})
    [finding] = await judge(PLANNED)
    assert finding.evidence["vault"] == "zone"


async def test_a_new_plan_goes_into_no_vault_whose_lock_refuses_its_backups(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"Locked": True, "MinRetentionDays": 90}, False),
        ({"Locked": True, "MaxRetentionDays": 30}, False),
        ({"VaultState": "FAILED"}, False),
        ({"Locked": True, "MinRetentionDays": 7, "MaxRetentionDays": 365, "VaultState": "AVAILABLE"}, True),
    ]
    with each_row() as row:
        for facts, used in rows:
            with row(facts):
                aws.restart()
                vaults = {"BackupVaultList": [{"BackupVaultName": "Default", **facts}]}
                aws.answer("backup", "ListBackupVaults", vaults)
                region_with(aws, [], {})
                [finding] = await judge(PLANNED)
                assert finding.evidence["vault"] == ("Default" if used else "")
                assert ("Creating backup vault daily-35-days" in render(finding).cli) is not used


async def test_a_plan_that_somebody_else_manages_gets_no_selection(aws: Any, judge: Judge) -> None:
    region_with(aws, ["Default"], {"orgs/544033d1": [], "aws/efs/73d922fb": [], "daily": []})
    [finding] = await judge(PLANNED)
    assert finding.status is Status.FAIL
    assert finding.evidence["own_plans"] == [{"id": "daily", "name": "daily"}]


@pytest.mark.parametrize("operation", ["ListBackupVaults", "ListBackupPlans", "ListBackupSelections"])
async def test_a_denied_read_neither_passes_nor_fails(aws: Any, judge: Judge, operation: str) -> None:
    aws.denied("backup", operation)
    region_with(aws, ["Default"], {"daily": ["all"]})
    [finding] = await judge(PLANNED)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == f"backup:{operation}"


async def test_an_endpoint_that_does_not_list_selections_shows_that_there_is_a_plan(
    aws: Any, judge: Judge
) -> None:
    aws.answer("backup", "ListBackupSelections", aws.refusal("501", "not implemented"))
    region_with(aws, ["Default"], {"daily": ["all"]})
    [finding] = await judge(PLANNED)
    assert finding.status is Status.PASS
    assert "does not say which resources" in finding.reason


@pytest.mark.parametrize("code", ["500", "InternalServerError"])
async def test_a_server_that_failed_is_no_server_that_does_not_offer_it(
    aws: Any, judge: Judge, code: str
) -> None:
    aws.answer("backup", "ListBackupSelections", aws.refusal(code, "oops"))
    region_with(aws, ["Default"], {"daily": ["all"]})
    [finding] = await judge(PLANNED)
    assert finding.status is Status.NOT_ASSESSED
