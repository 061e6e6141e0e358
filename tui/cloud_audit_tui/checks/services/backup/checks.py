"""AWS Backup: whether a region has a plan that backs anything up."""

from __future__ import annotations

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.model import RegionScope, Status, Verdict
from cloud_audit_tui.text import quoted

PLANS = RegionScope("AWS::Backup::BackupPlan")
DEFAULT_VAULT = "Default"
NOT_OFFERED = frozenset({"404", "500", "501"})
"""Codes of answers that are no errors of AWS's: so other endpoints answer what they do not offer."""


@check(
    "aws-backup-001",
    reads=["backup:ListBackupVaults", "backup:ListBackupPlans", "backup:ListBackupSelections"],
)
async def backup_plan_with_resources(region: Region) -> Verdicts:
    """Fail a region without a backup vault, without a plan, or whose plans have nothing assigned.

    Source: ListBackupVaults, ListBackupPlans and ListBackupSelections. The catalogue stops at the
    existence of a plan; a plan without a resource assignment (selection) backs nothing up, so one plan
    with a selection is asked for here. Which resources carry the tags of a selection is not seen. The
    plans are read until the first that has a selection. An endpoint that is not AWS's may not offer
    ListBackupSelections; then the existence of a plan decides, as in the catalogue, and the reason says so.
    """
    yield await _judge(region)


async def _judge(region: Region) -> Verdict:
    vaults = [
        str(vault.get("BackupVaultName") or "") async for vault in region.items("backup", "ListBackupVaults")
    ]
    evidence: Item = {"vaults": vaults, "plans": [], "vault": _vault_to_use(vaults)}
    if not vaults:
        reason = f"There is no backup vault in {region.name}, so AWS Backup keeps nothing here."
        return Verdict(Status.FAIL, PLANS, reason, evidence)
    async for plan in region.items("backup", "ListBackupPlans"):
        named = {
            "id": str(plan.get("BackupPlanId") or ""),
            "name": str(plan.get("BackupPlanName") or ""),
        }
        evidence["plans"].append(named)
        name = f'Backup plan "{quoted(named["name"])}"'
        try:
            async for selection in region.items("backup", "ListBackupSelections", BackupPlanId=named["id"]):
                evidence["selection"] = str(selection.get("SelectionName") or "")
                reason = f'{name} has resources assigned ("{quoted(evidence["selection"])}").'
                return Verdict(Status.PASS, PLANS, reason, evidence)
        except ReadError as error:
            if error.kind is not Unread.BAD_RESPONSE or error.code not in NOT_OFFERED:
                raise
            reason = f"{name} exists; this endpoint does not say which resources are assigned to it."
            return Verdict(Status.PASS, PLANS, reason, evidence)
    if not evidence["plans"]:
        reason = f"There is no backup plan in {region.name}: the vaults are there, and nothing fills them."
    else:
        names = ", ".join(f'"{quoted(plan["name"])}"' for plan in evidence["plans"])
        reason = f"No resources are assigned to {names}, so nothing in {region.name} is backed up by a plan."
    return Verdict(Status.FAIL, PLANS, reason, evidence)


def _vault_to_use(vaults: list[str]) -> str:
    """Return the vault that a new plan should use: the default one, or the first that is no service's."""
    if DEFAULT_VAULT in vaults:
        return DEFAULT_VAULT
    return next((name for name in sorted(vaults) if not name.startswith("aws/")), "")
