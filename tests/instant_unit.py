"""A unit that reads nothing: one pass in its account, after a moment in which its worker may be killed."""

from __future__ import annotations

import time

import msgspec

from cloud_audit_tui.model import AccountScope, Finding, Severity, Status
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.executors.dask_worker import UnitRequest
from cloud_audit_tui.scan.units import UnitProgress

MOMENT = 0.02


def instant_unit(request: bytes) -> bytes:
    """Stand in for `cloud_audit_tui.scan.executors.dask_worker.run_unit`."""
    unit = msgspec.json.decode(request, type=UnitRequest).unit
    time.sleep(MOMENT)
    finding = Finding(
        check_id=unit.checks[0],
        status=Status.PASS,
        severity=Severity.LOW,
        subject=AccountScope(),
        profile=unit.profile,
        account_id=unit.account_id,
        region=unit.region,
        partition=unit.partition,
        title="",
        reason="",
        evidence={},
    )
    return msgspec.json.encode([Result(finding), UnitProgress(1)])
