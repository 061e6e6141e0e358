"""The column "killed and run again": each fix is killed after each of its writes and run from its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import RERUN_GAPS, TRANSIENT_PATHS, verdict
from closed_loop.treatment import outages, rerun_differences

if TYPE_CHECKING:
    from closed_loop.treatment import Treatment

COLUMN = "killed and run again"


def faults_of(check_id: str, treatment: Treatment) -> list[str]:
    """Return the differences after a second run, and the outages while the fix ran."""
    wrong = outages(treatment, TRANSIENT_PATHS.get(check_id, ()))
    differences = rerun_differences(treatment)
    if check_id in RERUN_GAPS:
        return wrong if differences else [*wrong, "needs no reason for a gap any more"]
    return [*wrong, *differences]


def cell(check_id: str) -> str:
    """Return the cell of the document for a check."""
    return verdict(check_id, RERUN_GAPS)
