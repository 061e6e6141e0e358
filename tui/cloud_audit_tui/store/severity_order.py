"""The order of importance: one number for a status and a severity, the most important smallest."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Severity, Status


def rank_of(status: Status, severity: Severity) -> int:
    """Return the rank: failures, then not assessed, then passes, the worst of each first."""
    return status.order * len(Severity) + severity.order


def ranks_of(status: Status) -> range:
    """Return the ranks of every severity of a status."""
    first = status.order * len(Severity)
    return range(first, first + len(Severity))


_MEANINGS = {rank_of(status, severity): (status, severity) for status in Status for severity in Severity}


def meaning_of(rank: int) -> tuple[Status, Severity]:
    """Return the status and the severity that a rank stands for.

    Raises `msgspec.ValidationError` for a number that is no rank, which only a damaged file has.
    """
    try:
        return _MEANINGS[rank]
    except KeyError:
        raise msgspec.ValidationError(f"{rank!r} is not a rank") from None
