"""Counts of results by kind, from their numbers by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.severity_order import meaning_of
from cloud_audit_tui.store.view import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable


def counts_of(numbers: Iterable[tuple[int, int]], muted: int = 0) -> Counts:
    """Return the counts of results, given as pairs of a rank and a number.

    A rank may be in several pairs, whose numbers are added up; a negative one is subtracted.
    """
    failed = dict.fromkeys(Severity, 0)
    other = dict.fromkeys(Status, 0)
    for rank, number in numbers:
        status, severity = meaning_of(rank)
        if status is Status.FAIL:
            failed[severity] += number
        else:
            other[status] += number
    return Counts(failed, other[Status.PASS], other[Status.NOT_ASSESSED], muted)
