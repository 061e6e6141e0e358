"""Extends moto's EFS: replication of a file system to a new one."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.efs import urls
from moto.efs.responses import EFSResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of


class Efs(EFSResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's EFS with replications within a region, which complete immediately."""

    def create_replication_configuration(self) -> Any:
        """Create the encrypted destination file system of a replication."""
        source = self.uri_match["SourceFileSystemId"]
        self._check_exists(source)
        destination = json.loads(self.body)["Destinations"][0]
        copy = self.efs_backend.create_file_system(
            creation_token=str(uuid.uuid4()),
            performance_mode="generalPurpose",
            encrypted=True,
            kms_key_id=destination.get("KmsKeyId") or "",
            throughput_mode="bursting",
            provisioned_throughput_in_mibps=0,
            availability_zone_name=destination.get("AvailabilityZoneName") or "",
            backup=False,
            tags=[],
        )
        arn = f"arn:{self.partition}:elasticfilesystem:{self.region}:{self.current_account}:file-system"
        replication = {
            "SourceFileSystemId": source,
            "SourceFileSystemRegion": self.region,
            "SourceFileSystemArn": f"{arn}/{source}",
            "OriginalSourceFileSystemArn": f"{arn}/{source}",
            "CreationTime": utcnow(),
            "Destinations": [
                {
                    "Status": "ENABLED",
                    "FileSystemId": copy.file_system_id,
                    "Region": self.region,
                    "LastReplicatedTimestamp": utcnow(),
                }
            ],
        }
        self._replications[source] = replication
        return ActionResult(replication)

    def describe_replication_configurations(self) -> Any:
        """Return all replications, or that of one file system, which is its source or its destination."""
        file_system = self._get_param("FileSystemId")
        matching = [
            replication
            for source, replication in self._replications.items()
            if file_system in (None, source, replication["Destinations"][0]["FileSystemId"])
        ]
        return ActionResult({"Replications": matching})

    def delete_replication_configuration(self) -> Any:
        """Delete a replication, which makes the copy writable."""
        self._replications.pop(self.uri_match["SourceFileSystemId"], None)
        return EmptyResult()

    @property
    def _replications(self) -> dict[str, Any]:
        return state_of(self.efs_backend, "replications")

    def _check_exists(self, file_system: str) -> None:
        self.efs_backend.describe_file_systems(
            marker=None, max_items=1, creation_token=None, file_system_id=file_system
        )


def install() -> None:
    """Make moto serve the service's calls with this class."""
    file_systems = "/2015-02-01/file-systems"
    answer_with(
        Efs,
        EFSResponse,
        urls,
        f"{file_systems}/replication-configurations",
        f"{file_systems}/<file_system_id>/replication-configuration",
    )
