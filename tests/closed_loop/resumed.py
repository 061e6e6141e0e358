"""The column "killed and run again": each fix is killed after each of its writes and run from its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import verdict
from closed_loop.treatment import not_resumed, not_serving

if TYPE_CHECKING:
    from closed_loop.treatment import Treatment

COLUMN = "killed and run again"

INTERRUPTED: dict[str, tuple[str, ...]] = {
    "aws-dp-005": ("lambda/us-east-1/_lambdas/_arns/*/policy/revision",),
    "aws-ec2-002": (
        "ec2/us-east-1/enis/*/instance",
        "ec2/us-east-1/reservations/*/instances",
        "ec2/us-east-1/volumes/*",
    ),
    "aws-sagemaker-001": ("sagemaker/us-east-1/notebook_instances/{}/status",),
}
"""What may be neither as before nor as afterwards meanwhile: the effect says that it interrupts."""

GAPS: dict[str, str] = {
    "aws-ssm-003": "run again after its only write, Patch Manager looks at the instance once more",
}
"""Checks whose second run does not end in the same state, with the reason."""


def faults_of(check_id: str, treatment: Treatment) -> list[str]:
    """Return what differs after a second run, and what did not serve meanwhile."""
    wrong = not_serving(treatment, INTERRUPTED.get(check_id, ()))
    differs = not_resumed(treatment)
    if check_id in GAPS:
        return wrong if differs else [*wrong, "needs no reason for a gap any more"]
    return [*wrong, *differs]


def cell(check_id: str) -> str:
    """Return what the document says of a check."""
    return verdict(check_id, GAPS)
