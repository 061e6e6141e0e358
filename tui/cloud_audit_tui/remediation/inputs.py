"""What a remediation's script needs to be told by the user before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import fill_for
from cloud_audit_tui.remediation.templates import Input

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

__all__ = ["Input", "inputs"]


def inputs(finding: Finding) -> list[Input]:
    """Return the environment variables to export before a finding's script is pasted, in its order."""
    if finding.status is not Status.FAIL:
        return []
    return list(fill_for(finding, Language.SHELL).inputs.values())
