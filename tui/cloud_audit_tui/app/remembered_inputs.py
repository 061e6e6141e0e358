"""The values that the user typed for remediations in this run; they are never written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.input_kinds import Reuse, shared_name, variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Input


class RememberedInputs:
    """Values by profile, account, region and variable."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str, str], str] = {}

    def remember(self, finding: Finding, values: Mapping[str, str]) -> None:
        """Keep values for further findings of the same region, except those that are never reused."""
        for variable, value in values.items():
            if variable_of(variable).reuse is not Reuse.NEVER:
                self._values[_key(finding, variable)] = value

    def value_for(self, finding: Finding, needed: Input) -> str:
        """Return the remembered value of an input; empty if there is none that is valid here."""
        value = self._values.get(_key(finding, needed.variable), "")
        return value if value and not needed.kind.fault(value, finding.partition) else ""


def _key(finding: Finding, variable: str) -> tuple[str, str, str, str]:
    return finding.profile, finding.account_id, finding.region, shared_name(variable)
