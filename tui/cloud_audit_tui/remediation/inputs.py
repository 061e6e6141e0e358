"""The inputs of a finding's script or Terraform file, from `render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.templates import Input

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

__all__ = ["Input", "inputs"]


def inputs(finding: Finding, language: Language = Language.SHELL) -> list[Input]:
    """Return the inputs of a finding's fix; with a `Remediation`, use its ``inputs`` instead."""
    return render(finding).inputs(language)
