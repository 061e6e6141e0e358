"""The fixes of the ordinary findings of a test module, made once and checked by one start of each program."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.render import render
from remediation.script_syntax import look_at_syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation


class OrdinaryFixes:
    """The fixes of findings, which are made when the first test needs them."""

    def __init__(self, findings: Mapping[str, Finding]) -> None:
        self._findings = findings

    @cached_property
    def _fixes(self) -> list[Remediation]:
        return [render(finding) for finding in self._findings.values()]

    def check_scripts(self) -> None:
        """Find the syntax faults of all scripts together."""
        look_at_syntax(fix.cli for fix in self._fixes)

    @property
    def files(self) -> list[str]:
        """The Terraform files."""
        return [fix.terraform for fix in self._fixes]
