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

    Source: DescribeFileSystems.Encrypted, absent meaning no. It is fixed when a file system is made, so
    the remediation replicates into an encrypted one. File systems that are being deleted are not
    assessed.
    """
    return region.judge(region.items("efs", "DescribeFileSystems"), _resource, _judge)


def _resource(found: Item) -> Resource:
    name = str(found.get("Name") or found.get("FileSystemId") or "")
    return Resource(str(found.get("FileSystemArn") or ""), name, FILE_SYSTEM_TYPE)


async def _judge(found: Item) -> Verdict:
    resource = _resource(found)
    state = str(found.get("LifeCycleState") or "")
    evidence: Item = {
        "file_system_id": str(found.get("FileSystemId") or ""),
        "status": state,
        "kms_key_id": str(found.get("KmsKeyId") or ""),
        "performance_mode": str(found.get("PerformanceMode") or ""),
        "throughput_mode": str(found.get("ThroughputMode") or ""),
        "provisioned_throughput": float(found.get("ProvisionedThroughputInMibps") or 0),
        "availability_zone": str(found.get("AvailabilityZoneName") or ""),
        "bytes": int((found.get("SizeInBytes") or {}).get("Value") or 0),
        "tags": own_tags(found.get("Tags")),
    }
    name = f'File system "{quoted(resource.name)}"'
    if state in GOING:
        return Verdict(Status.NOT_ASSESSED, resource, f"{name} is being deleted.", evidence)
    if found.get("Encrypted"):
        return Verdict(Status.PASS, resource, f"{name} is encrypted at rest.", evidence)
    return Verdict(Status.FAIL, resource, f"{name} keeps its files on disk unencrypted.", evidence)
