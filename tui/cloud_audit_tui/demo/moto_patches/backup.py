"""Extends moto's AWS Backup: backup selections."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.backup import urls
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of


class Backup(BackupResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's AWS Backup with CreateBackupSelection and ListBackupSelections."""

    def create_backup_selection(self) -> Any:
        """Assign resources to a plan."""
        plan = self._plan()
        request = json.loads(self.body)["BackupSelection"]
        selection = {
            "SelectionId": str(uuid.uuid4()),
            "SelectionName": request["SelectionName"],
            "BackupPlanId": plan,
            "CreationDate": utcnow(),
            "IamRoleArn": request["IamRoleArn"],
        }
        self._selections.setdefault(plan, []).append(selection)
        return ActionResult(selection)

    def list_backup_selections(self) -> Any:
        """Return the selections of a plan."""
        return ActionResult({"BackupSelectionsList": self._selections.get(self._plan(), [])})

    @property
    def _selections(self) -> dict[str, Any]:
        return state_of(self.backup_backend, "selections")

    def _plan(self) -> str:
        """Return the requested plan; raises moto's error when it does not exist."""
        plan = str(self.uri_match["backupPlanId"])
        self.backup_backend.get_backup_plan(backup_plan_id=plan, version_id=None)
        return plan


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(Backup, BackupResponse, urls)
