"""The order of importance: one number for a status and a severity, the most important smallest."""

from __future__ import annotations

from cloud_audit_tui.model import Severity, Status

STATUSES = (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)
SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def rank_of(status: Status, severity: Severity) -> int:
    """Return the rank: failures, then not assessed, then passes, the worst of each first."""
    return STATUSES.index(status) * len(SEVERITIES) + SEVERITIES.index(severity)


def ranks_of(status: Status) -> range:
    """Return the ranks of every severity of a status."""
    first = rank_of(status, SEVERITIES[0])
    return range(first, first + len(SEVERITIES))


def meaning_of(rank: int) -> tuple[Status, Severity]:
    """Return the status and the severity that a rank stands for."""
    status, severity = divmod(rank, len(SEVERITIES))
    return STATUSES[status], SEVERITIES[severity]
