"""Amazon EFS: encryption of file systems at rest."""

from __future__ import annotations

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.requests import own_tags
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.text import quoted

FILE_SYSTEM_TYPE = "AWS::EFS::FileSystem"
GOING = frozenset({"deleting", "deleted"})


@check("aws-efs-001", reads=["efs:DescribeFileSystems"])
def file_system_encrypted(region: Region) -> Verdicts:
    """Fail a file system that is not encrypted at rest.

    Source: DescribeFileSystems.Encrypted, absent meaning no. Encryption is set at creation only, so the
    remediation replicates to an encrypted file system. File systems that are being deleted are not assessed.
    """
    return region.judge(region.items("efs", "DescribeFileSystems"), _resource, _judge)


def _resource(file_system: Item) -> Resource:
    name = str(file_system.get("Name") or file_system.get("FileSystemId") or "")
    return Resource(str(file_system.get("FileSystemArn") or ""), name, FILE_SYSTEM_TYPE)


async def _judge(file_system: Item) -> Verdict:
    resource = _resource(file_system)
    state = str(file_system.get("LifeCycleState") or "")
    evidence: Item = {
        "file_system_id": str(file_system.get("FileSystemId") or ""),
        "status": state,
        "kms_key_id": str(file_system.get("KmsKeyId") or ""),
        "performance_mode": str(file_system.get("PerformanceMode") or ""),
        "throughput_mode": str(file_system.get("ThroughputMode") or ""),
        "provisioned_throughput": float(file_system.get("ProvisionedThroughputInMibps") or 0),
        "availability_zone": str(file_system.get("AvailabilityZoneName") or ""),
        "bytes": int((file_system.get("SizeInBytes") or {}).get("Value") or 0),
        "tags": own_tags(file_system.get("Tags")),
    }
    name = f'File system "{quoted(resource.name)}"'
    if state in GOING:
        return Verdict(Status.NOT_ASSESSED, resource, f"{name} is being deleted.", evidence)
    if file_system.get("Encrypted"):
        return Verdict(Status.PASS, resource, f"{name} is encrypted at rest.", evidence)
    return Verdict(Status.FAIL, resource, f"{name} stores its files unencrypted.", evidence)
