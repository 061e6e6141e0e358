"""How a verdict looks: a shape, a word and a colour, so that none of the three is needed alone."""

from __future__ import annotations

from typing import NamedTuple

from cloud_audit_tui.model import Severity, Status


class Mark(NamedTuple):
    """A shape, a word, a short word for narrow tables, and the name of the colour's variable."""

    shape: str
    word: str
    short: str
    colour: str


MARKS = {
    Severity.CRITICAL: Mark("◆", "Critical", "Crit", "severity-critical"),
    Severity.HIGH: Mark("▲", "High", "High", "severity-high"),
    Severity.MEDIUM: Mark("■", "Medium", "Med", "severity-medium"),
    Severity.LOW: Mark("○", "Low", "Low", "severity-low"),
}
NOT_ASSESSED = Mark("?", "Unassessed", "n/a", "severity-unknown")
FIXED = Mark("✓", "Fixed", "Done", "severity-pass")
PASSED = Mark("✓", "Pass", "Pass", "severity-pass")


def mark(status: Status, severity: Severity, *, verified: bool = False) -> Mark:
    """Return the mark of a verdict; only a failure shows its severity.

    What passes since it was ``verified`` on its own has been fixed.
    """
    if status is Status.FAIL:
        return MARKS[severity]
    if verified and status is Status.PASS:
        return FIXED
    return PASSED if status is Status.PASS else NOT_ASSESSED
