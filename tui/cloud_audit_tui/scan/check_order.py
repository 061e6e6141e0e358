"""The order in which the checks of a unit begin: those that end last begin first.

A global check reads the resources of the whole account in one region, so all its calls wait for one window
of its service (`aws.concurrency`); those of regional checks are spread over the regions. How many calls a
resource needs follows from the reads that the checks declare, so no service is named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.checks.api import Check

MANY_READS = 6
"""The operations of their service from which its global checks are long, such as those of IAM and S3."""


def short_and_long(checks: Iterable[Check]) -> tuple[list[Check], list[Check]]:
    """Return the checks that may begin later, and those that begin first, each in the given order."""
    services = [(check, _global_service(check)) for check in checks]
    long_services = {
        service for service in {service for _, service in services} if len(_reads_of(service)) >= MANY_READS
    }
    parts: tuple[list[Check], list[Check]] = [], []
    for check, service in services:
        parts[service in long_services].append(check)
    return parts


def _global_service(check: Check) -> str:
    """Return the AWS service of a global check, and nothing for a regional one."""
    about = about_of(check.id)
    return about.service if about is not None and about.is_global else ""


def _reads_of(service: str) -> set[str]:
    """Return the operations of a service that its global checks declare, of all checks that there are."""
    return {
        read
        for check in all_checks().values()
        # The explanations of other services' checks stay unread.
        if (reads := [read for read in check.reads if read.startswith(f"{service}:")])
        and _global_service(check) == service
        for read in reads
    }
