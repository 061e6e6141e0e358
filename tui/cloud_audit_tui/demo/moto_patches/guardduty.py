"""Extends moto's GuardDuty: findings. No API call creates one, so `find` does."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.guardduty import urls
from moto.guardduty.models import guardduty_backends
from moto.guardduty.responses import GuardDutyResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of

if TYPE_CHECKING:
    from datetime import datetime

_PATH = "{0}/detector/(?P<detector_id>[^/]+)/findings"


def find(account_id: str, region: str, when: datetime) -> None:
    """Add a finding of a harmless port probe to every detector of a region."""
    backend = guardduty_backends[account_id][region]
    for detector in backend.list_detectors():
        finding = uuid.uuid4().hex
        stamp = f"{when:%Y-%m-%dT%H:%M:%S}.000Z"
        state_of(backend, "findings")[finding] = {
            "Id": finding,
            "Arn": f"arn:aws:guardduty:{region}:{account_id}:detector/{detector}/finding/{finding}",
            "AccountId": account_id,
            "Region": region,
            "Partition": "aws",
            "SchemaVersion": "2.0",
            "Type": "Recon:EC2/PortProbeUnprotectedPort",
            "Severity": 2.0,
            "CreatedAt": stamp,
            "UpdatedAt": stamp,
            "Resource": {"ResourceType": "Instance"},
            "Service": {"Archived": False, "Count": 14, "DetectorId": detector},
        }


class GuardDuty(GuardDutyResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's GuardDuty with findings that can be listed, read and archived."""

    def list_findings(self) -> Any:
        """Return a detector's findings, filtered by whether they are archived."""
        criteria = (json.loads(self.body).get("findingCriteria") or {}).get("criterion") or {}
        criterion = criteria.get("service.archived") or {}
        archived = criterion.get("equals") or criterion.get("eq") or ["true", "false"]
        finding_ids = [
            finding["Id"]
            for finding in self._findings()
            if str(finding["Service"]["Archived"]).lower() in archived
        ]
        return ActionResult({"FindingIds": finding_ids})

    def get_findings(self) -> Any:
        """Return findings."""
        return ActionResult({"Findings": self._requested_findings()})

    def archive_findings(self) -> Any:
        """Archive findings."""
        return self._archive(archived=True)

    def unarchive_findings(self) -> Any:
        """Unarchive findings."""
        return self._archive(archived=False)

    def _archive(self, *, archived: bool) -> Any:
        for finding in self._requested_findings():
            finding["Service"]["Archived"] = archived
        return EmptyResult()

    def _requested_findings(self) -> list[dict[str, Any]]:
        ids = json.loads(self.body)["findingIds"]
        return [finding for finding in self._findings() if finding["Id"] in ids]

    def _findings(self) -> list[dict[str, Any]]:
        detector = self.path.split("/")[2]
        self.guardduty_backend.get_detector(detector)
        findings = state_of(self.guardduty_backend, "findings").values()
        return [finding for finding in findings if finding["Service"]["DetectorId"] == detector]


def install() -> None:
    """Make moto serve the service's calls with this class."""
    paths = (f"{_PATH}{more}$" for more in ("", "/get", "/archive", "/unarchive"))
    answer_with(GuardDuty, GuardDutyResponse, urls, *paths)
