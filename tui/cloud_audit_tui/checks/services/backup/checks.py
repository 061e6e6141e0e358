"""AWS Backup: whether a region has a plan with resources."""

from __future__ import annotations

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.model import RegionScope, Status, Verdict
from cloud_audit_tui.text import quoted

PLANS = RegionScope("AWS::Backup::BackupPlan")
DEFAULT_VAULT = "Default"
NOT_OFFERED = frozenset({"404", "501"})
"""Codes of an endpoint that is not AWS's and lacks an operation; the codes of AWS are names.

500 is not among them: a failed server may offer the operation.
"""
OWN_VAULT = "BACKUP_VAULT"
"""The type of a vault that a plan's rule can have as its target, and of a vault listed without a type.

The others are logically air-gapped vaults, which a rule names in addition, and restore access vaults.
"""
RETENTION_DAYS = 35
"""For how long the plan of the remediation keeps a backup."""
MANAGED = ("aws/", "orgs/")
"""Prefixes of names and ids of vaults and plans that a service or the organization manages."""


@check(
    "aws-backup-001",
    reads=["backup:ListBackupVaults", "backup:ListBackupPlans", "backup:ListBackupSelections"],
)
async def backup_plan_with_resources(region: Region) -> Verdicts:
    """Fail a region without a backup vault, without a plan, or whose plans have nothing assigned.

    Source: ListBackupVaults, ListBackupPlans and ListBackupSelections. The catalogue stops at the existence
    of a plan; a plan without a resource assignment (selection) backs nothing up, so this check requires
    one plan with a selection. It does not read which resources have the tags of a selection. The plans
    are read until the first that has a selection, those of the organization and of services included,
    since they back up what they select. The remediation adds to the account's own plans and vaults only
    (``own_plans``, ``vault``): AWS refuses a change of the others, a logically air-gapped vault alone
    cannot be the target of a rule, and a vault whose lock allows no retention of 35 days fails every
    backup job of the plan (ListBackupVaults, MinRetentionDays and MaxRetentionDays). An endpoint that is
    not AWS's may lack ListBackupSelections; then the existence of a plan decides, as in the catalogue,
    and the reason says so.
    """
    yield await _judge(region)


async def _judge(region: Region) -> Verdict:
    vaults = [vault async for vault in region.items("backup", "ListBackupVaults")]
    vault_names = [str(vault.get("BackupVaultName") or "") for vault in vaults]
    usable = [
        name
        for vault, name in zip(vaults, vault_names, strict=True)
        if (vault.get("VaultType") or OWN_VAULT) == OWN_VAULT
        and not name.startswith(MANAGED)
        and _keeps_the_plans_backups(vault)
    ]
    evidence: Item = {"vaults": vault_names, "plans": [], "own_plans": [], "vault": _vault_to_use(usable)}
    if not vault_names:
        reason = f"There is no backup vault in {region.name}, so AWS Backup stores nothing here."
        return Verdict(Status.FAIL, PLANS, reason, evidence)
    async for plan in region.items("backup", "ListBackupPlans"):
        plan_facts = {
            "id": str(plan.get("BackupPlanId") or ""),
            "name": str(plan.get("BackupPlanName") or ""),
        }
        evidence["plans"].append(plan_facts)
        if not plan_facts["id"].startswith(MANAGED) and not plan_facts["name"].startswith(MANAGED):
            evidence["own_plans"].append(plan_facts)
        name = f'Backup plan "{quoted(plan_facts["name"])}"'
        try:
            async for selection in region.items(
                "backup", "ListBackupSelections", BackupPlanId=plan_facts["id"]
            ):
                evidence["selection"] = str(selection.get("SelectionName") or "")
                reason = f'{name} has resources assigned ("{quoted(evidence["selection"])}").'
                return Verdict(Status.PASS, PLANS, reason, evidence)
        except ReadError as error:
            if error.kind is not Unread.BAD_RESPONSE or error.code not in NOT_OFFERED:
                raise
            reason = f"{name} exists; this endpoint does not say which resources are assigned to it."
            return Verdict(Status.PASS, PLANS, reason, evidence)
    if not evidence["plans"]:
        reason = f"There is no backup plan in {region.name}: nothing is backed up to its vaults."
    else:
        names = ", ".join(f'"{quoted(plan["name"])}"' for plan in evidence["plans"])
        reason = f"No resources are assigned to {names}, so nothing in {region.name} is backed up by a plan."
    return Verdict(Status.FAIL, PLANS, reason, evidence)


def _keeps_the_plans_backups(vault: Item) -> bool:
    """Whether a vault is ready, and its lock, if any, allows the retention of the remediation's plan."""
    least, most = vault.get("MinRetentionDays"), vault.get("MaxRetentionDays")
    return (
        vault.get("VaultState") in (None, "AVAILABLE")
        and (least is None or least <= RETENTION_DAYS)
        and (most is None or most >= RETENTION_DAYS)
    )


def _vault_to_use(usable: list[str]) -> str:
    """Return the vault that a new plan should use: the default one, else the first, else none."""
    return DEFAULT_VAULT if DEFAULT_VAULT in usable else min(usable, default="")
