"""A scan of the profile prod, in the store of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.rules import Rules
from cloud_audit_tui.scan.events import (
    AccountReady,
    Outcome,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store
from reports.made_report import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cloud_audit_tui.model import Finding

CHECK = "aws-sagemaker-001"


def store_scan(
    directory: Path, scan_id: str, findings: Iterable[Finding], day: int = 1, rule: str = ""
) -> None:
    """Store a complete scan of a day of January 2026, which ran the one check in one region.

    ``rule`` is the digest of the check's rule; empty, it is unknown.
    """
    rules = Rules("cpython-311", {CHECK: rule} if rule else {})
    at = f"2026-01-0{day}T00:00:00+00:00"
    with Store.open(directory / "findings.db") as store:
        store.apply(
            [
                ScanStarted(scan_id, at, "1", ScanJob(), [CHECK], ["prod"], rules=rules),
                ProfileReady("prod", ACCOUNT, "aws", "arn:prod", "acme"),
                AccountReady(ACCOUNT, "aws", "prod", ["prod"], ["eu-central-1"]),
                *map(Result, findings),
                ScanFinished(scan_id, Outcome.COMPLETE, at, 2, 0, 0, 7, 60.0),
            ]
        )
