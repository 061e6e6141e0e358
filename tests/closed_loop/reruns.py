"""The column "killed and run again": each fix is killed after each of its writes and run from its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import verdict
from closed_loop.treatment import outages, rerun_differences

if TYPE_CHECKING:
    from closed_loop.treatment import Treatment

COLUMN = "killed and run again"

TRANSIENT_PATHS: dict[str, tuple[str, ...]] = {
    "aws-dp-005": ("lambda/us-east-1/_lambdas/_arns/*/policy/revision",),
    "aws-ec2-002": (
        "ec2/us-east-1/enis/*/instance",
        "ec2/us-east-1/reservations/*/instances",
        "ec2/us-east-1/volumes/*",
    ),
    "aws-sagemaker-001": ("sagemaker/us-east-1/notebook_instances/{}/status",),
}
"""Paths that may have a third value while the fix runs, because its effect says that it interrupts."""

GAPS: dict[str, str] = {
    "aws-ssm-003": "run again after its only write, Patch Manager looks at the instance once more",
}
"""Checks whose second run does not end in the same state, with the reason."""


def faults_of(check_id: str, treatment: Treatment) -> list[str]:
    """Return the differences after a second run, and the outages while the fix ran."""
    wrong = outages(treatment, TRANSIENT_PATHS.get(check_id, ()))
    differences = rerun_differences(treatment)
    if check_id in GAPS:
        return wrong if differences else [*wrong, "needs no reason for a gap any more"]
    return [*wrong, *differences]


def cell(check_id: str) -> str:
    """Return the cell of the document for a check."""
    return verdict(check_id, GAPS)
