"""The order of importance: one number for a status and a severity, the most important smallest."""

from __future__ import annotations

from cloud_audit_tui.model import Severity, Status

_STATUSES = tuple(Status)
_SEVERITIES = tuple(Severity)


def rank_of(status: Status, severity: Severity) -> int:
    """Return the rank: failures, then not assessed, then passes, the worst of each first."""
    return status.order * len(Severity) + severity.order


def ranks_of(status: Status) -> range:
    """Return the ranks of every severity of a status."""
    first = status.order * len(Severity)
    return range(first, first + len(Severity))


def meaning_of(rank: int) -> tuple[Status, Severity]:
    """Return the status and the severity that a rank stands for."""
    status, severity = divmod(rank, len(Severity))
    return _STATUSES[status], _SEVERITIES[severity]
