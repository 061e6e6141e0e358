from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ENCRYPTED = "aws-efs-001"


def file_system(number: int = 1, **members: Any) -> dict[str, Any]:
    name = f"fs-{number:017x}"
    return {
        "OwnerId": "111122223333",
        "CreationToken": name,
        "FileSystemId": name,
        "FileSystemArn": f"arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/{name}",
        "CreationTime": datetime(2025, 1, 1, tzinfo=UTC),
        "LifeCycleState": "available",
        "NumberOfMountTargets": 0,
        "SizeInBytes": {"Value": 6144},
        "PerformanceMode": "generalPurpose",
        "Tags": [],
        **members,
    }


async def test_both_pages_are_judged(aws: Any, judge: Judge) -> None:
    aws.pages(
        "efs",
        "DescribeFileSystems",
        [file_system(1, Encrypted=True, Name="a"), file_system(2, LifeCycleState="deleting", Name="b")],
        [file_system(3, Encrypted=False, Name="[/red]$(id)\n"), file_system(4, Name="d")],
    )
    findings = {finding.resource_name: finding for finding in await judge(ENCRYPTED)}
    assert [findings[name].status for name in ("a", "b", "[/red]$(id)\n", "d")] == [
        Status.PASS,
        Status.NOT_ASSESSED,
        Status.FAIL,
        Status.FAIL,
    ]
    assert findings["d"].evidence["file_system_id"] == f"fs-{4:017x}"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ServiceUnavailableError"])
async def test_a_list_that_cannot_be_read_is_not_assessed(aws: Any, judge: Judge, code: str) -> None:
    aws.answer("efs", "DescribeFileSystems", aws.refusal(code, "no"))
    [finding] = await judge(ENCRYPTED)
    assert finding.status is Status.NOT_ASSESSED
