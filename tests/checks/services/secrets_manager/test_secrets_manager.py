from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]
    Rows = list[tuple[dict[str, Any], Status | None]]

ROTATED, USED = "aws-sm-001", "aws-sm-002"
FAIL, PASS = Status.FAIL, Status.PASS


def ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days, hours=1)


def secret(name: str = "prod/db", **members: Any) -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:eu-central-1:111122223333:secret:{name}-AbCdEf"
    return {"Name": name, "ARN": arn, "CreatedDate": ago(400), **members}


async def each_has_its_status(aws: Any, judge: Judge, check: str, rows: Rows) -> None:
    """Judge a secret with the members of each row; None is no verdict."""
    with each_row() as row:
        for members, status in rows:
            with row(members):
                aws.restart()
                aws.answer("secretsmanager", "ListSecrets", {"SecretList": [secret(**members)]})
                expected = [] if status is None else [status]
                assert [finding.status for finding in await judge(check)] == expected


async def test_rotation(aws: Any, judge: Judge) -> None:
    rows: Rows = [
        ({}, FAIL),
        ({"RotationEnabled": False, "LastRotatedDate": ago(1)}, FAIL),
        ({"RotationEnabled": True, "LastRotatedDate": ago(30)}, PASS),
        ({"RotationEnabled": True, "LastRotatedDate": ago(91)}, FAIL),
        ({"RotationEnabled": True}, FAIL),
        ({"RotationEnabled": True, "CreatedDate": ago(3)}, PASS),
        ({"OwningService": "rds"}, None),
        ({"PrimaryRegion": "us-east-1"}, None),
        ({"PrimaryRegion": "eu-central-1"}, FAIL),
        ({"DeletedDate": ago(1)}, None),
    ]
    await each_has_its_status(aws, judge, ROTATED, rows)


async def test_use(aws: Any, judge: Judge) -> None:
    rows: Rows = [
        ({"LastAccessedDate": ago(5)}, PASS),
        ({"LastAccessedDate": ago(120)}, FAIL),
        ({}, FAIL),
        ({"CreatedDate": ago(10)}, PASS),
        ({"OwningService": "rds"}, None),
        ({"PrimaryRegion": "us-east-1"}, None),
    ]
    await each_has_its_status(aws, judge, USED, rows)


@pytest.mark.parametrize(("days", "status"), [(3, PASS), (200, FAIL)])
async def test_a_secret_that_is_used_in_another_region_is_used(
    aws: Any, judge: Judge, days: int, status: Status
) -> None:
    entry = secret(PrimaryRegion="eu-central-1")
    aws.answer("secretsmanager", "ListSecrets", {"SecretList": [entry]})
    replicas = [{"Region": "us-east-1", "Status": "InSync", "LastAccessedDate": ago(days)}]
    description = {"ARN": entry["ARN"], "Name": entry["Name"], "ReplicationStatus": replicas}
    aws.answer("secretsmanager", "DescribeSecret", description)
    [finding] = await judge(USED)
    assert finding.status is status
    assert finding.evidence["replica_regions"] == ["us-east-1"]


@pytest.mark.parametrize("check", [ROTATED, USED])
async def test_both_pages_are_judged_whatever_a_secret_is_called(aws: Any, judge: Judge, check: str) -> None:
    fine = {"RotationEnabled": True, "LastRotatedDate": ago(1), "LastAccessedDate": ago(1)}
    aws.pages("secretsmanager", "ListSecrets", [secret("a", **fine)], [secret("[/red]$(id)\n")])
    statuses = {finding.resource_name: finding.status for finding in await judge(check)}
    assert statuses == {"a": PASS, "[/red]$(id)\n": FAIL}


@pytest.mark.parametrize("check", [ROTATED, USED])
async def test_a_denied_list_is_not_assessed(aws: Any, judge: Judge, check: str) -> None:
    aws.denied("secretsmanager", "ListSecrets")
    [finding] = await judge(check)
    assert finding.status is Status.NOT_ASSESSED
