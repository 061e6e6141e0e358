"""What a remediation needs to be told by the user: before its script runs, or for its Terraform file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.input_kinds import SAME_AS
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import fill_for
from cloud_audit_tui.remediation.templates import Input
from cloud_audit_tui.remediation.terraform.variables import variables

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

__all__ = ["Input", "inputs"]


def inputs(finding: Finding, language: Language = Language.SHELL) -> list[Input]:
    """Return what a finding's script or Terraform file asks for, in its order.

    Of a script they are the environment variables to export before it is pasted; of a file its variables,
    in capital letters, without those that hold a secret.
    """
    if finding.status is not Status.FAIL:
        return []
    of_script = fill_for(finding, Language.SHELL).inputs
    if language is Language.SHELL:
        return list(of_script.values())
    examples = {_common(name): entry.example for name, entry in of_script.items()}
    return [
        Input(
            each.variable,
            each.description.rstrip("."),
            examples.get(_common(each.variable), ""),
            optional=each.has_default,
        )
        for each in variables(fill_for(finding, Language.HCL).text)
    ]


def _common(variable: str) -> str:
    return SAME_AS.get(variable, variable)
