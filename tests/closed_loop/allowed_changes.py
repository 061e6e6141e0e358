"""The column "nothing else changed": the changes that a fix may make in a rich account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import MAY_CHANGE, verdict
from closed_loop.treatment import unintended_changes

if TYPE_CHECKING:
    from closed_loop.treatment import Treatment

COLUMN = "nothing else changed"


def faults_of(check_id: str, treatment: Treatment) -> list[str]:
    """Return the changes of a fix that it may not make."""
    return unintended_changes(treatment, MAY_CHANGE[check_id])


def cell(check_id: str) -> str:
    """Return the cell of the document for a check."""
    return verdict(check_id, {})
