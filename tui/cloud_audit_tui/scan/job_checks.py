"""The checks that a job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.scan.jobs import IdentifyJob, ListChoicesJob, ListOrganizationJob, ScanJob, VerifyJob

if TYPE_CHECKING:
    from cloud_audit_tui.checks.api import Check
    from cloud_audit_tui.scan.jobs import Job


def checks_of(job: Job) -> list[Check]:
    """Return the checks that a job runs; raises `UnknownCheckError`."""
    match job:
        case ScanJob():
            checks = catalogue.select(job.checks)
            if not job.categories:
                return checks
            return [check for check in checks if explanation(check.id).about.category in job.categories]
        case VerifyJob():
            return catalogue.select(target.check_id for target in job.targets) if job.targets else []
        case IdentifyJob() | ListChoicesJob() | ListOrganizationJob():
            return []
