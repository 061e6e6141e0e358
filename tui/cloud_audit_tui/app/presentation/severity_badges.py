"""The look of a verdict: a sign, a word and a color, so that it is clear without the color."""

from __future__ import annotations

from typing import NamedTuple

from cloud_audit_tui.model import Severity, Status


class Badge(NamedTuple):
    """A sign, a word, a short word for narrow columns (empty: the sign alone), and a color variable."""

    sign: str
    word: str
    short: str
    color: str


SEVERITY_BADGES = {
    Severity.CRITICAL: Badge("◆", "Critical", "Crit", "severity-critical"),
    Severity.HIGH: Badge("▲", "High", "High", "severity-high"),
    Severity.MEDIUM: Badge("■", "Medium", "Med", "severity-medium"),
    Severity.LOW: Badge("○", "Low", "Low", "severity-low"),
}
NOT_ASSESSED = Badge("?", "Not assessed", "", "severity-unknown")
FIXED = Badge("✓", "Fixed", "", "severity-pass")
MUTED = Badge("⊘", "Muted", "Mute", "severity-unknown")
PASSED = Badge("✓", "Pass", "Pass", "severity-pass")

SEVERITY_TONES = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "warning",
    Severity.MEDIUM: "text",
    Severity.LOW: "muted",
}
"""The tone of a list's cell about a severity."""


def badge(status: Status, severity: Severity, *, verified: bool = False) -> Badge:
    """Return the badge of a verdict; only a failure shows its severity.

    A pass of a finding that was ``verified`` has the badge of a fix.
    """
    if status is Status.FAIL:
        return SEVERITY_BADGES[severity]
    if verified and status is Status.PASS:
        return FIXED
    return PASSED if status is Status.PASS else NOT_ASSESSED
